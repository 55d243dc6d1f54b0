"""One statement for each group of figures: the rows of a period, with what each meets.

Core selects within one project; whoever asks must have the right to the report. Rows
behind a figure are shown within the reader's own rights.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, reduce
from operator import add
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    FromClause,
    Select,
    Table,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import Session

from core.clock import Clock
from core.record import Record, fields, record_type
from rules.calendar import DAY
from rules.reports import counting
from rules.reports.counting import Rows
from rules.reports.declared import CLOCK, Before, Condition, Either, Group, Is, Late
from views.columns import column_of, tables

Window = tuple[dt.date, dt.date]
"""First and last day."""
NONE: ColumnElement[int] = literal_column("0")
PART = 500
"""Rows read at once: fewer than set Python off looking for garbage among them."""
CLOCKS = cast(Table, Clock.__table__)


@dataclass(slots=True)
class Source:
    """The tables of a group, joined as its names ask for them."""

    cls: type[Record]
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
    return (
        or_(column.is_(None), not_(met)) if one.never else func.coalesce(met, false())
    )


def _late(source: Source, one: Late) -> ColumnElement[bool]:
    """A clock ran out: stopped at its due time or later, or running beyond it."""
    other = CLOCKS.alias("late")
    stood = or_(other.c.stopped_at.is_(None), other.c.stopped_by.is_not(None))
    ended = func.coalesce(
        other.c.stopped_at, bindparam("now", type_=other.c.due_at.type)
    )
    asked = [other.c.rule.in_(one.rules)] if one.rules else []
    late = and_(other.c.case_id == source.key, stood, other.c.due_at <= ended, *asked)
    found = exists(select(NONE).select_from(other).where(late))
    return not_(found) if one.never else found


def _before(source: Source, one: Before) -> ColumnElement[bool]:
    earlier, later = source.column(one.name), source.column(one.other)
    return func.coalesce(earlier < later, false())


def _either(source: Source, one: Either) -> ColumnElement[bool]:
    return or_(*(source.test(condition) for condition in one.among))


_TESTS: dict[type[Condition], Callable[[Source, Any], Any]] = {
    Is: _is,
    Late: _late,
    Before: _before,
    Either: _either,
}


@cache
def statement(group: Group) -> Select[Any]:
    """The rows of a group: id, mask, breakdowns and what is added up; made once."""
    source = Source(record_type(group.slug))
    limits = _standing(source)
    limits += [source.test(one) for one in group.where]
    limits += _within(source.column(group.at)) if group.at else []
    bits = [
        case((source.test(one), literal_column(f"{1 << at}")), else_=NONE)
        for at, one in enumerate(counting.conditions(group))
    ]
    mask = reduce(add, bits) if bits else NONE
    named = (*counting.names(group), *counting.sums(group))
    columns = [source.column(name) for name in named]
    order = [source.key, *(table.c.id for table in source.joined.values())]
    query = select(source.key, mask, *columns).select_from(source.tables)
    return query.where(*limits).order_by(*order)


def _standing(source: Source) -> list[ColumnElement[bool]]:
    """What is of that kind, in that project, and not voided."""
    spine, own = tables(source.cls)
    here = spine.c.project_id == bindparam("project", type_=BigInteger())
    found = [here, spine.c.voided_at.is_(None)]
    if own is not spine:
        found.append(spine.c.type == source.cls.slug)
    return found


def _within(column: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    """From the beginning of the window's first day until that of the day behind."""
    first, behind = (bindparam(name, type_=column.type) for name in ("first", "behind"))
    return [column >= first, column < behind]


def _bounds(group: Group, window: Window, place: ZoneInfo) -> dict[str, Any]:
    """The window as days, or as moments by the office's clock."""
    if not group.at:
        return {}
    first, last = window
    if isinstance(column_of(record_type(group.slug), group.at).type, Date):
        return {"first": first, "behind": last + DAY}
    return {"first": midnight(first, place), "behind": midnight(last + DAY, place)}


def midnight(day: dt.date, place: ZoneInfo) -> dt.datetime:
    """When a day of the office begins."""
    return dt.datetime.combine(day, dt.time(), place).astimezone(dt.UTC)


@dataclass(frozen=True, slots=True)
class Counting:
    """For whom is counted: the project, the moment, the office's time."""

    session: Session
    project: int
    now: dt.datetime
    place: ZoneInfo

    def rows(self, group: Group, window: Window) -> Rows:
        """The rows of a group in a window, by column."""
        values = {"project": self.project, **_bounds(group, window, self.place)}
        values["now"] = self.now
        query, connection = statement(group), self.session.connection()
        with connection.execute(query, values) as result:
            named = (*counting.names(group), *counting.sums(group))
            ids, masks, *columns = _columns(result.cursor, len(named) + 2)
        told: dict[str, Sequence[Any]] = dict(zip(named, columns, strict=True))
        for name in counting.sums(group):
            told[name] = _exact(query.selected_columns[name].type, told[name])
        return Rows(ids, masks, told)


def _columns(cursor: Any, width: int) -> list[list[Any]]:
    """What the driver still has to give, by column; no row outlives its part."""
    found: list[Any] = []
    while part := cursor.fetchmany(PART):
        for row in part:
            found += row
    return [found[at::width] for at in range(width)]


def _exact(kind: Any, stored: Sequence[Any]) -> list[Any]:
    """What the driver gave, as the column means it."""
    read = kind.process_result_value
    return [value if value is None else read(value, None) for value in stored]
