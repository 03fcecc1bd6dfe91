"""Which channel the broadcast of a session goes to, goes next, and can no longer go to."""

from dataclasses import dataclass, replace
from typing import assert_never

from orchestrator.council.events import ChannelFailed, ChannelOrdered, ChannelTaken
from orchestrator.council.members import ChannelId
from orchestrator.council.observations import Reach


@dataclass(frozen=True, slots=True, kw_only=True)
class Airing:
    """`reach` is where the public finds the broadcast now. `ordered` is the channel that somebody wants and that it
    does not go to yet; `failed` are those that it could not go to since somebody last ordered them."""

    reach: Reach | None = None
    ordered: ChannelId | None = None
    failed: frozenset[ChannelId] = frozenset()

    def goes_to(self, reach: Reach) -> bool:
        """Whether nothing would change."""
        return self.reach == reach and self.ordered is None and reach.channel not in self.failed

    def has_failed(self, channel: ChannelId) -> bool:
        """Whether that is known of it, and nobody wants it all the same."""
        return channel in self.failed and channel != self.ordered


def aired(airing: Airing, event: ChannelOrdered | ChannelTaken | ChannelFailed) -> Airing:
    """After one more event."""
    match event:
        case ChannelOrdered(channel=channel):
            return replace(airing, ordered=channel, failed=airing.failed - {channel})
        case ChannelTaken(reach=reach):
            return Airing(reach=reach, failed=airing.failed - {reach.channel})
        case ChannelFailed(channel=channel):
            ordered = None if channel == airing.ordered else airing.ordered
            return replace(airing, ordered=ordered, failed=airing.failed | {channel})
        case _:
            assert_never(event)
