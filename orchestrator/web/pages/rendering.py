"""Templates to HTML: every text comes from the catalogues, every time is the town's, everything is escaped."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from zoneinfo import ZoneInfo

from aiohttp import web
from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from orchestrator.web.request import LANGUAGE_COOKIE
from orchestrator.wording import Language, label, word

_FOLDER = Path(__file__).parent / "templates"
_YEAR = 365 * 24 * 3600


def render(template: str, language: Language, values: Mapping[str, object]) -> str:
    """The text of a template. In it `w` is `word` and `l` is `label`, both in the language given."""
    return (
        _environment()
        .get_template(template)
        .render(
            language=language.value,
            languages=_LANGUAGES,
            w=partial(word, language),
            l=partial(label, language),
            **values,
        )
    )


def page(
    request: web.Request, template: str, language: Language, values: Mapping[str, object], status: int = 200
) -> web.Response:
    """A whole page. A language that was asked for with `?lang` is remembered."""
    text = render(template, language, {"path": request.path, **values})
    response = web.Response(text=text, content_type="text/html", status=status, headers={"Content-Language": language})
    if request.query.get("lang") == language:
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=_YEAR, samesite="Lax", httponly=True)
    return response


def local_time(at: datetime, zone: str, *, seconds: bool = False) -> str:
    """`19:42`, or `19:42:08`."""
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M:%S" if seconds else "%H:%M")


def local_date(at: datetime, zone: str, language: str) -> str:
    """`dijous, 26 de novembre del 2026`."""
    return format_date(at.astimezone(ZoneInfo(zone)).date(), format="full", locale=language)


def moment(at: datetime, now: datetime, zone: str, *, seconds: bool = False) -> str:
    """The time, with the date in front where it is not today."""
    there, here = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    date = "" if there.date() == here.date() else f"{there:%d/%m/%Y} "
    return date + local_time(at, zone, seconds=seconds)


def countdown(until: datetime, now: datetime) -> str:
    """`2:41` to go; never below zero."""
    left = max(0, round((until - now).total_seconds()))
    return f"{left // 60}:{left % 60:02}"


_LANGUAGES = {Language.CA: "Català", Language.ES: "Español", Language.EN: "English"}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "local_time": local_time,
        "local_date": local_date,
        "moment": moment,
        "countdown": countdown,
    }
    return environment
