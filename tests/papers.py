"""Files as people send them, and as nobody should."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

from flask import Flask
from PIL import Image

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj"
    b" 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj"
    b" 3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj"
    b"\ntrailer<</Root 1 0 R>>\n%%EOF"
)
CAMERA = b"Phone-of-Wang"


def picture(
    form: str = "JPEG", size: tuple[int, int] = (400, 300), **more: Any
) -> bytes:
    """A picture, dark on the left, so that its turning shows."""
    image = Image.new("RGB", size, "white")
    image.paste("black", (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    image.save(out, form, **more)
    return out.getvalue()


def photograph() -> bytes:
    """A picture that says where and with what it was taken, lying on its side."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, CAMERA.decode()
    exif.get_ifd(0x8825)[2] = (31.0, 12.0, 3.0)
    return picture(exif=exif, comment=CAMERA, icc_profile=CAMERA * 9)


def office_file(
    parts: dict[str, bytes] | None = None, main: str = "word/document.xml"
) -> bytes:
    """An Office file with those further parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        packed.writestr(main, "<document/>")
        for name, body in (parts or {}).items():
            packed.writestr(name, body)
    return out.getvalue()


def packed_pdf(objects: bytes) -> bytes:
    """A PDF that packs these objects into a stream."""
    stream = zlib.compress(b"7 0 " + objects)
    head = b"5 0 obj<</Type/ObjStm/N 1/First 4/Filter/FlateDecode>>stream\n"
    return PDF + head + stream + b"\nendstream endobj"


def claimed(width: int, height: int, words: bytes = b"") -> bytes:
    """A PNG of some bytes that claims to be that large, or to have so much to say."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    said = b"Comment\0\0" + zlib.compress(words)
    pieces = [(b"IHDR", head), (b"zTXt", said)]
    pieces += [(b"IDAT", zlib.compress(b"\0" * 999)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*piece) for piece in pieces)


def _chunk(name: bytes, body: bytes) -> bytes:
    mark = struct.pack(">I", zlib.crc32(name + body))
    return struct.pack(">I", len(body)) + name + body + mark


def sent(*files: tuple[str, bytes], kind: str = "scan", **more: Any) -> dict[str, Any]:
    """A form with these files as a browser sends it."""
    chosen = [(io.BytesIO(body), name) for name, body in files]
    return {"files": chosen, "kind": kind, **more}


def on_disk(app: Flask) -> list[Path]:
    """Every file that stands in the office's folder."""
    folder: Path = app.config["INSTANCE"] / "uploads"
    return sorted(path for path in folder.rglob("*") if path.is_file())
