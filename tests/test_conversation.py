"""The manners of the chat: who is told what, in which language, and what was asked of them before."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.answers import LONGEST, Said, shortened
from orchestrator.chat import NAMES
from orchestrator.conversation import Asked, Conversation
from orchestrator.council.commands import (
    Asker,
    CallItem,
    CastVote,
    Channel,
    Command,
    GrantFloor,
    OpenVote,
    RequestFloor,
    Role,
)
from orchestrator.council.members import MemberId, SessionId
from orchestrator.council.refusals import Reason, Refused
from orchestrator.council.voting import Choice
from orchestrator.wording import Language
from tests.scenarios.play import FIRST, JOAN, LAIA, MAYOR, NURIA, PAU, PLENARY, QUORATE, SECRETARY, Play

SESSION = SessionId("s1")
PRESENT = (*QUORATE, JOAN)


class Room:
    """A session that is open, and what its people are answered."""

    def __init__(self, **changes: object) -> None:
        self.play = Play(**changes).opened(*PRESENT)
        self.conversation = Conversation(lambda: self.play.now)

    def writes(self, who: MemberId | None, line: str, nick: str = "1a2b3c4d") -> Asked | tuple[Said, ...]:
        asker = Asker(role=Role.MEMBER, channel=Channel.CHAT, member=who)
        return self.conversation.hear(SESSION, self.play.session, asker, who or nick, line)

    def told(self, who: MemberId | None, line: str) -> list[str]:
        reply = self.writes(who, line)
        assert not isinstance(reply, Asked)
        return [said.text for said in reply]

    def commands(self, who: MemberId, line: str) -> Command:
        reply = self.writes(who, line)
        assert isinstance(reply, Asked)
        return reply.command

    def votes(self) -> None:
        self.play.says(MAYOR, CallItem, number=1)
        self.play.says(MAYOR, OpenVote)


def test_whoever_asks_is_told_of_the_quorum_with_its_article() -> None:
    assert Room().told(PAU, "!quorum") == ["Hi ha quòrum: 5 de 13 (en calen 5). LRBRL 46.2.c."]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("!torns", "Ningú no té la paraula."),
        ("!turnos", "Nadie tiene la palabra."),
        ("!turns", "Nobody has the floor."),
    ],
)
def test_the_answer_is_in_the_language_of_the_order(lines: str, told: str) -> None:
    assert Room().told(PAU, lines)[0] == told


def test_an_order_of_several_languages_is_answered_in_the_persons_own_then_in_the_sessions() -> None:
    room = Room(language="es")
    assert room.told(PAU, "!quorum")[0].startswith("Hay quórum")
    room.told(PAU, "!help")
    assert room.told(PAU, "!quorum")[0].startswith("There is quorum")
    assert room.told(NURIA, "!quorum")[0].startswith("Hay quórum")
    room.told(PAU, "!assistents")
    assert room.told(PAU, "!quorum")[0].startswith("Hi ha quòrum")


def test_an_unknown_order_is_answered_in_the_language_that_the_person_spoke_before() -> None:
    room = Room()
    room.told(PAU, "!help")
    assert room.told(PAU, "!xyz") == ["I do not know the command !xyz. Type !help."]


def test_who_is_there_is_told_to_all_and_who_is_not_to_the_table_only() -> None:
    room = Room()
    here = "5 de 13 membres presents. Hi són: Marta Roca, Pere Vila, Pau Ferrer, Núria Puig, Joan Mas, Rosa Bosch."
    assert room.told(PAU, "!assistents") == [here]
    assert room.told(None, "!assistents") == [here]
    away = "No hi són: Anna Soler, Laia Camps, Regidor 8, Regidor 9, Regidor 10, Regidor 11, Regidor 12, Regidor 13."
    assert room.told(MAYOR, "!assistents") == [here, away]
    assert room.told(SECRETARY, "!assistents") == [here, away]


def test_the_substitute_in_the_chair_is_the_table() -> None:
    room = Room()
    assert len(room.told(FIRST, "!assistents")) == 1
    room.play.leaves_for_good(MAYOR)
    assert len(room.told(FIRST, "!assistents")) == 2
    assert len(room.told(FIRST, "!ajuda")) == 2


def test_the_turns_are_told_in_order_with_the_local_time() -> None:
    room = Room()
    room.play.says(MAYOR, GrantFloor, member=PAU)
    room.play.says(NURIA, RequestFloor, member=NURIA)
    room.play.says(JOAN, RequestFloor, member=JOAN)
    assert room.told(PAU, "!torns") == [
        "Té la paraula Pau Ferrer, fins a les 20:05.",
        "Demanen la paraula, per ordre: 1 Núria Puig, 2 Joan Mas.",
    ]


def test_a_question_is_remembered_and_a_bare_number_or_name_answers_it() -> None:
    for answer in ("2", "puigdomènech"):
        room = Room(body=_with_another_pere())
        assert room.told(MAYOR, "!paraula pere") == [
            "A qui us referiu? 1 Pere Vila, 2 Pere Puigdomènech. Responeu amb el número o el nom."
        ]
        assert room.told(MAYOR, "un moment, si us plau") == []
        assert room.told(PAU, answer) == []
        command = room.commands(MAYOR, answer)
        assert isinstance(command, GrantFloor)
        assert command.member == JOAN
        assert room.told(MAYOR, answer) == []


def test_a_question_is_forgotten_after_another_order_or_two_minutes() -> None:
    room = Room(body=_with_another_pere())
    room.told(MAYOR, "!paraula pere")
    room.told(MAYOR, "!quorum")
    assert room.told(MAYOR, "2") == []
    room.told(MAYOR, "!paraula pere")
    room.play.now += timedelta(seconds=121)
    assert room.told(MAYOR, "2") == []


def test_a_refusal_is_told_in_the_language_of_the_order() -> None:
    reply = Room().writes(PAU, "!abre")
    assert isinstance(reply, Asked)
    (said,) = reply.refused(Refused(Reason.NOT_ALLOWED))
    assert said.text.startswith("No le corresponde")


def test_during_a_vote_only_the_table_is_answered() -> None:
    room = Room()
    room.votes()
    assert room.told(MAYOR, "!quorum") != []
    assert room.told(SECRETARY, "!assistents") != []
    for line in ("!quorum", "!assistents", "!torns", "!ajuda", "!xyz", "!paraula Xavier"):
        assert room.told(PAU, line) == []
    reply = room.writes(PAU, "!paraula")
    assert isinstance(reply, Asked)
    assert reply.refused(Refused(Reason.VOTE_IS_OPEN)) == ()


def test_a_voter_hears_what_is_wrong_with_the_vote_and_nothing_else() -> None:
    room = Room()
    room.votes()
    assert room.told(PAU, "!vota") == ["Com voteu? Responeu sí, no o abstenció."]
    assert room.told(PAU, "!vote maybe") == ["How do you vote? Answer yes, no or abstain."]
    command = room.commands(PAU, "yes")
    assert isinstance(command, CastVote)
    assert (command.member, command.choice) == (PAU, Choice.YES)
    reply = room.writes(LAIA, "!vota sí")
    assert isinstance(reply, Asked)
    assert reply.refused(Refused(Reason.NOT_ENTITLED)) != ()


def test_nobody_is_answered_more_than_twenty_times_a_minute() -> None:
    room = Room()
    assert [bool(room.told(PAU, "!quorum")) for _ in range(25)] == [True] * 20 + [False] * 5
    assert room.told(NURIA, "!quorum") != []
    room.play.now += timedelta(seconds=61)
    assert room.told(PAU, "!quorum") != []


def test_strangers_are_remembered_by_their_nick_and_the_memory_is_bounded() -> None:
    room = Room()
    for number in range(10_050):
        room.writes(None, "!help", nick=f"{number:08x}")
    assert len(room.conversation._talks) == 10_000
    assert room.conversation.language_of(SESSION, f"{10_049:08x}", room.play.session) == "en"
    assert room.conversation.language_of(SESSION, f"{0:08x}", room.play.session) == "ca"


@pytest.mark.parametrize("language", Language)
def test_no_answer_is_longer_than_a_line_or_has_anything_but_words(language: Language) -> None:
    long_names = replace(PLENARY, members=tuple(replace(m, name=f"{m.name} {'Llarg ' * 12}") for m in PLENARY.members))
    room = Room(body=long_names)
    for member in (FIRST, PAU, NURIA, JOAN):
        room.play.says(member, RequestFloor, member=member)
    for text in _everything_told(room, language):
        assert len(text) <= LONGEST
        assert text.isprintable()
        assert text == " ".join(text.split())


def test_what_is_too_long_is_cut_between_words() -> None:
    text = shortened("paraula " * 60)
    assert len(text) <= LONGEST
    assert text.endswith("paraula…")
    assert shortened("una\nlínia \u2028 sola") == "una línia sola"


def _everything_told(room: Room, language: Language) -> Iterable[str]:
    for tongues in NAMES.values():
        name = tongues[language].split()[0]
        for who in (MAYOR, PAU):
            for line in (f"!{name}", f"!{name} xyz", f"!{name} regidor"):
                reply = room.writes(who, line)
                room.play.now += timedelta(seconds=10)
                if not isinstance(reply, Asked):
                    yield from (said.text for said in reply)


def _with_another_pere() -> object:
    members = (replace(m, name="Pere Puigdomènech") if m.id == JOAN else m for m in PLENARY.members)
    return replace(PLENARY, members=tuple(members))
