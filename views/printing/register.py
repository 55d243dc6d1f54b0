"""A list as its paper register: one row a record, the columns of the list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from core.record import Record
from core.words import _, say, spoken
from views.printing.paper import Form, Lines, Pen
from views.rows import ListColumn, list_columns
from views.typed import is_free, softened
from views.values import zone

NARROW = 6
"""Columns that fit on an upright page."""


def register(
    pen: Pen, form: Form, cls: type[Record], names: Sequence[str], rows: Sequence[Any]
) -> Form:
    """The rows of a list, numbered, under the head of a form."""
    columns = list_columns(pen.session, pen.actor, cls, names)
    heads = [_("No."), *(say(column.field.label) for column in columns)]
    cells = [
        [str(at), *(_words(pen, cls, column, row) for column in columns)]
        for at, row in enumerate(rows, 1)
    ]
    form.parts = [Lines("", heads, cells)]
    form.recorded = _("{n} in all", n=len(rows))
    return form


def _words(pen: Pen, cls: type[Record], column: ListColumn, row: Any) -> str:
    """A cell without its markup: the whole text, the exact time."""
    value, field = getattr(row, column.name), column.field
    if isinstance(value, dt.datetime):
        return f"{value.astimezone(zone(pen.session)):%Y-%m-%d %H:%M}"
    if is_free(field):
        return spoken(softened(pen.actor, cls, value or ""))
    if field.type == "text" and not field.personal:
        return spoken(value or "")
    return column.render(row)[1]
