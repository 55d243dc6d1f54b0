"""Every queue beside its own statements, sent by the driver and drawn by a template.

python -m benchmarks.queues --rows 10000 1000000 --databases sqlite postgresql
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask, session
from sqlalchemy import event, text

from benchmarks import bare
from benchmarks.__main__ import Scene, say, scenes
from benchmarks.caller import Answer, Browser, Request
from benchmarks.filling import PASSWORD
from benchmarks.measuring import Cell, measure
from benchmarks.store import Store
from core import kept
from core.access import Actor, act_as
from core.db import db
from rules.queues import QUEUES, Queue
from views import actors
from views.asked import PAGE
from views.queues.briefs import briefs
from views.queues.reading import rows_of

ROLE = "manager"
"""Who asks: he may open them all."""
SIDES = "ours", "ours, counted anew", "bare"


def main(arguments: list[str]) -> int:
    """Fill, ask, print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.queues")
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 1_000_000])
    kinds = ["sqlite", "postgresql"]
    parser.add_argument("--databases", nargs="+", choices=kinds, default=kinds)
    parser.add_argument("--only", nargs="+", default=[], help="queues")
    parser.add_argument("--keep", type=Path, help="folder of databases to fill or use")
    options = parser.parse_args(arguments)
    for kind in options.databases:
        with scenes(kind, options, sides) as made:
            print(f"\n## {kind}\n\n" + "\n".join(run(made, options.only)), flush=True)
    return 0


def sides(app: Flask, address: str, *_asked: Any) -> dict[str, Callable[[str], Answer]]:
    """The office, the office after somebody wrote, and the statements of its queues."""
    browser, limit = Browser(app.wsgi_app), Browser(_bare(app, address).wsgi_app)
    browser.read_token(browser.open(Request("/login")).body)
    browser.open(Request("/login", {"username": ROLE, "password": PASSWORD}))
    browser.open(Request("/"))  # its cookie holds the token, as anybody's does
    limit.open(Request("/enter"))
    browser.frozen = limit.frozen = True

    def page(slug: str) -> Answer:
        return browser.open(Request(f"/queues/{slug}/"))

    def anew(slug: str) -> Answer:
        kept.written()
        return page(slug)

    found = (page, anew, lambda slug: limit.open(Request(f"/{slug}")))
    return dict(zip(SIDES, found, strict=True))


def _bare(app: Flask, address: str) -> Flask:
    """A page for each queue: whoever asks is looked up, then its own statements."""
    with app.app_context():
        here = db.session()
        query = text('SELECT id FROM "user" WHERE username = :name')
        user = here.connection().execute(query, {"name": ROLE}).scalar_one()
        who = actors.actor_of_user(here, user)
        act_as(here, who)
        sent = {queue.slug: _sent(who, queue) for queue in QUEUES}
        here.rollback()
    store, made = Store(address), Flask("bare")
    made.secret_key = "bare"  # noqa: S105  of a page that nobody visits
    named = {}
    for slug, ((sql, values), *_more) in sent.items():
        names = [column[0] for column in store.raw.execute(sql, values).description]
        named[slug] = bare.lines(names)

    def enter() -> str:
        session["user"] = user
        return "ok"

    def page(slug: str) -> str:
        sql = 'SELECT username FROM "user" WHERE id = ? AND NOT disabled'
        found = store.rows(sql, (session["user"],))
        rows, *_told = [store.raw.execute(*one).fetchall() for one in sent[slug]]
        return bare.draw(named[slug], found[0][0], rows)

    made.add_url_rule("/enter", "enter", enter)
    made.add_url_rule("/<slug>", "page", page)
    return made


def _sent(who: Actor, queue: Queue) -> list[tuple[str, Any]]:
    """What the driver gets for a queue's first page: statements and their values.

    The page's own comes first; others tell more of card applications.
    """
    here, sent = db.session(), list[tuple[str, Any]]()

    def note(
        _conn: Any, _cursor: Any, statement: str, values: Any, *_more: Any
    ) -> None:
        sent.append((statement, values))

    connection = here.connection()
    event.listen(connection, "before_cursor_execute", note)
    rows, _after = rows_of(here, who, queue)
    first = sent[-1]
    sent.clear()
    briefs(here, who, rows)
    event.remove(connection, "before_cursor_execute", note)
    return [first, *sent]


def run(made: list[Scene], only: list[str]) -> list[str]:
    """Every queue over all sides and sizes, as lines of a table."""
    sizes = [scene.rows for scene in made]
    heads = [f"{side} {rows:,}" for rows in sizes for side in SIDES]
    heads += [f"ours / bare {rows:,}" for rows in sizes] + ["growth", "of bare"]
    found = ["| queue | rows | " + " | ".join(heads) + " |", "|---" * (len(heads) + 2)]
    for queue in QUEUES:
        if only and queue.slug not in only:
            continue
        cells = [
            Cell(side, scene.rows, _bound(scene.sides[side], queue.slug))
            for scene in made
            for side in SIDES
        ]
        measure(cells, len(queue.slug))
        found.append(_line(queue, cells, sizes))
        say(found[-1])
    return found


def _bound(ask: Callable[[str], Answer], slug: str) -> Callable[[], Answer]:
    return lambda: ask(slug)


def _line(queue: Queue, cells: list[Cell], sizes: list[int]) -> str:
    at = {(cell.side, cell.rows): cell.median for cell in cells}
    shown = "/".join(str(_rows(cell)) for cell in cells if cell.side == "ours")
    ours, _anew, limit = SIDES
    ratios = [at[ours, rows] / at[limit, rows] for rows in sizes]
    growths = [at[side, sizes[-1]] / at[side, sizes[0]] for side in (ours, limit)]
    told = [f"{cell.median:.2f}" for cell in cells]
    told += [f"{figure:.2f}" for figure in (*ratios, *growths)]
    return f"| {queue.slug} | {shown} | " + " | ".join(told) + " |"


def _rows(cell: Cell) -> int:
    """How many rows were shown."""
    assert cell.last is not None
    if cell.last.status != 200:
        raise SystemExit(f"{cell.side} answered {cell.last.status}")
    return min(cell.last.body.count('class="pick"'), PAGE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
