"""A month of two processes: everybody hears everything once, and sleep is no storm."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import func, select

from core.clock import Clock
from core.db import writing
from core.jobs import Run
from core.messages import Message, Outgoing
from models import (
    Complaint,
    DutyRule,
    Escalation,
    EscalationStep,
    Gateway,
    RevisitRule,
    Staff,
)
from tests.cast import Office
from tests.conftest import AsActor
from tests.filling import make
from tests.wires import Mailbox
from views.pulse import beat

pytestmark = pytest.mark.no_cover  # slow to watch; the other tests reach it

ROOT = Path(__file__).resolve().parent.parent
BEGIN = dt.datetime(2027, 3, 1, 8, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
HOUR = dt.timedelta(hours=1)
STEP, BEATS, CLOCKS = 12, 62, 10
NODE = f"""
import datetime as dt
from app import create_app
from views.pulse import beat
app = create_app()
moment = dt.datetime.fromisoformat({BEGIN.isoformat()!r})
for n in range({BEATS}):
    beat(app, moment + n * dt.timedelta(hours={STEP}))
"""
LEVELS = (1, 2, 3, 4)
BY_MAIL = ("manager@example.cn", "gm@example.cn")


@pytest.fixture
def clocks(as_actor: AsActor, office: Office, mailbox: Mailbox) -> list[int]:
    """Clocks that come due one after another over three weeks, and nothing else."""
    with as_actor() as session, writing(session):
        for duty in session.scalars(select(DutyRule)):
            duty.active = False
        for round_ in session.scalars(select(RevisitRule)):
            round_.active = False
        gateway = Gateway(name="公司邮箱", reaches="mail")
        gateway.address = mailbox.address
        session.add(gateway)
        session.get_one(Staff, office.staff["manager"]).email = BY_MAIL[0]
        top = select(EscalationStep).where(EscalationStep.code == "overdue.4")
        session.scalars(top).one().address = BY_MAIL[1]
        found = []
        for n in range(CLOCKS):
            facts = {"department_id": office.department}
            case = make(session, Complaint, office.home, **facts)
            due = BEGIN + n * 50 * HOUR
            name = "complaint.first_reply"
            clock = Clock(
                case_id=case.id, name=name, rule=name, started_at=BEGIN, due_at=due
            )
            session.add(clock)
            session.flush()
            found.append(clock.id)
    return found


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


def test_two_processes_tell_everybody_once_in_a_month(
    app: Flask, as_actor: AsActor, clocks: list[int], mailbox: Mailbox
) -> None:
    environment = {
        **os.environ,
        "OFFICE_INSTANCE": str(app.config["INSTANCE"]),
        "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
    }
    with mailbox.open():
        command = [sys.executable, "-c", NODE]
        nodes = [subprocess.Popen(command, cwd=ROOT, env=environment) for _ in range(2)]
        assert [node.wait(300) for node in nodes] == [0, 0]
    with as_actor() as session:
        topics = session.scalars(select(Message.topic)).all()
        assert Counter(topics) == {
            f"late/{key}/1/{level}": 1 for key in clocks for level in LEVELS
        }
        assert session.scalar(select(func.count()).select_from(Escalation)) == 40
        errors = session.scalars(select(Run.error).where(Run.error != "")).all()
        assert errors == []
        slots = session.execute(select(Run.name, Run.slot)).all()
        assert len(slots) == len(set(slots)), "a slot was run twice"
        sent = session.scalars(select(Outgoing.sent_at)).all()
        assert len(sent) == 2 * CLOCKS
        assert all(sent)
    assert len(mailbox.keys()) == len(set(mailbox.keys()))
    assert {letter["To"] for letter in mailbox.letters} == set(BY_MAIL)
    told = sum(text.count("逾期第") for text in mailbox.texts())
    assert told == 2 * CLOCKS


def test_after_a_month_of_sleep_everybody_gets_one_letter(
    app: Flask, as_actor: AsActor, clocks: list[int], mailbox: Mailbox
) -> None:
    awake = BEGIN + 31 * 24 * HOUR + 2 * HOUR
    with mailbox.open():
        done = {one.job.name: one.done for one in beat(app, awake) if one.done}
        assert done == {"escalation": 4 * CLOCKS, "outbox": 2}
        assert sum(one.done for one in beat(app, awake + HOUR)) == 0
    assert sorted(letter["To"] for letter in mailbox.letters) == sorted(BY_MAIL)
    assert all(text.count("逾期第") == CLOCKS for text in mailbox.texts())
    with as_actor() as session:
        assert session.scalar(select(func.count()).select_from(Message)) == 40
