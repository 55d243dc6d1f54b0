"""Who may do what to which rows: one grant answers in Python and in SQL.

A grant is a row (role x group x action x scope). An actor's rights are its grants
joined with its dated role assignments. ``can`` decides, ``where`` filters, and the
session adds ``where(actor, "read", ...)`` to every SELECT of a record type.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
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
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from core.db import OfficeSession
from core.kept import worked_out
from core.record import (
    Case,
    Part,
    Record,
    fields,
    project_of,
    record_type,
    record_types,
)

SCOPES = OWN, DEPT, PROJ, ALL = "own", "dept", "proj", "all"


@dataclass(frozen=True, slots=True)
class Right:
    """One grant through one assignment; ``project`` None means every project.

    ``fields`` limits it to fields, by name or kind of personal data; ``only`` to rows
    whose column holds one of the values, where a type has that column.
    """

    scope: str
    project: int | None = None
    department: int | None = None
    fields: frozenset[str] = frozenset()
    only: tuple[tuple[str, frozenset[str]], ...] = ()


@dataclass(frozen=True)
class Actor:
    """Whoever acts: a signed-in person or a named job."""

    name: str
    user_id: int | None = None
    staff_id: int | None = None
    roles: tuple[str, ...] = ()
    rights: dict[tuple[str, str], tuple[Right, ...]] = field(default_factory=dict)
    departments: frozenset[int] = frozenset()
    projects: frozenset[int] | None = frozenset()
    session_key: str = ""
    system: bool = False
    kept: dict[Hashable, Any] = field(default_factory=dict, compare=False, repr=False)

    def having(self, target: str, action: str) -> tuple[Right, ...]:
        """The rights to one action granted for a group, or for one record type."""
        return self.rights.get((target, action), ())


SYSTEM = Actor("system", system=True, projects=None)


class Denied(PermissionError):
    """The actor lacks the right; ``action`` and ``slug`` say which."""

    def __init__(self, action: str, slug: str, record_id: int | None = None) -> None:
        super().__init__(f"{action} {slug}")
        self.action, self.slug, self.record_id = action, slug, record_id


def act_as(session: Session, actor: Actor | None) -> None:
    """Everything this session does from now on is done by ``actor``."""
    session.info["actor"] = actor


def actor_of(session: Session) -> Actor:
    """Whoever acts in this session; an actor without rights when nobody does."""
    found = session.info.get("actor")
    return found if isinstance(found, Actor) else Actor("nobody")


def rights_to(actor: Actor, action: str, cls: type[Record]) -> tuple[Right, ...]:
    """The rights to one action on a record type: its group's and its own."""
    return actor.having(cls.group, action) + actor.having(cls.slug, action)


def may(actor: Actor, action: str, cls: type[Record]) -> bool:
    """Whether the actor may do that to at least some rows of the type."""
    if cls is Case:
        kinds = (kind for kind in record_types() if issubclass(kind, Case))
        return actor.system or any(rights_to(actor, action, kind) for kind in kinds)
    return actor.system or bool(rights_to(actor, action, cls))


def can(actor: Actor, action: str, record: Record) -> bool:
    """Whether the actor may do that to this very row."""
    cls = type(record)
    if actor.system:
        return True
    return any(_covers(actor, r, record) for r in rights_to(actor, action, cls))


def _covers(actor: Actor, right: Right, record: Record) -> bool:
    if any(getattr(record, n, None) not in v for n, v in _limits(right, type(record))):
        return False
    if right.scope == ALL:
        return True
    if not _in_project(right, record):
        return False
    if right.scope == PROJ:
        return True
    mine = actor.staff_id is not None and _is_own(actor, record)
    if right.scope == DEPT:
        department = getattr(record, "department_id", None)
        return mine or (department is not None and department == right.department)
    return mine


def _limits(right: Right, cls: type[Record]) -> list[tuple[str, frozenset[str]]]:
    return [(name, values) for name, values in right.only if _has(cls, name)]


def _in_project(right: Right, record: Record) -> bool:
    if right.project is None:
        return True
    if type(record).owner == "office":
        return getattr(record, "project_id", None) in (None, right.project)
    return project_of(record) == right.project


def _is_own(actor: Actor, record: Record) -> bool:
    for name in type(record).own:
        if name.startswith("case."):
            continue
        key = actor.user_id if name == "user_id" else actor.staff_id
        if key is not None and getattr(record, name, None) == key:
            return True
    return False


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
        if not any(_includes(wide, right, cls) for wide in found):
            found = [r for r in found if not _includes(right, r, cls)]
            found.append(right)
    return tuple(found)


def _of_rows(right: Right, cls: type[Record]) -> Right:
    """A right without what says nothing about the rows of this type."""
    department = right.department if right.scope == DEPT else None
    limits = tuple(_limits(right, cls))
    return Right(right.scope, right.project, department, only=limits)


def _includes(wide: Right, right: Right, cls: type[Record]) -> bool:
    limits = _limits(wide, cls)
    if limits and limits != _limits(right, cls):
        return False
    if wide.scope == ALL:
        return True
    if right.scope == ALL or wide.project not in (None, right.project):
        return False
    if wide.scope == right.scope == DEPT:
        return wide.department == right.department
    return SCOPES.index(wide.scope) >= SCOPES.index(right.scope)


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
                not _has(Case, name) for name in own
            )
            narrow = cls if beside else Case
            alike.setdefault((rights, own, narrow), []).append(cls.slug)
    kinds = _either(
        and_(
            Case.type.in_([literal_column(f"'{slug}'") for slug in slugs]),
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
        return and_(Case.project_id == place, kinds)
    return kinds


def _narrowed(right: Right, cls: type[Record]) -> list[ColumnElement[bool]]:
    """A right's ``only``, asked of the kind's own table from the spine."""
    own = cls.__table__.c
    return [
        Case.id.in_(select(own.id).where(own[name].in_(sorted(values))))
        for name, values in _limits(right, cls)
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
        if not _has(Case, name)
    ]
    found = _criterion(actor, right, Case, own)
    if aside and right.scope in (OWN, DEPT):
        return or_(found, and_(_place(right, Case), or_(*aside)))
    return found


def _criterion(
    actor: Actor, right: Right, cls: type[Record], own: tuple[str, ...] = ()
) -> ColumnElement[bool]:
    limits = [_column(cls, n).in_(sorted(v)) for n, v in _limits(right, cls)]
    if right.scope == ALL:
        return and_(true(), *limits)
    place = and_(_place(right, cls), *limits)
    if right.scope == PROJ:
        return place
    mine = [_mine(actor, cls, name) for name in own or cls.own]
    if (
        right.scope == DEPT
        and right.department is not None
        and _has(cls, "department_id")
    ):
        mine.append(_column(cls, "department_id") == right.department)
    return and_(place, or_(false(), *mine))


def _place(right: Right, cls: type[Record]) -> ColumnElement[bool]:
    if right.project is None or (cls.owner == "office" and not _has(cls, "project_id")):
        return true()
    place = _column(cls, "id" if cls.slug == "project" else "project_id")
    if cls.owner == "office":  # what names no project is everybody's
        return or_(place.is_(None), place == right.project)
    return place == right.project


def _mine(actor: Actor, cls: type[Record], name: str) -> ColumnElement[bool]:
    if name.startswith("case."):
        return _through_jobs(actor, cls, name.removeprefix("case."))
    key = actor.user_id if name == "user_id" else actor.staff_id
    if key is None or not _has(cls, name):
        return false()
    return _column(cls, name) == key


def _through_jobs(actor: Actor, cls: type[Record], name: str) -> ColumnElement[bool]:
    """Rows that a case in the actor's hands, or his department's, speaks of."""
    spine = Case.__table__.c
    jobs = [spine.holder_id == actor.staff_id] if actor.staff_id else []
    if actor.departments:
        jobs.append(spine.department_id.in_(actor.departments))
    key = "person_id" if _has(cls, "person_id") else "id"
    return exists().where(spine[name] == _column(cls, key), or_(false(), *jobs))


def _has(cls: type[Record], name: str) -> bool:
    return name in cls.__mapper__.columns


def _column(cls: type[Record], name: str) -> ColumnElement[Any]:
    return cls.__mapper__.columns[name]


def readable(
    actor: Actor, cls: type[Record], names: Iterable[str], row: Record | None = None
) -> list[str]:
    """Those of the fields that the actor may read at all, in the same order.

    Of one ``row`` when it is given, else of every row that he sees: rights in several
    projects, or to his own rows and to all, need not name the same fields.
    """
    return _allowed(actor, "read", cls, names, row)


def writable(
    actor: Actor,
    cls: type[Record],
    names: Iterable[str],
    action: str = "update",
    row: Record | None = None,
) -> list[str]:
    """Those of the fields he reads that the actor may also change, or export ..."""
    return _allowed(actor, action, cls, readable(actor, cls, names, row), row)


def unlimited(actor: Actor, action: str, cls: type[Record]) -> bool:
    """Whether the actor may do that to every field of the type."""
    return actor.system or _named(actor, (action, action), cls, {""}, None)


def _allowed(
    actor: Actor,
    action: str,
    cls: type[Record],
    names: Iterable[str],
    row: Record | None,
) -> list[str]:
    rights = rights_to(actor, action, cls)
    if actor.system or (rights and not any(right.fields for right in rights)):
        return list(names)
    return [
        name
        for name in names
        if name in ("id", "number") or _named(actor, (action, action), cls, {name}, row)
    ]


def shown_plain(
    actor: Actor, cls: type[Record], name: str, row: Record | None = None
) -> bool:
    """Whether a personal field stands unmasked for this actor without asking."""
    return actor.system or _named(
        actor, ("standing", "read"), cls, _called(cls, name), row
    )


def may_reveal(
    actor: Actor, cls: type[Record], name: str, row: Record | None = None
) -> bool:
    """Whether the actor may see a masked field after stating a purpose."""
    return _named(actor, ("reveal", "read"), cls, _called(cls, name), row)


def _called(cls: type[Record], name: str) -> set[str]:
    """What a right may call a field: its name, or its kind of personal data."""
    declared = fields(cls).get(name)
    return {name, declared.personal if declared else ""}


def _named(
    actor: Actor,
    actions: tuple[str, str],
    cls: type[Record],
    called: set[str],
    row: Record | None,
) -> bool:
    """Whether rights to the first action name a field, on the row or on all rows.

    All rows are those that the second action reaches.
    """
    naming = [
        right
        for right in rights_to(actor, actions[0], cls)
        if not right.fields or called & right.fields
    ]
    if row is not None and not any(name.startswith("case.") for name in cls.own):
        return any(_covers(actor, right, row) for right in naming)
    reached = rights_to(actor, actions[1], cls)
    return bool(naming) and all(
        any(_includes(wide, right, cls) for wide in naming) for right in reached
    )


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


def type_of(slug: str, actor: Actor, action: str = "read") -> type[Record]:
    """The record type, or Denied when the actor may not do that to any of it."""
    cls = record_type(slug)
    if not may(actor, action, cls):
        raise Denied(action, slug)
    return cls
