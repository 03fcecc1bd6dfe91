"""What anybody may read of a session, and which bodies meet in public."""

from dataclasses import dataclass
from datetime import datetime

import pytest

from orchestrator.council.commands import (
    CallItem,
    CastVote,
    CloseSecret,
    CloseVote,
    GrantFloor,
    OpenDebate,
    OpenSecret,
    OpenVote,
)
from orchestrator.council.events import Event
from orchestrator.council.members import BodyKind
from orchestrator.council.rules.publicity import PUBLICITY_RULES, publicity_of
from orchestrator.council.voting import Choice, Count
from orchestrator.facts import tell
from orchestrator.secrecy import public
from orchestrator.wording import Language
from tests.scenarios.play import EIGHT, JOAN, LAIA, MAYOR, PAU, QUORATE, Play


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    seq: int
    event: Event
    recorded_at: datetime = EIGHT
    hash: bytes = b""


def names(play: Play) -> list[str]:
    records = [Entry(seq=n, event=event) for n, event in enumerate(play.record, start=1)]
    return [type(record.event).__name__ for record in public(records)]


def test_nobody_outside_reads_what_was_done_in_secret_but_that_it_was() -> None:
    play = Play().opened(*QUORATE, JOAN, LAIA, *(m.id for m in Play().session.body.members[7:10]))
    play.says(MAYOR, CallItem, number=2)
    play.says(MAYOR, OpenSecret, count=Count(yes=8, no=0))
    for step, fields in (
        (OpenDebate, {}),
        (GrantFloor, {"member": PAU}),
        (OpenVote, {}),
        (CastVote, {"member": MAYOR, "choice": Choice.YES}),
        (CloseVote, {}),
    ):
        play.says(MAYOR, step, **fields)
        assert play.refusal is None
    play.leaves_for_good(PAU)
    play.says(MAYOR, CloseSecret)
    play.says(MAYOR, OpenVote)
    told = names(play)
    start, end = told.index("SecretOpened"), told.index("SecretClosed")
    assert told[start + 1 : end] == ["DeviceGone", "MemberDropped", "MemberLeft"]
    assert told[end:] == ["SecretClosed", "VoteOpened"]


@pytest.mark.parametrize("language", Language)
def test_every_fact_of_a_sitting_is_worded(language: Language) -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.says(MAYOR, CallItem, number=2)
    for event in play.record:
        fact = tell(event, play.session.convened)
        assert fact is None or fact.text(language)


@pytest.mark.parametrize(
    ("kind", "is_public", "article"),
    [
        (BodyKind.PLENARY, True, "LRBRL 70.1"),
        (BodyKind.GOVERNMENT_BOARD, False, "LRBRL 70.1"),
        (BodyKind.INFORMATION_COMMITTEE, False, "ROF 227.2"),
        (BodyKind.ACCOUNTS_COMMITTEE, False, "ROF 227.2"),
        (BodyKind.OTHER, False, "TRLMRLC 156.3"),
    ],
)
def test_which_bodies_meet_in_public(kind: BodyKind, is_public: bool, article: str) -> None:
    rule = publicity_of(kind)
    assert (rule.is_public, rule.article) == (is_public, article)


def test_every_kind_of_body_has_a_rule_and_every_rule_an_id_of_its_own() -> None:
    assert all(publicity_of(kind) for kind in BodyKind)
    assert len({rule.id for rule in PUBLICITY_RULES}) == len(PUBLICITY_RULES)
