"""Recurring duties: which occasions a rule of the office has, and when each is due.

Pure functions of a rule, the calendar and days. An occasion is told by the first day
of its period, which no change of the due day moves.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rules.calendar import DAY, Calendar, months_from

MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
"""How many months a period of the calendar has."""
SHORT = frozenset({"day", "week"})
"""Periods that are over when the next begins: what was not done then never is."""
SLACK = 45 * DAY
"""Further than days off and a missing day of the month move a due day."""


@dataclass(frozen=True, slots=True)
class Duty:
    """One rule: how often, and on which day of which month of its period."""

    period: str
    due_month: int | None = None
    due_day: int | None = None
    inclusive: bool = True
    clamp: bool = True
    shift: str = "none"
    covers: str = "same"
    cutoff_day: int | None = None
    latest_months: int | None = None
    ahead: int = 0


@dataclass(frozen=True, slots=True)
class Slot:
    """One occasion: its period, its due day, the day from which it is late.

    ``covers`` are the days that a report of it counts, ``name`` what they are called.
    """

    first: dt.date
    due: dt.date
    late: dt.date
    covers: tuple[dt.date, dt.date]
    name: str


def duty(row: Mapping[str, Any]) -> Duty:
    """A row of the table of duties as a rule."""
    return Duty(
        period=row["period"],
        due_month=row["due_month"],
        due_day=row["due_day"],
        inclusive=row["inclusive"],
        clamp=row["clamp"],
        shift=row["weekend_shift"] or "none",
        covers=row["covers"] or "same",
        cutoff_day=row["cutoff_day"],
        latest_months=row["latest_months"],
        ahead=row["ahead_days"] or 0,
    )


def slots(
    rule: Duty, calendar: Calendar, since: dt.date, until: dt.date
) -> Iterator[Slot]:
    """The occasions due from one day to another, both included, in their order."""
    first = period_of(rule.period, since - SLACK)
    while first <= until + SLACK:
        due = _due(rule, calendar, first)
        if since <= due <= until and _is_held(rule, calendar, first):
            yield _slot(rule, first, due)
        first = following(rule.period, first)


def period_of(period: str, day: dt.date) -> dt.date:
    """The first day of the period that a day is in."""
    if period == "day":
        return day
    if period == "week":
        return day - day.weekday() * DAY
    length = MONTHS[period]
    return dt.date(day.year, (day.month - 1) // length * length + 1, 1)


def following(period: str, first: dt.date, count: int = 1) -> dt.date:
    """The first day of the period so many after the one that begins on ``first``."""
    if period in SHORT:
        return first + count * (DAY if period == "day" else 7 * DAY)
    return months_from(first, count * MONTHS[period])


def name_of(period: str, first: dt.date) -> str:
    """What a period is called: 2026-03, 2026Q1, 2026H1, 2026, 2026-W11 or its day."""
    if period == "week":
        return f"{first:%G-W%V}"
    if period == "month":
        return f"{first:%Y-%m}"
    part = (first.month - 1) // MONTHS.get(period, 12) + 1
    parts = {"quarter": f"Q{part}", "half_year": f"H{part}", "year": ""}
    return f"{first:%Y}{parts[period]}" if period in parts else first.isoformat()


def _is_held(rule: Duty, calendar: Calendar, first: dt.date) -> bool:
    """What is done daily is done on the days of the desk."""
    return rule.period != "day" or calendar.desk.is_on(first)


def _slot(rule: Duty, first: dt.date, due: dt.date) -> Slot:
    beyond = (rule.latest_months or 1) - 1
    begin, end = covers = _covers(rule, first, due)
    named = end if rule.covers == "cutoff" else begin
    return Slot(
        first,
        due,
        months_from(due, beyond),
        covers,
        name_of(rule.period, period_of(rule.period, named)),
    )


def _due(rule: Duty, calendar: Calendar, first: dt.date) -> dt.date:
    """The day by which it is done; days off move it as the rule says."""
    day = _nominal(rule, first)
    if not rule.inclusive:
        day -= DAY
    if rule.shift == "none" or rule.period == "day":
        return day
    return next(calendar.office.on_days(day, -1 if rule.shift == "before" else 1))


def _nominal(rule: Duty, first: dt.date) -> dt.date:
    after = following(rule.period, first)
    if rule.period in SHORT:
        return min(first + ((rule.due_day or 7) - 1) * DAY, after - DAY)
    months = MONTHS[rule.period]
    month = months_from(first, min(rule.due_month or months, months) - 1)
    day = month + ((rule.due_day or 31) - 1) * DAY
    last = months_from(month, 1) - DAY
    return min(day, last) if rule.clamp or not rule.due_day else day


def _covers(rule: Duty, first: dt.date, due: dt.date) -> tuple[dt.date, dt.date]:
    """The days that count: this period, the one before, to date, or to a cut-off."""
    if rule.covers == "previous":
        return following(rule.period, first, -1), first - DAY
    if rule.covers == "to_date":
        return first, due
    last = following(rule.period, first) - DAY
    if rule.covers == "cutoff" and rule.cutoff_day:
        return _cut(first, rule.cutoff_day, -1) + DAY, _cut(first, rule.cutoff_day, 0)
    return first, last


def _cut(first: dt.date, day: int, months: int) -> dt.date:
    """The cut-off day of the month so many on, its last where it lacks that day."""
    month = months_from(first, months)
    return min(month + (day - 1) * DAY, months_from(month, 1) - DAY)
