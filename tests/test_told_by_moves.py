"""Moves tell the people of their case: who, in which words, and not whoever acts."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.access import act_as
from core.db import writing
from core.messages import Message
from models import Complaint
from tests.cast import Office
from tests.conftest import AsActor
from tests.filling import make
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
