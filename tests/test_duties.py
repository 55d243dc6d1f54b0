"""Recurring duties: due days worked out by hand, and each occasion exactly once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.record import fields
from models import DutyRule
from rules.calendar import DAY
from rules.duties import SHORT, Duty, Slot, duty, following, period_of, slots
from seeds import loader
from tests.office_time import OFFICE

pytestmark = pytest.mark.once

DAYS = st.dates(dt.date(2024, 1, 1), dt.date(2030, 12, 31))


KNOWN = fields(DutyRule)
RULES = {
    row["code"]: duty({n: loader.cell(KNOWN[n], raw) for n, raw in row.items()})
    for row in loader.rows("duty_rule")
}
"""The duties that the office begins with."""


def in_year(rule: Duty, year: int) -> list[Slot]:
    """The occasions of a rule that are due in a year."""
    return list(slots(rule, OFFICE, dt.date(year, 1, 1), dt.date(year, 12, 31)))


def dues(rule: Duty, year: int) -> list[str]:
    """Their due days."""
    return [f"{slot.due:%m-%d}" for slot in in_year(rule, year)]


LAST_DAYS = "01-31 02-28 03-31 04-30 05-31 06-30 07-31 08-31 09-30 10-31 11-30 12-31"
WORKED = [
    ("publication on the 30th", Duty("month", None, 30), 2026, "02-28", 1),
    ("a leap year", Duty("month", None, 30), 2028, "02-29", 1),
    ("the last day", Duty("month", None, 31), 2026, LAST_DAYS, None),
    ("before the 25th, with it", Duty("month", None, 25), 2026, "03-25", 2),
    (
        "before the 25th, without it",
        Duty("month", None, 25, inclusive=False),
        2026,
        "03-24",
        2,
    ),
    (
        "no clamp: the day after",
        Duty("month", None, 31, clamp=False),
        2026,
        "05-01",
        3,
    ),
    ("Saturday stays", Duty("month", None, 25), 2026, "04-25", 3),
    ("Saturday before", Duty("month", None, 25, shift="before"), 2026, "04-24", 3),
    ("Saturday after", Duty("month", None, 25, shift="after"), 2026, "04-27", 3),
    ("quarter, its end", Duty("quarter", 3, 31), 2026, "03-31 06-30 09-30 12-31", None),
    ("quarter, its 10th", Duty("quarter", 1, 10), 2026, "01-10 04-10", slice(0, 2)),
    ("half-years", Duty("half_year", 6, 31), 2026, "06-30 12-31", None),
    ("a year", Duty("year", 11, 30), 2026, "11-30", None),
    ("weeks end", Duty("week"), 2026, "01-04 01-11", slice(0, 2)),
    ("weeks, Wednesday", Duty("week", None, 3), 2026, "01-07", 0),
    ("days", Duty("day"), 2026, "01-01 01-02", slice(0, 2)),
]


@pytest.mark.clause("S0-72", "S2-59", "S2-63", "S2-68", "S4-10", "S4-183", "S4-185")
@pytest.mark.parametrize(
    ("rule", "year", "expected", "where"),
    [row[1:] for row in WORKED],
    ids=[row[0] for row in WORKED],
)
def test_due_days_worked_out_by_hand(
    rule: Duty, year: int, expected: str, where: Any
) -> None:
    found = dues(rule, year)
    chosen = found if where is None else found[where]
    assert " ".join([chosen] if isinstance(chosen, str) else chosen) == expected


def _covers(code: str, year: int, at: int) -> str:
    slot = in_year(RULES[code], year)[at]
    return f"{slot.name} {slot.covers[0]} {slot.covers[1]}"


@pytest.mark.clause("S0-72", "S2-59", "S2-63", "S2-68")
def test_a_report_covers_the_days_that_it_can_know() -> None:
    assert _covers("complaint_summary", 2026, 2) == "2026-03 2026-02-26 2026-03-25"
    assert _covers("complaint_summary", 2026, 0) == "2026-01 2025-12-26 2026-01-25"
    assert _covers("complaint_export", 2026, 2) == "2026-02 2026-02-01 2026-02-28"
    assert _covers("common_issues", 2026, 1) == "2026-02 2026-02-01 2026-02-28"
    assert _covers("developer_legacy", 2026, 0) == "2026Q1 2026-01-01 2026-03-31"
    assert _covers("card_review", 2026, 1) == "2026Q1 2026-01-01 2026-03-31"
    assert _covers("complaint_review", 2026, 1) == "2026H2 2026-07-01 2026-12-31"
    assert _covers("owner_survey", 2026, 0) == "2026 2026-01-01 2026-12-31"
    assert _covers("box_collection", 2026, 0) == "2026-W01 2025-12-29 2026-01-04"
    assert _covers("stocktake", 2026, 0) == "2026-01-01 2026-01-01 2026-01-01"


def test_every_one_or_two_months_is_late_after_two() -> None:
    slot = in_year(RULES["customer_feedback"], 2026)[0]
    assert (slot.due, slot.late) == (dt.date(2026, 1, 31), dt.date(2026, 2, 28))


@pytest.mark.clause("S4-206", "S4-214", "S4-239", "S2-66", "S4-44", "S4-48", "S4-240")
@pytest.mark.parametrize("code", RULES)
def test_three_years_bring_each_occasion_once(code: str) -> None:
    rule, since = RULES[code], dt.date(2026, 1, 1)
    found = list(slots(rule, OFFICE, since, dt.date(2028, 12, 31)))
    counts = {"day": 1096, "week": 157, "month": 36, "quarter": 12, "half_year": 6}
    assert len(found) == counts.get(rule.period, 3)
    assert len({slot.first for slot in found}) == len(found)
    assert [slot.due for slot in found] == sorted(slot.due for slot in found)


PERIODS = st.sampled_from(("day", "week", "month", "quarter", "half_year", "year"))
ANY = st.builds(
    Duty,
    period=PERIODS,
    due_month=st.integers(1, 12) | st.none(),
    due_day=st.integers(1, 31) | st.none(),
    inclusive=st.booleans(),
    clamp=st.booleans(),
    shift=st.sampled_from(("none", "before", "after")),
)


@given(ANY, DAYS, st.integers(0, 400), st.integers(0, 400))
def test_a_span_and_the_next_bring_what_both_together_do(
    rule: Duty, since: dt.date, one: int, other: int
) -> None:
    middle, until = since + one * DAY, since + (one + other) * DAY
    whole = list(slots(rule, OFFICE, since, until))
    parts = [
        *slots(rule, OFFICE, since, middle),
        *slots(rule, OFFICE, middle + DAY, until),
    ]
    assert sorted(whole, key=_first) == sorted(parts, key=_first)
    assert all(since <= slot.due <= until for slot in whole)
    assert len({slot.first for slot in whole}) == len(whole)


def _first(slot: Slot) -> dt.date:
    return slot.first


@given(DAYS, PERIODS)
def test_periods_lie_side_by_side(day: dt.date, period: str) -> None:
    first = period_of(period, day)
    after = following(period, first)
    assert first <= day < after
    assert period_of(period, after - DAY) == first
    assert (after - first).days in ((1, 7) if period in SHORT else range(28, 367))
