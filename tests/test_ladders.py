"""Ladders as pure functions: who stands how high, and when messages may leave."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.calendar import Hours
from rules.ladders import Rung, bands, leaves_at

pytestmark = pytest.mark.once

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = dt.datetime(2026, 3, 11, 2, 0, tzinfo=dt.UTC)  # a Wednesday, 10:00 there
HOUR = dt.timedelta(hours=1)
HOURS = Hours(
    SHANGHAI,
    frozenset({1, 2, 3, 4, 5}),
    dt.time(9),
    dt.time(18),
    {dt.date(2026, 3, 12): False, dt.date(2026, 3, 14): True},
)
DIGEST = (dt.time(16, 30), dt.time(9))


def rungs(*hours: int) -> list[Rung]:
    return [Rung("overdue", n, h * HOUR) for n, h in enumerate(hours, 1)]


def level(ladder: list[Rung], late: int) -> int:
    """How high something stands that has been due for so many hours; in one band."""
    due = NOW - late * HOUR
    holding = [
        band.level
        for band in bands(ladder, NOW)
        if due <= band.until and (band.since is None or due > band.since)
    ]
    assert len(holding) <= 1
    return max(holding, default=0)


def local(day: int, clock: str) -> dt.datetime:
    time = dt.time.fromisoformat(clock)
    return dt.datetime.combine(dt.date(2026, 3, day), time, SHANGHAI)


def test_each_level_has_the_due_times_between_it_and_the_next() -> None:
    first, second, third = bands(rungs(0, 24, 48), NOW)
    assert (first.since, first.until, first.level) == (NOW - 24 * HOUR, NOW, 1)
    assert (second.since, second.until) == (NOW - 48 * HOUR, NOW - 24 * HOUR)
    assert (third.since, third.until, third.level) == (None, NOW - 48 * HOUR, 3)
    assert [rung.level for rung in third.rungs] == [1, 2, 3]


def test_rungs_of_the_same_hour_are_reached_together() -> None:
    (only,) = bands(rungs(0, 0), NOW)
    assert (only.level, len(only.rungs)) == (2, 2)
    assert list(bands([], NOW)) == []


@given(
    st.lists(st.integers(0, 200), min_size=1, max_size=6),
    st.integers(1, 400),
)
def test_the_bands_are_the_level_turned_round(hours: list[int], late: int) -> None:
    reached = sum(after <= late for after in hours)
    assert level(rungs(*sorted(hours)), late) == reached


@pytest.mark.parametrize(
    ("late", "reached"),
    [(-1, 0), (0, 1), (23, 1), (24, 2), (47, 2), (48, 3), (72, 4), (9999, 4)],
)
def test_being_late_climbs_the_ladder(late: int, reached: int) -> None:
    assert level(rungs(0, 24, 48, 72), late) == reached


@pytest.mark.parametrize(
    ("told", "leaves"),
    [
        (local(11, "10:00"), local(11, "10:00")),
        (local(11, "07:15"), local(11, "09:00")),
        (local(11, "18:00"), local(13, "09:00")),  # Thursday is a holiday
        (local(13, "22:00"), local(14, "09:00")),  # and Saturday makes up for it
        (local(15, "12:00"), local(16, "09:00")),
    ],
)
def test_a_message_that_can_wait_leaves_when_people_work(
    told: dt.datetime, leaves: dt.datetime
) -> None:
    assert leaves_at(told, HOURS) == leaves


@pytest.mark.parametrize(
    ("told", "leaves"),
    [
        (local(11, "08:59"), local(11, "09:00")),
        (local(11, "09:00"), local(11, "16:30")),
        (local(11, "16:30"), local(13, "09:00")),
        (local(14, "20:00"), local(16, "09:00")),
    ],
)
def test_a_digest_takes_what_came_before_it(
    told: dt.datetime, leaves: dt.datetime
) -> None:
    assert leaves_at(told, HOURS, DIGEST) == leaves
