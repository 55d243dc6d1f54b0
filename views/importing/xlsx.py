"""The cells of an Excel workbook as a stream of text.

The usual libraries build a row, a sheet or its declared range in memory, and a small
file can declare sixteen thousand million cells. Here nothing grows with what a file
says of itself: sizes are bounded before and while it is read, document types (the way
of entity bombs) are refused, formulas are never looked at, only their last results.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import IO, Any
from xml.parsers import expat

from core.words import _
from views.importing.targets import plain
from views.importing.unreadable import CELL, COLUMNS, Unreadable

MEMBERS, UNPACKED, SHARED, SMALL = 2_000, 256 << 20, 64 << 20, 4 << 20
"""Bounds of the archive: files, bytes in all, shared strings, every other piece."""
ROWS, CELLS = 1_048_576, 4_000_000
PIECE, TAG, DEPTH = 1 << 16, 1 << 20, 40
Found = list[dict[str, str]]
DATES = frozenset((*range(14, 18), *range(27, 32), 34, 35, 36, *range(50, 59)))
TIMES, MOMENTS = frozenset((18, 19, 20, 21, 32, 33, 45, 46, 47)), frozenset((22,))
ASIDE = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.')
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
COLUMN = re.compile(r"[A-Z]{1,3}")
Row = tuple[int, list[str]]


class Workbook:
    """One sheet of a workbook: the one of that name, else the first visible."""

    def __init__(self, file: IO[bytes], names: Sequence[str]) -> None:
        try:
            self.archive = zipfile.ZipFile(file)
            self._inspect()
            self.path, self.epoch = self._sheet(names)
            self.shapes = self._shapes()
            self.shared = self._shared()
        except _BROKEN as error:
            raise damaged() from error

    def rows(self) -> Iterator[Row]:
        """Number and cells of every row that says anything."""
        sheet = _Sheet(self)
        try:
            for _piece in self._parse(self.path, sheet, UNPACKED):
                yield from sheet.ready
                sheet.ready.clear()
        except _BROKEN as error:
            raise damaged() from error

    def _inspect(self) -> None:
        found = self.archive.infolist()
        if len(found) > MEMBERS or sum(one.file_size for one in found) > UNPACKED:
            raise Unreadable(_("The file unpacks to more than can be read."))
        for one in found:
            if one.flag_bits & 1:
                raise Unreadable(_("The file has a password. Save it without one."))
            if ".." in one.filename or one.filename.startswith(("/", "\\")):
                raise damaged()
            if one.filename.lower().endswith("vbaproject.bin"):
                raise Unreadable(_("The file has macros. Save it as .xlsx, please."))

    def _sheet(self, names: Sequence[str]) -> tuple[str, dt.datetime]:
        sheets: Found = []
        years: Found = []
        wanted = {"sheets/sheet": sheets, "workbook/workbookPr": years}
        self._gather("xl/workbook.xml", wanted)
        shown = [one for one in sheets if one.get("state", "visible") == "visible"]
        if not shown:
            raise Unreadable(_("There is no sheet in the file."))
        named = [one for one in shown if plain(one["name"]) in names]
        chosen = (named or shown)[0]
        links: Found = []
        wanted = {"Relationships/Relationship": links}
        self._gather("xl/_rels/workbook.xml.rels", wanted)
        key = next(v for k, v in chosen.items() if k.rpartition(" ")[2] == "id")
        target = next(one["Target"] for one in links if one["Id"] == key)
        path = target[1:] if target.startswith("/") else f"xl/{target}"
        old = any(one.get("date1904") in ("1", "true") for one in years)
        start = dt.datetime(1904, 1, 1) if old else dt.datetime(1899, 12, 30)  # noqa: DTZ001
        return path, start

    def _shapes(self) -> list[str]:
        """What numbers of each style stand for: a day, a time, both, or numbers."""
        if "xl/styles.xml" not in self.archive.namelist():
            return []
        formats: Found = []
        styles: Found = []
        wanted = {"numFmts/numFmt": formats, "cellXfs/xf": styles}
        self._gather("xl/styles.xml", wanted)
        codes = {one["numFmtId"]: one["formatCode"] for one in formats}
        return [_shape(one.get("numFmtId", "0"), codes) for one in styles]

    def _shared(self) -> list[str]:
        if "xl/sharedStrings.xml" not in self.archive.namelist():
            return []
        reader = _Strings()
        for _piece in self._parse("xl/sharedStrings.xml", reader, SHARED):
            if len(reader.found) > CELLS:
                raise Unreadable(_("The file unpacks to more than can be read."))
        return reader.found

    def _gather(self, path: str, wanted: dict[str, Found]) -> None:
        """The attributes of the elements that are wanted, by parent and name."""
        for _piece in self._parse(path, _Attributes(wanted), SMALL):
            pass

    def _parse(self, path: str, reader: _Reader, most: int) -> Iterator[None]:
        """Feed a piece of the archive to a reader, bit by bit."""
        if self.archive.getinfo(path).file_size > most:
            raise Unreadable(_("The file unpacks to more than can be read."))
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartElementHandler = reader.begin
        parser.EndElementHandler = reader.finish
        parser.CharacterDataHandler = reader.text
        fed = 0
        with self.archive.open(path) as source:
            while piece := source.read(PIECE):
                parser.Parse(piece)
                fed += len(piece)
                if fed - parser.CurrentByteIndex > TAG:
                    raise damaged()
                yield
            parser.Parse(b"", True)
            yield


_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    EOFError,
    KeyError,
    IndexError,
    OverflowError,
    RuntimeError,  # an unknown compression
    StopIteration,
    UnicodeError,
    OSError,
)


def damaged() -> Unreadable:
    """The refusal of what is no workbook, or no longer one."""
    return Unreadable(_("The file is damaged or is no Excel workbook."))


def _refuse_doctype(*_told: Any) -> None:
    raise damaged()


class _Reader:
    """Hears of elements by their bare names, no deeper than a workbook goes."""

    depth = 0

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        """Count the depth, which a file could make bottomless."""
        self.depth += 1
        if self.depth > DEPTH:
            raise damaged()
        self.start(tag[tag.rfind(" ") + 1 :], attributes)

    def finish(self, tag: str) -> None:
        """One up again."""
        self.depth -= 1
        self.end(tag[tag.rfind(" ") + 1 :])

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, tag: str) -> None:
        """An element ends."""

    def text(self, data: str) -> None:
        """Words inside an element."""


class _Attributes(_Reader):
    def __init__(self, wanted: dict[str, Found]) -> None:
        self.wanted, self.above = wanted, [""]

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if (found := self.wanted.get(f"{self.above[-1]}/{tag}")) is not None:
            found.append(attributes)
        self.above.append(tag)

    def end(self, tag: str) -> None:
        self.above.pop()


class _Strings(_Reader):
    """Shared strings; the readings above the characters are left out."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.parts: list[str] = []
        self.inside = self.reading = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "t":
            self.inside = not self.reading
        elif tag == "rPh":
            self.reading = True

    def end(self, tag: str) -> None:
        if tag == "t":
            self.inside = False
        elif tag == "rPh":
            self.reading = False
        elif tag == "si":
            self.found.append(unescaped("".join(self.parts)))
            self.parts = []

    def text(self, data: str) -> None:
        if self.inside:
            self.parts.append(data)
            if sum(map(len, self.parts)) > CELL:
                raise too_long()


class _Sheet(_Reader):
    """The rows of a sheet."""

    def __init__(self, book: Workbook) -> None:
        self.book, self.ready = book, list[Row]()
        self.number = self.column = self.seen = 0
        self.cells: list[str] = []
        self.cell: dict[str, str] = {}
        self.columns: dict[str, int] = {}
        self.parts: list[str] = []
        self.inside = self.reading = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "c":
            self.cell, self.parts = attributes, []
        elif tag in ("v", "t"):
            self.inside = not self.reading
        elif tag == "rPh":
            self.reading = True
        elif tag == "row":
            self._open_row(attributes)

    def end(self, tag: str) -> None:
        if tag in ("v", "t"):
            self.inside = False
        elif tag == "c":
            self._close_cell()
        elif tag == "rPh":
            self.reading = False
        elif tag == "row" and any(self.cells):
            self.ready.append((self.number, self.cells))

    def text(self, data: str) -> None:
        if self.inside:
            self.parts.append(data)
            if sum(map(len, self.parts)) > CELL:
                raise too_long()

    def _open_row(self, attributes: dict[str, str]) -> None:
        before = self.number
        self.number = _whole(attributes.get("r", ""), before + 1)
        if not before < self.number <= ROWS:
            raise damaged()
        self.cells, self.column = [], 0

    def _close_cell(self) -> None:
        self.seen += 1
        if self.seen > CELLS:
            raise Unreadable(_("The file unpacks to more than can be read."))
        letters = self.cell.get("r", "").rstrip("0123456789")
        if not letters:
            self.column += 1
        if not self.parts:
            return
        self.column = self._column(letters) if letters else self.column
        if self.column > COLUMNS:
            raise Unreadable(_("The file has more than {n} columns.", n=COLUMNS))
        if missing := self.column - len(self.cells):
            self.cells += [""] * missing
        self.cells[self.column - 1] = self._read("".join(self.parts))

    def _column(self, letters: str) -> int:
        found = self.columns.get(letters)
        if found is None:
            if not COLUMN.fullmatch(letters):
                raise damaged()
            found = 0
            for letter in letters:
                found = found * 26 + ord(letter) - 64
            self.columns[letters] = found
        return found

    def _read(self, text: str) -> str:
        match self.cell.get("t", "n"):
            case "s":
                return self.book.shared[_whole(text, -1)] if text.isdigit() else ""
            case "b":
                return "TRUE" if text == "1" else "FALSE"
            case "n":
                style = _whole(self.cell.get("s", ""), 0)
                shapes = self.book.shapes
                shape = shapes[style] if style < len(shapes) else ""
                return number(text, shape, self.book.epoch)
            case "d":
                return text.replace("T", " ")[:19]
        return unescaped(text)


def too_long() -> Unreadable:
    """The refusal of a cell that no spreadsheet would hold."""
    return Unreadable(_("A cell of the file holds more than {n} characters.", n=CELL))


def _whole(text: str, other: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else other


def unescaped(text: str) -> str:
    """A text without Excel's own spelling of control characters."""
    if "_x" not in text:
        return text
    return ESCAPED.sub(lambda hit: _character(int(hit[1], 16)), text)


def _character(code: int) -> str:
    """A character; half of a pair is none, and NUL is refused where it stands."""
    return "\0" if 0xD800 <= code < 0xE000 else chr(code)


def _shape(key: str, codes: dict[str, str]) -> str:
    if key not in codes:
        known = _whole(key, 0)
        found = ((DATES, "date"), (TIMES, "time"), (MOMENTS, "moment"))
        return next((shape for keys, shape in found if known in keys), "")
    code = ASIDE.sub("", codes[key]).lower()
    clock = "h" in code or "s" in code
    day = "y" in code or "d" in code or ("m" in code and not clock)
    if "general" in code:
        return ""
    return ("moment" if day else "time") if clock else "date" if day else ""


def number(text: str, shape: str, epoch: dt.datetime) -> str:
    """A number as people write it, or the day or time that its style makes of it."""
    try:
        value = float(text)
    except ValueError:
        raise damaged() from None
    if shape and 0 <= value < 3_000_000:
        return _moment(value, shape, epoch)
    if text.isdigit() and len(text) < 16:
        return text
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.15g}" if abs(value) < 1e15 else f"{value:.14E}"


def _moment(value: float, shape: str, epoch: dt.datetime) -> str:
    moment = epoch + dt.timedelta(seconds=round(value * 86_400))
    if shape == "time" or value < 1:
        return f"{moment:%H:%M}"
    if shape == "date" and value.is_integer():
        return f"{moment:%Y-%m-%d}"
    return f"{moment:%Y-%m-%d %H:%M:%S}"
