"""The figures as Markdown tables: medians, p95 and ratios within the run."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from benchmarks.measuring import Cell

RESULTS = Path(__file__).resolve().parent / "RESULTS.md"
Results = dict[str, dict[str, list[Cell]]]
"""Database -> operation -> cells."""
INTRO = """# Figures

Written by `make bench`. Milliseconds of the server's own work for a whole page (menu,
counts and rights included), median / 95th percentile. All sides are asked in one
process in random blocks: ratios hold, absolute figures depend on the machine and what
else it does.

- **ours**: the application as it is served, to a receptionist of one estate, which has
  60 % of the rows.
- **stock**: Flask-Admin's `ModelView` over one table with our columns, as many
  rows, the same scope, indexes of its own; type-ahead for references; no history, no
  search index.
- **bare**: raw SQL and a minimal template over our tables, in the same scope; no menu,
  no counts, no rights, no CSRF. Its saves write the same rows as ours, index and
  chained history included, or not, where the line says so.

Every side commits durably (SQLite: WAL, `synchronous=FULL`; PostgreSQL: its defaults).
*Growth* is the time at the largest size over that at the smallest.
"""


def tables(results: Results) -> str:
    """The whole report."""
    lines = [INTRO, _machine(), ""]
    for kind, operations in results.items():
        sizes = sorted({cell.rows for cells in operations.values() for cell in cells})
        for rows in sizes:
            lines += [f"## {kind}, {rows:,} cases", "", *_table(operations, rows), ""]
        if len(sizes) > 1:
            lines += [f"## {kind}, growth", "", *_growth(operations, sizes), ""]
    return "\n".join(lines)


def _machine() -> str:
    """What the figures were taken on, and how busy it was with this and other work."""
    python, system = platform.python_version(), platform.system()
    return (
        f"Python {python}, {system}, {os.cpu_count()} processors,"
        f" load {os.getloadavg()[0]:.1f} at the end."
    )


def _table(operations: dict[str, list[Cell]], rows: int) -> list[str]:
    lines = [
        "| operation | ours | stock | bare | ours / stock | ours / bare | page kB |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, cells in operations.items():
        here = {cell.side: cell for cell in cells if cell.rows == rows}
        body = here["ours"].last
        size = f"{len(body.body.encode()) / 1000:.0f}" if body and body.body else ""
        lines.append(
            f"| {name} | {_times(here.get('ours'))} | {_times(here.get('stock'))}"
            f" | {_times(here.get('bare'))} | {_ratio(here, 'ours', 'stock')}"
            f" | {_ratio(here, 'ours', 'bare')} | {size} |"
        )
        if "bare without history" in here:
            lines.append(
                f"| {name}, bare without history | | |"
                f" {_times(here['bare without history'])} | |"
                f" {_ratio(here, 'ours', 'bare without history')} | |"
            )
    return lines


def _times(cell: Cell | None) -> str:
    return "" if cell is None else f"{cell.median:.2f} / {cell.p95:.2f}"


def _ratio(here: dict[str, Cell], over: str, under: str) -> str:
    if over not in here or under not in here:
        return ""
    return f"{here[over].median / here[under].median:.2f}"


def _growth(operations: dict[str, list[Cell]], sizes: list[int]) -> list[str]:
    lines = ["| operation | ours | stock | bare |", "|---|---|---|---|"]
    for name, cells in operations.items():
        found = []
        for side in ("ours", "stock", "bare"):
            ends = [
                c.median
                for n in (sizes[-1], sizes[0])
                for c in cells
                if c.side == side and c.rows == n
            ]
            found.append(f"{ends[0] / ends[1]:.2f}" if len(ends) == 2 else "")
        lines.append(f"| {name} | {' | '.join(found)} |")
    return lines
