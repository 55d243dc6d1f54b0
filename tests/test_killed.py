"""A process killed at any moment leaves no half-done move behind."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import chain, schema
from core.access import SYSTEM, act_as
from core.chain import Change, ChangeValue
from core.clock import Clock
from core.db import db, now, writing
from core.moves import Move, Refused
from core.record import Case, record_type
from models import Assignment, Reply
from rules.flows import FLOWS
from rules.flows.reception import BY_CATEGORY
from tests.cast import Office
from tests.conftest import AsActor
from tests.filling import value_for
from views.moving import asked_fields, begin, make
from views.opening import next_number, prepare

pytestmark = pytest.mark.no_cover  # slow to watch; the other tests reach it

MOVES, KILLS, PATIENCE = 200, 12, 50.0
"""How many moves and kills it takes, and for how many seconds they are awaited."""
SPOKEN = {"reply", "first_reply", "promise", "keep_promise"}
KINDS = [slug for slug, flow in FLOWS.items() if flow.moves]


def work(app: Flask, office: Office, seed: int) -> None:
    """Take receptions and make moves at random, for ever."""
    dice = random.Random(seed)
    with app.app_context():
        session = db.session()
        act_as(session, SYSTEM)
        while True:
            try:
                with writing(session):
                    step(session, office, dice)
            except Refused:
                continue


def step(session: Session, office: Office, dice: random.Random) -> None:
    """A new reception, or one move of one of the cases."""
    if dice.random() < 0.15:
        call = record_type("reception")(project_id=office.home, channel="visit")
        call.category = dice.choice(list(BY_CATEGORY))  # type: ignore[attr-defined]
        call.unit_id, call.content = office.unit, "随机来访"  # type: ignore[attr-defined]
        call.received_at = now()  # type: ignore[attr-defined]
        assert isinstance(call, Case)
        prepare(call)
        call.number = next_number(session, "reception")
        begin(session, call)
        return
    rows = session.execute(select(Case.id, Case.type)).all()
    if not rows:
        return
    key, slug = dice.choice(rows)
    case: Any = session.get_one(record_type(slug), key)
    possible = [m for m in FLOWS[slug].moves if m.starts_from(case.state, case.open)]
    if possible:
        move = dice.choice(possible)
        make(session, SYSTEM, case, move, given(session, case, move, office))


def given(session: Session, case: Case, move: Move, office: Office) -> dict[str, Any]:
    """What somebody fills in."""
    known = asked_fields(type(case), move)
    filled = {n: value_for(session, known[n], office.home, 1) for n in known}
    return {**filled, "reason": "随机"}


def let_work(app: Flask, office: Office, seed: int, seconds: float) -> None:
    """A process at work that is killed after so many seconds."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    child = os.fork()
    if child == 0:
        try:
            work(app, office, seed)
        finally:
            os._exit(70)
    time.sleep(seconds)
    assert os.waitpid(child, os.WNOHANG) == (0, 0), "it ended by itself"
    os.kill(child, signal.SIGKILL)
    _pid, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL


def moves_made(session: Session) -> int:
    """How many moves, beginnings among them, the history tells of."""
    query = select(func.count(Change.id)).where(Change.slug.in_(KINDS))
    return int(session.connection().execute(query).scalar_one())


def told(session: Session) -> Iterator[tuple[tuple[str, int], str, Any]]:
    """(case, act, change of state) of every entry about a case, in order."""
    values = select(ChangeValue.change_id, ChangeValue.plain)
    plain = {row.change_id: row.plain for row in session.execute(values)}
    query = select(Change).where(Change.slug.in_(KINDS)).order_by(Change.id)
    for entry in session.scalars(query).all():
        changes = json.loads(plain.get(entry.id) or "{}")
        yield (entry.slug, entry.record_id or 0), entry.action, changes.get("state")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_two_hundred_moves_under_fire(
    app: Flask, office: Office, as_actor: AsActor
) -> None:
    dice, began, rounds, made = random.Random(7), time.monotonic(), 0, 0
    while made < MOVES or rounds < KILLS:
        assert time.monotonic() - began < PATIENCE, (rounds, made)
        rounds += 1
        let_work(app, office, rounds, 0.1 + dice.random())
        with as_actor() as session:
            made = moves_made(session)
    with as_actor() as session:
        with schema.snapshot(db.engine) as connection:
            assert chain.verify(Session(connection))[1] == []
        states: dict[Any, list[Any]] = defaultdict(list)
        acts = Counter[tuple[str, int, str]]()
        for key, act, change in told(session):
            acts[*key, act] += 1
            states[key] += [change] if change else []
        for slug in KINDS:
            for case in session.scalars(select(record_type(slug))).all():
                assert_whole(case, states[slug, case.id])
        assert_lines(session, acts)
        assert_due(session)
        assert_numbered(session)


def assert_whole(case: Any, states: list[tuple[str | None, str]]) -> None:
    """The record, its history and what it says of itself agree."""
    assert states, (case.slug, case.id)
    assert all(one[1] == next_[0] for one, next_ in pairwise(states))
    assert states[-1][1] == case.state
    assert case.open == case.flow.is_open(case.state)
    assert case.open == (case.closed_at is None)
    if case.slug == "reception" and case.state == "dispatched":
        session = db.session()
        assert session.scalar(select(Case.id).where(Case.source_id == case.id).limit(1))


def assert_lines(session: Session, acts: Counter[tuple[str, int, str]]) -> None:
    """Every line was written with the move that it belongs to."""
    wanted, found = Counter[int](), Counter[int]()
    for (_slug, key, act), times in acts.items():
        wanted[key] += times * (act.removeprefix("move.") in SPOKEN)
    found.update(session.scalars(select(Reply.case_id)))
    assert +wanted == found
    passed, lines = Counter[int](), Counter[int]()
    for (slug, key, act), times in acts.items():
        is_passed = slug == "complaint" and act in ("move.assign", "move.involve")
        passed[key] += times * is_passed
    lines.update(session.scalars(select(Assignment.complaint_id)))
    assert +passed == lines


def assert_due(session: Session) -> None:
    """Every case knows the first of its clocks, and none runs once it is over."""
    runs = (Clock.stopped_at.is_(None), Clock.paused_at.is_(None))
    first = select(Clock.case_id, func.min(Clock.due_at)).where(*runs)
    due = dict(session.execute(first.group_by(Clock.case_id)).all())
    known = select(Case.id, Case.next_due_at).where(Case.next_due_at.is_not(None))
    assert due == dict(session.execute(known).all())
    assert due


def assert_numbered(session: Session) -> None:
    """No number was lost with what was killed, and none was given twice."""
    numbers = defaultdict(list)
    for slug, number in session.execute(select(Case.type, Case.number)):
        numbers[slug].append(int(number.rpartition("-")[2]))
    for slug, found in numbers.items():
        assert sorted(found) == list(range(1, len(found) + 1)), slug
