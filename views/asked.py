"""What a list was asked for: book, words, filters, order; nonsense is dropped."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from core.access import Actor, may, readable, shown_plain
from core.base import Book
from core.columns import Field
from core.kept import worked_out
from core.record import Case, Record, fields, record_type
from core.scope import confined
from views.values import (
    choices,
    number,
    zone,
)

SPINE_FILTERS = ("state", "department_id", "holder_id", "channel", "urgent", "unit_id")
FILTERED = ("choice", "word", "yes", "ref", "date", "moment", "state")
PAGE = 50
CASES_BY = ("number", "received_at")
"""Orders of cases; one's own alone are in no order but that of time."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for a list, checked against the type and the reader's rights."""

    book: Book | None = None
    words: str = ""
    filters: Mapping[str, Any] = field(default_factory=dict)
    order: str = ""
    falling: bool = True
    after: tuple[str, int] | None = None
    before: tuple[str, int] | None = None
    voided: bool = False
    dropped: tuple[str, ...] = ()

    def link(self, **changes: Any) -> str:
        """The query string of this list, changed."""
        asked = replace(self, **changes)
        pairs = {
            "book": asked.book.code if asked.book else "",
            "search": asked.words,
            "order": ("-" if asked.falling else "") + asked.order
            if asked.order
            else "",
            "after": _cursor(asked.after),
            "before": _cursor(asked.before),
            "voided": "1" if asked.voided else "",
        } | {name: _spell(value) for name, value in asked.filters.items()}
        return "?" + urlencode({name: value for name, value in pairs.items() if value})


def _spell(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _cursor(place: tuple[str, int] | None) -> str:
    return f"{place[0]}~{place[1]}" if place else ""


def read(
    session: Session, actor: Actor, cls: type[Record], args: Mapping[str, str]
) -> Asked:
    """What the query string asks for; what makes no sense is left out and named."""
    filters: dict[str, Any] = {}
    dropped: list[str] = []
    for name, declared in filterable(actor, cls).items():
        for key in keys(name, declared):
            if text := args.get(key, "").strip():
                value = _value(session, declared, text)
                if value is None:
                    dropped.append(key)
                else:
                    filters[key] = value
    order = args.get("order", "")
    known = order.lstrip("-") in sortable(actor, cls)
    return Asked(
        book=next((b for b in cls.books if b.code == args.get("book")), None),
        words=args.get("search", "").replace("\x00", "").strip()[:100],
        filters=filters,
        order=order.lstrip("-") if known else "",
        falling=order.startswith("-") or not known,
        after=place_of(args.get("after", "")),
        before=place_of(args.get("before", "")),
        voided=args.get("voided") == "1",
        dropped=tuple(dropped),
    )


def keys(name: str, declared: Field) -> tuple[str, ...]:
    """The parameters that narrow a list by one field."""
    if declared.type in ("date", "moment"):
        return f"{name}_from", f"{name}_to"
    return (name,)


def place_of(text: str) -> tuple[str, int] | None:
    """The value and the id that a page begins behind; None of what is no place."""
    value, _sep, key = text.rpartition("~")
    found = number(key)
    if found is None or len(value) >= 100:
        return None
    return value.replace("\x00", ""), found


def moment_of(text: str) -> dt.datetime | None:
    """The moment that a page begins behind, in UTC; None of what is no moment."""
    try:
        found = dt.datetime.fromisoformat(text)
        return found.replace(tzinfo=found.tzinfo or dt.UTC).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def _value(session: Session, declared: Field, text: str) -> Any:
    match declared.type:
        case "yes":
            return {"1": True, "0": False}.get(text)
        case "ref":
            return number(text)
        case "date" | "moment":
            return _day(text)
        case "choice" | "word":
            return text if text in choices(session, declared) else None
    return text if text.isidentifier() and len(text) <= 40 else None


def _day(text: str) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1900 <= day.year <= 2200 else None


def filterable(actor: Actor, cls: type[Record]) -> dict[str, Field]:
    """The fields that this reader may filter a list by."""
    return worked_out(actor, ("filters", cls), lambda: _filterable(actor, cls))


def _filterable(actor: Actor, cls: type[Record]) -> dict[str, Field]:
    known = fields(cls)
    names = [n for n in cls.show if n in known and known[n].type in FILTERED]
    if issubclass(cls, Case):
        spine = [n for n in (*SPINE_FILTERS, "received_at") if n in known]
        names = [*dict.fromkeys([*spine, *names])]
    return {
        name: known[name]
        for name in readable(actor, cls, names)
        if name not in ("next_due_at", "closed_at")
        and (not known[name].personal or shown_plain(actor, cls, name))
        and (
            known[name].type != "ref"
            or may(actor, "read", record_type(known[name].ref))
        )
    }


def sortable(actor: Actor, cls: type[Record]) -> tuple[str, ...]:
    """The columns whose order an index keeps: never empty, never a table scan."""
    return worked_out(actor, ("sorts", cls), lambda: _sortable(actor, cls))


def _sortable(actor: Actor, cls: type[Record]) -> tuple[str, ...]:
    if issubclass(cls, Case):
        names = ("received_at",) if confined(actor, "read", cls) else CASES_BY
        return tuple(readable(actor, cls, names))
    column = cls.__table__.c[cls.label_column]
    field = fields(cls).get(cls.label_column)
    hidden = (
        field is not None
        and field.personal
        and not shown_plain(actor, cls, cls.label_column)
    )
    if column.nullable or hidden or not readable(actor, cls, [cls.label_column]):
        return ("id",)
    return ("id", cls.label_column)


def day_bounds(
    session: Session, declared: Field, key: str, day: dt.date
) -> dt.date | dt.datetime:
    """Where a from/to filter cuts: the local day's start, or the next day's."""
    if key.endswith("_to"):
        day += dt.timedelta(days=1)
    if declared.type == "date":
        return day
    return dt.datetime.combine(day, dt.time(), zone(session)).astimezone(dt.UTC)
