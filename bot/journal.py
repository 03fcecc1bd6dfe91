"""The journal that Prosody's mod_plenari keeps of every room: the server's own word, in its order, with its clock.

`docker/prosody/plugins/mod_plenari.lua` describes what travels. Whoever follows a room says which entry was the last
that is safe with them (`Mark`), and is told all that came after it, once, before anything new. Who somebody is comes
from the verified token of their session; only the hand and the text of a command are a client's word.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from xml.etree.ElementTree import Element, SubElement

from bot.occupant import Affiliation, Claims, Identity, Occupant, Role, Trust, domain_of
from bot.stanzas import CLIENT

FEATURE: Final = "urn:plenari:1"
_NAMESPACE: Final = f"{{{FEATURE}}}"
JOURNAL: Final = f"{_NAMESPACE}journal"


class JournalReason(StrEnum):
    """Why an occupant left, as the server knows it."""

    LEFT = "left"
    KICKED = "kicked"
    BANNED = "banned"
    REMOVED = "removed"
    """Not a member of a room that is for members only."""
    RENAMED = "renamed"
    TIMEOUT = "timeout"
    """The line had been dead for the time that the server waits."""
    LOST = "lost"
    """The line broke."""
    ERROR = "error"
    DESTROYED = "destroyed"
    SHUTDOWN = "shutdown"
    """The server ended in order."""
    CRASH = "crash"
    """The server ended without a word: dated at its last sign of life, half a second before at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place in a room's journal: `seq` is the last entry that was read. A journal begun anew has another name."""

    journal: str
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What all entries have: which room, at which place, and when it happened at the server (UTC)."""

    room: str
    mark: Mark
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined(Entry):
    """Somebody entered."""

    occupant: Occupant


@dataclass(frozen=True, slots=True, kw_only=True)
class Left(Entry):
    """Somebody went."""

    occupant: Occupant
    reason: JournalReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed(Entry):
    """Somebody's role or affiliation is another."""

    occupant: Occupant


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand(Entry):
    """Somebody raised or lowered their hand; the server received it at `at`."""

    occupant: Occupant
    is_raised: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandHeard(Entry):
    """A line that begins with `!`, said to everybody or whispered to the bot."""

    occupant: Occupant
    text: str
    is_private: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoke(Entry):
    """Somebody's client reports that they are the dominant speaker now, or (`is_silent`) have fallen silent."""

    occupant: Occupant
    is_silent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Knocked(Entry):
    """Somebody waits in the lobby, or (`is_waiting` false) no longer does."""

    occupant: Occupant
    is_waiting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted(Entry):
    """Something about the room itself: `created`, `destroyed`, `lobby`, or a kind that a later module may add."""

    kind: str
    text: str = ""


JournalEntry = Joined | Left | Changed | Hand | CommandHeard | Spoke | Knocked | Noted


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """An occupant who is in the room now, and since when."""

    occupant: Occupant
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalOpened:
    """A room is followed from now on: first its entries up to `last`, then whatever happens.

    `is_complete`: nothing is missing between the mark that was asked for and what follows. Otherwise there is a gap,
    and what follows begins after `last`. `till` is the last entry of the past that will be told, None if there is none.
    `seats` is who is in the room at `last`.
    """

    room: str
    last: Mark
    is_complete: bool
    till: int | None
    seats: tuple[Seat, ...]


JournalEvent = JournalOpened | JournalEntry


class OutOfOrder(Exception):
    """The journal skipped an entry on a line that loses none: follow it anew."""


class Following:
    """One followed room: takes in what the server sends of it, each entry once. `since` is what was read before."""

    def __init__(self, room: str, since: Mark | None) -> None:
        self.room = room
        self._since = since
        self._opened: Mark | None = None
        self._read = 0

    def open(self, opened: JournalOpened) -> None:
        """The server's answer."""
        self._opened = opened.last
        self._read = self._since.seq if opened.is_complete and self._since else opened.last.seq

    def take(self, entry: JournalEntry) -> bool:
        """Whether the entry is news. Raises OutOfOrder.

        Entries that the journal spared itself are missing from the past, but never from the present.
        """
        if self._opened is None or entry.mark.journal != self._opened.journal or entry.mark.seq <= self._read:
            return False
        if entry.mark.seq > max(self._read, self._opened.seq) + 1:
            raise OutOfOrder(f"{self.room}: {entry.mark.seq} after {self._read}")
        self._read = entry.mark.seq
        return True


def build_subscribe(room: str, since: Mark | None) -> Element:
    """Ask to follow a room from what was read before."""
    attributes = {"room": room}
    if since is not None:
        attributes |= {"journal": since.journal, "since": str(since.seq)}
    return Element(f"{_NAMESPACE}subscribe", attributes)


def build_unsubscribe(room: str) -> Element:
    """Ask to follow a room no longer."""
    return Element(f"{_NAMESPACE}unsubscribe", {"room": room})


def build_acknowledgement(module: str, room: str, read: Mark) -> Element:
    """Say that nothing up to here need be kept."""
    message = Element(f"{CLIENT}message", {"to": module})
    SubElement(message, f"{_NAMESPACE}ack", {"room": room, "journal": read.journal, "seq": str(read.seq)})
    return message


def build_command(order: str, room: str, text: str = "", **attributes: str) -> Element:
    """Ask the module to do what a plain client connection cannot."""
    command = Element(f"{_NAMESPACE}{order}", {"room": room} | attributes)
    command.text = text or None
    return command


def parse_opened(journal: Element, trust: Trust) -> JournalOpened | None:
    """The answer to a subscription; None if it makes no sense."""
    room, identity = journal.get("room", ""), journal.get("id", "")
    last = _number(journal.get("last"))
    if not room or not identity or last is None:
        return None
    seats = tuple(
        Seat(occupant=_occupant(child.attrib, trust), since=_time(child.get("at")))
        for child in journal.iterfind(f"{_NAMESPACE}occupant")
    )
    return JournalOpened(
        room=room,
        last=Mark(journal=identity, seq=last),
        is_complete=journal.get("complete") == "true",
        till=_number(journal.get("till")),
        seats=seats,
    )


def parse_entries(journal: Element, trust: Trust) -> Iterator[JournalEntry]:
    """The entries of a message of the module, in order."""
    room, identity = journal.get("room", ""), journal.get("id", "")
    for child in journal.iterfind(f"{_NAMESPACE}entry"):
        seq = _number(child.get("seq"))
        if seq is not None:
            yield _entry(
                child.attrib, _Head(room=room, mark=Mark(journal=identity, seq=seq), at=_time(child.get("at"))), trust
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    room: str
    mark: Mark
    at: datetime


def _entry(attributes: Mapping[str, str], head: _Head, trust: Trust) -> JournalEntry:
    kind = attributes.get("kind", "")
    build = _ENTRIES.get(kind)
    if build is None:
        text = attributes.get("reason") or attributes.get("on") or ""
        return Noted(room=head.room, mark=head.mark, at=head.at, kind=kind, text=text)
    return build(attributes, head, _occupant(attributes, trust))


_Build = Callable[[Mapping[str, str], _Head, Occupant], JournalEntry]


def _left(attributes: Mapping[str, str], head: _Head, occupant: Occupant) -> Left:
    word = attributes.get("reason", "")
    reason = next((known for known in JournalReason if known == word), JournalReason.LEFT)
    return Left(room=head.room, mark=head.mark, at=head.at, occupant=occupant, reason=reason)


def _hand(attributes: Mapping[str, str], head: _Head, occupant: Occupant) -> Hand:
    is_raised = attributes.get("raised") == "true"
    return Hand(room=head.room, mark=head.mark, at=head.at, occupant=occupant, is_raised=is_raised)


def _command(attributes: Mapping[str, str], head: _Head, occupant: Occupant) -> CommandHeard:
    return CommandHeard(
        room=head.room,
        mark=head.mark,
        at=head.at,
        occupant=occupant,
        text=attributes.get("text", ""),
        is_private=attributes.get("private") == "true",
    )


def _spoke(attributes: Mapping[str, str], head: _Head, occupant: Occupant) -> Spoke:
    is_silent = attributes.get("silent") == "true"
    return Spoke(room=head.room, mark=head.mark, at=head.at, occupant=occupant, is_silent=is_silent)


def _knocked(attributes: Mapping[str, str], head: _Head, occupant: Occupant) -> Knocked:
    is_waiting = attributes.get("kind") == "knocked"
    return Knocked(room=head.room, mark=head.mark, at=head.at, occupant=occupant, is_waiting=is_waiting)


_ENTRIES: Final[Mapping[str, _Build]] = {
    "joined": lambda _, head, occupant: Joined(room=head.room, mark=head.mark, at=head.at, occupant=occupant),
    "changed": lambda _, head, occupant: Changed(room=head.room, mark=head.mark, at=head.at, occupant=occupant),
    "left": _left,
    "hand": _hand,
    "command": _command,
    "speaker": _spoke,
    "knocked": _knocked,
    "unknocked": _knocked,
}


def _occupant(attributes: Mapping[str, str], trust: Trust) -> Occupant:
    real_jid, user = attributes.get("jid", ""), attributes.get("user", "")
    identity = Identity(id=user, is_moderator=attributes.get("moderator") == "true") if user else None
    return Occupant(
        nick=attributes.get("nick", ""),
        real_jid=real_jid,
        role=next((role for role in Role if role == attributes.get("role")), Role.NONE),
        affiliation=next((a for a in Affiliation if a == attributes.get("affiliation")), Affiliation.NONE),
        is_machine=domain_of(real_jid) in trust.machine_domains,
        identity=identity,
        claims=Claims(has_raised_hand=attributes.get("raised") == "true"),
    )


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() and len(text) < 16 else None


def _time(text: str | None) -> datetime:
    """Milliseconds since 1970, as the module writes them; a module of ours writes nothing else."""
    return datetime.fromtimestamp((_number(text) or 0) / 1000, UTC)
