"""Making a sample office: the command, its numbers, the accounts to look round with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.access import SYSTEM, act_as
from core.db import db, writing
from core.record import Case, Record, record_types
from core.words import use_language
from models import Project, Unit
from seeds.sample import scenes, words
from seeds.sample.accounts import demo_accounts
from seeds.sample.estate import POSITIONS
from seeds.sample.making import NoProject, make
from seeds.sample.paths import PATHS, path
from tests.browsing import Visitor
from tests.cast import PASSWORD, Office
from tests.conftest import AsActor
from views import founding
from views.sample_command import sample
from views.setup import ensure_schema

pytestmark = [pytest.mark.once, pytest.mark.no_cover]

UNTIL = dt.datetime(2026, 11, 22, 15, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
OWN = ("_sealed", "_hash", "_tail", "row_key", "seal")
"""What keys and chance make different in every office."""


def count(session: Session) -> int:
    query = select(func.count()).select_from(Case.__table__)
    return int(session.connection().execute(query).scalar_one())


@pytest.mark.parametrize("cases", [1, 2, 40])
def test_small_offices_have_exactly_so_many_cases(
    as_actor: AsActor, cases: int
) -> None:
    with as_actor() as session:
        assert sum(make(session, cases, 0.25, 1, UNTIL)) == cases
        assert count(session) == cases


def test_a_second_time_adds_cases_and_no_second_estate(as_actor: AsActor) -> None:
    with as_actor() as session:
        sum(make(session, 30, 1, 1, UNTIL))
        query = select(func.count()).select_from(Unit.__table__)
        homes = session.connection().execute(query).scalar_one()
        sum(make(session, 30, 1, 2, UNTIL))
        assert session.connection().execute(query).scalar_one() == homes
        assert count(session) == 60


def test_the_same_seed_makes_the_same_office(
    empty_app: Callable[[str], Flask],
) -> None:
    assert contents(empty_app("one"), 3) == contents(empty_app("two"), 3)


def contents(app: Flask, seed: int) -> dict[str, list[tuple[object, ...]]]:
    found = {}
    with app.app_context():
        session = found_office()
        sum(make(session, 120, 1, seed, UNTIL))
        types: list[type[Record]] = [Case, *record_types()]
        for cls in types:
            columns = [c for c in cls.__table__.c if not c.name.endswith(OWN)]
            if "source" not in cls.__table__.c and cls.slug not in MADE_BY_SETUP:
                rows = session.connection().execute(
                    select(*columns).order_by(columns[0])
                )
                found[cls.slug] = [tuple(row) for row in rows]
    assert len(found) > 70
    return found


MADE_BY_SETUP = frozenset(
    "company project department staff user role_assignment".split()
)


def found_office() -> Session:
    ensure_schema()
    session = db.session()
    founding.set_up(session, "示例物业", "示例花园", "root", PASSWORD, "standard", {})
    act_as(session, SYSTEM)
    return session


def test_an_office_without_a_project_cannot_be_filled(
    empty_app: Callable[[str], Flask],
) -> None:
    app = empty_app("bare")
    answer = app.test_cli_runner().invoke(sample, ["--cases", "5"])
    assert answer.exit_code == 1
    with app.app_context():
        ensure_schema()
        act_as(db.session(), SYSTEM)
        with pytest.raises(NoProject):
            sum(make(db.session(), 5, 1, 1, UNTIL))


def test_the_command_says_how_many_cases_it_made(app: Flask) -> None:
    use_language("en")
    arguments = ["--cases", "12", "--years", "1", "--until", "2026-03-01T15:00"]
    answer = app.test_cli_runner().invoke(sample, [*arguments, "--accounts"])
    use_language("zh_Hans_CN")
    assert answer.exit_code == 0, answer.output
    assert "12" in answer.output
    with app.app_context():
        act_as(db.session(), SYSTEM)
        assert count(db.session()) == 12


def test_there_is_an_account_for_every_role(
    empty_app: Callable[[str], Flask],
) -> None:
    app = empty_app("demo")
    with app.app_context():
        session = found_office()
        sum(make(session, 20, 1, 1, UNTIL))
        with writing(session):
            accounts = demo_accounts(session)
    assert {account.role for account in accounts} == {*POSITIONS, "auditor", "admin"}
    for account in accounts[:2]:
        Visitor(app, account.username, account.password)


def test_accounts_wait_for_a_project(empty_app: Callable[[str], Flask]) -> None:
    with empty_app("nowhere").app_context():
        ensure_schema()
        act_as(db.session(), SYSTEM)
        with writing(db.session()):
            assert demo_accounts(db.session()) == []


def test_whoever_has_a_login_has_work(as_actor: AsActor, office: Office) -> None:
    with as_actor() as session:
        sum(make(session, 300, 1, 1, UNTIL))
        held = select(Case.__table__.c.holder_id).distinct()
        holders = set(session.connection().execute(held).scalars())
    for job in ("receptionist", "supervisor", "handler"):
        assert office.staff[job] in holders


def test_every_hole_in_a_sentence_can_be_filled() -> None:
    known = {"bldg", "entr", "fl", "lift", "space", "who", "item", "place"}
    sentences = [m.content + m.reply + m.result for m in words.matters()]
    sentences += [word for listed in words.lists().values() for word in listed]
    for found in scenes.scenes().values():
        sentences += ["".join(scene.values()) for scene in found]
    for sentence in sentences:
        for hole in words.HOLE.findall(sentence):
            assert hole in known or hole in words.lists(), sentence


def test_every_path_runs_through_the_states_of_its_flow() -> None:
    flows = {cls.slug: cls.flow for cls in record_types() if cls.flow}
    for name in PATHS:
        flow = flows[name.split(".")[0]]
        assert flow is not None
        for state, least, most in path(name):
            assert flow.state(state).code == state
            assert 0 <= least <= most


def test_every_project_gets_a_share(as_actor: AsActor) -> None:
    with as_actor() as session:
        sum(make(session, 31, 1, 1, UNTIL))
        projects = session.connection().execute(select(Project.__table__.c.id)).all()
        t = Case.__table__
        query = select(t.c.project_id, func.count()).group_by(t.c.project_id)
        counts = session.connection().execute(query.order_by(t.c.project_id)).all()
        assert len(projects) == 2
        assert [n for _, n in counts] == [16, 15]
