"""Record values as a browser sends them, and as people read them in Chinese."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.columns import Field
from core.record import Part, Record, form_fields, label_table, record_type
from models import ChoiceLabel

HERE = ZoneInfo("Asia/Shanghai")


def label_of(session: Session, slug: str, key: int) -> str:
    """What people call the record that a reference points to."""
    table = label_table(record_type(slug))
    column = table.c[record_type(slug).label_column]
    found = session.execute(select(column).where(table.c.id == key)).scalar_one()
    return str(found or "")


def sent(session: Session, name: str, field: Field, value: Any) -> dict[str, Any]:
    """The controls of one field as they are posted."""
    if value is None or value is False or value == []:
        return {} if field.type in ("yes", "several") else {name: ""}
    match field.type:
        case "yes":
            return {name: "y"}
        case "several":
            return {name: list(value)}
        case "moment":
            return {name: f"{value.astimezone(HERE):%Y-%m-%dT%H:%M}"}
        case "date":
            return {name: value.isoformat()}
        case "ref":
            label = label_of(session, field.ref, value) or "x"
            return {name: label, f"{name}-id": str(value)}
    return {name: str(value)}


def form_of(
    session: Session, cls: type[Record], values: dict[str, Any], prefix: str = ""
) -> dict[str, Any]:
    """The posted form of a record, or of one line of it."""
    known, made = form_fields(cls), {}
    for name, value in values.items():
        made.update(sent(session, prefix + name, known[name], value))
    return made


def line_of(
    session: Session, part: type[Part], values: dict[str, Any], at: int = 0
) -> dict[str, Any]:
    """The posted controls of line ``at`` of one kind."""
    return form_of(session, part, values, f"part-{part.slug}-{at}-")


def words(session: Session, field: Field, value: Any) -> list[str]:
    """What a page in Chinese must say of a value that its reader may see."""
    if value is None or value is False or value in ("", []):
        return []
    match field.type:
        case "yes":
            return ["是"]
        case "choice" | "word":
            return [_choice(session, field, value)]
        case "several":
            return [_choice(session, field, code) for code in value]
        case "moment":
            return [f"{value.astimezone(HERE):%Y-%m-%d %H:%M}"]
        case "decimal" | "money":
            return [f"{value:,.{field.places}f}"]
        case "ref":
            return [label_of(session, field.ref, value)]
        case "long":
            return str(value).splitlines()
    return [str(value)]


def _choice(session: Session, field: Field, code: str) -> str:
    if not field.dictionary:
        return next(zh for known, zh, _en in field.choices if known == code)
    rows = ChoiceLabel.__table__.c
    query = select(rows.zh).where(rows["list"] == field.dictionary, rows.code == code)
    return str(session.execute(query).scalars().first())


def other(session: Session, field: Field, value: Any, n: int) -> Any:
    """A second value for the field, unlike the first; the first where there is none."""
    match field.type:
        case "text":
            return f"改{n}"[: field.size] if not field.personal else f"改名{n}"
        case "long":
            return f"改过的 {n}\n第二行：修好了"
        case "secret":
            return str(value)[:-1] + ("8" if str(value)[-1] != "8" else "9")
        case "integer":
            return value + 1 if value < (field.high or 0) else value - 1
        case "decimal" | "money":
            return value + Decimal(1).scaleb(-field.places)
        case "date":
            return value + dt.timedelta(days=1)
        case "moment":
            return value + dt.timedelta(minutes=61)
        case "time":
            return "10:45"
        case "yes":
            return not value
        case "choice" | "word" | "several":
            return _another(session, field, value)
    return value


def _another(session: Session, field: Field, value: Any) -> Any:
    codes = [code for code, _zh, _en in field.choices]
    if field.dictionary:
        rows = ChoiceLabel.__table__.c
        query = select(rows.code).where(rows["list"] == field.dictionary)
        codes = [str(code) for code in session.execute(query).scalars()]
    if field.type == "several":
        return codes[-1:]
    return next((code for code in codes if code != value), value)
