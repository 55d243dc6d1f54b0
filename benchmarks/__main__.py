"""Measure and report.

python -m benchmarks --rows 10000 1000000 --databases sqlite postgresql
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from sqlalchemy import inspect

from benchmarks import bare, databases, filling, ours, questions, report, stock
from benchmarks.caller import Answer
from benchmarks.measuring import Cell, measure
from benchmarks.questions import Questions
from core.db import db, writing
from views.upgrade import upgrade_schema

_NUMBER = re.compile(r"[A-Z]{2}-\d{4}-\d{4,}")
Ask = Callable[[str], Answer]
Open = Callable[[Flask, str, Questions], dict[str, Ask]]


@dataclass
class Scene:
    """One filled database and whoever asks it."""

    rows: int
    sides: dict[str, Ask]


def main(arguments: list[str]) -> int:
    """Fill, ask, write ``RESULTS.md``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 1_000_000])
    kinds = ["sqlite", "postgresql"]
    parser.add_argument("--databases", nargs="+", choices=kinds, default=kinds)
    parser.add_argument("--only", nargs="+", default=[], help="operations")
    parser.add_argument("--without-stock", action="store_true")
    parser.add_argument("--keep", type=Path, help="folder of databases to fill or use")
    parser.add_argument("--out", type=Path, default=report.RESULTS)
    options = parser.parse_args(arguments)
    results: report.Results = {}
    for kind in options.databases:
        with scenes(
            kind, options, partial(open_sides, not options.without_stock)
        ) as made:
            results[kind] = run(made, options.only)
    text = report.tables(results)
    print(text)
    options.out.write_text(text, encoding="utf-8")
    return 0


@contextmanager
def scenes(
    kind: str, options: argparse.Namespace, open_sides: Open
) -> Iterator[list[Scene]]:
    """Every size filled and opened, until the measuring is done."""
    with (
        databases.addresses(kind, sorted(options.rows), options.keep) as places,
        TemporaryDirectory() as folder,
    ):
        home, apps = options.keep or Path(folder), []
        made = []
        for rows, address in places.items():
            begun = time.monotonic()
            apps.append(app := ours.office(address, home / f"{kind}_{rows}"))
            asked = prepare(app, rows)
            made.append(Scene(rows, open_sides(app, address, asked)))
            say(f"{kind} {rows:,}: ready in {time.monotonic() - begun:.0f} s")
        yield made
        for app in apps:
            with app.app_context():
                db.session.remove()
                db.engine.dispose()


def prepare(app: Flask, rows: int) -> Questions:
    """Schema and rows, unless they are there, and the places that will be asked for."""
    with app.app_context():
        session = db.session()
        if not inspect(session.connection()).has_table(stock.TABLE):
            session.rollback()
            upgrade_schema()
            filling.fill(session, rows)
            with writing(session):
                stock.fill(session.connection())
            filling.settle(session)
        chosen = questions.choose(session.connection())
        session.rollback()
    return chosen


def open_sides(
    with_stock: bool, app: Flask, address: str, asked: Questions
) -> dict[str, Ask]:
    """Everybody signed in."""
    limit = bare.BareOffice(address, asked)
    sides: dict[str, Ask] = {
        "ours": ours.Ours(app, asked).ask,
        "bare": bare.Bare(limit, asked, "bare").ask,
        "bare without history": bare.Bare(limit, asked, "bare without history").ask,
    }
    if with_stock:
        sides["stock"] = stock.Stock(stock.office(address, asked), asked).ask
    return sides


def run(made: list[Scene], only: list[str]) -> dict[str, list[Cell]]:
    """Every operation over all sides and sizes, in random blocks."""
    results = {}
    for name in (*questions.LISTS, *questions.FORMS, *questions.SAVES):
        if only and name not in only:
            continue
        cells = [
            Cell(side, scene.rows, _bound(ask, name))
            for scene in made
            for side, ask in scene.sides.items()
            if side != "bare without history" or name in questions.SAVES
        ]
        measure(cells, len(name))
        check(name, cells)
        results[name] = cells
        told = "  ".join(f"{c.side} {c.rows:,}: {c.median:.2f}" for c in cells)
        say(f"{name}: {told}")
    return results


def _bound(ask: Ask, name: str) -> Callable[[], Answer]:
    return lambda: ask(name)


def check(name: str, cells: list[Cell]) -> None:
    """Stop when a side failed; say when sides showed different rows."""
    shown: dict[int, dict[str, str]] = {}
    for cell in cells:
        assert cell.last is not None
        wanted = 302 if name in questions.SAVES else 200
        if cell.last.status != wanted:
            raise SystemExit(f"{name}: {cell.side} answered {cell.last.status}")
        numbers = list(dict.fromkeys(_NUMBER.findall(cell.last.body)))
        ends = " to ".join((*numbers[:1], *numbers[-1:]))
        shown.setdefault(cell.rows, {})[cell.side] = ends
    if name in questions.LISTS:
        for rows, sides in shown.items():
            if len(set(sides.values())) > 1:
                say(f"{name} {rows:,}: the sides show different rows: {sides}")


def say(sentence: str) -> None:
    """Tell whoever waits."""
    with suppress(BrokenPipeError):
        print(f"{time.strftime('%H:%M:%S')} {sentence}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
