"""Cases that wait in every queue, with clocks that run; as many in any office."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Integer,
    Table,
    bindparam,
    insert,
    text,
    update,
)

from core.base import Base
from core.clock import Clock
from core.db import now
from core.record import Case, record_type
from rules.queues import QUEUES

if TYPE_CHECKING:
    from benchmarks.filling import Estate

OF_A_KIND = 160
"""Cases of each kind, in the states that queues look for: more than fill a page."""
CLOCKS = 2
SPREAD = dt.timedelta(days=20)
"""How far at most deadlines lie behind or before this moment."""


def write(connection: Connection, estates: Sequence[Estate]) -> None:
    """Give each queue its rows, and every open case its clocks."""
    chance, moment = random.Random(1), now()
    found = text('SELECT max(id) FROM "case"')
    first = int(connection.execute(found).scalar() or 0) + 1
    spine, own = list[dict[str, Any]](), dict[str, list[dict[str, Any]]]()
    for n, (slug, state) in enumerate(_kinds(), first):
        case = _case(n, slug, state, estates[0 if n % 5 < 3 else 1], chance, moment)
        spine.append(case)
        own.setdefault(slug, []).append({"id": n, **_own(slug, n)})
    connection.execute(insert(_table(Case)), spine)
    for slug, rows in own.items():
        connection.execute(insert(_table(record_type(slug))), rows)
    _run(connection, chance, moment)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "SELECT setval(pg_get_serial_sequence('\"case\"', 'id'), max(id))"
            ' FROM "case"'
        )


def _kinds() -> Iterator[tuple[str, str]]:
    """Kind and state of each case; no kind that must refer to another record."""
    wanted: dict[str, list[str]] = {}
    for queue in QUEUES:
        for slug, codes in queue.kinds.items():
            wanted.setdefault(slug, []).extend(codes)
    for slug, named in wanted.items():
        flow, needed = record_type(slug).flow, _needed(slug)
        if flow is None or any(column.foreign_keys for column in needed):
            continue
        states = named or [s.code for s in flow.states if s.kind == "open"]
        yield from ((slug, states[n % len(states)]) for n in range(OF_A_KIND))


def _needed(slug: str) -> list[Column[Any]]:
    columns = _table(record_type(slug)).columns
    return [c for c in columns if not c.nullable and c.name != "id"]


def _table(cls: type[Base]) -> Table:
    assert isinstance(cls.__table__, Table)
    return cls.__table__


def _own(slug: str, n: int) -> dict[str, Any]:
    """What a kind's own table cannot do without."""
    return {column.name: _value(column, n) for column in _needed(slug)}


def _value(column: Column[Any], n: int) -> Any:
    match column.type:
        case Boolean():
            return False
        case Date():
            return now().date()
        case Integer():
            return n
    return str(n) if column.type.python_type is str else n


def _case(
    n: int,
    slug: str,
    state: str,
    estate: Estate,
    chance: random.Random,
    moment: dt.datetime,
) -> dict[str, Any]:
    at = moment - dt.timedelta(minutes=chance.randrange(30 * 24 * 60))
    return {
        "id": n,
        "type": slug,
        "number": f"W-{n}",
        "project_id": estate.project,
        "state": state,
        "open": True,
        "unit_id": chance.choice(estate.units),
        "person_id": chance.choice(estate.persons),
        "received_at": at,
        "content": f"第{n}件：业主反映厨房天花板漏水，希望尽快安排师傅上门查看。",
        "urgent": n % 20 == 0,
        "department_id": chance.choice(estate.departments),
        "holder_id": estate.staff[-1] if n % 9 == 0 else chance.choice(estate.staff),
        "created_at": at,
        "version": 1,
    }


def _run(connection: Connection, chance: random.Random, moment: dt.datetime) -> None:
    """Some clocks for every open case, and the first of them on the case."""
    rules = sorted({rule for queue in QUEUES for rule in queue.clocks})
    case, table = _table(Case).c, _table(Clock)
    open_ones = text('SELECT id FROM "case" WHERE "open" AND voided_at IS NULL')
    clocks, first = list[dict[str, Any]](), list[dict[str, Any]]()
    for n, key in enumerate(connection.execute(open_ones).scalars()):
        dues = [moment + SPREAD * chance.uniform(-1, 0.2) for _ in range(CLOCKS)]
        first.append({"key": key, "due": min(dues)})
        for at, due in enumerate(dues):
            rule = rules[(n * CLOCKS + at) % len(rules)]
            clocks.append(_clock(key, rule, due, moment - 2 * SPREAD))
    connection.execute(insert(table), clocks)
    due_at = update(_table(Case)).where(case.id == bindparam("key"))
    connection.execute(due_at.values(next_due_at=bindparam("due")), first)


def _clock(
    key: int, rule: str, due: dt.datetime, started: dt.datetime
) -> dict[str, Any]:
    return {
        "case_id": key,
        "name": rule,
        "rule": rule,
        "round": 1,
        "started_at": started,
        "due_at": due,
        "paused_seconds": 0,
        "quiet": False,
    }
