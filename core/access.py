"""Who may do what: one grant answers in Python here and in SQL in ``core.scope``.

A grant is a row (role x group x action x scope). An actor's rights are its grants
joined with its dated role assignments. ``can`` decides about a record, ``readable`` and
its like about fields.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.orm import Session

from core.record import (
    Case,
    Record,
    fields,
    record_type,
    record_types,
)

SCOPES = OWN, DEPT, PROJ, ALL = "own", "dept", "proj", "all"


@dataclass(frozen=True, slots=True)
class Right:
    """One grant through one assignment; ``project`` None means every project.

    ``fields`` limits it to fields, by name or kind of personal data; ``only`` to rows
    whose column holds one of the values, where a type has that column. ``lent_by`` is
    whose right it is, where somebody stands in for another.
    """

    scope: str
    project: int | None = None
    department: int | None = None
    fields: frozenset[str] = frozenset()
    only: tuple[tuple[str, frozenset[str]], ...] = ()
    lent_by: str = ""


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


@contextmanager
def on_behalf(session: Session) -> Iterator[Actor]:
    """What the house does because of an act, in the actor's name, beyond his rows."""
    mine = session.info.get("actor")
    act_as(session, replace(actor_of(session), system=True, kept={}))
    try:
        yield actor_of(session)
    finally:
        act_as(session, mine)


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
    return can_row(actor, action, type(record), record)


def stands_in_for(actor: Actor, action: str, record: Record) -> str:
    """For whom the actor does that to a row, where he has no such right himself."""
    cls = type(record)
    rights = [
        right
        for right in rights_to(actor, action, cls)
        if _covers(actor, right, cls, record)
    ]
    lent = [right.lent_by for right in rights]
    return lent[0] if lent and all(lent) else ""


def can_row(actor: Actor, action: str, cls: type[Record], row: Any) -> bool:
    """The same of a row of columns: what it does not hold speaks against the actor."""
    if actor.system:
        return True
    return any(_covers(actor, r, cls, row) for r in rights_to(actor, action, cls))


def of_every_row(
    actor: Actor, action: str, cls: type[Record], project: int
) -> bool | None:
    """The same of every row of a project at once; None where it depends on the row."""
    rights = rights_to(actor, action, cls)
    wide = (r for r in rights if r.scope in (PROJ, ALL) and not limits_of(r, cls))
    if actor.system or any(
        r.scope == ALL or r.project in (None, project) for r in wide
    ):
        return True
    return None if rights else False


def _covers(actor: Actor, right: Right, cls: type[Record], record: Any) -> bool:
    if any(getattr(record, n, None) not in v for n, v in limits_of(right, cls)):
        return False
    if right.scope == ALL:
        return True
    if not _in_project(right, cls, record):
        return False
    if right.scope == PROJ:
        return True
    mine = actor.staff_id is not None and _is_own(actor, cls, record)
    if right.scope == DEPT:
        department = getattr(record, "department_id", None)
        return mine or (department is not None and department == right.department)
    return mine


def limits_of(right: Right, cls: type[Record]) -> list[tuple[str, frozenset[str]]]:
    """The columns and values that a right is limited to, where the type has them."""
    return [(name, values) for name, values in right.only if has_column(cls, name)]


def _in_project(right: Right, cls: type[Record], record: Any) -> bool:
    if right.project is None:
        return True
    key = getattr(record, "id" if cls.slug == "project" else "project_id", None)
    return key == right.project or (cls.owner == "office" and key is None)


def _is_own(actor: Actor, cls: type[Record], record: Any) -> bool:
    for name in cls.own:
        if name.startswith("case."):
            continue
        key = actor.user_id if name == "user_id" else actor.staff_id
        if key is not None and getattr(record, name, None) == key:
            return True
    return False


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


def _reaches(actor: Actor, right: Right, row: Record) -> bool:
    """Whether a right covers a row that he reads, be it through a job of his.

    The row does not tell his jobs: unless a wider right covers it, it is by one.
    """
    cls = type(row)
    if right.scope in (PROJ, ALL) or not cls.own[0].startswith("case."):
        return _covers(actor, right, cls, row)
    wide = (r for r in rights_to(actor, "read", cls) if r.scope in (PROJ, ALL))
    return not any(_covers(actor, r, cls, row) for r in wide) and _in_project(
        right, cls, row
    )


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
    if row is not None:
        return any(_reaches(actor, right, row) for right in naming)
    reached = rights_to(actor, actions[1], cls)
    return bool(naming) and all(
        any(includes(wide, right, cls) for wide in naming) for right in reached
    )


def type_of(slug: str, actor: Actor, action: str = "read") -> type[Record]:
    """The record type, or Denied when the actor may not do that to any of it."""
    cls = record_type(slug)
    if not may(actor, action, cls):
        raise Denied(action, slug)
    return cls


def includes(wide: Right, right: Right, cls: type[Record]) -> bool:
    """Whether one right reaches every row of the type that another reaches."""
    limits = limits_of(wide, cls)
    if limits and limits != limits_of(right, cls):
        return False
    if wide.scope == ALL:
        return True
    if right.scope == ALL or wide.project not in (None, right.project):
        return False
    if wide.scope == right.scope == DEPT:
        return wide.department == right.department
    return SCOPES.index(wide.scope) >= SCOPES.index(right.scope)


def has_column(cls: type[Record], name: str) -> bool:
    """Whether a type, or its spine, has that column."""
    return name in cls.__mapper__.columns
