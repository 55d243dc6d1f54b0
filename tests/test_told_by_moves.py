"""Moves tell the people of their case: who, in which words, and not whoever acts."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.access import act_as
from core.db import writing
from core.messages import Message
from core.record import record_type
from core.words import say
from models import Complaint, Escalation
from tests.cast import Office
from tests.complaints import complain
from tests.conftest import AsActor, Client
from tests.filling import make, required
from tests.lives import Life
from tests.posting import form_of
from views import actors
from views.telling import tell

WORDS = ("投诉已转责任部门", "A complaint was passed on")


@pytest.mark.parametrize(
    ("whom", "told"),
    [
        (("holder_id",), {"handler"}),
        (("manager_id",), set()),
        (("supervisor", "manager"), {"supervisor", "manager"}),
        (("head",), {"handler_head"}),
        (("holder_id", "head", "handler"), {"handler", "handler_head"}),
        (("receptionist",), set()),
    ],
    ids=lambda value: " ".join(sorted(value)) or "nobody",
)
def test_a_move_tells_fields_roles_and_heads(
    as_actor: AsActor, office: Office, whom: tuple[str, ...], told: set[str]
) -> None:
    with as_actor() as session:
        with writing(session):
            case = make(
                session,
                Complaint,
                office.home,
                department_id=office.department,
                holder_id=office.staff["handler"],
            )
            user = office.users["receptionist"]
            act_as(session, actors.actor_of_user(session, user))
            tell(session, case, whom, WORDS)
        rows = session.scalars(select(Message)).all()
        jobs = {key: job for job, key in office.staff.items()}
        assert {jobs[row.staff_id or 0] for row in rows} == told
        assert len(rows) == len(told)
        for row in rows:
            assert row.words_zh.endswith(f"{case.number}：{WORDS[0]}")
            assert case.number in row.words_en
            assert (row.slug, row.record_id) == ("complaint", case.id)


def told_since(as_actor: AsActor, office: Office, key: int) -> set[tuple[str, bool]]:
    """Who was told of a case, and whether urgently."""
    jobs = {key: job for job, key in office.staff.items()}
    with as_actor() as session:
        rows = session.scalars(select(Message).where(Message.record_id == key)).all()
    return {(jobs[row.staff_id or 0], row.urgent) for row in rows}


@pytest.mark.clause("S1-60", "S3-34", "S4-180")
@pytest.mark.parametrize(
    ("slug", "facts", "told"),
    [
        ("complaint", {}, {("supervisor", False)}),
        ("complaint", {"major": "y"}, {("supervisor", False), ("manager", True)}),
        ("incident", {}, {("supervisor", True), ("manager", True)}),
    ],
)
def test_what_is_grave_is_told_at_once(
    client: Client,
    as_actor: AsActor,
    office: Office,
    slug: str,
    facts: dict[str, str],
    told: set[tuple[str, bool]],
) -> None:
    cls = record_type(slug)
    with as_actor() as session, writing(session):
        form = form_of(session, cls, required(session, cls, office.home))
    answer = client("receptionist").post(f"/{slug}/new/", form | facts)
    assert answer.status_code == 302, answer.text
    key = int(answer.location.rpartition("=")[2])
    assert told_since(as_actor, office, key) == told
    with as_actor() as session:
        causes = session.scalars(select(Escalation.cause)).all()
    assert bool(causes) == (len(told) > 1)


def test_a_step_is_called_by_its_title_wherever_it_is_told(life: Life) -> None:
    key = complain(life)
    life.does("supervisor", "complaint", key, "confirm")
    title = say(Complaint.flow.move("confirm").title)
    for job, page in (("manager", "/"), ("admin", "/change/")):
        text = life.client(job).get(page).text
        assert title in text, page
        assert "move." not in text, page
