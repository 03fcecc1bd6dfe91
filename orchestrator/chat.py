"""What a line of chat asks for: pure, from text to a question or a command.

A line that does not begin with `!` is conversation. Names are forgiving of accents and case: `!recés` is `!reces`.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

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
)
from orchestrator.council.members import Member, MemberId
from orchestrator.council.voting import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something that is answered and not recorded: `quorum` or `help`."""

    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Misunderstood:
    """A line meant for us that we cannot use; `message` is the catalogue's id of the answer."""

    message: str
    params: tuple[tuple[str, str], ...] = ()


def parse(line: str, asker: Asker, members: tuple[Member, ...]) -> Command | Question | Misunderstood | None:
    """What the line asks for, or None when it is conversation."""
    words = line.strip().split()
    if not words or not words[0].startswith("!") or words[0] == "!":
        return None
    name, *rest = words
    build = _COMMANDS.get(_folded(name[1:]))
    if build is None:
        return Misunderstood(message="chat.unknown", params=(("command", name[:40]),))
    return build(asker, rest, members)


Parsed = Command | Question | Misunderstood
_Builder = Callable[[Asker, list[str], tuple[Member, ...]], Parsed]


def _folded(text: str) -> str:
    """Lower case, without accents: how names are compared."""
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _without_words(build: Callable[[Asker], Parsed]) -> _Builder:
    return lambda asker, _rest, _members: build(asker)


def _call_item(asker: Asker, rest: list[str], _members: tuple[Member, ...]) -> Parsed:
    if len(rest) != 1 or not rest[0].isdecimal():
        return Misunderstood(message="chat.which_item")
    return CallItem(asker=asker, number=int(rest[0]))


def _floor(asker: Asker, rest: list[str], members: tuple[Member, ...]) -> Parsed:
    """`!paraula` asks for the floor for oneself; `!paraula NAME [MINUTES]` gives it."""
    if not rest:
        return RequestFloor(asker=asker, member=asker.member or MemberId(""))
    limit = None
    if len(rest) > 1 and rest[-1].isdecimal() and 0 < int(rest[-1]) <= 120:
        limit = timedelta(minutes=int(rest.pop()))
    found = members_named(" ".join(rest), members)
    match found:
        case (member,):
            return GrantFloor(asker=asker, member=member.id, limit=limit)
        case ():
            return Misunderstood(message="chat.nobody", params=(("name", " ".join(rest)[:60]),))
        case _:
            return Misunderstood(message="chat.which_of", params=(("names", ", ".join(m.name for m in found)),))


def _vote(asker: Asker, rest: list[str], _members: tuple[Member, ...]) -> Parsed:
    """`!vota` opens the vote on the item; `!vota sí|no|abstenció` casts one's own."""
    if not rest:
        return OpenVote(asker=asker)
    choice = _CHOICES.get(_folded(rest[0]))
    if choice is None or asker.member is None:
        return Misunderstood(message="chat.which_choice")
    return CastVote(asker=asker, member=asker.member, choice=choice)


def members_named(name: str, members: tuple[Member, ...]) -> tuple[Member, ...]:
    """Who may be meant by a name or a part of one: whoever has just that name, else those who have all its words, else
    those whose name has words that begin so."""
    wanted = _folded(name).split()
    words = {member: _folded(member.name).split() for member in members}
    exact = tuple(m for m, own in words.items() if own == wanted)
    whole = tuple(m for m, own in words.items() if set(wanted) <= set(own))
    begun = tuple(m for m, own in words.items() if all(any(w.startswith(p) for w in own) for p in wanted))
    return exact or whole or begun


_CHOICES = {
    "si": Choice.YES,
    "no": Choice.NO,
    "abstencio": Choice.ABSTAIN,
    "abstencion": Choice.ABSTAIN,
    "abstinc": Choice.ABSTAIN,
    "yes": Choice.YES,
    "abstain": Choice.ABSTAIN,
}

_QUORUM = _without_words(lambda _: Question(about="quorum"))
_HELP = _without_words(lambda _: Question(about="help"))
_OPEN = _without_words(lambda asker: OpenSession(asker=asker))
_ADJOURN = _without_words(lambda asker: AdjournSession(asker=asker))
_SUSPEND = _without_words(lambda asker: SuspendSession(asker=asker))
_RESUME = _without_words(lambda asker: ResumeSession(asker=asker))
_DEBATE = _without_words(lambda asker: OpenDebate(asker=asker))
_TAKE = _without_words(lambda asker: TakeFloor(asker=asker))
_CLOSE_VOTE = _without_words(lambda asker: CloseVote(asker=asker))

_COMMANDS: dict[str, _Builder] = {
    "quorum": _QUORUM,
    "ajuda": _HELP,
    "ayuda": _HELP,
    "help": _HELP,
    "obre": _OPEN,
    "abre": _OPEN,
    "open": _OPEN,
    "tanca": _ADJOURN,
    "cierra": _ADJOURN,
    "close": _ADJOURN,
    "reces": _SUSPEND,
    "receso": _SUSPEND,
    "recess": _SUSPEND,
    "repren": _RESUME,
    "reanuda": _RESUME,
    "resume": _RESUME,
    "debat": _DEBATE,
    "debate": _DEBATE,
    "punt": _call_item,
    "punto": _call_item,
    "item": _call_item,
    "paraula": _floor,
    "palabra": _floor,
    "floor": _floor,
    "retira": _TAKE,
    "retorna": _TAKE,
    "vota": _vote,
    "vote": _vote,
    "resultat": _CLOSE_VOTE,
    "resultado": _CLOSE_VOTE,
    "result": _CLOSE_VOTE,
}
