"""What a text document is made of, so that it is thought out once and written twice: as DOCX and as PDF."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading of level 1 (a section) or 2."""

    text: str
    level: Literal[1, 2] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Running text."""

    text: str
    is_strong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Blank:
    """What no event can fill: to be written by a person, and visibly missing until then. `hint` says what belongs."""

    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list of short lines: with bullets, plain (they bring their own numbers), or names in two columns."""

    lines: tuple[str, ...]
    style: Literal["bullets", "plain", "names"] = "bullets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Labels and what stands beside them; a `Blank` where the record does not know."""

    rows: tuple[tuple[str, "str | Blank"], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatures:
    """The place for the secretary's and the president's."""


Block = Heading | Paragraph | Blank | Listing | Facts | Signatures
