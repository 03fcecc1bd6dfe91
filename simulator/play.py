"""A play: the script of a session, read from YAML and checked before anything starts.

`Play` is what the director performs (`simulator/director.py`). Times are seconds from the beginning of the play.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

PLAYS = Path(__file__).parent / "plays"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Person(_Part):
    """A member of the body, as the HTTP API takes it."""

    id: str
    name: str
    office: Literal["president", "secretary", "auditor", "member"] = "member"
    group: str = ""
    deputises: int | None = None
    substitutes: Literal["president", "secretary", "auditor"] | None = None


class Entity(_Part):
    """The town."""

    id: str
    name: str


class Body(_Part):
    """The body that meets."""

    id: str
    name: str
    kind: str
    legal_number: int


class Item(_Part):
    """An item of the agenda."""

    title: str
    majority: Literal["simple", "absolute"] = "simple"


class Line(_Part):
    """A line of chat."""

    who: str
    text: str


class ApiCommand(_Part):
    """A command over HTTP, with an access token of the role; the other keys are the command's own fields."""

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True)

    role: str = Field(alias="as")
    name: str

    @property
    def fields(self) -> dict[str, Any]:
        """The command's own fields."""
        return dict(self.model_extra or {})


class Deed(_Part):
    """What happens in the town at a step: exactly one of these."""

    convene: bool = False
    enter: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    say: Line | None = None
    raise_hand: str | None = None
    lower_hand: str | None = None
    vote: dict[str, str] = {}
    command: ApiCommand | None = None
    kill: Literal["encoder"] | None = None

    @model_validator(mode="after")
    def _is_one_deed(self) -> "Deed":
        if len(self.model_fields_set) != 1:
            raise ValueError(f"a step does exactly one thing, not {sorted(self.model_fields_set)}")
        return self


class _Sight(_Part):
    within: Annotated[float, Field(gt=0)] = 10


class EventSeen(_Sight):
    """An event on the record, by its name without the version; the other keys must be equal in its body."""

    model_config = ConfigDict(frozen=True, extra="allow")

    event: str

    @property
    def fields(self) -> dict[str, Any]:
        """What the event's body must hold."""
        return dict(self.model_extra or {})


class ChatHeard(_Sight):
    """A line of the bot, heard by everybody in the room, that contains this."""

    chat: str


class PrivateHeard(_Sight):
    """A private line of the bot that contains this, heard by each of these and by nobody else."""

    private: str
    to: tuple[str, ...]


class QuorumShown(_Sight):
    """What the HTTP API says of the quorum: these keys must be equal."""

    quorum: dict[str, Any]


class PictureShown(_Sight):
    """What the public server receives."""

    public: Literal["live", "slate"]


Sight = EventSeen | ChatHeard | PrivateHeard | QuorumShown | PictureShown


class Step(_Part):
    """At a time something is done; then all of `see` must be seen, and none of `never` recorded meanwhile."""

    name: str
    at: Annotated[float, Field(ge=0)]
    do: Deed
    see: tuple[Sight, ...] = ()
    never: tuple[str, ...] = ()


class Play(_Part):
    """The whole script."""

    title: str
    entity: Entity
    body: Body
    language: Literal["ca", "es", "en"]
    time_zone: str
    grace: float
    floor: float
    members: tuple[Person, ...]
    agenda: tuple[Item, ...]
    steps: tuple[Step, ...]

    @model_validator(mode="after")
    def _hangs_together(self) -> "Play":
        times = [step.at for step in self.steps]
        if times != sorted(times):
            raise ValueError("the steps are not in order of time")
        known = {person.id for person in self.members}
        for step in self.steps:
            strangers = set(_people_of(step)) - known
            if strangers:
                raise ValueError(f"{step.name}: unknown members {sorted(strangers)}")
        return self

    def person(self, member: str) -> Person:
        """The person with that id. Raises KeyError for a stranger."""
        return {p.id: p for p in self.members}[member]


def _people_of(step: Step) -> list[str]:
    deed = step.do
    people = [*deed.enter, *deed.leave, *deed.drop, *deed.vote]
    people += [p for p in (deed.raise_hand, deed.lower_hand, deed.say.who if deed.say else None) if p]
    for sight in step.see:
        if isinstance(sight, PrivateHeard):
            people += sight.to
    return people


def load(path: Path) -> Play:
    """Read a play. Raises ValueError that says what is wrong with it, OSError when it cannot be read."""
    return Play.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
