"""Controlled documents and procedure reviews, from the first draft to the next."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select

from core.db import now
from core.words import _
from models import ProcedureReview
from tests.lives import Life, picked
from views import duties

pytestmark = pytest.mark.once

MINE = "You wrote this document; somebody else reviews it."


def document(life: Life, **more: Any) -> int:
    """A draft that the handler wrote and the supervisor typed in."""
    told = {"subject": "接待作业规程", "document_kind": "procedure", "edition": "A/0"}
    writer = picked("prepared_by_id", life.office.staff["handler"])
    told |= {"document_number": "QP-07"}
    return life.write("supervisor", "controlled_document", **told, **writer, **more)


def in_force(life: Life) -> int:
    """A document that has passed three people."""
    key = document(life)
    life.does("supervisor", "controlled_document", key, "review")
    life.does("manager", "controlled_document", key, "approve")
    day = {"effective_on": "2026-11-23", "stamped": "1"}
    life.does("supervisor", "controlled_document", key, "take_effect", **day)
    return key


@pytest.mark.clause("S2-01", "S2-02", "S2-03", "S2-04", "S4-30", "S4-32", "S4-33")
def test_a_document_passes_three_people_and_is_handed_out_by_number(life: Life) -> None:
    slug, key = "controlled_document", document(life)
    life.refused("manager", slug, key, "approve", reviewed_first())
    life.change(slug, key, prepared_by_id=life.office.staff["supervisor"])
    life.refused("supervisor", slug, key, "review", MINE)
    life.change(slug, key, prepared_by_id=life.office.staff["handler"])
    life.barred("receptionist", slug, key, "review")
    life.does("supervisor", slug, key, "review")
    life.change(slug, key, prepared_by_id=life.office.staff["manager"])
    both = "You wrote or reviewed it; somebody else approves it."
    life.refused("manager", slug, key, "approve", both)
    life.does("manager", slug, key, "send_back", reason="第三章写清楚")
    life.change(slug, key, prepared_by_id=life.office.staff["handler"])
    life.does("supervisor", slug, key, "review")
    life.does("manager", slug, key, "approve")
    day = {"effective_on": "2026-11-23"}
    life.decide("procedure.review_months", "")
    life.refused("supervisor", slug, key, "take_effect", never_reviewed(), **day)
    life.decide("procedure.review_months", "3")
    life.does("supervisor", slug, key, "take_effect", **day)
    copy = {"issue_number": "07-01"}
    plain = "Only a document with the controlled stamp is handed out."
    life.refused("supervisor", slug, key, "issue_copy", plain, **copy)
    life.change(slug, key, stamped=True)
    life.does("supervisor", slug, key, "issue_copy", **copy)
    twice = "A copy of that number has been handed out already."
    life.refused("supervisor", slug, key, "issue_copy", twice, **copy)


def never_reviewed() -> str:
    """What stands between an approved document and its coming into force."""
    return "Say in how many months it is reviewed; the office has set no figure."


def reviewed_first() -> str:
    """What stands between a draft and its approval."""
    return "Somebody reviews the document before it is approved."


def test_an_office_without_reviewers_approves_at_once(life: Life) -> None:
    key = document(life)
    life.decide("document.approval_steps", "prepare,approve")
    life.does("manager", "controlled_document", key, "approve")
    assert life.state("controlled_document", key) == "approved"


@pytest.mark.clause("S0-21", "S2-04")
def test_the_next_edition_takes_the_place_of_the_one_before(life: Life) -> None:
    slug, old = "controlled_document", in_force(life)
    noted = {"revised_on": "2026-11-23", "content": "改了回复时限"}
    life.does("supervisor", slug, old, "note_revision", **noted)
    life.does("supervisor", slug, old, "new_edition", reason="业主意见")
    (new,) = life.caused(old, slug)
    draft = life.case(slug, new)
    assert (draft.state, draft.replaces_id, draft.subject) == (
        "draft",
        old,
        life.case(slug, old).subject,
    )
    life.change(slug, new, edition="A/1")
    writer = picked("prepared_by_id", life.office.staff["handler"])
    life.does("supervisor", slug, new, "review", **writer)
    life.does("manager", slug, new, "approve")
    assert life.state(slug, old) == "effective"
    life.does("supervisor", slug, new, "take_effect", effective_on="2026-12-01")
    assert (life.state(slug, old), life.state(slug, new)) == ("superseded", "effective")


def review(life: Life, conclusion: str, **more: Any) -> int:
    """A review that the manager leads, up to its report."""
    slug, leader = "procedure_review", life.office.staff["manager"]
    key = life.write("manager", slug, quarter="2026Q4", **more)
    life.does("manager", slug, key, "start", **picked("holder_id", leader))
    report = {"content": "时限偏紧", "conclusion": conclusion}
    nobody = "List the departments that took part first."
    life.refused("manager", slug, key, "report", nobody, **report)
    here = picked("department_id", life.office.department)
    life.does("manager", slug, key, "hear", opinion="同意", **here)
    return key


@pytest.mark.clause("S0-22", "S0-23", "S0-24", "S0-25", "S0-26")
def test_a_review_is_led_written_approved_above_and_put_into_effect(life: Life) -> None:
    old = in_force(life)
    slug = "procedure_review"
    key = review(life, "revise", **picked("controlled_document_id", old))
    report = {"content": "时限偏紧", "conclusion": "revise"}
    why = "Write down each change and its reason first."
    life.refused("manager", slug, key, "report", why, **report)
    change = {"content": "首次回复改为一天", "reason": "业主多次提出"}
    life.does("handler", slug, key, "propose", **change)
    life.does("manager", slug, key, "report", **report)
    assert life.case(slug, key).reported_on is not None
    above = "You led this review: enter who approved it above you, and by which paper."
    life.refused("manager", slug, key, "approve", above)
    life.barred("supervisor", slug, key, "approve")
    paper = {"approved_by_name": "陈总 总经理", "approval_paper": "物业〔2026〕12号"}
    life.does("manager", slug, key, "approve", **paper)
    life.does("manager", slug, key, "implement", implemented_on="2026-12-01")
    assert life.state(slug, key) == "effective"
    (edition,) = life.caused(old, "controlled_document")
    assert life.case("controlled_document", edition).replaces_id == old


def test_a_small_office_approves_its_own_review_and_it_is_listed(life: Life) -> None:
    key = review(life, "keep")
    report = {"content": "没有要改的", "conclusion": "keep"}
    life.does("manager", "procedure_review", key, "report", **report)
    life.does("manager", "procedure_review", key, "send_back", reason="再看第二章")
    life.does("manager", "procedure_review", key, "report", **report)
    life.decide("four_eyes.procedure_approval", "marked")
    life.does("manager", "procedure_review", key, "approve")
    text = life.client("manager").get(f"/procedure_review/history/?id={key}").text
    assert _("did without a second pair of eyes") in text


@pytest.mark.clause("S0-20", "S4-75", "S4-102")
def test_documents_in_force_come_round_for_review_each_in_its_time(life: Life) -> None:
    quarterly, yearly = in_force(life), in_force(life)
    assert life.case("controlled_document", quarterly).review_months == 3
    life.change("controlled_document", yearly, review_months=24)
    document(life)  # a draft
    with life.as_actor() as session:
        duties.run(session, now() + dt.timedelta(days=400))
        query = select(ProcedureReview).where(
            ProcedureReview.project_id == life.office.home
        )
        found = Counter(one.controlled_document_id for one in session.scalars(query))
    assert found.keys() == {quarterly, yearly}
    assert 4 <= found[quarterly] <= 5
    assert 1 <= found[yearly] <= 2
