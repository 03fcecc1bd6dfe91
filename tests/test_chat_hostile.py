"""Whatever people write, nothing breaks, and no order is anybody's but the one who gave it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.answers import LONGEST
from orchestrator.chat import NAMES
from orchestrator.conversation import Asked, Conversation
from orchestrator.council.commands import Asker, CallItem, Channel, OpenVote, RequestFloor, Role
from orchestrator.council.members import MemberId, SessionId
from orchestrator.council.refusals import Reason, Refused
from orchestrator.wording import Language
from tests.scenarios.play import JOAN, MAYOR, PAU, QUORATE, Play

_NAMES = [name for tongues in NAMES.values() for names in tongues.values() for name in names.split()]
_WORDS = [
    "pere",
    "regidor",
    "1",
    "2",
    "-1",
    "9" * 400,
    "²",
    "٣",
    "3:99",
    "si",
    "no",
    "{name}",
    "\u202e",
    "d'",
    "·",
    "!",
    "a la",
]
_LINES = st.one_of(
    st.text(max_size=400),
    st.builds(
        lambda mark, name, rest, gap: f"{mark}{name}{gap}{gap.join(rest)}",
        st.sampled_from(["!", " !", "!!", "! ", ""]),
        st.sampled_from(_NAMES) | st.text(max_size=30),
        st.lists(st.sampled_from(_WORDS) | st.text(max_size=20), max_size=6),
        st.sampled_from([" ", "  ", "\t", "\u00a0", "\n"]),
    ),
)
_ASKERS = st.sampled_from([MAYOR, PAU, MemberId("stranger"), None])


def _sessions() -> list[Play]:
    voting = Play().opened(*QUORATE, JOAN)
    voting.says(MAYOR, CallItem, number=2)
    voting.says(MAYOR, OpenVote)
    speaking = Play(language="en").opened(*QUORATE, JOAN)
    speaking.says(PAU, RequestFloor, member=PAU)
    return [Play(), speaking, voting]


_PLAYS = _sessions()


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(_PLAYS), st.lists(st.tuples(_ASKERS, _LINES), max_size=6))
def test_nothing_that_people_write_breaks_the_conversation(
    play: Play, lines: list[tuple[MemberId | None, str]]
) -> None:
    conversation = Conversation(lambda: play.now)
    for who, line in lines:
        asker = Asker(role=Role.MEMBER, channel=Channel.CHAT, member=who)
        reply = conversation.hear(SessionId("s1"), play.session, asker, who or "1a2b3c4d", line)
        if isinstance(reply, Asked):
            assert reply.command.asker == asker
            said = reply.refused(Refused(Reason.NOT_ALLOWED))
        else:
            said = reply
        for answer in said:
            assert answer.language in set(Language)
            assert len(answer.text) <= LONGEST
            assert "\n" not in answer.text
