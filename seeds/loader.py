"""The policies an office begins with, from the CSV files beside this module.

A row that the office has is never touched, whoever changed or voided it; a new version
only adds the rows it lacks, in the words of the preset the office chose.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.columns import Field
from core.record import Policy, fields
from models import (
    CalendarDay,
    CardPolicy,
    ChoiceLabel,
    DeadlineRule,
    DutyRule,
    EscalationStep,
    FeeStandard,
    Grant,
    Hint,
    NumberSeries,
    RevisitRule,
    Setting,
)

HERE = Path(__file__).resolve().parent

KEYS: dict[type[Policy], tuple[str, ...]] = {
    Setting: ("code",),
    DeadlineRule: ("code",),
    EscalationStep: ("code",),
    RevisitRule: ("code",),
    DutyRule: ("code",),
    CardPolicy: ("code",),
    NumberSeries: ("target",),
    FeeStandard: ("code",),
    CalendarDay: ("day",),
    ChoiceLabel: ("list", "code"),
    Hint: ("code",),
    Grant: ("role", "target", "action", "scope", "head"),
}
"""What tells the office-wide rows of a policy apart."""

PRESETS = ("small", "standard", "company")
PRESET_SETTING = "office.preset"

_READ: dict[str, Callable[[str], Any]] = {
    "integer": int,
    "decimal": Decimal,
    "money": Decimal,
    "date": dt.date.fromisoformat,
    "yes": {"yes": True, "no": False}.__getitem__,
    "several": str.split,
}


def load(session: Session) -> dict[str, int]:
    """Add the rows that the office lacks; how many were added, by record type."""
    chosen = _preset_of(session)
    return {cls.slug: _add_missing(session, cls, chosen) for cls in KEYS}


def apply_preset(session: Session, name: str) -> int:
    """Make every choice of that preset anew; how many values changed by it."""
    if name not in PRESETS:
        raise ValueError(name)
    changed = 0
    for (slug, code), wanted in preset(name).items():
        cls = next(cls for cls in KEYS if cls.slug == slug)
        office = cls.__table__.c.project_id.is_(None)
        query = select(cls).where(cls.__table__.c.code == code, office)
        if record := session.scalars(query).one_or_none():
            changed += _choose(record, wanted)
    session.flush()
    return changed


def rows(name: str) -> list[dict[str, str]]:
    """The rows of one CSV file, as text."""
    with (HERE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def preset(name: str) -> dict[tuple[str, str], dict[str, str]]:
    """What a preset chooses: record type and code -> field -> value as text."""
    chosen: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows("preset"):
        chosen.setdefault((row["table"], row["key"]), {})[row["field"]] = row[name]
    return chosen


def cell(field: Field, raw: str) -> Any:
    """What a cell stands for; nothing when it is empty."""
    return _READ.get(field.type, str)(raw) if raw else None


def _preset_of(session: Session) -> dict[tuple[str, str], dict[str, str]]:
    table = Setting.__table__
    query = select(table.c.value).where(table.c.code == PRESET_SETTING)
    name = session.connection().execute(query.limit(1)).scalar()
    return preset(name) if name in PRESETS else {}


def _add_missing(
    session: Session, cls: type[Policy], chosen: dict[tuple[str, str], dict[str, str]]
) -> int:
    known, added = _known(session, cls), 0
    for row in rows(cls.slug):
        words = row | chosen.get((cls.slug, row.get("code", "")), {})
        values = {name: cell(fields(cls)[name], raw) for name, raw in words.items()}
        if tuple(values.get(name) for name in KEYS[cls]) not in known:
            given = {name: value for name, value in values.items() if value is not None}
            session.add(cls(**given))
            added += 1
    session.flush()
    return added


def _known(session: Session, cls: type[Policy]) -> set[tuple[Any, ...]]:
    """The keys in use, read past the actor's scope: a double would be worse."""
    session.flush()
    table = cls.__table__
    query = select(*(table.c[name] for name in KEYS[cls]))
    found = session.connection().execute(query.where(table.c.project_id.is_(None)))
    return {tuple(row) for row in found}


def _choose(record: Policy, wanted: dict[str, str]) -> int:
    changed = 0
    for name, raw in wanted.items():
        value = cell(fields(type(record))[name], raw)
        if getattr(record, name) != value:
            setattr(record, name, value)
            changed += 1
    return changed
