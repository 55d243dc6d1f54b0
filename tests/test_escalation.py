"""What is late goes up: the right people, once each, and never somebody's data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.clock import Clock
from core.db import writing
from core.messages import Message
from core.record import Case
from models import (
    Complaint,
    Escalation,
    EscalationStep,
    RoleAssignment,
    Setting,
    Staff,
    User,
)
from tests.cast import ELSEWHERE, HOME, Office
from tests.conftest import AsActor
from tests.filling import everything, make
from views.escalation import run
from views.ladders import reaching_nobody

DUE = dt.datetime(2027, 3, 8, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
HOUR = dt.timedelta(hours=1)
RULE = "complaint.first_reply"
Start = Callable[..., Clock]


@pytest.fixture
def session(as_actor: AsActor) -> Iterator[Session]:
    with as_actor() as found:
        yield found


@pytest.fixture
def start(session: Session, office: Office) -> Start:
    """Start a clock on a fresh complaint of the home estate."""

    def clock(project: int = 0, rule: str = RULE, **case: Any) -> Clock:
        with writing(session):
            facts = {"department_id": office.department, **case}
            made = make(session, Complaint, project or office.home, **facts)
            running = Clock(
                case_id=made.id, name=rule, rule=rule, started_at=DUE, due_at=DUE
            )
            session.add(running)
            session.flush()
        return running

    return clock


def step(session: Session, code: str, **changes: Any) -> None:
    """Change a rung of the ladder."""
    with writing(session):
        query = select(EscalationStep).where(EscalationStep.code == code)
        row = session.scalars(query).one()
        for name, value in changes.items():
            setattr(row, name, value)


def told(session: Session, office: Office) -> list[tuple[str, str]]:
    """Topic and recipient of every message, people by their jobs."""
    names = {str(key): job for job, key in office.staff.items()}
    rows = session.execute(
        select(Message.topic, Message.recipient).order_by(Message.topic, Message.id)
    )
    return [
        (topic.removeprefix("late/"), names.get(recipient, recipient))
        for topic, recipient in rows
    ]


@pytest.mark.clause("S2-48", "S2-49")
def test_a_case_climbs_the_ladder_to_the_general_manager(
    session: Session, start: Start, office: Office
) -> None:
    step(session, "overdue.4", address="gm@example.cn")
    key = start().id
    climbed = [
        (0, []),
        (1, [(f"{key}/1/1", "supervisor")]),
        (24, [(f"{key}/1/2", "handler_head")]),
        (48, [(f"{key}/1/3", "manager")]),
        (72, [(f"{key}/1/4", "gm@example.cn")]),
        (500, []),
    ]
    expected = []
    for hours, fresh in climbed:
        assert run(session, DUE + hours * HOUR) == len(fresh), hours
        expected += fresh
        assert told(session, office) == expected


def test_every_delivery_stands_on_its_case(
    session: Session, start: Start, office: Office
) -> None:
    step(session, "overdue.4", address="gm@example.cn")
    clock = start()
    run(session, DUE + 100 * HOUR)
    rows = session.scalars(select(Escalation).order_by(Escalation.level)).all()
    assert [(row.level, row.recipient_id) for row in rows] == [
        (1, office.staff["supervisor"]),
        (2, office.staff["handler_head"]),
        (3, office.staff["manager"]),
        (4, None),
    ]
    assert rows[3].recipient_name == "总经理"
    assert {row.case_id for row in rows} == {clock.case_id}
    assert {(row.cause, row.clock) for row in rows} == {("overdue", RULE)}


@pytest.mark.parametrize(
    "end", ["stopped_at", "paused_at", "closed", "voided", "early", "no ladder"]
)
def test_only_a_running_clock_of_an_open_case_climbs(
    session: Session, start: Start, end: str
) -> None:
    clock = start(rule="card.expiring" if end == "no ladder" else RULE)
    with writing(session):
        case = session.get_one(Case, clock.case_id)
        if end == "closed":
            case.open = False
        elif end == "voided":
            case.voided_at = DUE
        elif end == "early":
            clock.due_at = DUE + 1000 * HOUR
        elif end != "no ladder":
            setattr(clock, end, DUE)
    assert run(session, DUE + 100 * HOUR) == 0


def test_a_reopened_case_begins_a_new_round(
    session: Session, start: Start, office: Office
) -> None:
    clock = start()
    assert run(session, DUE + HOUR) == 1
    with writing(session):
        clock.round = 2
    assert run(session, DUE + HOUR) == 1
    assert [topic for topic, _job in told(session, office)] == [
        f"{clock.id}/1/1",
        f"{clock.id}/2/1",
    ]


def test_somebody_with_two_roles_is_told_once_at_the_highest(
    session: Session, start: Start, office: Office
) -> None:
    with writing(session):
        for role in ("supervisor", "handler"):
            session.add(
                RoleAssignment(
                    user_id=office.users["manager"],
                    role=role,
                    project_id=office.home,
                    department_id=office.department,
                    head=True,
                )
            )
    key = start().id
    run(session, DUE + 50 * HOUR)
    mine = [topic for topic, job in told(session, office) if job == "manager"]
    assert mine == [f"{key}/1/3"]


def test_who_stands_in_is_told_while_he_does_and_who_left_is_not(
    session: Session, start: Start, office: Office
) -> None:
    start()
    day = (DUE + HOUR).date()
    with writing(session):
        session.get_one(User, office.users["supervisor"]).disabled = True
        for job, first in (("staff", day), ("guard", day + dt.timedelta(days=1))):
            stand_in = RoleAssignment(
                user_id=office.users[job],
                role="supervisor",
                project_id=office.home,
                valid_from=first,
                valid_until=first,
            )
            session.add(stand_in)
    run(session, DUE + HOUR)
    assert [job for _topic, job in told(session, office)] == ["staff"]


def test_another_project_and_another_department_are_not_concerned(
    session: Session, start: Start, office: Office
) -> None:
    start(office.elsewhere, department_id=office.other_department)
    start(department_id=None)
    run(session, DUE + 30 * HOUR)
    assert [job for _topic, job in told(session, office)] == ["supervisor"]


def test_a_project_may_have_its_own_rung(
    session: Session, start: Start, office: Office
) -> None:
    with writing(session):
        session.add(
            EscalationStep(
                project_id=office.home,
                code="overdue.1",
                ladder="overdue",
                level=1,
                hours_after=5,
                recipient="前台",
                role="receptionist",
                channel="both",
                active=True,
            )
        )
    here = start().id
    start(office.elsewhere)
    run(session, DUE + 4 * HOUR)
    assert told(session, office) == []
    run(session, DUE + 6 * HOUR)
    assert told(session, office) == [(f"{here}/1/1", "receptionist")]
    step_off = select(EscalationStep).where(EscalationStep.project_id == office.home)
    with writing(session):
        session.scalars(step_off).one().active = False
    start()
    assert run(session, DUE + 6 * HOUR) == 0


def test_a_named_person_and_a_mailbox_are_told_as_the_rung_says(
    session: Session, start: Start, office: Office
) -> None:
    step(
        session,
        "overdue.1",
        role=None,
        staff_id=office.staff["finance"],
        address="boss@example.cn",
        channel="mail",
        at_once=True,
    )
    start()
    run(session, DUE + HOUR)
    assert [job for _t, job in told(session, office)] == ["finance", "boss@example.cn"]
    flags = session.execute(select(Message.inside, Message.urgent, Message.posted_at))
    assert {tuple(row) for row in flags} == {(False, True, None)}


def test_an_urgent_case_does_not_wait_for_the_morning(
    session: Session, start: Start
) -> None:
    start(urgent=True)
    run(session, DUE + HOUR)
    assert session.scalars(select(Message.urgent)).all() == [True]


def test_a_page_after_another_everybody_is_told(
    session: Session, start: Start, office: Office
) -> None:
    for _ in range(60):
        start()
    assert run(session, DUE + HOUR) == 60
    assert run(session, DUE + HOUR) == 0


def test_clocks_whose_rung_nobody_stands_on_do_not_stop_the_walk(
    session: Session, start: Start, office: Office
) -> None:
    for _ in range(60):
        start(office.elsewhere)
    start()
    assert run(session, DUE + HOUR) == 1


@pytest.mark.clause("S0-14")
def test_a_message_holds_nobodys_data(
    session: Session, office: Office, start: Start
) -> None:
    with writing(session):
        facts = everything(session, Complaint, office.home)
        case = make(session, Complaint, office.home, **facts)
        case.content = "王建国 13800138000 住 3-502"
        clock = Clock(case_id=case.id, name="x", rule=RULE, started_at=DUE, due_at=DUE)
        session.add(clock)
    run(session, DUE + 100 * HOUR)
    rows = session.connection().execute(text("SELECT * FROM message")).all()
    assert rows
    for value in ("王建国", "13800138000", "3-502", "502", "王"):
        assert all(value not in str(column) for row in rows for column in row)
    words = session.execute(select(Message.words_zh, Message.words_en)).first()
    assert words is not None
    assert case.number in words[0]
    assert "应于 2027-03-08 10:00 前完成" in words[0]
    assert "was due 2027-03-08 10:00" in words[1]


def report(session: Session, case: Case, cause: str) -> None:
    with writing(session):
        raised = Escalation(case_id=case.id, level=1, cause=cause, sent_at=DUE)
        raised.project_id = case.project_id
        session.add(raised)


@pytest.mark.clause("S1-64", "S4-09", "S4-100")
@pytest.mark.parametrize(
    ("cause", "address", "told_at_last"),
    [
        ("resources", "", "manager"),
        ("major", "boss@example.cn", "boss@example.cn"),
        ("emergency", "boss@example.cn", "boss@example.cn"),
        ("informed", "boss@example.cn", ""),
    ],
)
def test_what_was_reported_up_goes_on_after_a_day(
    session: Session, office: Office, cause: str, address: str, told_at_last: str
) -> None:
    step(session, "major.company", address=address)
    with writing(session):
        case = make(session, Complaint, office.home)
    report(session, case, cause)
    report(session, case, cause)
    assert run(session, DUE + 23 * HOUR) == 0
    run(session, DUE + 25 * HOUR)
    run(session, DUE + 50 * HOUR)
    found = [job for _topic, job in told(session, office)]
    assert found == ([told_at_last] if told_at_last else [])
    if found:
        words = session.scalars(select(Message.words_zh)).one()
        assert words.startswith("第 2 级上报：")
        assert "2027-03-08 10:00" in words


def test_what_was_dealt_with_in_time_is_not_reported_further(
    session: Session, office: Office
) -> None:
    with writing(session):
        case = make(session, Complaint, office.home)
    report(session, case, "resources")
    with writing(session):
        session.get_one(Case, case.id).open = False
    assert run(session, DUE + 25 * HOUR) == 0


def test_the_rungs_that_reach_nobody_are_known(
    session: Session, office: Office
) -> None:
    def nobody(estate: str) -> set[tuple[str, int]]:
        found = reaching_nobody(session, DUE)
        return {(rung.ladder, rung.level) for rung, name in found if name == estate}

    assert nobody(HOME) == {("overdue", 4), ("major", 2)}
    # only a receptionist works in the other estate
    assert nobody(ELSEWHERE) > {("overdue", 1), ("overdue", 2), ("overdue", 3)}
    step(session, "overdue.4", address="gm@example.cn")
    assert nobody(HOME) == {("major", 2)}
    assert ("overdue", 4) not in nobody(ELSEWHERE)


@pytest.mark.clause("S3-03", "S3-50", "S3-78")
def test_the_direct_superior_is_told_first_where_the_office_wants_it(
    session: Session, office: Office, start: Start
) -> None:
    with writing(session):
        holder = session.get_one(Staff, office.staff["receptionist"])
        holder.superior_id = office.staff["finance"]
    start(holder_id=office.staff["receptionist"])
    run(session, DUE + HOUR / 2)
    assert [job for _topic, job in told(session, office)] == ["supervisor"]
    with writing(session):
        asked = select(Setting).where(Setting.code == "staff.superior_in_ladder")
        session.scalars(asked).one().value = "yes"
    start(holder_id=office.staff["receptionist"])
    run(session, DUE + HOUR / 2)
    assert sorted(job for _topic, job in told(session, office)) == [
        "finance",
        "supervisor",
        "supervisor",
    ]
