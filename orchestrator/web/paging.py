"""Pages of a list by cursor: where the last page ended, so that nothing is shown twice or left out when the list grows.

A cursor is opaque to its holder. It says where to go on and nothing of what may be seen: that is checked each time.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, Field

from orchestrator.web.problems import Kind, Problem
from orchestrator.web.route import Parameter

_USUAL, _MOST = 100, 500

Row = TypeVar("Row")

PARAMETERS = (
    Parameter(
        name="limit", kind="integer", description=f"How many at most; {_USUAL} if not given", least=1, most=_MOST
    ),
    Parameter(name="cursor", description="`next` of the page before"),
)
"""What a route takes whose answer comes in pages."""


class PageOut(BaseModel):
    """A part of a list."""

    next: str | None = Field(description="The `cursor` of the following page; null on the last")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The page asked for: at most `limit` rows that come after the place `after`, whose parts are as the list sorts."""

    limit: int
    after: tuple[str, ...] | None

    def cut(self, rows: Sequence[Row], place: Callable[[Row], tuple[str, ...]]) -> tuple[Sequence[Row], str | None]:
        """The page out of up to `limit` + 1 rows, and the cursor of the next one."""
        if len(rows) <= self.limit:
            return rows, None
        page = rows[: self.limit]
        return page, _cursor(place(page[-1]))

    def cursor(self) -> str | None:
        """The first part of the place."""
        return self.after[0] if self.after else None

    def moment(self) -> datetime | None:
        """The first part of the place, where the list goes by time. Raises `Problem`."""
        if self.after is None:
            return None
        try:
            return datetime.fromisoformat(self.after[0]).astimezone(UTC)
        except (ValueError, OverflowError):
            raise _bad("cursor") from None

    def number(self) -> int | None:
        """The first part of the place, where the list goes by number. Raises `Problem`."""
        if self.after is None:
            return None
        if not self.after[0].isdecimal() or len(self.after[0]) > 18:
            raise _bad("cursor")
        return int(self.after[0])


def page_asked(request: web.Request, parts: int = 1) -> Asked:
    """What the query says; the place has so many parts. Raises `Problem` (INVALID)."""
    limit, cursor = request.query.get("limit", str(_USUAL)), request.query.get("cursor")
    if not (limit.isascii() and limit.isdecimal() and len(limit) < 5 and 1 <= int(limit) <= _MOST):
        raise _bad("limit")
    return Asked(limit=int(limit), after=None if cursor is None else _place(cursor, parts))


def _cursor(place: tuple[str, ...]) -> str:
    return urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _place(cursor: str, parts: int) -> tuple[str, ...]:
    try:
        place = json.loads(urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        raise _bad("cursor") from None
    is_ours = isinstance(place, list) and len(place) == parts
    if not is_ours or not all(isinstance(part, str) and part.isprintable() for part in place):
        raise _bad("cursor")
    return tuple(place)


def _bad(name: str) -> Problem:
    wanted = {"limit": f"a whole number from 1 to {_MOST}", "cursor": "`next` of a page, as it was given"}[name]
    return Problem(Kind.INVALID, errors=[{"at": name, "kind": "value", "message": wanted}])
