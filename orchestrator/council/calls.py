"""Calling a body: what is fixed when a session is convened, how long it waits, and the second call.

Hours are those on the wall where the body meets: two days later at the same hour is the same hour also when the
clocks change in between.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from orchestrator.council.convocation import Convocation, room_name
from orchestrator.council.members import Body, MemberId, Office, SessionId
from orchestrator.council.rules import QuorumRule, choose_rule
from orchestrator.council.rules.shape import Circumstances, Days, NextCall, Occasion, Regulation

_SATURDAY = 5


def as_convened(call: Convocation, regulation: Regulation) -> Convocation:
    """The call as it goes on the record: with the rule it will be judged by, the entity's reading of the law, and the
    members in mandate on its day. Raises `rules.NoSuchRule` and `rules.NeedsOwnRule`."""
    rule = choose_rule(_circumstances(call), regulation, call.policy.rule)
    return replace(call, body=_body_of(call), rule=rule, switches=regulation.switches)


def rule_of(call: Convocation) -> QuorumRule:
    """The rule frozen in the call; for calls older than that, the one that the law itself gives."""
    return call.rule or choose_rule(_circumstances(call), Regulation(), call.policy.rule)


def day_of(call: Convocation) -> date:
    """The day of the session where the body meets."""
    return call.starts_at.astimezone(ZoneInfo(call.time_zone)).date()


def waits_until(call: Convocation) -> datetime:
    """When the tolerance is over."""
    return call.starts_at + call.policy.tolerance


def second_call_at(call: Convocation) -> datetime | None:
    """When the body meets in second call (UTC), if the law knows one."""
    next_call = rule_of(call).next_call
    if next_call is None or call.call != 1:
        return None
    return _later(call, next_call)


def is_at_weekend(call: Convocation) -> bool:
    """Whether the session falls on a Saturday or Sunday: ROF 90.2 counts days, and somebody should look at it."""
    return day_of(call).weekday() >= _SATURDAY


def second_call(call: Convocation, session: SessionId, mark: str) -> Convocation | None:
    """The second call to a session that was not held: the same in everything but its hour; None where there is none.

    `mark` makes the name of its room one that nobody can guess. A rule that was asked for by name brings its own
    successor, if it has one.
    """
    starts_at = second_call_at(call)
    if starts_at is None:
        return None
    day = starts_at.astimezone(ZoneInfo(call.time_zone)).date()
    first = rule_of(call)
    successor = first.next_call.rule if first.next_call else ""
    asked = (successor or first.id) if call.policy.rule and (successor or first.call is None) else ""
    return replace(
        call,
        session=session,
        room=room_name(call.entity.id, call.body.id, day, mark, is_rehearsal=call.is_rehearsal),
        call=2,
        starts_at=starts_at,
        follows=call.session,
        rule=None,
        policy=replace(call.policy, rule=asked),
    )


def _circumstances(call: Convocation) -> Circumstances:
    return Circumstances(
        entity=call.entity,
        body=call.body.id,
        kind=call.body.kind,
        call=call.call,
        day=day_of(call),
        occasion=call.occasion,
    )


def _body_of(call: Convocation) -> Body:
    """Who sits that day, and who may preside: an age board to constitute a council or to censure its mayor."""
    body = call.body.on(day_of(call))
    match call.occasion:
        case Occasion.REGULAR | Occasion.CONFIDENCE:
            return body
        case Occasion.CONSTITUTIVE:
            return replace(body, is_under_age_board=True)
        case Occasion.CENSURE:
            mayor = (m.id for m in body.members if m.office is Office.PRESIDENT)
            barred: frozenset[MemberId] = frozenset(mayor) | ({call.candidate} if call.candidate else frozenset())
            return replace(body, is_under_age_board=True, barred=barred)


def _later(call: Convocation, next_call: NextCall) -> datetime:
    """An hour that the clocks skip becomes the one after; of one that comes twice it is the first."""
    if not next_call.days:
        return call.starts_at + next_call.wait
    first = call.starts_at.astimezone(ZoneInfo(call.time_zone))
    day = first.date()
    left = next_call.days
    while left:
        day += timedelta(days=1)
        left -= call.switches.second_call_days is Days.CALENDAR or day.weekday() < _SATURDAY
    return datetime.combine(day, first.time().replace(fold=0), first.tzinfo).astimezone(UTC)
