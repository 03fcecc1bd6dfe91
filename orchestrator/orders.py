"""What an order given in chat comes to: a command, an answer, or a question back. Pure.

Where several people or items fit what was said, or something is missing, the answer is a question, which a bare number
or name then answers.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from typing import Final

from orchestrator.chat import VERBS, Named, Order, Verb, fitting, folded, members_named
from orchestrator.council.agenda import AgendaItem
from orchestrator.council.commands import (
    AdjournSession,
    Asker,
    CallItem,
    CastVote,
    CloseSecret,
    CloseVote,
    Command,
    GrantFloor,
    OpenDebate,
    OpenSecret,
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
from orchestrator.council.voting import Choice, Count, Method


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


def meaning(order: Order, asker: Asker, session: Session) -> Meaning:
    """What an order comes to when this person gives it now. Raises Refused (NOT_CONVENED)."""
    if order.verb is None:
        near = get_close_matches(folded(order.name), VERBS, n=1, cutoff=0.75)
        params = (("command", f"!{order.name}"), *(("near", f"!{name}") for name in near))
        return Misunderstood(message="chat.unknown_near" if near else "chat.unknown", params=params)
    return _MEANINGS[order.verb](asker, order.words, session)


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


def _close(asker: Asker, words: tuple[str, ...], session: Session) -> Meaning:
    """`!tanca` lifts the session; `!tanca votació` closes the vote, `!tanca secret` the part held in secret."""
    match _what(words):
        case Verb.VOTE:
            return _result(asker, words, session)
        case Verb.SECRET:
            return CloseSecret(asker=asker)
        case _:
            return AdjournSession(asker=asker)


def _result(asker: Asker, words: tuple[str, ...], session: Session) -> Meaning:
    """`!resultat` closes a vote by name; `!resultat 7 2` says what the president counted in any other."""
    is_counted = session.vote is not None and session.vote.method is not Method.NAMED
    count = _count(words)
    if count is None and is_counted:
        return _ask_count(lambda counted: CloseVote(asker=asker, count=counted))
    return CloseVote(asker=asker, count=count if is_counted else None)


def _secret(asker: Asker, words: tuple[str, ...], session: Session) -> Meaning:
    """`!secret 9 2`: so many agreed, so many did not, and the item goes on in secret; `!secret` again ends that."""
    if session.is_secret:
        return CloseSecret(asker=asker)
    count = _count(words)
    if count is None:
        return _ask_count(lambda counted: OpenSecret(asker=asker, count=counted))
    return OpenSecret(asker=asker, count=count)


def _ask_count(command: Callable[[Count], Command]) -> Question:
    def answer(line: str) -> Command | None:
        count = _count(tuple(line.split()))
        return command(count) if count else None

    return Question(message="chat.which_count", answer=answer)


def _count(words: tuple[str, ...]) -> Count | None:
    """The two numbers in `7 a 2`, `7 sí, 2 no` or `7 2`: for and against."""
    numbers = [int(word) for word in re.findall(r"[0-9]+", " ".join(words)) if len(word) < 5]
    return Count(yes=numbers[0], no=numbers[1]) if len(numbers) == 2 else None


def _what(words: tuple[str, ...]) -> Verb | None:
    """The noun that follows, be it preceded by an article."""
    return next((verb for word in words if (verb := VERBS.get(folded(word))) is not None), None)


def _by_number(line: str, options: tuple[Named, ...]) -> tuple[Named, ...]:
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
        Method.SECRET: ("secreta", "secret"),
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
    Verb.RESULT: _result,
    Verb.SECRET: _secret,
    Verb.PUBLIC: _plain(CloseSecret),
    Verb.RECESS: _plain(SuspendSession),
    Verb.RESUME: _plain(ResumeSession),
    Verb.OPEN: _open,
    Verb.CLOSE: _close,
}
