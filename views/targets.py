"""What a record points to: its label, and whether the reader may follow, at one go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    CompoundSelect,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from core.access import Actor
from core.kept import worked_out
from core.record import Case, Record, fields, label_table, record_type
from core.scope import where
from views.values import keep_label


@dataclass(frozen=True, slots=True)
class Target:
    """One referenced record; ``open`` when the reader may go there."""

    slug: str
    label: str
    open: bool


def targets(
    session: Session, actor: Actor, record: Record, names: Iterable[str]
) -> dict[str, Target]:
    """Field -> what it points to, by one statement for the whole record."""
    cls = type(record)
    asked = tuple(name for name in names if fields(cls)[name].type == "ref")
    if not asked:
        return {}
    key = ("targets", cls, asked)
    query = worked_out(actor, key, lambda: _query(actor, cls, asked))
    values = {name: getattr(record, name) for name in asked}
    found = {}
    for name, slug, label, may_open in session.connection().execute(query, values):
        found[name] = Target(slug, label or "", bool(may_open))
        keep_label(session, fields(cls)[name].ref, values[name], label or "")
    return found


def _query(
    actor: Actor, cls: type[Record], names: tuple[str, ...]
) -> CompoundSelect[Any]:
    return union_all(*(_one(actor, name, fields(cls)[name].ref) for name in names))


def _one(actor: Actor, name: str, slug: str) -> Select[Any]:
    target = record_type(slug)
    own, labelled = target.__table__, label_table(target)
    spine = Case.__table__ if issubclass(target, Case) else own
    source = own if spine is own else own.join(spine, spine.c.id == own.c.id)
    standing = and_(spine.c.voided_at.is_(None), where(actor, "read", target))
    kind = spine.c.type if target is Case else literal_column(f"'{slug}'")
    return (
        select(
            literal_column(f"'{name}'"),
            kind,
            cast(labelled.c[target.label_column], String),
            case((standing, 1), else_=0),
        )
        .select_from(source)
        .where(own.c.id == bindparam(name, type_=BigInteger()))
    )
