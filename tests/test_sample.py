"""The sample office: every kind of record, true to its declaration and the rest."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Table, func, select
from sqlalchemy.orm import Session

from core import chain, keyfiles, policy, schema, search
from core.access import SYSTEM, act_as
from core.clock import Clock
from core.columns import Field
from core.db import OfficeSession, db, writing
from core.record import Case, Policy, Record, fields, record_types
from core.states import FINAL
from models import (
    Agreement,
    ChoiceLabel,
    Department,
    Occupancy,
    Person,
    Staff,
    Unit,
    Vehicle,
)
from rules.homes import OF_EVERY_OWNER
from seeds.sample.making import make
from seeds.sample.words import CHECK, WEIGHTS
from tests.conftest import Stage
from tests.filling import make as make_record
from views import actors
from views.opening import next_number

pytestmark = pytest.mark.no_cover  # slow to watch; the other tests reach it

CASES = 600
UNTIL = dt.datetime(2026, 11, 22, 15, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
LATER = frozenset("next_due_at visit_at waiting_until retry_at promised_at".split())
"""Moments that lie ahead while a case is open."""
SPINE = Case.__table__
TYPES = [
    cls
    for cls in record_types()
    if cls.manual  # the rest is what the house writes as it works
    and not issubclass(cls, Policy)
    and cls.slug not in ("user", "role_assignment", "company", "project")
]


@pytest.fixture(scope="module")
def session(stage: Stage) -> Iterator[OfficeSession]:
    """An office of two estates with two years' cases, which these tests only read."""
    stage.database.renew()
    keyfiles.load(stage.app.config["INSTANCE"])
    policy.forget()
    actors.forget()
    with stage.app.app_context():
        found = db.session()
        assert isinstance(found, OfficeSession)
        act_as(found, SYSTEM)
        assert sum(make(found, CASES, 2, 7, UNTIL)) == CASES
        yield found
        db.session.remove()
        db.engine.dispose()


def table(cls: type[Record]) -> Table:
    found = cls.__table__
    assert isinstance(found, Table)
    return found


def rows(session: OfficeSession, cls: type[Record]) -> list[dict[str, Any]]:
    """A type's rows that the sample made, a case with its spine."""
    own = table(cls)
    query = select(own)
    if issubclass(cls, Case):
        columns = [c for c in own.c if c.name != "id"]
        query = select(SPINE, *columns).join_from(SPINE, own, SPINE.c.id == own.c.id)
    return [dict(row) for row in session.connection().execute(query).mappings()]


def one(session: OfficeSession, query: Any) -> Any:
    return session.connection().execute(query).scalar_one()


@pytest.mark.parametrize("cls", TYPES, ids=lambda cls: cls.slug)
def test_every_row_says_what_its_form_allows(
    session: OfficeSession, cls: type[Record]
) -> None:
    found = rows(session, cls)
    assert found
    declared = {n: f for n, f in fields(cls).items() if n != "case_id"}
    for row in found:
        for name, field in declared.items():
            if name in row:
                check(session, field, name, row[name])


def check(session: OfficeSession, field: Field, name: str, value: Any) -> None:
    if value in (None, ""):
        assert not field.required, name
        return
    match field.type:
        case "text":
            assert not field.size or len(value) <= field.size, name
        case "choice":
            assert value in [code for code, *_ in field.choices], (name, value)
        case "several":
            assert set(value) <= {code for code, *_ in field.choices}, (name, value)
        case "word":
            assert value in words(session, field.dictionary), (name, value)
        case "integer":
            assert (field.low or 0) <= value <= (field.high or value), (name, value)
        case "moment" if name not in LATER:
            assert value <= dt.datetime.now(dt.UTC) or value <= UNTIL, (name, value)
    assert "{" not in str(value) or field.type == "several", value


def words(session: OfficeSession, dictionary: str) -> set[str]:
    t = table(ChoiceLabel)
    query = select(t.c.code).where(t.c["list"] == dictionary)
    return set(session.connection().execute(query).scalars())


def test_there_are_as_many_cases_as_were_asked_for(session: OfficeSession) -> None:
    counted = select(SPINE.c.project_id, func.count()).group_by(SPINE.c.project_id)
    counts = session.connection().execute(counted).all()
    assert [count for _, count in counts] == [CASES // 2, CASES // 2]


def test_a_believable_backlog_is_open(session: OfficeSession) -> None:
    for project in (1, 2):
        mine = (SPINE.c.project_id == project, SPINE.c.open.is_(True))
        query = select(SPINE.c.received_at).where(*mine)
        begun = session.connection().execute(query).scalars().all()
        assert 25 <= len(begun) <= 64
        old = sum(UNTIL - at > dt.timedelta(days=7) for at in begun)
        assert 0.1 <= old / len(begun) <= 0.3


def test_every_department_has_something_to_do(session: OfficeSession) -> None:
    busy = select(SPINE.c.department_id).where(SPINE.c.open.is_(True))
    idle = select(Department.name).where(Department.id.not_in(busy))
    assert session.scalars(idle.where(Department.voided_at.is_(None))).all() == []


def test_a_home_that_was_inspected_has_its_agreements_drawn_up(
    session: OfficeSession,
) -> None:
    begun, own = SPINE.alias(), Agreement.__table__
    pairs = SPINE.join(begun, begun.c.id == SPINE.c.source_id)
    query = select(begun.c.project_id, own.c.agreement_kind).select_from(
        pairs.join(own, own.c.id == SPINE.c.id)
    )
    drafts = query.where(SPINE.c.state == "draft", begun.c.state == "inspected")
    found = {(project, kind) for project, kind in session.connection().execute(drafts)}
    assert found >= {(project, kind) for project in (1, 2) for kind in OF_EVERY_OWNER}


def test_states_and_endings_agree(session: OfficeSession) -> None:
    for cls in TYPES:
        if issubclass(cls, Case):
            assert cls.flow is not None
            for row in rows(session, cls):
                assert row["open"] == cls.flow.is_open(row["state"]), row
                if cls.flow.state(row["state"]).kind == FINAL:
                    assert row["closed_at"] >= row["received_at"], row


def test_what_is_caused_comes_later_and_ends_first(session: OfficeSession) -> None:
    cause, effect = SPINE.alias(), SPINE.alias()
    pairs = cause.join(effect, effect.c.source_id == cause.c.id)
    count = select(func.count()).select_from(pairs)
    assert one(session, count) > CASES // 4
    assert one(session, count.where(effect.c.id <= cause.c.id)) == 0
    assert one(session, count.where(effect.c.received_at < cause.c.received_at)) == 0
    assert one(session, count.where(effect.c.project_id != cause.c.project_id)) == 0
    unended = count.where(effect.c.open.is_(True), cause.c.open.is_(False))
    assert one(session, unended) == 0


def test_nobody_revisits_what_he_handled(session: OfficeSession) -> None:
    cause, visit = SPINE.alias(), SPINE.alias()
    pairs = cause.join(visit, visit.c.source_id == cause.c.id)
    mine = visit.c.holder_id == cause.c.holder_id
    query = select(func.count()).select_from(pairs)
    assert one(session, query.where(visit.c.type == "revisit", mine)) == 0


def test_open_cases_know_what_is_due_next(session: OfficeSession) -> None:
    clocks = Clock.__table__
    earliest = select(clocks.c.case_id, func.min(clocks.c.due_at).label("due"))
    earliest = earliest.where(clocks.c.stopped_at.is_(None))
    due = earliest.group_by(clocks.c.case_id).subquery()
    query = select(SPINE.c.next_due_at, due.c.due).join_from(
        SPINE, due, due.c.case_id == SPINE.c.id
    )
    found = session.connection().execute(query).all()
    assert len(found) > 40
    assert all(next_due == first for next_due, first in found)
    assert one(session, select(func.count()).where(clocks.c.due_at < UNTIL)) > 5


def test_people_are_nobody(session: OfficeSession) -> None:
    known = table(Person).c.id_number_hash.is_not(None)
    people = session.scalars(select(Person).where(known))
    checked = people.fetchmany(40)
    assert len(checked) == 40
    for person in checked:
        digits = person.id_number[:17]
        assert digits.startswith("999999")
        total = sum(int(d) * w for d, w in zip(digits, WEIGHTS, strict=True))
        assert person.id_number[17] == CHECK[total % 11]
        assert re.fullmatch(r"120\d{8}", person.phone)
    plates = session.connection().execute(select(table(Vehicle).c.plate)).scalars()
    assert all(plate.startswith("测A·") for plate in plates)


def test_each_estate_is_its_own(session: OfficeSession) -> None:
    lived = table(Occupancy)
    unit, person = table(Unit), table(Person)
    joined = lived.join(unit, unit.c.id == lived.c.unit_id).join(
        person, person.c.id == lived.c.person_id
    )
    elsewhere = unit.c.project_id != person.c.project_id
    query = select(func.count()).select_from(joined)
    assert one(session, query.where(elsewhere)) == 0
    staff = table(Staff)
    held = SPINE.join(staff, staff.c.id == SPINE.c.holder_id)
    foreign = staff.c.project_id != SPINE.c.project_id
    assert one(session, select(func.count()).select_from(held).where(foreign)) == 0


def test_the_index_finds_what_the_cases_say(session: OfficeSession) -> None:
    dialect = session.connection().dialect.name
    low, high = search.bounds(Case)
    asked = {"match": search.match(dialect, "漏水", [["zzkindrepair"]])}
    bounds = {"low": low, "high": high, "limit": 10_000}
    docs = session.connection().execute(search.found(dialect), asked | bounds)
    found = {doc - low for doc in docs.scalars()}
    said = [r["id"] for r in rows(session, by_slug("repair")) if "漏水" in says(r)]
    assert said
    assert found == set(said)


def says(row: dict[str, Any]) -> str:
    return f"{row['content']} {row['fault_place']} {row['result']}"


def by_slug(slug: str) -> type[Record]:
    return next(cls for cls in TYPES if cls.slug == slug)


def test_the_history_holds(session: OfficeSession) -> None:
    session.rollback()
    with schema.snapshot(db.engine) as connection:
        walked, flaws = chain.verify(Session(connection))
    assert walked > 50
    assert flaws == []


def test_the_next_record_follows(session: OfficeSession) -> None:
    with writing(session):
        query = select(func.max(SPINE.c.number)).where(SPINE.c.type == "repair")
        year = dt.datetime.now(dt.UTC).year
        last = one(session, query.where(SPINE.c.number.like(f"BX-{year}-%")))
        expected = int(last[-4:]) + 1 if last else 1
        assert next_number(session, "repair") == f"BX-{year}-{expected:04}"
        record = make_record(session, by_slug("repair"), 1)
        assert record.id == one(session, select(func.max(SPINE.c.id)))
