"""Forms that have some fields alone, and some of whom those fields name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy.orm import object_session

from core.access import Actor, readable
from core.base import Book
from core.columns import Field
from core.record import Record, fields, record_type
from core.scope import one_of


def standing(
    actor: Actor, record: Record, printed: Sequence[str], book: Book | None
) -> Iterator[tuple[str, Record, str]]:
    """What stands on a form: its name there, whose field it is and that field.

    ``printed`` are the record's own fields that the reader prints.
    """
    for name in (book.fields if book else ()) or printed:
        own, _dot, beyond = name.partition(".")
        if own not in printed:
            continue
        if not beyond:
            yield name, record, own
        elif (row := _named(actor, record, own)) is not None:
            for seen in readable(actor, type(row), [beyond], row):
                yield name, row, seen


def _named(actor: Actor, record: Record, name: str) -> Record | None:
    """The record that a field names, when the reader may see it."""
    session = object_session(record)
    assert session is not None
    cls = record_type(fields(type(record))[name].ref)
    key = {"key": getattr(record, name)}
    found: Record | None = session.scalars(
        one_of(actor, "read", cls), key
    ).one_or_none()
    return found


def field_of(cls: type[Record], name: str) -> Field:
    """The field of a form by its name there, be it another record's."""
    own, _dot, beyond = name.partition(".")
    field = fields(cls)[own]
    return fields(record_type(field.ref))[beyond] if beyond else field
