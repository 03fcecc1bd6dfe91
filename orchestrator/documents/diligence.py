"""The draft of the *diligència* of a session that was not held (ROF 109.2): the cause, who came, who excused himself.

The secretary signs it in place of the minutes. What nobody has told us is left as a visible blank, never made up.
"""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time

from orchestrator.council.calls import rule_of, second_call_at
from orchestrator.council.convocation import Cause, Convocation
from orchestrator.council.members import MemberId
from orchestrator.council.session import Session
from orchestrator.wording import word

BLANK = "________________"


def diligence(session: Session, language: str) -> str:
    """The text, in paragraphs. Before the session is declared not held it is drafted from who is there now."""
    call = session.convened
    return "\n\n".join(_paragraphs(session, call, language)) + "\n"


def _paragraphs(session: Session, call: Convocation, language: str) -> Iterable[str]:
    on_record = session.not_held
    cause = on_record.cause if on_record else Cause.NO_QUORUM
    verdict = on_record.verdict if on_record else session.verdict
    came = on_record.came if on_record else tuple(m for m, a in session.attendance.attendees if a.intervals)
    again = on_record.second_call_at if on_record else second_call_at(call)

    yield word(language, "diligence.title")
    yield word(
        language,
        "diligence.what",
        body=call.body.name,
        entity=call.entity.name,
        kind=word(language, f"kind.{call.kind}").lower(),
        call=word(language, f"call.{call.call}").lower(),
        date=_day(call.starts_at, call, language),
        time=_hour(call.starts_at, call, language),
    )
    if cause is Cause.NO_QUORUM:
        numbers = {"present": verdict.present, "base": verdict.base, "needed": verdict.needed}
        yield word(language, "diligence.no_quorum", **numbers, article=rule_of(call).citation)
        if verdict.missing:
            missing = ", ".join(word(language, f"missing.{office}") for office in verdict.missing)
            yield word(language, "diligence.missing", missing=missing)
    if cause is not Cause.NO_QUORUM or (on_record and on_record.note):
        yield word(language, "diligence.cause", cause=(on_record.note if on_record else "") or BLANK)
    yield word(language, "diligence.came", names=_names(call, came) or word(language, "diligence.nobody"))
    excused = on_record.excused if on_record else tuple(member for member, _ in session.excuses)
    nobody = word(language, "diligence.nobody") if on_record else BLANK
    yield word(language, "diligence.excused", names=_names(call, excused) or nobody)
    if cause is Cause.NO_QUORUM:
        yield _what_follows(call, again, language)
    at = on_record.at if on_record else None
    yield word(
        language,
        "diligence.signed",
        date=_day(at, call, language) if at else BLANK,
        time=_hour(at, call, language) if at else BLANK,
    )


def _what_follows(call: Convocation, again: datetime | None, language: str) -> str:
    """The second call where the law knows one; after a second one the items wait for another session (ROF 90.2)."""
    if again is None:
        return word(language, "diligence.items_wait")
    following = rule_of(call).next_call
    return word(
        language,
        "diligence.again",
        date=_day(again, call, language),
        time=_hour(again, call, language),
        article=following.citation if following else "",
    )


def _names(call: Convocation, members: Iterable[MemberId]) -> str:
    return ", ".join(call.body.member(member).name for member in members)


def _day(at: datetime, call: Convocation, language: str) -> str:
    return format_date(at.astimezone(ZoneInfo(call.time_zone)), format="full", locale=language)


def _hour(at: datetime, call: Convocation, language: str) -> str:
    local = at.astimezone(ZoneInfo(call.time_zone))
    return format_time(local, format="HH:mm", tzinfo=local.tzinfo, locale=language)
