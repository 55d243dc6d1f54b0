"""Which files are kept: told by their content, never by their name.

Pictures are drawn anew. A PDF is kept unless it acts by itself, an Office file unless
it holds macros or unpacks to more than it should. Nothing else is kept: no page that a
browser would run, no archive, no program.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from core.pictures import JPEG, PNG, NotKept, redrawn
from core.words import _

PDF = "application/pdf"
_OFFICE = "application/vnd.openxmlformats-officedocument."
_PARTS = {
    "word/document.xml": _OFFICE + "wordprocessingml.document",
    "xl/workbook.xml": _OFFICE + "spreadsheetml.sheet",
    "ppt/presentation.xml": _OFFICE + "presentationml.presentation",
}
"""The part that tells which Office file it is."""
SUFFIXES = {JPEG: ".jpg", PNG: ".png", PDF: ".pdf"} | dict(
    zip(_PARTS.values(), (".docx", ".xlsx", ".pptx"), strict=True)
)
VIEWED = frozenset((JPEG, PNG, PDF))
"""What a browser may show; everything else is only handed out."""
CHOSEN = ",".join((*SUFFIXES.values(), ".jpeg", ".gif", ".webp"))
"""What a file dialog offers; a telephone turns its own formats into these."""

LONGEST_NAME, PACKED, STREAMS, UNPACKED = 100, 5_000, 100_000, 128 << 20
_PICTURE = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8[79]a|RIFF.{4}WEBP", re.DOTALL
)
_PHONE_PICTURE = re.compile(rb".{4}ftyp(hei[cx]|hev[cx]|mif1|msf1|avif)", re.DOTALL)
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ACTIVE = re.compile(rb"/(?:JavaScript|Launch|RichMedia)\b|/XFA[\s\[\d]")
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_OBJECTS = re.compile(rb"\s*\d+\s+\d+\s")
"""How the objects begin that a PDF packs into a stream: pairs of numbers."""
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_MACROS = re.compile(r"vbaProject|vbaData|(^|/)(macrosheets|activeX)/", re.IGNORECASE)
_PACKING = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ASTRAY = re.compile(r"^[/\\]|\\|:|(^|/)\.\.(/|$)|[\x00-\x1f]")


@dataclass(frozen=True, slots=True)
class Accepted:
    """A file as it is kept: a harmless name, what it is, its bytes, a thumbnail."""

    name: str
    media: str
    body: bytes
    thumbnail: bytes = b""


def accept(name: str, body: bytes, megapixels: int) -> Accepted:
    """The file as it may be kept; NotKept with the reason when it may not."""
    if not body:
        raise NotKept(_("The file is empty."))
    if _PICTURE.match(body):
        media, drawn, thumbnail = redrawn(body, megapixels)
        return Accepted(harmless(name, media), media, drawn, thumbnail)
    for mark, check in _CHECKS.items():
        if body.startswith(mark):
            media = check(body)
            return Accepted(harmless(name, media), media, body)
    if _PHONE_PICTURE.match(body):
        raise NotKept(_("Pictures of this phone's own format: send them as JPEG."))
    if body.startswith(_OLD_OFFICE):
        raise NotKept(_("An old Office file: save it as docx, xlsx or pptx, or PDF."))
    raise NotKept(
        _("Only pictures (JPEG, PNG, WebP, GIF), PDF, docx, xlsx and pptx are kept.")
    )


def harmless(name: str, media: str) -> str:
    """A file's own name without its ending's lies; it may be empty."""
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", tidy(name)).strip(" .")
    return stem + SUFFIXES[media] if stem else ""


def tidy(name: str) -> str:
    """A file's name without path and without signs that hide or turn others."""
    last = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    kinds = ((sign, unicodedata.category(sign)[0]) for sign in last)
    seen = "".join(sign for sign, kind in kinds if sign == " " or kind not in "CZ")
    return re.sub(r'[<>:"|?*]', "_", seen).strip()[:LONGEST_NAME].rstrip(" .")


def _pdf(body: bytes) -> str:
    text = _ESCAPED.sub(_letter, body)
    if b"/Encrypt" in text:
        raise NotKept(_("The PDF is locked by a password; save it without one."))
    if _ACTIVE.search(text) or _ACTIVE.search(_packed_objects(body)):
        raise NotKept(
            _("The PDF holds a script or starts something; print it to a new PDF.")
        )
    return PDF


def _letter(escaped: re.Match[bytes]) -> bytes:
    return bytes([int(escaped[1], 16)])


def _packed_objects(body: bytes) -> bytes:
    """What a PDF packs its objects into, unpacked as far as that is sensible."""
    found, room = [], UNPACKED
    for number, mark in enumerate(_STREAM.finditer(body)):
        start = mark.end()
        if _OBJECTS.match(_unpacked(body[start : start + 400], 40)):
            stream = body[start : body.find(b"endstream", start)]
            found.append(_ESCAPED.sub(_letter, _unpacked(stream, room)))
            room -= len(stream) + len(found[-1])
        if room <= 0 or number > STREAMS:
            raise _bomb()
    return b"\n".join(found)


def _unpacked(stream: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(stream, most)
    except zlib.error:
        return b""


def _bomb() -> NotKept:
    return NotKept(_("The file unpacks to far more than it should."))


def _office(body: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            return _office_type(packed)
    except NotKept:
        raise
    except Exception as error:  # a hostile archive fails in many ways
        raise NotKept(_("The file is damaged or not an Office file.")) from error


def _office_type(packed: zipfile.ZipFile) -> str:
    entries = packed.infolist()
    names = [entry.orig_filename for entry in entries]
    if len(names) > PACKED or sum(entry.file_size for entry in entries) > UNPACKED:
        raise _bomb()
    if any(_MACROS.search(name) for name in names):
        raise NotKept(_("The file holds macros; save it without them."))
    told = [media for part, media in _PARTS.items() if part in names]
    astray = any(_ASTRAY.search(name) for name in names)
    usual = {entry.compress_type for entry in entries} <= _PACKING
    if len(told) != 1 or astray or not usual or packed.testzip() is not None:
        raise NotKept(_("The file is damaged or not an Office file."))
    return told[0]


_CHECKS: dict[bytes, Callable[[bytes], str]] = {b"%PDF-": _pdf, b"PK\x03\x04": _office}
