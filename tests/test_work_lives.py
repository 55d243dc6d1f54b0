"""Repairs, job slips, contact sheets, services and corrections, end to end."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import pytest

from core.db import now
from core.words import _
from models import Department
from tests.lives import Life, picked

pytestmark = pytest.mark.once

OPEN_STILL = "Record the result first."
UNTOLD = "The customer has not been told yet: record the reply first."
SAID = {"channel": "telephone", "content": "已修好"}


def repair(life: Life, **more: Any) -> int:
    """A repair of the household."""
    told = {"content": "插座没电", "channel": "telephone", **life.at_home()}
    return life.write("receptionist", "repair", **told, **more)


def mended(life: Life, **more: Any) -> int:
    """A repair that has been done."""
    key = repair(life, **more)
    life.does("receptionist", "repair", key, "dispatch", **life.given_to("handler"))
    life.does("handler", "repair", key, "arrive")
    life.does("handler", "repair", key, "finish", result="换了插座")
    return key


@pytest.mark.clause("S3-75", "S3-27", "S0-50")
def test_a_repair_is_dispatched_mended_revisited_and_closed(life: Life) -> None:
    key = mended(life)
    found = life.case("repair", key)
    assert found.notified_at
    assert (found.state, found.times_dispatched) == ("done", 1)
    status, text = life.move("receptionist", "repair", key, "close")
    assert (status, _(UNTOLD) in text) == (409, True)
    life.does("receptionist", "repair", key, "reply", **SAID)
    life.revisits(key)
    life.barred("handler", "repair", key, "close")
    life.does("receptionist", "repair", key, "close")
    assert life.case("repair", key).closed_at


@pytest.mark.clause("S1-57")
def test_nobody_is_sent_before_somebody_can_go(life: Life) -> None:
    key = repair(life)
    why = "Nobody can go; agree another time with the department first."
    no = {"service_available": "no"}
    life.refused("receptionist", "repair", key, "confirm_available", why, **no)
    life.does(
        "receptionist", "repair", key, "confirm_available", service_available="yes"
    )
    at = {"agreed_arrival_at": "2030-01-01T10:00", "agreed_reason": "业主上班"}
    assert life.move("receptionist", "repair", key, "appoint")[0] == 400
    life.does("receptionist", "repair", key, "appoint", **at)


@pytest.mark.clause("S3-75", "S4-182")
def test_what_does_not_hold_is_dispatched_again(life: Life) -> None:
    key = mended(life)
    again = {"reason": "第二天又没电", **life.given_to("handler")}
    life.does("receptionist", "repair", key, "dispatch_again", **again)
    assert life.case("repair", key).times_dispatched == 2
    life.does("handler", "repair", key, "arrive")
    life.does("handler", "repair", key, "finish", result="换了线")
    assert len(life.caused(key, "revisit")) == 1  # the one that was planned


@pytest.mark.clause("S3-26")
def test_a_repair_waits_for_parts_and_goes_on(life: Life) -> None:
    key = repair(life)
    life.does("receptionist", "repair", key, "dispatch", **life.given_to("handler"))
    life.refused(
        "handler", "repair", key, "resume", "This is not waiting for anything."
    )
    wait = {"waiting_for": "parts", "waiting_until": "2030-01-01T10:00"}
    life.does("handler", "repair", key, "pause", **wait)
    page = life.client("receptionist").get("/repair/details/", id=key).text
    assert "待配件" in page
    life.does("handler", "repair", key, "resume")
    assert life.case("repair", key).waiting_for is None
    life.does("handler", "repair", key, "pause", **wait)
    life.does("handler", "repair", key, "arrive")
    assert life.case("repair", key).waiting_for is None


@pytest.mark.clause("S3-61", "S3-71")
def test_urging_is_counted_and_shown(life: Life) -> None:
    key = repair(life)
    for _time in range(2):
        life.does("receptionist", "repair", key, "remind")
    page = life.client("receptionist").get("/repair/details/", id=key).text
    assert _("urged {n} times", n=2) in page
    life.barred("finance", "repair", key, "remind")


@pytest.mark.clause("S4-217", "S4-218", "S4-219", "S4-220")
def test_repairs_are_shared_out_among_who_revisits(life: Life) -> None:
    shares = Counter(
        life.case("revisit", life.caused(mended(life), "revisit")[0]).revisitor_role
        for _n in range(10)
    )
    assert set(shares) == {"manager", "supervisor", "repair_head"}
    assert shares["repair_head"] > shares["supervisor"] > shares["manager"]


@pytest.mark.clause("S4-227", "S4-228", "S4-224")
def test_a_revisit_on_site_is_signed_and_the_charge_checked(life: Life) -> None:
    key = mended(life, charge="50")
    (visit,) = life.caused(key, "revisit")
    life.change("revisit", visit, revisitor_role="receptionist")
    holder = picked("holder_id", life.office.staff["receptionist"])
    life.does("supervisor", "revisit", visit, "assign", **holder)
    charge = "There was a charge: check it with the customer."
    signed = "Have the visit signed, or say why it is not signed."
    mode = "Say why it was not done in the way prescribed."
    said = {"satisfaction": "satisfied"}
    life.refused("receptionist", "revisit", visit, "do", charge, **said)
    said["charge_check"] = "matches"
    life.refused("receptionist", "revisit", visit, "do", signed, **said)
    other = said | {"mode": "telephone"}
    life.refused("receptionist", "revisit", visit, "do", mode, **other)
    other["mode_exception"] = "业主出差"
    life.does("receptionist", "revisit", visit, "do", **other)
    assert life.state("revisit", visit) == "closed"


@pytest.mark.clause("S4-84")
def test_whoever_cannot_be_reached_is_tried_again_and_then_let_be(life: Life) -> None:
    key = mended(life)
    (visit,) = life.caused(key, "revisit")
    holder = picked("holder_id", life.office.staff["receptionist"])
    life.does("supervisor", "revisit", visit, "assign", **holder)
    missed = {"unreached_reason": "no_answer", "retry_at": "2030-01-01T10:00"}
    life.does("receptionist", "revisit", visit, "not_reached", **missed)
    over = {"unreached_reason": "no_answer", "reason": "一直没人接"}
    status, text = life.move("receptionist", "revisit", visit, "give_up", **over)
    assert (status, _("Try {n} times before giving up.", n=3) in text) == (409, True)
    for _time in range(2):
        life.does("receptionist", "revisit", visit, "not_reached", **missed)
    life.does("receptionist", "revisit", visit, "give_up", **over)
    assert life.state("revisit", visit) == "closed"


def test_a_new_problem_found_on_a_revisit_becomes_a_correction(life: Life) -> None:
    key = mended(life)
    (visit,) = life.caused(key, "revisit")
    holder = picked("holder_id", life.office.staff["supervisor"])
    life.does("supervisor", "revisit", visit, "assign", **holder)
    found = {
        "satisfaction": "satisfied",
        "signed_by": "王建国",
        "new_problems": "墙面弄脏了",
    }
    life.does("supervisor", "revisit", visit, "do", **found)
    assert life.state("revisit", visit) == "problem_found"
    (action,) = life.caused(visit, "corrective_action")
    assert life.case("corrective_action", action).content == "墙面弄脏了"


@pytest.mark.clause("S4-71", "S4-72", "S4-73", "S2-62")
def test_a_correction_is_planned_accepted_by_another_and_told(life: Life) -> None:
    told = {"content": "墙面弄脏", "origin": "revisit", **life.at_home()}
    key = life.write("supervisor", "corrective_action", **told)
    given = life.given_to("supervisor")
    why = "Say by which date it is put right."
    life.refused("supervisor", "corrective_action", key, "notice", why, **given)
    life.does(
        "supervisor",
        "corrective_action",
        key,
        "notice",
        finish_by="2030-01-01",
        **given,
    )
    done = {"implementation": "重新粉刷"}
    life.refused("supervisor", "corrective_action", key, "execute", **done)
    life.does(
        "supervisor", "corrective_action", key, "analyse", cause_analysis="没铺布"
    )
    life.does("supervisor", "corrective_action", key, "plan", corrective_measure="粉刷")
    life.does("supervisor", "corrective_action", key, "execute", **done)
    mine = "You put this right; somebody else accepts it."
    life.refused("supervisor", "corrective_action", key, "accept", mine)
    note = {"acceptance_note": "还有色差"}
    life.does("manager", "corrective_action", key, "reject", **note)
    assert life.state("corrective_action", key) == "noticed"
    life.does("supervisor", "corrective_action", key, "plan")
    life.does("supervisor", "corrective_action", key, "execute")
    life.does("manager", "corrective_action", key, "accept")
    untold = "Tell the customer first."
    life.refused("supervisor", "corrective_action", key, "close", untold)
    life.does("supervisor", "corrective_action", key, "tell", told_how="当面")
    life.does("supervisor", "corrective_action", key, "close")
    life.does("manager", "corrective_action", key, "reopen", reason="又脏了")
    assert life.state("corrective_action", key) == "noticed"


def test_an_office_of_three_accepts_its_own_corrections_and_lists_it(
    life: Life,
) -> None:
    life.decide("four_eyes.corrective_acceptance", "marked")
    told = {"content": "标识脱落", "origin": "inspection"}
    key = life.write("supervisor", "corrective_action", **told)
    life.change(
        "corrective_action",
        key,
        state="executed",
        holder_id=life.office.staff["supervisor"],
    )
    life.does("supervisor", "corrective_action", key, "accept")
    assert life.waived() == ["four_eyes.corrective_acceptance"]
    life.does("supervisor", "corrective_action", key, "close")  # nobody to tell


@pytest.mark.clause("S0-48", "S0-49")
def test_a_contact_sheet_goes_out_the_same_day(life: Life) -> None:
    told = {"content": "外墙渗水", **life.at_home()}
    key = life.write("receptionist", "rework", **told)
    life.change("rework", key, received_at=now() - dt.timedelta(days=2))
    to = {"received_by": "售后 张工"}
    why = "The sheet goes to after-sales on the same day; say why it did not happen."
    life.refused("receptionist", "rework", key, "return", why, **to)
    life.does("receptionist", "rework", key, "return", late_reason="售后放假", **to)
    done = {"result": "已注浆", "completed_on": "2026-11-21"}
    life.does("receptionist", "rework", key, "finish", **done)
    life.does("receptionist", "rework", key, "fail_recheck", reason="还渗")
    life.does("receptionist", "rework", key, "finish", **done)
    life.does("receptionist", "rework", key, "reply", **SAID)
    life.does("receptionist", "rework", key, "close")
    assert life.case("rework", key).rechecked_by_id


def slip(life: Life, **more: Any) -> int:
    """A job slip of the household."""
    told = {"content": "清理楼道", "channel": "visit", **life.at_home()}
    return life.write("receptionist", "dispatch", **(told | more))


@pytest.mark.clause("S1-56", "S1-57")
def test_a_job_is_agreed_before_it_is_dispatched_unless_urgent(life: Life) -> None:
    key = slip(life, job_kind="housekeeping")
    why = "First make sure that somebody can go and agree the time of the visit."
    given = life.given_to("handler")
    life.refused("receptionist", "dispatch", key, "dispatch", why, **given)
    life.does(
        "receptionist", "dispatch", key, "confirm_available", service_available="yes"
    )
    life.does("receptionist", "dispatch", key, "appoint", visit_at="2030-01-01T10:00")
    life.does("receptionist", "dispatch", key, "dispatch", **given)
    urgent = slip(life, job_kind="housekeeping", urgent="y")
    life.does("receptionist", "dispatch", urgent, "dispatch", **given)


@pytest.mark.clause("S3-58", "S3-63", "S3-22")
def test_another_departments_slip_is_approved_before_it_is_filed(life: Life) -> None:
    life.change("department", life.office.department, function="engineering")
    key = slip(life, job_kind="other_department")
    holder = picked("department_id", life.office.department)
    holder |= picked("holder_id", life.office.staff["handler_head"])
    life.does("receptionist", "dispatch", key, "dispatch", **holder)
    life.does("handler_head", "dispatch", key, "finish", result="已清理")
    why = "The supervisor of that department approves before the slip is filed."
    life.refused("receptionist", "dispatch", key, "file", why)
    mine = "You did this job; somebody else approves its filing."
    life.refused("handler_head", "dispatch", key, "approve_filing", mine)
    life.change("dispatch", key, holder_id=life.office.staff["handler"])
    life.barred("handler", "dispatch", key, "approve_filing")
    life.does("handler_head", "dispatch", key, "approve_filing")
    for visit in life.caused(key, "revisit"):  # the first of the month is sampled
        life.change("revisit", visit, state="closed", open=False)
    life.does("receptionist", "dispatch", key, "file")
    assert life.case("dispatch", key).filed_by_id == life.office.staff["receptionist"]


@pytest.mark.clause("S3-56", "S3-57")
def test_our_own_slips_are_all_revisited_and_others_by_sample(life: Life) -> None:
    def revisited() -> bool:
        key = slip(life, job_kind="general")
        life.does(
            "receptionist", "dispatch", key, "dispatch", **life.given_to("handler")
        )
        life.does("handler", "dispatch", key, "finish", result="已清理")
        return bool(life.caused(key, "revisit"))

    assert all(revisited() for _n in range(3))
    life.change("department", life.office.department, function="security")
    sampled = [revisited() for _n in range(10)]
    assert 0 < sum(sampled) <= 3


@pytest.mark.clause("S0-52", "S0-71")
def test_a_service_is_agreed_done_charged_and_closed(life: Life) -> None:
    told = {"content": "擦窗", "channel": "visit", "service_kind": "cleaning"}
    key = life.write("receptionist", "service_order", **told, **life.at_home())
    yes = {"service_available": "yes"}
    life.does("receptionist", "service_order", key, "confirm_available", **yes)
    at = {"visit_at": "2030-01-01T10:00", **life.given_to("handler")}
    life.does("receptionist", "service_order", key, "appoint", **at)
    life.does("handler", "service_order", key, "finish", result="已擦")
    assert life.move("receptionist", "service_order", key, "charge")[0] == 400
    paid = {"charge": "80", "charged_on": "2026-11-20", "receipt_no": "0001"}
    life.does("receptionist", "service_order", key, "charge", **paid)
    life.does("receptionist", "service_order", key, "reply", **SAID)
    life.revisits(key)
    assert life.case("service_order", key).revisited_at
    life.does("receptionist", "service_order", key, "close")
    life.does("supervisor", "service_order", key, "reopen", reason="没擦干净")
    free = {"free_reason": "返工"}
    life.does("receptionist", "service_order", key, "waive_charge", **free)
    assert life.case("service_order", key).free_of_charge


def test_a_repair_without_a_result_is_not_closed(life: Life) -> None:
    key = mended(life)
    life.change("repair", key, result=None)
    life.refused("receptionist", "repair", key, "close", OPEN_STILL)


def test_a_department_of_the_desk_is_no_other_department(life: Life) -> None:
    with life.as_actor() as session:
        assert session.get_one(Department, life.office.department).function is None
    key = slip(life)
    life.does("receptionist", "dispatch", key, "dispatch", **life.given_to("handler"))
    life.does("handler", "dispatch", key, "finish", result="已清理")
    life.revisits(key)
    life.does("receptionist", "dispatch", key, "file")
