"""A complaint from beginning to end as the real roles, and what stands in its way."""

from __future__ import annotations

import datetime as dt

import pytest

from core.db import now
from core.words import _
from tests.complaints import complain, on, settle
from tests.lives import Life, picked

pytestmark = pytest.mark.once


@pytest.mark.clause("S0-39", "S2-55", "S3-31", "S4-160", "S4-203", "S1-52")
@pytest.mark.clause("S2-06", "S2-07", "S2-57", "S4-174")
def test_an_ordinary_complaint_passes_every_step(life: Life) -> None:
    key = complain(life)
    first = {"channel": "telephone", "content": "已收到，今天派人看"}
    life.does("receptionist", "complaint", key, "first_reply", **first)
    assert life.case("complaint", key).first_replied_at
    seen = ["received"]
    while life.state("complaint", key) != "revisited":
        on(life, key)
        seen.append(life.state("complaint", key))
    assert seen == [
        "received",
        "confirmed",
        "assigned",
        "investigated",
        "answered",
        "handled",
        "revisited",
    ]
    settle(life, key)
    life.does("receptionist", "complaint", key, "close")
    done = life.case("complaint", key)
    assert (done.state, done.open) == ("closed", False)
    assert done.closed_at
    assert done.handed_in_at
    assert done.satisfaction == "satisfied"
    assert done.liability_class == "class_1"
    life.does("receptionist", "complaint", key, "file")
    assert life.case("complaint", key).filed_at


@pytest.mark.clause("S3-29", "S3-30", "S4-158", "S1-59")
def test_it_is_confirmed_before_it_is_passed_on(life: Life) -> None:
    key, urgent = complain(life), complain(life, urgent="y")
    why = _("{who} confirms it before it is passed on.", who="客服主管")
    given = life.given_to("handler")
    life.refused("supervisor", "complaint", key, "assign", why, **given)
    life.barred("receptionist", "complaint", key, "confirm")
    life.barred("handler_head", "complaint", key, "confirm")
    life.does("supervisor", "complaint", urgent, "assign", **given)
    life.decide("complaint.confirm_before_transfer", "manager")
    other = _("In this office this is for somebody else: {who}.", who="项目经理")
    life.refused("supervisor", "complaint", key, "confirm", other)
    life.does("manager", "complaint", key, "confirm")
    assert life.state("complaint", key) == "confirmed"
    life.decide("complaint.confirm_before_transfer", "off")
    plain = complain(life)
    life.does("supervisor", "complaint", plain, "assign", **given)


def test_urgent_complaints_wait_too_where_the_office_says_so(life: Life) -> None:
    life.decide("complaint.confirm_before_transfer.bypass_for_urgent", "no")
    key = complain(life, urgent="y")
    given = life.given_to("handler")
    life.refused("supervisor", "complaint", key, "assign", **given)


@pytest.mark.clause("S3-29")
def test_what_the_supervisor_takes_is_confirmed_at_once(life: Life) -> None:
    told = {"content": "保安态度不好", "channel": "visit", **life.at_home()}
    key = life.write("supervisor", "complaint", **told)
    assert life.state("complaint", key) == "confirmed"
    assert (
        life.case("complaint", key).confirmed_by_id == life.office.staff["supervisor"]
    )


@pytest.mark.clause("S2-29", "S2-30", "S4-177")
def test_every_transfer_leaves_a_line(life: Life) -> None:
    key = complain(life, "assigned")
    (line,) = life.lines("assignment", complaint_id=key)
    assert line.to_department_id == life.office.department
    assert line.to_staff_id == life.office.staff["handler"]
    assert line.decided_by_id == life.office.staff["supervisor"]
    assert line.share == "lead"


@pytest.mark.clause("S2-30", "S4-177")
def test_nobody_answers_before_somebody_is_responsible(life: Life) -> None:
    life.decide("complaint.confirm_before_transfer", "off")
    key = complain(life)
    life.does("receptionist", "complaint", key, "investigate", facts="看过了")
    why = "Pass it to a department and one responsible person first."
    said = {"remedial_measure": "换灯"}
    life.refused("receptionist", "complaint", key, "answer_remedy", why, **said)


@pytest.mark.clause("S4-06", "S0-09")
def test_others_take_part(life: Life) -> None:
    key = complain(life, "assigned")
    why = "Choose the department or the contractor that assists."
    life.refused("supervisor", "complaint", key, "involve", why, reason="帮忙")
    helper = picked("to_department_id", life.office.department)
    life.does("supervisor", "complaint", key, "involve", **helper)
    assert [x.share for x in life.lines("assignment", complaint_id=key)] == [
        "lead",
        "assist",
    ]
    life.barred("receptionist", "complaint", key, "involve", **helper)


@pytest.mark.clause("S0-36", "S2-30")
def test_whoever_is_complained_about_does_not_handle_it(life: Life) -> None:
    accused = picked("accused_id", life.office.staff["handler"])
    key = complain(life, "confirmed", **accused)
    given = life.given_to("handler")
    why = "The complaint is about this person; choose somebody else."
    life.refused("supervisor", "complaint", key, "assign", why, **given)
    life.change(
        "complaint", key, state="assigned", holder_id=life.office.staff["handler"]
    )
    mine = "The complaint is about you; somebody else handles it."
    life.refused("handler", "complaint", key, "investigate", mine, facts="没有的事")
    life.decide("complaint.handler_not_accused", "no")
    life.does("handler", "complaint", key, "investigate", facts="确有其事")


@pytest.mark.clause("S0-36")
def test_whoever_is_complained_about_leaves_the_text_alone(life: Life) -> None:
    told = {"content": "说我态度不好", "channel": "visit"}
    accused = picked("accused_id", life.office.staff["receptionist"])
    key = life.write("receptionist", "complaint", **told, **accused)
    version = life.case("complaint", key).version
    other = {"content": "没什么", "version": version, "accused_id": ""}
    life.client("receptionist").post(f"/complaint/edit/?id={key}", other)
    found = life.case("complaint", key)
    assert (found.content, found.accused_id) == (
        "说我态度不好",
        life.office.staff["receptionist"],
    )
    life.client("supervisor").post(f"/complaint/edit/?id={key}", other)
    assert life.case("complaint", key).content == "没什么"


@pytest.mark.clause("S2-46", "S2-50", "S1-50")
def test_the_result_is_the_responsible_persons(life: Life) -> None:
    key = complain(life, "answered")
    why = "The responsible person writes the result; or have it given to you first."
    life.refused("receptionist", "complaint", key, "handle", why, result="好了")
    life.decide("complaint.result_by", "receptionist")
    life.refused("handler", "complaint", key, "handle", why, result="好了")
    life.does("receptionist", "complaint", key, "handle", result="好了")
    assert life.state("complaint", key) == "handled"


@pytest.mark.clause("S2-46", "S1-49", "S2-57")
def test_the_handling_record_is_written(life: Life) -> None:
    key = complain(life, "answered")
    life.change("complaint", key, corrective_measure=None, handling_opinion=None)
    why = "The handling record is not complete: write the measures."
    life.refused("handler", "complaint", key, "handle", why, result="好了")
    life.decide("complaint.handling_record.when", "difficult_over_n_days")
    life.change("complaint", key, received_at=now() - dt.timedelta(days=12))
    life.refused("handler", "complaint", key, "handle", why, result="好了")
    life.change("complaint", key, received_at=now())
    life.does("handler", "complaint", key, "handle", result="好了")


@pytest.mark.clause("S0-64", "S0-65", "S0-70")
def test_an_internal_cause_is_named_and_put_right(life: Life) -> None:
    key = complain(life, "answered", cause="internal")
    why = "An internal cause: name the cause found and who is responsible."
    life.refused("handler", "complaint", key, "handle", why, result="好了")
    at_fault = life.office.staff["handler"]
    life.change("complaint", key, cause_found="巡查漏检", at_fault_id=at_fault)
    life.does("handler", "complaint", key, "handle", result="好了")
    (action,) = life.caused(key, "corrective_action")
    assert life.case("corrective_action", action).cause_analysis == "巡查漏检"


@pytest.mark.clause("S4-172", "S4-180", "S4-200", "S1-139")
def test_the_manager_decides_what_is_serious(life: Life) -> None:
    key = complain(life, "answered", major="y", group_tendency="y")
    decides = "The manager decides group, major and compensation cases first."
    comes = "A group complaint: name the manager who came in person."
    life.refused("handler", "complaint", key, "handle", decides, comes, result="好了")
    life.barred("supervisor", "complaint", key, "decide", decision="道歉")
    chief = picked("manager_id", life.office.staff["manager"])
    life.does("manager", "complaint", key, "decide", decision="当面道歉", **chief)
    assert life.case("complaint", key).decided_by_id == life.office.staff["manager"]
    life.does("handler", "complaint", key, "handle", result="好了")


@pytest.mark.clause("S1-142")
def test_compensation_is_approved_by_another(life: Life) -> None:
    key = complain(life, "assigned")
    amount = {"compensation": "200", "decision": "按损失赔付"}
    life.barred("supervisor", "complaint", key, "approve_compensation", **amount)
    life.change("complaint", key, holder_id=life.office.staff["manager"])
    why = "You handle this one; somebody else approves the money."
    life.refused("manager", "complaint", key, "approve_compensation", why, **amount)
    life.change("complaint", key, holder_id=life.office.staff["handler"])
    life.does("manager", "complaint", key, "approve_compensation", **amount)
    found = life.case("complaint", key)
    assert (str(found.compensation), found.decision) == ("200.00", "按损失赔付")
    page = life.client("receptionist").get("/complaint/edit/", id=key).text
    assert 'name="compensation"' not in page
    assert 'name="holder_id"' not in page


@pytest.mark.clause("S2-35")
def test_a_late_entry_keeps_its_time_and_says_why(life: Life) -> None:
    told = {
        "content": "停电那晚的投诉",
        "channel": "visit",
        "received_at": "2026-01-05T20:00",
    }
    answer = life.client("receptionist").post("/complaint/new/", told)
    why = "It did not come just now: choose the reason for the late entry."
    assert answer.status_code == 400
    assert _(why) in answer.text
    ahead = told | {"received_at": "2099-01-05T20:00"}
    answer = life.client("receptionist").post("/complaint/new/", ahead)
    assert answer.status_code == 400
    assert _("The time at which it came cannot lie in the future.") in answer.text
    key = life.write("receptionist", "complaint", **told, back_entry_reason="power_cut")
    assert (
        life.case("complaint", key).received_at.isoformat()
        == "2026-01-05T12:00:00+00:00"
    )
    assert "补录" in life.client("receptionist").get("/complaint/details/", id=key).text


@pytest.mark.clause("S2-35")
def test_a_late_reception_takes_its_complaint_back_with_it(life: Life) -> None:
    told = {"content": "停电那晚", "channel": "visit", "category": "complaint"}
    at = {"received_at": "2026-01-05T20:00", "back_reason": "power_cut"}
    call = life.write("receptionist", "reception", **told, **at)
    (key,) = life.caused(call, "complaint")
    came = life.case("complaint", key)
    assert came.received_at == life.case("reception", call).received_at
    assert came.back_entry_reason == "power_cut"


@pytest.mark.clause("S0-35", "S4-176", "S4-02")
def test_the_office_says_who_enters_complaints(life: Life) -> None:
    told = {"content": "车位被占", "channel": "visit"}
    for job in ("receptionist", "guard", "staff"):
        life.write(job, "complaint", **told)
    life.decide("intake.roles", "receptionist,supervisor")
    answer = life.client("guard").post("/complaint/new/", told)
    assert answer.status_code == 400
    assert (
        _("Complaints are entered by others here; tell the front desk.") in answer.text
    )


@pytest.mark.clause("S2-08")
def test_complaints_of_one_cause_are_joined(life: Life) -> None:
    first, second = complain(life), complain(life)
    why = "Choose another record, not this one."
    itself, other = picked("merged_into_id", first), picked("merged_into_id", second)
    life.refused("receptionist", "complaint", first, "link", why, **itself)
    life.does("receptionist", "complaint", first, "link", **other)
    assert life.case("complaint", first).merged_into_id == second
