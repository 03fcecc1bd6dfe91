"""Today's sessions, those to come, and those that were."""

from datetime import datetime, timedelta

from aiohttp import web

from orchestrator.access import Operation
from orchestrator.council.commands import Role
from orchestrator.council.session import Phase
from orchestrator.store.records import Entry
from orchestrator.web.pages.rendering import page
from orchestrator.web.request import access_of, house_of, language_of
from orchestrator.web.route import Route
from orchestrator.web.shown import QuorumView
from orchestrator.web.view import quorum_view

_PAST = timedelta(days=90)
_FUTURE = timedelta(days=90)
_RUNNING = (Phase.OPEN, Phase.SUSPENDED)


async def show(request: web.Request) -> web.Response:
    """The list, for whom it may concern."""
    house, access = house_of(request), access_of(request)
    now = house.now()
    entries = await house.records.sessions(
        entity=access.entity, since=now - _PAST, until=now + _FUTURE, is_public_only=access.role is Role.PRESS
    )
    names = {entity.id: entity.name for entity in await house.records.entities()}
    today = [entry for entry in entries if _is_today(entry, now.astimezone(house.time_zone))]
    rest = [entry for entry in entries if entry not in today]
    quorums: dict[str, QuorumView] = {
        entry.id: quorum_view((await house.read(entry.id)).session) for entry in today if entry.phase in _RUNNING
    }
    values = {
        "access": access,
        "now": now,
        "zone": house.time_zone.key,
        "names": names,
        "quorums": quorums,
        "today": today,
        "later": [entry for entry in rest if entry.starts_at > now],
        "past": [entry for entry in reversed(rest) if entry.starts_at <= now],
        "may_watch_all": access.may(Operation.PAGE_WALL),
        "may_administer": access.may(Operation.PAGE_ACCOUNTS),
        "may_audit": access.may(Operation.PAGE_AUDIT),
        "may_broadcast": access.may(Operation.PAGE_CHANNELS),
        "may_watch": access.may(Operation.PAGE_LIVE),
        "may_convene": access.may(Operation.CONVENE_SESSION),
    }
    return page(request, "sessions.html", language_of(request), values)


def _is_today(entry: Entry, now: datetime) -> bool:
    """A session that began before midnight and goes on is today's too."""
    return entry.phase in _RUNNING or entry.starts_at.astimezone(now.tzinfo).date() == now.date()


ROUTES = (
    Route(
        method="GET",
        path="/",
        operation=Operation.PAGE_SESSIONS,
        handler=show,
        summary="Today's sessions",
    ),
)
