"""Rights: who opens which books, which rows are his, what no statement gives away."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.access import act_as, actor_of, can
from core.db import db, writing
from core.record import Record, form_fields, record_type, record_types
from core.scope import where
from models import Grant
from tests import rights, rights_table
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.filling import make
from tests.rights import EVERYBODY, Given
from views import actors, desk, lookup, queues
from views.asked import Asked
from views.listing import page, stream

pytestmark = pytest.mark.no_cover  # slow to watch; the other tests reach it

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
        known = name in type(record).__mapper__.columns
        if known and getattr(record, name) not in values.split("|"):
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
    """Rows of every type: anybody's, one's own, one's department's, foreign ones."""
    made: list[Record] = []
    for cls in TYPES:
        if cls.slug == "project":
            continue
        of_others = {"user_id": office.users["outsider"]}
        fixed = of_others if "user_id" in form_fields(cls) else {}
        for project in (office.home, office.elsewhere):
            ways = _ways(cls, office, job)
            made += [make(session, cls, project, **fixed, **way) for way in ways]
    return made + list(session.scalars(select(record_type("project"))))


def _ways(cls: type[Record], office: Office, job: str) -> Iterator[dict[str, Any]]:
    yield {}
    if cls.owner == "office" and "project_id" in form_fields(cls):
        yield {"project_id": office.elsewhere}
    for name in cls.own:
        unique = name in ("id", "user_id") or cls.slug == "user"
        if name in cls.__mapper__.columns and not unique:
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
            assert set(listed(session, cls)) == by_orm, cls.slug
            seen |= {(cls.slug, key) for key in by_orm}
        assert seen & keys == wanted
    with as_actor(job) as session:
        who = actor_of(session)
        act_as(session, None)
        assert {(r.slug, r.id) for r in rows if can(who, "read", r)} >= {
            key for key in wanted if key[0] not in THROUGH_JOBS
        }


def listed(session: Session, cls: type[Record]) -> Iterator[int]:
    """The ids that a list leads through, page by page."""
    who, asked = actor_of(session), Asked(order="id")
    while True:
        found = page(session, who, cls, asked, [])
        yield from (row.id for row in found.rows)
        if found.more_after is None:
            return
        asked = Asked(order="id", after=found.more_after)


THROUGH_JOBS = {cls.slug for cls in record_types() if cls.own == ("case.person_id",)}
"""Types whose rows are one's own by a case, which a row alone cannot tell."""


MARK = "本家记号"


def mark_of(cls: type[Record]) -> str:
    """What stands in the texts of that type's row."""
    return f"{MARK}{TYPES.index(cls):02}号"


def markable(cls: type[Record], *among: str) -> list[str]:
    """The fields where a mark has room."""
    known = form_fields(cls)
    return [
        name
        for name in among or known
        if name in known
        and known[name].type in ("text", "long")
        and (known[name].size or 9) > 8
    ]


def marked(session: Session, project: int) -> None:
    """A row of every type in that project, its mark wherever text may stand."""
    for cls in TYPES:
        if cls.owner != "office" and cls.slug != "project":
            texts = dict.fromkeys(markable(cls), mark_of(cls))
            make(session, cls, project, **texts)


def everything_said(session: Session) -> str:
    """What every list, export, queue, desk and look-up says to whoever acts."""
    who, said = actor_of(session), []
    for cls in TYPES:
        names = [n for n in cls.show if n in form_fields(cls)]
        for asked in (Asked(), Asked(words=MARK), Asked(voided=True)):
            found = page(session, who, cls, asked, names)
            said.append(
                f"{cls.slug} {found.total} {[tuple(row) for row in found.rows]}"
            )
        rows = stream(session, who, cls, Asked(), names, 0)
        said += [str(tuple(row)) for row in rows]
        said += [
            hit.words + hit.more for hit in lookup.matches(session, cls.slug, MARK)
        ]
    said += [hit.words + hit.more for hit in lookup.matches(session, "case", MARK)]
    for queue in queues.QUEUES:
        rows, _after = queues.rows_of(session, who, queue, limit=50)
        said += [str(queues.draw(session, who, rows))]
        said += [f"{queue.slug} {queues.count(session, who, queue)}"]
    said += [str(desk.next_rows(session, who)), str(desk.changes(session, who))]
    return "\n".join(
        [*said, str(desk.tiles(session, who)), str(desk.openings(session, who))]
    )


@pytest.fixture
def said_to(app: Flask, office: Office, as_actor: AsActor) -> Callable[[str], str]:
    """Everything that prebuilt statements say to a member of the cast."""
    with as_actor() as session, writing(session):
        marked(session, office.home)

    def ask(job: str) -> str:
        with app.test_request_context("/"):
            session = db.session()
            act_as(session, actors.actor_of_user(session, office.users[job]))
            return everything_said(session)

    return ask


def test_no_prebuilt_statement_tells_another_project_anything(
    said_to: Callable[[str], str],
) -> None:
    assert MARK not in said_to("outsider")
    told = said_to("supervisor")
    for cls in TYPES:
        foreign = cls.owner != "office" and cls.slug != "project"
        given = rights.may("supervisor", cls, "read")
        if foreign and given and markable(cls, *cls.show):
            assert mark_of(cls) in told, cls.slug


def test_the_administrator_is_told_nothing_of_customers(
    said_to: Callable[[str], str],
) -> None:
    told = said_to("admin")
    for cls in TYPES:
        if not rights.may("admin", cls, "read"):
            assert mark_of(cls) not in told, cls.slug
    assert mark_of(record_type("building")) in told


def test_a_session_without_an_actor_reads_nothing(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session:
        with writing(session):
            marked(session, office.home)
        filled = [t for t in record_types() if session.scalars(select(t)).first()]
        session.rollback()
        act_as(session, None)
        assert len(filled) > 70
        for cls in (*filled, record_type("case")):
            assert session.scalars(select(cls)).all() == [], cls.slug
            assert session.scalars(select(cls.id)).all() == [], cls.slug


def test_bulk_writes_round_the_history_are_refused(as_actor: AsActor) -> None:
    with as_actor("manager") as session, writing(session):
        for statement in (update(Grant).values(role="admin"), delete(Grant)):
            with pytest.raises(RuntimeError):
                session.execute(statement)
