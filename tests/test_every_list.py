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
from tests.filling import existing, make
from tests.posting import words

TYPES = rights.screens()
FORMULA = '=HYPERLINK("http://x","y")'


def free_text(cls: type[Record], *kinds: str) -> list[str]:
    """The fields into which people type what they like and nobody is named."""
    coded = {"target", "action", "fields", "only", "username", "code", "list"}
    return [
        name
        for name, declared in form_fields(cls).items()
        if declared.type in kinds and not declared.personal and name not in coded
    ]


def new(session: Session, cls: type[Record], office: Office, **values: Any) -> int:
    """A row of that type in the home estate."""
    if cls.slug == "user":
        staff = make(session, fields_type("staff"), office.home)
        values["staff_id"] = staff.id
    return int(make(session, cls, office.home, **values).id)


def fields_type(slug: str) -> type[Record]:
    """The record type of that slug."""
    return next(cls for cls in record_types() if cls.slug == slug)


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
