"""The operator's wall: all live sessions, those in trouble first, kept current by a stream."""

from collections.abc import Sequence
from functools import lru_cache

from aiohttp import web
from markupsafe import Markup

from orchestrator.access import Operation
from orchestrator.facts import alert_text
from orchestrator.store.listener import ANY, Channel
from orchestrator.web.feed import Item, follow
from orchestrator.web.house import House
from orchestrator.web.pages.rendering import page, render
from orchestrator.web.request import access_of, house_of, language_of
from orchestrator.web.route import Route
from orchestrator.web.wall import Tile, Wall, look
from orchestrator.wording import Language

_PAUSE = 0.4
"""Seconds at least between two looks of one stream: a change is seen within half a second, a storm costs few looks."""


async def show(request: web.Request) -> web.Response:
    """The whole page."""
    house, language = house_of(request), language_of(request)
    values = _values(house, await look(house), language)
    return page(request, "wall.html", language, values | {"access": access_of(request)})


async def feed(request: web.Request) -> web.StreamResponse:
    """What differs from what was sent before: the head, tiles, and the order of all of them."""
    house, language = house_of(request), language_of(request)
    sent: dict[str, str] = {}

    async def since(known: int) -> Sequence[Item]:
        wall = await look(house)
        fresh = {"head": _head(house, wall, language)} | {
            tile.id: tile_html(tile, language, house.time_zone.key) for tile in wall.tiles
        }
        order = " ".join(tile.id for tile in wall.tiles)
        changed = [html for name, html in fresh.items() if sent.get(name) != html]
        if not changed and sent.get("order") == order:
            return ()
        sent.clear()
        sent.update(fresh, order=order)
        frame = Markup('<ol data-order="{}"></ol>').format(order)
        return (Item(version=known + 1, name="wall", text="".join([*changed, frame])),)

    with house.hearing((Channel.RECORD, ANY), (Channel.ALERTS, ANY)) as changed:
        return await follow(request, house, changed, since, 0, pause=_PAUSE)


@lru_cache(maxsize=4096)
def tile_html(tile: Tile, language: Language, zone: str) -> str:
    """One session, as an item of the list."""
    return render("wall_tile.html", language, {"tile": tile, "zone": zone, "alert_text": alert_text})


def _head(house: House, wall: Wall, language: Language) -> str:
    return render("wall_head.html", language, _head_values(house, wall))


def _head_values(house: House, wall: Wall) -> dict[str, object]:
    return {"wall": wall, "zone": house.time_zone.key, "alert_text": alert_text}


def _values(house: House, wall: Wall, language: Language) -> dict[str, object]:
    zone = house.time_zone.key
    tiles = Markup("").join(Markup(tile_html(tile, language, zone)) for tile in wall.tiles)  # noqa: S704 - our own
    return _head_values(house, wall) | {"tiles": tiles, "now": house.now()}


ROUTES = (
    Route(method="GET", path="/wall", operation=Operation.PAGE_WALL, handler=show, summary="All live sessions"),
    Route(method="GET", path="/wall/feed", operation=Operation.PAGE_WALL_FEED, handler=feed, summary="Its changes"),
)
