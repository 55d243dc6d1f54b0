"""Every kind of holder x every role: who applies, verifies, approves and issues."""

from __future__ import annotations

from typing import Any

import pytest

from core.db import writing
from core.record import record_type
from tests.cards import COPIES, INTERNAL, KINDS, PAPERS, Counter, counter
from tests.cast import JOBS
from tests.filling import make

pytestmark = pytest.mark.once
desk = pytest.fixture(counter)
DESK, HEADS = {"receptionist", "supervisor"}, {"supervisor"}
HEAD = {"handler_head"}
MANAGER = {"manager"}
TABLE: dict[str, tuple[set[str], set[str], set[str], set[str]]] = {
    "owner": (DESK, DESK, MANAGER, DESK),
    "family": (DESK, DESK, MANAGER, DESK),
    "tenant": (DESK, DESK, MANAGER, DESK),
    "merchant": (DESK, HEADS, MANAGER, DESK),
    "employee": (DESK | HEAD, HEADS, MANAGER, HEADS),
    "business_line": (DESK | HEAD, HEADS, MANAGER, HEADS),
    "parking": (DESK, DESK, MANAGER, DESK),
}
"""Kind -> who applies, verifies, approves (where it needs that), issues."""
EVERYBODY = (*JOBS, "outsider", "admin")


def ready(desk: Counter, kind: str) -> dict[str, Any]:
    """What all the applications of a kind have on file."""
    values: dict[str, Any] = {**KINDS[kind], "papers_seen": PAPERS[kind]}
    values |= {"papers_copied": COPIES.get(kind), "department_id": None}
    values |= {"created_by_id": desk.office.staff["admin"], "content": "办卡"}
    match kind:
        case "employee":
            values["employee_id"] = desk.office.staff["handler"]
        case "business_line":
            values["department_id"] = desk.office.department
        case _:
            values |= {"unit_id": desk.office.unit, "person_id": desk.office.person}
    if kind == "tenant":
        values["lease_id"] = desk.lease()
    if kind == "parking":
        values |= {"agreement_id": desk.agreement(), "card_source": "new"}
        values["vehicle_id"] = desk.keep("vehicle", plate="粤B1")
    return values


def applications(desk: Counter, kind: str, state: str) -> dict[str, int]:
    """An application in a state for everybody to try, with a card and its fee."""
    made, values = {}, ready(desk, kind)
    home, cls = desk.office.home, record_type("card_application")
    approver = desk.office.staff["manager"] if state == "approved" else None
    with desk.as_actor() as session, writing(session):
        for job in EVERYBODY:
            more = {"state": state, "approved_by_id": approver}
            one = make(session, cls, home, **values, **more)
            made[job] = one.id
            if state != "approved":
                continue
            money = {"fee_kind": "card_production", "amount": 20, "case_id": one.id}
            make(session, record_type("payment"), home, **money)
            stock = {"card_kind": KINDS[kind]["card_kind"], "state": "stock"}
            stock["card_number"] = f"{kind}-{job}"
            make(session, record_type("card"), home, **stock)
    return made


@pytest.mark.clause("S1-89", "S1-90", "S1-100", "S1-101", "S1-99")
def test_everybody_does_what_is_his_and_nothing_else(desk: Counter) -> None:
    for kind in KINDS:
        applies, *rest = TABLE[kind]
        assert wrote(desk, kind) == applies, kind
        tried(desk, kind, *rest)


def tried(
    desk: Counter, kind: str, verifies: set[str], approves: set[str], issues: set[str]
) -> None:
    """Let everybody try every step."""
    for state, step, allowed in (
        ("submitted", "verify", verifies),
        ("verified", "approve", approves),
        ("approved", "issue", issues),
    ):
        done = set()
        for job, key in applications(desk, kind, state).items():
            given = {"card_number": f"{kind}-{job}"} if step == "issue" else {}
            status, _page = desk.move(job, "card_application", key, step, **given)
            assert status in (302, 403, 404, 409), (job, step, status)
            done |= {job} if status == 302 else set()
        assert done == allowed, (kind, step)


def wrote(desk: Counter, kind: str) -> set[str]:
    """Who may write such an application down and hand it in."""
    found = set()
    for job in EVERYBODY:
        said = desk.asked(kind)
        if kind in INTERNAL:
            said |= {"department_id": "x", "department_id-id": desk.office.department}
        answer = desk.client(job).post("/card_application/new/", said)
        if answer.status_code == 302:
            key = int(answer.location.rpartition("=")[2])
            assert desk.move(job, "card_application", key, "submit")[0] == 302, job
            found.add(job)
    return found - {"outsider"}  # who does the same in his own estate
