"""Files that mean harm, or were harmed: for the import to refuse or to survive."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
BOOK = (
    f'<workbook {MAIN} xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>'
)
LINKS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>'
)
STRINGS = b"<sst>" + b"<si/>" * 14_000_000
HEADS = ("内容和要求", "方式", "类别")
LAUGHS = (
    "<!DOCTYPE a ["
    + "".join(
        f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">'  # each ten times the one before
        for n in range(10)
    )
    + "]>"
)
DECLARED = '<dimension ref="A1:XFD2000000"/>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


def cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def row(number: int, *texts: str) -> str:
    cells = "".join(cell(f"{chr(65 + n)}{number}", t) for n, t in enumerate(texts))
    return f'<row r="{number}">{cells}</row>'


def sheet(*rows: str, before: str = "", dimension: str = "") -> str:
    body = f"<sheetData>{''.join(rows)}</sheetData>"
    return f"{before}<worksheet {MAIN}>{dimension}{body}</worksheet>"


def book(content: str | bytes, **more: str | bytes) -> bytes:
    """A workbook with that sheet; ``more`` are other files, ``__`` for a slash."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("xl/workbook.xml", more.pop("workbook", BOOK))
        archive.writestr("xl/_rels/workbook.xml.rels", LINKS)
        archive.writestr("xl/worksheets/sheet1.xml", content)
        for name, body in more.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), body)
    return out.getvalue()


def good(*rows: str) -> str:
    return sheet(row(1, *HEADS), row(2, "楼道积水", "来电", "报修"), *rows)


def bomb() -> bytes:
    return book(sheet() + " " * (300 << 20))


def lying_bomb() -> bytes:
    """What unpacks to more than its head says."""
    plain = good() + " " * (80 << 20)
    made = bytearray(book(plain))
    size = struct.pack("<I", len(plain.encode()))
    while (at := made.find(size)) >= 0:
        made[at : at + 4] = struct.pack("<I", 1_000)
    return bytes(made)


def named(name: str) -> bytes:
    out = io.BytesIO(book(good()))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(name, b"x")
    return out.getvalue()


def locked() -> bytes:
    """A workbook whose archive says that its files have a password."""
    made = bytearray(book(good()))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = made.find(mark)
        while at >= 0:
            made[at + offset] |= 1
            at = made.find(mark, at + 4)
    return bytes(made)


def io_zip() -> bytes:
    """An archive that is no workbook."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("x.txt", "x")
    return out.getvalue()


def csv_of(*lines: str, encoding: str = "utf-8") -> bytes:
    return "\r\n".join((",".join(HEADS), *lines)).encode(encoding)


GOOD = "楼道积水,来电,报修"
WIDE = "".join(cell(f"{a}{b}{c}1", "x") for a in "AB" for b in "ABC" for c in "ABCDEF")

REFUSED: dict[str, tuple[str, Callable[[], bytes]]] = {
    "zip bomb": ("a.xlsx", bomb),
    "bomb that lies about its size": ("a.xlsx", lying_bomb),
    "billion laughs": ("a.xlsx", lambda: book(sheet(row(1, "&e10;"), before=LAUGHS))),
    "entity from outside": (
        "a.xlsx",
        lambda: book(good(), workbook=OUTSIDE + BOOK),
    ),
    "ten thousand columns": (
        "a.csv",
        lambda: csv_of(",".join("x" for _n in range(10_000))),
    ),
    "columns beyond the last": ("a.xlsx", lambda: book(sheet(f"<row>{WIDE}</row>"))),
    "row two million": ("a.xlsx", lambda: book(good('<row r="2000000"></row>'))),
    "rows that go backwards": ("a.xlsx", lambda: book(good(row(1, "x")))),
    "NUL": ("a.csv", lambda: csv_of("楼道\x00积水,来电,报修")),
    "macros": ("a.xlsm", lambda: book(good(), xl__vbaProject_dot_bin=b"x")),
    "picture called a workbook": ("a.xlsx", lambda: b"\x89PNG\r\n\x1a\n" + bytes(200)),
    "page called a workbook": ("a.xls", lambda: b"<html><table><tr><td>x</table>"),
    "old or encrypted": (
        "a.xlsx",
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 99,
    ),
    "password": ("a.xlsx", locked),
    "truncated": ("a.xlsx", lambda: book(good())[:-200]),
    "broken in the middle": ("a.xlsx", lambda: book(good()[:-60])),
    "huge cell": ("a.xlsx", lambda: book(sheet(row(1, "好" * 40_000)))),
    "huge cell of CSV": ("a.csv", lambda: csv_of("好" * 40_000)),
    "path names": ("a.xlsx", lambda: named("../../etc/cron.d/x")),
    "absolute path name": ("a.xlsx", lambda: named("/etc/cron.d/x")),
    "shared string bomb": (
        "a.xlsx",
        lambda: book(
            good(), xl__sharedStrings_dot_xml=b"<sst>" + b"<si/>" * 14_000_000
        ),
    ),
    "string that is not shared": (
        "a.xlsx",
        lambda: book(sheet('<row><c t="s"><v>7</v></c></row>')),
    ),
    "no number": ("a.xlsx", lambda: book(sheet("<row><c><v>x</v></c></row>"))),
    "millions of cells in a row": (
        "a.xlsx",
        lambda: book(sheet("<row>" + "<c/>" * 5_000_000 + "</row>")),
    ),
    "bottomless": ("a.xlsx", lambda: book(b"<a>" * 20_000_000)),
    "endless attribute": ("a.xlsx", lambda: book(b'<a b="' + b"x" * (50 << 20))),
    "UTF-16 without its mark": ("a.csv", lambda: csv_of(GOOD, encoding="utf-16-le")),
    "mixed encodings": ("a.csv", lambda: csv_of(GOOD) + b"\r\n\xff\xfe\x81\xfa"),
    "quotation marks": ("a.csv", lambda: csv_of('"楼道积水,来电,报修', GOOD)),
    "one record without end": ("a.csv", lambda: csv_of('"\r\n",' * 2_000_000)),
    "one line without end": ("a.csv", lambda: b"," * (20 << 20)),
    "nothing": ("a.csv", lambda: b""),
    "heads alone": ("a.csv", csv_of),
    "no sheet": ("a.xlsx", lambda: book("", workbook="<workbook/>")),
    "no workbook at all": ("a.xlsx", io_zip),
    "portable document": ("a.csv", lambda: b"%PDF-1.7\n"),
}
SURVIVED: dict[str, tuple[str, Callable[[], bytes]]] = {
    "formula": (
        "a.xlsx",
        lambda: book(
            good('<row r="3"><c r="A3" t="str"><f>1+1</f><v>=cmd|calc</v></c></row>')
        ),
    ),
    "two million rows declared": (
        "a.xlsx",
        lambda: book(
            good().replace("<sheetData>", '<dimension ref="A1:XFD2000000"/><sheetData>')
        ),
    ),
    "duplicate heads": (
        "a.csv",
        lambda: csv_of("x").replace("方式".encode(), "内容和要求".encode()),
    ),
    "bad dates": (
        "a.csv",
        lambda: csv_of("甲,2026-02-30,x", "乙,99999999,x").replace(b"\r", b""),
    ),
    "negative numbers": ("a.csv", lambda: csv_of("-1,-2,-3", "=1+1,+1,@x")),
    "halves of characters": (
        "a.xlsx",
        lambda: book(good(row(3, "_xD800_", "_x0000_", "_xFFFF_"))),
    ),
    "UTF-16": ("a.csv", lambda: csv_of(GOOD, encoding="utf-16")),
    "a million empty rows": ("a.xlsx", lambda: book(good("<row/>" * 1_000_000))),
}
