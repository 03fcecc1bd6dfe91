"""A letter to one member: text, HTML and calendar in one message, in the member's language."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from functools import cache, partial
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from orchestrator.council.calls import second_call_at
from orchestrator.council.convocation import Convocation
from orchestrator.council.members import Member, Office
from orchestrator.notices.calendar import Calling, Invited, Method, invitation, second_call
from orchestrator.store.letters import Kind
from orchestrator.wording import Language, word

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """From whom letters come. `replies` is the secretary's own address, where there is one."""

    address: str
    replies: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a letter is about, and to whom. `link` is the member's way in; empty for one that leads nowhere. `note` is
    what the secretary wrote about a session that is not held."""

    kind: Kind
    call: Convocation
    calling: Calling
    member: Member
    email: str
    language: Language
    sender: Sender
    link: str = ""
    note: str = ""


def compose(letter: Letter, now: datetime) -> EmailMessage:
    """The message, ready to be sent."""
    message = EmailMessage(policy=SMTP)
    user, _, domain = letter.sender.address.rpartition("@")
    message["From"] = Address(letter.call.entity.name, user, domain)
    message["To"] = _address(letter.member.name, letter.email)
    if letter.sender.replies:
        message["Reply-To"] = letter.sender.replies
    message["Subject"] = subject(letter)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=domain)
    message["Content-Language"] = letter.language
    values = _values(letter)
    message.set_content(_environment().get_template("letter.txt").render(values))
    message.add_alternative(_environment().get_template("letter.html").render(values), subtype="html")
    if letter.kind is not Kind.REMINDER:
        _add_calendar(message, letter, now)
    return message


def subject(letter: Letter) -> str:
    """What it is, which body, and when."""
    call = letter.call
    local = call.starts_at.astimezone(ZoneInfo(call.time_zone))
    day = format_date(local.date(), format="full", locale=letter.language)
    text = word(letter.language, f"mail.subject.{letter.kind}", body=call.body.name, date=day, time=f"{local:%H:%M}")
    return f"{word(letter.language, 'document.rehearsal_mark')} · {text}" if call.is_rehearsal else text


def _add_calendar(message: EmailMessage, letter: Letter, now: datetime) -> None:
    is_off = letter.kind is Kind.CANCELLED
    method = Method.CANCEL if is_off else Method.REQUEST
    invited = Invited(
        member=letter.member,
        email=letter.email,
        organizer=letter.sender.replies or letter.sender.address,
        link="" if is_off else letter.link,
    )
    calendar = invitation(letter.call, letter.calling, invited, method, now)
    message.add_alternative(calendar.decode(), subtype="calendar", params={"method": method.value})
    message.add_attachment(calendar, maintype="application", subtype="ics", filename="invite.ics")
    if again := second_call(letter.call, letter.calling, now, is_off=is_off):
        name = f"{word(letter.language, 'mail.second_file')}.ics"
        message.add_attachment(again, maintype="application", subtype="ics", filename=name)


def _values(letter: Letter) -> dict[str, object]:
    call = letter.call
    secretary = next((m.name for m in call.body.members if m.office is Office.SECRETARY), "")
    return {
        "w": partial(word, letter.language),
        "letter": letter,
        "call": call,
        "when": _when(call.starts_at, call, letter.language),
        "before": _when(letter.calling.moved_from, call, letter.language) if letter.calling.moved_from else "",
        "again": _when(at, call, letter.language) if (at := second_call_at(call)) else "",
        "secretary": secretary,
    }


def _when(at: datetime, call: Convocation, language: str) -> str:
    """`dijous, 26 de novembre del 2026, 19:00`, on the town's wall."""
    local = at.astimezone(ZoneInfo(call.time_zone))
    return f"{format_date(local.date(), format='full', locale=language)}, {local:%H:%M}"


def _address(name: str, email: str) -> Address:
    user, _, domain = email.rpartition("@")
    return Address(name, user, domain)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
