"""Who asks, and where: the actor and the project of this request."""

from __future__ import annotations

from typing import TypeVar

from flask import g
from flask import session as cookie
from sqlalchemy import select

from core.access import Actor, Denied, actor_of, may, readable, writable
from core.columns import Field
from core.db import db
from core.policy import remembered
from core.record import Case, Record, form_fields, record_type
from core.scope import one_of
from core.states import FINAL
from core.words import _, say, spoken
from models import Project
from views.values import number

T = TypeVar("T", bound=Record)


def actor() -> Actor:
    """Whoever is signed in; an actor without rights before that."""
    return actor_of(db.session())


def projects() -> dict[int, str]:
    """The projects that the actor works in, id -> name, by name."""
    if "projects" not in g:
        mine, known = actor().projects, remembered(db.session(), "projects", _projects)
        g.projects = {k: n for k, n in known.items() if mine is None or k in mine}
    found: dict[int, str] = g.projects
    return found


def _projects() -> dict[int, str]:
    t = Project.__table__
    query = select(t.c.id, t.c.name).where(t.c.voided_at.is_(None)).order_by(t.c.name)
    return dict(db.session().connection().execute(query).all())


def project_id() -> int | None:
    """The project that new records belong to: the one chosen, else the first."""
    mine = projects()
    chosen = cookie.get("project")
    return chosen if chosen in mine else next(iter(mine), None)


def fetch(cls: type[T], record_id: str | int, action: str = "read") -> T:
    """The record of that id when the actor may do ``action`` to it.

    Denied (a 404 to the outside) when it is not there, foreign, or no number at all.
    """
    key = number(str(record_id))
    if key is None:
        raise Denied(action, cls.slug, 0)
    query = one_of(actor(), action, cls)
    found: T | None = db.session().scalars(query, {"key": key}).one_or_none()
    if found is None:
        raise Denied(action, cls.slug, key)
    return found


def by_hand(cls: type[Record], action: str) -> bool:
    """Whether people do that to such records in a form.

    What steps write nobody begins; where it says what is ``fixed``, people fill in the
    rest of it, and may void it.
    """
    return cls.manual or (action != "create" and bool(cls.fixed))


def fillable(
    actor: Actor, cls: type[Record], action: str, record: Record | None = None
) -> list[str]:
    """The fields of a form that the actor may fill in, in its order."""
    known = form_fields(cls)
    fixed = cls.fixed if action == "update" else ()
    names = writable(actor, cls, known, action, record)
    return [n for n in names if n not in fixed and reachable(actor, known[n])]


def is_over(case: Case) -> bool:
    """Whether nothing follows any more: it has ended for good, or is struck out."""
    flow = type(case).flow
    ends = flow is not None and flow.state(case.state).kind == FINAL
    return ends or case.voided_at is not None


def reachable(actor: Actor, declared: Field) -> bool:
    """Whether the actor can choose for a field: a reference may be closed to him."""
    return declared.type != "ref" or may(actor, "read", record_type(declared.ref))


def titles(cls: type[Record]) -> str:
    """The record type's title in the reader's language."""
    return say(cls.title)


def called(record: Record) -> str:
    """What people call this record: its number or name, else its title and id."""
    name = type(record).label_column
    known = readable(actor(), type(record), [name], record)
    label = getattr(record, name, None) if known else None
    return (
        spoken(str(label))
        if label
        else _("{title} {id}", title=titles(type(record)), id=record.id)
    )
