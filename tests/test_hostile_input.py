"""Ten thousand malformed values: a sentence each time, every other row untouched."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Table, select
from werkzeug.test import TestResponse

from core.base import Base
from core.db import writing
from core.record import Record, fields, form_fields, parts
from tests import rights
from tests.browsing import Visitor
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.filling import make
from tests.hostile import MILLION, Hostile
from views.context import by_hand

pytestmark = pytest.mark.no_cover  # slow to watch; the other tests reach it

TYPES = rights.screens()
BETRAYING = (
    "Traceback",
    "sqlalchemy",
    "sqlite",
    "psycopg",
    "INSERT INTO",
    "UPDATE ",
    "SELECT ",
    "werkzeug",
)
MOVING = {"session", "attempt", "counter", "chain", "change", "change_value", "search"}
"""Tables that a sign-in, a saved form or its history write to."""
Digests = dict[tuple[str, int], str]


def asked(answer: TestResponse, what: object, *allowed: int) -> TestResponse:
    """The answer is one of those allowed, and says nothing of how it is made."""
    assert answer.status_code in allowed, (answer.status_code, what)
    told = [word for word in BETRAYING if word in answer.text]
    assert not told, (told, what)
    return answer


def digests(as_actor: AsActor) -> Digests:
    """A digest of every row that stands."""
    found: Digests = {}
    with as_actor() as session:
        for table in Base.metadata.sorted_tables:
            if table.name in MOVING or "id" not in table.c:
                continue
            columns = [c for c in table.c if c.name != "last_sign_in"]
            for row in session.connection().execute(select(*columns)):
                body = repr(tuple(row)).encode()
                found[table.name, row.id] = hashlib.sha256(body).hexdigest()
    return found


def unmoved(before: Digests, after: Digests, attacked: set[tuple[str, int]]) -> None:
    """Every row that stood before stands as it was, but for those attacked."""
    moved = {key for key, digest in before.items() if after.get(key) != digest}
    assert moved - attacked == set()
    assert len(before) > 500


def attack(hostile: Hostile, cls: type[Record]) -> dict[str, Any]:
    """A form of that type whose every control is malformed, and some there are not."""
    form: dict[str, Any] = {}
    for name, declared in form_fields(cls).items():
        form[name] = hostile.several(declared)
        if declared.type == "ref":
            form[f"{name}-id"] = hostile(declared)
    for part in parts(cls):
        at = hostile.dice.choice(("0", "1", "٣", "-1", "99999999999", "x", "0-0"))
        prefix = f"part-{part.slug}-{at}-"
        for name, declared in form_fields(part).items():
            form[prefix + name] = hostile(declared)
        form |= {f"{prefix}{name}": hostile() for name in ("id", "void", "version")}
    auto = [name for name, declared in fields(cls).items() if declared.auto]
    form |= {name: hostile() for name in (*auto, "id", "state", "type", "case_id")}
    return form | {f"{next(iter(form))}[]": hostile(), "version": hostile()}


def answers(cls: type[Record], action: str, *beside: int) -> tuple[int, ...]:
    """What a form of that type may be answered; some of them nobody fills in."""
    return (302, 400, *beside) if by_hand(cls, action) else (403,)


def test_no_new_form_breaks_and_no_other_row_moves(
    client: Client, office: Office, as_actor: AsActor
) -> None:
    hostile, before = Hostile(20_261_122), digests(as_actor)
    for cls in TYPES:
        visitor, path = client(rights.owner(cls)), f"/{cls.slug}/new/"
        for _turn in range(2):
            form = attack(hostile, cls)
            asked(visitor.post(path, form), (path, form), *answers(cls, "create"))
    assert hostile.sent > 6_000
    unmoved(before, digests(as_actor), set())


@pytest.fixture
def targets(as_actor: AsActor, office: Office) -> dict[type[Record], int]:
    """A row of every type to be attacked, and one of every line beneath it."""
    made: dict[type[Record], int] = {}
    with as_actor() as session, writing(session):
        for cls in TYPES:
            fixed = {"user_id": office.users["staff"]}
            own = fixed if cls.slug == "role_assignment" else {}
            made[cls] = make(session, cls, office.home, **own).id
    return made


def test_no_filled_form_breaks_and_no_other_row_moves(
    client: Client, as_actor: AsActor, targets: dict[type[Record], int]
) -> None:
    hostile, before = Hostile(7), digests(as_actor)
    for cls, key in targets.items():
        visitor, path = client(rights.owner(cls)), f"/{cls.slug}/edit/?id={key}"
        for version in ("1", hostile()):
            form = attack(hostile, cls) | {"version": version}
            asked(visitor.post(path, form), (path, form), *answers(cls, "update", 409))
    assert hostile.sent > 6_000
    attacked = {(cls.__tablename__, key) for cls, key in targets.items()}
    attacked |= {("case", key) for cls, key in targets.items() if cls.kind == "case"}
    unmoved(before, digests(as_actor), attacked)


def queries(
    hostile: Hostile, cls: type[Record]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Addresses of a type's screens with malformed parameters."""
    names = list(fields(cls))
    for _turn in range(2):
        query = {name: hostile.several(fields(cls)[name]) for name in names[:12]}
        for name in names:
            if fields(cls)[name].type in ("date", "moment"):
                query |= {f"{name}_{end}": [hostile(fields(cls)[name])] for end in ENDS}
        place = f"{hostile()}~{hostile.dice.choice(('1', '²', '99999999999999999'))}"
        query |= {"after": [place], "order": [hostile()], "book": [hostile()]}
        yield "", query | {"search": [hostile()], "voided": [hostile()]}
        yield "", {"before": [f"{hostile()}~7"], "order": ["number"]}
        yield "export/csv/", {"search": [hostile()], **query}
        yield f"export/{'csv' if _turn else 'xls'}/", {"after": [hostile()]}
    for page in ("details", "history", "edit"):
        yield f"{page}/", {"id": [hostile()]}
    yield "ajax/lookup/", {"name": [hostile()], "query": [hostile()]}
    refs = [n for n, f in form_fields(cls).items() if f.type == "ref"]
    yield from (("ajax/lookup/", {"name": [n], "query": [hostile()]}) for n in refs[:4])


ENDS = ("from", "to")


def test_no_parameter_of_a_record_screen_breaks_it(
    client: Client, as_actor: AsActor, targets: dict[type[Record], int]
) -> None:
    hostile, before = Hostile(11), digests(as_actor)
    for cls in TYPES:
        visitor = client(rights.owner(cls))
        for path, query in queries(hostile, cls):
            answer = visitor.client.get(f"/{cls.slug}/{path}", query_string=query)
            asked(answer, (cls.slug, path, query), 200, 400, 403, 404, 409, 429)
    assert hostile.sent > 4_000
    unmoved(before, digests(as_actor), set())


POSTS = {
    "/project": ("project",),
    "/language": ("language", "next"),
    "/account/sessions/end": ("session", "key", "token", "id"),
    "/user/password/": ("id", "user", "purpose"),
    "/password": ("current", "password", "again", "new", "repeat"),
    "/login": ("username", "password", "next"),
    "/setup": ("code", "password", "company"),
}
SCREENS = {
    "/search": ("q",),
    "/queues/unclosed/": ("kind", "after", "before", "page"),
    "/queues/mine/": ("kind", "after"),
    "/change/": ("before", "after", "page"),
    "/rules/": ("q", "kind", "start", "at", "section", "carried", "test"),
    "/rights/": ("role", "group"),
    "/login": ("next",),
    "/account": ("x",),
    "/": ("project", "after"),
}


def test_no_value_breaks_the_screens_beside_the_records(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    hostile, before = Hostile(13), digests(as_actor)
    for job in ("supervisor", "admin"):
        visitor = client(job)
        for path, names in SCREENS.items():
            for _turn in range(12):
                query = {name: hostile.several() for name in names}
                answer = visitor.client.get(path, query_string=query)
                asked(answer, (path, query), 200, 302, 400, 403, 404)
        for path, names in POSTS.items():
            for _turn in range(6):
                form: dict[str, Any] = {name: hostile.several() for name in names}
                answer = visitor.post(path, form)
                asked(answer, (path, form), 200, 302, 400, 403, 404, 429)
    unmoved(before, digests(as_actor), set())


def test_no_value_breaks_voiding_and_revealing(
    client: Client, as_actor: AsActor, targets: dict[type[Record], int]
) -> None:
    hostile, before = Hostile(17), digests(as_actor)
    for cls, key in targets.items():
        visitor = client(rights.owner(cls))
        for page, names in (
            ("delete", ("version", "reason")),
            ("reveal", ("field", "purpose")),
        ):
            for which in (str(key), hostile()):
                form: dict[str, Any] = {"id": which} | {n: hostile() for n in names}
                answer = visitor.post(f"/{cls.slug}/{page}/", form)
                asked(answer, (cls.slug, page, form), 400, 403, 404, 409)
    unmoved(before, digests(as_actor), set())


@pytest.mark.parametrize("kind", ["form", "multipart", "query", "path", "json"])
def test_a_million_characters_and_other_bodies_are_answered_in_words(
    client: Client, kind: str
) -> None:
    visitor = client("receptionist")
    visitor.get("/repair/new/")
    match kind:
        case "form":
            answer = visitor.post("/repair/new/", content=MILLION)
        case "multipart":
            part = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
            body = part.format("csrf_token", visitor.token)
            body += part.format("content", MILLION) + "--x--\r\n"
            answer = visitor.client.post(
                "/repair/new/",
                data=body.encode(),
                content_type="multipart/form-data; boundary=x",
            )
        case "query":
            answer = visitor.get("/repair/", search=MILLION[:60_000])
        case "path":
            answer = visitor.get(f"/queues/{MILLION[:60_000]}/")
        case _:
            answer = visitor.client.post(
                "/repair/new/",
                json={"content": [None, {"a": 1}]},
                headers={"X-CSRFToken": visitor.token},
            )
    asked(answer, kind, 200, 400, 404, 413, 415)


def test_bytes_that_are_no_text_are_answered_in_words(app: Flask) -> None:
    visitor = Visitor(app, "receptionist")
    for raw in ("%ED%A0%80", "%FF%FE", "%C0%AF", "%00", "%F8%88%80%80%80", "%"):
        for path in ("/repair/?search=", "/search?q=", "/person/?id=", "/queues/"):
            asked(visitor.client.get(path + raw), path + raw, 200, 308, 404)
        answer = visitor.client.post(
            "/repair/new/",
            data=f"csrf_token={visitor.token}&content={raw}&unit_id={raw}",
            content_type="application/x-www-form-urlencoded",
        )
        asked(answer, raw, 302, 400)


def test_the_tables_of_the_digests_are_the_records_own() -> None:
    tables: list[Table] = list(Base.metadata.sorted_tables)
    assert {"person", "case", "repair", "grant"} <= {t.name for t in tables} - MOVING
