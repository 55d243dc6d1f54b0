"""Duties over the database: opened once each, also late, also by two at a time."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter

import pytest
from flask import Flask
from sqlalchemy import func, select

from core.access import Actor, act_as
from core.chain import Change
from core.db import db, now, writing
from core.messages import Message
from core.occasions import Occasion
from core.record import Case
from core.words import _
from models import Department, Duty, DutyRule, PeriodicReport, Setting, Zone
from rules.duties import duty, slots
from tests.conftest import AsActor, Client
from tests.filling import make
from tests.lives import Life, picked
from tests.test_jobs import SHANGHAI
from views import duties
from views.occasions import places, rules_of
from views.pulse import beat

DAY = dt.timedelta(days=1)


def moment(days: int = 0) -> dt.datetime:
    """Noon in the office, so many days from today."""
    here = now().astimezone(SHANGHAI) + days * DAY
    return here.replace(hour=12, minute=0).astimezone(dt.UTC)


def expected(as_actor: AsActor, days: int) -> Counter[str]:
    """How often each duty is due from today on, opened in its time; worked out."""
    found: Counter[str] = Counter()
    with as_actor() as session:
        for place in places(session, moment()):
            departments = len(
                session.scalars(
                    select(Department).where(Department.project_id == place.id)
                ).all()
            )
            for row in rules_of(session, "duty_rule", place):
                rule = duty(row)
                until = place.today + (days + rule.ahead) * DAY
                n = len(list(slots(rule, place.calendar, place.today, until)))
                found[row["code"]] += n * (
                    departments if row["per"] == "department" else 1
                )
    return +found


def opened(as_actor: AsActor) -> Counter[str]:
    """How often each was opened, every occasion by a case of its own."""
    with as_actor() as session:
        rows = session.connection().execute(
            select(Occasion.rule, func.count(), func.count(Occasion.case_id.distinct()))
            .where(Occasion.rule.in_(select(DutyRule.code)))
            .group_by(Occasion.rule)
        )
        found = {rule: (many, cases) for rule, many, cases in rows}
    assert all(many == cases for many, cases in found.values())
    return Counter({rule: many for rule, (many, _cases) in found.items()})


@pytest.mark.clause("S0-72", "S2-59", "S2-63", "S2-66", "S2-68", "S4-183", "S4-214")
def test_a_month_of_sleep_leaves_nothing_out_and_doubles_nothing(
    app: Flask, as_actor: AsActor
) -> None:
    beat(app, moment())
    assert opened(as_actor) == expected(as_actor, 0)
    beat(app, moment(33))
    assert opened(as_actor) == expected(as_actor, 33)
    with as_actor() as session:
        assert duties.run(session, moment(33)) == 0
        report = session.scalars(
            select(PeriodicReport).where(
                PeriodicReport.report_kind == "complaint_summary"
            )
        ).first()
        assert report is not None
        assert report.number
        assert report.period
        assert report.period_from
        assert report.period_to
        assert (report.period_from.day, report.period_to.day) == (26, 25)
        assert report.next_due_at
        assert report.next_due_at.astimezone(SHANGHAI).day == 25
        entry = session.scalars(
            select(Change).where(
                Change.slug == "periodic_report", Change.record_id == report.id
            )
        ).first()
        assert entry is not None
        assert (entry.actor, entry.action) == ("job:duties", "create")
        late = select(func.count(Duty.id)).where(
            Duty.state == "missed", Duty.due_on < moment(33).date()
        )
        assert (session.scalar(late) or 0) > 60
        still = select(func.count(Duty.id)).join(
            DutyRule, DutyRule.id == Duty.duty_rule_id
        )
        daily = still.where(Duty.open, DutyRule.period == "day")
        assert session.scalar(daily) == 7  # today's: two estates, three departments


def test_two_at_a_time_open_each_once(app: Flask, as_actor: AsActor) -> None:
    ready, troubles = threading.Barrier(2), list[BaseException]()

    def work() -> None:
        try:
            with app.app_context():
                session = db.session()
                act_as(session, Actor("job:duties", system=True, projects=None))
                ready.wait(10)
                duties.run(session, moment())
                db.session.remove()
        except BaseException as trouble:  # noqa: BLE001  told below
            troubles.append(trouble)

    both = [threading.Thread(target=work) for _n in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    assert troubles == []
    assert opened(as_actor) == expected(as_actor, 0)
    with as_actor() as session:
        cases = session.scalar(select(func.count(Case.id)))
    assert cases == expected(as_actor, 0).total()


def one_of(life: Life, code: str) -> Duty:
    """The newest duty of a rule."""
    with life.as_actor() as session:
        query = select(Duty).join(DutyRule, DutyRule.id == Duty.duty_rule_id)
        found = session.scalars(
            query.where(
                DutyRule.code == code, Duty.project_id == life.office.home
            ).order_by(Duty.id.desc())
        ).first()
        assert found is not None
        session.expunge(found)
        return found


@pytest.mark.clause("S3-84", "S4-242", "S1-47")
def test_a_duty_is_done_by_whose_it_is_or_by_what_it_asks_for(life: Life) -> None:
    with life.as_actor() as session:
        duties.run(session, moment())
    counted = one_of(life, "stocktake")
    assert counted.role == "receptionist"
    assert counted.holder_id == life.office.staff["receptionist"]
    life.refused("supervisor", "duty", counted.id, "finish", OTHERS)
    life.barred("guard", "duty", counted.id, "finish")
    life.does("receptionist", "duty", counted.id, "finish")
    done = life.case("duty", counted.id)
    assert (done.state, done.done_by_id) == ("done", counted.holder_id)
    handed = one_of(life, "shift_handover")
    told = {"handed_at": "2026-03-09T18:00", "content": "钥匙两把"}
    for side, job in (("receptionist_id", "receptionist"), ("guard_id", "guard")):
        told |= picked(side, life.office.staff[job])
    life.write("guard", "shift_handover", **told)
    assert life.state("duty", handed.id) == "done"
    life.write("guard", "shift_handover", **told)  # nothing waits for this one
    sunday = moment(6 - moment().astimezone(SHANGHAI).weekday())
    with life.as_actor() as session:
        duties.run(session, sunday)  # a week's duty is opened on its last day
    box = one_of(life, "box_collection")
    life.barred("receptionist", "duty", box.id, "skip", reason="不想办")
    life.does("manager", "duty", box.id, "skip", reason="信箱在换锁")
    assert life.state("duty", box.id) == "missed"


OTHERS = "This is somebody else's duty."


def test_whoever_has_two_roles_hears_of_a_duty_once(life: Life) -> None:
    with life.as_actor() as session:
        duties.run(session, moment(33))
        query = select(Message.record_id, Message.recipient, func.count())
        told = session.connection().execute(
            query.where(Message.slug == "periodic_report").group_by(
                Message.record_id, Message.recipient
            )
        )
        counts = [n for _key, _whom, n in told]
    assert counts
    assert set(counts) == {1}


def test_what_is_out_of_use_is_not_opened(life: Life) -> None:
    with life.as_actor() as session, writing(session):
        query = select(Setting).where(Setting.code == "module.training")
        session.scalars(query).one().value = "no"
        rows = session.scalars(select(DutyRule).where(DutyRule.code == "stocktake"))
        rows.one().active = False
    with life.as_actor() as session:
        duties.run(session, moment(60))
    assert not {"revisit_training", "stocktake"} & opened(life.as_actor).keys()


def test_a_rule_for_the_office_or_each_zone_opens_as_many(life: Life) -> None:
    with life.as_actor() as session, writing(session):
        for _n in range(2):
            make(session, Zone, life.office.home)
        for code, per in (("stocktake", "office"), ("shift_handover", "zone")):
            rule = select(DutyRule).where(DutyRule.code == code)
            session.scalars(rule).one().per = per
    with life.as_actor() as session:
        duties.run(session, moment())
    found = opened(life.as_actor)
    assert (found["stocktake"], found["shift_handover"]) == (1, 2)


def test_a_new_department_has_no_duties_of_days_before_it(life: Life) -> None:
    with life.as_actor() as session, writing(session):
        fresh = make(session, Department, life.office.home)
        fresh.created_at = moment(20)
        key = fresh.id
    with life.as_actor() as session:
        duties.run(session, moment(21))
        mine = select(Duty.due_on).where(Duty.department_id == key)
        days = list(session.scalars(mine.order_by(Duty.due_on)))
    first = moment(20).astimezone(SHANGHAI).date()
    assert days == [first, first + DAY]


@pytest.mark.clause("S3-66", "S4-206", "S4-231", "S4-87", "S4-83")
def test_the_calendar_s_pages_say_who_and_when(life: Life, client: Client) -> None:
    with life.as_actor() as session:
        duties.run(session, moment())
    done = one_of(life, "stocktake")
    life.does("receptionist", "duty", done.id, "finish")
    page = client("supervisor").get("/duties/")
    assert page.status_code == 200
    assert "投诉情况月汇总表" in page.text
    assert f"/duty/details/?id={done.id}" in page.text
    assert _("to come") in page.text
    year = moment().astimezone(SHANGHAI).year
    text = client("supervisor").get(f"/duties/{year}/").text
    assert f"{moment().astimezone(SHANGHAI).day} ●" in text
    assert "○" in text
    assert client("supervisor").get("/duties/1800/").status_code == 404
    assert client("guard").get("/duties/").status_code == 403
    before = client("manager").get(f"/duties/{year - 1}/").text
    assert "●" not in before[before.find("<table") :]
    assert "到期工作" in client("receptionist").get("/queues/duties/").text


@pytest.mark.clause("S3-66", "S4-206", "S4-231")
def test_a_plan_of_work_is_carried_out_and_appraised(life: Life) -> None:
    told = {"plan_kind": "yearly", "period": "2026", "content": "回访列入计划"}
    key = life.write("supervisor", "work_plan", **told)
    life.does("supervisor", "work_plan", key, "finish")
    life.barred("supervisor", "work_plan", key, "close", appraisal="优秀")
    life.does("manager", "work_plan", key, "close", appraisal="优秀")
    assert life.case("work_plan", key).appraised_by_id == life.office.staff["manager"]
    told = {"name": "三月", "period_from": "2026-03-01", "content": "片区走访"}
    plan = life.write("supervisor", "revisit_plan", **told)
    life.does("supervisor", "revisit_plan", plan, "finish", outcome="走访 30 户")
    holder = picked("holder_id", life.office.staff["receptionist"])
    life.does("supervisor", "revisit_plan", plan, "assign", **holder)
    life.does("supervisor", "revisit_plan", plan, "close")
