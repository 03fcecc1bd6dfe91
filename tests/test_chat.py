"""What a line of chat asks for."""

from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.chat import NAMES, Verb, folded, members_named, parse
from orchestrator.council.commands import (
    AdjournSession,
    Asker,
    CallItem,
    CastVote,
    Channel,
    CloseSecret,
    CloseVote,
    GrantFloor,
    OpenDebate,
    OpenSecret,
    OpenSession,
    OpenVote,
    RequestFloor,
    ResumeSession,
    Role,
    SuspendSession,
    TakeFloor,
    WithdrawRequest,
)
from orchestrator.council.members import Member, MemberId
from orchestrator.council.voting import Choice, Count, Method
from orchestrator.orders import Lookup, Misunderstood, Question, meaning
from orchestrator.wording import Language
from tests.scenarios.play import FIRST, JOAN, MAYOR, NURIA, PAU, PLENARY, QUORATE, Play

PERE_2, PERE_3 = MemberId("councillor8"), MemberId("councillor9")
RENAMED = {PERE_2: "Pere Puigdomènech Vila", PERE_3: "Mar d'Armengol"}
BODY = replace(PLENARY, members=tuple(replace(m, name=RENAMED.get(m.id, m.name)) for m in PLENARY.members))
MARTA = Asker(role=Role.MEMBER, channel=Channel.CHAT, member=MAYOR)


def asked(line: str, asker: Asker = MARTA, play: Play | None = None) -> object:
    order = parse(line)
    assert order is not None
    return meaning(order, asker, (play or Play(body=BODY)).session)


@pytest.mark.parametrize(
    "line", ["", "  ", "Bona tarda!", "!", "!!!", "! ara", "!...", "hola !quorum", "? !obre", "!1"]
)
def test_conversation_asks_for_nothing(line: str) -> None:
    assert parse(line) is None


@pytest.mark.parametrize("line", ["!quorum", "!quòrum", "!QUÒRUM", "  !quorum  ", "!quórum?", "!Quorum si us plau"])
def test_an_order_is_forgiven_accents_case_and_what_follows(line: str) -> None:
    assert asked(line) == Lookup(about=Verb.QUORUM)


def test_every_order_has_names_in_three_languages_and_no_name_means_two_things() -> None:
    assert set(NAMES) == set(Verb)
    meant: dict[str, set[Verb]] = {}
    for verb, tongues in NAMES.items():
        assert set(tongues) == set(Language)
        for name in " ".join(tongues.values()).split():
            assert name == folded(name)
            meant.setdefault(name, set()).add(verb)
    assert [name for name, verbs in meant.items() if len(verbs) > 1] == []


@pytest.mark.parametrize(
    ("line", "languages"),
    [("!ajuda", "ca"), ("!ayuda", "es"), ("!help", "en"), ("!quorum", "ca es en"), ("!vota", "ca es"), ("!xyz", "")],
)
def test_the_name_tells_the_language(line: str, languages: str) -> None:
    order = parse(line)
    assert order is not None
    assert order.languages == tuple(languages.split())


@pytest.mark.parametrize(
    ("lines", "command"),
    [
        ("!obre | !abre | !open", OpenSession(asker=MARTA)),
        ("!tanca | !cierra | !close | !tanca la sessió", AdjournSession(asker=MARTA)),
        ("!tanca votació | !tanca la votació | !cierra la votación | !close vote | !resultat", CloseVote(asker=MARTA)),
        ("!obre votació | !abre la votación | !open the vote | !vota | !vote", OpenVote(asker=MARTA)),
        ("!obre el debat | !debat | !debate", OpenDebate(asker=MARTA)),
        ("!vota secreta | !vote secret", OpenVote(asker=MARTA, method=Method.SECRET)),
        (
            "!secret 9 2 | !secreto 9 a favor, 2 en contra | !secret 9-2",
            OpenSecret(asker=MARTA, count=Count(yes=9, no=2)),
        ),
        ("!públic | !publico | !public | !tanca secret", CloseSecret(asker=MARTA)),
        ("!vota ordinària | !vote ordinary", OpenVote(asker=MARTA, method=Method.ORDINARY)),
        ("!recés | !receso | !recess", SuspendSession(asker=MARTA)),
        ("!reprèn | !reanuda | !resume", ResumeSession(asker=MARTA)),
        ("!punt 2 | !punto 2 | !item 2. | !punt pressupost | !punt PRESS", CallItem(asker=MARTA, number=2)),
        ("!paraula | !palabra | !floor", RequestFloor(asker=MARTA, member=MAYOR)),
        ("!retira | !retorna | !devuelve | !return", TakeFloor(asker=MARTA)),
        ("!paraula núria | !palabra a NURIA puig | !floor to nuria", GrantFloor(asker=MARTA, member=NURIA)),
        ("!paraula armengol | !paraula mar d’armengol | !paraula Mar D'", GrantFloor(asker=MARTA, member=PERE_3)),
        ("!vota sí | !vota SI | !vote yes | !vota a favor", CastVote(asker=MARTA, member=MAYOR, choice=Choice.YES)),
        ("!vota no | !vote against | !vota en contra.", CastVote(asker=MARTA, member=MAYOR, choice=Choice.NO)),
        (
            "!vota abstenció | !vota m'abstinc | !vote abstain",
            CastVote(asker=MARTA, member=MAYOR, choice=Choice.ABSTAIN),
        ),
        ("!vota pau ferrer en contra", CastVote(asker=MARTA, member=PAU, choice=Choice.NO)),
    ],
)
def test_a_command_is_understood(lines: str, command: object) -> None:
    assert [asked(line) for line in lines.split(" | ")] == [command] * len(lines.split(" | "))


@pytest.mark.parametrize(
    ("words", "limit"),
    [
        ("pau 3", timedelta(minutes=3)),
        ("pau 3 min", timedelta(minutes=3)),
        ("pau 3 minutos", timedelta(minutes=3)),
        ("pau 1:30", timedelta(seconds=90)),
        ("pau 45s", timedelta(seconds=45)),
        ("pau 45 segons", timedelta(seconds=45)),
        ("pau", None),
    ],
)
def test_the_floor_is_given_for_a_time(words: str, limit: timedelta | None) -> None:
    assert asked(f"!paraula {words}") == GrantFloor(asker=MARTA, member=PAU, limit=limit)


@pytest.mark.parametrize("time", ["0", "121", "-3", "99999999", "²", "1:99"])
def test_a_time_that_makes_no_sense_is_no_time(time: str) -> None:
    assert asked(f"!paraula pau {time}") == Misunderstood(message="chat.nobody", params=(("name", f"pau {time}"),))


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("!balla", Misunderstood(message="chat.unknown", params=(("command", "!balla"),))),
        ("!qourum", Misunderstood(message="chat.unknown_near", params=(("command", "!qourum"), ("near", "!quorum")))),
        ("!paraula Xavier", Misunderstood(message="chat.nobody", params=(("name", "Xavier"),))),
        ("!punt urbanisme", Misunderstood(message="chat.no_item", params=(("name", "urbanisme"),))),
    ],
)
def test_what_is_not_understood_is_said(line: str, answer: Misunderstood) -> None:
    assert asked(line) == answer


def test_it_asks_back_when_two_members_fit_and_takes_a_number_or_a_name() -> None:
    question = asked("!paraula pere 2")
    assert isinstance(question, Question)
    assert question.message == "chat.which_of"
    assert dict(question.params) == {"options": "1 Pere Vila, 2 Pere Puigdomènech Vila"}
    first = GrantFloor(asker=MARTA, member=FIRST, limit=timedelta(minutes=2))
    second = replace(first, member=PERE_2)
    assert [question.answer(line) for line in ("1", " 2. ", "puigdomenech")] == [first, second, second]
    assert [question.answer(line) for line in ("0", "3", "pere", "marta", "", "és clar que sí", "²")] == [None] * 7


def test_whoever_is_there_is_meant_before_whoever_is_not() -> None:
    play = Play(body=BODY)
    play.watched(FIRST, NURIA)
    assert asked("!paraula pere", play=play) == GrantFloor(asker=MARTA, member=FIRST)


def test_an_item_is_asked_for_and_taken_by_number_or_title() -> None:
    question = asked("!punt")
    assert isinstance(question, Question)
    assert question.message == "chat.which_item"
    assert question.answer("3") == CallItem(asker=MARTA, number=3)
    assert question.answer("reglament") == CallItem(asker=MARTA, number=3)
    assert question.answer("bona tarda") is None


def test_a_voter_who_does_not_say_how_is_asked() -> None:
    question = asked("!vota potser")
    assert isinstance(question, Question)
    assert question.message == "chat.which_choice"
    assert question.answer("Sí!") == CastVote(asker=MARTA, member=MAYOR, choice=Choice.YES)
    assert question.answer("potser") is None


def test_what_the_president_counts_is_asked_for_unless_said() -> None:
    play = Play(body=BODY).opened(*QUORATE, JOAN)
    question = asked("!secret", play=play)
    assert isinstance(question, Question)
    assert question.message == "chat.which_count"
    assert question.answer("9 2") == OpenSecret(asker=MARTA, count=Count(yes=9, no=2))
    assert [question.answer(line) for line in ("9", "9 2 1", "sí", "99999 1")] == [None] * 4
    play.tell(CallItem(asker=MARTA, number=2))
    play.tell(OpenVote(asker=MARTA, method=Method.ORDINARY))
    assert asked("!resultat 4 1", play=play) == CloseVote(asker=MARTA, count=Count(yes=4, no=1))
    question = asked("!tanca la votació", play=play)
    assert isinstance(question, Question)
    assert question.answer("4 a favor i 1 en contra") == CloseVote(asker=MARTA, count=Count(yes=4, no=1))
    play.session = replace(play.session, is_secret=True)
    assert asked("!secret", play=play) == CloseSecret(asker=MARTA)


@pytest.mark.parametrize("line", ["!paraula", "!vota sí", "!vota potser"])
def test_whoever_has_no_token_is_told_what_for_one_is(line: str) -> None:
    stranger = Asker(role=Role.MEMBER, channel=Channel.CHAT)
    assert asked(line, asker=stranger) == Misunderstood(message="chat.not_a_member")


def test_a_member_takes_back_a_request_and_the_president_a_turn() -> None:
    play = Play(body=BODY)
    play.opened(*QUORATE, JOAN)
    play.tell(RequestFloor(asker=MARTA, member=MAYOR))
    assert asked("!retira", play=play) == WithdrawRequest(asker=MARTA, member=MAYOR)
    play.tell(GrantFloor(asker=MARTA, member=PAU))
    assert asked("!retira", play=play) == TakeFloor(asker=MARTA)
    pau = Asker(role=Role.MEMBER, channel=Channel.CHAT, member=PAU)
    assert asked("!retira", asker=pau, play=play) == TakeFloor(asker=pau)
    assert asked("!retira pau", play=play) == TakeFloor(asker=MARTA)
    assert asked("!retira marta", play=play) == WithdrawRequest(asker=MARTA, member=MAYOR)


def test_a_part_of_a_name_is_enough_and_a_whole_name_beats_the_longer_ones() -> None:
    pere, longer = (Member(id=MemberId(name), name=name) for name in ("Pere Puig", "Pere Puig Mas"))
    assert members_named("pere puig", (longer, pere)) == (pere,)
    assert members_named("mas pere", (longer, pere)) == (longer,)
    assert members_named("pu", (longer, pere)) == (longer, pere)
    assert members_named("  ", (longer, pere)) == ()
