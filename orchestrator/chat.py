"""What a line of chat says: pure, from text to an order. What the order comes to is `orders.py`.

A line that does not begin with `!` is conversation. Every order has its names in Catalan, Spanish and English, and they
are forgiving of accents and case: `!RECÉS` is `!reces`. People and items may be named by a part of their name.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Final, TypeVar

from orchestrator.council.members import Member
from orchestrator.wording import Language


class Verb(StrEnum):
    """What can be asked for in chat."""

    QUORUM = auto()
    ATTENDANCE = auto()
    TURNS = auto()
    HELP = auto()
    FLOOR = auto()
    TAKE = auto()
    ITEM = auto()
    DEBATE = auto()
    VOTE = auto()
    RESULT = auto()
    SECRET = auto()
    PUBLIC = auto()
    RECESS = auto()
    RESUME = auto()
    OPEN = auto()
    CLOSE = auto()


NAMES: Final[Mapping[Verb, Mapping[Language, str]]] = {
    Verb.QUORUM: {Language.CA: "quorum", Language.ES: "quorum", Language.EN: "quorum"},
    Verb.ATTENDANCE: {
        Language.CA: "assistents assistencia presents",
        Language.ES: "asistentes asistencia presentes",
        Language.EN: "attendance attendees present",
    },
    Verb.TURNS: {Language.CA: "torns cua", Language.ES: "turnos cola", Language.EN: "turns queue"},
    Verb.HELP: {Language.CA: "ajuda", Language.ES: "ayuda", Language.EN: "help"},
    Verb.FLOOR: {Language.CA: "paraula", Language.ES: "palabra", Language.EN: "floor"},
    Verb.TAKE: {Language.CA: "retira retorna", Language.ES: "retira devuelve", Language.EN: "withdraw return"},
    Verb.ITEM: {Language.CA: "punt", Language.ES: "punto", Language.EN: "item"},
    Verb.DEBATE: {Language.CA: "debat", Language.ES: "debate", Language.EN: "debate"},
    Verb.VOTE: {Language.CA: "vota votacio", Language.ES: "vota votacion", Language.EN: "vote"},
    Verb.RESULT: {Language.CA: "resultat", Language.ES: "resultado", Language.EN: "result"},
    Verb.SECRET: {Language.CA: "secret", Language.ES: "secreto", Language.EN: "secret"},
    Verb.PUBLIC: {Language.CA: "public", Language.ES: "publico", Language.EN: "public"},
    Verb.RECESS: {Language.CA: "reces suspen", Language.ES: "receso suspende", Language.EN: "recess suspend"},
    Verb.RESUME: {Language.CA: "repren", Language.ES: "reanuda", Language.EN: "resume"},
    Verb.OPEN: {Language.CA: "obre", Language.ES: "abre", Language.EN: "open"},
    Verb.CLOSE: {Language.CA: "tanca aixeca", Language.ES: "cierra levanta", Language.EN: "close adjourn"},
}
"""The names of every order, by language, without accents; the first is the one that help speaks of."""

VERBS: Final = {name: verb for verb, tongues in NAMES.items() for names in tongues.values() for name in names.split()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A line that is meant for us. `verb` is None for a name that we do not know; `languages` are those that have the
    name, in the order Catalan, Spanish, English."""

    name: str
    words: tuple[str, ...]
    verb: Verb | None
    languages: tuple[Language, ...]


def parse(line: str) -> Order | None:
    """The order in a line, or None when it is conversation."""
    mark, *words = line.replace("!", "! ", 1).split() or [""]
    if mark != "!" or not words or not words[0][0].isalpha() or line.lstrip()[1:2].isspace():
        return None
    name = folded(words[0])
    spoken = (language for language in Language if any(name in tongues[language].split() for tongues in NAMES.values()))
    return Order(name=words[0][:40], words=tuple(words[1:]), verb=VERBS.get(name), languages=tuple(spoken))


# --- Names ---


def folded(text: str) -> str:
    """Lower case, without accents, typographic apostrophes or outer punctuation: how names are compared."""
    decomposed = unicodedata.normalize("NFD", text.casefold().replace("’", "'"))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).strip(" .,;:!?\"'«»()")


Named = TypeVar("Named")


def fitting(wanted: str, names: Iterable[tuple[Named, str]]) -> tuple[Named, ...]:
    """Whose name is just that; else who has all its words in theirs; else whose words begin with them."""
    parts = _words(wanted)
    words = [(thing, _words(name)) for thing, name in names]
    exact = tuple(thing for thing, own in words if own == parts)
    whole = tuple(thing for thing, own in words if set(parts) <= set(own))
    begun = tuple(thing for thing, own in words if all(any(w.startswith(p) for w in own) for p in parts))
    return (exact or whole or begun) if parts else ()


def _words(name: str) -> list[str]:
    """`Mar d'Armengol-Coll·lell` is mar, d, armengol, collell."""
    return [word for part in re.split(r"[\s'-]+", folded(name).replace("·", "")) if (word := folded(part))]


def members_named(name: str, members: Iterable[Member]) -> tuple[Member, ...]:
    """Who may be meant by a name or a part of one, be it preceded by words such as `a la`."""
    listed = tuple((member, member.name) for member in members)
    bare = name.split()
    while bare and folded(bare[0]) in _PARTICLES:
        bare = bare[1:]
    return fitting(name, listed) or fitting(" ".join(bare), listed)


_PARTICLES: Final = frozenset({"a", "al", "en", "na", "el", "la", "per", "para", "to", "the", "for"})
