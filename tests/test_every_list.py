"""Every record type's list: rows, books, search, export, and both languages."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from core import search
from core.db import writing
from core.record import Case, Record, fields, form_fields, record_types
from core.states import FINAL, OPEN, RESTING
from models import Grant
from tests import catalogue, reading, rights
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.filling import make, typed
from tests.posting import words

pytestmark = pytest.mark.no_cover  # slow to watch; the other tests reach it

TYPES = rights.screens()
FORMULA = '=HYPERLINK("http://x","y")'


def free_text(cls: type[Record], *kinds: str) -> list[str]:
    """The fields that hold whatever words they are given and name nobody."""
    known = form_fields(cls) if cls.manual else fields(cls)
    coded = {"target", "action", "fields", "only", "username", "code", "list"}
    return [
        name
        for name, declared in known.items()
        if declared.type in kinds and not declared.personal and name not in coded
    ]


def new(session: Session, cls: type[Record], office: Office, **values: Any) -> int:
    """A row of that type in the home estate."""
    return int(make(session, cls, office.home, **values).id)


def test_every_list_shows_its_record_first_and_links_to_it(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session, writing(session):
        made = {cls: new(session, cls, office) for cls in TYPES}
    for cls, key in made.items():
        page = client(rights.owner(cls)).get(f"/{cls.slug}/?order=-id").text
        assert key in reading.ids(page), cls.slug


def test_every_book_keeps_to_its_own_rows(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session, writing(session):
        made = list(_booked(session, office))
    assert len(made) > 20
    for cls, code, inside, outside in made:
        page = client(rights.owner(cls)).get(f"/{cls.slug}/?book={code}").text
        found = reading.ids(page)
        assert inside in found, (cls.slug, code)
        assert outside not in found, (cls.slug, code)


def _booked(
    session: Session, office: Office
) -> Iterator[tuple[type[Record], str, int, int]]:
    """A row inside and one outside of every book that is a choice of rows."""
    for cls in TYPES:
        for book in cls.books:
            for name, value in book.where.items():
                declared = fields(cls)[name]
                codes = [code for code, _zh, _en in declared.choices] or ["visit"]
                other = next((code for code in codes if code != value), None)
                inside = new(session, cls, office, **book.where)
                outside = new(session, cls, office, **book.where | {name: other})
                yield cls, book.code, inside, outside


def test_every_searchable_list_finds_a_word_and_only_its_rows(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    made: dict[type[Record], tuple[str, int, int]] = {}
    with as_actor() as session, writing(session):
        for n, cls in enumerate(TYPES):
            names = set(search.searched(cls)) & set(free_text(cls, "text", "long"))
            if names:
                word = f"寻{chr(0x4E00 + 7 * n)}物{chr(0x5E00 + 5 * n)}"
                inside = new(session, cls, office, **{min(names): f"在此{word}处"})
                made[cls] = word, inside, new(session, cls, office)
    assert {cls for cls in TYPES if search.searched(cls)} - {*made} <= UNSEARCHED
    for cls, (word, inside, outside) in made.items():
        page = client(rights.owner(cls)).get(f"/{cls.slug}/", search=word).text
        assert inside in reading.ids(page), cls.slug
        assert outside not in reading.ids(page), cls.slug


UNSEARCHED = {cls for cls in TYPES if cls.slug == "user"}
"""Types whose only searched words are codes with a form of their own."""


def allow_export(session: Session, cls: type[Record]) -> None:
    """Give the export to the type's owner where the seeds give it to nobody."""
    job = rights.owner(cls)
    if not rights.may(job, cls, "export"):
        role = rights.role_of(job)
        session.add(Grant(role=role, target=cls.slug, action="export", scope="all"))


def test_every_export_holds_labels_and_rows_and_no_formula(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    made: dict[type[Record], tuple[int, list[str]]] = {}
    with as_actor() as session, writing(session):
        for cls in TYPES:
            allow_export(session, cls)
        for cls in sorted(TYPES, key=lambda cls: cls.slug != "user"):
            names = free_text(cls, "text", "long")
            size = {name: fields(cls)[name].size or 99 for name in names}
            values = {name: FORMULA[: size[name]] for name in names}
            made[cls] = new(session, cls, office, **values), names
    for cls, (key, names) in made.items():
        job = rights.owner(cls)
        answer = client(job).get(f"/{cls.slug}/export/csv/")
        assert answer.status_code == 200, cls.slug
        assert answer.mimetype == "text/csv"
        assert answer.data.startswith("\ufeff".encode()), cls.slug
        head, *rows = reading.csv_rows(answer.text)
        limits = rights.limits(job, cls)
        known = [n for n in fields(cls) if limits is None or n in limits]
        assert head == [fields(cls)[name].label[0] for name in known], cls.slug
        assert_row(as_actor, cls, key, dict(zip(known, rows[-1], strict=True)), names)


def assert_row(
    as_actor: AsActor,
    cls: type[Record],
    key: int,
    row: dict[str, str],
    formulas: list[str],
) -> None:
    """The exported line says what the record says, and nothing that calculates."""
    for cell in row.values():
        assert not cell.startswith(("=", "+", "@")), (cls.slug, cell)
        assert not cell.startswith("-") or cell.lstrip("-").replace(".", "").isdigit()
    with as_actor() as session:
        record = session.get(cls, key)
        for name, declared in form_fields(cls).items():
            value = getattr(record, name)
            if declared.personal or value is None:
                continue
            for word in words(session, declared, value):
                assert word in row[name], (cls.slug, name)
    for name in formulas:
        assert row[name].startswith("'="), (cls.slug, name)


def test_every_export_that_nobody_is_given_is_refused(client: Client) -> None:
    for cls in TYPES:
        for job in ("auditor", rights.owner(cls)):
            if not rights.may(job, cls, "export"):
                answer = client(job).get(f"/{cls.slug}/export/csv/")
                assert answer.status_code == 403, (cls.slug, job)


@pytest.mark.parametrize("spoken", ["zh_Hans_CN", "en"])
def test_every_form_and_list_has_its_labels_in_the_readers_language(
    client: Client, spoken: str
) -> None:
    half = 1 if spoken == "en" else 0
    missing = []
    for cls in TYPES:
        visitor = client(rights.owner(cls))
        visitor.client.set_cookie("language", spoken)
        page = html.unescape(visitor.get(f"/{cls.slug}/").text)
        assert cls.title[half] in page
        heads = [fields(cls)[n].label[half] for n in cls.show]
        missing += [(cls.slug, head) for head in heads if head not in page]
        if cls.manual:
            form = html.unescape(visitor.get(f"/{cls.slug}/new/").text)
            labels = {name: one.label[half] for name, one in typed(cls).items()}
            missing += [(cls.slug, n) for n, said in labels.items() if said not in form]
    assert not missing


def test_every_record_type_says_what_a_screen_needs() -> None:
    for cls in record_types():
        known = fields(cls)
        assert all(cls.title), cls.slug
        on_paper = cls.manual and cls.kind != "policy" and cls.slug != "grant"
        assert cls.rows or not on_paper, cls.slug
        for name, declared in form_fields(cls).items():
            assert all(declared.label), (cls.slug, name)
            assert bool(declared.help[0]) == bool(declared.help[1]), (cls.slug, name)
        assert set(cls.show) <= set(known), cls.slug
        assert set(cls.search) <= set(known) | {"number"}, cls.slug
        assert not any(known[n].type == "secret" for n in cls.search), cls.slug


def test_every_access_group_is_given_to_somebody() -> None:
    for cls in record_types():
        assert any(rights.may(job, cls, "read") for job in rights.EVERYBODY), cls.slug
    for cls in TYPES:
        assert rights.may(rights.owner(cls), cls, "create"), cls.slug


def test_every_case_has_a_flow_of_known_states() -> None:
    for cls in record_types():
        if not issubclass(cls, Case):
            assert cls.flow is None, cls.slug
            continue
        assert cls.flow is not None, cls.slug
        codes = [state.code for state in cls.flow.states]
        kinds = {state.kind for state in cls.flow.states}
        assert len(set(codes)) == len(codes) > 1, cls.slug
        assert cls.flow.first.kind != FINAL, cls.slug
        assert {FINAL} <= kinds <= {OPEN, RESTING, FINAL}, cls.slug
        assert all(all(state.now) and all(state.step) for state in cls.flow.states)


def test_the_records_command_lists_the_catalogue(app: Flask) -> None:
    answer = app.test_cli_runner().invoke(args=["records", "--json"])
    assert answer.exit_code == 0, answer.output
    found = {
        (
            one["slug"],
            one["kind"],
            one["group"],
            one["section"],
            tuple(book["code"] for book in one["books"]),
        )
        for one in json.loads(answer.output)
    }
    assert found == catalogue.entries()
