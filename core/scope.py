"""Which rows an actor may reach, in SQL: the filter half of ``core.access``.

``where`` turns rights into one criterion for a record type; the session adds it to
every SELECT, so that a screen cannot forget it. Bulk writes are refused here.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    bindparam,
    event,
    exists,
    false,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.orm import ORMExecuteState, with_loader_criteria

from core.access import (
    ALL,
    DEPT,
    OWN,
    PROJ,
    Actor,
    Right,
    actor_of,
    has_column,
    includes,
    limits_of,
    rights_to,
)
from core.db import OfficeSession
from core.indexes import Aside, set_aside
from core.kept import worked_out
from core.record import Case, Part, Record, record_types

_SPINE = Case.__table__.c


def where(actor: Actor, action: str, cls: type[Record]) -> ColumnElement[bool]:
    """The criterion for the rows of ``cls`` that the actor may do ``action`` to."""
    if actor.system:
        return true()
    key = ("where", action, cls, len(record_types()) if cls is Case else 0)
    return worked_out(actor, key, partial(_where, actor, action, cls))


def _where(actor: Actor, action: str, cls: type[Record]) -> ColumnElement[bool]:
    if cls is Case:
        return _any_case(actor, action)
    if issubclass(cls, Part):
        return _part(actor, action, cls)
    return _either(
        _criterion(actor, right, cls)
        for right in _widest(rights_to(actor, action, cls), cls)
    )


def _widest(rights: Iterable[Right], cls: type[Record]) -> tuple[Right, ...]:
    """What decides which rows: no right whose rows another one has all of."""
    found: list[Right] = []
    for granted in rights:
        right = _of_rows(granted, cls)
        if not any(includes(wide, right, cls) for wide in found):
            found = [r for r in found if not includes(right, r, cls)]
            found.append(right)
    return tuple(found)


def _of_rows(right: Right, cls: type[Record]) -> Right:
    """A right without what says nothing about the rows of this type."""
    department = right.department if right.scope == DEPT else None
    limits = tuple(limits_of(right, cls))
    return Right(right.scope, right.project, department, only=limits)


def _either(criteria: Iterable[ColumnElement[bool]]) -> ColumnElement[bool]:
    found = list(criteria)
    return or_(*found) if found else false()


def _any_case(actor: Actor, action: str) -> ColumnElement[bool]:
    """All kinds of cases at once, kinds with equal rights taken together."""
    alike: dict[tuple[Any, ...], list[str]] = {}
    for cls in record_types():
        if issubclass(cls, Case) and (rights := rights_to(actor, action, cls)):
            rights = _widest(rights, cls)
            own = () if all(right.scope in (PROJ, ALL) for right in rights) else cls.own
            beside = any(right.only for right in rights) or any(
                not has_column(Case, name) for name in own
            )
            narrow = cls if beside else Case
            alike.setdefault((rights, own, narrow), []).append(cls.slug)
    kind: Aside[str] = Aside(_SPINE.type)
    kinds = _either(
        and_(
            kind.in_([literal_column(f"'{slug}'") for slug in slugs]),
            _either(
                and_(_of_cases(actor, r, own, narrow), *_narrowed(r, narrow))
                for r in rights
            ),
        )
        for (rights, own, narrow), slugs in alike.items()
    )
    return _in_one_place(kinds, [right for key in alike for right in key[0]])


def _in_one_place(
    kinds: ColumnElement[bool], rights: list[Right]
) -> ColumnElement[bool]:
    """The same rows, with the only project there is said once, where indexes see it."""
    places = {None if right.scope == ALL else right.project for right in rights}
    if len(places) == 1 and (place := places.pop()) is not None:
        return and_(_SPINE.project_id == place, kinds)
    return set_aside(kinds, lambda column: column is _SPINE.project_id)


def _narrowed(right: Right, cls: type[Record]) -> list[ColumnElement[bool]]:
    """A right's ``only``, asked of the kind's own table from the spine."""
    own = cls.__table__.c
    return [
        Case.id.in_(select(own.id).where(own[name].in_(sorted(values))))
        for name, values in limits_of(right, cls)
        if name not in Case.__table__.c
    ]


def _part(actor: Actor, action: str, cls: type[Record]) -> ColumnElement[bool]:
    """A line is read by whoever reads its parent; projects are compared here."""
    rights = rights_to(actor, action, cls)
    if any(right.scope == ALL or right.project is None for right in rights):
        return true()
    projects = {right.project for right in rights}
    return _column(cls, "project_id").in_(projects) if projects else false()


def _of_cases(
    actor: Actor, right: Right, own: tuple[str, ...], kind: type[Record]
) -> ColumnElement[bool]:
    """One right on the spine, for a ``kind`` of cases with those columns of its own."""
    aside = [
        Case.id.in_(select(kind.__table__.c.id).where(_mine(actor, kind, name)))
        for name in own
        if not has_column(Case, name)
    ]
    found = _criterion(actor, right, Case, own)
    if aside and right.scope in (OWN, DEPT):
        return or_(found, and_(_place(right, Case), or_(*aside)))
    return found


def _criterion(
    actor: Actor, right: Right, cls: type[Record], own: tuple[str, ...] = ()
) -> ColumnElement[bool]:
    place = _place(right, cls)
    if right.scope in (PROJ, ALL):
        return place
    return and_(place, or_(false(), *_belonging(actor, right, cls, own).values()))


def ways(
    actor: Actor, action: str, cls: type[Record]
) -> list[tuple[str, ColumnElement[bool]]]:
    """``where`` in parts that one index each can walk: (its column, which rows)."""
    found: list[tuple[str, ColumnElement[bool]]] = []
    rights = () if actor.system else _widest(rights_to(actor, action, cls), cls)
    for right in rights:
        place = _place(right, cls)
        if right.scope in (PROJ, ALL):
            found.append(("project_id", place))
        else:
            mine = _belonging(actor, right, cls, ())
            found += [(name, and_(place, each)) for name, each in mine.items()]
    return found or [("project_id", where(actor, action, cls))]


def confined(actor: Actor, action: str, cls: type[Record]) -> bool:
    """Whether nothing reaches beyond the actor's own rows and his departments'."""
    rights = rights_to(actor, action, cls)
    return not actor.system and all(right.scope in (OWN, DEPT) for right in rights)


def _belonging(
    actor: Actor, right: Right, cls: type[Record], own: tuple[str, ...]
) -> dict[str, ColumnElement[bool]]:
    """What makes a row the actor's or his department's, by the column that says so."""
    mine = {name: _mine(actor, cls, name) for name in own or cls.own}
    if (
        right.scope == DEPT
        and right.department is not None
        and has_column(cls, "department_id")
    ):
        mine["department_id"] = _column(cls, "department_id") == right.department
    return mine


def _place(right: Right, cls: type[Record]) -> ColumnElement[bool]:
    limits = [_column(cls, n).in_(sorted(v)) for n, v in limits_of(right, cls)]
    return and_(_project(right, cls), *limits)


def _project(right: Right, cls: type[Record]) -> ColumnElement[bool]:
    nowhere = cls.owner == "office" and not has_column(cls, "project_id")
    if right.scope == ALL or right.project is None or nowhere:
        return true()
    place = _column(cls, "id" if cls.slug == "project" else "project_id")
    if cls.owner == "office":  # what names no project is everybody's
        return or_(place.is_(None), place == right.project)
    return place == right.project


def _mine(actor: Actor, cls: type[Record], name: str) -> ColumnElement[bool]:
    if name.startswith("case."):
        return _through_jobs(actor, cls, name.removeprefix("case."))
    key = actor.user_id if name == "user_id" else actor.staff_id
    if key is None or not has_column(cls, name):
        return false()
    return _column(cls, name) == key


def _through_jobs(actor: Actor, cls: type[Record], name: str) -> ColumnElement[bool]:
    """Rows that a case in the actor's hands, or his department's, speaks of."""
    jobs = [_SPINE.holder_id == actor.staff_id] if actor.staff_id else []
    if actor.departments:
        jobs.append(_SPINE.department_id.in_(actor.departments))
    key = "person_id" if has_column(cls, "person_id") else "id"
    return exists().where(_SPINE[name] == _column(cls, key), or_(false(), *jobs))


def _column(cls: type[Record], name: str) -> ColumnElement[Any]:
    return cls.__mapper__.columns[name]


@event.listens_for(OfficeSession, "do_orm_execute")
def _scope(state: ORMExecuteState) -> None:
    """Every ORM read is limited to what its actor may read; bulk writes are refused."""
    if state.is_update or state.is_delete:
        raise RuntimeError("bulk writes go through core.audit.bulk()")
    if not state.is_select or state.is_column_load:
        return
    actor = actor_of(state.session)
    if actor.system or state.execution_options.get("scoped_for") is actor:
        return
    for mapper in state.all_mappers:
        cls = mapper.class_
        if issubclass(cls, Record):
            limit = worked_out(actor, ("limit", cls), partial(_limit, actor, cls))
            state.statement = state.statement.options(limit)


def _limit(actor: Actor, cls: type[Record]) -> Any:
    criterion = where(actor, "read", cls)
    return with_loader_criteria(cls, criterion, include_aliases=True)


def one_of(actor: Actor, action: str, cls: type[Record]) -> Select[Any]:
    """SELECT of one record by its ``key``, when the actor may do ``action`` to it.

    Made once for each actor, who stands in its options: for him alone the session
    takes it as limited already.
    """

    def make() -> Select[Any]:
        limits = [where(actor, "read", cls)]
        limits += [] if action == "read" else [where(actor, action, cls)]
        query = select(cls).where(cls.id == bindparam("key", type_=BigInteger()))
        return query.where(*limits).execution_options(scoped_for=actor)

    return worked_out(actor, ("one", action, cls), make)
