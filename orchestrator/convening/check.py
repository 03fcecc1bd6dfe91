"""The answer to one question that is asked before a session: of its call, or an hour before it begins."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    """WELL; LOOK at it, it may be meant so; ILL, it must be mended; WAITING for somebody or something; UNKNOWN, it
    could not be asked."""

    WELL = "well"
    LOOK = "look"
    ILL = "ill"
    WAITING = "waiting"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What was found. `check.<topic>.<finding>` of the catalogues words it with `params`."""

    topic: str
    finding: str
    state: State = State.WELL
    params: Mapping[str, object] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The id of its words."""
        return f"check.{self.topic}.{self.finding}"
