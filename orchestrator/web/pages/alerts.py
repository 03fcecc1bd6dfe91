"""The operator's page of alerts: those that are open, what is done about each, and those that were resolved last."""

from collections.abc import Mapping, Sequence
from typing import Final

from aiohttp import hdrs, web

from orchestrator.access import Operation
from orchestrator.council.commands import Role
from orchestrator.facts import alert_text
from orchestrator.remedies import steps_against
from orchestrator.store.alerts import Alert, AlertId, Entry
from orchestrator.store.listener import ANY, Channel
from orchestrator.web.api.alerts import NoteIn, alert_of, known_as
from orchestrator.web.feed import Item, follow
from orchestrator.web.house import House
from orchestrator.web.pages.rendering import page, render
from orchestrator.web.request import access_of, house_of, language_of, parse_fields, wants
from orchestrator.web.route import Route
from orchestrator.web.wall import by_urgency
from orchestrator.wording import Language

ROLES: Final = frozenset(role.value for role in Role)
"""What is worded where it says who did something; anything else is a name."""
_RESOLVED: Final = 30
_MOST: Final = 500


async def show(request: web.Request) -> web.Response:
    """The whole page."""
    house, language = house_of(request), language_of(request)
    values = await _values(house, language) | {"access": access_of(request), "now": house.now()}
    return page(request, "alerts.html", language, values)


async def feed(request: web.Request) -> web.StreamResponse:
    """Its parts, after every change of any alert."""
    house, language = house_of(request), language_of(request)
    last = [""]

    async def since(known: int) -> Sequence[Item]:
        text = render("alerts_parts.html", language, await _values(house, language))
        return when_new(last, text, known)

    with house.hearing((Channel.ALERTS, ANY)) as changed:
        return await follow(request, house, changed, since, 0)


def when_new(last: list[str], text: str, known: int) -> Sequence[Item]:
    """The page's parts as an item, unless they are what was sent last."""
    if text == last[0]:
        return ()
    last[0] = text
    return (Item(version=known + 1, name="live", text=text),)


async def acknowledge(request: web.Request) -> web.Response:
    """The button "I look after it"."""
    alert, house = await alert_of(request), house_of(request)
    await house.alerts.acknowledge(alert.id, by=known_as(access_of(request)), now=house.now())
    return await _back(request, alert)


async def note(request: web.Request) -> web.Response:
    """A line for its history."""
    alert, house = await alert_of(request), house_of(request)
    sent = await parse_fields(request, NoteIn, "text")
    await house.alerts.note(alert.id, sent.text, by=known_as(access_of(request)), now=house.now())
    return await _back(request, alert)


async def escalate(request: web.Request) -> web.Response:
    """The button that calls the next ones."""
    alert, house = await alert_of(request), house_of(request)
    await house.alerts.escalate(alert.id, by=known_as(access_of(request)), now=house.now())
    return await _back(request, alert)


def said_of(alerts: Sequence[Alert], language: Language) -> str:
    """What is said aloud: the alerts that nobody looks after."""
    waiting = (alert for alert in alerts if alert.acknowledged_at is None)
    return ". ".join(alert_text(language, alert.link, alert.cause) for alert in waiting)


async def drill(request: web.Request) -> web.Response:
    """The button that proves the whole way: an alert that means nothing, to everybody who is told of alerts."""
    house = house_of(request)
    await house.alerts.drill(by=known_as(access_of(request)), now=house.now())
    if wants(request, "text/html"):
        return web.Response(status=303, headers={hdrs.LOCATION: "/alerts"})
    return web.Response(status=204)


async def histories(house: House, alerts: Sequence[Alert]) -> Mapping[AlertId, Sequence[Entry]]:
    """What was done about them."""
    return await house.alerts.entries([alert.id for alert in alerts])


async def _values(house: House, language: Language) -> dict[str, object]:
    opened = by_urgency(await house.alerts.find(limit=_MOST))
    latest = await house.alerts.find(is_open=False, limit=_MOST)
    resolved = [alert for alert in latest if not alert.is_open][:_RESOLVED]
    names = {entity.id: entity.name for entity in await house.records.entities()}
    return {
        "opened": opened,
        "say": said_of(opened, language),
        "resolved": resolved,
        "histories": await histories(house, [*opened, *resolved]),
        "deliveries": await house.deliveries.of([alert.id for alert in (*opened, *resolved)]),
        "told": house.told,
        "names": names,
        "zone": house.time_zone.key,
        "at": house.now(),
        "alert_text": alert_text,
        "steps_against": steps_against,
        "roles": ROLES,
        "back": "alerts",
    }


async def _back(request: web.Request, alert: Alert) -> web.Response:
    """To the page the button was on; the script needs no answer but that it is done."""
    if not wants(request, "text/html"):
        return web.Response(status=204)
    is_on_timeline = (await request.post()).get("back") == "timeline" and alert.session is not None
    return web.Response(
        status=303, headers={hdrs.LOCATION: f"/sessions/{alert.session}/timeline" if is_on_timeline else "/alerts"}
    )


_ALERT: Final = "/alerts/{alert}"

ROUTES = (
    Route(method="GET", path="/alerts", operation=Operation.PAGE_ALERTS, handler=show, summary="Alerts"),
    Route(method="GET", path="/alerts/feed", operation=Operation.PAGE_ALERTS_FEED, handler=feed, summary="Changes"),
    Route(method="POST", path="/alerts/drill", operation=Operation.PAGE_DRILL, handler=drill, summary="A drill"),
    Route(
        method="POST",
        path=f"{_ALERT}/acknowledge",
        operation=Operation.PAGE_ACKNOWLEDGE,
        handler=acknowledge,
        summary="The button of an alert: somebody looks after it",
    ),
    Route(method="POST", path=f"{_ALERT}/notes", operation=Operation.PAGE_NOTE, handler=note, summary="A note"),
    Route(
        method="POST",
        path=f"{_ALERT}/escalate",
        operation=Operation.PAGE_ESCALATE,
        handler=escalate,
        summary="The button that calls the next ones",
    ),
)
