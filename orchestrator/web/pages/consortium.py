"""The consortium's page: the service in figures, month by month."""

from datetime import datetime, timedelta
from typing import Final

from aiohttp import web
from babel.dates import format_skeleton
from babel.numbers import format_decimal, format_percent

from orchestrator.access import Operation
from orchestrator.store.figures import Figures
from orchestrator.web.api.consortium import figures_of
from orchestrator.web.pages.rendering import page
from orchestrator.web.request import access_of, house_of, language_of
from orchestrator.web.route import Route
from orchestrator.wording import Language, word

MONTHS: Final = 24


async def show(request: web.Request) -> web.Response:
    """Two years of it."""
    house, language = house_of(request), language_of(request)
    found = await figures_of(request, MONTHS)
    values = {
        "access": access_of(request),
        "entities": await house.records.entities(),
        "sessions": sum(month.sessions for month in found),
        "hours": _hours(sum((month.time for month in found), timedelta()), language),
        "broadcasts": sum(month.broadcasts for month in found),
        "months": [(_named(month.month, language), _cells(month, language)) for month in found],
        "asked": MONTHS,
    }
    return page(request, "consortium.html", language, values)


def _cells(figures: Figures, language: Language) -> tuple[tuple[str, str], ...]:
    """What is shown of a month: each figure's name and how it is written."""
    share = figures.remote_share
    shown = {
        "entities": str(figures.entities),
        "sessions": str(figures.sessions),
        "hours": _hours(figures.time, language),
        "attendances": str(figures.remote + figures.in_hall),
        "remote": "–" if share is None else format_percent(share, locale=language.value),
        "broadcasts": str(figures.broadcasts),
        "incidents": str(figures.incidents),
        "acknowledged": _after(figures.acknowledged_after, language),
        "resolved": _after(figures.resolved_after, language),
    }
    return tuple((f"consortium.{name}", text) for name, text in shown.items())


def _named(month: str, language: Language) -> str:
    """`març del 2026`."""
    return format_skeleton("yMMMM", datetime.fromisoformat(f"{month}-01"), locale=language.value)


def _hours(time: timedelta, language: Language) -> str:
    return format_decimal(round(time.total_seconds() / 3600, 1), locale=language.value)


def _after(time: timedelta | None, language: Language) -> str:
    """Seconds up to two minutes, minutes up to two hours, then hours."""
    if time is None:
        return "–"
    seconds = round(time.total_seconds())
    if seconds < 120:
        return word(language, "consortium.seconds", count=seconds)
    if seconds < 7200:
        return word(language, "consortium.minutes", count=round(seconds / 60))
    return word(language, "consortium.in_hours", count=_hours(time, language))


ROUTES = (
    Route(
        method="GET",
        path="/consortium",
        operation=Operation.PAGE_CONSORTIUM,
        handler=show,
        summary="The service in figures",
    ),
)
