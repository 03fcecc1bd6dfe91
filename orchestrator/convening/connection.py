"""A member's connection as their browser found it, judged: green, amber or red, each with what to do about it.

Of the device nothing is known here: no names of cameras, no addresses, no kind of machine.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from orchestrator.convening.check import Check, State

DOWN_KBPS: Final = (2500, 800)
"""Below the first a plenary with pictures stutters, below the second it does not come through (Jitsi: 720p is 2.5
Mbit/s, the least picture with sound some hundred kbit/s)."""
UP_KBPS: Final = (1200, 300)
DELAY_MS: Final = (200, 500)
"""Above 400 ms people talk into one another (ITU-T G.114); there and back."""
JITTER_MS: Final = (40, 120)
LOST_PERCENT: Final = (1.0, 5.0)


class Seen(StrEnum):
    """What became of a camera or a microphone. NOTHING: it runs, and gives black, or silence."""

    WELL = "well"
    NOTHING = "nothing"
    DENIED = "denied"
    BUSY = "busy"
    MISSING = "missing"


class Reached(StrEnum):
    """Whether something was reached. UNASKED: this installation does not say where it is."""

    WELL = "well"
    BLOCKED = "blocked"
    UNASKED = "unasked"


class Measured(BaseModel):
    """What the browser found. A number is null where nothing could be measured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    is_able: bool
    camera: Seen
    microphone: Seen
    server: Reached
    meeting: Reached
    media: Reached
    down_kbps: float | None = Field(default=None, ge=0, le=100_000_000)
    up_kbps: float | None = Field(default=None, ge=0, le=100_000_000)
    delay_ms: float | None = Field(default=None, ge=0, le=600_000)
    jitter_ms: float | None = Field(default=None, ge=0, le=600_000)
    lost_percent: float | None = Field(default=None, ge=0, le=100)


def judge(measured: Measured) -> tuple[Check, ...]:
    """What there is to say, in the order in which one would mend it."""
    return (
        Check(
            topic="browser",
            finding="well" if measured.is_able else "unable",
            state=State.WELL if measured.is_able else State.ILL,
        ),
        # Who is not seen takes no part (LRBRL 46.3 wants picture and sound), so it is no small matter.
        Check(topic="camera", finding=measured.camera, state=_device(measured.camera)),
        Check(topic="microphone", finding=measured.microphone, state=_device(measured.microphone)),
        Check(topic="server", finding=measured.server, state=_reached(measured.server, State.ILL)),
        Check(topic="meeting", finding=measured.meeting, state=_reached(measured.meeting, State.ILL)),
        Check(topic="media", finding=measured.media, state=_reached(measured.media, State.LOOK)),
        *_line(measured),
    )


def worst(checks: Iterable[Check]) -> State:
    """Red if anything is, else amber if anything is, else green."""
    states = {check.state for check in checks}
    return next((state for state in (State.ILL, State.LOOK) if state in states), State.WELL)


def _device(seen: Seen) -> State:
    match seen:
        case Seen.WELL:
            return State.WELL
        case Seen.NOTHING:
            return State.LOOK
        case Seen.DENIED | Seen.BUSY | Seen.MISSING:
            return State.ILL


def _reached(reached: Reached, blocked: State) -> State:
    match reached:
        case Reached.WELL:
            return State.WELL
        case Reached.BLOCKED:
            return blocked
        case Reached.UNASKED:
            return State.UNKNOWN


def _line(measured: Measured) -> Iterable[Check]:
    down, up = measured.down_kbps, measured.up_kbps
    if down is None or up is None:
        yield Check(topic="speed", finding="unknown", state=State.UNKNOWN)
    else:
        state = max(_below(down, DOWN_KBPS), _below(up, UP_KBPS), key=_GRAVITY.index)
        numbers = {"down": f"{down / 1000:.1f}", "up": f"{up / 1000:.1f}"}
        yield Check(topic="speed", finding=_GRADES[state], state=state, params=numbers)
    delay, jitter, lost = measured.delay_ms, measured.jitter_ms, measured.lost_percent
    if delay is None or jitter is None or lost is None:
        yield Check(topic="line", finding="unknown", state=State.UNKNOWN)
    else:
        found = (_above(delay, DELAY_MS), _above(jitter, JITTER_MS), _above(lost, LOST_PERCENT))
        state = max(found, key=_GRAVITY.index)
        numbers = {"delay": f"{delay:.0f}", "jitter": f"{jitter:.0f}", "lost": f"{lost:.1f}"}
        yield Check(topic="line", finding=_GRADES[state], state=state, params=numbers)


_GRAVITY: Final[Sequence[State]] = (State.WELL, State.LOOK, State.ILL)
_GRADES: Final = {State.WELL: "well", State.LOOK: "weak", State.ILL: "poor"}


def _below(value: float, limits: tuple[float, float]) -> State:
    return State.WELL if value >= limits[0] else State.LOOK if value >= limits[1] else State.ILL


def _above(value: float, limits: tuple[float, float]) -> State:
    return State.WELL if value <= limits[0] else State.LOOK if value <= limits[1] else State.ILL
