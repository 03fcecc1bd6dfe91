"""What anybody may read of a record: all but what was done and said while an item was held in secret (LRBRL 70.1).

That it was, who was there, and whether there was quorum stays. For whatever is shown outside the body: its members,
the secretary and the auditor have the whole record.
"""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from orchestrator.council import events as e
from orchestrator.facts import Recorded

_R = TypeVar("_R", bound=Recorded)

_DEALINGS = (
    e.DebateOpened,
    e.ConflictDeclared,
    e.ConflictEnded,
    e.FloorRequested,
    e.FloorRequestWithdrawn,
    e.FloorGranted,
    e.FloorWarned,
    e.FloorReturned,
    e.FloorExpired,
    e.VoiceHeard,
    e.VoteOpened,
    e.VoteCast,
    e.VoteClosed,
    e.VoteAnnulled,
    e.CastingVoteGiven,
)


def public(records: Iterable[_R]) -> Iterator[_R]:
    """The part of a record, in its order, that is not secret."""
    is_secret = False
    for record in records:
        if isinstance(record.event, e.SecretOpened | e.SecretClosed):
            is_secret = isinstance(record.event, e.SecretOpened)
        if not (is_secret and is_dealing(record.event)):
            yield record


def is_dealing(event: e.Event) -> bool:
    """Whether it tells of how an item was dealt with: what nobody outside is told of one that was held in secret."""
    return isinstance(event, _DEALINGS)
