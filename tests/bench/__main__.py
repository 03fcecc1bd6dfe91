"""`./run bench [NAME …] [--json FILE]`: speed and memory, as ratios against a baseline of the same run.

A module of this folder with a function `rows() -> list[Row]` is a part of the bench; its name chooses it.
The machines are shared and noisy: read the ratios, not the figures.
"""

import argparse
import importlib
import json
import logging
import pkgutil
from pathlib import Path

import structlog
from rich.console import Console
from rich.table import Table

import tests.bench
from tests.bench.row import Row

_WIDTH = 150  # columns, where there is no terminal to ask
_NOT_PARTS = ("__main__", "row", "crowd", "plenary", "traffic")


def main() -> None:
    parts = [name for _, name, _ in pkgutil.iter_modules(tests.bench.__path__) if name not in _NOT_PARTS]
    parser = argparse.ArgumentParser(
        prog="./run bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which parts: {', '.join(parts)} (all)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows as JSON as well")
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(parts):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    # A run measures the program, not what it has to say.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH)
    rows: list[Row] = []
    for name in chosen.names or parts:
        with console.status(f"measuring {name} …"):
            rows += importlib.import_module(f"tests.bench.{name}").rows()
    console.print(_table(rows))
    if chosen.json:
        chosen.json.write_text(json.dumps([_as_dict(row) for row in rows], indent=2) + "\n")


def _table(rows: list[Row]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("what", "ours", "baseline", "unit", "ratio", "against"):
        table.add_column(title, justify="right" if title in ("ours", "baseline", "ratio") else "left")
    for row in rows:
        sign = "×" if row.is_cost else "× as much"
        figures = _figure(row.ours), _figure(row.baseline), row.unit, f"{row.ratio:.2f} {sign}"
        table.add_row(row.name, *figures, row.against)
    return table


def _figure(value: float) -> str:
    return f"{value:,.2f}" if value >= 1 else f"{value:.4f}"


def _as_dict(row: Row) -> dict[str, object]:
    return {
        "name": row.name,
        "unit": row.unit,
        "ours": row.ours,
        "baseline": row.baseline,
        "against": row.against,
        "ratio": row.ratio,
        "less_is_better": row.is_cost,
    }


if __name__ == "__main__":
    main()
