"""The door of moves: who gets in, what is ignored, and two people at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select

from core.chain import Change
from core.db import now, writing
from core.words import _
from models import Escalation
from tests.browsing import Visitor
from tests.complaints import complain
from tests.lives import Life, picked


def acts(life: Life, slug: str, key: int) -> list[str]:
    """What the history says was done to a case, the oldest first."""
    query = select(Change.action).where(Change.slug == slug, Change.record_id == key)
    with life.as_actor() as session:
        return list(session.scalars(query.order_by(Change.id)))


def test_an_unknown_step_is_a_bad_request(life: Life) -> None:
    key = complain(life)
    for code in ("", "explode", "replied_first", "revisit", "receive", "确认"):
        status, text = life.move("supervisor", "complaint", key, code)
        assert status == 400, code
        assert _("There is no such step.") in text


def test_a_case_from_elsewhere_is_not_there(life: Life) -> None:
    key = complain(life)
    life.change("complaint", key, project_id=life.office.elsewhere)
    for job in ("supervisor", "manager", "receptionist", "guard"):
        status, _text = life.move(job, "complaint", key, "confirm")
        assert status == 404, job
    status, _text = life.move("supervisor", "person", life.office.person, "confirm")
    assert status == 404


def test_a_step_of_another_state_is_refused(life: Life) -> None:
    key = complain(life)
    why = "This step is not possible any more; look at the record."
    for code in ("handle", "close", "file"):
        life.refused("supervisor", "complaint", key, code, why)
    life.change("complaint", key, state="filed", open=False)
    life.refused("supervisor", "complaint", key, "confirm", why)


def test_a_void_case_makes_no_step(life: Life) -> None:
    key = complain(life)
    form = {"id": key, "version": life.case("complaint", key).version, "reason": "重复"}
    assert life.client("supervisor").post("/complaint/delete/", form).status_code == 302
    life.refused("supervisor", "complaint", key, "confirm")


def test_the_second_of_two_people_is_told(life: Life) -> None:
    key = complain(life)
    seen = life.case("complaint", key).version
    life.does("supervisor", "complaint", key, "confirm", version=seen)
    life.refused("manager", "complaint", key, "confirm", version=seen)
    changed = "Somebody has just changed this record. Look at it again first."
    given = life.given_to("handler") | {"version": seen}
    life.refused("supervisor", "complaint", key, "assign", changed, **given)


def test_of_many_at_once_exactly_one_makes_the_step(life: Life, app: Flask) -> None:
    key = complain(life)
    heads = [Visitor(app, "supervisor") for _n in range(6)]
    sent = {"id": key, "move": "confirm"}
    with ThreadPoolExecutor(6) as pool:
        asked = pool.map(lambda head: head.post("/complaint/move/", sent), heads)
        answers = sorted(answer.status_code for answer in asked)
    assert answers == [302, *[409] * 5]
    assert acts(life, "complaint", key).count("move.confirm") == 1


def test_a_level_that_it_was_copied_to_is_marked(life: Life) -> None:
    key = complain(life)
    with life.as_actor() as session, writing(session):
        values = {"case_id": key, "cause": "overdue", "sent_at": now(), "level": 2}
        session.add(Escalation(project_id=life.office.home, **values))
    page = life.client("supervisor").get("/complaint/details/", id=key).text
    assert _("copied up to level {n}", n=2) in page


def test_fields_that_the_step_does_not_have_are_ignored(life: Life) -> None:
    key = complain(life, "assigned")
    forged = {"state": "closed", "open": "", "closed_by_id": "1", "result": "好了"}
    more = {"project_id": str(life.office.elsewhere), "confirmed_by_id": "1"}
    life.does(
        "handler", "complaint", key, "investigate", facts="查了", **forged, **more
    )
    found = life.case("complaint", key)
    assert (found.state, found.open, found.result) == ("investigated", True, None)
    assert found.project_id == life.office.home
    assert found.confirmed_by_id == life.office.staff["supervisor"]


def test_a_step_takes_no_people_from_elsewhere(life: Life) -> None:
    key = complain(life, "confirmed")
    stranger = picked("holder_id", life.office.staff["outsider"])
    given = picked("department_id", life.office.department) | stranger
    assert life.move("supervisor", "complaint", key, "assign", **given)[0] == 400
    assert life.state("complaint", key) == "confirmed"


def test_a_step_that_asks_says_what_is_missing(life: Life) -> None:
    key = complain(life, "confirmed")
    status, text = life.move("supervisor", "complaint", key, "assign")
    assert status == 400
    assert 'class="error"' in text


def test_nothing_is_moved_by_looking(life: Life) -> None:
    key = complain(life)
    visitor = life.client("supervisor")
    answer = visitor.get("/complaint/move/", id=key, move="confirm")
    assert answer.status_code == 405
    assert life.state("complaint", key) == "received"


def test_each_step_has_its_entry_with_its_reason(life: Life) -> None:
    key = complain(life, "confirmed")
    given = life.given_to("handler") | {"reason": "灯归工程部"}
    life.does("supervisor", "complaint", key, "assign", **given)
    assert acts(life, "complaint", key) == ["create", "move.confirm", "move.assign"]
    query = select(Change.note).where(Change.action == "move.assign")
    with life.as_actor() as session:
        assert session.scalars(query).one() == "灯归工程部"


@pytest.mark.parametrize("job", ["guard", "finance", "staff", "outsider", "auditor"])
def test_nobody_else_moves_a_complaint(life: Life, job: str) -> None:
    key = complain(life)
    for code in ("confirm", "assign", "investigate", "remind", "reply", "escalate"):
        life.barred(job, "complaint", key, code)


def test_only_what_one_may_do_is_offered(life: Life) -> None:
    key = complain(life)
    page = "/complaint/details/"
    head = life.client("supervisor").get(page, id=key).text
    desk = life.client("receptionist").get(page, id=key).text
    assert 'value="confirm"' in head
    assert 'value="confirm"' not in desk
    life.decide("complaint.confirm_before_transfer", "manager")
    assert 'value="confirm"' not in life.client("supervisor").get(page, id=key).text
    assert 'value="confirm"' in life.client("manager").get(page, id=key).text
    assert 'name="move"' not in life.client("auditor").get(page, id=key).text


def test_a_page_says_beforehand_what_is_in_the_way(life: Life) -> None:
    key = complain(life, "revisited")
    page = life.client("receptionist").get("/complaint/details/", id=key).text
    assert _("The customer has not been told yet: record the reply first.") in page
