"""The kinds that a case is of, as the office's rules name them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from core.record import Case, fields, record_type

OF_SOURCE = "source."


def of(
    session: Session, case: Case, groups: Mapping[tuple[str, str], str]
) -> frozenset[str]:
    """A case's marks and the words of its lists, with what ``groups`` take them for."""
    found: set[str] = set()
    for place in type(case).variants:
        name = place.removeprefix(OF_SOURCE)
        cls, value = type(case), getattr(case, name, None)
        if place != name:
            cls, value = _of_source(session, case, name)
        field = fields(cls).get(name)
        if field is not None and value:
            group = groups.get((field.dictionary, value), "")
            found |= {name} if field.type == "yes" else {value, group}
    return frozenset(found)


def _of_source(session: Session, case: Case, name: str) -> tuple[type[Case], Any]:
    """A value of the case that this one was raised from."""
    spine, connection = Case.__table__.c, session.connection()
    slug = connection.execute(
        select(spine.type).where(spine.id == case.source_id)
    ).scalar()
    cls = cast(type[Case], record_type(slug)) if slug else Case
    table = cast(Table, cls.__table__)
    if name not in table.c:
        return cls, None
    query = select(table.c[name]).where(table.c.id == case.source_id)
    return cls, connection.execute(query).scalar()
