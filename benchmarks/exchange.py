"""Files out and in: exports beside a bare loop, and how long an import keeps others.

python -m benchmarks.exchange --rows 100000

Processor seconds, each run in a child of its own, so that its memory is its own too.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import xlsxwriter
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks import filling, ours
from core import portions
from core.access import SYSTEM, act_as
from core.db import db, writing
from core.record import record_type
from models import Repair
from views.asked import Asked
from views.columns import columns_for
from views.export import Listing, export_columns, write
from views.importing import committing, steps
from views.importing.plan import Table
from views.importing.staging import Staging
from views.spool import folder
from views.upgrade import upgrade_schema

TURNS = 3
Told = dict[str, float]


def main(arguments: list[str]) -> int:
    """Measure on SQLite and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.exchange")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--kinds", nargs="+", default=["csv", "xlsx"])
    options = parser.parse_args(arguments)
    with TemporaryDirectory() as place:
        app = ours.office(f"sqlite:///{place}/office.db", Path(place))
        with app.app_context():
            upgrade_schema()
            filling.fill(db.session(), options.rows)
            filling.settle(db.session())
            db.session.remove()
            db.engine.dispose()
        sides = {"ours": _ours, "bare": _bare}
        for kind in options.kinds:
            found = {side: _measured(app, run, kind) for side, run in sides.items()}
            ratio = found["ours"]["seconds"] / found["bare"]["seconds"]
            print(f"export {kind}: {found}, {ratio:.2f} x the bare loop")
        print("import of 20,000 rows:", _measured(app, _import, "csv", 1))
    return 0


def _measured(
    app: Flask, run: Callable[[Session, str], Told], kind: str, turns: int = TURNS
) -> Told:
    """The median of some runs: seconds, megabytes beyond an idle process, and more."""
    told = [_in_a_child(app, run, kind) for _turn in range(turns)]
    return {name: statistics.median(one[name] for one in told) for name in told[0]}


def _in_a_child(app: Flask, run: Callable[[Session, str], Told], kind: str) -> Told:
    reader, writer = os.pipe()
    if not (child := os.fork()):
        with app.app_context():
            act_as(db.session(), SYSTEM)
            list(db.session().connection().exec_driver_sql("SELECT 1"))
            idle, begun = _resident(), time.process_time()
            told = run(db.session(), kind)
            told |= {"seconds": round(time.process_time() - begun, 2)}
            told |= {"megabytes": round((_peak() - idle) / 1024)}
            os.write(writer, json.dumps(told).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        found: Told = json.loads(pipe.read())
    os.waitpid(child, 0)
    return found


def _resident() -> int:
    return _status("VmRSS")


def _peak() -> int:
    return _status("VmHWM")


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1])


def _ours(session: Session, kind: str) -> Told:
    names = export_columns(SYSTEM, Repair)
    with (folder() / "out").open("wb") as file:
        count = write(session, Listing(SYSTEM, Repair, Asked(), names), kind, file)
    return {"rows": count}


def _bare(session: Session, kind: str) -> Told:
    """The same columns, names of references too, by one statement into the writer."""
    columns, source = columns_for(Repair, export_columns(SYSTEM, Repair))
    query = select(*columns).select_from(source)
    found = session.connection().exec_driver_sql(str(query.compile(session.get_bind())))
    count, path = 0, folder() / "out"
    if kind == "csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file)
            for row in found:
                out.writerow(row)
                count += 1
        return {"rows": count, "columns": len(columns)}
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for count, row in enumerate(found):
            for place, value in enumerate(row):
                if value is not None:
                    sheet.write(count, place, value)
    return {"rows": count, "columns": len(columns)}


def _import(session: Session, _kind: str) -> Told:
    """Read, check and write; the longest time that another writer had to wait."""
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(("内容", "方式", "类别"))
    for n in range(20_000):
        lines.writerow((f"厨房漏水，请尽快上门查看处理并答复 {n}", "来电", "报修"))
    file, held = io.BytesIO(out.getvalue().encode()), list[float]()
    cls, real = record_type("reception"), writing

    @contextmanager
    def watched(opened: Session) -> Any:
        with real(opened):
            begun = time.process_time()
            yield
            opened.flush()
        held.append(time.process_time() - begun)

    for module in (committing, portions):
        setattr(module, "writing", watched)  # noqa: B010
    staging = Staging.begin(folder(), None)
    table = Table(cls.slug, 1, "bench", steps.digest_of(file), [])
    steps.take_in(session, SYSTEM, staging, file, table, cls)
    ready = steps.opened(staging)
    steps.begin(ready)
    while ready.plan.piece < table.pieces:
        steps.go_on(session, SYSTEM, ready, 2)
    committing.commit(session, SYSTEM, ready)
    return {"rows": ready.plan.new, "longest hold": round(max(held), 2)}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
