"""A list as an Excel workbook: real dates and numbers, no formula, constant memory."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from core.columns import Field
from core.words import _, say

MOST = 1_048_576 - 8
"""Rows that one sheet holds below its head."""
EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001  local
WIDTHS = {"long": 44, "date": 12, "moment": 17, "yes": 8, "time": 8, "integer": 10}
USUAL_WIDTH = 18
FORMATS = {
    "integer": "0",
    "money": "#,##0",
    "decimal": "#,##0",
    "date": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm",
}
Put = Callable[[int, int, Any], Any]


class TooMany(ValueError):
    """The list has more rows than a sheet holds."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands above a list: its title, and a line that says what it is."""

    title: str
    told: str = ""

    @property
    def name(self) -> str:
        """The title as a tab may be called."""
        return re.sub(r"[\[\]:*?/\\']", " ", self.title).strip()[:31] or "1"


def opened(file: IO[bytes], folder: Path, **more: Any) -> Workbook:
    """A new workbook that goes to ``folder`` row by row while it is written."""
    return Workbook(file, {"constant_memory": True, "tmpdir": str(folder), **more})


def write(
    file: IO[bytes],
    folder: Path,
    sheet: Sheet,
    known: Sequence[Field],
    lines: Iterable[Sequence[Any]],
) -> int:
    """Write the lines under their heads; how many there were."""
    with opened(file, folder) as book:
        page = book.add_worksheet(sheet.name)
        first = _head(book, page, sheet, known)
        puts = [_put(book, page, field) for field in known]
        at = first
        for at, line in enumerate(lines, first + 1):
            if at - first > MOST:
                raise TooMany(_("That is more than one sheet of a workbook holds."))
            for place, value in enumerate(line):
                if value is not None and value != "":
                    puts[place](at - 1, place, value)
        page.autofilter(first - 1, 0, max(at - 1, first), max(len(known) - 1, 0))
    return at - first


def _head(book: Workbook, page: Worksheet, sheet: Sheet, known: Sequence[Field]) -> int:
    """Title, line and column heads; the number of the first row below them."""
    page.write_string(0, 0, sheet.title, book.add_format({"bold": True, "size": 14}))
    page.write_string(1, 0, sheet.told, book.add_format({"color": "#516171"}))
    shape = book.add_format({"bold": True, "bg_color": "#E3F1EE", "bottom": 1})
    for place, field in enumerate(known):
        page.set_column(place, place, WIDTHS.get(field.type, USUAL_WIDTH))
        page.write_string(2, place, say(field.label), shape)
    page.freeze_panes(3, 0)
    page.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    return 3


def _put(book: Workbook, page: Worksheet, field: Field) -> Put:
    """How a value of that field is put into a cell."""
    text: Put = page.write_string
    if field.type not in FORMATS:
        return text
    digits = FORMATS[field.type] + (f".{'0' * field.places}" if field.places else "")
    shape = book.add_format({"num_format": digits})

    def put(row: int, place: int, value: Any) -> None:
        if not isinstance(value, dt.date):
            page.write_number(row, place, float(value), shape)
        elif value.year > 1900:
            page.write_number(row, place, serial(value), shape)
        else:  # Excel believes that 1900 was a leap year
            text(row, place, value.isoformat())

    return put


def serial(day: dt.date) -> float:
    """A day or local moment as Excel counts them."""
    if isinstance(day, dt.datetime):
        gone = day.replace(tzinfo=None) - EPOCH
    else:
        gone = dt.datetime(day.year, day.month, day.day) - EPOCH  # noqa: DTZ001
    return gone.days + gone.seconds / 86_400
