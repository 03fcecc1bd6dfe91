"""How long before a session its call must reach the members, as data; and which days are working days."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from orchestrator.council.convocation import SessionKind
from orchestrator.council.members import BodyKind
from orchestrator.council.rules.shape import Certainty

_SATURDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRule:
    """The notice that bodies of these kinds need: whole working days between the call and the session, or hours.

    By "not less than two working days between call and session" (ROF 80.4) neither day itself counts.
    """

    id: str
    body_kinds: frozenset[BodyKind]
    article: str
    working_days: int = 0
    hours: int = 0
    certainty: Certainty = Certainty.VERIFIED


NOTICE_RULES: tuple[NoticeRule, ...] = (
    NoticeRule(
        id="NOT-PLE",
        body_kinds=frozenset({BodyKind.PLENARY, BodyKind.ASSEMBLY, BodyKind.RESIDENTS_BOARD}),
        article="LRBRL 46.2.b",
        working_days=2,
    ),
    NoticeRule(id="NOT-JGL", body_kinds=frozenset({BodyKind.GOVERNMENT_BOARD}), article="ROF 113.1.a", hours=24),
    NoticeRule(
        id="NOT-CI",
        body_kinds=frozenset({BodyKind.INFORMATION_COMMITTEE, BodyKind.SPECIAL_COMMITTEE, BodyKind.ACCOUNTS_COMMITTEE}),
        article="ROF 134",
        working_days=2,
    ),
    NoticeRule(id="NOT-ADM", body_kinds=frozenset({BodyKind.ADMINISTRATIVE}), article="Llei 26/2010 17", hours=48),
    NoticeRule(
        id="NOT-OTHER",
        body_kinds=frozenset(BodyKind),
        article="LRBRL 46.2.b",
        working_days=2,
        certainty=Certainty.RECALLED,
    ),
)
"""The first that fits applies; the last one is the plenary's, in want of the body's own statutes."""


def notice_of(kind: BodyKind, session: SessionKind) -> NoticeRule | None:
    """The rule for a body of that kind; an urgent session needs none (ROF 79)."""
    if session is SessionKind.URGENT:
        return None
    return next(rule for rule in NOTICE_RULES if kind in rule.body_kinds)


def earliest(rule: NoticeRule, called_at: datetime, zone: ZoneInfo) -> datetime:
    """From when on the body may meet, if it is called at that moment."""
    if rule.hours:
        return called_at + timedelta(hours=rule.hours)
    day, left = called_at.astimezone(zone).date(), rule.working_days
    while left:
        day += timedelta(days=1)
        left -= is_working_day(day)
    return datetime.combine(day + timedelta(days=1), time(0), zone)


def is_working_day(day: date) -> bool:
    """Neither weekend (Llei 39/2015, 30.2) nor a holiday of the whole of Catalonia. The two local ones of each town
    are not known here."""
    return day.weekday() < _SATURDAY and day not in _holidays(day.year)


@cache
def _holidays(year: int) -> frozenset[date]:
    """The Generalitat fixes them each year by order; these are those of every year."""
    easter = _easter(year)
    fixed = ((1, 1), (1, 6), (5, 1), (6, 24), (8, 15), (9, 11), (10, 12), (11, 1), (12, 6), (12, 8), (12, 25), (12, 26))
    days = {date(year, month, day) for month, day in fixed}
    return frozenset(days | {easter - timedelta(days=2), easter + timedelta(days=1)})


def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by the algorithm of Meeus, Jones and Butcher."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1)
