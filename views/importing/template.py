"""The workbooks of an import: the one to fill in, and the one with problems marked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

from sqlalchemy.orm import Session
from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from core.columns import Field
from core.record import Record, record_type
from core.words import _, say
from views.importing.committing import Ready
from views.importing.targets import Target
from views.spool import folder
from views.values import choices
from views.workbook import USUAL_WIDTH, WIDTHS, Sheet, opened

ROOM = 5_000
"""Rows that offer their choices in a list."""
EXAMPLES = {
    "phone": "13800000000",
    "id": "110101190001010000",
    "account": "6222000000000000",
    "integer": "3",
    "decimal": "86.50",
    "money": "12.50",
    "date": "2026-03-09",
    "moment": "2026-03-09 10:12",
    "time": "09:30",
}
ROOM_NUMBER = "3-2-1201"


def example(session: Session, known: Sequence[Target]) -> list[str]:
    """A row as it may look, in the order of the fields."""
    return [_example(session, target.field) for target in known]


def _example(session: Session, field: Field) -> str:
    if field.type in ("choice", "word", "several"):
        return next(iter(choices(session, field).values()), "")
    if field.type == "yes":
        return _("Yes")
    if field.type == "ref":
        named = say(record_type(field.ref).title)
        return ROOM_NUMBER if field.ref == "unit" else named
    known = EXAMPLES.get(field.personal) or EXAMPLES.get(field.type)
    return known or say(field.label)[: field.size or None]


def write(
    session: Session, file: IO[bytes], cls: type[Record], known: Sequence[Target]
) -> None:
    """The workbook to fill in: heads in both languages, choices, an example, notes."""
    with opened(file, folder(), constant_memory=False) as book:
        page = book.add_worksheet(Sheet(say(cls.title)).name)
        notes = book.add_worksheet(_("Notes"))
        lists = book.add_worksheet(_("Choices"))
        lists.hide()
        heads(book, page, known)
        shape = book.add_format({"italic": True, "color": "#516171", "num_format": "@"})
        page.write_row(1, 0, example(session, known), shape)
        _offer(session, page, lists, known)
        _notes(book, notes, session, known)


def heads(book: Workbook, page: Worksheet, known: Sequence[Target]) -> None:
    """The first row: labels in both languages, a star where a field is needed."""
    usual = book.add_format({"bold": True, "text_wrap": True, "bg_color": "#E3F1EE"})
    wanted = book.add_format({"bold": True, "text_wrap": True, "bg_color": "#FDF1D6"})
    text = book.add_format({"num_format": "@"})
    for place, target in enumerate(known):
        star = "*" if target.field.required else ""
        shape = wanted if star else usual
        page.write_string(0, place, "\n".join(target.words) + star, shape)
        width = max(WIDTHS.get(target.field.type, USUAL_WIDTH), 14)
        page.set_column(place, place, width, text)
    page.set_row(0, 34)
    page.freeze_panes(1, 0)
    page.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})


def _offer(
    session: Session, page: Worksheet, lists: Worksheet, known: Sequence[Target]
) -> None:
    """The choices of a closed list as a drop-down."""
    for place, target in enumerate(known):
        words = _listed(session, target.field)
        if not words or target.field.type == "several":
            continue
        lists.write_column(0, place, words)
        column, sheet = xl_col_to_name(place), lists.get_name()
        source = f"='{sheet}'!${column}$1:${column}${len(words)}"
        rule = {"validate": "list", "source": source, "error_type": "warning"}
        page.data_validation(1, place, ROOM, place, rule)


def _listed(session: Session, field: Field) -> list[str]:
    if field.type == "yes":
        return [_("Yes"), _("No")]
    return list(choices(session, field).values()) if field.type != "ref" else []


def _notes(
    book: Workbook, page: Worksheet, session: Session, known: Sequence[Target]
) -> None:
    """What each column means, whether it must be filled, and how it is written."""
    bold = book.add_format({"bold": True, "bg_color": "#E3F1EE"})
    told = (_("Column"), _("Needed"), _("How it is written"), _("What it means"))
    page.write_row(0, 0, (*told, _("Example")), bold)
    page.set_column(0, 0, 30)
    page.set_column(2, 4, 40)
    for row, target in enumerate(known, 1):
        field = target.field
        needed = _("yes") if field.required else ""
        cells = (target.label, needed, _written(session, field), say(field.help))
        page.write_row(row, 0, (*cells, _example(session, field)))
    hint = _("The example row is left out of an import when it stands as it is.")
    page.write_string(len(known) + 2, 0, hint)
    page.freeze_panes(1, 0)


def _written(session: Session, field: Field) -> str:
    listed = _(", ").join(_listed(session, field)[:12])
    known = {
        "integer": _("a whole number"),
        "decimal": _("a number"),
        "money": _("an amount in yuan"),
        "date": _("a date like 2026-11-23"),
        "moment": _("a date and time like 2026-11-23 10:12"),
        "time": _("a time like 09:30"),
        "ref": _("the number, room or name of what is recorded already"),
        "several": _("several of these, with commas: {some}", some=listed),
    }
    if field.type in known:
        return known[field.type]
    return _("one of: {some}", some=listed) if listed else _("text")


def write_problems(file: IO[bytes], ready: Ready) -> None:
    """The file's own rows, with what is wrong beside them and the cells marked."""
    with opened(file, folder()) as book:
        page = book.add_worksheet(Sheet(ready.table.name.rpartition(".")[0]).name)
        bold = book.add_format({"bold": True, "bg_color": "#E3F1EE"})
        wrong = book.add_format({"bg_color": "#FBE9E7", "color": "#A9221A"})
        page.set_column(0, 0, 60)
        page.freeze_panes(1, 1)
        for place, head in enumerate([_("What is wrong"), *ready.table.heads]):
            page.write_string(0, place, head, bold)
        for at, (cells, problems) in enumerate(_told(ready), 1):
            told = " ".join(sentence for _row, _place, sentence in problems)
            page.write_string(at, 0, told[:32_000], wrong if told else None)
            places = {place for _row, place, _sentence in problems}
            for place in range(max(len(cells), *(p + 1 for p in places), 0)):
                text = cells[place] if place < len(cells) else ""
                shape = wrong if place in places else None
                if text:
                    page.write_string(at, place + 1, text, shape)
                elif shape:
                    page.write_blank(at, place + 1, None, shape)


def _told(ready: Ready) -> Iterator[tuple[list[str], list[Any]]]:
    """The cells of every row, and the problems in it."""
    for piece in range(ready.table.pieces):
        problems: dict[int, list[Any]] = {}
        for problem in _found(ready, piece):
            problems.setdefault(problem[0], []).append(problem)
        for number, cells in ready.staging.get(f"raw-{piece:05}"):
            yield cells, problems.get(number, [])


def _found(ready: Ready, piece: int) -> Iterable[Any]:
    try:
        found: list[Any] = ready.staging.get(f"bad-{piece:05}")
    except LookupError:
        return []
    return found
