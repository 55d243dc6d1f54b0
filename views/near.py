"""What stands beside a record: its household, what came of it, what else is open."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import url_for
from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, select
from sqlalchemy.orm import Session

from core.access import Actor, may
from core.indexes import UNCLOSED
from core.kept import worked_out
from core.record import Case, Record, record_type
from core.scope import where
from core.words import _, say
from models import Occupancy, Person, Unit
from views.beside import beside
from views.callers import living
from views.findings import matter
from views.values import brief, this_day

Links = list[tuple[str, str]]
"""Words and addresses."""


def related(session: Session, actor: Actor, record: Record) -> list[tuple[str, Links]]:
    """The household; of a case also what came of it and what else is open there."""
    homes = _homes(session, actor, record)
    found = [(_("The household"), homes)] if homes else []
    if isinstance(record, Case):
        found += beside(session, actor, record) + _cases(session, actor, record)
    return found


def _homes(session: Session, actor: Actor, record: Record) -> Links:
    """The household pages that a record leads to; an open case is why one looks."""
    ids = _home_ids(session, actor, record)
    if not ids:
        return []
    mine = (Unit.id.in_(ids), where(actor, "read", Unit))
    query = select(Unit.id, Unit.name).where(*mine).order_by(Unit.name)
    why = record.id if isinstance(record, Case) and record.open else None
    return [
        (str(name), url_for("household.home", unit_id=key, case=why))
        for key, name in session.connection().execute(query)
    ]


def _home_ids(session: Session, actor: Actor, record: Record) -> list[int]:
    if isinstance(record, Person) and may(actor, "read", Occupancy):
        mine = (Occupancy.person_id == record.id, *living(this_day(session)))
        query = select(Occupancy.unit_id).where(*mine, where(actor, "read", Occupancy))
        return [key for key in session.connection().execute(query).scalars() if key]
    home = record.id if isinstance(record, Unit) else None
    home = record.unit_id if isinstance(record, Case) else home
    return [home] if home else []


def _cases(session: Session, actor: Actor, record: Case) -> list[tuple[str, Links]]:
    spine = Case.__table__.c
    found = []
    for heading, column, value, criteria in (
        (_("Raised from this"), spine.source_id, record.id, ()),
        (_("Open matters of this home"), spine.unit_id, record.unit_id, (UNCLOSED,)),
    ):
        if value is None:
            continue
        key = ("related", column.name)
        make = partial(_cases_with, actor, column, criteria)
        query = worked_out(actor, key, make)
        values = {"value": value, "here": record.id}
        rows = session.connection().execute(query, values).all()
        if rows:
            found.append((heading, [_case_link(actor, *row) for row in rows]))
    return found


def _cases_with(
    actor: Actor, column: ColumnElement[Any], criteria: tuple[Any, ...]
) -> Select[Any]:
    spine = Case.__table__.c
    return (
        select(spine.id, spine.type, spine.number, spine.content)
        .where(
            column == bindparam("value", type_=BigInteger()),
            *criteria,
            spine.id != bindparam("here", type_=BigInteger()),
            spine.voided_at.is_(None),
            where(actor, "read", Case),
        )
        .order_by(spine.received_at.desc())
        .limit(8)
    )


def _case_link(
    actor: Actor, key: int, slug: str, number: str, content: str
) -> tuple[str, str]:
    about = matter(actor, slug, content) or say(record_type(slug).title)
    words = f"{number} {brief(about, 24)}"
    return words, url_for(f"{slug}.details_view", id=key)
