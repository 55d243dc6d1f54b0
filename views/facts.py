"""The facts that a flow decides on, read from the database for one case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from core import numbering
from core.access import Actor, on_behalf
from core.attachment import attached
from core.db import now
from core.moves import NOTHING, Facts, Near, Span
from core.policy import remembered
from core.record import Case, Part, Record, fields, parts, record_type
from models import Conduct, Department
from views.alike import homes_like
from views.parts import parent_column
from views.values import settings, zone

Row = Mapping[str, Any]


def facts_of(session: Session, actor: Actor, case: Case, given: Row) -> Facts:
    """Everything about a case that guards and effects may look at.

    Read beyond the actor's own rows: what a case caused binds whoever closes it.
    """
    with on_behalf(session):
        return Facts(
            row=_row(case) | _of_department(session, case, given),
            now=now(),
            me=actor.staff_id,
            roles=frozenset(actor.roles),
            given=given,
            setting=lambda code: settings(session).get(code, ""),
            policy=partial(policy_rows, session),
            caused=caused(session, case),
            source=_source(session, case),
            place=zone(session),
            lines=_lines(session, case),
            alike=partial(homes_like, session, case),
            linked=partial(_linked, session, case),
            at_home=partial(_at_home, session, case),
            looked_up=partial(_looked_up, session, type(case)),
            found=partial(_found, session),
            counted=partial(_counted, session, case.project_id),
            files=partial(_files, session, case),
            turn=lambda series: numbering.take(session, f"turn:{series}"),
        )


def _row(case: Case) -> dict[str, Any]:
    names = (column.key for column in type(case).__mapper__.column_attrs)
    return {name: getattr(case, name) for name in names}


def _of_department(session: Session, case: Case, given: Row) -> dict[str, Any]:
    key = given.get("department_id", case.department_id)
    if key is None:
        return {"department.function": None}
    table = Department.__table__
    query = select(table.c.function).where(table.c.id == key)
    return {"department.function": session.connection().execute(query).scalar()}


def policy_rows(session: Session, slug: str) -> Sequence[Row]:
    """The rows of a policy table that are in use, in their order."""

    def load() -> list[Row]:
        table = record_type(slug).__table__
        query = select(table).where(table.c.voided_at.is_(None)).order_by(table.c.id)
        if "active" in table.c:
            query = query.where(table.c.active.is_(True))
        rows = session.connection().execute(query)
        return [dict(row) for row in rows.mappings()]

    return remembered(session, f"rows:{slug}", load)


def caused(session: Session, case: Case) -> tuple[Near, ...]:
    """What came of a case and stands, in the order in which it came."""
    if not inspect(case).persistent:  # or every case without a source would be its
        return ()
    table = Case.__table__
    standing = (table.c.source_id == case.id, table.c.voided_at.is_(None))
    query = select(table.c.type, table.c.id).where(*standing).order_by(table.c.id)
    found = session.connection().execute(query).all()
    by_type: dict[str, list[int]] = {}
    for slug, key in found:
        by_type.setdefault(slug, []).append(key)
    near = {
        one.id: _near(one)
        for slug, keys in by_type.items()
        for one in _loaded(session, slug, keys)
    }
    return tuple(near[key] for _slug, key in found if key in near)


def _loaded(session: Session, slug: str, keys: list[int]) -> Sequence[Case]:
    cls = record_type(slug)
    found: Sequence[Any] = session.scalars(select(cls).where(cls.id.in_(keys))).all()
    return found


def _near(case: Case) -> Near:
    return Near(case.slug, case.number, case.open, _row(case))


def _source(session: Session, case: Case) -> Near | None:
    one = source_of(session, case)
    return _near(one) if one is not None else None


def source_of(session: Session, case: Case) -> Case | None:
    """The case that this one comes from."""
    if case.source_id is None:
        return None
    table = Case.__table__
    query = select(table.c.type).where(table.c.id == case.source_id)
    slug = session.connection().execute(query).scalar()
    found = _loaded(session, slug, [case.source_id]) if slug else ()
    return found[0] if found else None


def _standing(session: Session, slug: str, column: str, key: Any) -> list[Row]:
    """The rows of a type with that value, oldest first."""
    cls = record_type(slug)
    columns = {one.key: one for one in cls.__mapper__.column_attrs}
    if column not in columns or key is None:
        return []
    shown = [getattr(cls, name).label(name) for name in columns]
    query = select(*shown).where(getattr(cls, column) == key, cls.voided_at.is_(None))
    found = session.execute(query.order_by(cls.id)).mappings()
    return [dict(row) for row in found]


def naming(cls: type[Record], case: Case) -> str:
    """The column by which a record of that type names the case; empty: none."""
    own = f"{case.slug}_id"
    columns = cls.__mapper__.columns
    return own if own in columns else "case_id" if "case_id" in columns else ""


def _linked(session: Session, case: Case, slug: str) -> list[Row]:
    with on_behalf(session):
        column = naming(record_type(slug), case)
        return _standing(session, slug, column, case.id)


def _at_home(session: Session, case: Case, slug: str) -> list[Row]:
    with on_behalf(session):
        return _standing(session, slug, "unit_id", case.unit_id)


def _looked_up(session: Session, cls: type[Case], name: str, key: int) -> Row:
    ref = fields(cls)[name].ref
    with on_behalf(session):
        found = _standing(session, ref, "id", key)
    return found[0] if found else NOTHING


def _found(session: Session, slug: str, column: str, value: Any) -> list[Row]:
    with on_behalf(session):
        return _standing(session, slug, column, value)


def _counted(
    session: Session, project: int, slug: str, by: str, column: str, span: Span
) -> dict[str, int]:
    cls = record_type(slug)
    kind = getattr(cls, by)
    query = select(kind, func.count()).group_by(kind)
    query = query.where(cls.project_id == project, cls.voided_at.is_(None))
    if column:
        query = query.where(getattr(cls, column).between(*span))
    with on_behalf(session):
        return dict(session.execute(query).all())


def _files(session: Session, case: Case) -> frozenset[str]:
    standing = (row for row in attached(session, case) if row.voided_at is None)
    return frozenset(row.kind for row in standing)


def _lines(session: Session, case: Case) -> dict[str, list[Row]]:
    """The lines of a case and what was done to people for it, by their type."""
    found: dict[str, list[Row]] = {}
    kinds: list[type[Record]] = [*parts(type(case)), Conduct]
    for part in kinds:
        table = part.__table__
        parent = table.c[_parent(part, type(case))]
        query = select(table).where(parent == case.id, table.c.voided_at.is_(None))
        rows = session.connection().execute(query.order_by(table.c.id)).mappings()
        found[part.slug] = [dict(row) for row in rows]
    return found


def _parent(part: type[Record], cls: type[Case]) -> str:
    return parent_column(part, cls) if issubclass(part, Part) else "case_id"
