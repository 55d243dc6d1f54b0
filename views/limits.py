"""Look-ups by telephone or identity number: on the record, and not without limit."""

from __future__ import annotations

from flask import abort

from core import audit, numbering
from core.db import db, now, writing
from core.words import _
from views.context import actor
from views.values import whole


def count_lookup(slug: str) -> None:
    """Put one look-up into the history; 429 past the hour's limit."""
    session, who = db.session(), actor()
    limit = whole(session, "privacy.lookups_per_hour", 120)
    name = f"lookup:{who.user_id}:{now():%Y%m%d%H}"
    if numbering.value(session, name) >= limit:
        abort(429, _("Too many look-ups by number in this hour. Please wait a little."))
    with writing(session):
        numbering.take(session, name)
        project = next(iter(who.projects or ()), None)
        entry = audit.Entry("lookup", slug, None, project, chain=audit.ACCESS)
        audit.note(session, entry)
