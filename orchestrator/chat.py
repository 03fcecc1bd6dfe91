"""What a line of chat asks for: pure, from text to an order, and from an order to a command or a question back.

A line that does not begin with `!` is conversation. Every order has its names in Catalan, Spanish and English, and they
are forgiving of accents and case: `!RECÉS` is `!reces`. People and items may be named by a part of their name; where
several fit, the answer is a question, which a bare number or name then answers.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from enum import StrEnum, auto
from typing import Final, TypeVar

from orchestrator.council.agenda import AgendaItem
from orchestrator.council.commands import (
    AdjournSession,
    Asker,
    CallItem,
    CastVote,
    CloseVote,
    Command,
    GrantFloor,
    OpenDebate,
    OpenSession,
    OpenVote,
    RequestFloor,
    ResumeSession,
    SuspendSession,
    TakeFloor,
    WithdrawRequest,
)
from orchestrator.council.members import Member, MemberId, Office
from orchestrator.council.session import Session
from orchestrator.council.voting import Choice, Method
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
    Verb.RECESS: {Language.CA: "reces suspen", Language.ES: "receso suspende", Language.EN: "recess suspend"},
    Verb.RESUME: {Language.CA: "repren", Language.ES: "reanuda", Language.EN: "resume"},
    Verb.OPEN: {Language.CA: "obre", Language.ES: "abre", Language.EN: "open"},
    Verb.CLOSE: {Language.CA: "tanca aixeca", Language.ES: "cierra levanta", Language.EN: "close adjourn"},
}
"""The names of every order, by language, without accents; the first is the one that help speaks of."""

_VERBS: Final = {name: verb for verb, tongues in NAMES.items() for names in tongues.values() for name in names.split()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A line that is meant for us. `verb` is None for a name that we do not know; `languages` are those that have the
    name, in the order Catalan, Spanish, English."""

    name: str
    words: tuple[str, ...]
    verb: Verb | None
    languages: tuple[Language, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Something that is answered and not recorded."""

    about: Verb


@dataclass(frozen=True, slots=True, kw_only=True)
class Misunderstood:
    """An order that we cannot use; `message` is the catalogue's id of the answer."""

    message: str
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An order that wants one thing more; `answer` is what a bare line that follows makes of it, None if nothing."""

    message: str
    params: tuple[tuple[str, str], ...] = ()
    answer: Callable[[str], Command | None]


Meaning = Command | Lookup | Misunderstood | Question


def parse(line: str) -> Order | None:
    """The order in a line, or None when it is conversation."""
    mark, *words = line.replace("!", "! ", 1).split() or [""]
    if mark != "!" or not words or not words[0][0].isalpha() or line.lstrip()[1:2].isspace():
        return None
    name = folded(words[0])
    spoken = (language for language in Language if any(name in tongues[language].split() for tongues in NAMES.values()))
    return Order(name=words[0][:40], words=tuple(words[1:]), verb=_VERBS.get(name), languages=tuple(spoken))


def meaning(order: Order, asker: Asker, session: Session) -> Meaning:
    """What an order comes to when this person gives it now. Raises Refused (NOT_CONVENED)."""
    if order.verb is None:
        near = get_close_matches(folded(order.name), _VERBS, n=1, cutoff=0.75)
        params = (("command", f"!{order.name}"), *(("near", f"!{name}") for name in near))
        return Misunderstood(message="chat.unknown_near" if near else "chat.unknown", params=params)
    return _MEANINGS[order.verb](asker, order.words, session)


# --- Names ---


def folded(text: str) -> str:
    """Lower case, without accents, typographic apostrophes or outer punctuation: how names are compared."""
    decomposed = unicodedata.normalize("NFD", text.casefold().replace("’", "'"))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).strip(" .,;:!?\"'«»()")


_Named = TypeVar("_Named")


def fitting(wanted: str, names: Iterable[tuple[_Named, str]]) -> tuple[_Named, ...]:
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


# --- The floor ---


def _floor(asker: Asker, words: tuple[str, ...], session: Session) -> Meaning:
    """`!paraula` asks for the floor for oneself; `!paraula NAME [MINUTES]` gives it."""
    if not words:
        return RequestFloor(asker=asker, member=asker.member) if asker.member else _STRANGER
    name, limit = _timed(words)

    def grant(member: Member) -> Command:
        return GrantFloor(asker=asker, member=member.id, limit=limit)

    return _of_one(session, name, grant)


def _of_one(session: Session, name: str, command: Callable[[Member], Command]) -> Meaning:
    """The command for the member who is meant; who is there comes before who is not."""
    found = members_named(name, session.body.members)
    if not found:
        return Misunderstood(message="chat.nobody", params=(("name", name[:60]),))
    present = session.attendance.present()
    fits = tuple(member for member in found if member.id in present) or found
    if len(fits) == 1:
        return command(fits[0])

    def answer(line: str) -> Command | None:
        chosen = _by_number(line, fits) or members_named(line, fits)
        return command(chosen[0]) if len(chosen) == 1 else None

    return Question(message="chat.which_of", params=(("options", _numbered(m.name for m in fits)),), answer=answer)


def _timed(words: tuple[str, ...]) -> tuple[str, timedelta | None]:
    """`pere 3`, `pere 3 min`, `pere 1:30`, `pere 90s`: a name, and a limit if there is one of at most two hours."""
    text = " ".join(words)
    match = _LIMIT.search(text)
    if match is None or match.start() == 0:
        return text, None
    minutes, seconds, unit = int(match["minutes"]), int(match["seconds"] or 0), folded(match["unit"])
    limit = timedelta(seconds=minutes) if unit.startswith("s") else timedelta(minutes=minutes, seconds=seconds)
    is_sensible = timedelta(0) < limit <= timedelta(hours=2)
    return (text[: match.start()], limit) if is_sensible else (text, None)


_LIMIT: Final = re.compile(
    r"\s+(?P<minutes>[0-9]{1,4})(?::(?P<seconds>[0-5][0-9]))?\s*(?P<unit>m|min|minuts?|minutos?|minutes?|s|seg|segons|segundos|seconds|'|)\.?$",
    re.IGNORECASE,
)


def _take(asker: Asker, words: tuple[str, ...], session: Session) -> Meaning:
    """`!retira` ends the turn in progress, or takes back one's own request; with a name, that member's."""
    floor, own = session.floor, asker.member
    if words:
        return _of_one(session, " ".join(words), lambda member: _take_from(asker, member.id, session))
    is_presiding = own is not None and own == session.acting(Office.PRESIDENT)
    if own in floor.queue and own != floor.speaker and not (is_presiding and floor.speaker):
        return WithdrawRequest(asker=asker, member=own)
    return TakeFloor(asker=asker)


def _take_from(asker: Asker, member: MemberId, session: Session) -> Command:
    if session.floor.speaker == member:
        return TakeFloor(asker=asker)
    return WithdrawRequest(asker=asker, member=member)


# --- Agenda and votes ---


def _item(asker: Asker, words: tuple[str, ...], session: Session) -> Meaning:
    """`!punt 2`, or by words of its title."""
    items = session.agenda.items
    wanted = " ".join(words)

    def call(line: str) -> Command | None:
        number = folded(line)
        if number.isdecimal() and number.isascii() and len(number) < 6:
            return CallItem(asker=asker, number=int(number))
        found = _titled(line, items)
        return CallItem(asker=asker, number=found[0].number) if len(found) == 1 else None

    if not words:
        return Question(message="chat.which_item", answer=call)
    if command := call(wanted):
        return command
    if found := _titled(wanted, items):
        options = ", ".join(f"{item.number} {item.title}" for item in found)
        return Question(message="chat.which_item_of", params=(("options", options),), answer=call)
    return Misunderstood(message="chat.no_item", params=(("name", wanted[:60]),))


def _titled(words: str, items: tuple[AgendaItem, ...]) -> tuple[AgendaItem, ...]:
    return fitting(words, ((item, item.title) for item in items))


def _vote(asker: Asker, words: tuple[str, ...], session: Session) -> Meaning:
    """`!vota` opens the vote on the item; `!vota sí` casts one's own, `!vota NAME sí` notes down another's."""
    if not words:
        is_voter = session.vote is not None and asker.member in session.vote.entitled
        return _ask_choice(asker) if is_voter else OpenVote(asker=asker)
    if method := _METHODS.get(folded(" ".join(words))):
        return OpenVote(asker=asker, method=method)
    for length in (2, 1):
        name, said = " ".join(words[:-length]), folded(" ".join(words[-length:]))
        if (choice := _CHOICES.get(said)) is None:
            continue
        if name:
            return _of_one(session, name, _noting(asker, choice))
        return CastVote(asker=asker, member=asker.member, choice=choice) if asker.member else _STRANGER
    return _ask_choice(asker)


def _noting(asker: Asker, choice: Choice) -> Callable[[Member], Command]:
    return lambda member: CastVote(asker=asker, member=member.id, choice=choice)


def _ask_choice(asker: Asker) -> Question | Misunderstood:
    own = asker.member
    if own is None:
        return _STRANGER

    def answer(line: str) -> Command | None:
        choice = _CHOICES.get(folded(line))
        return CastVote(asker=asker, member=own, choice=choice) if choice else None

    return Question(message="chat.which_choice", answer=answer)


def _open(asker: Asker, words: tuple[str, ...], _session: Session) -> Meaning:
    """`!obre` opens the session; `!obre debat` and `!obre votació` what they say."""
    match _what(words):
        case Verb.DEBATE:
            return OpenDebate(asker=asker)
        case Verb.VOTE:
            return OpenVote(asker=asker)
        case _:
            return OpenSession(asker=asker)


def _close(asker: Asker, words: tuple[str, ...], _session: Session) -> Meaning:
    """`!tanca` lifts the session; `!tanca votació` closes the vote."""
    return CloseVote(asker=asker) if _what(words) is Verb.VOTE else AdjournSession(asker=asker)


def _what(words: tuple[str, ...]) -> Verb | None:
    """The noun that follows, be it preceded by an article."""
    return next((verb for word in words if (verb := _VERBS.get(folded(word))) is not None), None)


def _by_number(line: str, options: tuple[_Named, ...]) -> tuple[_Named, ...]:
    number = folded(line)
    is_number = number.isdecimal() and number.isascii() and len(number) < 4
    return options[int(number) - 1 : int(number)] if is_number and int(number) > 0 else ()


def _numbered(names: Iterable[str]) -> str:
    return ", ".join(f"{number} {name}" for number, name in enumerate(names, start=1))


_STRANGER: Final = Misunderstood(message="chat.not_a_member")

_CHOICES: Final = {
    word: choice
    for choice, words in {
        Choice.YES: ("si", "yes", "a favor", "in favour"),
        Choice.NO: ("no", "en contra", "against"),
        Choice.ABSTAIN: ("abstencio", "abstencion", "abstinc", "m'abstinc", "abstengo", "me abstengo", "abstain"),
    }.items()
    for word in words
}
_METHODS: Final = {
    word: method
    for method, words in {
        Method.ORDINARY: ("ordinaria", "ordinary"),
        Method.NAMED: ("nominal", "named"),
    }.items()
    for word in words
}

_Meaning = Callable[[Asker, tuple[str, ...], Session], Meaning]


def _plain(command: Callable[..., Command]) -> _Meaning:
    return lambda asker, _words, _session: command(asker=asker)


def _lookup(verb: Verb) -> _Meaning:
    return lambda _asker, _words, _session: Lookup(about=verb)


_MEANINGS: Final[Mapping[Verb, _Meaning]] = {
    **{verb: _lookup(verb) for verb in (Verb.QUORUM, Verb.ATTENDANCE, Verb.TURNS, Verb.HELP)},
    Verb.FLOOR: _floor,
    Verb.TAKE: _take,
    Verb.ITEM: _item,
    Verb.DEBATE: _plain(OpenDebate),
    Verb.VOTE: _vote,
    Verb.RESULT: _plain(CloseVote),
    Verb.RECESS: _plain(SuspendSession),
    Verb.RESUME: _plain(ResumeSession),
    Verb.OPEN: _open,
    Verb.CLOSE: _close,
}
