"""A file of either kind as rows of text, told by its content and not by its name."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from typing import IO

from core.words import _
from views.importing.unreadable import CELL, COLUMNS, Unreadable
from views.importing.xlsx import PIECE, Row, Workbook, too_long

LINE = 1 << 20
"""Characters of one row of CSV."""
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def rows(file: IO[bytes], most: int, names: Sequence[str]) -> Iterator[Row]:
    """Number and cells of every row that says anything; Unreadable past ``most``.

    Of several sheets the one called by one of the ``names`` is read, else the first.
    """
    found = _rows(file, names)
    for count, row in enumerate(found):
        if count > most:
            raise Unreadable(
                _("The file has more than {n} rows. Divide it.", n=f"{most:,}")
            )
        yield row


def _rows(file: IO[bytes], names: Sequence[str]) -> Iterator[Row]:
    file.seek(0)
    start = file.read(512)
    if not start.strip():
        raise Unreadable(_("The file is empty."))
    if start.startswith(ZIP):
        return Workbook(file, names).rows()
    if start.startswith(OLE):
        raise Unreadable(
            _("This is an old .xls file, or one with a password. Save it as .xlsx.")
        )
    if start.lstrip().startswith((b"<", b"%PDF", b"{\\rtf")):
        raise Unreadable(_("This is no table: save it as .xlsx or CSV first."))
    return _lines(file, _encoding(file, start))


def _encoding(file: IO[bytes], start: bytes) -> str:
    """The first encoding that the whole file is written in."""
    marked = [name for mark, name in MARKS if start.startswith(mark)]
    for name in marked or ("utf-8", "gb18030"):
        if _fits(file, name):
            return name
    raise Unreadable(
        _("The letters of the file cannot be read. Save it as CSV UTF-8 or .xlsx.")
    )


def _fits(file: IO[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while piece := file.read(PIECE):
            if "\x00" in decoder.decode(piece):
                return False
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _lines(file: IO[bytes], encoding: str) -> Iterator[Row]:
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, newline="")
    try:
        lines = _Lines(text)
        reader = csv.reader(lines, delimiter=_delimiter(lines.first), strict=True)
        for number, cells in enumerate(reader, 1):
            lines.taken = 0
            if len(cells) > COLUMNS:
                raise Unreadable(_("The file has more than {n} columns.", n=COLUMNS))
            if any(len(cell) > CELL for cell in cells):
                raise too_long()
            if any(cells):
                yield number, cells
    except csv.Error:
        n = reader.line_num
        raise Unreadable(
            _("Line {n} of the file has quotation marks that do not close.", n=n)
        ) from None
    finally:
        text.detach()


class _Lines(Iterator[str]):
    """The lines of a file, as many as one row may take."""

    def __init__(self, text: IO[str]) -> None:
        self.text, self.taken = text, 0
        self.first = text.readline(LINE)
        text.seek(0)

    def __next__(self) -> str:
        line = self.text.readline(LINE)
        self.taken += len(line)
        if self.taken >= LINE:
            raise Unreadable(_("A row of the file is too long to be one."))
        if not line:
            raise StopIteration
        return line


def _delimiter(head: str) -> str:
    return max(",\t;", key=head.count)
