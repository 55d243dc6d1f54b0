"""Every record type and every book on paper: complete, in order, in its own font."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from sqlalchemy.orm import Session

from core.base import Book
from core.db import writing
from core.record import Part, Record, fields, form_fields, parts
from models import Grant
from tests import paper, rights
from tests.browsing import Visitor
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.filling import everything, make
from tests.posting import words
from views.parts import parent_column
from views.printing.beyond import field_of
from views.printing.paper import signing

pytestmark = [pytest.mark.once, pytest.mark.no_cover]

TYPES = rights.screens()
WIDE, NARROW = 14.0, 9.0
"""The margin of every sheet of A4 and of A5, in millimetres."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What stands on paper does not depend on the database: PostgreSQL gets a few."""
    if "cls" in metafunc.fixturenames:
        whole = metafunc.config.getoption("--database") == "sqlite"
        chosen = TYPES if whole else TYPES[::12]
        metafunc.parametrize("cls", chosen, ids=[cls.slug for cls in chosen])


def printer(client: Client, session: Session, cls: type[Record]) -> Visitor:
    """Somebody who may print that type, and sees everything on it in plain."""
    for target in {cls.slug, "person", *(part.slug for part in parts(cls))}:
        for action in ("read", "print", "standing"):
            session.add(
                Grant(role="manager", target=target, action=action, scope="all")
            )
    return client("manager")


@pytest.fixture
def made(
    cls: type[Record], as_actor: AsActor, client: Client, office: Office
) -> tuple[Visitor, int, list[str]]:
    """A record with every field filled, and the words of its form in their order."""
    with as_actor() as session, writing(session):
        values = everything(session, cls, office.home)
        record = make(session, cls, office.home, **values)
        said = labelled(session, cls, values)
        for part in parts(cls):
            line = everything(session, part, office.home)
            line[parent_column(part, cls)] = record.id
            make(session, part, office.home, **line)
            said += part_words(session, cls, part, line)
        said += signatures(session, cls, values)
        visitor = printer(client, session, cls)
    return visitor, record.id, said


def labelled(session: Session, cls: type[Record], values: dict[str, Any]) -> list[str]:
    """Labels and values of the fields in the order of the declaration."""
    known = form_fields(cls)
    aside = signing(known)
    said = []
    for name, value in values.items():
        if name not in {*aside, *aside.values()}:
            said += [known[name].label[0], *words(session, known[name], value)]
    return said


def part_words(
    session: Session, cls: type[Record], part: type[Part], line: dict[str, Any]
) -> list[str]:
    """The headings of one kind of line, then one line."""
    known = form_fields(part)
    names = [name for name in line if name != parent_column(part, cls)]
    said = [part.title[0], *(known[name].label[0] for name in names)]
    for name in names:
        said += words(session, known[name], line[name])
    return said


def signatures(
    session: Session, cls: type[Record], values: dict[str, Any]
) -> list[str]:
    """Who signed, and when it is known, at the end of the form."""
    known, said = form_fields(cls), []
    for name, date in signing(known).items():
        said += [known[name].label[0], *words(session, known[name], values[name])]
        said += words(session, known[date], values[date]) if date else []
    return said


def printed(visitor: Visitor, cls: type[Record], **asked: Any) -> bytes:
    answer = visitor.get(f"/{cls.slug}/print/", format="pdf", **asked)
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/pdf"
    body: bytes = answer.data
    return body


def assert_sound(
    body: bytes, caplog: pytest.LogCaptureFixture, margin: float = WIDE
) -> None:
    """Nothing beyond the margins, nothing in another font, nothing complained of."""
    assert paper.outside(body, margin) == []
    assert paper.fonts(body) == {"Office-Sans"}
    assert [r.getMessage() for r in caplog.records if r.name == "weasyprint"] == []


def test_every_form_and_every_book_is_complete_and_in_order(
    cls: type[Record],
    made: tuple[Visitor, int, list[str]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    visitor, key, said = made
    caplog.set_level(logging.WARNING, "weasyprint")
    for book in (None, *cls.books):
        body = printed(visitor, cls, id=key, book=book.code if book else "")
        wanted = [title_of(cls, book), *(chosen(cls, book) or said)]
        assert paper.missing_in_order(paper.text(body), wanted) == []
        assert_sound(body, caplog, margin_of(cls))


def margin_of(cls: type[Record]) -> float:
    """The margin of the paper on which such records are usually printed."""
    return NARROW if cls.printed_on == "a5" else WIDE


def chosen(cls: type[Record], book: Book | None) -> list[str]:
    """The labels of a form that has some fields alone."""
    return [field_of(cls, name).label[0] for name in (book.fields if book else ())]


def test_every_type_has_its_empty_form_and_its_register(
    cls: type[Record],
    client: Client,
    as_actor: AsActor,
    office: Office,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with as_actor() as session, writing(session):
        make(session, cls, office.home)
        visitor = printer(client, session, cls)
    caplog.set_level(logging.WARNING, "weasyprint")
    empty = printed(visitor, cls, blank=1)
    assert paper.missing_in_order(paper.text(empty), to_fill_in(cls)) == []
    assert_sound(empty, caplog, margin_of(cls))
    seeded = {"voided": 1} if cls.kind == "policy" else {}  # hundreds of rows stand
    register = printed(visitor, cls, layout="register", **seeded)
    heads = [fields(cls)[name].label[0] for name in cls.show]
    assert paper.missing_in_order(paper.text(register), heads) == []
    assert_sound(register, caplog)


def to_fill_in(cls: type[Record]) -> list[str]:
    """The labels of an empty form in their order: fields, lines, signatures."""
    known = form_fields(cls)
    signed = signing(known)
    aside = {*signed, *signed.values()}
    labels = [field.label[0] for name, field in known.items() if name not in aside]
    for part in parts(cls):
        lines = form_fields(part).items()
        column = parent_column(part, cls)
        labels += [part.title[0], *(f.label[0] for n, f in lines if n != column)]
    return labels + [known[name].label[0] for name in signed]


def title_of(cls: type[Record], book: Book | None) -> str:
    """The office's own name of a form, else the declared one."""
    if book is None:
        return {"daily_log": "日工作记录表"}.get(cls.slug, cls.title[0])
    return book.title[0]
