"""Files that nobody should send: refused in a sentence or harmless, nothing left."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from core.attachment import Attachment
from core.db import db, writing
from core.filetypes import accept, harmless
from core.pictures import NotKept
from core.record import record_type
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.filling import make
from tests.papers import (
    PDF,
    claimed,
    office_file,
    on_disk,
    packed_pdf,
    picture,
    sent,
)
from tests.test_hostile_input import asked

pytestmark = pytest.mark.once

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
PAGE = b"<!doctype html><script>alert(1)</script>"
SCRIPT = b"1 0 obj<</S/JavaScript/JS(app.alert(1))>>endobj"


def bent_zip() -> bytes:
    """An archive whose part is longer than it says."""
    body = bytearray(office_file({"word/x.xml": b"a" * 5000}))
    at = body.rfind(b"PK\x01\x02")
    body[at + 24 : at + 28] = (100).to_bytes(4, "little")
    return bytes(body)


REFUSED: dict[str, tuple[str, Callable[[], bytes]]] = {
    "nothing at all": ("leer.jpg", lambda: b""),
    "a drawing with a script": ("plan.svg", lambda: SVG),
    "a drawing under another name": ("plan.png", lambda: SVG),
    "a page": ("rules.html", lambda: PAGE),
    "a page called a picture": ("rules.jpg", lambda: PAGE),
    "a program called a picture": ("photo.jpg", lambda: b"MZ\x90\x00" + b"\x00" * 500),
    "a program behind a double ending": ("bill.pdf.exe", lambda: b"MZ\x90\x00"),
    "an archive": ("all.zip", lambda: office_file(main="readme.txt")),
    "a picture cut short": ("cut.jpg", lambda: picture(size=(900, 900))[:2000]),
    "a picture of a billion pixels": ("bomb.png", lambda: claimed(40000, 40000)),
    "a picture just over the limit": ("wide.png", lambda: claimed(41000, 1000)),
    "a picture of nothing": ("zero.png", lambda: claimed(0, 0)),
    "a picture that unpacks to much text": (
        "text.png",
        lambda: claimed(20, 20, b"a" * (2 << 20)),
    ),
    "a telephone's own format": (
        "IMG_1.heic",
        lambda: b"\x00\x00\x00\x18ftypheic" + b"\x00" * 90,
    ),
    "a PDF with a script": ("form.pdf", lambda: PDF + SCRIPT),
    "a PDF with a script spelled oddly": (
        "form.pdf",
        lambda: PDF + SCRIPT.replace(b"/JavaScript", b"/J#61vaScr#69pt"),
    ),
    "a PDF with a packed script": (
        "form.pdf",
        lambda: packed_pdf(b"<</S/JavaScript>>"),
    ),
    "a PDF that starts a program": (
        "run.pdf",
        lambda: PDF + b"<</S/Launch/F(cmd.exe)>>",
    ),
    "a PDF that unpacks without end": (
        "big.pdf",
        lambda: packed_pdf(b" " * (130 << 20)),
    ),
    "a locked PDF": ("locked.pdf", lambda: PDF + b"trailer<</Encrypt 9 0 R>>"),
    "an Office file with macros": (
        "table.xlsx",
        lambda: office_file({"xl/vbaProject.bin": b"\x00"}, "xl/workbook.xml"),
    ),
    "an Office file with old macros": (
        "table.xlsx",
        lambda: office_file({"xl/macrosheets/sheet1.xml": b"x"}, "xl/workbook.xml"),
    ),
    "an Office file that unpacks without end": (
        "letter.docx",
        lambda: office_file({"word/media/image.bmp": b"\x00" * (129 << 20)}),
    ),
    "an Office file with a way out": (
        "letter.docx",
        lambda: office_file({"word/../../../etc/passwd": b"x"}),
    ),
    "an Office file with an absolute name": (
        "letter.docx",
        lambda: office_file({"/etc/passwd": b"x"}),
    ),
    "an Office file that lies about its length": ("letter.docx", bent_zip),
    "an Office file of six thousand parts": (
        "letter.docx",
        lambda: office_file({f"word/{n}.xml": b"" for n in range(6000)}),
    ),
    "half an Office file": ("letter.docx", lambda: office_file()[:60]),
    "an old Office file": (
        "old.doc",
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 99,
    ),
}
NAMES = {
    "../../etc/passwd.pdf": "passwd.pdf",
    "C:\\Windows\\system32\\win.ini": "win.pdf",
    "照片\u202egpj.exe": "照片gpj.pdf",
    "a\x00b\r\nSet-Cookie: x.pdf": "abSet-Cookie_ x.pdf",
    "invoice.pdf.exe": "invoice.pdf.pdf",
    "<img src=x onerror=alert(1)>.pdf": "_img src=x onerror=alert(1)_.pdf",
    "...": "",
    "\u200b\u3000.pdf": "",
    "很长" * 200 + ".pdf": "很长" * 50 + ".pdf",
    "合同 3.15.pdf": "合同 3.15.pdf",
}


@pytest.fixture
def repair(as_actor: AsActor, office: Office) -> int:
    with as_actor() as session, writing(session):
        return int(make(session, record_type("repair"), office.home).id)


def rows(as_actor: AsActor) -> int:
    with as_actor():
        query = select(func.count()).select_from(Attachment)
        return int(db.session.execute(query).scalar_one())


@pytest.mark.parametrize("what", REFUSED)
def test_a_hostile_file_is_refused_and_leaves_nothing(
    what: str, folder: Flask, client: Client, repair: int, as_actor: AsActor
) -> None:
    visitor = client("supervisor")
    name, made = REFUSED[what]
    form = sent(("good.pdf", PDF), (name, made()), id=repair)
    answer = asked(visitor.post("/repair/attach/", form), what, 400)
    assert 'class="card signin"' in answer.text, "the sentence is on a page"
    assert on_disk(folder) == []
    assert rows(as_actor) == 0


def test_two_files_in_one_are_only_what_they_show(
    folder: Flask, client: Client, repair: int, as_actor: AsActor
) -> None:
    visitor = client("supervisor")
    twofold = picture() + office_file() + PAGE
    form = sent(("both.gif", twofold), id=repair)
    assert visitor.post("/repair/attach/", form).status_code == 302
    with as_actor() as session:
        row = session.scalars(select(Attachment)).one()
    assert (row.name, row.media) == ("both.jpg", "image/jpeg")
    body = visitor.get("/repair/file/", id=repair, file=row.id).data
    assert b"<script" not in body
    assert b"PK\x03\x04" not in body


def test_a_usual_pdf_with_packed_objects_and_pictures_is_kept() -> None:
    image = b"6 0 obj<</Subtype/Image>>stream\n" + picture() + b"\nendstream endobj"
    body = packed_pdf(b"<</Type/Page/Names(JavaScript)>>") + image
    assert accept("scan.pdf", body, 40).body == body


@pytest.mark.parametrize("name", NAMES)
def test_a_name_leads_nowhere_and_hides_nothing(name: str) -> None:
    assert harmless(name, "application/pdf") == NAMES[name]


@pytest.mark.parametrize(
    "what",
    [
        "a PDF that unpacks without end",
        "a picture of a billion pixels",
        "an Office file that unpacks without end",
    ],
)
def test_memory_stays_bounded(what: str) -> None:
    name, made = REFUSED[what]
    body = made()
    tracemalloc.start()
    with pytest.raises(NotKept):
        accept(name, body, 40)
    assert tracemalloc.get_traced_memory()[1] < 300 << 20
    tracemalloc.stop()


def test_an_archive_packed_in_an_unusual_way_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as packed:
        packed.writestr("word/document.xml", "<document/>")
    with pytest.raises(NotKept):
        accept("letter.docx", out.getvalue(), 40)
