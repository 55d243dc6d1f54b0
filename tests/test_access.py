"""Rights: who opens which books, which rows are his, and what no statement gives away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import search
from core.access import act_as, actor_of, can, where
from core.db import writing
from core.record import Case, Record, form_fields, record_type, record_types
from models import Grant, RoleAssignment
from tests import rights, rights_table
from tests.browsing import Visitor
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.filling import make
from tests.rights import EVERYBODY, Given
from views import desk, lookup, queues
from views.asked import Asked
from views.listing import page, stream

TYPES = rights.screens()
BASIC = set(rights_table.LETTERS.values())


def test_the_seeds_grant_what_the_table_of_rights_says() -> None:
    seeded = {
        (one.role, one.target, one.action, one.scope, one.head)
        for one in rights.lines()
        if one.action in BASIC and one.target not in ("session", "change", "job_run")
    }
    assert seeded - rights_table.lines() == set()
    assert rights_table.lines() - seeded == set()


@pytest.mark.parametrize("job", EVERYBODY)
def test_each_role_opens_the_books_it_is_given_and_no_others(
    client: Client, job: str
) -> None:
    visitor = client(job)
    menu = set(re.findall(r'href="/(\w+)/"', visitor.get("/").text))
    given = {cls.slug for cls in TYPES if rights.may(job, cls, "read")}
    assert menu & {cls.slug for cls in TYPES} == given
    for cls in TYPES:
        answer = visitor.get(f"/{cls.slug}/")
        assert answer.status_code == (200 if cls.slug in given else 403), cls.slug


def limited(one: Given, record: Record) -> bool:
    """Whether the line's ``only`` leaves this row out."""
    for pair in filter(None, one.only.split(";")):
        name, _equal, values = pair.partition("=")
        if name in type(record).__mapper__.columns:
            if getattr(record, name) not in values.split("|"):
                return True
    return False


def covered(job: str, record: Record, office: Office) -> bool:
    """Whether the seeded rights show this row to a member of the home estate."""
    cls, staff = type(record), office.staff[job]
    column = "id" if cls.slug == "project" else "project_id"
    project = getattr(record, column, None)
    keys = {"user_id": office.users[job]}
    own = any(getattr(record, n, None) == keys.get(n, staff) for n in cls.own)
    department = getattr(record, "department_id", None) == office.department
    for one in rights.given(job, cls, "read"):
        if limited(one, record):
            continue
        here = project in (None, office.home) or one.scope == "all"
        mine = own or (one.scope == "dept" and department and "handler" in job)
        if here and (one.scope in ("proj", "all") or mine):
            return True
    return False


def planted(session: Session, office: Office, job: str) -> list[Record]:
    """Rows of every type: anybody's, one's own, one's department's, and foreign ones."""
    made: list[Record] = []
    for cls in TYPES:
        if cls.slug == "project":
            continue
        for project in (office.home, office.elsewhere):
            made += [make(session, cls, project, **v) for v in _ways(cls, office, job)]
    return made + list(session.scalars(select(record_type("project"))))


def _ways(cls: type[Record], office: Office, job: str) -> Iterator[dict[str, Any]]:
    yield {}
    if cls.owner == "office" and "project_id" in form_fields(cls):
        yield {"project_id": office.elsewhere}
    for name in cls.own:
        if name in cls.__mapper__.columns and name not in ("id", "user_id"):
            yield {name: office.staff[job]}
    if "department_id" in cls.__mapper__.columns:
        yield {"department_id": office.department}
        yield {"department_id": office.other_department}


@pytest.mark.parametrize("job", EVERYBODY)
def test_each_role_sees_the_rows_of_its_scope_by_every_way_to_ask(
    as_actor: AsActor, office: Office, job: str
) -> None:
    with as_actor() as session:
        with writing(session):
            rows = planted(session, office, job)
        wanted = {(r.slug, r.id) for r in rows if covered(job, r, office)}
        keys = {(r.slug, r.id) for r in rows}
        act_as(session, None)
    with as_actor(job) as session:
        who, seen = actor_of(session), set()
        for cls in TYPES:
            by_orm = set(session.scalars(select(cls.id)))
            query = select(cls.id).where(where(who, "read", cls))
            assert set(session.scalars(query)) == by_orm, cls.slug
            listed = {r.id for r in stream(session, who, cls, Asked(), [], 0)}
            if rights.may(job, cls, "read"):
                assert listed == by_orm, cls.slug
            seen |= {(cls.slug, key) for key in by_orm}
        assert seen & keys == wanted
    with as_actor(job) as session:
        who = actor_of(session)
        act_as(session, None)
        assert {(r.slug, r.id) for r in rows if can(who, "read", r)} >= {
            key for key in wanted if key[0] not in THROUGH_JOBS
        }


THROUGH_JOBS = {cls.slug for cls in record_types() if cls.own == ("case.person_id",)}
"""Types whose rows are one's own by a case, which a row alone cannot tell."""
