"""What is told in private to whoever asks: the quorum, who is there, whose turn it is, what can be asked. Pure.

An answer is one line of at most `LONGEST` characters, a sentence that can be read aloud: no signs, no drawings, no
line breaks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

from orchestrator.council.members import MemberId, Office
from orchestrator.council.session import Session
from orchestrator.wording import word

LONGEST: Final = 300
"""Characters in a line of chat that people still read."""

_LIST_ROOM: Final = 220


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One line in one language, by its id in the catalogues."""

    language: str
    message: str
    params: Mapping[str, object] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The line as it is sent. Raises KeyError for an unknown message or a missing parameter: both are bugs."""
        return shortened(word(self.language, self.message, **self.params))


def shortened(text: str) -> str:
    """On one line, and no longer than `LONGEST`: cut between words."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rpartition(" ")[0].rstrip(" ,.;:") + "…"


def table(session: Session) -> frozenset[MemberId]:
    """Whoever sits in the president's and in the secretary's chair now."""
    chairs = (session.acting(Office.PRESIDENT), session.acting(Office.SECRETARY))
    return frozenset(member for member in chairs if member is not None)


def quorum(session: Session, language: str) -> tuple[Said, ...]:
    """`!quorum`: the first predicate that fails, or that all hold."""
    verdict = session.verdict
    counts = {"present": verdict.present, "base": verdict.base, "needed": verdict.needed, "article": verdict.article}
    lacking = ("councillors",) if verdict.lacks_councillors else ()
    failing = (*(() if verdict.has_members else ("members",)), *verdict.missing, *lacking)
    return (Said(language=language, message=f"quorum.now.{next(iter(failing), 'met')}", params=counts),)


def attendance(session: Session, language: str, asker: MemberId | None) -> tuple[Said, ...]:
    """`!assistents`: who is there; for the table also who is not. Absent people are named to nobody else."""
    verdict, present = session.verdict, session.attendance.present()
    here = [m.name for m in session.body.members if m.id in present]
    counts: dict[str, object] = {"present": verdict.present, "base": verdict.base}
    if not here:
        return (Said(language=language, message="attendance.now.nobody"),)
    told = Said(language=language, message="attendance.now.here", params=counts | {"names": _listed(here, language)})
    if asker not in table(session):
        return (told,)
    away = [m.name for m in session.body.members if m.is_counted and m.id not in present]
    if not away:
        return (told, Said(language=language, message="attendance.now.all"))
    return told, Said(language=language, message="attendance.now.away", params={"names": _listed(away, language)})


def turns(session: Session, language: str) -> tuple[Said, ...]:
    """`!torns`: who has the floor, until when, and who comes after, in order."""
    body, floor = session.body, session.floor
    if floor.turn:
        until = floor.turn.until.astimezone(ZoneInfo(session.convened.time_zone))
        params: dict[str, object] = {"name": body.member(floor.turn.member).name, "until": f"{until:%H:%M}"}
        speaking = Said(language=language, message="turns.now.speaker", params=params)
    else:
        speaking = Said(language=language, message="turns.now.free")
    if not floor.queue:
        return speaking, Said(language=language, message="turns.now.nobody_waits")
    waiting = [f"{place} {body.member(member).name}" for place, member in enumerate(floor.queue, start=1)]
    names = {"names": _listed(waiting, language)}
    return speaking, Said(language=language, message="turns.now.waiting", params=names)


def instructions(session: Session, language: str, asker: MemberId | None) -> tuple[Said, ...]:
    """`!ajuda`: what everybody may ask, and for the table what it may order."""
    everybody = Said(language=language, message="chat.help")
    if asker not in table(session):
        return (everybody,)
    return everybody, Said(language=language, message="chat.help_table")


def _listed(names: Sequence[str], language: str) -> str:
    """As many as a line can hold, and how many more there are."""
    shown = list(_fitting(names))
    if len(shown) == len(names):
        return ", ".join(names)
    return word(language, "list.more", names=", ".join(shown), count=len(names) - len(shown))


def _fitting(names: Iterable[str]) -> Iterable[str]:
    room = _LIST_ROOM
    for name in names:
        room -= len(name) + 2
        if room < 0:
            return
        yield name
