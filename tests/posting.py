"""Record values as a browser sends them, and as people read them in Chinese."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
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
    if field.type == "ref":
        return {
            name: label_of(session, field.ref, value) or "x",
            f"{name}-id": str(value),
        }
    spelled: dict[str, Callable[[Any], Any]] = {
        "yes": lambda _yes: "y",
        "several": list,
        "moment": lambda moment: f"{moment.astimezone(HERE):%Y-%m-%dT%H:%M}",
    }
    return {name: spelled.get(field.type, str)(value)}


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
    if field.type == "long":
        return str(value).splitlines()
    if field.type == "several":
        return [_choice(session, field, code) for code in value]
    said: dict[str, Callable[[], str]] = {
        "yes": lambda: "是",
        "choice": lambda: _choice(session, field, value),
        "word": lambda: _choice(session, field, value),
        "moment": lambda: f"{value.astimezone(HERE):%Y-%m-%d %H:%M}",
        "decimal": lambda: f"{value:,.{field.places}f}",
        "money": lambda: f"{value:,.{field.places}f}",
        "ref": lambda: label_of(session, field.ref, value),
    }
    return [said.get(field.type, lambda: str(value))()]


def _choice(session: Session, field: Field, code: str) -> str:
    if not field.dictionary:
        return next(zh for known, zh, _en in field.choices if known == code)
    rows = ChoiceLabel.__table__.c
    query = select(rows.zh).where(rows["list"] == field.dictionary, rows.code == code)
    return str(session.execute(query).scalars().first())


def other(session: Session, field: Field, value: Any, n: int) -> Any:
    """A second value for the field, unlike the first; the first where there is none."""
    if value is None:
        return None
    if field.type in ("choice", "word", "several"):
        return _another(session, field, value)
    step = Decimal(1).scaleb(-field.places)
    made: dict[str, Callable[[], Any]] = {
        "text": lambda: f"改{n}"[: field.size or None],
        "long": lambda: f"改过的 {n}\n第二行：修好了",
        "secret": lambda: value[:-1] + ("9" if value[-1] == "8" else "8"),
        "integer": lambda: value + (1 if value < (field.high or 0) else -1),
        "decimal": lambda: value + step,
        "money": lambda: value + step,
        "date": lambda: value + dt.timedelta(days=1),
        "moment": lambda: value + dt.timedelta(minutes=61),
        "time": lambda: "10:45",
        "yes": lambda: not value,
    }
    return made.get(field.type, lambda: value)()


def _another(session: Session, field: Field, value: Any) -> Any:
    codes = [code for code, _zh, _en in field.choices]
    if field.dictionary:
        rows = ChoiceLabel.__table__.c
        query = select(rows.code).where(rows["list"] == field.dictionary)
        codes = [str(code) for code in session.execute(query).scalars()]
    if field.type == "several":
        return codes[-1:]
    return next((code for code in codes if code != value), value)
