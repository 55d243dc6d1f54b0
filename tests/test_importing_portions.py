"""A long import is there whole or not at all, whatever dies, and its clocks run."""

from __future__ import annotations

import datetime as dt
import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import numbering, portions
from core.access import SYSTEM
from core.chain import Change
from core.clock import Clock
from core.db import db, now, writing
from core.messages import Message
from core.portions import Portion
from core.record import Case
from models import Occupancy, Person, Reception
from tests import clockwork, importing
from tests.cast import Office
from tests.clockwork import opened
from tests.conftest import AsActor, Client
from tests.importing import CASES, HOUSEHOLDS, a_case, a_csv, count, set_to
from tests.office_time import HERE, at
from views import escalation
from views.importing import committing, recovering
from views.importing.committing import Ready, commit
from views.opening import counter_of
from views.saving import Refused

LATER = recovering.SILENT + dt.timedelta(minutes=1)
MANY = 1_300
"""Rows of three parts, when a part is 500."""


@pytest.fixture(autouse=True)
def short_parts(as_actor: AsActor) -> None:
    set_to(as_actor, "import.rows_at_once", "500")


def receptions(office: Office, session: Session) -> Ready:
    rows = [CASES, *(a_case(f"第{n}盏路灯不亮") for n in range(MANY))]
    return importing.staged(session, Reception, a_csv(rows), office.home)


def traces(session: Session) -> dict[str, Any]:
    """Everything that an import of receptions writes."""
    connection = session.connection()
    counter = counter_of(session, "reception")
    imports = select(func.count(Change.id)).where(Change.action == "import")
    words = session.connection().exec_driver_sql("SELECT count(*) FROM search")
    return {
        "rows": count(session, Reception),
        "spine": count(session, Case),
        "clocks": count(session, Clock),
        "portions": count(session, Portion),
        "words": words.scalar_one(),
        "number": numbering.value(session, counter),
        "imports": connection.execute(imports).scalar_one(),
    }


def standing(session: Session) -> int:
    query = select(func.count(Reception.id)).where(Reception.voided_at.is_(None))
    found: int = session.connection().execute(query).scalar_one()
    return found


def killed(app: Flask, work: Callable[[], None]) -> None:
    """Let a process do that; it must die by its own signal."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    child = os.fork()
    if child == 0:
        try:
            with app.app_context():
                work()
        finally:
            os._exit(70)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL


def die_at(holder: Any, name: str, turn: int) -> None:
    """Let the process be killed when that is called for the so many-th time."""
    real, calls = getattr(holder, name), list[int]()

    def deadly(*told: Any, **more: Any) -> Any:
        calls.append(1)
        if len(calls) == turn:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*told, **more)

    setattr(holder, name, deadly)


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


@needs_fork
def test_what_was_killed_in_the_middle_is_taken_back(
    app: Flask, office: Office, as_actor: AsActor, client: Client
) -> None:
    with as_actor() as session:
        before, stood, ready = (
            traces(session),
            standing(session),
            receptions(office, session),
        )

    def work() -> None:
        importing.act(db.session())
        die_at(committing.Writer, "write", 3)
        commit(db.session(), SYSTEM, ready)

    killed(app, work)
    assert "路灯不亮" not in client("supervisor").get("/reception/").text
    found = client("supervisor").get("/search", q="路灯不亮").text
    assert 'href="/reception/' not in found.partition("<main")[2]
    with as_actor() as session:
        left = traces(session)
        assert left["rows"] == before["rows"] + 1_000
        assert standing(session) == stood
        assert (
            session.scalars(select(Clock).where(Clock.stopped_at.is_(None))).all() == []
        )
        assert recovering.run(session, now()) == 0, "its writer may be alive yet"
        assert recovering.run(session, now() + LATER) == 1
        assert traces(session) == before
        commit(session, SYSTEM, ready)
        after = traces(session)
        assert (after["rows"], after["portions"]) == (before["rows"] + MANY, 0)
        assert after["number"] == before["number"] + MANY
        assert after["imports"] == before["imports"] + 1
        assert standing(session) == stood + MANY


@needs_fork
def test_what_was_decided_is_carried_through(
    app: Flask, office: Office, as_actor: AsActor
) -> None:
    with as_actor() as session:
        stood, ready = standing(session), receptions(office, session)

    def work() -> None:
        importing.act(db.session())
        die_at(portions, "_next_in_force", 2)
        commit(db.session(), SYSTEM, ready)

    killed(app, work)
    with as_actor() as session:
        assert standing(session) == stood + 500
        portions.take_back(session, ready.token)  # comes too late
        assert recovering.run(session, now()) == 1
        assert standing(session) == stood + MANY
        cases = select(Reception.id).where(Reception.next_due_at.is_not(None))
        waiting = set(session.scalars(cases))
        running = select(Clock.case_id).where(Clock.stopped_at.is_(None))
        assert waiting == set(session.scalars(running))
        assert len(waiting) >= MANY
        assert count(session, Portion) == 0
        commit(session, SYSTEM, ready)
        assert standing(session) == stood + MANY


def test_a_number_taken_meanwhile_undoes_all_of_it(
    office: Office, as_actor: AsActor
) -> None:
    rows = [(*a_case(f"第{n}盏路灯不亮"), f"旧-{n}") for n in range(MANY)]
    rows = [(*CASES, "编号"), *rows[:-1], (*rows[-1][:-1], "旧-末")]
    with as_actor() as session:
        ready = importing.staged(session, Reception, a_csv(rows), office.home)
        with writing(session):
            opened(session, office, "reception").number = "旧-末"
        before = traces(session)
        with pytest.raises(Refused):
            commit(session, SYSTEM, ready)
        assert traces(session) == before


def test_changed_records_and_lines_change_with_the_whole_or_not_at_all(
    office: Office, as_actor: AsActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with as_actor() as session:
        name = session.get_one(Person, office.person).name
        head = (*HOUSEHOLDS[0][:5], "单位或店名")
        rows = [head, (name, "业主", "", "", "", "新单位")]
        rows += [(f"某人{n}", "业主", "", "", "", "") for n in range(998)]
        rows += [("", "", "", "3-502", "业主", ""), ("末人", "业主", "", "", "", "")]
        rows += [("", "", "", "3-502", "业主", "")]
        ready = importing.staged(session, Person, a_csv(rows), office.home, change=True)
        assert (ready.plan.problems, ready.plan.changed) == ([], 1)
        people, lines = count(session, Person), count(session, Occupancy)

        def gone(*_told: Any) -> None:
            raise Refused("gone")

        with monkeypatch.context() as patch:
            patch.setattr(committing, "_change", gone)
            with pytest.raises(Refused):
                commit(session, SYSTEM, ready)
        assert (count(session, Person), count(session, Occupancy)) == (people, lines)
        assert session.get_one(Person, office.person).organisation != "新单位"
        commit(session, SYSTEM, ready)
        assert session.get_one(Person, office.person).organisation == "新单位"
        made = session.scalars(
            select(Occupancy).order_by(Occupancy.id.desc()).limit(2)
        ).all()
        names = [session.get_one(Person, line.person_id or 0).name for line in made]
        assert names == ["末人", "某人997"]
        assert all(line.voided_at is None for line in made)


def test_two_writers_of_one_import_do_not_undo_each_other(
    office: Office, as_actor: AsActor
) -> None:
    with as_actor() as session:
        stood, ready = standing(session), receptions(office, session)
        with writing(session):
            numbering.take(session, portions.ledger(ready.token), 2)
        real = numbering.value
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(numbering, "value", lambda *told: min(real(*told), 1))
            with pytest.raises(committing.Overtaken):
                commit(session, SYSTEM, ready)
        assert real(session, portions.ledger(ready.token)) == 2
        assert standing(session) == stood


def test_taking_back_goes_in_short_steps(
    office: Office, as_actor: AsActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portions, "HOLD", 0.0)
    with as_actor() as session:
        before = traces(session)
        ready = receptions(office, session)
        real = committing.Writer.write

        def broken(self: committing.Writer, pieces: list[Any]) -> None:
            if self.part == 2:
                raise Refused("x")
            real(self, pieces)

        monkeypatch.setattr(committing.Writer, "write", broken)
        with pytest.raises(Refused):
            commit(session, SYSTEM, ready)
        assert traces(session) == before


def test_imported_cases_run_like_entered_ones_and_nobody_is_told(
    office: Office, as_actor: AsActor
) -> None:
    came, fresh = at("2026-03-09 10:00"), now().replace(second=0, microsecond=0)
    rows = [
        CASES,
        ("", "旧事", "来电", "报修", "", "2026-03-09 10:00"),
        ("", "新事", "来电", "报修", "", f"{fresh.astimezone(HERE):%Y-%m-%d %H:%M}"),
    ]
    with as_actor() as session:
        messages, cases = count(session, Message), count(session, Case)
        ready = importing.staged(session, Reception, a_csv(rows), office.home)
        commit(session, SYSTEM, ready)
        new, old = session.scalars(
            select(Reception).order_by(Reception.id.desc()).limit(2)
        )
        assert count(session, Case) == cases + 2, "nothing is caused"
        assert count(session, Message) == messages
        for case, began in ((old, came), (new, fresh)):
            with writing(session):
                same = opened(session, office, "reception", began, category="repair")
            assert told(session, case) == told(session, same) != set()
            assert {start for _rule, _due, start in told(session, case)} == {began}
            assert case.next_due_at == same.next_due_at is not None
        clocks = clockwork.clocks(session, old)
        assert {clock.quiet for clock in clocks} == {True}, "overdue when it came in"
        escalation.run(session, now() + dt.timedelta(days=400))
        about = select(Message.record_id).where(Message.slug == "reception")
        heard = set(session.scalars(about))
        assert new.id in heard
        assert old.id not in heard


def told(session: Session, case: Case) -> set[tuple[str, dt.datetime, dt.datetime]]:
    found = clockwork.clocks(session, case)
    return {(clock.rule, clock.due_at, clock.started_at) for clock in found}


def test_rules_that_change_between_check_and_commit_are_told(
    office: Office, as_actor: AsActor
) -> None:
    with as_actor() as session:
        ready = receptions(office, session)
    set_to(as_actor, "import.max_changes", "900")
    with as_actor() as session, pytest.raises(Refused):
        commit(session, SYSTEM, ready)
