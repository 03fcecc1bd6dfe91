"""The consortium's figures by month as CSV, as `attendance_csv` writes it. Times are seconds; empty: there was none."""

from collections.abc import Iterable
from datetime import timedelta

from orchestrator.documents.attendance_csv import csv_file
from orchestrator.store.figures import Figures

COLUMNS = (
    "month",
    "entities",
    "sessions",
    "total_s",
    "attendances_remote",
    "attendances_in_hall",
    "broadcasts",
    "incidents",
    "acknowledged",
    "acknowledged_after_s",
    "resolved_after_s",
)


def figures_csv(months: Iterable[Figures]) -> bytes:
    """The whole file, a row a month."""
    return csv_file(COLUMNS, (_fields(month) for month in months))


def _fields(figures: Figures) -> tuple[str, ...]:
    counts = (figures.remote, figures.in_hall, figures.broadcasts, figures.incidents, figures.acknowledged)
    return (
        *(figures.month, str(figures.entities), str(figures.sessions), _seconds(figures.time)),
        *map(str, counts),
        *(_seconds(figures.acknowledged_after), _seconds(figures.resolved_after)),
    )


def _seconds(time: timedelta | None) -> str:
    return "" if time is None else str(round(time.total_seconds()))
