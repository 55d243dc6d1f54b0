"""Files whose time is over: listed when they are due, destroyed by somebody's act.

Nothing goes by itself. Whoever may void a record decides, with a reason, about files
that its retention no longer needs.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import Blueprint, Flask, abort, flash, redirect, request, url_for
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core import attachment
from core.access import Actor, Denied
from core.attachment import Attachment
from core.db import db, writing
from core.record import Record, record_type
from core.scope import where
from core.words import _
from views.attached import may_see, name_of, review_day, size_words
from views.attaching import personal_kinds, uploads
from views.context import actor, titles
from views.posted import posted_sentence
from views.printing.paper import number_of
from views.shell import destroys, render
from views.values import (
    number,
    this_day,
)

page = Blueprint("retention", __name__, url_prefix="/retention")
LOOKED_AT = 500
"""Files that one page looks at: few of them are due."""


@dataclass(frozen=True, slots=True)
class Due:
    """One file that may be destroyed."""

    row: Attachment
    record: Record
    since: dt.date

    @property
    def name(self) -> str:
        """Its name, of a personal one only its kind."""
        return name_of(db.session(), self.row)

    @property
    def size(self) -> str:
        """How large it is."""
        return size_words(self.row.size)

    @property
    def owner(self) -> str:
        """The record that it stands with, by nothing personal."""
        return f"{titles(type(self.record))} {number_of(self.record)}"

    @property
    def url(self) -> str:
        """That record's page."""
        return url_for(f"{self.row.slug}.details_view", id=self.row.record_id)


@page.get("/")
def due() -> str:
    """The files that are due, a page at a time."""
    who, session = actor(), db.session()
    if not destroys(who):
        raise Denied("void", "attachment")
    after = number(request.args.get("after", "")) or 0
    rows = _standing(session, Attachment.id > after)
    more = url_for(".due", after=rows[-1].id) if len(rows) == LOOKED_AT else ""
    context = {"title": _("Files to destroy"), "due": list(_due(session, who, rows))}
    return render("retention.html", page={**context, "more_url": more})


@page.post("/destroy")
def destroy() -> Response:
    """Destroy the chosen files, all of them or none; each stands in the history."""
    ids = {number(key) for key in request.form.getlist("file")} - {None}
    reason, session, who = posted_sentence("reason"), db.session(), actor()
    if not ids or len(reason) < 2 or "sure" not in request.form:
        abort(400, _("Please choose files, say why, and confirm."))
    with writing(session):
        rows = _standing(session, Attachment.id.in_(ids))
        found = list(_due(session, who, rows))
        if len(found) < len(ids):
            raise Denied("void", "attachment")
        for one in found:
            attachment.destroy(session, one.row, one.name, reason)
    for one in found:
        attachment.unlink(uploads(), one.row)
    flash(_("Destroyed: {n}", n=len(found)), "success")
    return redirect(url_for(".due"))


def _standing(session: Session, which: ColumnElement[bool]) -> Sequence[Attachment]:
    query = select(Attachment).where(Attachment.destroyed_at.is_(None), which)
    return session.scalars(query.order_by(Attachment.id).limit(LOOKED_AT)).all()


def _due(session: Session, who: Actor, rows: Sequence[Attachment]) -> Iterator[Due]:
    """Those of the files that are due and whose record this actor may void."""
    masked, today = personal_kinds(session), this_day(session)
    records = _records(session, who, rows)
    for row in rows:
        record = records.get((row.slug, row.record_id))
        if record is None or not may_see(who, record):
            continue
        since = review_day(session, record, personal=row.kind in masked)
        if since is not None and since <= today:
            yield Due(row, record, since)


def _records(
    session: Session, who: Actor, rows: Sequence[Attachment]
) -> dict[tuple[str, int], Record]:
    ids = defaultdict[str, set[int]](set)
    for row in rows:
        ids[row.slug].add(row.record_id)
    found: dict[tuple[str, int], Record] = {}
    for slug, keys in ids.items():
        cls = record_type(slug)
        query = select(cls).where(cls.id.in_(keys), where(who, "void", cls))
        found |= {(slug, record.id): record for record in session.scalars(query)}
    return found


def init_app(app: Flask) -> None:
    """Register the page."""
    app.register_blueprint(page)
