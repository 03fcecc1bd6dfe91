"""What was ordered of the broadcast of a session: the channel it goes to and those it can no longer go to, the card put
on by hand, and how many encoders were sent away."""

from dataclasses import dataclass, replace
from typing import assert_never

from orchestrator.council.effects import Picture
from orchestrator.council.events import (
    BroadcastResumed,
    ChannelFailed,
    ChannelOrdered,
    ChannelTaken,
    EncoderRestarted,
    SlateShown,
)
from orchestrator.council.members import ChannelId
from orchestrator.council.observations import Reach


@dataclass(frozen=True, slots=True, kw_only=True)
class Airing:
    """`reach` is where the public finds the broadcast now. `ordered` is the channel that somebody wants and that it
    does not go to yet; `failed` are those that it could not go to since somebody last ordered them. `card` is what the
    public is shown by hand; `restarts` is how often another encoder was asked for."""

    reach: Reach | None = None
    ordered: ChannelId | None = None
    failed: frozenset[ChannelId] = frozenset()
    card: Picture | None = None
    restarts: int = 0

    def goes_to(self, reach: Reach) -> bool:
        """Whether nothing would change."""
        return self.reach == reach and self.ordered is None and reach.channel not in self.failed

    def has_failed(self, channel: ChannelId) -> bool:
        """Whether that is known of it, and nobody wants it all the same."""
        return channel in self.failed and channel != self.ordered


Order = ChannelOrdered | ChannelTaken | ChannelFailed | SlateShown | BroadcastResumed | EncoderRestarted


def aired(airing: Airing, event: Order) -> Airing:
    """After one more event."""
    match event:
        case ChannelOrdered(channel=channel):
            return replace(airing, ordered=channel, failed=airing.failed - {channel})
        case ChannelTaken(reach=reach):
            return replace(airing, reach=reach, ordered=None, failed=airing.failed - {reach.channel})
        case ChannelFailed(channel=channel):
            ordered = None if channel == airing.ordered else airing.ordered
            return replace(airing, ordered=ordered, failed=airing.failed | {channel})
        case SlateShown(picture=picture):
            return replace(airing, card=picture)
        case BroadcastResumed():
            return replace(airing, card=None)
        case EncoderRestarted():
            return replace(airing, restarts=airing.restarts + 1)
        case _:
            assert_never(event)
