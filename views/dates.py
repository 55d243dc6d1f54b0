"""The dates of a case that deadlines hang on, told in it or in its lines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import cache
from typing import Any, cast

from sqlalchemy import BigInteger, Select, Table, bindparam, inspect, select
from sqlalchemy.orm import Session

from core.record import Case, Part, Record, fields, parts
from views.parts import parent_column

When = dt.date | dt.datetime | None


def of(session: Session, case: Case, names: Iterable[str]) -> When:
    """The first of these dates that is set; the newest line tells before the case."""
    for name in names:
        if found := _told(session, case, name) or _own(case, name):
            return found
    return None


def text(day: When) -> str | None:
    """A date as a clock keeps it."""
    if isinstance(day, dt.datetime):
        day = day.astimezone(dt.UTC)
    return day.isoformat() if day else None


def read(kept: str | None) -> When:
    """The date that a clock keeps."""
    if kept is None:
        return None
    exact = "T" in kept
    return dt.datetime.fromisoformat(kept) if exact else dt.date.fromisoformat(kept)


def _own(case: Case, name: str) -> When:
    return cast(When, getattr(case, name)) if _dated(type(case), name) else None


def _dated(cls: type[Record], name: str) -> bool:
    field = fields(cls).get(name)
    return field is not None and field.type in ("date", "moment")


def _told(session: Session, case: Case, name: str) -> When:
    if not inspect(case).persistent:
        return None
    for query in _newest(type(case), name):
        found = session.connection().execute(query, {"case": case.id}).scalar()
        if found is not None:
            return cast(When, found)
    return None


@cache
def _newest(cls: type[Case], name: str) -> list[Select[Any]]:
    telling = (part for part in parts(cls) if _dated(part, name))
    return [_newest_line(part, cls, name) for part in telling]


def _newest_line(part: type[Part], cls: type[Case], name: str) -> Select[Any]:
    columns = cast(Table, part.__table__).c
    key = bindparam("case", type_=BigInteger())
    return (
        select(columns[name])
        .where(columns[parent_column(part, cls)] == key)
        .where(columns[name].is_not(None), columns.voided_at.is_(None))
        .order_by(columns.id.desc())
        .limit(1)
    )
