"""Sessions as calendars (RFC 5545): sent with a call (iTIP, RFC 5546), or published for everybody to subscribe to.

Every change of a session keeps the `UID` and raises the `SEQUENCE`, by which a calendar knows that it is a change. The
second call is an event of its own, tentative until the first was not held.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vCalAddress, vText, vUri

from orchestrator.convening.checks import EXPECTED_LENGTH
from orchestrator.council.calls import second_call_at
from orchestrator.council.convocation import Convocation
from orchestrator.council.members import Member, Office
from orchestrator.notices.zones import vtimezone
from orchestrator.wording import word

PRODUCT = "-//Plenari//Plenari//CA"
DOMAIN = "plenari"


class Method(StrEnum):
    """What a calendar is sent for."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"
    PUBLISH = "PUBLISH"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calling:
    """Which event in people's calendars a session is: it keeps its `uid` when it is put off, and `sequence` counts the
    changes. `moved_from` is the hour it was called for before."""

    uid: str
    sequence: int = 0
    moved_from: datetime | None = None

    @property
    def second_uid(self) -> str:
        """Of the event of its second call."""
        name, _, domain = self.uid.partition("@")
        return f"{name}-2@{domain}"


def first_calling(call: Convocation) -> Calling:
    """Of a session that was never called before."""
    return Calling(uid=f"{call.session}@{DOMAIN}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """Whom a calendar is for, who sends it, and the way in, which is personal."""

    member: Member
    email: str
    organizer: str
    link: str = ""


def invitation(call: Convocation, calling: Calling, invited: Invited, method: Method, now: datetime) -> bytes:
    """One session for one person. Only that person is named in it: no list of addresses goes round."""
    event = _event(call, calling, now)
    event.add("status", "CANCELLED" if method is Method.CANCEL else "CONFIRMED")
    organizer = vCalAddress(f"mailto:{invited.organizer}")
    organizer.params["CN"] = vText(call.entity.name)
    event["organizer"] = organizer
    attendee = vCalAddress(f"mailto:{invited.email}")
    attendee.params["CN"] = vText(invited.member.name)
    attendee.params["ROLE"] = vText("CHAIR" if invited.member.office is Office.PRESIDENT else "REQ-PARTICIPANT")
    attendee.params["PARTSTAT"] = vText("NEEDS-ACTION")
    attendee.params["RSVP"] = vText("FALSE")
    event.add("attendee", attendee, encode=False)
    if invited.link:
        way = vUri(invited.link)
        way.params["FEATURE"] = vText("AUDIO,VIDEO")
        way.params["LABEL"] = vText(word(call.language, "mail.join"))
        event.add("conference", way, encode=False)
        event.add("location", invited.link)
    return _calendar(method, [event], call)


def second_call(call: Convocation, calling: Calling, now: datetime, *, is_off: bool = False) -> bytes | None:
    """The second call as an event of its own; None where the law knows none."""
    at = second_call_at(call)
    if at is None:
        return None
    second = Calling(uid=calling.second_uid, sequence=calling.sequence)
    event = _event(call, second, now, starts_at=at, number=2)
    event.add("status", "CANCELLED" if is_off else "TENTATIVE")
    event.add("related-to", calling.uid)
    return _calendar(Method.PUBLISH, [event], call)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A session in a public calendar."""

    call: Convocation
    calling: Calling
    is_off: bool


def feed(name: str, language: str, sessions: Iterable[Published], address: str, now: datetime) -> bytes:
    """A calendar to subscribe to: no person is named, no way in. `address` is where the public watches."""
    published = list(sessions)
    events = []
    for session in published:
        event = _event(session.call, session.calling, now)
        event.add("status", "CANCELLED" if session.is_off else "CONFIRMED")
        if address:
            event.add("url", address)
        events.append(event)
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", Method.PUBLISH)
    calendar.add("x-wr-calname", name)
    calendar.add("name", name)
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    for call in {session.call.time_zone: session.call for session in published}.values():
        calendar.add_component(_zone(call))
    for event in events:
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _calendar(method: Method, events: Iterable[Event], call: Convocation) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(_zone(call))
    for event in events:
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _zone(call: Convocation) -> Timezone:
    return vtimezone(ZoneInfo(call.time_zone), call.starts_at)


def _event(
    call: Convocation, calling: Calling, now: datetime, *, starts_at: datetime | None = None, number: int | None = None
) -> Event:
    zone, start = ZoneInfo(call.time_zone), starts_at or call.starts_at
    event = Event()
    event.add("uid", calling.uid)
    event.add("sequence", calling.sequence)
    event.add("dtstamp", now)
    event.add("dtstart", start.astimezone(zone))
    event.add("dtend", (start + EXPECTED_LENGTH).astimezone(zone))
    event.add("summary", title(call, number or call.call))
    event.add("description", _description(call))
    event.add("class", "PUBLIC" if call.is_public and not call.is_rehearsal else "PRIVATE")
    return event


def title(call: Convocation, number: int) -> str:
    """`Ple · Ajuntament de la Vila`, and what must be known at a glance."""
    parts = [call.body.name, call.entity.name]
    if number == 2:
        parts.append(word(call.language, "call.2"))
    if call.is_rehearsal:
        parts.insert(0, word(call.language, "document.rehearsal_mark"))
    return " · ".join(parts)


def _description(call: Convocation) -> str:
    lines = [word(call.language, f"kind.{call.kind}"), "", f"{word(call.language, 'convene.agenda')}:"]
    return "\n".join((*lines, *(f"{item.number}. {item.title}" for item in call.agenda)))
