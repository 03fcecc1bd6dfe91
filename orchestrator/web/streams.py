"""Where a session was, and is, to be seen: its record, as stretches on channels."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from orchestrator.council.events import ChannelTaken
from orchestrator.council.session import Session
from orchestrator.facts import Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A stretch on one channel. `since` is when it began, `recorded_at` when that was put on the record; `until` is
    None while the broadcast goes on there. `cause` is why it went there."""

    channel: str
    name: str
    watch: str
    video: str
    is_shared: bool
    is_private: bool
    since: datetime
    recorded_at: datetime
    until: datetime | None
    cause: str


def streams(session: Session, records: Iterable[Recorded]) -> tuple[Stream, ...]:
    """The stretches, earliest first; each ends where the next begins, and the last with the session."""
    taken = [(record.event, record.recorded_at) for record in records if isinstance(record.event, ChannelTaken)]
    ends = [event.at for event, _ in taken[1:]] + [session.adjourned_at]
    return tuple(
        Stream(
            channel=event.reach.channel,
            name=event.reach.name,
            watch=event.reach.watch,
            video=event.reach.video,
            is_shared=event.reach.is_shared,
            is_private=event.reach.is_private,
            since=event.at,
            recorded_at=recorded_at,
            until=until,
            cause=event.cause,
        )
        for (event, recorded_at), until in zip(taken, ends, strict=False)
    )
