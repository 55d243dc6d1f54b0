"""Three years of the calendar: the real jobs, asleep now and then, miss nothing."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from itertools import cycle, pairwise
from typing import Any

import pytest
from sqlalchemy import select, update

from core.db import now, writing
from core.occasions import Occasion
from core.record import Case
from models import (
    DutyRule,
    Occupancy,
    Person,
    Project,
    Revisit,
    RevisitRule,
    Unit,
    Zone,
)
from rules.duties import SHORT, following
from rules.rounds import block, day_of
from tests.filling import make
from tests.lives import Life
from tests.office_time import today
from views import duties, rounds

pytestmark = pytest.mark.once

DAY = dt.timedelta(days=1)
SPAN = 3 * 365
ASLEEP = (1, 6, 8, 24, 31, 17, 45, 3, 60)
"""Days between two runs: a night, a missed week, a missed month or two."""
MANY = {"month": 36, "quarter": 12, "half_year": 6, "year": 3}
HOMES = 5
Found = dict[str, list[tuple[int, dt.date]]]


def three_years(life: Life, run: Any) -> None:
    """Let a job run over three years; whatever it opens is done by the next time."""
    steps, days = cycle(ASLEEP), 0
    while days <= SPAN:
        with life.as_actor() as session:
            run(session, now() + days * DAY)
        with life.as_actor() as session, writing(session):
            session.connection().execute(
                update(Case).values(state="closed", open=False)
            )
        days += next(steps)
    with life.as_actor() as session:
        run(session, now() + SPAN * DAY)
        assert run(session, now() + SPAN * DAY) == 0


def opened(life: Life) -> Found:
    """By rule: whom and when, each by a case."""
    found: Found = defaultdict(list)
    with life.as_actor() as session:
        query = select(Occasion).where(Occasion.project_id == life.office.home)
        for one in session.scalars(query.order_by(Occasion.subject, Occasion.slot)):
            assert one.case_id is not None
            found[one.rule].append((one.subject, one.slot))
    return found


def prepared(life: Life) -> None:
    """One estate with every duty and round in use but what comes by day and week."""
    with life.as_actor() as session, writing(session):
        session.get_one(Project, life.office.elsewhere).voided_at = now()
        for rule in session.scalars(select(DutyRule)):
            rule.active = rule.period not in SHORT
        zone = make(session, Zone, life.office.home).id
        home = session.get_one(Unit, life.office.unit)
        for n in range(HOMES):
            room = {"room": f"8{n}", "name": f"3-8{n}", "zone_id": zone}
            room |= {"building_id": home.building_id}
            unit = make(session, Unit, life.office.home, **room).id
            person = make(session, Person, life.office.home, name=f"住户{n}").id
            lives = {"unit_id": unit, "person_id": person, "relation": "owner"}
            made = make(session, Occupancy, life.office.home, **lives)
            made.since = made.until = None


@pytest.mark.clause("S0-20", "S2-17", "S2-66", "S2-59", "S3-66", "S4-44", "S4-48")
@pytest.mark.clause("S4-75", "S4-102", "S4-185", "S4-190", "S4-202", "S4-214")
@pytest.mark.clause("S4-215", "S4-239", "S4-240")
def test_each_duty_of_three_years_is_opened_once(life: Life) -> None:
    prepared(life)
    three_years(life, duties.run)
    found = opened(life)
    with life.as_actor() as session:
        rules = {r.code: r for r in session.scalars(select(DutyRule)) if r.active}
        assert found.keys() == rules.keys()
        for code, occasions in found.items():
            period = rules[code].period or ""
            days = [day for _subject, day in occasions]
            assert all(b == following(period, a) for a, b in pairwise(days)), code
            assert 0 <= len(days) - MANY[period] <= 2, (code, len(days))


@pytest.mark.clause("S4-16", "S4-105", "S4-212", "S4-237", "S4-191", "S4-213")
def test_each_visit_of_three_years_is_planned_once(life: Life) -> None:
    prepared(life)
    with life.as_actor() as session, writing(session):
        code = RevisitRule.code == "director"
        session.scalars(select(RevisitRule).where(code)).one().interval_months = 1
    three_years(life, rounds.run)
    found = opened(life)
    homes = {unit for unit, _day in found["residential.household"]}
    assert len(homes) == HOMES
    for unit in homes:
        days = [day for one, day in found["residential.household"] if one == unit]
        assert days == [
            first
            for first in quarters(days[0], days[-1])
            if today() <= day_of(unit, first, block(3, first)[1])
        ]
        assert 12 <= len(days) <= 13
    assert 36 <= len(found["residential.zone"]) <= 37
    in_years = [day.year for _zone, day in found["director"]]
    assert max(in_years.count(year) for year in in_years) == 2  # though monthly asked
    assert 6 <= len(in_years) <= 7
    with life.as_actor() as session:
        query = select(Revisit.id).where(Revisit.source_kind == "director")
        assert len(session.scalars(query).all()) == len(in_years)


def quarters(first: dt.date, last: dt.date) -> list[dt.date]:
    """The first days of the quarters from one to another."""
    found = [first]
    while found[-1] < last:
        found.append(following("quarter", found[-1]))
    return found
