"""A project that goes by a rule of its own: a copy of the office's, changed next."""

from __future__ import annotations

from flask import Blueprint, Flask, abort, redirect, url_for
from flask import request as asked
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core import audit
from core.access import Actor, Denied, can
from core.db import db, writing
from core.record import Policy, Record, form_fields, record_type
from core.words import _
from models import Project
from views.context import actor, fetch, project_id, projects
from views.importing.targets import unique

page = Blueprint("overriding", __name__)


def may_differ(who: Actor, record: Record) -> bool:
    """Whether the actor may let a project of his go by another row than this one."""
    return (
        isinstance(record, Policy)
        and type(record).varies
        and record.project_id is None
        and record.voided_at is None
        and can(who, "update", record)
        and project_id() is not None
    )


def words() -> str:
    """What the button says."""
    return _("Differ in {project}", project=projects().get(project_id() or 0, ""))


@page.post("/override/<slug>/")
def differ(slug: str) -> Response:
    """Make the row of the chosen project, or find it, and open its form."""
    try:
        cls = record_type(slug)
    except KeyError:
        abort(404)
    session, place = db.session(), project_id()
    with writing(session):
        office = fetch(cls, asked.form.get("id", ""), "update")
        if not isinstance(office, Policy) or not may_differ(actor(), office):
            raise Denied("update", slug)
        own = _own(session, office, place).id
    return redirect(url_for(f"{slug}.edit_view", id=own))


def _own(session: Session, office: Policy, place: int | None) -> Policy:
    cls = type(office)
    same = {n: getattr(office, n) for n in unique(cls)[0] if n != "project_id"}
    query = select(cls).filter_by(project_id=place, **same)
    if found := session.scalars(query).one_or_none():
        return found
    own = cls(**{name: getattr(office, name) for name in form_fields(cls)})
    own.project_id = place
    session.add(own)
    session.flush()
    name = session.get_one(Project, place).name
    audit.explain(session, own, "create", _("for {project} alone", project=name))
    return own


def init_app(app: Flask) -> None:
    """Register the act."""
    app.register_blueprint(page)
