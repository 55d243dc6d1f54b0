"""The figures of reports once more, row by row in plain Python, to compare with."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import Clock
from core.record import fields, record_type
from rules.reports.declared import Before, By, Condition, Either, Figure, Group, Is
from rules.reports.periods import Period

Row = dict[str, Any]


class Stock:
    """Every row of every kind, as it stands, read once."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.kinds: dict[str, dict[int, Row]] = {}
        self.clocks: dict[int, list[Clock]] = {}
        for clock in session.scalars(select(Clock).order_by(Clock.id)):
            self.clocks.setdefault(clock.case_id, []).append(clock)

    def of(self, slug: str) -> dict[int, Row]:
        """The rows of a kind by their ids, each with all its fields."""
        if slug not in self.kinds:
            cls = record_type(slug)
            names = [column.key for column in cls.__mapper__.column_attrs]
            query = select(*(getattr(cls, name).label(name) for name in names))
            self.kinds[slug] = {
                row["id"]: {**row, "type": slug}
                for row in self.session.execute(query).mappings()
            }
        return self.kinds[slug]


class Recount:
    """Everything that stands in one project, counted without SQL but ``SELECT *``."""

    def __init__(
        self, stock: Stock, project: int, now: dt.datetime, place: ZoneInfo
    ) -> None:
        self.stock, self.project, self.now, self.place = stock, project, now, place

    def rows(self, group: Group, period: Period) -> list[Row]:
        """The rows of a group in a period, each with all its fields."""
        found = []
        for row in self._all(group):
            kept = all(self.meets(row, one) for one in group.where)
            if kept and (not group.at or self._inside(row[group.at], period)):
                found.append(row)
        return found

    def figures(self, groups: list[Group], period: Period) -> dict[str, Any]:
        """Every figure of a report by its code."""
        told: dict[str, Any] = {}
        for group in groups:
            rows = self.rows(group, period)
            for figure in group.figures:
                told[figure.code] = self._figure(figure, rows, told)
        return told

    def table(self, group: Group, by: By, period: Period) -> dict[Any, list[Any]]:
        """A breakdown: each value with what the shown figures say of its rows."""
        apart: dict[Any, list[Row]] = {}
        for row in self.rows(group, period):
            apart.setdefault(self._value(row, by.name), []).append(row)
        kept = {v: r for v, r in apart.items() if len(r) >= by.least}
        if by.least > 1:
            kept.pop(None, None)
        shown = [f for code in group.shown for f in group.figures if f.code == code]
        return {
            value: [self._figure(one, rows, {}) for one in shown]
            for value, rows in kept.items()
        }

    def _figure(self, figure: Figure, rows: list[Row], told: dict[str, Any]) -> Any:
        met = [row for row in rows if all(self.meets(row, c) for c in figure.where)]
        if figure.repeated:
            homes = Counter(row[figure.repeated] for row in met)
            return sum(1 for home, n in homes.items() if home is not None and n > 1)
        if figure.adds:
            return float(sum(row[figure.adds] or 0 for row in met))
        if not figure.of:
            return len(met)
        if not told[figure.of]:
            return None
        part = len(met) + told.get(figure.plus, 0)
        exact = Decimal(part) / Decimal(told[figure.of]) * 100
        return float(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))

    def meets(self, row: Row, condition: Condition) -> bool:
        """Whether a row meets a condition."""
        if isinstance(condition, Is):
            value = self._value(row, condition.name)
            met = value in condition.values if condition.values else value is not None
            return met is not condition.never
        if isinstance(condition, Either):
            return any(self.meets(row, one) for one in condition.among)
        if isinstance(condition, Before):
            earlier = self._value(row, condition.name)
            later = self._value(row, condition.other)
            return bool(earlier and later and earlier < later)
        late = any(
            self._late(clock)
            for clock in self.stock.clocks.get(row["id"], ())
            if not condition.rules or clock.rule in condition.rules
        )
        return late is not condition.never

    def _late(self, clock: Clock) -> bool:
        if clock.stopped_at is not None:
            return bool(clock.stopped_by) and clock.stopped_at >= clock.due_at
        return self.now >= clock.due_at

    def _all(self, group: Group) -> list[Row]:
        rows = [
            row
            for row in self.stock.of(group.slug).values()
            if row["project_id"] == self.project and row["voided_at"] is None
        ]
        if not any(by.name.startswith("clock.") for by in group.by):
            return rows
        return [
            row | {"clock": clock}
            for row in rows
            for clock in self.stock.clocks.get(row["id"], ())
        ]

    def _value(self, row: Row, name: str) -> Any:
        first, _dot, second = name.partition(".")
        if first == "clock":
            return getattr(row["clock"], second)
        if not second or row[first] is None:
            return row[first]
        target = fields(record_type(row["type"]))[first].ref
        return self.stock.of(target)[row[first]][second]

    def _inside(self, when: Any, period: Period) -> bool:
        if isinstance(when, dt.datetime):
            when = when.astimezone(self.place).date()
        return when is not None and period.first <= when <= period.last
