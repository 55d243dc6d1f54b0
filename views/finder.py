"""One box for everything: number, room, name, last four digits, words."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, request, url_for

from core.access import may
from core.db import db
from core.record import Case, record_type
from core.words import _, say
from models import Unit
from views.context import actor
from views.details import case_slug
from views.limits import count_lookup
from views.lookup import by_number, matches
from views.shell import render

page = Blueprint("search", __name__)
KINDS = ("unit", "person", "vehicle", "staff")


@page.get("/search")
def search_view() -> str:
    """Homes, people and cases that the typed words may mean."""
    typed = request.args.get("q", "").replace("\x00", "").strip()[:100]
    groups = [group for group in _groups(typed) if group[1]] if typed else []
    return render("search.html", page={"query": typed, "groups": groups})


def _groups(typed: str) -> list[tuple[str, list[Any]]]:
    session, who = db.session(), actor()
    found = []
    for slug in KINDS:
        cls = record_type(slug)
        if not may(who, "read", cls):
            continue
        if slug == "person" and by_number(who, cls, typed):
            count_lookup(slug)
        hits = matches(session, slug, typed, 8)
        links = [(h.words, h.more, _address(slug, h.id)) for h in hits]
        found.append((say(cls.title), links))
    return [*found, (_("Cases"), _case_links(typed))]


def _address(slug: str, key: int) -> str:
    """A home is found as its household."""
    if slug == Unit.slug:
        return url_for("household.home", unit_id=key)
    return url_for(f"{slug}.details_view", id=key)


def _case_links(typed: str) -> list[tuple[str, str, str]]:
    session = db.session()
    return [
        (
            hit.words,
            hit.more,
            url_for(f"{case_slug(session, hit.id)}.details_view", id=hit.id),
        )
        for hit in matches(session, Case.slug, typed, 20)
    ]


def init_app(app: Flask) -> None:
    """Register the search page."""
    app.register_blueprint(page)
