"""Empty forms, to fill in by hand."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from core.base import Book
from core.columns import Field
from core.record import (
    Part,
    Record,
    fields,
    form_fields,
    parts,
)
from core.words import _, say
from views.parts import parent_column
from views.printing.beyond import field_of
from views.printing.paper import (
    HALF,
    Cell,
    Form,
    Lines,
    Pen,
    Signature,
    head_of,
    paired,
    signing,
)
from views.values import (
    choices,
)

GAP = "\N{EM SPACE}"
EMPTY_LINES = 6
"""Lines of each kind on a form to be filled in by hand."""


def blank_form(
    pen: Pen, cls: type[Record], book: Book | None, project: int | None
) -> Form:
    """The empty form, to be filled in by hand."""
    form, known = head_of(pen, cls, book, project), form_fields(cls)
    if book and book.fields:
        known = {name: field_of(cls, name) for name in book.fields}
    signed = signing(known)
    aside = {*signed, *signed.values()}
    form.rows = paired(
        _empty_cell(pen.session, declared)
        for name, declared in known.items()
        if name not in aside
    )
    form.parts = [_empty_part(cls, part) for part in _kinds(cls, book)]
    form.signatures = [Signature(say(known[name].label)) for name in signed]
    if not signed:
        form.signatures = [Signature(say(fields(cls)["created_by_id"].label))]
    return form


def _kinds(cls: type[Record], book: Book | None) -> list[type[Part]]:
    return [] if book and book.fields else parts(cls)


def _empty_cell(session: Session, declared: Field) -> Cell:
    words = _to_fill_in(session, declared)
    tall = declared.type == "long"
    return Cell(say(declared.label), words, tall or len(words) > HALF, tall)


def _to_fill_in(session: Session, declared: Field) -> str:
    """What helps a hand: boxes to tick, the places of a date, the unit."""
    match declared.type:
        case "date":
            return _("____-__-__")
        case "moment":
            return _("____-__-__ __:__")
        case "yes":
            return _boxes((_("Yes"), _("No")))
        case "choice" | "word" | "several":
            return _boxes(choices(session, declared).values())
    return GAP * 6 + say(declared.unit) if declared.unit[0] else ""


def _boxes(words: Iterable[str]) -> str:
    return GAP.join(f"□\N{NO-BREAK SPACE}{word}" for word in words)


def _empty_part(owner: type[Record], part: type[Part]) -> Lines:
    known = form_fields(part)
    names = [name for name in known if name != parent_column(part, owner)]
    heads = [say(known[name].label) for name in names]
    return Lines(say(part.title), heads, [[""] * len(heads)] * EMPTY_LINES)
