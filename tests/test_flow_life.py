"""A repair, a complaint and others from beginning to end, as the real roles."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from core.record import Case, record_type
from tests.cast import Office
from tests.conftest import AsActor, Client


class Life:
    """Cases as their people see them: who does what, and how it answers."""

    def __init__(self, client: Client, as_actor: AsActor, office: Office) -> None:
        self.client, self.as_actor, self.office = client, as_actor, office

    def write(self, job: str, slug: str, **values: Any) -> int:
        """Write a case down; its id."""
        answer = self.client(job).post(f"/{slug}/new/", values)
        assert answer.status_code == 302, answer.text
        return int(answer.location.rpartition("=")[2])

    def move(
        self, job: str, slug: str, key: int, code: str, **values: Any
    ) -> tuple[int, str]:
        """Ask for a step; the status and the page that answers."""
        sent = {"id": key, "move": code, **values}
        answer = self.client(job).post(f"/{slug}/move/", sent)
        return answer.status_code, answer.text

    def does(self, job: str, slug: str, key: int, code: str, **values: Any) -> None:
        status, text = self.move(job, slug, key, code, **values)
        assert status == 302, (code, status, text[text.find('role="alert"') :][:300])

    def case(self, slug: str, key: int) -> Any:
        with self.as_actor() as session:
            cls = record_type(slug)
            found = session.scalars(select(cls).where(cls.id == key)).one()
            session.expunge(found)
            return found

    def caused(self, key: int, slug: str) -> list[int]:
        with self.as_actor() as session:
            query = select(Case.id).where(Case.source_id == key, Case.type == slug)
            return list(session.scalars(query.order_by(Case.id)))


def picked(name: str, key: int) -> dict[str, Any]:
    """What a type-ahead sends."""
    return {name: "x", f"{name}-id": key}


@pytest.fixture
def life(client: Client, as_actor: AsActor, office: Office) -> Life:
    return Life(client, as_actor, office)


def test_a_call_about_a_leak_becomes_a_repair_and_closes_with_it(life: Life) -> None:
    o = life.office
    call = life.write(
        "receptionist",
        "reception",
        category="repair",
        content="厨房水管漏水",
        channel="telephone",
        **{"unit_id": "x", "unit_id-id": o.unit},
    )
    assert life.case("reception", call).state == "dispatched"
    (job,) = life.caused(call, "repair")
    life.does(
        "receptionist",
        "repair",
        job,
        "dispatch",
        **{
            "department_id": "x",
            "department_id-id": o.department,
            "holder_id": "x",
            "holder_id-id": o.staff["handler"],
        },
    )
    life.does("handler", "repair", job, "arrive")
    status, text = life.move("handler", "repair", job, "finish")
    assert status == 400
    life.does("handler", "repair", job, "finish", result="换了角阀")
    (visit,) = life.caused(job, "revisit")
    status, text = life.move("receptionist", "repair", job, "close")
    assert status == 409, text
    assert life.case("revisit", visit).number in text
    life.does(
        "supervisor",
        "revisit",
        visit,
        "assign",
        **{"holder_id": "x", "holder_id-id": o.staff["receptionist"]},
    )
    life.does("receptionist", "revisit", visit, "do", satisfaction="satisfied")
    assert life.case("revisit", visit).state == "closed"
    assert life.case("repair", job).revisited_at
    life.does(
        "receptionist", "repair", job, "reply", channel="telephone", content="修好了"
    )
    life.does("receptionist", "repair", job, "close")
    assert life.case("reception", call).state == "done"
    life.does(
        "receptionist", "reception", call, "close", result="已修好", answer="已告知"
    )
    assert life.case("reception", call).closed_at
