"""What is recorded already: records that rows change, values that stand only once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import Actor, can
from core.record import Case, Record, fields
from core.words import _, say
from views.columns import column_of
from views.context import fillable
from views.importing.cells import Column
from views.importing.plan import Plan
from views.importing.targets import keys_of, unique
from views.lookup import standing
from views.moving import editable

Key = tuple[Any, ...]


class Existing:
    """The records that the rows of a piece may mean, and the values they may take."""

    def __init__(
        self,
        session: Session,
        actor: Actor,
        cls: type[Record],
        project: int | None,
        plan: Plan,
    ) -> None:
        self.session, self.actor, self.cls, self.project = session, actor, cls, project
        self.plan, self.keys = plan, keys_of(actor, cls)
        self.seen = set(plan.seen)
        self.known: dict[Key, list[Record]] = {}
        self.numbers: set[str] = set()
        self.once = _unique(session, cls)

    def prepare(self, rows: Iterable[Mapping[Column, str]]) -> None:
        """Look up the records of many rows at one go."""
        self.known = {}
        if not self.keys:
            return
        values = {
            column.read(text)[0]
            for texts in rows
            for column, text in texts.items()
            if column.target.key == self.keys[0]
        }
        listed = sorted(values - {None})
        for start in range(0, len(listed), 400):
            self._look(listed[start : start + 400])

    def _look(self, values: Sequence[Any]) -> None:
        column = column_of(self.cls, self.keys[0])
        if issubclass(self.cls, Case):  # whoever's they are
            found = select(column).where(column.in_(values))
            self.numbers |= set(self.session.connection().execute(found).scalars())
        if self.plan.change:
            limits = standing(self.actor, self.cls, self.project)
            query = select(self.cls).where(column.in_(values), *limits)
            for record in self.session.scalars(query):
                key = tuple(getattr(record, name) for name in self.keys)
                self.known.setdefault(key, []).append(record)

    def match(self, values: Mapping[str, Any]) -> Record | str | None:
        """The record that a row changes, none, or why that cannot be told."""
        known = fields(self.cls)
        key = tuple(
            values.get(name, False if known[name].type == "yes" else None)
            for name in self.keys
        )
        found = self.known.get(key, [])
        if len(found) > 1:
            return _("Several records are called “{text}”.", text=str(key[0])[:40])
        if not found:
            return None
        if f"id {found[0].id}" in self.seen:
            return _("Another row of the file is the same record.")
        self.see(f"id {found[0].id}")
        return found[0]

    def differing(self, record: Record, values: Mapping[str, Any]) -> set[str] | str:
        """The fields in which a row differs, or why it must not change them."""
        names = {n for n, v in values.items() if not _alike(getattr(record, n), v)}
        if not names:
            return names
        allowed = fillable(self.actor, self.cls, "update", record)
        if isinstance(record, Case):
            allowed = editable(self.actor, record, allowed)
        if not can(self.actor, "update", record) or not names <= {*allowed, *self.keys}:
            return _("You have no right to change this record so.")
        return names

    def taken(self, record: Record) -> str:
        """Why a new record cannot stand beside what is there, or nothing."""
        if isinstance(record, Case) and record.number:
            if record.number in self.numbers or f"no {record.number}" in self.seen:
                return _("The number {number} is taken.", number=record.number)
            self.see(f"no {record.number}")
        for names, known in self.once.items():
            values = str([str(getattr(record, name)) for name in names])
            if values in known or f"{names} {values}" in self.seen:
                labels = _(", ").join(_label(self.cls, name) for name in names)
                return _(
                    "There is already a record with the same {labels}.", labels=labels
                )
            self.see(f"{names} {values}")
        return ""

    def see(self, what: str) -> None:
        """Note what stands in the file, for the rows below."""
        self.seen.add(what)
        self.plan.seen.append(what)


def _alike(old: Any, new: Any) -> bool:
    """Whether a file, which knows no split seconds, says the same."""
    if isinstance(old, dt.datetime):
        old = old.replace(microsecond=0)
    return bool(old == new)


def _label(cls: type[Record], name: str) -> str:
    known = fields(cls).get(name)
    return say(known.label) if known else name


def _unique(
    session: Session, cls: type[Record]
) -> dict[tuple[str, ...], frozenset[str]]:
    """The values that stand once, by the columns that must differ together."""
    table, found = cls.__table__, {}
    for names in unique(cls):
        rows = session.connection().execute(select(*(table.c[n] for n in names)))
        found[names] = frozenset(str([str(value) for value in row]) for row in rows)
    return found
