"""One statement for each group of figures: the rows of a period, with what each meets.

Core selects within one project; whoever asks must have the right to the report. Rows
behind a figure are shown within the reader's own rights.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Date,
    FromClause,
    Select,
    Table,
    and_,
    case,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import Session

from core.clock import Clock
from core.record import Case, Record, fields, record_type
from rules.calendar import DAY
from rules.reports import counting
from rules.reports.counting import Rows
from rules.reports.declared import CLOCK, Before, Condition, Either, Group, Is, Late
from views.columns import column_of, tables

Window = tuple[dt.date, dt.date]
"""First and last day."""
CLOCKS = cast(Table, Clock.__table__)


@dataclass(slots=True)
class Source:
    """The tables of a group, joined as its names ask for them."""

    cls: type[Record]
    now: dt.datetime
    tables: FromClause = field(init=False)
    joined: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        spine, own = tables(self.cls)
        self.tables = spine
        if own is not spine:
            self.tables = spine.join(own, own.c.id == spine.c.id)

    @property
    def key(self) -> ColumnElement[int]:
        """The id of a row."""
        return column_of(self.cls, "id")

    def column(self, name: str) -> ColumnElement[Any]:
        """The column of that name, on the row or on what it refers to."""
        if name.startswith(CLOCK):
            found = self._joined("clock", CLOCKS, CLOCKS.c.case_id == self.key)
            return cast(ColumnElement[Any], found.c[name.removeprefix(CLOCK)])
        first, _dot, second = name.partition(".")
        column = column_of(self.cls, first)
        if not second:
            return column
        target: Any = record_type(fields(self.cls)[first].ref).__table__
        other = self.joined.get(first)
        if other is None:
            other = target.alias(f"of_{first}")
            self.tables = self.tables.outerjoin(other, other.c.id == column)
            self.joined[first] = other
        return cast(ColumnElement[Any], other.c[second])

    def _joined(self, name: str, table: Table, on: ColumnElement[bool]) -> Table:
        if name not in self.joined:
            self.tables = self.tables.join(table, on)
            self.joined[name] = table
        return table

    def test(self, condition: Condition) -> ColumnElement[bool]:
        """A condition as SQL; never unknown."""
        return cast(ColumnElement[bool], _TESTS[type(condition)](self, condition))


def _is(source: Source, one: Is) -> ColumnElement[bool]:
    column = source.column(one.name)
    if not one.values:
        return column.is_(None) if one.never else column.is_not(None)
    met = column.in_(one.values)
    return or_(column.is_(None), not_(met)) if one.never else func.coalesce(met, False)


def _late(source: Source, one: Late) -> ColumnElement[bool]:
    """A clock ran out: stopped at its due time or later, or running beyond it."""
    other = CLOCKS.alias("late")
    stood = or_(other.c.stopped_at.is_(None), other.c.stopped_by.is_not(None))
    ended = func.coalesce(other.c.stopped_at, literal(source.now, other.c.due_at.type))
    asked = [other.c.rule.in_(one.rules)] if one.rules else []
    late = and_(other.c.case_id == source.key, stood, other.c.due_at <= ended, *asked)
    found = exists(select(literal(1)).select_from(other).where(late))
    return not_(found) if one.never else found


def _before(source: Source, one: Before) -> ColumnElement[bool]:
    earlier, later = source.column(one.name), source.column(one.other)
    return func.coalesce(earlier < later, False)


def _either(source: Source, one: Either) -> ColumnElement[bool]:
    return or_(*(source.test(condition) for condition in one.among))


_TESTS: dict[type[Condition], Callable[[Source, Any], Any]] = {
    Is: _is,
    Late: _late,
    Before: _before,
    Either: _either,
}


def statement(
    group: Group, project: int, window: Window, now: dt.datetime, place: ZoneInfo
) -> Select[Any]:
    """The rows of a group in a period: id, mask, breakdowns and what is added up."""
    cls = record_type(group.slug)
    source = Source(cls, now)
    limits = _standing(source, project)
    limits += [source.test(one) for one in group.where]
    limits += within(source.column(group.at), window, place) if group.at else []
    bits = [
        case((source.test(one), 1 << at), else_=0)
        for at, one in enumerate(counting.conditions(group))
    ]
    mask = reduce(add, bits) if bits else literal(0)
    named = (*counting.names(group), *counting.sums(group))
    columns = [source.column(name) for name in named]
    order = [source.key, *(table.c.id for table in source.joined.values())]
    query = select(source.key, mask, *columns).select_from(source.tables)
    return query.where(*limits).order_by(*order)


def _standing(source: Source, project: int) -> list[ColumnElement[bool]]:
    """What is of that kind, in that project, and not voided."""
    spine, own = tables(source.cls)
    found = [spine.c.project_id == project, spine.c.voided_at.is_(None)]
    if own is not spine:
        found.append(spine.c.type == source.cls.slug)
    return found


def within(
    column: ColumnElement[Any], window: Window, place: ZoneInfo
) -> list[ColumnElement[bool]]:
    """A day, or a moment by the office's clock, within the window."""
    first, last = window
    if isinstance(column.type, Date):
        return [column >= first, column <= last]
    return [column >= midnight(first, place), column < midnight(last + DAY, place)]


def midnight(day: dt.date, place: ZoneInfo) -> dt.datetime:
    """When a day of the office begins."""
    return dt.datetime.combine(day, dt.time(), place).astimezone(dt.UTC)


def read(session: Session, group: Group, query: Select[Any]) -> Rows:
    """The rows of a group's statement, by column."""
    found = session.connection().execute(query).all()
    named = (*counting.names(group), *counting.sums(group))
    empty: list[tuple[Any, ...]] = [()] * (len(named) + 2)
    ids, masks, *columns = zip(*found, strict=True) if found else empty
    return Rows(ids, masks, dict(zip(named, columns, strict=True)))


def is_case(group: Group) -> bool:
    """Whether its rows are cases, which any screen of cases can show."""
    return issubclass(record_type(group.slug), Case)
