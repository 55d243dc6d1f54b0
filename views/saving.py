"""Saving a form: validate first, then the lock, reload in scope, compare, write."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import UniqueConstraint, and_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError
from wtforms import Form

from core import audit, moves
from core.access import Actor, Denied, can
from core.attachment import Attachment
from core.db import db, now, writing
from core.record import Case, Part, Record, fields
from core.words import _, say
from models import Grant, RoleAssignment, User
from rules.calendar import BadHours
from views import moving
from views.attaching import may_attach, put_with
from views.consequences import begun, follow, follow_void, numbered, priced
from views.context import by_hand, fetch, project_id
from views.duties import fulfil, was_ahead
from views.opening import is_dated, next_number, prepare
from views.parts import PartForms, parent_column, removed, used
from views.signing import unattached
from views.values import whole


class Stale(Exception):
    """Somebody saved the record after this form was opened."""

    def __init__(self, record: Record) -> None:
        super().__init__(record.slug)
        self.record = record


class Refused(ValueError):
    """The record cannot be saved so; the sentence says why."""


@contextmanager
def _refusing(session: Session, cls: type[Record], form: Form) -> Iterator[None]:
    """Say in words what the database, or the calendar, will not take."""
    try:
        yield
    except BadHours as error:
        raise Refused(_nobody()) from error
    except moves.Refused as why:
        raise Refused(str(why)) from why
    except IntegrityError as error:
        raise Refused(_clash(session, cls, form)) from error


def _nobody() -> str:
    return _("With these hours nobody would ever be there.")


def create(
    actor: Actor,
    cls: type[Record],
    form: Form,
    parts: Sequence[PartForms],
    files: Sequence[Attachment] = (),
    told: Mapping[str, Any] | None = None,
) -> Record:
    """A new record from a valid form, with the files that came with it.

    ``told`` is for what it causes, by type.
    """
    session = db.session()
    with _refusing(session, cls, form), writing(session):
        record = cls()
        begin(session, record, project_id())
        form.populate_obj(record)
        start(actor, record, "create")
        if isinstance(record, Case):
            record.number = next_number(session, cls.slug, record.received_at)
            moving.begin(session, record, told)
        if why := numbered(session, record):
            raise Refused(why)
        session.add(record)
        session.flush()
        lines = _save_parts(actor, record, parts)
        follow(session, record, [line for line, new in lines if new])
        if files and not may_attach(actor, record, "create"):
            raise Denied("create", cls.slug)
        put_with(session, record, files)
        _refuse_unattached(session, record)
        fulfil(session, record)
        begun(session, record)
        return record


def start(actor: Actor, record: Record, action: str) -> None:
    """What a filled new record begins with, when the actor may record it so."""
    if not can(actor, action, _as_own(actor, record)):
        raise Denied(action, record.slug)
    if isinstance(record, Case):
        _hold(record)
        prepare(record)
    if why := priced(db.session(), record):
        raise Refused(why)
    _forbid_own(actor, record)


def _forbid_own(actor: Actor, record: Record) -> None:
    """Nobody gives or takes their own rights; so one administrator always remains."""
    own_role = isinstance(record, RoleAssignment) and record.user_id == actor.user_id
    if own_role or (isinstance(record, Grant) and record.role in actor.roles):
        raise Refused(_("Nobody changes their own rights; ask somebody else."))
    shut = isinstance(record, User) and (record.disabled or record.voided_at)
    if shut and record.id == actor.user_id:
        raise Refused(_("You cannot disable your own login."))


def _as_own(actor: Actor, record: Record) -> Record:
    """A record under way belongs to whoever writes it."""
    record.created_by_id = actor.staff_id
    return record


def _hold(case: Case) -> None:
    """Whoever is asked first answers for it (S1-39)."""
    if case.holder_id is None and "holder_id" in type(case).spine:
        case.holder_id = case.created_by_id


def begin(session: Session, record: Record, project: int | None) -> None:
    """Give a new record its owner."""
    if type(record).owner != "project" or record.slug == "project":
        return
    if project is None:
        raise Refused(
            _("You are not assigned to a project, so nothing can be recorded.")
        )
    record.project_id = project


def update(
    actor: Actor, record: Record, version: int, form: Form, parts: Sequence[PartForms]
) -> Record:
    """Save a valid form over the record, unless it has changed since ``version``."""
    session = db.session()
    cls, key = type(record), record.id
    try:
        with _refusing(session, cls, form), writing(session):
            fresh = fetch(cls, key, "update")
            if fresh.version != version:
                raise Stale(fresh)
            _forbid_own(actor, fresh)
            received = fresh.received_at if isinstance(fresh, Case) else None
            awaited = was_ahead(session, fresh)
            form.populate_obj(fresh)
            if isinstance(fresh, Case) and received and not is_dated(fresh):
                fresh.received_at = received
            _forbid_own(actor, fresh)
            lines = _save_parts(actor, fresh, parts)
            if lines:
                fresh.updated_at = now()
            follow(session, fresh, [line for line, new in lines if new], received)
            _refuse_unattached(session, fresh)
            if awaited:
                fulfil(session, fresh)
            return fresh
    except StaleDataError:  # somebody was quicker by a moment
        raise Stale(fetch(cls, key, "update")) from None


def _refuse_unattached(session: Session, record: Record) -> None:
    if why := unattached(session, record):
        raise Refused(why)


def _save_parts(
    actor: Actor, record: Record, parts: Sequence[PartForms]
) -> list[tuple[Part, bool]]:
    """Write every line that says something; these, and whether each is new."""
    session, found = db.session(), []
    for kind in parts:
        for line, form in kind.rows:
            if not used(line, form):
                continue
            if line is None:
                fresh = kind.cls(project_id=record.project_id)
                setattr(fresh, parent_column(kind.cls, type(record)), record.id)
                session.add(fresh)
            else:
                again = select(kind.cls).where(kind.cls.id == line.id)
                fresh = session.execute(again).scalar_one()
            _fill(fresh, form)
            found.append((fresh, line is None))
    return found


def _fill(line: Part, form: Form) -> None:
    if removed(form):
        line.voided_at, line.void_reason = now(), _("struck out in the form")
    else:
        form.populate_obj(line)


def may_void(session: Session, actor: Actor, record: Record) -> bool:
    """Whether the actor may void it: by right, or his own slip a few minutes long."""
    if not by_hand(type(record), "void"):
        return False
    if can(actor, "void", record):
        return True
    grace = dt.timedelta(minutes=whole(session, "void.own_minutes", 0))
    own = isinstance(record, Case) and record.created_by_id == actor.staff_id
    fresh = own and now() - record.created_at <= grace
    return fresh and can(actor, "create", record)


def is_binding(record: Record) -> bool:
    """Whether a record has come too far to be called a mistake."""
    flow = type(record).flow
    if flow is None or not isinstance(record, Case):
        return type(record).binding
    return record.state in flow.binding


def void(actor: Actor, record: Record, version: int, reason: str) -> Record:
    """Mark a wrong record void, with the reason; it stays readable."""
    session = db.session()
    with writing(session):
        fresh = fetch(type(record), record.id)
        if not may_void(session, actor, fresh):
            raise Denied("void", fresh.slug, fresh.id)
        if fresh.version != version:
            raise Stale(fresh)
        if fresh.voided_at is not None:
            raise Refused(_("This record has been voided already."))
        if is_binding(fresh):
            raise Refused(_("Something was given out for it; it ends by its steps."))
        fresh.voided_at, fresh.void_reason = now(), reason
        _forbid_own(actor, fresh)
        audit.explain(session, fresh, "void", reason)
        try:
            follow_void(session, fresh)
        except BadHours as error:
            raise Refused(_nobody()) from error
        except moves.Refused as why:
            raise Refused(str(why)) from why
    return fresh


def _clash(session: Session, cls: type[Record], form: Form) -> str:
    """A sentence for a broken constraint, naming the fields that are taken."""
    known = fields(cls)
    for constraint in cls.__table__.constraints:  # type: ignore[attr-defined]
        if not isinstance(constraint, UniqueConstraint):
            continue
        names = [c.name for c in constraint.columns if c.name in form]
        criteria: list[Any] = [cls.__table__.c[n] == form[n].data for n in names]
        query = select(cls.__table__.c.id).where(and_(*criteria)).limit(1)
        if names and session.connection().execute(query).first():
            labels = _(", ").join(say(known[name].label) for name in names)
            return _("There is already a record with the same {labels}.", labels=labels)
    return _("This contradicts what is already recorded.")
