"""A month's report beside its bare SQL, and opening it later.

python -m benchmarks.reports --rows 10000 --keep FOLDER

The bare side sends the very same statements by the driver and reads every row.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from benchmarks import databases, filling, ours
from core.access import SYSTEM, act_as
from core.db import db, writing
from models import Complaint, PeriodicReport
from views.opening import next_number
from views.reports import compiling
from views.reports.screen import frozen
from views.upgrade import upgrade_schema

KIND, TURNS, MOST = "complaint_summary", 15, 1.5
Statement = tuple[str, Any]


def main(arguments: list[str]) -> int:
    """Measure and print; exit 1 when a report takes longer than it may."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reports")
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000])
    kinds = ["sqlite", "postgresql"]
    parser.add_argument("--databases", nargs="+", choices=kinds, default=kinds[:1])
    parser.add_argument("--year", action="store_true", help="of a whole year")
    parser.add_argument("--keep", type=Path, help="folder of databases to fill or use")
    options = parser.parse_args(arguments)
    slow = False
    for kind in options.databases:
        with (
            databases.addresses(kind, options.rows, options.keep) as places,
            TemporaryDirectory() as folder,
        ):
            for rows, address in places.items():
                home = options.keep or Path(folder)
                ratio = _measured(address, home / f"{kind}_{rows}", rows, options.year)
                slow = slow or ratio > MOST
    return int(slow)


def _measured(address: str, home: Path, rows: int, year: bool) -> float:
    """How many times its bare SQL a report of the newest whole month takes."""
    app = ours.office(address, home)
    with app.app_context():
        session = db.session()
        upgrade_schema()
        act_as(session, SYSTEM)
        if not session.execute(select(Complaint.id).limit(1)).first():
            filling.fill(session, rows)
            filling.settle(session)
        report = _report(session, "%Y" if year else "%Y-%m")
        sent = _statements(session, report)
        sides: dict[str, Callable[[], Any]] = {
            "report": lambda: compiling.count(session, report),
            "bare": lambda: _bare(session, sent),
            "open": lambda: frozen(session, report),
        }
        compiling.recount(session, report)
        times = _times(session, report, sides)
        ratio = times["report"] / times["bare"]
        told = ", ".join(f"{name} {ms:.1f} ms" for name, ms in times.items())
        print(f"{session.get_bind().dialect.name} {rows:,}: {told}, {ratio:.2f} x")
        session.rollback()
        db.session.remove()
        db.engine.dispose()
    return ratio


def _report(session: Session, shape: str) -> PeriodicReport:
    newest = session.execute(select(func.max(Complaint.received_at))).scalar_one()
    project = session.execute(
        select(Complaint.project_id).order_by(Complaint.id).limit(1)
    ).scalar_one()
    with writing(session):
        report = PeriodicReport(report_kind=KIND, period=newest.strftime(shape))
        report.project_id, report.state, report.content = project, "due", "测试"
        report.number = next_number(session, report.slug)
        session.add(report)
    return report


def _statements(session: Session, report: PeriodicReport) -> list[Statement]:
    """What the report sends for its groups, as the driver gets it."""
    sent: list[Statement] = []

    def keep(connection: Any, cursor: Any, text: str, values: Any, *_rest: Any) -> None:
        sent.append((text, values))

    engine = session.get_bind()
    compiling.count(session, report)  # settings are known from now on
    session.rollback()
    session.refresh(report)
    event.listen(engine, "before_cursor_execute", keep)
    compiling.count(session, report)
    event.remove(engine, "before_cursor_execute", keep)
    return sent


def _bare(session: Session, sent: list[Statement]) -> int:
    raw: Any = session.connection().connection
    cursor = raw.cursor()
    found = 0
    for text, values in sent:
        cursor.execute(text, values)
        found += len(cursor.fetchall())
    return found


def _times(
    session: Session, report: PeriodicReport, sides: dict[str, Callable[[], Any]]
) -> dict[str, float]:
    """The least of some turns of each side in milliseconds, one after the other.

    In turns, whatever else the machine does falls on all of them, and only adds.
    """
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for _turn in range(TURNS):
        for name, side in sides.items():
            session.refresh(report)  # whoever counts has it; a rollback forgets it
            begun = time.perf_counter()
            side()
            taken[name].append((time.perf_counter() - begun) * 1000)
            session.rollback()
    return {name: min(found) for name, found in taken.items()}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
