"""Who revisits which repair: shares that are right after every single one."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.moves import Facts
from rules.revisits import rules_for, shared_out, target
from rules.rounds import block, blocks, day_of, is_drawn, since_joining, stages

pytestmark = pytest.mark.once

SHARES = {"manager": 10, "supervisor": 30, "handler": 60}
DAYS = st.dates(dt.date(2024, 1, 1), dt.date(2030, 12, 31))
EVERY = st.sampled_from((1, 2, 3, 4, 6, 12))


def rule(role: str, share: int, **more: Any) -> dict[str, Any]:
    """One row of the office's rules of revisits."""
    usual = {"origin": "repair", "variant": "", "minimum": None, "mode": "on_site"}
    return usual | {"role": role, "share": share} | more


def finished(turn: int, rules: list[dict[str, Any]], **settings: str) -> Facts:
    """The so manieth repair of the month."""
    return Facts(
        row={"type": "repair", "state": "done", "project_id": 1, "person_id": 1},
        now=dt.datetime(2026, 3, 9, tzinfo=dt.UTC),
        setting=lambda code: settings.get(code.rpartition(".")[2], "up"),
        policy=lambda slug: rules if slug == "revisit_rule" else [],
        turn=lambda series: turn,
    )


@pytest.mark.clause("S4-218", "S4-219", "S4-220")
@given(st.integers(0, 700))
def test_a_month_of_repairs_differs_from_its_shares_by_less_than_one(many: int) -> None:
    rules = [rule(role, share) for role, share in SHARES.items()]
    given_to = Counter(
        found["role"]
        for turn in range(1, many + 1)
        for found in rules_for(finished(turn, rules))
    )
    assert given_to.total() == many
    for role, share in SHARES.items():
        assert abs(given_to[role] - share * many / 100) < 1


@given(st.lists(st.integers(0, 100), min_size=2, max_size=6))
def test_any_shares_of_a_hundred_are_kept_at_every_turn(shares: list[int]) -> None:
    assume(0 < sum(shares[:-1]) <= 100)
    whole = (*shares[:-1], 100 - sum(shares[:-1]))
    counts = [0] * len(whole)
    for turn, chosen in enumerate(shared_out(whole), 1):
        counts[chosen] += 1
        for share, count in zip(whole, counts, strict=True):
            assert abs(count - share * turn / 100) < 1


@pytest.mark.clause("S3-57")
@pytest.mark.parametrize(("minimum", "how", "first"), [(1, "down", 1), (None, "up", 1)])
def test_a_sample_takes_one_in_five_and_one_at_least(
    minimum: int | None, how: str, first: int
) -> None:
    rules = [rule("receptionist", 20, minimum=minimum)]
    drawn = [
        turn for turn in range(1, 21) if rules_for(finished(turn, rules, rounding=how))
    ]
    assert drawn[0] == first
    assert len(drawn) == (5 if how == "down" else 4)


def test_where_the_office_lets_several_revisit_one_each_has_his_own_share() -> None:
    rules = [rule(role, share) for role, share in SHARES.items()]
    facts = [finished(n, rules, overlap="yes", rounding="up") for n in range(1, 101)]
    counted = Counter(found["role"] for one in facts for found in rules_for(one))
    assert counted == SHARES


@pytest.mark.parametrize(
    ("share", "of", "how", "expected"),
    [(10, 1, "up", 1), (10, 14, "nearest", 1), (10, 15, "nearest", 2), (30, 3, "", 0)],
)
def test_a_target_is_rounded_as_the_office_says(
    share: int, of: int, how: str, expected: int
) -> None:
    assert target(share, of, how) == expected


@pytest.mark.clause("S4-16", "S4-36", "S4-105", "S4-106", "S4-107")
@given(DAYS, EVERY, st.integers(1, 10**9))
def test_every_home_has_one_day_in_every_stretch(
    day: dt.date, every: int, key: int
) -> None:
    first, last = block(every, day)
    assert first <= day <= last
    assert first <= day_of(key, first, last) <= last
    year = list(blocks(every, dt.date(2026, 1, 1), dt.date(2028, 12, 31)))
    assert len(year) == 36 // every
    assert len({day_of(key, *one) for one in year}) == len(year)


def test_a_quarter_of_visits_is_spread_evenly() -> None:
    first, last = block(3, dt.date(2026, 5, 1))
    days = Counter(day_of(key, first, last) for key in range(1, 2_001))
    assert len(days) == (last - first).days + 1
    assert max(days.values()) - min(days.values()) <= 4


@given(st.integers(1, 10**6), st.sampled_from((5, 10, 20, 25, 50, 100)))
def test_a_sample_of_homes_comes_round_to_everybody(key: int, share: int) -> None:
    turns = [first for first, _last in blocks(3, *_turns(share))]
    assert sum(is_drawn(key, share, 3, first) for first in turns) == 1


def _turns(share: int) -> tuple[dt.date, dt.date]:
    months = 100 // share * 3
    first = dt.date(2026, 1, 1)
    year, month = divmod(months - 1, 12)
    return first, dt.date(2026 + year, month + 1, 1)


@pytest.mark.clause("S4-92", "S4-68")
def test_works_are_visited_after_1_3_6_and_12_months_and_then_yearly() -> None:
    until = dt.date(2029, 1, 1)
    found = stages(dt.date(2026, 1, 31), (1, 3, 6, 12), 12, until)
    assert [f"{name} {day}" for name, day in found] == [
        "month_1 2026-02-28",
        "month_3 2026-04-30",
        "month_6 2026-07-31",
        "month_12 2027-01-31",
        "yearly 2028-01-31",
    ]


@pytest.mark.clause("S4-17")
def test_new_owners_are_visited_monthly_for_half_a_year() -> None:
    joined = dt.date(2026, 8, 31)
    days = list(since_joining(joined, 1, 6, dt.date(2030, 1, 1)))
    assert [f"{day:%m-%d}" for day in days] == [
        "09-30",
        "10-31",
        "11-30",
        "12-31",
        "01-31",
        "02-28",
    ]
