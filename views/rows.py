"""List rows: every cell prepared in Python, one escape for the whole page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape
from sqlalchemy.orm import Session

from core import privacy
from core.access import Actor, shown_plain
from core.columns import Field
from core.db import now
from core.privacy import Secret
from core.record import Record, fields
from core.states import FINAL, OPEN
from core.words import _, say, spoken
from views.typed import is_free, softened
from views.values import (
    brief,
    by_names,
    choices,
    due_words,
    number_words,
    person_label_masked,
    when,
    zone,
)

BREAK = "\x1f"
"""Between cells while they are escaped together; input never holds it."""
CHIP = {OPEN: "calm", FINAL: "flat"}
Cell = tuple[str, str, str]
"""Trusted markup before, text to escape, trusted markup after."""
Render = Callable[[Any], Cell]


@dataclass(frozen=True, slots=True)
class ListColumn:
    """One column of a list: its field and how a row's cell is drawn."""

    name: str
    field: Field
    render: Render


NUMBERED = Field("text", ("序号", "No."), auto=True)
"""The column of a list whose reader may read none of its fields."""


def list_columns(
    session: Session, actor: Actor, cls: type[Record], names: Sequence[str]
) -> list[ListColumn]:
    """The columns of a list, with everything looked up that all rows share."""
    known = fields(cls) | {"id": NUMBERED}
    return [
        ListColumn(name, known[name], _renderer(session, actor, cls, name, known[name]))
        for name in names
        if name in known
    ]


def _renderer(
    session: Session, actor: Actor, cls: type[Record], name: str, field: Field
) -> Render:
    if field.type == "secret":
        return _secret(actor, cls, name)
    if field.personal and not shown_plain(actor, cls, name):
        return lambda row: ("", privacy.mask(getattr(row, name), field.personal), "")
    match field.type:
        case "ref":
            return _reference(actor, name, field)
        case "state":
            return _state(cls, name)
        case "moment":
            return _moment(session, name)
    return _worded(name, _told(session, actor, cls, field))


def _told(
    session: Session, actor: Actor, cls: type[Record], field: Field
) -> Callable[[Any], str] | None:
    free = _free(actor, cls)
    if field.names:
        return lambda value: by_names(field, value) or free(value)
    return free if is_free(field) else words_for(session, field)


def _worded(name: str, words: Callable[[Any], str] | None) -> Render:
    """A value by its words; nothing for nothing."""
    if words is None:
        return _text(name)

    def draw(row: Any) -> Cell:
        value = getattr(row, name)
        return "", "" if value is None else words(value), ""

    return draw


def words_for(session: Session, field: Field) -> Callable[[Any], str] | None:
    """How the values of a field are told, looked up once; None of plain texts."""
    known, comma, yes = {}, _(", "), _("Yes")
    if field.type in ("choice", "word", "several"):
        known = choices(session, field)
    found: dict[str, Callable[[Any], str]] = {
        "choice": lambda value: known.get(value, value),
        "word": lambda value: known.get(value, value),
        "several": lambda value: comma.join(known.get(code, code) for code in value),
        "money": lambda value: number_words(value, field),
        "decimal": lambda value: number_words(value, field),
        "yes": lambda value: yes if value else "",
    }
    return found.get(field.type)


def _text(name: str) -> Render:
    def draw(row: Any) -> Cell:
        value = getattr(row, name)
        if value is None:
            return "", "", ""
        return "", brief(spoken(str(value)), 59), ""

    return draw


def _free(actor: Actor, cls: type[Record]) -> Callable[[Any], str]:
    return lambda value: brief(spoken(softened(actor, cls, value)), 59)


def _secret(actor: Actor, cls: type[Record], name: str) -> Render:
    secret: Secret = getattr(cls, name)
    plain = shown_plain(actor, cls, name)

    def draw(row: Any) -> Cell:
        token = getattr(row, name)
        if not token or token == privacy.ERASED:
            return "", "", ""
        place = f"{cls.__tablename__}.{name}.{getattr(row, f'{name}__key')}"
        value = privacy.unseal(token, place)
        return "", value if plain else privacy.mask(value, secret.mask), ""

    return draw


def _reference(actor: Actor, name: str, field: Field) -> Render:
    kind = person_label_masked(actor, field.ref)
    label = f"{name}__label"
    if kind:
        return lambda row: ("", privacy.mask(getattr(row, label), kind), "")
    if field.ref == "unit":  # 3-2-1201 is one word
        opened, closed = '<span class="room">', "</span>"
        return lambda row: (opened, getattr(row, label) or "", closed)
    return lambda row: ("", getattr(row, label) or "", "")


def _state(cls: type[Record], name: str) -> Render:
    flow = cls.flow
    known = (
        {
            s.code: (
                f'<span class="chip {CHIP.get(s.kind, "done")}">',
                say(s.now),
                "</span>",
            )
            for s in flow.states
        }
        if flow
        else {}
    )
    return lambda row: known.get(v := getattr(row, name), ("", v or "", ""))


def _moment(session: Session, name: str) -> Render:
    place, at = zone(session), now()

    def draw(row: Any) -> Cell:
        value: dt.datetime | None = getattr(row, name)
        if value is None:
            return "", "", ""
        if name == "next_due_at":
            text, css = due_words(value, at, place)
            return f'<span class="chip {css}">', text, "</span>"
        exact = f"{value.astimezone(place):%Y-%m-%d %H:%M}"
        return f'<time title="{exact}">', when(value, place, at), "</time>"

    return draw


def draw_rows(
    columns: Sequence[ListColumn], rows: Sequence[Any], address: str
) -> Markup:
    """``<tr>`` after ``<tr>``; the first cell links to ``address`` + id."""
    heads = [f'<td data-label="{escape(say(c.field.label))}">' for c in columns]
    renders = [column.render for column in columns]
    cells = [[render(row) for render in renders] for row in rows]
    safe = iter(escape_all([text for line in cells for _open, text, _close in line]))
    drawn = []
    for row, line in zip(rows, cells, strict=True):
        drawn.append("<tr>")
        if not line:  # its reader may know that it is there, and no more
            drawn.append(f'<td><a href="{address}{row.id}">#{row.id}</a></td>')
        link, close = f'<a href="{address}{row.id}">', "</a>"
        for head, (before, _text, after) in zip(heads, line, strict=True):
            text = next(safe) or (link and f"#{row.id}")
            drawn.append(f"{head}{before}{link}{text}{close}{after}</td>")
            link = close = ""
        drawn.append("</tr>")
    return Markup("".join(drawn))  # noqa: S704  every text was escaped above


def escape_all(texts: Sequence[str]) -> list[str]:
    """Every text escaped, by one call for all of them."""
    safe = str(escape(BREAK.join(texts))).split(BREAK) if texts else []
    if len(safe) != len(texts):
        raise ValueError("a text holds a control character")
    return safe
