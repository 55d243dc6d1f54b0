"""What is written beside a case, in books of its own: shown there, begun from there."""

from __future__ import annotations

from typing import Any

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import Actor, may, readable
from core.db import db
from core.record import Case, Record, fields, form_fields, record_type
from core.words import _, say
from rules.homes import receipt_of
from views.context import called, fetch, is_over
from views.facts import facts_of, naming

Links = list[tuple[str, str]]
MOST = 8
SHARED = ("unit_id", "person_id", "receipt_no")
FROM = "from"
"""The parameter of an empty form that names the case it is written beside."""


def beside(session: Session, actor: Actor, case: Case) -> list[tuple[str, Links]]:
    """By book: what names the case, and the empty form for more of it."""
    found = []
    for slug in type(case).beside:
        cls: Any = record_type(slug)
        if not may(actor, "read", cls):
            continue
        mine = (getattr(cls, naming(cls, case)) == case.id, cls.voided_at.is_(None))
        rows = session.scalars(select(cls).where(*mine).order_by(cls.id).limit(MOST))
        links = [(called(r), url_for(f"{slug}.details_view", id=r.id)) for r in rows]
        if may(actor, "create", cls) and not is_over(case):
            new = f"{url_for(f'{slug}.create_view')}?{FROM}={case.id}"
            links.append((_("Write one"), new))
        found += [(say(cls.title), links)] if links else []
    return found


def begun_beside(actor: Actor, cls: type[Record], key: str) -> dict[str, Any]:
    """What an empty form takes over from the case that it is written beside."""
    if not key:
        return {}
    case = fetch(Case, key)
    known, own = form_fields(cls), fields(type(case))
    shared = [name for name in SHARED if name in known and name in own]
    values = {n: getattr(case, n) for n in readable(actor, type(case), shared, case)}
    if "receipt_no" in values:  # paid already, though no step has said so yet
        values["receipt_no"] = receipt_of(facts_of(db.session(), actor, case, {}))
    place = naming(cls, case)
    return {**values, place: case.id} if place else values
