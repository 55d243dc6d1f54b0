"""The rows of a list that go on paper: as asked, as many as the office allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NoReturn

from flask import abort
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.record import Record
from core.scope import where
from core.words import _
from views.asked import Asked
from views.listing import page
from views.printing.paper import Pen


def rows(
    pen: Pen, cls: type[Record], asked: Asked, names: Sequence[str], limit: int
) -> list[Any]:
    """The rows of a list that the reader may print; 400 when they are too many."""
    found: list[Any] = []
    for some in _pages(pen, cls, asked, names):
        found += some
        if len(found) > limit:
            refuse(limit)
    among, allowed = [row.id for row in found], where(pen.actor, "print", cls)
    query = select(cls.id).where(cls.id.in_(among), allowed)
    mine = set(pen.session.scalars(query))
    return [row for row in found if row.id in mine]


def refuse(limit: int) -> NoReturn:
    """400: that many are not printed at once."""
    abort(400, _("At most {n} are printed at once. Narrow the list first.", n=limit))


def _pages(
    pen: Pen, cls: type[Record], asked: Asked, names: Sequence[str]
) -> Iterator[Sequence[Any]]:
    asked = replace(asked, after=None, before=None)
    while True:
        found = page(pen.session, pen.actor, cls, asked, names)
        yield found.rows
        if found.more_after is None:
            return
        asked = replace(asked, after=found.more_after)


def records(
    session: Session, cls: type[Record], ids: Sequence[int]
) -> Iterator[Record]:
    """The records of these ids, in this order."""
    found = {
        record.id: record
        for record in session.scalars(select(cls).where(cls.id.in_(ids)))
    }
    return (found[key] for key in ids)
