"""Every field that the procedures ask of a form is carried by a field of a record."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from core.chain import Change
from core.record import fields, record_type, record_types

pytestmark = pytest.mark.once

PHRASES = Path(__file__).resolve().parent.parent / "seeds" / "row_phrases.csv"
FOREIGN = "A74"
"""A cement company's delivery receipt; no form of this trade."""
ROWS = {f"A{n:02}" for n in range(1, 114)} - {FOREIGN}


def phrases() -> list[dict[str, str]]:
    with PHRASES.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def resolves(reference: str) -> bool:
    """Whether the reference names a record type, a field of one, or a book."""
    kind, _colon, name = reference.partition(":")
    slug, _dot, code = name.partition(".")
    if (kind, name) == ("record", Change.__tablename__):
        return True
    try:
        cls = record_type(slug)
    except KeyError:
        return False
    if kind == "book":
        return code in {book.code for book in cls.books}
    return kind == "record" and (not code or code in fields(cls))


def test_every_row_is_there_but_the_foreign_one() -> None:
    assert {phrase["row"] for phrase in phrases()} == ROWS


def test_every_phrase_is_there_once() -> None:
    counted = Counter((one["row"], one["phrase"]) for one in phrases())
    assert [phrase for phrase, n in counted.items() if n > 1 or not phrase[1]] == []


def test_every_phrase_is_carried_or_left_out_for_a_reason() -> None:
    for one in phrases():
        if one["carried_by"] == "omitted":
            assert one["reason"], one
            continue
        for reference in one["carried_by"].split("; "):
            assert resolves(reference), (one["row"], one["phrase"], reference)


@pytest.mark.parametrize(
    "reference",
    [
        "record:no_such_record",
        "record:reception.no_such_field",
        "book:reception.no_such_book",
        "wish:reception",
        "",
    ],
)
def test_a_reference_to_nothing_does_not_resolve(reference: str) -> None:
    assert not resolves(reference)


def test_every_row_that_a_record_type_claims_is_known() -> None:
    claimed = {row for cls in record_types() for row in cls.rows} | set(Change.rows)
    assert claimed == ROWS


def test_every_field_names_a_row_of_the_procedures() -> None:
    for cls in record_types():
        for name, declared in fields(cls).items():
            rows = set(declared.row.split())
            assert rows <= ROWS, (cls.slug, name)
