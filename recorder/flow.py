"""One connection of the source as seen by its times, without I/O: how late a tag is, and whether it flows steadily.

After a stall a source delivers what piled up in a burst. Taken up at its first keyframe, the output would run ahead of
real time by the length of the stall, each time. So the smallest distance between arrival and time stamp, the *edge*,
is remembered, and what is far behind it is not live.
"""

_WINDOW = 5000.0
_MAX_STEP = 100.0


class Flow:
    """All times in ms on the session's clock, except a tag's own `ts`, which is on the source's."""

    def __init__(self, now: float) -> None:
        self.has_ended = False
        self.video_at: float | None = None
        """When the last picture arrived. Sound alone does not keep a source alive: x11grab gives constant pictures."""
        self._opened_at = now
        self._arrived_at = now
        self._since: float | None = None
        self._smallest = float("inf")
        self._smallest_before = float("inf")
        self._measured = 0.0

    def feed(self, ts: int, now: float, *, is_video: bool, patience: float) -> None:
        """A tag arrived. A pause of more than `patience` begins a new stretch."""
        step = now - self._arrived_at
        if self._since is None or step > patience or (is_video and self.is_silent(now, patience)):
            self._since = now
        self._arrived_at = now
        if is_video:
            self.video_at = now
        self._measured += min(step, _MAX_STEP)
        if self._measured > _WINDOW:
            # The edge follows the source's clock where it drifts; a pause does not count, or the burst after it
            # would become the edge.
            self._measured = 0.0
            self._smallest_before, self._smallest = self._smallest, float("inf")
        self._smallest = min(self._smallest, now - ts)

    @property
    def edge(self) -> float:
        """The smallest distance of arrival from time stamp in the last five to ten seconds of flow."""
        return min(self._smallest, self._smallest_before)

    def has_flowed(self, now: float, stretch: float) -> bool:
        """Tags have come without a pause for so long."""
        return self._since is not None and now - self._since >= stretch

    def is_silent(self, now: float, patience: float) -> bool:
        """No picture for longer than the patience; of a connection that has not sent any, since it was opened."""
        return now - (self._opened_at if self.video_at is None else self.video_at) > patience
