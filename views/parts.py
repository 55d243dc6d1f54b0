"""Lines inside a record, edited in its form: goods, occupants, defects, replies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from flask import request
from sqlalchemy import BigInteger, Select, bindparam, select
from wtforms import Form

from core.access import Actor, actor_of, may, readable, unlimited, writable
from core.db import db
from core.kept import worked_out
from core.record import Part, Record, form_fields, parts
from core.scope import where
from core.words import say
from views.context import reachable
from views.fields import RecordForm, dress, make

BLANK = 2
"""Empty lines offered without a script; the script adds more."""
MOST = 200
"""Lines of one kind that one form may hold."""


@dataclass
class PartForms:
    """The lines of one kind in one form."""

    cls: type[Part]
    owner: type[Record]
    names: list[str]
    rows: list[tuple[Part | None, Form]] = field(default_factory=list)

    @property
    def title(self) -> str:
        """What these lines are called."""
        return say(self.cls.title)

    @property
    def name(self) -> str:
        """The prefix of their form fields."""
        return f"part-{self.cls.slug}"

    @property
    def heads(self) -> list[str]:
        """Column headings, in order."""
        known = form_fields(self.cls)
        return [say(known[name].label) for name in self.names]

    def valid(self) -> bool:
        """Whether every line that holds anything is right."""
        told = [form.validate() for line, form in self.rows if written(line, form)]
        return all(told)


def parent_column(cls: type[Record], owner: type[Record]) -> str:
    """The column of the line that names its parent."""
    own = f"{owner.slug}_id"
    return own if own in cls.__table__.c else "case_id"


@cache
def part_form(cls: type[Part], owner: type[Record]) -> type[Form]:
    """The form class of one kind of line."""
    made = {
        name: make(cls, name, declared, owner.slug)
        for name, declared in form_fields(cls).items()
        if name != parent_column(cls, owner)
    }
    return type(f"{cls.__name__}Form", (RecordForm,), made)


def part_names(actor: Actor, cls: type[Part], owner: type[Record]) -> list[str]:
    """The fields of a line that this actor fills in."""
    known = form_fields(cls)
    return [
        name
        for name in readable(actor, cls, known)
        if name != parent_column(cls, owner) and reachable(actor, known[name])
    ]


def lines(record: Record, cls: type[Part], struck: bool = False) -> list[Part]:
    """The lines of one kind that stand in this record, in order, or ever stood."""
    who, owner = actor_of(db.session()), type(record)

    def make() -> Select[Any]:
        column = cls.__table__.c[parent_column(cls, owner)]
        return (
            select(cls)
            .where(
                column == bindparam("key", type_=BigInteger()),
                where(who, "read", cls),
                *(() if struck else (cls.voided_at.is_(None),)),
            )
            .order_by(cls.id)
            .execution_options(scoped_for=who)
        )

    query = worked_out(who, ("lines", cls, owner, struck), make)
    return list(db.session().scalars(query, {"key": record.id}))


def part_forms(
    actor: Actor, cls: type[Record], record: Record | None
) -> list[PartForms]:
    """The lines of a form: those that stand, those posted, and a few blank ones."""
    found = []
    for part in parts(cls):
        action = "create" if record is None else "update"
        if names := filled_in(actor, action, part, cls):
            forms = PartForms(part, cls, names)
            forms.rows = list(_rows(actor, forms, record))
            found.append(forms)
    return found


def filled_in(
    actor: Actor, action: str, part: type[Part], owner: type[Record]
) -> list[str]:
    """The fields of a line that come with the right to it, or to all of its record."""
    names = part_names(actor, part, owner) if part.manual else []
    if may(actor, action, part):
        return writable(actor, part, names, action)
    return names if unlimited(actor, action, owner) else []


def _rows(
    actor: Actor, forms: PartForms, record: Record | None
) -> Iterator[tuple[Part | None, Form]]:
    """The posted lines, or those that stand; blank ones are drawn by themselves."""
    standing = list(lines(record, forms.cls)) if record else []
    if request.method != "POST":
        for at, line in enumerate(standing):
            yield line, line_form(actor, forms, at, line)
        return
    known = {str(line.id): line for line in standing}
    for at in range(_posted_rows(forms.name)):
        found = known.get(request.form.get(f"{forms.name}-{at}-id", ""))
        yield found, line_form(actor, forms, at, found)


def line_form(actor: Actor, forms: PartForms, at: int, line: Part | None) -> Form:
    """The form of one line, with the fields that this actor fills in."""
    posted = request.form if request.method == "POST" else None
    form = part_form(forms.cls, forms.owner)(
        posted, obj=line, prefix=f"{forms.name}-{at}-"
    )
    for name in [n for n in form._fields if n not in forms.names]:
        del form[name]
    dress(form, form_fields(forms.cls), actor, forms.cls)
    return form


def _posted_rows(prefix: str) -> int:
    """One more than the highest line number posted, within reason."""
    numbers = [
        int(key[len(prefix) + 1 :].split("-", 1)[0])
        for key in request.form
        if key.startswith(f"{prefix}-")
        and key[len(prefix) + 1 :].split("-", 1)[0].isdecimal()
        and len(key) < len(prefix) + 80
    ]
    return min(max(numbers, default=-1) + 1, MOST)


def removed(form: Form) -> bool:
    """Whether the line was struck out."""
    return bool(request.form.get(f"{form._prefix}void"))


def written(record: Part | None, form: Form) -> bool:
    """Whether what a line says will stand."""
    return used(record, form) and not removed(form)


def used(record: Part | None, form: Form) -> bool:
    """Whether a line says anything; a struck new line does not."""
    if record is not None:
        return True
    filled: list[Any] = [f.data for f in form if f.type != "Yes"]
    errors = any(f.process_errors for f in form)
    return not removed(form) and (
        errors or any(v not in (None, "", []) for v in filled)
    )
