"""What follows from reports, boxes, notices and events, as its people see it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select

from core.db import now, writing
from core.messages import Message
from models import (
    Duty,
    DutyRule,
    Notice,
    Occupancy,
    PeriodicReport,
    Revisit,
    RevisitRule,
)
from tests.filling import make
from tests.lives import Life, picked
from tests.office_time import today
from views import duties, rounds
from views.clocking import edited
from views.reports import compiling

pytestmark = pytest.mark.once

DAY = dt.timedelta(days=1)


def told(life: Life, job: str, slug: str, key: int) -> list[str]:
    """What somebody was told of a record."""
    with life.as_actor() as session:
        mine = (Message.slug == slug, Message.record_id == key)
        staff = Message.staff_id == life.office.staff[job]
        return list(session.scalars(select(Message.words_zh).where(*mine, staff)))


def report(life: Life, kind: str, period: str, *items: dict[str, Any]) -> int:
    """A report that is due, with its problems."""
    asked: dict[str, Any] = {"report_kind": kind, "period": period}
    for n, item in enumerate(items):
        asked |= {f"part-report_item-{n}-{k}": v for k, v in item.items()}
    key = life.write("supervisor", "periodic_report", **asked)
    life.does("supervisor", "periodic_report", key, "compile")
    return key


@pytest.mark.clause("S4-85", "S4-125", "S4-126", "S4-130", "S2-62")
def test_the_measures_of_a_report_go_to_their_departments_and_come_back(
    life: Life,
) -> None:
    lamp = {"matter": "楼道灯常坏", "measures": "换声控灯", "due_on": str(today(9))}
    lamp |= picked("department_id", life.office.department)
    key = report(life, "revisit_report", "2026Q3", lamp, {"matter": "绿化受好评"})
    slug, action = "periodic_report", "corrective_action"
    life.does("supervisor", slug, key, "submit")
    assert told(life, "manager", slug, key)
    life.does("manager", slug, key, "review")
    (case,) = life.caused(key, action)
    assert [line.corrective_action_id for line in life.lines("report_item")] == [
        case,
        None,
    ]
    assert told(life, "handler_head", action, case)
    life.does("supervisor", action, case, "remind", reason="一周了")
    life.barred("handler", action, case, "notice")  # not his before he is named
    life.does("supervisor", action, case, "notice", **life.given_to("handler"))
    life.does("handler", action, case, "plan")
    life.does("handler", action, case, "execute", implementation="换了 12 盏")
    assert any("待验收" in words for words in told(life, "supervisor", action, case))
    life.barred("handler", action, case, "accept")
    life.barred("receptionist", action, case, "remind")
    assert len(life.caused(key, action)) == 1


@pytest.mark.clause("S4-47", "S0-74")
def test_an_evaluation_says_what_changes_and_the_rounds_follow_it(life: Life) -> None:
    key = report(life, "revisit_evaluation", "2026Q3")
    slug = "periodic_report"
    why = "Say how mode and rhythm of the revisits are adjusted, or that they stay."
    life.refused("supervisor", slug, key, "submit", why)
    changed = {"adjustments": "住户回访改为每月一次，电话进行"}
    life.does("supervisor", slug, key, "submit", **changed)
    life.does("manager", slug, key, "review")
    with life.as_actor() as session:
        code = RevisitRule.code == "residential.household"
        rule = session.scalars(select(RevisitRule).where(code)).one()
        same = ("code", "title_zh", "origin", "property_type", "per", "share", "role")
        said = {name: getattr(rule, name) for name in same}
    said |= {"version": rule.version, "active": "y", "deadline": "revisit.periodic"}
    said |= {"interval_months": 1, "mode": "telephone"}
    edit = f"/revisit_rule/edit/?id={rule.id}"
    assert life.client("supervisor").post(edit, said).status_code == 403
    answer = life.client("manager").post(edit, said)
    assert answer.status_code == 302, answer.text
    with life.as_actor() as session, writing(session):
        home = {"unit_id": life.office.unit, "person_id": life.office.person}
        made = make(session, Occupancy, life.office.home, relation="owner", **home)
        made.since = made.until = None
    with life.as_actor() as session:
        for month in range(1, 4):
            rounds.run(session, now() + 31 * month * DAY)
            made_now = session.scalars(select(Revisit).where(Revisit.open)).all()
            assert [one.mode for one in made_now] == ["telephone"]
            with writing(session):
                made_now[0].state, made_now[0].open = "closed", False


def test_only_what_the_office_makes_public_is_published(life: Life) -> None:
    key = report(life, "dispatch_statistics", "2026-10")
    life.does("supervisor", "periodic_report", key, "submit")
    life.does("manager", "periodic_report", key, "review")
    place = {"published_place": "信息栏", "anonymised": "y"}
    why = "By the rules of the office this report is not made public."
    life.refused("manager", "periodic_report", key, "publish", why, **place)


@pytest.mark.clause("S4-242", "S4-243", "S1-41")
def test_what_the_box_brings_becomes_complaints_and_the_director_knows(
    life: Life,
) -> None:
    box: dict[str, Any] = {"collected_on": str(today()), "place": "大门信箱"}
    box |= {"part-box_item-0-content": "夜里施工太吵"}
    box |= {"part-box_item-1-content": "二次供水有异味"}
    box |= {f"part-box_item-1-{k}": v for k, v in picked("unit_id", 1).items()}
    key = life.write("receptionist", "box_collection", **box)
    items = life.lines("box_item", box_collection_id=key)
    noise, water = (life.case("complaint", item.case_id) for item in items)
    assert (noise.channel, noise.content) == ("box", "夜里施工太吵")
    assert (water.unit_id, water.state) == (life.office.unit, "received")
    assert water.next_due_at
    (words,) = told(life, "manager", "box_collection", key)
    assert "2" in words
    found = life.case("box_collection", key)
    assert (found.handed_on, found.handed_to_id) == (
        today(),
        life.office.staff["manager"],
    )
    again = {"id": key, "version": found.version, "reason": "记重了"}
    assert life.client("supervisor").post("/box_collection/delete/", again).location
    assert len(life.lines("complaint")) == 2
    known = picked("case_id", noise.id).items()
    box |= {f"part-box_item-0-{k}": v for k, v in known}
    life.decide("box.notify_role", "auditor")
    second = life.write("receptionist", "box_collection", **box)
    assert len(life.lines("complaint")) == 3
    assert told(life, "manager", "box_collection", second) == []
    life.decide("box.notify_role", "handler")  # two of them
    third = life.write("receptionist", "box_collection", **box)
    assert told(life, "handler_head", "box_collection", third)
    assert life.case("box_collection", third).handed_to_id is None
    empty = {"collected_on": str(today()), "place": "大门信箱", "item_count": 0}
    none = life.write("receptionist", "box_collection", **empty)
    assert life.case("box_collection", none).handed_on is None


@pytest.mark.clause("S3-81")
def test_a_notice_names_the_way_in_which_residents_are_told(life: Life) -> None:
    slug = "notice"
    text = {"notice_kind": "publication", "subject": "停水通知", "content": "周三停水"}
    key = life.write("supervisor", slug, **text, remove_on=str(today(5)))
    assert life.case(slug, key).next_due_at  # to be taken down
    life.does("supervisor", slug, key, "check", anonymised="y")
    life.does("manager", slug, key, "approve")
    why = "Say how residents are told: board, web, posting ..."
    life.refused("supervisor", slug, key, "publish", why)
    life.does("supervisor", slug, key, "publish", places=["board", "group"])
    life.change(slug, key, remove_on=today())
    with life.as_actor() as session, writing(session):
        edited(session, session.get_one(Notice, key), now(), now())
    waiting = life.client("receptionist").get("/queues/expiring/").text
    assert life.case(slug, key).number in waiting
    life.does("manager", slug, key, "withdraw")
    assert life.case(slug, key).next_due_at is None
    other = life.write("supervisor", slug, **text)
    life.does("supervisor", slug, other, "check", anonymised="y")
    life.does("manager", slug, other, "approve")
    life.decide("notification.mode_required", "no")
    life.does("supervisor", slug, other, "publish")


@pytest.mark.clause("S2-67")
def test_what_the_developer_left_is_counted_apart_for_a_year(life: Life) -> None:
    def complain(**more: Any) -> bool:
        said = {"content": "外墙渗水", "channel": "visit", **life.at_home()} | more
        return bool(
            life.case(
                "complaint", life.write("supervisor", "complaint", **said)
            ).developer_legacy
        )

    theirs = {"liability_class": "class_2"}
    assert not complain(**theirs)  # nobody knows when it was delivered
    life.change("project", life.office.home, delivered_on=today(-200))
    assert complain(**theirs)
    assert not complain(liability_class="class_1")
    building = life.case("unit", life.office.unit).building_id
    life.change("building", building, delivered_on=today(-400))
    assert not complain(**theirs)
    life.change("unit", life.office.unit, delivered_on=today(-20))
    assert not complain(**theirs)  # the phase counts
    life.decide("legacy.counted_from", "unit")
    assert complain(**theirs)
    life.decide("legacy.counted_from", "project")
    life.decide("legacy.window_months", "3")
    assert not complain(**theirs)
    assert complain(developer_legacy="y", **theirs)


@pytest.mark.clause("S1-45")
def test_each_line_of_business_reports_daily_and_for_itself(life: Life) -> None:
    with life.as_actor() as session:
        duties.run(session, now())
        rule = DutyRule.code == "information_report"
        query = select(Duty).join(DutyRule, DutyRule.id == Duty.duty_rule_id)
        home = Duty.project_id == life.office.home
        found = session.scalars(query.where(rule, home).order_by(Duty.id)).all()
        mine = {one.department_id: one.id for one in found}
        assert {one.due_on for one in found} == {today()}
    other = next(key for key in mine if key != life.office.department)
    life.write("receptionist", "info_log", content="水泵已检修", **named(other))
    assert life.state("duty", mine[other]) == "done"
    ours = mine[life.office.department]
    assert life.state("duty", ours) == "due"
    life.barred("guard", "duty", ours, "finish")
    life.does("handler", "duty", ours, "finish")


def named(department: int | None) -> dict[str, Any]:
    """A department, as a form sends it."""
    return picked("department_id", department or 0)


@pytest.mark.clause("S4-138")
def test_after_an_emergency_a_home_with_an_agreement_is_revisited(life: Life) -> None:
    def happened() -> list[int]:
        event = {"content": "水管爆裂", "incident_kind": "security", **life.at_home()}
        event |= picked("holder_id", life.office.staff["supervisor"])
        key = life.write("supervisor", "incident", **event)
        life.does("supervisor", "incident", key, "take_in_hand")
        life.does("supervisor", "incident", key, "conclude", result="已止水")
        return life.caused(key, "revisit")

    assert happened() == []
    told = life.at_home()
    agreed = life.write("supervisor", "revisit_agreement", **told)
    life.change("revisit_agreement", agreed, state="signed", scope=["monthly"])
    assert happened() == []
    life.change("revisit_agreement", agreed, scope=["monthly", "ad_hoc"])
    (visit,) = happened()
    assert life.case("revisit", visit).source_kind == "agreement"


@pytest.mark.clause("S3-55", "S3-56")
def test_the_desk_coordinates_what_other_departments_do(life: Life) -> None:
    job = {"content": "门禁坏了", "job_kind": "other_department", **life.at_home()}
    key = life.write("receptionist", "dispatch", **job)
    where = life.given_to("handler")
    life.barred("guard", "dispatch", key, "dispatch", **where)
    life.barred("handler", "dispatch", key, "dispatch", **where)
    life.does("receptionist", "dispatch", key, "dispatch", **where)
    assert told(life, "handler", "dispatch", key)


@pytest.mark.clause("S4-211", "S4-236")
def test_the_target_of_the_complaint_rate_stands_where_its_span_is(life: Life) -> None:
    def targets(kind: str, period: str) -> set[str | None]:
        with life.as_actor() as session:
            case = PeriodicReport(project_id=life.office.home, report_kind=kind)
            case.period = period
            figures, _packed = compiling.count(session, case)
        told = [one for group in figures["groups"] for one in group["figures"]]
        return {one["target"] for one in told if one["code"] == "rate"}

    month, half = ("complaint_summary", "2026-10"), ("complaint_review", "2026H1")
    assert (targets(*month), targets(*half)) == ({"1"}, {None})
    life.decide("kpi.complaint_rate.period", "year")
    assert (targets(*month), targets("complaint_review", "2026")) == ({None}, {"1"})
