"""``/queues/unconfirmed/``: figures of the office's rules that nobody confirmed yet."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Flask, url_for
from sqlalchemy import ColumnElement, RowMapping, func, select
from sqlalchemy.orm import Session

from core.access import Actor, Denied, may
from core.db import db
from core.kept import lately
from core.record import Policy, Record, fields, record_types
from core.scope import where
from core.words import _, say, spoken
from models import Setting
from views.context import actor
from views.shell import render
from views.values import plain_words

page = Blueprint("unconfirmed", __name__)
MOST = 200
"""Rows of one kind on the page."""
NO_FIGURE = ("code", "project_id", "source", "confirmed")
"""Columns of a rule's list that say nothing of how much or how long."""


@page.get("/queues/unconfirmed/")
def screen() -> str:
    """What still stands unconfirmed, by kind, each with the way to its record."""
    session, who = db.session(), actor()
    if not may(who, "read", Setting):
        raise Denied("read", Setting.slug)
    groups = [(say(cls.title), _rows(session, who, cls)) for cls in _kinds(who)]
    shown = [(title, rows) for title, rows in groups if rows]
    return render("unconfirmed.html", page={"groups": shown})


def entry(session: Session, who: Actor) -> list[tuple[str, str, str, str]]:
    """How many there are, among the queues of whoever may change them."""
    if not may(who, "update", Setting):
        return []

    def load() -> int:
        counts = [
            select(func.count(cls.id)).where(*_waiting(who, cls)) for cls in _kinds(who)
        ]
        return sum(session.execute(one).scalar_one() for one in counts)

    n = lately(session, who, "unconfirmed", load)
    about = _("Figures of the rules that the procedures leave open.")
    return [(_("Figures to confirm"), about, url_for("unconfirmed.screen"), f"{n}")]


def _kinds(who: Actor) -> list[type[Record]]:
    """The kinds of rules that are confirmed, as far as the reader sees them."""
    return [
        cls
        for cls in record_types()
        if issubclass(cls, Policy)
        and "confirmed" in cls.__table__.c
        and may(who, "read", cls)
    ]


def _waiting(who: Actor, cls: type[Record]) -> tuple[ColumnElement[bool], ...]:
    t = cls.__table__.c
    return ~t.confirmed, t.voided_at.is_(None), where(who, "read", cls)


def _rows(
    session: Session, who: Actor, cls: type[Record]
) -> Sequence[tuple[str, str, str, str]]:
    """(title, the figure, where it comes from, address) of each."""
    t = cls.__table__.c
    query = select(*t).where(*_waiting(who, cls)).order_by(t.id).limit(MOST)
    return [
        (
            spoken(str(row[cls.label_column])),
            _figure(session, cls, row),
            row.get("source") or "",
            url_for(f"{cls.slug}.details_view", id=row["id"]),
        )
        for row in session.connection().execute(query).mappings()
    ]


def _figure(session: Session, cls: type[Record], row: RowMapping) -> str:
    """What the rule says, as its list shows it."""
    known = fields(cls)
    told = (n for n in cls.show if n not in (cls.label_column, *NO_FIGURE))
    plain = (n for n in told if known[n].type != "yes")
    words = (plain_words(session, known[n], row[n], None) for n in plain)
    return " ".join(filter(None, words))


def init_app(app: Flask) -> None:
    """Register the page."""
    app.register_blueprint(page)
