"""The public calendar of a body, to subscribe to: what it holds in public, without a person or a way in."""

from datetime import timedelta
from typing import Final

from aiohttp import hdrs, web

from orchestrator.council.members import BodyId, EntityId
from orchestrator.notices.calendar import Calling, Published, feed, first_calling
from orchestrator.store.letters import Letters
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import house_of, language_of
from orchestrator.web.route import Route

_PAST: Final = timedelta(days=90)
_FUTURE: Final = timedelta(days=400)


async def show(request: web.Request) -> web.Response:
    """The sessions of the last months and those to come; those that were taken back are shown as such."""
    house, entity_id = house_of(request), EntityId(request.match_info["entity"])
    entity = await house.records.entity(entity_id)
    body = await house.records.body(entity_id, BodyId(request.match_info["body"]))
    if entity is None or body is None:
        raise Problem(Kind.NOT_FOUND)
    now = house.now()
    entries = await house.records.sessions(
        entity=entity_id, since=now - _PAST, until=now + _FUTURE, is_public_only=True
    )
    chosen = [entry.id for entry in entries if entry.body == body.id]
    known = await Letters(house.ledger.pool).events_of(chosen)
    published = []
    for session_id in chosen:
        session = (await house.read(session_id)).session
        event = known.get(session_id)
        own = first_calling(session.convened)
        calling = Calling(uid=event.uid, sequence=event.sequence) if event else own
        published.append(Published(call=session.convened, calling=calling, is_off=session.is_called_off))
    text = feed(f"{body.name} · {entity.name}", language_of(request), _latest(published), house.public_url, now)
    return web.Response(
        body=text,
        content_type="text/calendar",
        charset="utf-8",
        headers={
            hdrs.CACHE_CONTROL: "public, max-age=900",
            hdrs.CONTENT_DISPOSITION: f'inline; filename="{entity.id}-{body.id}.ics"',
        },
    )


def _latest(published: list[Published]) -> list[Published]:
    """A session that was put off and the one in its place are one event: the latest word counts."""
    latest: dict[str, Published] = {}
    for session in published:
        before = latest.get(session.calling.uid)
        if before is None or before.calling.sequence <= session.calling.sequence:
            latest[session.calling.uid] = session
    return list(latest.values())


ROUTES = (
    Route(
        method="GET",
        path="/calendar/{entity}/{body}.ics",
        operation="calendar",
        handler=show,
        summary="A body's sessions, to subscribe to",
    ),
)
