"""Clocks while something changes: a pause, a rule, a date, a case that is void."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from core.audit import history
from core.db import writing
from core.record import Case
from models import CalendarDay, DeadlineRule, Setting
from rules.flows.states import OPENINGS
from tests import filling
from tests.cast import Office
from tests.clockwork import BEGIN, clocks, edit, opened, running
from tests.conftest import AsActor
from tests.office_time import at, told
from views import clocking

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def test_a_pause_moves_what_may_wait(as_actor: AsActor, office: Office) -> None:
    with as_actor("supervisor") as session, writing(session):
        case = opened(session, office, "rework")
        clocking.after(session, case, "return", BEGIN)
        clocking.after(session, case, "pause", BEGIN + HOUR)
        assert running(session, case) == {"rework.finish": "2026-11-30 18:00"}
        assert case.next_due_at is None
        clocking.after(session, case, "pause", BEGIN + 2 * HOUR)
        clocking.after(session, case, "resume", BEGIN + DAY + HOUR)
        assert running(session, case) == {"rework.finish": "2026-12-01 18:00"}
        clocking.after(session, case, "pause", BEGIN + 2 * DAY)
        edit(session, case, BEGIN + 3 * DAY, finish_by=dt.date(2026, 12, 8))
        clocking.after(session, case, "resume", BEGIN + 4 * DAY)
        assert running(session, case) == {"rework.finish": "2026-12-09 18:00"}


def test_a_complaint_never_waits_whatever_its_rule_says(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor("") as session:
        with writing(session):
            for rule in session.scalars(select(DeadlineRule)):
                rule.pausable = True
        with writing(session):
            case = opened(session, office, "complaint")
            before = running(session, case)
            clocking.after(session, case, "pause", BEGIN + HOUR)
            assert case.next_due_at is not None
            clocking.after(session, case, "resume", BEGIN + DAY)
            assert running(session, case) == before


def test_a_changed_rule_leaves_running_clocks_alone(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor("") as session:
        with writing(session):
            case = opened(session, office, "rework")
            clocking.after(session, case, "return", BEGIN)
        with writing(session):
            code = DeadlineRule.code == "rework.finish"
            rule = session.scalars(select(DeadlineRule).where(code)).one()
            rule.amount, rule.active = 1, False
        with writing(session):
            edit(session, case, BEGIN, finish_by=None)
            assert running(session, case) == {"rework.finish": "2026-11-30 18:00"}
            other = opened(session, office, "rework")
            clocking.after(session, other, "return", BEGIN)
            assert running(session, other) == {}
            clocking.after(session, case, "finish", BEGIN)
            assert running(session, case) == {}


def test_a_rule_that_names_no_date_field_of_the_case_waits_for_one(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor("") as session:
        with writing(session):
            code = DeadlineRule.code == "promise.reply"
            rule = session.scalars(select(DeadlineRule).where(code)).one()
            rule.date_fields = "content no_such_field"
        with writing(session):
            case = opened(session, office, "reception", content="灯不亮")
            edit(session, case, BEGIN, promised_at=at("2026-11-24 09:30"))
            assert "promise.reply" not in running(session, case)


def test_a_project_may_have_a_rule_of_its_own(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor("") as session:
        with writing(session):
            code = DeadlineRule.code == "repair.arrival"
            usual = session.scalars(select(DeadlineRule).where(code)).one()
            names = {column.name for column in DeadlineRule.__table__.c} - _OWN
            own = {name: getattr(usual, name) for name in names}
            own |= {"project_id": office.home, "amount": 45}
            session.add(DeadlineRule(**own))
        with writing(session):
            case = opened(session, office, "repair")
            clocking.after(session, case, "dispatch", BEGIN)
            assert running(session, case) == {"repair.arrival": "2026-11-23 10:45"}


_OWN = frozenset("id version created_at created_by_id updated_at".split())


def test_a_project_may_have_a_holiday_of_its_own(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor("") as session:
        with writing(session):
            day = CalendarDay(project_id=office.home, day=BEGIN.date(), name="停水")
            elsewhere = CalendarDay(project_id=office.elsewhere, name="停水")
            elsewhere.day = BEGIN.date() + DAY
            session.add_all([day, elsewhere])
        with writing(session):
            case = opened(session, office, "complaint")
            assert running(session, case)["complaint.transfer"] == "2026-11-24 18:00"


def test_before_a_day_leaves_the_day_out_where_the_office_says_so(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor("") as session:
        with writing(session):
            code = Setting.code == "deadline.inclusive"
            session.scalars(select(Setting).where(code)).one().value = "no"
        with writing(session):
            case = opened(session, office, "arrears", promised_on=dt.date(2026, 11, 30))
            assert running(session, case) == {"arrears.promise": "2026-11-29 18:00"}


def test_what_came_in_earlier_was_due_earlier(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor("receptionist") as session, writing(session):
        case = opened(session, office, "complaint")
        clocking.after(session, case, "reply", BEGIN + HOUR)
        edit(session, case, BEGIN + 2 * HOUR, received_at=BEGIN - DAY)
        found = running(session, case)
        assert found["complaint.transfer"] == "2026-11-23 18:00"
        assert found["complaint.remedy_answer"] == "2026-11-25 18:00"
        assert found["complaint.progress"] == "2026-11-26 18:00"


def test_a_void_case_has_nothing_due(as_actor: AsActor, office: Office) -> None:
    with as_actor("supervisor") as session, writing(session):
        case = opened(session, office, "reception")
        case.voided_at = BEGIN
        clocking.ended(session, case, BEGIN)
        assert running(session, case) == {}
        assert {c.stopped_by for c in clocks(session, case)} == {None}
        clocking.after(session, case, "register", BEGIN)
        assert running(session, case) == {}


def test_clocks_belong_to_whoever_holds_the_case(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor("supervisor") as session, writing(session):
        case = opened(session, office, "reception", holder_id=office.staff["guard"])
        assert {c.holder_id for c in clocks(session, case)} == {office.staff["guard"]}
        edit(session, case, BEGIN, department_id=office.department)
        assert {c.department_id for c in clocks(session, case)} == {office.department}


def test_history_says_how_a_date_moved_a_clock(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor("receptionist") as session:
        with writing(session):
            case = opened(session, office, "reception")
            edit(session, case, BEGIN, promised_at=at("2026-11-24 09:30"))
        with writing(session):
            edit(session, case, BEGIN, promised_at=at("2026-11-25 16:00"))
        newest = history(session, "reception", [case.id])[0]
        assert newest.note == "预约答复：11-24 09:30 → 11-25 16:00"


def test_what_saving_would_promise_is_told_before(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor("receptionist") as session:
        said = {"project_id": office.home, "urgent": False, "no_such_field": 1}
        found = clocking.preview(session, "complaint", said, BEGIN)
        assert [(title, told(due)) for title, due in found][:3] == [
            ("投诉转责任部门", "2026-11-23 18:00"),
            ("投诉调查", "2026-11-23 18:00"),
            ("投诉首次回复", "2026-11-24 10:00"),
        ]
        promised = {"promised_at": at("2026-11-24 09:30"), "received_at": BEGIN}
        found = clocking.preview(session, "reception", promised, BEGIN + HOUR)
        assert [title for title, _due in found] == ["预约答复", "需求状态更新"]
        assert session.scalars(select(Case)).all() == []


def test_every_kind_of_case_can_be_opened_and_edited(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor("") as session, writing(session):
        for slug in OPENINGS:
            case = opened(session, office, slug)
            everything = filling.everything(session, type(case), office.home)
            edit(session, case, BEGIN, **everything)
            running(session, case)
