"""Office hours, weekends, holidays and make-up days; the days State Council set."""

from __future__ import annotations

import datetime as dt
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.calendar import BadHours, calendar, months_from, years_missing
from tests.office_time import DAYS, HERE, OFFICE, SETTINGS, at, moments, told

pytestmark = pytest.mark.once

ANY_MOMENT = moments("2024-01-01", "2026-12-20")
SPAN = st.integers(0, 5000).map(lambda n: dt.timedelta(minutes=n))


def days(first: str, last: str) -> list[dt.date]:
    start, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    return [start + dt.timedelta(days=n) for n in range((end - start).days + 1)]


@pytest.mark.parametrize(
    ("first", "last", "makeup"),
    [
        ("2024-02-10", "2024-02-17", "2024-02-04 2024-02-18"),
        ("2024-10-01", "2024-10-07", "2024-09-29 2024-10-12"),
        ("2025-01-28", "2025-02-04", "2025-01-26 2025-02-08"),
        ("2025-04-04", "2025-04-06", ""),
        ("2025-05-01", "2025-05-05", "2025-04-27"),
        ("2025-05-31", "2025-06-02", ""),
        ("2025-10-01", "2025-10-08", "2025-09-28 2025-10-11"),
        ("2026-01-01", "2026-01-03", "2026-01-04"),
        ("2026-02-15", "2026-02-23", "2026-02-14 2026-02-28"),
        ("2026-04-04", "2026-04-06", ""),
        ("2026-05-01", "2026-05-05", "2026-05-09"),
        ("2026-06-19", "2026-06-21", ""),
        ("2026-09-25", "2026-09-27", ""),
        ("2026-10-01", "2026-10-07", "2026-09-20 2026-10-10"),
    ],
)
def test_the_office_rests_on_holidays_and_works_on_make_up_days(
    first: str, last: str, makeup: str
) -> None:
    assert not any(map(OFFICE.office.is_on, days(first, last)))
    assert all(map(OFFICE.office.is_on, map(dt.date.fromisoformat, makeup.split())))
    assert all(map(OFFICE.desk.is_on, days(first, last)))


def test_a_holiday_holds_for_an_office_that_works_on_saturdays() -> None:
    six = calendar(SETTINGS | {"office.work_days": "1,2,3,4,5,6"}, DAYS)
    assert six.office.is_on(dt.date(2026, 11, 21))
    assert not six.office.is_on(dt.date(2026, 10, 3))


@pytest.mark.parametrize(
    ("moment", "minutes", "due"),
    [
        ("2025-09-30 17:30", 60, "2025-10-09 09:30"),  # over 国庆 2025
        ("2025-09-26 17:30", 60, "2025-09-28 09:30"),  # Sunday makes up
        ("2025-10-04 12:00", 30, "2025-10-09 09:30"),
        ("2025-10-10 18:00", 30, "2025-10-11 09:30"),
        ("2025-01-27 17:59", 2, "2025-02-05 09:01"),  # over 春节 2025
        ("2026-02-14 17:00", 120, "2026-02-24 10:00"),  # over 春节 2026
        ("2026-09-30 16:00", 120, "2026-09-30 18:00"),  # up to the bell
        ("2026-09-30 16:00", 121, "2026-10-08 09:01"),
        ("2026-11-20 22:00", 0, "2026-11-23 09:00"),
    ],
)
def test_office_time_passes_in_office_hours_only(
    moment: str, minutes: int, due: str
) -> None:
    span = dt.timedelta(minutes=minutes)
    assert told(OFFICE.office.after(at(moment), span)) == due


def test_the_desk_has_its_own_hours_every_day() -> None:
    hour = dt.timedelta(hours=1)
    assert told(OFFICE.desk.after(at("2025-10-01 17:30"), hour)) == "2025-10-02 09:00"
    assert told(OFFICE.desk.day_end(at("2025-10-01 17:30"))) == "2025-10-01 18:00"
    assert told(OFFICE.office.day_end(at("2025-10-01 17:30"))) == "2025-10-09 18:00"


@given(ANY_MOMENT, SPAN, SPAN)
def test_time_added_in_two_parts_is_the_same_time(
    moment: dt.datetime, one: dt.timedelta, two: dt.timedelta
) -> None:
    office = OFFICE.office
    assert office.after(moment, one + two) == office.after(
        office.after(moment, one), two
    )


@given(ANY_MOMENT, SPAN)
def test_what_is_due_in_office_time_is_due_in_office_hours(
    moment: dt.datetime, span: dt.timedelta
) -> None:
    for found in (
        OFFICE.office.after(moment, span),
        OFFICE.office.before(moment, span),
    ):
        local = found.astimezone(HERE)
        assert OFFICE.office.is_on(local.date())
        assert dt.time(9) <= local.time() <= dt.time(18)
    assert OFFICE.office.before(moment, span) <= moment
    assert OFFICE.office.after(moment, span) >= moment


@given(
    moments("2025-09-24", "2025-10-12").map(
        lambda moment: moment.replace(second=0, microsecond=0)
    ),
    st.integers(1, 1500),
)
def test_office_time_agrees_with_counting_every_minute(
    moment: dt.datetime, minutes: int
) -> None:
    now, left = moment, minutes
    while left:
        now += dt.timedelta(minutes=1)
        began = (now - dt.timedelta(minutes=1)).time()
        left -= OFFICE.office.is_on(now.date()) and dt.time(9) <= began < dt.time(18)
    span = dt.timedelta(minutes=minutes)
    assert OFFICE.office.after(moment, span) == now
    assert OFFICE.office.before(now, span) >= moment


@given(st.dates(dt.date(2024, 1, 1), dt.date(2026, 12, 1)), st.integers(1, 40))
def test_days_counted_on_and_back_meet(day: dt.date, amount: int) -> None:
    office = OFFICE.office
    later = office.days_from(day, amount)
    assert office.is_on(later)
    first = next(office.on_days(day + dt.timedelta(days=1)))
    assert office.days_from(later, 1 - amount) == first if amount > 1 else later
    between = [d for d in islice(office.on_days(first), amount) if d <= later]
    assert len(between) == amount


@pytest.mark.parametrize(
    ("day", "months", "found"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-11-23", 12, "2027-11-23"),
        ("2026-11-23", 100_000, "9998-03-23"),
        ("2026-11-23", -100_000, "0002-07-23"),
    ],
)
def test_a_month_ends_where_it_has_no_such_day(
    day: str, months: int, found: str
) -> None:
    assert months_from(dt.date.fromisoformat(day), months).isoformat() == found


def test_the_app_knows_which_years_lack_their_holidays() -> None:
    assert years_missing(OFFICE, dt.date(2026, 10, 31)) == []
    assert years_missing(OFFICE, dt.date(2026, 11, 1)) == [2027]
    assert years_missing(OFFICE, dt.date(2027, 12, 1)) == [2027, 2028]


@pytest.mark.parametrize(
    "wrong",
    [
        {"office.work_days": ""},
        {"office.work_days": "Monday"},
        {"office.opens": "18:00"},
        {"desk.closes": "late"},
        {"office.time_zone": "Mars/Base"},
        {"office.time_zone": "Asia"},
        {"office.work_days": "8"},
    ],
)
def test_hours_at_which_nobody_is_ever_there_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(BadHours):
        calendar(SETTINGS | wrong, DAYS)


def test_another_time_zone_moves_the_hours() -> None:
    there = calendar(SETTINGS | {"office.time_zone": "Europe/Berlin"}, {})
    opening = there.office.opening(dt.date(2026, 3, 29))  # the clocks go forward
    assert opening == dt.datetime(2026, 3, 29, 7, tzinfo=dt.UTC)
    assert there.office.opening(dt.date(2026, 3, 28)).hour == 8
