"""What a line of chat asks for."""

from datetime import timedelta

import pytest

from orchestrator.chat import Misunderstood, Question, members_named, parse
from orchestrator.council.commands import (
    AdjournSession,
    Asker,
    CallItem,
    CastVote,
    Channel,
    GrantFloor,
    OpenSession,
    OpenVote,
    RequestFloor,
    Role,
    SuspendSession,
    TakeFloor,
)
from orchestrator.council.members import Member, MemberId
from orchestrator.council.voting import Choice

MARIA = Member(id=MemberId("maria"), name="Maria Soler i Puigdomènech")
PERE = Member(id=MemberId("pere"), name="Pere Puig")
PERE_2 = Member(id=MemberId("pere-mas"), name="Pere Mas")
ASKER = Asker(role=Role.MEMBER, channel=Channel.CHAT, member=MARIA.id)


def asked(line: str) -> object:
    return parse(line, ASKER, (MARIA, PERE, PERE_2))


@pytest.mark.parametrize("line", ["", "  ", "Bona tarda!", "!", "hola !quorum", "? !obre"])
def test_conversation_asks_for_nothing(line: str) -> None:
    assert asked(line) is None


@pytest.mark.parametrize("line", ["!quorum", "!quòrum", "!QUÒRUM", "  !quorum  ", "!quorum si us plau"])
def test_the_quorum_is_asked_for_with_or_without_accents(line: str) -> None:
    assert asked(line) == Question(about="quorum")


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("!obre", OpenSession(asker=ASKER)),
        ("!abre", OpenSession(asker=ASKER)),
        ("!tanca", AdjournSession(asker=ASKER)),
        ("!recés", SuspendSession(asker=ASKER)),
        ("!receso", SuspendSession(asker=ASKER)),
        ("!punt 3", CallItem(asker=ASKER, number=3)),
        ("!paraula", RequestFloor(asker=ASKER, member=MARIA.id)),
        ("!paraula pere puig", GrantFloor(asker=ASKER, member=PERE.id)),
        ("!paraula puig 3", GrantFloor(asker=ASKER, member=PERE.id, limit=timedelta(minutes=3))),
        ("!retorna", TakeFloor(asker=ASKER)),
        ("!vota", OpenVote(asker=ASKER)),
        ("!vota sí", CastVote(asker=ASKER, member=MARIA.id, choice=Choice.YES)),
        ("!vota abstenció", CastVote(asker=ASKER, member=MARIA.id, choice=Choice.ABSTAIN)),
    ],
)
def test_a_command_is_understood(line: str, command: object) -> None:
    assert asked(line) == command


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("!punt", "chat.which_item"),
        ("!punt dos", "chat.which_item"),
        ("!paraula Joan", "chat.nobody"),
        ("!paraula pere", "chat.which_of"),
        ("!vota potser", "chat.which_choice"),
        ("!balla", "chat.unknown"),
    ],
)
def test_what_is_not_understood_is_asked_back(line: str, message: str) -> None:
    answer = asked(line)
    assert isinstance(answer, Misunderstood)
    assert answer.message == message


def test_a_part_of_a_name_is_enough_and_accents_do_not_matter() -> None:
    assert members_named("puigdomenech", (MARIA, PERE)) == (MARIA,)
    assert members_named("soler maria", (MARIA, PERE)) == (MARIA,)


def test_a_whole_name_beats_the_longer_ones_that_contain_it() -> None:
    pere_puig_mas = Member(id=MemberId("other"), name="Pere Puig Mas")
    assert members_named("pere puig", (PERE, pere_puig_mas)) == (PERE,)
