"""Rows on their way into the database: numbered, indexed, written in bulk."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from functools import cache
from graphlib import TopologicalSorter
from types import SimpleNamespace
from typing import Any, NamedTuple

from sqlalchemy import Boolean, func, insert, select, text
from sqlalchemy.orm import Session

from core import audit, numbering, search
from core.clock import Clock
from core.privacy import Secret
from core.record import SPINE, Case, Record, record_types
from models import NumberSeries

Row = dict[str, Any]
WHY = "sample"


class Filed(NamedTuple):
    """A case that waits for its number and its place in the index."""

    cls: type[Case]
    day: dt.date
    spine: Row
    own: Row


class Writer:
    """What one transaction adds: ``add`` gathers, ``flush`` writes."""

    def __init__(self, session: Session, project: int) -> None:
        self.session, self.project = session, project
        self.rows: dict[type[Record], list[Row]] = {}
        self.cases: list[Filed] = []
        self.clocks: list[Row] = []
        self._next: dict[type[Record], int] = {}
        self._series = _series(session)

    def id(self, cls: type[Record]) -> int:
        """The next free id of a table; ids rise in the order of asking."""
        if cls not in self._next:
            self._next[cls] = self._first_free(cls)
        self._next[cls] += 1
        return self._next[cls] - 1

    def add(
        self, cls: type[Record], at: dt.datetime, by: int | None = None, **row: Any
    ) -> int:
        """Gather a row of any table but a case's; its id."""
        number: int = row.get("id") or self.id(cls)
        if cls.owner == "project":
            row.setdefault("project_id", self.project)
        self._gather(cls, {**row, "id": number, "created_at": at, "created_by_id": by})
        return number

    def add_case(self, cls: type[Case], day: dt.date, spine: Row, own: Row) -> None:
        """Gather a case; ``spine`` has its id, ``day`` is the one it is numbered by."""
        spine["type"], spine["project_id"] = cls.slug, self.project
        self._gather(cls, {**own, "id": spine["id"]})
        self.rows.setdefault(Case, []).append(spine)
        self.cases.append(Filed(cls, day, spine, own))

    def flush(self) -> None:
        """Write everything gathered; the caller holds the write transaction."""
        self._number()
        for cls in _order():
            if rows := self.rows.get(cls):
                audit.bulk(self.session, cls, _even(cls, rows), WHY)
        connection = self.session.connection()
        if self.clocks:
            connection.execute(insert(Clock), self.clocks)
        search.put(self.session, self._documents())
        if connection.dialect.name == "postgresql":
            for cls in self._next:
                _set_sequence(self.session, cls)
        self.rows, self.cases, self.clocks, self._next = {}, [], [], {}

    def _gather(self, cls: type[Record], row: Row) -> None:
        for name in _secrets(cls):
            if name in row:
                row.update(_sealed(cls, name, row.pop(name), row.get("row_key")))
        self.rows.setdefault(cls, []).append(row)

    def _first_free(self, cls: type[Record]) -> int:
        """Nobody else inserts meanwhile: SQLite has one writer, PostgreSQL is told."""
        connection, table = self.session.connection(), cls.__table__
        if connection.dialect.name == "postgresql":
            name = connection.dialect.identifier_preparer.quote(cls.__tablename__)
            mode = "SHARE ROW EXCLUSIVE"
            connection.exec_driver_sql(f"LOCK TABLE {name} IN {mode} MODE")
        last = connection.execute(select(func.max(table.c.id))).scalar()
        return int(last or 0) + 1

    def _number(self) -> None:
        """Take each series' numbers in one step, in the order of the cases."""
        groups: dict[tuple[str, str], list[Filed]] = {}
        for case in self.cases:
            slug = case.cls.slug
            period = numbering.period_of(case.day, self._pattern(slug)[2])
            groups.setdefault((slug, period), []).append(case)
        for (slug, period), cases in groups.items():
            prefix, pattern, _ = self._pattern(slug)
            series = f"number:{slug}:{period}"
            last = numbering.take(self.session, series, len(cases))
            for n, case in enumerate(cases, last - len(cases) + 1):
                case.spine["number"] = numbering.render(pattern, prefix, case.day, n)

    def _pattern(self, slug: str) -> tuple[str, str, str]:
        usual = (slug.upper()[:4], "{prefix}-{year}-{n:04}", "year")
        return self._series.get(slug, usual)

    def _documents(self) -> Iterator[tuple[int, Sequence[str]]]:
        for case in self.cases:
            both = {**case.own, **case.spine}
            yield case.spine["id"], self._words(case.cls, both)
        for cls, rows in self.rows.items():
            if not issubclass(cls, Case) and search.searched(cls):
                for row in rows:
                    yield search.doc_id(cls, row["id"]), self._words(cls, row)

    def _words(self, cls: type[Record], row: Row) -> list[str]:
        words = search.scope_words(cls.slug, row.get("project_id"))
        for name in search.searched(cls):
            if value := row.get(name):
                words += search.cut(str(value))
        return words


def _series(session: Session) -> dict[str, tuple[str, str, str]]:
    t = NumberSeries.__table__
    query = select(t.c.target, t.c.prefix, t.c.pattern, t.c.period)
    found = session.connection().execute(query.where(t.c.voided_at.is_(None)))
    return {target: (prefix, pattern, span) for target, prefix, pattern, span in found}


@cache
def _order() -> tuple[type[Record], ...]:
    """Record types so that every row comes after those that it points to."""
    known: dict[str, type[Record]] = {"case": Case}
    known |= {cls.__tablename__: cls for cls in record_types()}
    graph = {}
    for name, cls in known.items():
        keys = cls.__table__.foreign_keys
        ahead = {key.column.table.name for key in keys} - {name, "project", "company"}
        graph[name] = sorted(ahead)
    return tuple(known[name] for name in TopologicalSorter(graph).static_order())


@cache
def _secrets(cls: type[Record]) -> tuple[str, ...]:
    return tuple(
        n
        for base in cls.__mro__
        for n, v in vars(base).items()
        if isinstance(v, Secret)
    )


@cache
def _blank(cls: type[Record]) -> Row:
    """What a column holds that a row does not name."""
    names = SPINE if cls is Case else cls.__table__.columns.keys()
    blank = dict.fromkeys(names)
    for column in cls.__table__.columns:
        if not column.nullable and isinstance(column.type, Boolean):
            blank[column.name] = bool(column.default.arg) if column.default else False
    if "version" in blank:
        blank["version"] = 1
    return blank


def _even(cls: type[Record], rows: list[Row]) -> list[Row]:
    """The rows with the same columns each: those that one names, or that must be."""
    blank = _blank(cls)
    named = {name for row in rows for name in row}
    if strange := named - set(blank):
        raise KeyError(f"{cls.__name__}: {sorted(strange)}")
    start = {n: v for n, v in blank.items() if n in named or v is not None}
    return [{**start, **row} for row in rows]


def _sealed(
    cls: type[Record], name: str, value: str | None, row_key: str | None
) -> Row:
    """The columns of a personal value, as the record itself would write them."""
    secret: Secret = getattr(cls, name)
    columns = dict.fromkeys(secret.columns(name)) | {"row_key": row_key}
    row = SimpleNamespace(__tablename__=cls.__tablename__, **columns)
    secret.__set__(row, value)
    return {name: getattr(row, name) for name in columns}


_SET = text(
    "SELECT setval(pg_get_serial_sequence(:table, 'id'), :last)"
    " WHERE pg_get_serial_sequence(:table, 'id') IS NOT NULL"
)


def _set_sequence(session: Session, cls: type[Record]) -> None:
    """Let PostgreSQL's own numbering go on behind the ids given out here."""
    connection = session.connection()
    last = connection.execute(select(func.max(cls.__table__.c.id))).scalar()
    name = connection.dialect.identifier_preparer.quote(cls.__tablename__)
    if last:
        connection.execute(_SET, {"table": name, "last": last})
