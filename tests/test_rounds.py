"""Rounds over the database: who is visited when, once each; visits and their ways."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select

from core.db import now, writing
from core.messages import Message
from core.occasions import Occasion
from core.words import _
from models import (
    Complaint,
    EngineeringProject,
    EngineeringRevisit,
    HomeVisit,
    Occupancy,
    Person,
    Project,
    Revisit,
    RevisitAgreement,
    RevisitPlan,
    Unit,
    Zone,
)
from rules.rounds import blocks, day_of
from tests.cast import Office
from tests.conftest import AsActor
from tests.filling import make
from tests.lives import Life, picked
from tests.office_time import HERE, today
from views import rounds

DAY = dt.timedelta(days=1)


def planned(as_actor: AsActor, days: int = 0) -> int:
    """Plan the rounds so many days from now."""
    with as_actor() as session:
        return rounds.run(session, now() + days * DAY)


def occasions(as_actor: AsActor, office: Office) -> Counter[str]:
    """How often each rule was planned in the home estate."""
    with as_actor() as session:
        query = select(Occasion.rule).where(Occasion.project_id == office.home)
        return Counter(session.scalars(query))


def live_there(as_actor: AsActor, office: Office, homes: int, **more: Any) -> list[int]:
    """So many more homes with somebody in each; the first is the cast's own."""
    with as_actor() as session, writing(session):
        building = session.get_one(Unit, office.unit).building_id
        units = [office.unit]
        for n in range(homes):
            room = {"room": f"7{n:02}", "name": f"3-7{n:02}", "building_id": building}
            units.append(make(session, Unit, office.home, **room, **more).id)
        for unit in units:
            person = make(session, Person, office.home, name=f"住户{unit}")
            home = {"unit_id": unit, "person_id": person.id, "relation": "owner"}
            made = make(session, Occupancy, office.home, **home, main_contact=True)
            made.since, made.until = None, None
        return units


@pytest.mark.clause("S4-16", "S4-213", "S4-191", "S4-36", "S4-81")
def test_every_home_is_visited_once_in_three_months(life: Life) -> None:
    with life.as_actor() as session, writing(session):
        zone = make(session, Zone, life.office.home).id
        session.get_one(Zone, zone).staff_id = life.office.staff["receptionist"]
    units = live_there(life.as_actor, life.office, 8, zone_id=zone)
    for days in (0, 1, 100, 183, 183):
        planned(life.as_actor, days)
    until = today() + (183 + 7) * DAY
    with life.as_actor() as session:
        query = select(Occasion).where(
            Occasion.rule == "residential.household",
            Occasion.project_id == life.office.home,
        )
        found = list(session.scalars(query))
        keys = Counter((one.subject, one.slot) for one in found)
        assert set(keys.values()) == {1}
        assert keys.keys() == {
            (unit, first)
            for first, last in blocks(3, today(), until)
            for unit in units
            if today() <= day_of(unit, first, last) <= until
        }
        visits = session.scalars(select(Revisit)).all()
        homes = Counter((v.unit_id, v.revisitor_role) for v in visits)
        assert set(homes.values()) == {1}  # one visit serves whatever comes due later
        one = next(v for v in visits if v.source_kind == "periodic")
        assert one.next_due_at
        assert one.next_due_at.astimezone(HERE).date() == one.plan_on
        told = select(Message).where(
            Message.staff_id == life.office.staff["receptionist"],
            Message.record_id.is_(None),
        )
        assert session.scalars(told).first() is not None


@pytest.mark.clause("S4-105", "S4-238", "S4-104", "S4-212", "S4-237")
def test_a_zone_is_visited_monthly_where_nobody_called_for_longest(life: Life) -> None:
    with life.as_actor() as session, writing(session):
        zone = make(session, Zone, life.office.home).id
    units = live_there(life.as_actor, life.office, 3, zone_id=zone)[1:]
    with life.as_actor() as session, writing(session):
        for unit in units[:2]:
            values = {"unit_id": unit, "state": "fed_back", "visit_on": today()}
            make(session, HomeVisit, life.office.home, **values)
    for days in (0, 31, 62):
        planned(life.as_actor, days)
    with life.as_actor() as session:
        made = session.scalars(
            select(HomeVisit).where(HomeVisit.state == "planned").order_by(HomeVisit.id)
        ).all()
        assert made[0].unit_id == units[2]
        assert len({one.unit_id for one in made}) == len(made)
        assert {one.frequency for one in made} == {"monthly"}
    found = occasions(life.as_actor, life.office)
    until = today() + (62 + 7) * DAY
    for rule, every, count in (("residential.zone", 1, len(made)), ("director", 12, 0)):
        due = [day_of(zone, *one) for one in blocks(every, today(), until)]
        expected = sum(today() <= day <= until for day in due)
        assert found[rule] == expected
        assert count in (0, expected)


@pytest.mark.clause("S4-106", "S4-107", "S4-108")
@pytest.mark.parametrize(
    ("kind", "rule", "least", "most"),
    [("commercial", "commercial", 4, 5), ("office", "office", 2, 3)],
)
def test_the_property_decides_how_often(
    life: Life, kind: str, rule: str, least: int, most: int
) -> None:
    live_there(life.as_actor, life.office, 0)
    with life.as_actor() as session, writing(session):
        session.get_one(Project, life.office.home).property_type = kind
    for _n in range(2):
        planned(life.as_actor, 364)
    found = occasions(life.as_actor, life.office)
    assert least <= found[rule] <= most
    assert not {"residential.household", "residential.zone"} & found.keys()


@pytest.mark.clause("S4-14", "S4-38", "S4-17", "S4-37", "S4-137")
def test_some_are_visited_more_often_for_what_they_are(life: Life) -> None:
    units = live_there(life.as_actor, life.office, 4)
    new, key, often, agreed = units[1:]
    with life.as_actor() as session, writing(session):
        by_unit = {one.unit_id: one for one in session.scalars(select(Occupancy)).all()}
        by_unit[new].since = today()
        session.get_one(Person, by_unit[key].person_id).customer_group = "key"
        session.get_one(Person, by_unit[often].person_id).customer_group = None
        for _n in range(3):
            make(session, Complaint, life.office.home, unit_id=often)
        person = {"person_id": by_unit[agreed].person_id, "unit_id": agreed}
        agreement = make(
            session, RevisitAgreement, life.office.home, **person, state="signed"
        )
        agreement.scope, agreement.valid_until = ["monthly"], today() + 90 * DAY
    for _n in range(2):
        planned(life.as_actor, 62)
    with life.as_actor() as session:
        rows = session.scalars(
            select(Occasion).where(Occasion.project_id == life.office.home)
        ).all()
        found = {(one.rule, one.subject) for one in rows}
        first = next(one for one in rows if one.rule == "new_owner")
        assert (first.subject, first.due_on) == (new, today() + 7 * DAY)
        boosted = [one for one in rows if one.rule == "new_owner.boosted"]
        assert {one.subject for one in boosted} == {new}
        assert len(boosted) == 2
    for rule, home in (("key_customer", key), ("complaining", often)):
        assert {subject for code, subject in found if code == rule} == {home}
    assert {subject for code, subject in found if code == "agreement"} == {agreed}


@pytest.mark.clause("S4-68", "S4-92")
def test_finished_works_are_visited_in_their_months(life: Life) -> None:
    with life.as_actor() as session, writing(session):
        works = make(session, EngineeringProject, life.office.home)
        works.accepted_on = today()
        key = works.id
    for days in (40, 200, 400, 800, 801):
        planned(life.as_actor, days)
    with life.as_actor() as session:
        query = select(EngineeringRevisit).order_by(EngineeringRevisit.plan_on)
        found = [one.stage for one in session.scalars(query)]
        assert found == ["month_1", "month_3", "month_6", "month_12", "yearly"]
        following = session.get_one(EngineeringProject, key).next_revisit_on
        assert following is not None
        assert following > today() + 801 * DAY
    life.decide("module.engineering_revisits", "no")
    assert planned(life.as_actor, 1200) == 0


@pytest.mark.clause("S4-87", "S4-83")
def test_a_visit_belongs_to_the_plan_of_its_days(life: Life) -> None:
    live_there(life.as_actor, life.office, 0)
    with life.as_actor() as session, writing(session):
        plan = make(session, RevisitPlan, life.office.home)
        plan.period_from, plan.period_to = today(), today() + 400 * DAY
        key = plan.id
    planned(life.as_actor, 100)
    with life.as_actor() as session:
        assert {one.revisit_plan_id for one in session.scalars(select(Revisit))} == {
            key
        }


def home_visit(life: Life, days: int) -> int:
    """A household visit planned for so many days from now."""
    day = {"visit_on": (today() + days * DAY).isoformat()}
    return life.write("receptionist", "home_visit", **day, **life.at_home())


@pytest.mark.once
@pytest.mark.clause("S4-109", "S4-110", "S4-113", "S4-114", "S4-117", "S4-121", "S4-86")
def test_a_household_is_told_visited_summed_up_and_told_the_result(life: Life) -> None:
    key, soon = home_visit(life, 5), home_visit(life, 1)
    life.does("receptionist", "home_visit", key, "tell_owner")
    early = _("Tell the owner {n} days before, or say why it is sooner.", n=2)
    life.refused("receptionist", "home_visit", soon, "tell_owner", early)
    why = {"reason": "业主自己约的"}
    life.does("receptionist", "home_visit", soon, "tell_owner", **why)
    later = {"visit_on": (today() + 3 * DAY).isoformat(), "reason": "没人在家"}
    life.does("receptionist", "home_visit", soon, "postpone", **later)
    said = {"satisfaction": "fair", "complaints_heard": "楼道灯不亮"}
    bare = "Take the questionnaire and the reply slip along."
    tools = {"tools_prepared": ["questionnaire"]}
    life.refused("receptionist", "home_visit", key, "visit", bare, **said, **tools)
    tools = {"tools_prepared": ["questionnaire", "reply_slip"]}
    life.does("receptionist", "home_visit", key, "visit", **said, **tools)
    heard = "What was heard there is not passed on yet: make a record of it first."
    told = {"summary": "照明一条"}
    life.refused("receptionist", "home_visit", key, "summarise", heard, **told)
    for slug in ("complaint", "repair", "suggestion"):
        life.does("receptionist", "home_visit", key, f"hear_{slug}", reason="灯不亮")
        made = life.case(slug, life.caused(key, slug)[0])
        assert (made.content, made.unit_id) == ("灯不亮", life.office.unit)
    life.does("receptionist", "home_visit", key, "summarise", **told)
    back = {"solution": "换灯", "timetable": "本周内"}
    life.does("receptionist", "home_visit", key, "feed_back", **back)
    assert life.case("home_visit", key).fed_back_at
    holder = picked("holder_id", life.office.staff["receptionist"])
    life.does("supervisor", "home_visit", soon, "assign", **holder)


@pytest.mark.once
@pytest.mark.clause("S4-62", "S4-63", "S4-69", "S4-96", "S4-97", "S4-91", "S4-127")
def test_a_problem_of_finished_works_is_photographed_mended_and_told(
    life: Life,
) -> None:
    with life.as_actor() as session, writing(session):
        works = make(session, EngineeringProject, life.office.home, name="屋面翻修").id
    to = picked("engineering_project_id", works) | {"content": "一年回访"}
    key = life.write("supervisor", "engineering_revisit", **to)
    seen = {"mode": "on_site", "satisfaction": "dissatisfied", "problem": "屋面渗水"}
    life.does("supervisor", "engineering_revisit", key, "visit", **seen)
    assert life.case("engineering_revisit", key).problem_at
    there = "There is a problem: have it put right first."
    report = {"report": "一处渗水，已整改"}
    life.refused(
        "supervisor", "engineering_revisit", key, "close_quietly", there, **report
    )
    order = {
        "defect_kind": "water_seepage",
        "urgency": "major",
        "rectification_plan": "重做防水",
        **life.given_to("supervisor"),
    }
    assert life.move("supervisor", "engineering_revisit", key, "rectify", **order)[
        0
    ] in (400, 409)
    life.does(
        "supervisor", "engineering_revisit", key, "rectify", photographed="y", **order
    )
    assert life.lines("escalation", case_id=key)[0].cause == "major"
    mine = "Whoever put it right does not accept it."
    life.refused("supervisor", "engineering_revisit", key, "accept", mine)
    other = picked("holder_id", life.office.staff["handler"])
    life.does("supervisor", "engineering_revisit", key, "assign", **other)
    life.does("supervisor", "engineering_revisit", key, "accept")
    life.does("supervisor", "engineering_revisit", key, "tell")
    life.does("supervisor", "engineering_revisit", key, "close", **report)
    quiet = life.write("supervisor", "engineering_revisit", **to)
    good = {"mode": "telephone", "satisfaction": "satisfied"}
    life.does("supervisor", "engineering_revisit", quiet, "visit", **good)
    life.does("supervisor", "engineering_revisit", quiet, "close_quietly", **report)
    assert life.state("engineering_revisit", quiet) == "closed"
