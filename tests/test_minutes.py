"""Minutes: what a meeting decides is followed up, what it leaves goes to the next."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select, update

from core.db import now, writing
from core.words import _
from models import Duty, DutyRule, Meeting
from tests.lives import Life, picked
from tests.office_time import today
from views import duties
from views import minutes as took


def minutes(life: Life, *lines: dict[str, Any], days: int = 0, **more: Any) -> int:
    """The supervisor writes minutes with their actions."""
    told: dict[str, Any] = {"meeting_kind": "regular", "subject": "客服例会"}
    told |= {"held_on": today(days).isoformat()} | more
    for n, line in enumerate(lines):
        told |= {f"part-meeting_action-{n}-{k}": v for k, v in line.items()}
    return life.write("supervisor", "meeting", **told)


def action(life: Life, matter: str, job: str = "", **more: Any) -> dict[str, Any]:
    """A line of minutes, given to somebody for a week."""
    if not job:
        return {"matter": matter, **more}
    holder = picked("responsible_id", life.office.staff[job])
    return {"matter": matter, "due_on": today(7).isoformat(), **holder, **more}


@pytest.mark.clause("S4-44", "S4-194", "S2-66", "S2-17")
def test_what_a_meeting_decides_is_done_accepted_and_told_in_its_minutes(
    life: Life,
) -> None:
    talk = action(life, "典型案例已讨论")
    key = minutes(life, action(life, "补装楼道灯", "handler"), talk)
    lamps, words = life.lines("meeting_action", meeting_id=key)
    assert words.case_id is None
    case = life.case("corrective_action", lamps.case_id)
    assert (case.state, case.origin, case.meeting_id) == ("noticed", "meeting", key)
    assert (case.holder_id, case.finish_by) == (
        life.office.staff["handler"],
        today(7),
    )
    page = life.client("supervisor").get(f"/meeting/details/?id={key}").text
    assert f"/corrective_action/details/?id={case.id}" in page
    slug = "corrective_action"
    life.does("handler", slug, case.id, "plan", corrective_measure="换声控灯")
    life.does("handler", slug, case.id, "execute", implementation="装好 12 盏")
    life.does("supervisor", slug, case.id, "accept")
    life.does("supervisor", slug, case.id, "close")
    (lamps, _words) = life.lines("meeting_action", meeting_id=key)
    assert (lamps.done_on, lamps.result) == (today(), "装好 12 盏")
    life.does("supervisor", slug, case.id, "reopen", reason="又坏了两盏")
    (lamps, _words) = life.lines("meeting_action", meeting_id=key)
    assert lamps.done_on is None


def test_saving_minutes_again_begins_only_what_is_new(life: Life) -> None:
    key = minutes(life, action(life, "补装楼道灯", "handler"), action(life, "再议"))
    lamps, other = life.lines("meeting_action", meeting_id=key)
    visitor, version = life.client("supervisor"), life.case("meeting", key).version
    department = picked("department_id", life.office.department)
    lines = {
        "part-meeting_action-0-id": lamps.id,
        "part-meeting_action-0-matter": "补装楼道灯",
        "part-meeting_action-0-case_id-id": lamps.case_id,
        "part-meeting_action-0-case_id": "x",
        "part-meeting_action-1-id": other.id,
        "part-meeting_action-1-matter": "清理楼道杂物",
        "part-meeting_action-1-due_on": today(9).isoformat(),
    }
    lines |= {f"part-meeting_action-1-{k}": v for k, v in department.items()}
    told = {"meeting_kind": "regular", "subject": "客服例会", "version": version}
    told |= {"held_on": today().isoformat()} | lines
    answer = visitor.post(f"/meeting/edit/?id={key}", told)
    assert answer.status_code == 302, answer.text
    again, other = life.lines("meeting_action", meeting_id=key)
    assert again.case_id == lamps.case_id
    raised = life.case("corrective_action", other.case_id)
    assert (raised.state, raised.department_id) == ("raised", life.office.department)


@pytest.mark.clause("S4-194")
def test_what_is_left_over_goes_from_meeting_to_meeting_until_it_is_settled(
    life: Life,
) -> None:
    first = minutes(life, action(life, "车位不够", carried_over="y"), days=-60)
    minutes(life, days=-50, meeting_kind="symposium")  # of another kind
    second = minutes(life, days=-30)
    (line,) = life.lines("meeting_action", meeting_id=second)
    assert (line.matter, line.carried_over) == ("车位不够", True)
    assert life.lines("meeting_action", meeting_id=first)[0].id == line.continues_id
    life.change("meeting", second, voided_at=dt.datetime.now(dt.UTC))
    with life.as_actor() as session, writing(session):
        void = session.get_one(Meeting, second)
        took.set_going(session, void)
    third = minutes(life, days=-30)  # the last minutes were void
    (line,) = life.lines("meeting_action", meeting_id=third)
    life.change("meeting_action", line.id, done_on=today(), result="租了两排")
    assert life.lines("meeting_action", meeting_id=minutes(life)) == []


@pytest.mark.clause("S4-194")
def test_grave_findings_go_before_the_meeting_until_they_are_answered(
    life: Life,
) -> None:
    quiet = found(life, "")
    grave = found(life, "大堂漏水半年没修好", for_meeting="y")
    kept = found(life, "", for_meeting="y")
    assert (life.state("revisit", quiet), life.state("revisit", kept)) == (
        "closed",
        "done",
    )
    survey = life.write("supervisor", "survey", survey_kind="opinion", name="年度调查")
    life.change("survey", survey, state="closed")
    told = {"common_opinions": "停水太多", "for_meeting": "y"}
    life.does("supervisor", "survey", survey, "analyse", **told)
    life.change("survey", survey, for_meeting=True)
    other = minutes(life, days=-9, meeting_kind="exchange")
    assert life.lines("meeting_action", meeting_id=other) == []
    first = minutes(life, days=-8)
    lines = life.lines("meeting_action", meeting_id=first)
    assert [line.case_id for line in lines] == [grave, kept, survey]
    assert all(line.carried_over for line in lines)
    life.does("receptionist", "revisit", kept, "close")
    second = life.lines("meeting_action", meeting_id=minutes(life, days=-7))
    assert [line.case_id for line in second] == [grave, survey]
    (mending,) = life.caused(grave, "corrective_action")
    life.does("receptionist", "revisit", grave, "close")
    assert len(life.lines("meeting_action", meeting_id=minutes(life, days=-6))) == 2
    life.change("corrective_action", mending, state="closed", open=False)
    life.change("survey", survey, state="reported", open=False)
    assert life.lines("meeting_action", meeting_id=minutes(life)) == []


def found(life: Life, problem: str, **more: Any) -> int:
    """A revisit that found something, or nothing."""
    key = life.write(
        "receptionist", "revisit", source_kind="periodic", **life.at_home()
    )
    told = {"satisfaction": "satisfied", "new_problems": problem, **more}
    life.does("receptionist", "revisit", key, "do", **told)
    return key


def test_only_who_keeps_the_minutes_writes_them(life: Life) -> None:
    told = {"meeting_kind": "regular", "subject": "例会", "held_on": "2026-03-01"}
    for job in ("guard", "manager", "handler"):
        assert life.client(job).post("/meeting/new/", told).status_code == 403, job
    unknown = told | {"meeting_kind": "secret"}
    answer = life.client("supervisor").post("/meeting/new/", unknown)
    assert answer.status_code in (200, 400)
    assert _("Not a valid choice.") in answer.text or 'role="alert"' in answer.text


def meetings_due(life: Life, months: int = 1) -> list[int]:
    """The duties to hold the exchange meeting, of so many months, the first first."""
    with life.as_actor() as session, writing(session):
        for rule in session.scalars(select(DutyRule)):
            rule.active = rule.code == "exchange_meeting"
    with life.as_actor() as session:
        for month in range(months):
            duties.run(session, now() + dt.timedelta(days=31 * (month + 1)))
        due = select(Duty.id).join(DutyRule, DutyRule.id == Duty.duty_rule_id)
        mine = (
            DutyRule.code == "exchange_meeting",
            Duty.project_id == life.office.home,
        )
        return list(session.scalars(due.where(*mine).order_by(Duty.due_on)))


@pytest.mark.clause("S2-17", "S4-214")
def test_the_duty_to_meet_is_done_when_the_meeting_was_held(life: Life) -> None:
    first = meetings_due(life)[0]
    minutes(life, days=3, meeting_kind="exchange")
    assert life.state("duty", first) == "due"
    minutes(life, meeting_kind="symposium")
    assert life.state("duty", first) == "due"
    minutes(life, meeting_kind="exchange")
    assert life.state("duty", first) == "done"


@pytest.mark.clause("S2-17", "S4-214")
def test_minutes_begun_ahead_do_their_duty_once_they_are_written_on(
    life: Life,
) -> None:
    first, second, *_more = meetings_due(life, 2)
    key = minutes(life, days=3, meeting_kind="exchange")
    written_on(life, key, held_on=today(2).isoformat())
    assert life.state("duty", first) == "due"
    with life.as_actor() as session, writing(session):  # three days later
        before = {"updated_at": now() - dt.timedelta(days=3)}
        held = update(Meeting).where(Meeting.id == key)
        session.connection().execute(held.values(held_on=today(-1), **before))
    written_on(life, key, held_on=today(-1).isoformat(), solutions="加装两盏灯")
    assert [life.state("duty", k) for k in (first, second)] == ["done", "due"]
    written_on(life, key, held_on=today(-1).isoformat(), solutions="加装三盏灯")
    assert life.state("duty", second) == "due"  # one meeting, one duty


def written_on(life: Life, key: int, **values: str) -> None:
    """The supervisor goes on with minutes."""
    told = {"meeting_kind": "exchange", "subject": "客服例会", **values}
    told["version"] = life.case("meeting", key).version
    answer = life.client("supervisor").post(f"/meeting/edit/?id={key}", told)
    assert answer.status_code == 302, answer.text
