"""When things are due: the office's own rules around holidays, worked out by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.deadlines import (
    Deadline,
    Limit,
    due_at,
    is_overdue,
    specific,
)
from tests.office_time import HERE, OFFICE, RULES, at, moments, told

pytestmark = pytest.mark.once

MOMENT = moments("2024-01-01", "2026-11-01")
UNIT = st.sampled_from(["minutes", "hours", "days", "months", "end_of_day"])
LIMIT = st.builds(Limit, st.integers(0, 60), UNIT, st.booleans())
RULE = st.one_of(
    st.builds(Deadline, st.just("x"), LIMIT),
    st.builds(Deadline, st.just("x"), LIMIT, LIMIT, st.just("earlier")),
)


def due(rule: Deadline, started: dt.datetime) -> dt.datetime:
    found = due_at(rule, OFFICE, started)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("code", "started", "expected"),
    [
        # 24 hours or one working day, whichever is earlier
        ("complaint.first_reply", "2026-11-23 10:40", "2026-11-24 10:40"),
        ("complaint.first_reply", "2026-11-23 19:00", "2026-11-24 18:00"),
        ("complaint.first_reply", "2026-09-30 16:00", "2026-10-01 16:00"),
        ("complaint.first_reply", "2025-09-27 12:00", "2025-09-28 12:00"),
        ("complaint.first_reply", "2025-09-27 19:00", "2025-09-28 18:00"),
        # the same day; from 17:00 on a day of its own
        ("complaint.investigate", "2026-11-23 09:10", "2026-11-23 18:00"),
        ("complaint.investigate", "2026-11-23 16:59", "2026-11-23 18:00"),
        ("complaint.investigate", "2026-11-23 17:00", "2026-11-24 17:00"),
        ("complaint.investigate", "2026-10-03 10:00", "2026-10-03 18:00"),
        ("complaint.investigate", "2026-11-23 23:30", "2026-11-24 23:30"),
        # three days of any kind
        ("complaint.remedy_answer", "2026-02-13 11:00", "2026-02-16 18:00"),
        ("complaint.remedy_answer", "2025-09-30 11:00", "2025-10-03 18:00"),
        # three working days
        ("complaint.finish.class_1", "2026-02-13 11:00", "2026-02-25 18:00"),
        ("complaint.finish.class_1", "2025-09-30 11:00", "2025-10-11 18:00"),
        ("complaint.finish.class_1", "2025-01-24 20:00", "2025-02-05 18:00"),
        ("complaint.finish.class_2", "2026-11-23 10:00", "2026-12-08 18:00"),
        # the same working day
        ("complaint.transfer", "2026-11-23 10:00", "2026-11-23 18:00"),
        ("complaint.transfer", "2026-11-23 18:00", "2026-11-24 18:00"),
        ("complaint.transfer", "2026-02-14 18:30", "2026-02-24 18:00"),
        ("complaint.transfer", "2025-09-28 09:00", "2025-09-28 18:00"),
        # the same day at the desk, which is there on holidays too
        ("reception.disposition", "2026-10-01 10:00", "2026-10-01 18:00"),
        ("reception.disposition", "2026-10-01 22:00", "2026-10-02 18:00"),
        ("rework.return", "2026-02-17 08:00", "2026-02-17 18:00"),
        # minutes and hours of the clock
        ("repair.arrival", "2026-02-17 23:50", "2026-02-18 00:20"),
        ("incident.inform", "2026-02-17 03:00", "2026-02-17 03:30"),
        ("rectification.notice", "2025-10-01 15:00", "2025-10-02 15:00"),
        # two, three and seven days after a repair
        ("revisit.repair.safety", "2026-02-14 16:00", "2026-02-16 18:00"),
        ("revisit.repair.leak", "2026-02-14 16:00", "2026-02-17 18:00"),
        ("revisit.repair.other", "2026-02-14 16:00", "2026-02-21 18:00"),
        ("lost_found.unclaimed", "2026-01-31 16:00", "2026-03-02 18:00"),
    ],
)
def test_the_rules_of_the_office(code: str, started: str, expected: str) -> None:
    assert told(due_at(RULES[code], OFFICE, at(started))) == expected


@pytest.mark.parametrize(
    ("code", "set_on", "expected"),
    [
        ("promise.reply", at("2026-11-24 10:40"), "2026-11-24 10:40"),
        ("repair.appointment", at("2026-11-24 14:00"), "2026-11-24 14:00"),
        ("complaint.finish.class_2", dt.date(2026, 12, 1), "2026-12-01 18:00"),
        ("rectification.finish", dt.date(2026, 11, 28), "2026-11-28 18:00"),
        ("arrears.promise", dt.date(2026, 11, 30), "2026-11-30 18:00"),
        ("duty.due", dt.date(2026, 11, 25), "2026-11-25 18:00"),
        ("home_visit.notice", dt.date(2026, 11, 28), "2026-11-26 18:00"),
        ("home_visit.notice", dt.date(2026, 11, 24), "2026-11-23 10:00"),
        ("card.expiring", dt.date(2027, 1, 10), "2026-12-11 18:00"),
    ],
)
def test_an_agreed_date_is_the_due_time(
    code: str, set_on: dt.date | dt.datetime, expected: str
) -> None:
    started = at("2026-11-23 10:00")
    assert told(due_at(RULES[code], OFFICE, started, set_on=set_on)) == expected


@pytest.mark.parametrize("code", ["promise.reply", "duty.due", "card.expiring"])
def test_nothing_is_due_while_its_date_is_not_set(code: str) -> None:
    assert RULES[code].needs_date
    assert due_at(RULES[code], OFFICE, at("2026-11-23 10:00")) is None


def test_before_a_day_may_leave_the_day_out() -> None:
    rule = replace(RULES["duty.due"], inclusive=False)
    day = dt.date(2026, 11, 25)
    found = due_at(rule, OFFICE, at("2026-11-20 10:00"), set_on=day)
    assert told(found) == "2026-11-24 18:00"


@pytest.mark.parametrize(
    ("limit", "before", "set_on", "expected"),
    [
        (Limit(2, "days", True), True, dt.date(2026, 10, 9), "2026-09-30 18:00"),
        (Limit(1, "months"), True, dt.date(2026, 12, 31), "2026-11-30 18:00"),
        (Limit(1, "months", True), True, dt.date(2026, 11, 8), "2026-10-08 18:00"),
        (Limit(1, "months", True), True, dt.date(2026, 11, 4), "2026-09-30 18:00"),
        (Limit(2, "hours"), True, at("2026-10-09 10:00"), "2026-10-09 08:00"),
        (Limit(2, "hours", True), True, at("2026-10-08 10:00"), "2026-09-30 17:00"),
        (Limit(24, "hours"), True, dt.date(2026, 10, 9), "2026-10-08 08:30"),
        (Limit(3, "days"), False, dt.date(2026, 10, 9), "2026-10-12 18:00"),
        (Limit(1, "hours"), False, at("2026-10-09 10:00"), "2026-10-09 11:00"),
        (Limit(1, "months", True), False, dt.date(2026, 9, 1), "2026-10-08 18:00"),
    ],
)
def test_clocks_that_hang_on_a_date_of_the_case(
    limit: Limit, before: bool, set_on: dt.date | dt.datetime, expected: str
) -> None:
    rule = Deadline("x", limit, before=before, date_fields=("day",))
    assert rule.needs_date
    assert told(due_at(rule, OFFICE, at("2026-09-01 09:00"), set_on=set_on)) == expected


@given(RULE, MOMENT, st.integers(0, 100_000))
def test_beginning_later_is_never_due_earlier(
    rule: Deadline, started: dt.datetime, minutes: int
) -> None:
    later = started + dt.timedelta(minutes=minutes)
    assert due(rule, started) <= due(rule, later)


@given(RULE, MOMENT)
def test_nothing_is_due_before_it_began(rule: Deadline, started: dt.datetime) -> None:
    assert due(rule, started) >= started


@given(RULE, MOMENT, st.timedeltas(dt.timedelta(), dt.timedelta(days=90)))
def test_a_pause_is_added_as_it_is(
    rule: Deadline, started: dt.datetime, pause: dt.timedelta
) -> None:
    assert due_at(rule, OFFICE, started, paused=pause) == due(rule, started) + pause


@given(
    MOMENT,
    st.sampled_from(["minutes", "hours", "days"]),
    st.booleans(),
    st.integers(1, 50),
    st.integers(1, 50),
)
def test_a_limit_in_two_parts_is_the_same_limit(
    started: dt.datetime, unit: str, working: bool, one: int, two: int
) -> None:
    first, second, whole = (
        Deadline("x", Limit(n, unit, working)) for n in (one, two, one + two)
    )
    assert due(second, due(first, started)) == due(whole, started)


@given(MOMENT, st.integers(1, 40), st.booleans())
def test_days_agree_with_crossing_them_off_one_by_one(
    started: dt.datetime, amount: int, working: bool
) -> None:
    day, left = started.date(), amount
    while left:
        day += dt.timedelta(days=1)
        left -= OFFICE.office.is_on(day) or not working
    found = due(Deadline("x", Limit(amount, "days", working)), started)
    assert told(found) == f"{day} 18:00"


@given(MOMENT, st.integers(0, 60), UNIT)
def test_what_counts_working_time_is_due_in_working_time(
    started: dt.datetime, amount: int, unit: str
) -> None:
    local = due(Deadline("x", Limit(amount, unit, True)), started).astimezone(HERE)
    assert OFFICE.office.is_on(local.date())
    assert dt.time(9) <= local.time() <= dt.time(18)


@given(LIMIT, LIMIT, MOMENT)
def test_the_earlier_of_two_limits_breaks_neither(
    one: Limit, two: Limit, started: dt.datetime
) -> None:
    both = due(Deadline("x", one, two, "earlier"), started)
    each = [due(Deadline("x", limit), started) for limit in (one, two)]
    assert both == min(each)


def test_overdue_is_a_matter_of_the_moment() -> None:
    end = at("2026-11-24 10:40")
    assert not is_overdue(end, at("2026-11-24 10:39"))
    assert is_overdue(end, at("2026-11-24 10:40"))


def test_a_rule_for_the_variant_takes_the_general_one_s_place() -> None:
    general, leak = RULES["revisit.task"], RULES["revisit.repair.leak"]
    assert specific([general]) == [general]
    assert specific([general, leak]) == [leak]
    reply = RULES["complaint.first_reply"]
    assert specific([reply, general, leak]) == [reply, leak]
