"""The sample office from plan to rows: ``make`` writes it batch by batch."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import writing
from core.record import Case
from models import Project
from seeds.sample import (
    books,
    cards,
    complaints,
    desk,
    estate,
    founding,
    homes,
    money,
    papers,
    people,
    remedies,
    visits,
)
from seeds.sample.office import Office
from seeds.sample.plan import plan
from seeds.sample.times import DAY, MINUTE, Arrivals, moment, seconds
from seeds.sample.trees import Node, Planner
from seeds.sample.writer import Row, Writer

BATCH = 2500
YEAR = 365 * DAY

MAKERS: dict[str, Callable[[Office, Node, int | None], Row]] = {
    **desk.MAKERS,
    **complaints.MAKERS,
    **visits.MAKERS,
    **homes.MAKERS,
    **cards.MAKERS,
    **papers.MAKERS,
    **money.MAKERS,
    **remedies.MAKERS,
}
LOGS: dict[str, Callable[[Office, Node, int | None], None]] = {
    **visits.LOGS,
    **homes.LOGS,
    **cards.LOGS,
    **books.LOGS,
    **money.LOGS,
}


class NoProject(LookupError):
    """The office has no project yet, so there is nowhere to put anything."""


def make(
    session: Session, cases: int, years: float, seed: int, until: dt.datetime
) -> Iterator[int]:
    """Write that many cases and all around them; yields how many each batch held.

    The same seed, number and moment give the same rows in every empty office.
    """
    projects = _projects(session)
    if not projects:
        raise NoProject
    for n, project in enumerate(projects):
        share = cases // len(projects) + (n < cases % len(projects))
        yield from _project(
            session, project, share, years, Random(f"{seed}.{n}"), until
        )


def _projects(session: Session) -> list[int]:
    t = Project.__table__
    query = select(t.c.id).where(t.c.voided_at.is_(None)).order_by(t.c.id)
    return list(session.connection().execute(query).scalars())


def _project(
    session: Session,
    project: int,
    cases: int,
    years: float,
    rng: Random,
    until: dt.datetime,
) -> Iterator[int]:
    zone = estate.office_zone(session)
    end = seconds(until.astimezone(zone)) // MINUTE * MINUTE
    begin = end - int(years * YEAR)
    writer = Writer(session, project)
    with writing(session):
        at = moment(begin, zone)
        founding.found(writer, rng, at)
        people.settle(writer, rng, at)
        writer.flush()
    known = estate.load(session, project)
    nodes = plan(session, Planner(rng, known, Arrivals(begin, end)), cases)
    office = Office(writer, known, rng, end)
    for first in range(0, len(nodes), BATCH):
        with writing(session):
            count = sum(_write(office, node) for node in nodes[first : first + BATCH])
            writer.flush()
        yield count


def _write(o: Office, n: Node) -> int:
    """One record with all its lines; whether it counts as a case."""
    by = n.extra["by"] = o.recorder(n)
    if n.slug in LOGS:
        LOGS[n.slug](o, n, by)
        return 0
    n.id = o.writer.id(Case)
    o.file(n, MAKERS[n.slug](o, n, by), by)
    return 1
