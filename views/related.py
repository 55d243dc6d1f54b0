"""The cases beside a case: what came of it, and what its home has open."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import url_for
from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, select
from sqlalchemy.orm import Session

from core.access import Actor
from core.indexes import UNCLOSED
from core.kept import worked_out
from core.record import Case, Record
from core.scope import where
from core.words import _
from views.findings import matter
from views.values import brief


def related(
    session: Session, actor: Actor, record: Record
) -> list[tuple[str, list[tuple[str, str]]]]:
    """What was raised from a case, and the household's other open matters."""
    if not isinstance(record, Case):
        return []
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
    words = f"{number} {brief(matter(actor, slug, content), 24)}"
    return words, url_for(f"{slug}.details_view", id=key)
