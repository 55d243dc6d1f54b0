"""What a complaint needs before it is closed, and what opens it again."""

from __future__ import annotations

import pytest

from tests.complaints import complain, on, settle
from tests.lives import Life, picked

pytestmark = pytest.mark.once

TOLD = "The customer has not been told yet: record the reply first."
UNSATISFIED = "It has not been revisited yet, or the customer was not satisfied."


@pytest.mark.clause("S2-51", "S2-55", "S4-182", "S4-175", "S4-160")
def test_it_closes_only_when_everything_is_there(life: Life) -> None:
    key = complain(life, "revisited")
    unsigned = (
        "The customer has not signed. For complaints by telephone or network the"
        " supervisor can record why there is no signature."
    )
    life.change("complaint", key, result=None, satisfaction="dissatisfied")
    result = "Record the result first."
    whys = (result, unsigned, TOLD, UNSATISFIED)
    life.refused("receptionist", "complaint", key, "close", *whys)
    life.barred(
        "receptionist", "complaint", key, "waive_signature", unsigned_reason="x"
    )
    reason = "The office does not accept this reason for a missing signature."
    absent, refused = {"unsigned_reason": "absent"}, {"unsigned_reason": "refused"}
    life.refused("supervisor", "complaint", key, "waive_signature", reason, **absent)
    life.does("supervisor", "complaint", key, "waive_signature", **refused)
    life.change("complaint", key, result="好了", satisfaction="satisfied")
    said = {"channel": "telephone", "content": "好了"}
    life.does("receptionist", "complaint", key, "reply", **said)
    life.barred("handler", "complaint", key, "close")
    life.does("receptionist", "complaint", key, "close")


@pytest.mark.clause("S2-51", "S3-21")
def test_a_signature_is_on_paper_that_is_found_or_on_a_scan(life: Life) -> None:
    key = complain(life, "handled")
    typed = {"signed_by": "王建国", "signature_form": "witnessed"}
    no = "The office takes no signature of this form."
    life.refused("receptionist", "complaint", key, "sign", no, **typed)
    paper = typed | {"signature_form": "paper"}
    where = "Say where the signed paper is kept."
    life.refused("receptionist", "complaint", key, "sign", where, **paper)
    life.does("receptionist", "complaint", key, "sign", **paper, paper_place="3柜-12")
    assert life.case("complaint", key).paper_place == "3柜-12"
    scan = typed | {"signature_form": "scan"}
    none = "Attach the scan of the signed paper to this record first."
    life.refused("receptionist", "complaint", key, "sign", none, **scan)
    life.attach("complaint", key, "other")
    life.refused("receptionist", "complaint", key, "sign", none, **scan)
    life.attach("complaint", key, "signed_form")
    life.does("receptionist", "complaint", key, "sign", **scan)


def test_the_office_asks_less_if_it_wants_to(life: Life) -> None:
    key = complain(life, "handled")
    life.decide("close.requires.complaint", "result")
    life.decide("survey.closing_question", "no")
    life.change("complaint", key, state="revisited")
    life.change("revisit", life.caused(key, "revisit")[0], open=False, state="closed")
    life.does("receptionist", "complaint", key, "close")


@pytest.mark.clause("S2-54", "S2-55", "S4-175", "S4-182", "S4-86")
def test_a_dissatisfied_customer_opens_it_again(life: Life) -> None:
    key = complain(life, "handled")
    life.does("receptionist", "complaint", key, "sign", signed_by="王建国")
    visit = life.revisits(key, "dissatisfied")
    assert life.state("complaint", key) == "reopened"
    assert life.case("complaint", key).signed_by is None
    assert life.state("revisit", visit) == "problem_found"
    (action,) = life.caused(visit, "corrective_action")
    on(life, key)
    assert life.state("complaint", key) == "assigned"
    on(life, key)
    on(life, key)
    on(life, key)
    second = life.caused(key, "revisit")
    assert len(second) == 2
    life.revisits(key)
    settle(life, key)
    number = life.case("revisit", visit).number
    status, text = life.move("receptionist", "complaint", key, "close")
    assert (status, number in text) == (409, True)
    finish_corrective(life, action)
    assert life.state("revisit", visit) == "closed"
    life.does("receptionist", "complaint", key, "close")


def finish_corrective(life: Life, key: int) -> None:
    """Put a fault right and have it accepted."""
    notice = life.given_to("handler") | {"finish_by": "2030-01-01"}
    life.does("supervisor", "corrective_action", key, "notice", **notice)
    plan = {"corrective_measure": "重做"}
    life.does("handler", "corrective_action", key, "plan", **plan)
    life.does("handler", "corrective_action", key, "execute", implementation="做了")
    life.does("supervisor", "corrective_action", key, "accept")
    life.does("supervisor", "corrective_action", key, "tell", told_how="电话，满意")
    life.does("supervisor", "corrective_action", key, "close")


def test_the_supervisor_decides_about_the_dissatisfied_if_the_office_wants(
    life: Life,
) -> None:
    life.decide("close.dissatisfied", "supervisor_decides")
    key = complain(life, "handled")
    life.revisits(key, "dissatisfied")
    assert life.state("complaint", key) == "revisited"
    settle(life, key)
    life.refused("receptionist", "complaint", key, "close", UNSATISFIED)
    life.does("manager", "complaint", key, "reopen", reason="再办")
    assert life.state("complaint", key) == "reopened"


@pytest.mark.clause("S2-58")
def test_whoever_passed_it_on_hears_the_result(life: Life) -> None:
    key, other = complain(life, "revisited", forwarder="街道办"), complain(life)
    settle(life, key)
    life.change("complaint", other, state="revisited")
    why = "Nobody passed this complaint on to us."
    life.refused("receptionist", "complaint", other, "tell_forwarder", why)
    status, text = life.move("receptionist", "complaint", key, "close")
    assert status == 409
    assert "街道办" in text
    life.does("receptionist", "complaint", key, "tell_forwarder")
    life.does("receptionist", "complaint", key, "close")


@pytest.mark.clause("S0-67", "S0-68", "S0-69")
def test_bad_manners_end_with_apology_criticism_and_a_leaders_revisit(
    life: Life,
) -> None:
    key = complain(life, "handled", cause="attitude", severity="grave")
    visit = life.caused(key, "revisit")[0]
    assert life.case("revisit", visit).revisitor_role == "supervisor"
    holder = picked("holder_id", life.office.staff["receptionist"])
    life.does("supervisor", "revisit", visit, "assign", **holder)
    why = "A leader makes this revisit: the supervisor or the manager."
    made = {"satisfaction": "satisfied", "signed_by": "王建国"}
    life.refused("receptionist", "revisit", visit, "do", why, **made)
    life.does("supervisor", "revisit", visit, "do", **made)
    settle(life, key)
    apology = "A matter of attitude or quality: record the apology first."
    criticism = "A grave case: record the circulated criticism under conduct first."
    life.refused("receptionist", "complaint", key, "close", apology, criticism)
    life.does("receptionist", "complaint", key, "apologise")
    page = f"/conduct/new/?case_id={key}"
    words = {"decided_on": "2026-11-20", "measure": "criticism", "summary": "通报批评"}
    case = picked("case_id", key) | picked("staff_id", life.office.staff["handler"])
    assert life.client("manager").post(page, words | case).status_code == 302
    life.change("revisit", visit, revisitor_role="receptionist")
    leader = "A matter of attitude or quality: a leader revisits the customer."
    life.refused("receptionist", "complaint", key, "close", leader)
    life.change("revisit", visit, revisitor_role="supervisor")
    life.does("receptionist", "complaint", key, "close")


@pytest.mark.clause("S1-143", "S0-63")
def test_what_is_not_ours_is_said_plainly_and_closed(life: Life) -> None:
    key = complain(life, "investigated")
    basis = {"basis": "合同第三条"}
    life.barred("receptionist", "complaint", key, "close_not_ours", **basis)
    life.refused("supervisor", "complaint", key, "close_not_ours", TOLD, **basis)
    said = {"channel": "telephone", "content": "这一段归自来水公司管"}
    life.does("receptionist", "complaint", key, "reply", **said)
    life.change("complaint", key, cause="municipal")
    why = "A municipal cause is followed up and revisited, not turned away."
    life.refused("supervisor", "complaint", key, "close_not_ours", why, **basis)
    life.change("complaint", key, cause="external")
    life.does("supervisor", "complaint", key, "close_not_ours", **basis)
    done = life.case("complaint", key)
    assert (done.state, done.responsibility) == ("closed", "not_ours")


def test_without_anybody_to_ask_it_goes_on_without_a_revisit(life: Life) -> None:
    nobody = {"unit_id": "", "unit_id-id": "", "person_id": "", "person_id-id": ""}
    key = complain(life, "revisited", **nobody)
    assert life.caused(key, "revisit") == []
    life.does(
        "supervisor", "complaint", key, "waive_signature", unsigned_reason="anonymous"
    )
    life.does("receptionist", "complaint", key, "close")
