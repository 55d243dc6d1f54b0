"""What the list and form templates are given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from flask import request, url_for
from markupsafe import Markup
from sqlalchemy.orm import Session
from wtforms import Form

from core import privacy
from core.access import Actor, actor_of, writable
from core.attachment import FIELD
from core.columns import Field
from core.db import db
from core.kept import worked_out
from core.policy import stamp
from core.record import Case, Record
from core.words import _, language, say
from views.asked import Asked, filterable, keys
from views.attached import Intake, intake
from views.context import called, project_id, titles
from views.due import promises
from views.listing import Found
from views.lookup import Lookup
from views.parts import BLANK, PartForms, line_form
from views.printing.menu import PrintMenu
from views.rows import ListColumn
from views.values import choices, label_of, person_label_masked, time_tag, zone
from views.wording import pages

Head = tuple[str, str, str]


@dataclass(slots=True)
class Filter:
    """One condition that a list can be narrowed by."""

    name: str
    label: str
    kind: str
    options: list[tuple[str, str, bool]] = field(default_factory=list)
    value: str = ""
    words: str = ""
    lookup_url: str = ""


@dataclass(slots=True)
class ListPage:
    """Everything ``list.html`` shows."""

    title: str
    about: str
    books: list[tuple[str, str, bool]]
    heads: list[Head]
    rows: Markup
    total: str
    next_url: str
    prev_url: str
    search: str
    searchable: bool
    filters: list[Filter]
    controls: Markup
    asked: Asked
    new_url: str
    exports: list[tuple[str, str]]
    import_url: str
    printing: PrintMenu | None = None

    @property
    def empty(self) -> str:
        """What stands where there are no rows."""
        narrowed = self.asked.words or self.asked.filters or self.asked.voided
        return (
            _("Nothing matches.") if narrowed else _("Nothing has been recorded yet.")
        )

    @property
    def active(self) -> list[tuple[str, str]]:
        """The conditions in force, each with the address without it."""
        found = []
        for one in self.filters:
            if one.name in self.asked.filters:
                kept = {k: v for k, v in self.asked.filters.items() if k != one.name}
                away = self.asked.link(filters=kept, after=None, before=None)
                value = one.words or one.value
                words = _("{label}: {value}", label=one.label, value=value)
                found.append((words, away))
        return found

    @property
    def sort_value(self) -> str:
        """The order in force, for the filter form."""
        sign = "-" if self.asked.falling else ""
        return sign + self.asked.order if self.asked.order else ""

    @property
    def book(self) -> str:
        """The book in force, for the filter form."""
        return self.asked.book.code if self.asked.book else ""

    @property
    def void_toggle(self) -> tuple[str, str]:
        """To the voided records and back: address and words."""
        away = self.asked.link(voided=not self.asked.voided, after=None, before=None)
        words = (
            _("Back to the records") if self.asked.voided else _("Show voided records")
        )
        return away, words

    @property
    def show_void_url(self) -> str:
        """Address of the voided records, or back."""
        return self.void_toggle[0]

    @property
    def show_void_words(self) -> str:
        """Words for that address."""
        return self.void_toggle[1]


def heads_of(
    asked: Asked, columns: Sequence[ListColumn], sortable: Sequence[str]
) -> list[Head]:
    """Column headings with the address that orders by them."""
    heads = []
    for column in columns:
        link, now = "", ""
        if column.name in sortable:
            on = asked.order == column.name
            now = ("desc" if asked.falling else "asc") if on else ""
            falling = not asked.falling if on else False
            link = asked.link(
                order=column.name, falling=falling, after=None, before=None
            )
        heads.append((say(column.field.label), link, now))
    return heads


def total_words(found: Found) -> str:
    """``共 38``, or ``10,000+`` where counting on would cost."""
    n = f"{found.total:,}" + ("+" if found.capped else "")
    return _("{n} in all", n=n)


def filters_of(
    session: Session, actor: Actor, cls: type[Record], asked: Asked
) -> tuple[list[Filter], Markup]:
    """The filters in force, and the controls of all; those at rest are drawn once."""
    active: list[Filter] = []
    controls = []
    for name, declared in filterable(actor, cls).items():
        make = partial(_filters, session, actor, cls, name, declared)
        if any(key in asked.filters for key in keys(name, declared)):
            active += (made := make(asked))
            controls.append(_controls(made))
            continue
        place = ("control", cls, name, language(), stamp(session))
        controls.append(worked_out(actor, place, partial(_at_rest, make)))
    return active, Markup("").join(controls)


def asked_words(session: Session, actor: Actor, cls: type[Record], asked: Asked) -> str:
    """What a list was narrowed by, in one line for people."""
    told = [say(asked.book.title)] if asked.book else []
    told += [f"“{asked.words}”"] if asked.words else []
    for name, declared in filterable(actor, cls).items():
        if any(key in asked.filters for key in keys(name, declared)):
            told += [
                _("{label}: {value}", label=one.label, value=one.words or one.value)
                for one in _filters(session, actor, cls, name, declared, asked)
                if one.name in asked.filters
            ]
    return " · ".join(told)


def _at_rest(make: Callable[[Asked], list[Filter]]) -> Markup:
    return _controls(make(Asked()))


def _controls(filters: list[Filter]) -> Markup:
    template = pages().get_template("filters.html")
    return Markup(template.render(filters=filters))  # noqa: S704


def _filters(
    session: Session,
    actor: Actor,
    cls: type[Record],
    name: str,
    declared: Field,
    asked: Asked,
) -> list[Filter]:
    label, value = say(declared.label), asked.filters.get(name)
    match declared.type:
        case "date" | "moment":
            ends = (("from", _("from")), ("to", _("to")))
            return [
                _day(f"{name}_{end}", f"{label} {words}", asked) for end, words in ends
            ]
        case "ref":
            words = _ref_words(session, actor, declared.ref, value) if value else ""
            lookup = url_for(f"{cls.slug}.ajax_lookup", name=name)
            return [Filter(name, label, "ref", [], str(value or ""), words, lookup)]
        case "yes":
            pairs = [("1", _("Yes")), ("0", _("No"))]
            now = "" if value is None else str(int(value))
        case "state":
            states = cls.flow.states if cls.flow else ()
            pairs, now = [(s.code, say(s.now)) for s in states], str(value or "")
        case _:
            pairs, now = list(choices(session, declared).items()), str(value or "")
    options = [(code, words, code == now) for code, words in pairs]
    return [Filter(name, label, "choice", options, now, dict(pairs).get(now, ""))]


def _day(name: str, label: str, asked: Asked) -> Filter:
    value = asked.filters.get(name)
    text = value.isoformat() if isinstance(value, dt.date) else ""
    return Filter(name, label, "date", [], text, text)


def _ref_words(session: Session, actor: Actor, slug: str, key: Any) -> str:
    if Lookup(slug).one(session, int(key)) is None:  # the address was made up
        return ""
    label, kind = label_of(session, slug, int(key)), person_label_masked(actor, slug)
    return privacy.mask(label, kind) if kind else label


@dataclass(slots=True)
class StalePage:
    """Who saved in between, when, and (label, yours, theirs) where they differ."""

    who: str
    at: dt.datetime | None
    rows: list[tuple[str, str, str]]

    @property
    def when(self) -> Markup:
        """The moment in people's words."""
        return time_tag(self.at, zone(db.session()))


@dataclass(slots=True)
class PartPage:
    """The lines of one kind as ``form.html`` draws them."""

    forms: PartForms

    @property
    def title(self) -> str:
        """What the lines are called."""
        return self.forms.title

    @property
    def name(self) -> str:
        """The prefix of their controls."""
        return self.forms.name

    @property
    def heads(self) -> list[str]:
        """Column headings."""
        return self.forms.heads

    @property
    def open(self) -> bool:
        """Whether there is anything to see in the lines."""
        return any(line or form.errors for line, form in self.forms.rows)

    @property
    def rows(self) -> list[tuple[int | str, str, list[Any]]]:
        """(id or nothing, prefix, fields) of every line."""
        return [
            (line.id if line else "", form._prefix, list(form))
            for line, form in self.forms.rows
        ]

    @property
    def blank(self) -> Markup:
        """A few empty lines, drawn once; a form that came back has its own."""
        if request.method == "POST":
            return Markup()
        forms, session = self.forms, db.session()
        shape = (forms.cls, forms.owner, tuple(forms.names), len(forms.rows))
        place = ("blank", shape, language(), stamp(session))
        return worked_out(actor_of(session), place, self._blank)

    def _blank(self) -> Markup:
        template = pages().get_template("line.html")
        who, first = actor_of(db.session()), len(self.forms.rows)
        places = range(first, first + BLANK)
        lines = (line_form(who, self.forms, at, None) for at in places)
        drawn = (template.render(id="", prefix=f._prefix, fields=[*f]) for f in lines)
        return Markup("".join(drawn))  # noqa: S704  the template escapes


class FormPage:
    """Everything ``form.html`` shows."""

    def __init__(
        self,
        cls: type[Record],
        form: Form,
        parts: Sequence[PartForms],
        record: Record | None,
        errors: Sequence[str],
        stale: StalePage | None = None,
    ) -> None:
        self.cls, self.form, self.record = cls, form, record
        self.parts = [PartPage(part) for part in parts]
        self.stale = stale
        self.errors = list(errors)
        if form.errors or any(f.errors for p in parts for _l, f in p.rows):
            self.errors.append(
                _("Something is missing or wrong; see the marked fields.")
            )

    @property
    def title(self) -> str:
        """``登记 业主接待记录表`` or the record's name."""
        if self.record is None:
            return _("New: {title}", title=titles(self.cls))
        return _("Edit: {title}", title=self._named())

    def _named(self) -> str:
        private = self.cls.__mapper__.columns[self.cls.label_column].info.get("field")
        if private is not None and private.personal:
            return titles(self.cls)
        return called(self.record) if self.record else ""

    @property
    def about(self) -> str:
        """The type's one sentence of help."""
        return say(self.cls.about)

    @property
    def action(self) -> str:
        """Where the form goes."""
        return request.full_path.rstrip("?")

    @property
    def cancel_url(self) -> str:
        """Back to where one came from."""
        slug = self.cls.slug
        if self.record is None:
            return url_for(f"{slug}.index_view")
        return url_for(f"{slug}.details_view", id=self.record.id)

    @property
    def version(self) -> int:
        """The version that this form was filled from; the newer one after a clash."""
        if self.record is None:
            return 0
        posted = request.form.get("version", "")
        fresh = self.stale is not None or not posted.isdigit()
        return self.record.version if fresh else int(posted[:9])

    @property
    def intake(self) -> Intake | None:
        """What is said of files that come with a new record, where they may."""
        session = db.session()
        allowed = writable(actor_of(session), self.cls, [FIELD], "create")
        return intake(session) if self.is_new and allowed else None

    @property
    def groups(self) -> list[tuple[str, list[Any], bool]]:
        """(heading, fields, open): what was said, then what was done.

        A new case opens with what was said alone; it is written in seconds.
        """
        if not issubclass(self.cls, Case):
            return [("", list(self.form), True)]
        spine = [f for f in self.form if f.name in self.cls.spine]
        own = [f for f in self.form if f.name not in self.cls.spine]
        wanted = not self.is_new or not spine
        wanted = wanted or any(f.flags.required or f.errors for f in own)
        groups = [
            (_("What was said"), spine, True),
            (_("What was done"), own, wanted),
        ]
        return [group for group in groups if group[1]]

    @property
    def promises(self) -> list[tuple[str, Markup]]:
        """What will be due of a new case, and when, once this form is saved."""
        if not self.is_new:
            return []
        values = {one.name: one.data for one in self.form}
        values["project_id"] = project_id()
        return promises(db.session(), self.cls, values)

    @property
    def is_new(self) -> bool:
        """Whether this form makes a record."""
        return self.record is None
