"""CSV of a list: what the reader may see, in constant memory, harmless in Excel."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator
from functools import partial
from typing import Any

from flask import Flask, Response, current_app
from sqlalchemy.orm import Session

from core import audit
from core.access import Actor, act_as, writable
from core.db import OfficeSession, db, now, writing
from core.record import Record, fields
from core.words import language, say, use_language
from views.asked import Asked
from views.context import titles
from views.listing import stream
from views.naming import named
from views.rows import ListColumn, list_columns
from views.typed import is_free, softened
from views.values import zone

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
BOM = "\ufeff"


def harmless(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula."""
    bare = text.lstrip(" \u3000\u00a0'\"\t\r\n")
    fullwidth = ("＝", "＋", "－", "＠")
    if bare.startswith((*RISKY, *fullwidth)) and not _is_number(text):
        return "'" + text
    return text


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).replace(",", "").isdecimal()


def export_columns(actor: Actor, cls: type[Record]) -> list[str]:
    """Every field of a type that this reader may export, in the form's order."""
    return writable(actor, cls, fields(cls), "export")


def csv_response(actor: Actor, cls: type[Record], asked: Asked) -> Response:
    """The whole list as asked; the export itself is in the history first."""
    session = db.session()
    with writing(session):
        project = next(iter(actor.projects or ()), None)
        words = asked.link().lstrip("?")
        audit.note(session, audit.Entry("export", cls.slug, None, project, words))
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    body = _body(app, actor, cls, asked, language())
    stamp = f"{now().astimezone(zone(session)):%Y%m%d-%H%M}"
    answer = Response(body, mimetype="text/csv")
    return named(answer, "attachment", f"{titles(cls)}-{stamp}.csv")


def _body(
    app: Flask, actor: Actor, cls: type[Record], asked: Asked, spoken: str
) -> Iterator[str]:
    """Lines in chunks, by a session of its own: the request's is gone by now."""
    with app.app_context():
        use_language(spoken)
        session = OfficeSession(db)
        act_as(session, actor)
        try:
            yield from lines(session, actor, cls, asked)
        finally:
            session.close()


def lines(
    session: Session, actor: Actor, cls: type[Record], asked: Asked
) -> Iterator[str]:
    """The CSV text of a list, head first, a chunk of rows at a time."""
    names = export_columns(actor, cls)
    columns = list_columns(session, actor, cls, names)
    yield BOM + _text([[say(column.field.label) for column in columns]])
    told, after = partial(_cell, session, actor, cls), 0
    while rows := stream(session, actor, cls, asked, names, after):
        yield _text([[told(column, row) for column in columns] for row in rows])
        after = rows[-1].id


def _cell(
    session: Session, actor: Actor, cls: type[Record], column: ListColumn, row: Any
) -> str:
    value = getattr(row, column.name)
    if isinstance(value, dt.datetime):
        return f"{value.astimezone(zone(session)):%Y-%m-%d %H:%M:%S}"
    if is_free(column.field):
        return harmless(softened(actor, cls, value or ""))
    if column.field.type in ("long", "text") and not column.field.personal:
        return harmless(value or "")
    return harmless(column.render(row)[1])


def _text(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()
