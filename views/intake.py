"""The form of the telephone: a reception and what matters of the record it begins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import Form

from core.access import Actor, may, writable
from core.db import now
from core.moves import NOTHING
from core.record import Case, form_fields, record_type
from core.words import _
from models import Reception
from rules.flows.reception import BY_CATEGORY, LOST_AND_FOUND, record_of
from views.fields import RecordForm, dress, make

USUAL = {"channel": "telephone", "other_kind": "inquiry"}
"""What is chosen before anybody chooses."""
ASKED = (
    "channel",
    "category",
    "other_kind",
    "unit_id",
    "person_id",
    "visitor",
    "visitor_phone",
    "content",
    "urgent",
    "department_id",
    "answer",
    "apologised",
    "promised_at",
    "received_at",
    "back_reason",
)
"""The fields of a reception that are asked while somebody waits."""
CHOSEN = ("unit_id", "person_id")
"""Fields that hold an id alone: the household was looked up before."""


@dataclass(slots=True)
class Intake:
    """What is asked: the reception's form, and one for each record that may follow."""

    form: Form
    kinds: dict[str, Form]

    @property
    def slug(self) -> str:
        """The record type that what was chosen begins; empty when none does."""
        return record_of(self._said("category"), self._said("other_kind"))

    @property
    def told(self) -> dict[str, Mapping[str, Any]]:
        """What was said of the record that follows, by its type."""
        form = self.kinds.get(self.slug)
        known = {f.short_name: f.data for f in form} if form is not None else {}
        said = {n: v for n, v in known.items() if v not in (None, "", [], False)}
        return {self.slug: said} if said else {}

    @property
    def came(self) -> dt.datetime | None:
        """When it came, where it was not just now."""
        found = self.form.received_at if "received_at" in self.form else None
        return found.data if found is not None and not found.errors else None

    def valid(self) -> bool:
        """Whether it can be saved; says at the fields why not."""
        form, follows = self.form, self.kinds.get(self.slug)
        if "other_kind" in form and form.category.data != "other":
            form.other_kind.data = None
        sound = form.validate() & (follows is None or follows.validate())
        late = "back_reason" in form and form.back_reason.data
        if late and not form.received_at.data:
            form.received_at.errors = [_("Say when it came.")]
            return False
        at = form.promised_at.data if "promised_at" in form else None
        if at is not None and at < now():
            form.promised_at.errors = [_("This time is past already.")]
            return False
        return bool(sound)

    def _said(self, name: str) -> str:
        return (self.form[name].data or "") if name in self.form else ""


def read(
    who: Actor,
    posted: MultiDict[str, str] | None,
    said: Mapping[str, Any] | None = None,
) -> Intake:
    """The forms that this reader may fill in, with what was posted or is ``said``."""
    if posted is not None:
        posted = MultiDict(posted)
        for name in CHOSEN:
            posted[name] = posted.get(f"{name}-id", "")
    slugs = dict.fromkeys((*BY_CATEGORY.values(), *map(_register, LOST_AND_FOUND)))
    kinds = {slug: _asked(who, record_type(slug), posted) for slug in slugs}
    return Intake(
        _asked(who, Reception, posted, said or NOTHING),
        {s: form for s, form in kinds.items() if form},
    )


def _register(kind: str) -> str:
    return record_of("other", kind)


def _asked(
    who: Actor,
    cls: Any,
    posted: MultiDict[str, str] | None,
    said: Mapping[str, Any] = NOTHING,
) -> Form | None:
    """The form of one type, without what this reader may not fill in."""
    own, known = cls is Reception, form_fields(cls)
    names = ASKED if own else cls.intake
    if not names or not may(who, "create", cls):
        return None
    form = _form(cls, names)(
        posted, prefix="" if own else cls.slug, data={**USUAL, **said}
    )
    allowed = writable(who, cls, names, "create")
    for name in names:
        ref = known[name].ref
        if name not in allowed or (ref and not may(who, "read", record_type(ref))):
            del form[name]
    dress(form, known, who, cls)
    return form


@cache
def _form(cls: type[Case], names: tuple[str, ...]) -> type[Form]:
    known = form_fields(cls)
    made = {}
    for name in names:
        required = known[name].required and cls is Reception
        made[name] = make(cls, name, replace(known[name], required=required), cls.slug)
    return type(f"{cls.__name__}Intake", (RecordForm,), made)
