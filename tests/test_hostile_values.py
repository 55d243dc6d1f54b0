"""Ten thousand malformed values: no 500, no SQL, nobody else's row moved."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from core.access import may
from core.base import Base
from core.record import Record, form_fields, parts, record_types
from tests.browsing import Visitor
from tests.cast import Office
from tests.conftest import AsActor, Client
from views import actors

LONG = "漏" * 1_000_000
BAD = (
    "\x00",
    "a\x00b",
    "\x1f\x07",
    "\u202e彩",
    "\u2028",
    "𠙶" * 50,
    "99999999999999999999",
    "-1",
    "１２３",
    "1e400",
    "NaN",
    "Infinity",
    "0x10",
    "=cmd|'/c calc'!A0",
    "+SUM(A1)",
    "@x",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' OR 1=1 --",
    "{{ 7*7 }}",
    "%s%n",
    "../../etc/passwd",
    "2026-02-30",
    "0000-00-00",
    "9999-99-99T99:99",
    "25:61",
    "true",
    "[]",
    "null",
    "不存在的代码",
    " ",
    "\r\n\t",
)
SPOKEN = (
    "Traceback",
    "sqlalchemy",
    "sqlite3",
    "psycopg",
    "INSERT INTO",
    "SELECT ",
    "UPDATE ",
)
ROLES = ("receptionist", "supervisor", "manager", "finance", "admin")
MOVING = {"user"}
"""Tables that a sign-in itself writes to."""

Case = tuple[type[Record], str]


def creators(app: Flask, office: Office, as_actor: AsActor) -> list[Case]:
    """Every record type with a role that may record it."""
    with as_actor() as session:
        people = {
            role: actors.actor_of_user(session, office.users[role]) for role in ROLES
        }
    return [
        (cls, role)
        for cls in record_types()
        if cls.kind != "part"
        for role in [next((r for r in ROLES if may(people[r], "create", cls)), "")]
        if role
    ]


def harmless(status: int, text: str, what: str) -> None:
    assert status < 500, what
    assert not [word for word in SPOKEN if word in text], what


def standing(session: Session) -> dict[str, str]:
    """Table -> a digest of the rows that stand now."""
    found = {}
    for table in Base.metadata.sorted_tables:
        if "id" in table.c and "version" in table.c and table.name not in MOVING:
            found[table.name] = _digest(session, table, None)
    return found


def _digest(session: Session, table: Table, ids: list[int] | None) -> str:
    query = select(table).order_by(table.c.id)
    rows = session.connection().execute(query).all()
    return hashlib.sha256(repr([tuple(row) for row in rows]).encode()).hexdigest()


def posts(cls: type[Record], dice: random.Random) -> Iterator[dict[str, str]]:
    """Forms of one type, every control of it malformed, lines included."""
    names = list(form_fields(cls))
    for part in parts(cls):
        names += [f"part-{part.slug}-0-{name}" for name in form_fields(part)]
    for _turn in range(3):
        form = {name: dice.choice(BAD) for name in names}
        form |= {f"{name}-id": dice.choice(BAD) for name in names[:8]}
        form["version"] = dice.choice(BAD)
        yield form


def test_no_form_breaks_or_moves_another_row(
    app: Flask, client: Client, office: Office, as_actor: AsActor
) -> None:
    dice, sent = random.Random(20261122), 0
    known = creators(app, office, as_actor)
    with as_actor() as session:
        before = standing(session)
        session.rollback()
    for cls, role in known:
        visitor = client(role)
        for form in posts(cls, dice):
            # without its required field nothing of this can be saved
            needed = [n for n, f in form_fields(cls).items() if f.required]
            broken = form | dict.fromkeys(needed, "\x00")
            answer = visitor.post(f"/{cls.slug}/new/", broken)
            harmless(answer.status_code, answer.text, f"{cls.slug} {broken}")
            sent += len(broken)
    assert sent > 6_000
    with as_actor() as session:
        after = standing(session)
    assert {t: d for t, d in after.items() if before[t] != d and _closed(t)} == {}


def _closed(table: str) -> bool:
    """Whether every record type on this table has a field that must be filled in."""
    cls = next((t for t in record_types() if t.__tablename__ == table), None)
    return cls is not None and any(f.required for f in form_fields(cls).values())


def test_no_parameter_of_a_list_or_page_breaks_it(
    app: Flask, client: Client, office: Office, as_actor: AsActor
) -> None:
    dice, sent = random.Random(7), 0
    names = (
        "search order after before voided book page sort desc id field state"
        " department_id received_at_from received_at_to channel"
    ).split()
    for cls, role in creators(app, office, as_actor):
        visitor = client(role)
        for path in ("", "details/", "edit/", "history/", "export/csv/"):
            query = {name: dice.choice(BAD) for name in names}
            answer = visitor.get(f"/{cls.slug}/{path}", **query)
            harmless(answer.status_code, answer.text, f"{cls.slug}/{path} {query}")
            sent += len(query)
        answer = visitor.get(
            f"/{cls.slug}/ajax/lookup/", name="unit_id", query=dice.choice(BAD)
        )
        harmless(answer.status_code, answer.text, cls.slug)
    assert sent > 4_000


@pytest.mark.parametrize("value", BAD)
def test_no_id_or_version_breaks_voiding_or_revealing(
    client: Client, office: Office, value: str
) -> None:
    visitor: Visitor = client("supervisor")
    for path, form in (
        ("delete", {"id": value, "version": value, "reason": value}),
        ("delete", {"id": str(office.person), "version": value, "reason": "重复"}),
        ("reveal", {"id": value, "field": "phone", "purpose": "核实"}),
        ("reveal", {"id": str(office.person), "field": value, "purpose": value}),
    ):
        answer = visitor.post(f"/person/{path}/", form)
        assert answer.status_code in (400, 403, 404, 409), (path, form)
        harmless(answer.status_code, answer.text, path)


def test_a_million_characters_are_refused_in_words(client: Client) -> None:
    visitor = client("receptionist")
    visitor.get("/repair/new/")
    answer = visitor.post("/repair/new/", content=LONG, version="0")
    assert answer.status_code in (400, 413)
    harmless(answer.status_code, answer.text[:5000], "long")


@pytest.mark.parametrize(
    "path", ["/search", "/queues/unclosed/", "/change/", "/rules/"]
)
def test_no_parameter_breaks_another_screen(client: Client, path: str) -> None:
    visitor = client("supervisor")
    for value in BAD:
        answer = visitor.get(path, q=value, kind=value, after=value, before=value)
        assert answer.status_code in (200, 400, 403, 404), (path, value)
        harmless(answer.status_code, answer.text, path)
