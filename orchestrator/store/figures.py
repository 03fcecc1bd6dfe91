"""The consortium's figures by month: what was held, who came and how, what was broadcast, what went wrong and how soon
it was met.

A session counts in the month of its hour, if it was opened and is no rehearsal; an incident in the month in which it
was raised. Drills and what befell rehearsals are no incidents.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from orchestrator.store.alerts import DRILL


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A month, as `2026-03`. `entities` held a session; `time` is from opening to adjournment, recesses included.

    `remote` and `in_hall` count attendances, one a person and session: who was ticked in the hall was there, whatever
    devices they had besides. Corrections made afterwards are not looked at. `broadcasts` are sessions whose picture was
    seen to be encoded, sent or shown. `acknowledged_after` and `resolved_after` are medians; None where there was none.
    """

    month: str
    entities: int = 0
    sessions: int = 0
    time: timedelta = timedelta()
    remote: int = 0
    in_hall: int = 0
    broadcasts: int = 0
    incidents: int = 0
    acknowledged: int = 0
    acknowledged_after: timedelta | None = None
    resolved_after: timedelta | None = None

    @property
    def remote_share(self) -> float | None:
        """Of the attendances, those at a distance; None where nobody came."""
        came = self.remote + self.in_hall
        return self.remote / came if came else None


_HELD = """
    WITH held AS (
        SELECT session.id, session.entity, to_char(starts_at AT TIME ZONE $1, 'YYYY-MM') AS month,
               coalesce((SELECT min(closed.at) FROM event AS closed
                         WHERE closed.session = session.id AND closed.name = 'session_adjourned.v1') - opened.at,
                        interval '0') AS time
        FROM session JOIN event AS opened ON opened.session = session.id AND opened.name = 'session_opened.v1'
        WHERE NOT is_rehearsal AND starts_at >= $2
    ), attendance AS (
        SELECT session, bool_or(name = 'marked_present.v1' AND coalesce((body::jsonb ->> 'in_hall')::boolean, true))
            AS is_in_hall
        FROM event WHERE session IN (SELECT id FROM held) AND name IN ('member_arrived.v1', 'marked_present.v1')
        GROUP BY session, body::jsonb ->> 'member'
    ), attendances AS (
        SELECT session, count(*) FILTER (WHERE is_in_hall) AS in_hall, count(*) FILTER (WHERE NOT is_in_hall) AS remote
        FROM attendance GROUP BY session
    ), broadcast AS (
        SELECT DISTINCT session FROM event
        WHERE session IN (SELECT id FROM held) AND name = 'link_restored.v1'
          AND body::jsonb ->> 'link' IN ('encoder', 'relay', 'public')
    )
    SELECT month, count(DISTINCT entity) AS entities, count(*) AS sessions, sum(time) AS time,
           coalesce(sum(remote), 0)::bigint AS remote, coalesce(sum(in_hall), 0)::bigint AS in_hall,
           count(broadcast.session) AS broadcasts
    FROM held LEFT JOIN attendances ON attendances.session = id LEFT JOIN broadcast ON broadcast.session = id
    GROUP BY month
"""
_INCIDENTS = """
    SELECT to_char(raised_at AT TIME ZONE $1, 'YYYY-MM') AS month, count(*) AS incidents,
           count(acknowledged_at) AS acknowledged,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY acknowledged_at - raised_at) AS acknowledged_after,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY resolved_at - raised_at) AS resolved_after
    FROM alert LEFT JOIN session ON session.id = alert.session
    WHERE raised_at >= $2 AND key <> $3 AND is_rehearsal IS NOT TRUE
    GROUP BY 1
"""


async def monthly(pool: asyncpg.Pool, now: datetime, *, months: int) -> list[Figures]:
    """The latest month first: `now`, whose zone says where a month begins, and those before it back to the first in
    which there was anything, at most so many."""
    wanted = list(_back_from(now, months))
    zone, since = str(now.tzinfo), datetime.fromisoformat(f"{wanted[-1]}-01").replace(tzinfo=now.tzinfo)
    rows: dict[str, dict[str, object]] = {}
    for found in (await pool.fetch(_HELD, zone, since), await pool.fetch(_INCIDENTS, zone, since, DRILL)):
        for row in found:
            rows.setdefault(row["month"], {}).update(row)
    first = min(rows, default="9999-12")
    return [Figures(**{"month": month} | rows.get(month, {})) for month in wanted if month >= first]  # type: ignore[arg-type]


def _back_from(now: datetime, months: int) -> list[str]:
    latest = now.year * 12 + now.month - 1
    return [f"{month // 12:04}-{month % 12 + 1:02}" for month in range(latest, max(latest - months, 12), -1)]
