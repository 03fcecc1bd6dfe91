"""The form of a call as it was sent, and what it comes to: a call, or what is wrong with it, field by field."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from orchestrator.convening.agenda_text import AgendaText, NoAgenda, read_agenda
from orchestrator.convening.hours import NotAnHour, moment_of
from orchestrator.council.calls import as_convened
from orchestrator.council.convocation import Convocation, Ground, SessionKind, room_name
from orchestrator.council.members import Body, Entity, SessionId
from orchestrator.council.rules import NeedsOwnRule
from orchestrator.council.rules.notice import earliest, is_working_day, notice_of
from orchestrator.council.rules.publicity import publicity_of
from orchestrator.council.rules.shape import Regulation
from orchestrator.wording import Language

_USUAL_HOUR: Final = "19:00"
_FURTHEST: Final = timedelta(days=366)

Wrong = tuple[str, Mapping[str, object]]
"""The id of the words that say what is wrong with a field, and what they are about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The fields as they came, to be shown again as they were. `key` makes sending it twice the same as once."""

    day: str
    clock: str
    which: str = ""
    kind: str = SessionKind.ORDINARY
    language: str = Language.CA
    ground: str = Ground.LRBRL_46_3
    is_public: bool = True
    is_rehearsal: bool = False
    agenda: str = ""
    key: str = ""
    is_confirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the form comes to. `call` is None while anything is `wrong`."""

    call: Convocation | None
    agenda: AgendaText | None
    wrong: Mapping[str, Wrong] = field(default_factory=dict)


def read_form(form: Mapping[str, str]) -> Sent:
    """A form as a browser sends it: a box that is not ticked is not in it."""
    return Sent(
        day=form.get("day", ""),
        clock=form.get("clock", ""),
        which=form.get("which", ""),
        kind=form.get("kind", ""),
        language=form.get("language", ""),
        ground=form.get("ground", ""),
        is_public="public" in form,
        is_rehearsal="rehearsal" in form,
        agenda=form.get("agenda", ""),
        key=form.get("key", ""),
        is_confirmed="confirmed" in form,
    )


def suggested(body: Body, previous: Convocation | None, now: datetime, zone: ZoneInfo, key: str) -> Sent:
    """What a call to that body most likely says: as the one before, on the first day that the law allows."""
    called = previous or None
    first = now + timedelta(days=1)
    if rule := notice_of(body.kind, SessionKind.ORDINARY):
        first = earliest(rule, now, zone)
    day = first.astimezone(zone).date()
    before = called.starts_at.astimezone(ZoneInfo(called.time_zone)) if called else None
    while not is_working_day(day) or (before and day.weekday() != before.weekday() and before.weekday() < 5):
        day += timedelta(days=1)
    return Sent(
        day=day.isoformat(),
        clock=f"{before:%H:%M}" if before else _USUAL_HOUR,
        language=called.language if called else Language.CA,
        ground=called.ground if called else Ground.LRBRL_46_3,
        is_public=publicity_of(body.kind).is_public,
        key=key,
    )


def draft(
    sent: Sent,
    *,
    entity: Entity,
    body: Body,
    regulation: Regulation,
    session: SessionId,
    mark: str,
    now: datetime,
    zone: ZoneInfo,
) -> Draft:
    """The call that the form asks for. `mark` makes the name of the room one that nobody can guess."""
    wrong: dict[str, Wrong] = {}
    agenda = _agenda(sent, wrong)
    starts_at = _hour(sent, now, zone, wrong)
    for name, chosen, known in (
        ("kind", sent.kind, SessionKind),
        ("language", sent.language, Language),
        ("ground", sent.ground, Ground),
    ):
        if chosen not in set(known):
            wrong[name] = ("convene.wrong.choose", {})
    if wrong or agenda is None or starts_at is None:
        return Draft(call=None, agenda=agenda, wrong=wrong)
    call = Convocation(
        session=session,
        entity=entity,
        body=body,
        kind=SessionKind(sent.kind),
        starts_at=starts_at,
        time_zone=zone.key,
        language=sent.language,
        room=room_name(entity.id, body.id, starts_at.astimezone(zone), mark, is_rehearsal=sent.is_rehearsal),
        is_public=sent.is_public,
        is_rehearsal=sent.is_rehearsal,
        ground=Ground(sent.ground),
        agenda=agenda.items,
    )
    try:
        return Draft(call=as_convened(call, regulation), agenda=agenda)
    except NeedsOwnRule as missing:
        law = missing.deferral
        about = {"law": f"{law.norm} {law.article}" if law else "–"}
        return Draft(call=None, agenda=agenda, wrong={"body": ("convene.wrong.needs_own_rule", about)})


def moved(call: Convocation, session: SessionId, starts_at: datetime, mark: str, regulation: Regulation) -> Convocation:
    """The same session at another hour, in a room of its own."""
    zone = ZoneInfo(call.time_zone)
    room = room_name(call.entity.id, call.body.id, starts_at.astimezone(zone), mark, is_rehearsal=call.is_rehearsal)
    return as_convened(replace(call, session=session, starts_at=starts_at, room=room, rule=None), regulation)


def hour_of(
    day: str, clock: str, which: str, now: datetime, zone: ZoneInfo
) -> tuple[datetime | None, dict[str, Wrong]]:
    """Day and hour of a form as a moment to come, or what is wrong with them."""
    wrong: dict[str, Wrong] = {}
    return _hour(Sent(day=day, clock=clock, which=which), now, zone, wrong), wrong


def _agenda(sent: Sent, wrong: dict[str, Wrong]) -> AgendaText | None:
    try:
        return read_agenda(sent.agenda)
    except NoAgenda as none:
        wrong["agenda"] = (f"agenda_text.{none.fault}", {"line": none.line})
        return None


def _hour(sent: Sent, now: datetime, zone: ZoneInfo, wrong: dict[str, Wrong]) -> datetime | None:
    day, clock = _date(sent.day), _clock(sent.clock)
    if day is None:
        wrong["day"] = ("convene.wrong.day", {})
    if clock is None:
        wrong["clock"] = ("convene.wrong.clock", {})
    if day is None or clock is None:
        return None
    try:
        at = moment_of(day, clock, zone, which=int(sent.which) if sent.which in ("1", "2") else None)
    except NotAnHour as fault:
        wrong["clock"] = (f"hours.{fault.fault}", {})
        return None
    if not now < at < now + _FURTHEST:
        wrong["day"] = ("convene.wrong.past" if at <= now else "convene.wrong.far", {})
        return None
    return at.astimezone(UTC)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _clock(text: str) -> time | None:
    try:
        return time.fromisoformat(text).replace(tzinfo=None, second=0, microsecond=0)
    except ValueError:
        return None
