"""A call looked at before it is put on the record: is it in time, and does it clash with anything.

Nothing here refuses: the secretary may know better, and confirms what is pointed out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from orchestrator.convening.check import Check, State
from orchestrator.convening.hours import clocks_change_between
from orchestrator.council.calls import day_of, rule_of, second_call_at
from orchestrator.council.convocation import Convocation
from orchestrator.council.members import MemberId, Office
from orchestrator.council.rules.notice import earliest, is_working_day, notice_of

EXPECTED_LENGTH: Final = timedelta(hours=3)
"""Two sessions that begin closer together than this share their people, channel and encoders."""
_MAY_WAIT: Final = ("addresses", "second")
"""What can be put right afterwards."""
_MOST_NAMES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What the call is compared with: `others` are the entity's sessions of about that hour, `broadcasts` how many
    public ones all entities have then, `encoders` how many there are, `reachable` who has an address for the mail."""

    now: datetime
    others: Sequence[Convocation]
    broadcasts: int
    encoders: int
    reachable: frozenset[MemberId]


def checks(call: Convocation, around: Around) -> tuple[Check, ...]:
    """Everything that there is to say of a call that was given its rule (`calls.as_convened`)."""
    found = (
        *_body(call),
        Check(topic="rule", finding=rule_of(call).certainty, params={"article": rule_of(call).citation}),
        *_notice(call, around.now),
        *_day(call, around.now),
        _people(call, around.others),
        *_broadcast(call, around),
        _second(call),
        *_addresses(call, around.reachable),
    )
    return tuple(found)


def needs_confirming(found: Iterable[Check]) -> bool:
    """Whether there is anything that must be meant so."""
    return any(check.state in (State.LOOK, State.ILL) for check in found if check.topic not in _MAY_WAIT)


def _body(call: Convocation) -> Iterable[Check]:
    """Who is called: the body as it is in mandate that day."""
    body = call.body
    missing = [office for office in (Office.PRESIDENT, Office.SECRETARY) if not body.holders(office)]
    for office in missing:
        yield Check(topic="body", finding=f"no_{office}", state=State.LOOK)
    if body.listed > body.legal_number:
        numbers = {"listed": body.listed, "legal": body.legal_number}
        yield Check(topic="body", finding="too_many", state=State.LOOK, params=numbers)
    elif not missing:
        yield Check(topic="body", finding="well", params={"listed": body.listed, "legal": body.legal_number})


def _notice(call: Convocation, now: datetime) -> Iterable[Check]:
    rule = notice_of(call.body.kind, call.kind)
    if rule is None:
        is_first = bool(call.agenda) and "urg" in call.agenda[0].title.lower()
        yield Check(topic="notice", finding="urgent" if is_first else "urgency_first", state=_look(not is_first))
        return
    first = earliest(rule, now, ZoneInfo(call.time_zone))
    is_short = call.starts_at < first and not call.is_rehearsal
    params = {"article": rule.article, "first": _moment(first, call)}
    yield Check(topic="notice", finding="short" if is_short else "well", state=_look(is_short), params=params)


def _day(call: Convocation, now: datetime) -> Iterable[Check]:
    if not is_working_day(day_of(call)):
        yield Check(topic="day", finding="not_working", state=State.LOOK)
    if changes := clocks_change_between(now, call.starts_at, ZoneInfo(call.time_zone)):
        yield Check(
            topic="day", finding="clocks", params={"day": f"{changes:%d/%m/%Y}", "at": _moment(call.starts_at, call)}
        )


def _people(call: Convocation, others: Sequence[Convocation]) -> Check:
    """Whether anybody is called to two places; an entity's people have the same ids in all its bodies."""
    called = {member.id: member.name for member in call.body.members}
    for other in others:
        twice = [called[member.id] for member in other.body.members if member.id in called]
        if twice and is_near(call, other):
            names = _some(twice)
            params = {
                "names": names,
                "count": len(twice),
                "body": other.body.name,
                "at": _moment(other.starts_at, call),
            }
            return Check(topic="people", finding="clash", state=State.LOOK, params=params)
    return Check(topic="people", finding="well")


def is_near(call: Convocation, other: Convocation) -> bool:
    """Whether both are held at about the same time."""
    return abs(call.starts_at - other.starts_at) < EXPECTED_LENGTH


def _broadcast(call: Convocation, around: Around) -> Iterable[Check]:
    """Public sessions need an encoder each, and the entity's channel for themselves."""
    if not call.is_public:
        yield Check(topic="broadcast", finding="none")
        return
    same = [other for other in around.others if other.is_public and not other.is_rehearsal and is_near(call, other)]
    if same and not call.is_rehearsal:
        params = {"body": same[0].body.name, "at": _moment(same[0].starts_at, call)}
        yield Check(topic="channel", finding="taken", state=State.LOOK, params=params)
    numbers = {"broadcasts": around.broadcasts + 1, "encoders": around.encoders}
    if not around.encoders:
        yield Check(topic="encoders", finding="none", state=State.LOOK)
    elif around.broadcasts >= around.encoders:
        yield Check(topic="encoders", finding="too_few", state=State.LOOK, params=numbers)
    else:
        yield Check(topic="encoders", finding="well", params=numbers)


def _second(call: Convocation) -> Check:
    """When the body meets again if the quorum does not come: part of the call from the start."""
    again = second_call_at(call)
    if again is None:
        return Check(topic="second", finding="none")
    is_odd = not is_working_day(again.astimezone(ZoneInfo(call.time_zone)).date())
    params = {"at": _moment(again, call)}
    return Check(topic="second", finding="not_working" if is_odd else "well", state=_look(is_odd), params=params)


def _addresses(call: Convocation, reachable: frozenset[MemberId]) -> Iterable[Check]:
    """Who cannot be sent the call by mail."""
    without = [member.name for member in call.body.members if member.id not in reachable]
    if without:
        names = _some(without)
        params = {"count": len(without), "names": names}
        yield Check(topic="addresses", finding="missing", state=State.LOOK, params=params)


def _some(names: Sequence[str]) -> str:
    """The first names, and how many more."""
    rest = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" (+{rest})" if rest > 0 else "")


def _look(at_it: bool) -> State:
    return State.LOOK if at_it else State.WELL


def _moment(at: datetime, call: Convocation) -> str:
    """`26/11/2026 19:00`, on the town's wall: read the same in all three languages."""
    return f"{at.astimezone(ZoneInfo(call.time_zone)):%d/%m/%Y %H:%M}"
