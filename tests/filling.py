"""Valid values for any declared field, so tests can make a record of any type."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.columns import Field
from core.record import Case, Part, Record, form_fields, parts, record_type
from views.opening import next_number
from views.values import choices

COUNTER = itertools.count(1)
DAY = dt.date(2026, 3, 9)


def value_for(session: Session, field: Field, project: int, n: int) -> Any:
    """A value that the field accepts; ``n`` keeps unique ones apart."""
    if field.type == "ref":
        return existing(session, field.ref, project)
    if field.type in ("choice", "word", "several"):
        known = list(choices(session, field))
        return known[:2] if field.type == "several" else known[0] if known else None
    makers: dict[str, Callable[[], Any]] = {
        "text": lambda: _text(field, n),
        "secret": lambda: _text(field, n),
        "long": lambda: f"第一行 {n}\n第二行：漏水",
        "integer": lambda: max(field.low or 0, min(3, field.high or 3)),
        "decimal": lambda: Decimal(1234).scaleb(-field.places),
        "money": lambda: Decimal(1234).scaleb(-field.places),
        "date": lambda: DAY + dt.timedelta(days=n % 300),
        "moment": lambda: dt.datetime(2026, 3, 9, 1, 30, tzinfo=dt.UTC),
        "time": lambda: "09:30",
        "yes": lambda: True,
    }
    return makers[field.type]()


def _text(field: Field, n: int) -> str:
    if field.personal == "phone":
        return f"120{n:08d}"
    if field.personal == "id":
        return f"999999{19000101 + n % 900}{n:04d}"
    if field.personal == "account":
        return f"6222{n:012d}"
    return f"字{n}"[: field.size or 20]


def existing(session: Session, slug: str, project: int) -> int:
    """A record of that type in the project, made when there is none."""
    cls: type[Record] = record_type("reception" if slug == "case" else slug)
    query = select(cls.id).where(cls.voided_at.is_(None))
    if cls.owner == "project" and slug != "project":
        query = query.where(cls.project_id == project)
    found = session.execute(query.order_by(cls.id).limit(1)).scalar()
    return found if found is not None else make(session, cls, project).id


def make(session: Session, cls: type[Record], project: int, **values: Any) -> Any:
    """A saved record with its required fields, inside a write transaction."""
    record = cls(**(required(session, cls, project) | values))
    if cls.owner == "project" and cls.slug != "project":
        record.project_id = project
    if isinstance(record, Case):
        flow = cls.flow
        record.state = values.get("state") or (flow.first.code if flow else "open")
        record.open = flow.is_open(record.state) if flow else True
        record.number = values.get("number") or next_number(session, cls.slug)
    session.add(record)
    session.flush()
    return record


def required(session: Session, cls: type[Record], project: int) -> dict[str, Any]:
    """Values of the required fields alone."""
    known = form_fields(cls)
    return _values(session, cls, project, [n for n, f in known.items() if f.required])


def everything(session: Session, cls: type[Record], project: int) -> dict[str, Any]:
    """Values of every field that a person fills in."""
    return _values(session, cls, project, list(form_fields(cls)))


def _values(
    session: Session, cls: type[Record], project: int, names: list[str]
) -> dict[str, Any]:
    n, known = next(COUNTER), form_fields(cls)
    values = {name: value_for(session, known[name], project, n) for name in names}
    match cls.slug:
        case "calendar_day":  # beyond the years of the seeds
            values["day"] = dt.date(2040, 1, 1) + dt.timedelta(days=n)
        case "card":  # it is in stock
            values["authorised_on"] = None
        case "payment":  # there is no standard to work it out by
            values.setdefault("amount", Decimal(20))
        case "gateway":
            values["address"] = f"smtps://mail.example.cn?from=office{n}@example.cn"
        case "user":  # one login a member of staff
            values["staff_id"] = make(session, record_type("staff"), project).id
    return values


def typed(cls: type[Record]) -> dict[str, Field]:
    """The fields of the form; what steps alone stamp is on none."""
    stamped = cls.flow.stamped if cls.flow else frozenset()
    return {n: f for n, f in form_fields(cls).items() if n not in stamped}


def part_types(cls: type[Record]) -> list[type[Part]]:
    """The lines that a record of this type holds."""
    return parts(cls)
