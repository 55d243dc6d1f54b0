"""Working time: opening hours, the days of the week, holidays and make-up days.

Two calendars, for people answer the desk on days when the office rests. Both speak of
aware moments; days and times of day are those of the office's zone.
"""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count, islice
from zoneinfo import ZoneInfo

DAY = dt.timedelta(days=1)


class BadHours(ValueError):
    """The settings tell no hours at which anybody would be there."""


@dataclass(frozen=True, slots=True)
class Hours:
    """When somebody is there: ISO weekdays, from when to when, and what differs."""

    zone: ZoneInfo
    weekdays: frozenset[int]
    opens: dt.time
    closes: dt.time
    exceptions: Mapping[dt.date, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = self.weekdays and self.weekdays <= frozenset(range(1, 8))
        if not known or self.closes.hour <= self.opens.hour:  # an hour at the least
            raise BadHours(f"{self.weekdays} {self.opens} {self.closes}")

    def is_on(self, day: dt.date) -> bool:
        """Whether somebody is there on that day at all."""
        return self.exceptions.get(day, day.isoweekday() in self.weekdays)

    def day_of(self, moment: dt.datetime) -> dt.date:
        """The local day of a moment."""
        return moment.astimezone(self.zone).date()

    def opening(self, day: dt.date) -> dt.datetime:
        """When that day begins, should somebody be there."""
        return dt.datetime.combine(day, self.opens, self.zone).astimezone(dt.UTC)

    def closing(self, day: dt.date) -> dt.datetime:
        """When that day ends, should somebody be there."""
        return dt.datetime.combine(day, self.closes, self.zone).astimezone(dt.UTC)

    def on_days(self, day: dt.date, step: int = 1) -> Iterator[dt.date]:
        """The days on which somebody is there, from ``day`` on or back from it."""
        days = (day + n * DAY for n in count(0, step))
        return (day for day in days if self.is_on(day))

    def days_from(self, day: dt.date, amount: int) -> dt.date:
        """The day so many days of presence after ``day``, before it when negative."""
        step = 1 if amount > 0 else -1
        return next(islice(self.on_days(day + step * DAY, step), abs(amount) - 1, None))

    def day_end(self, moment: dt.datetime) -> dt.datetime:
        """The first closing time after ``moment``."""
        ends = map(self.closing, self.on_days(self.day_of(moment)))
        return next(end for end in ends if end > moment)

    def after(self, moment: dt.datetime, span: dt.timedelta) -> dt.datetime:
        """The moment when ``span`` of opening time has passed since ``moment``."""
        days = self.on_days(self.day_of(moment))
        while True:
            day = next(days)
            begin, end = max(moment, self.opening(day)), self.closing(day)
            if begin <= end and span <= end - begin:
                return begin + span
            span -= max(end - begin, dt.timedelta())

    def before(self, moment: dt.datetime, span: dt.timedelta) -> dt.datetime:
        """The moment from which ``span`` of opening time remains until ``moment``."""
        days = self.on_days(self.day_of(moment), -1)
        while True:
            day = next(days)
            begin, end = self.opening(day), min(moment, self.closing(day))
            if begin <= end and span <= end - begin:
                return end - span
            span -= max(end - begin, dt.timedelta())


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working days of the office beside the hours of its desk."""

    office: Hours
    desk: Hours

    def hours(self, *, working: bool) -> Hours:
        """The hours that working time, or else calendar time, goes by."""
        return self.office if working else self.desk


def calendar(settings: Mapping[str, str], days: Mapping[dt.date, bool]) -> Calendar:
    """The office's calendar from its settings and the days that differ.

    Raises BadHours when the settings make none.
    """
    try:
        office = _hours(settings, "office", "office.work_days")
        desk = _hours(settings, "desk", "desk.days")
    except (KeyError, ValueError, OSError) as error:
        raise BadHours(str(error)) from error
    return Calendar(replace(office, exceptions=days), desk)


def _hours(settings: Mapping[str, str], place: str, weekdays: str) -> Hours:
    return Hours(
        ZoneInfo(settings["office.time_zone"]),
        frozenset(map(int, settings[weekdays].split(","))),
        dt.time.fromisoformat(settings[f"{place}.opens"]),
        dt.time.fromisoformat(settings[f"{place}.closes"]),
    )


def months_from(day: dt.date, amount: int) -> dt.date:
    """The same day so many months on, the last of the month where it lacks that day."""
    years, month = divmod(day.month - 1 + amount, 12)
    year = min(max(day.year + years, dt.MINYEAR + 1), dt.MAXYEAR - 1)
    return dt.date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def years_missing(calendar: Calendar, today: dt.date) -> list[int]:
    """The years that must be known by now but have no holidays entered.

    The days of a year are published in the November before.
    """
    known = {day.year for day in calendar.office.exceptions}
    return sorted({today.year, today.year + (today.month >= 11)} - known)
