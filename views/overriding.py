"""A project that goes by a rule of its own: a copy of the office's, changed next."""

from __future__ import annotations

from typing import TypeGuard

from flask import Blueprint, Flask, abort, redirect, url_for
from flask import request as asked
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core import audit
from core.access import Actor, Denied, can
from core.db import db, now, writing
from core.record import Policy, Record, form_fields, record_type
from core.words import _
from models import Project
from views import details
from views.context import actor, fetch, project_id, projects
from views.importing.targets import unique

page = Blueprint("overriding", __name__)


def may_differ(record: Record, who: Actor) -> TypeGuard[Policy]:
    """Whether the actor may let a project of his go by another row than this one."""
    offices = _varies(record, who) and record.project_id is None
    return offices and project_id() is not None


def may_agree(record: Record, who: Actor) -> TypeGuard[Policy]:
    """Whether the actor may let a project go by the office's row again."""
    return _varies(record, who) and record.project_id is not None


def _varies(record: Record, who: Actor) -> TypeGuard[Policy]:
    """Whether it is a row that a project may differ in, and his to change."""
    varies = isinstance(record, Policy) and type(record).varies
    return varies and record.voided_at is None and can(who, "update", record)


def _posts(who: Actor, record: Record) -> list[details.Action]:
    if may_differ(record, who):
        words = _("Differ in {project}", project=projects().get(project_id() or 0, ""))
        return [(words, url_for("overriding.differ", slug=record.slug), False)]
    if may_agree(record, who):
        words = _("Go by the office's rule again")
        return [(words, url_for("overriding.agree", slug=record.slug), False)]
    return []


@page.post("/override/<slug>/")
def differ(slug: str) -> Response:
    """Make the row of the chosen project, or find it, and open its form."""
    session, place = db.session(), project_id()
    with writing(session):
        office = _chosen(slug)
        if not may_differ(office, actor()):
            raise Denied("update", slug)
        own = _own(session, office, place).id
    return redirect(url_for(f"{slug}.edit_view", id=own))


@page.post("/override/<slug>/withdraw")
def agree(slug: str) -> Response:
    """Withdraw the project's row, so that the office's holds there again."""
    session = db.session()
    with writing(session):
        own = _chosen(slug)
        if not may_agree(own, actor()):
            raise Denied("update", slug)
        own.voided_at = now()
        own.void_reason = _("the office's rule again")
        audit.explain(session, own, "void", own.void_reason)
    return redirect(url_for(f"{slug}.details_view", id=own.id))


def _chosen(slug: str) -> Record:
    try:
        cls = record_type(slug)
    except KeyError:
        abort(404)
    return fetch(cls, asked.form.get("id", ""), "update")


def _own(session: Session, office: Policy, place: int | None) -> Policy:
    """The project's row; a new or a withdrawn one first says what the office's says."""
    cls = type(office)
    same = {n: getattr(office, n) for n in unique(cls)[0] if n != "project_id"}
    query = select(cls).filter_by(project_id=place, **same)
    own = session.scalars(query).one_or_none() or cls()
    if own.id and own.voided_at is None:
        return own
    for name in form_fields(cls):
        setattr(own, name, getattr(office, name))
    own.project_id, own.voided_at, own.void_reason = place, None, None
    session.add(own)
    session.flush()
    called = session.get_one(Project, place).name
    audit.explain(session, own, "create", _("for {project} alone", project=called))
    return own


def init_app(app: Flask) -> None:
    """Register the acts."""
    details.POSTS["overriding"] = _posts
    app.register_blueprint(page)
