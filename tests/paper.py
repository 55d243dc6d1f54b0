"""What is printed: the words of a PDF in their order, their places, their fonts."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pypdfium2 as pdfium
from pypdf import PdfReader

MM = 72 / 25.4
_SPACE = re.compile(r"[\s\u3000\ufffe]+")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page: its size and margin in points, its words, the boxes of its letters."""

    width: float
    height: float
    words: str
    boxes: list[tuple[float, float, float, float]]


def sheets(body: bytes) -> list[Sheet]:
    """The pages of a PDF."""
    document = pdfium.PdfDocument(body)
    try:
        return [_sheet(document[at]) for at in range(len(document))]
    finally:
        document.close()


def _sheet(page: pdfium.PdfPage) -> Sheet:
    text = page.get_textpage()
    boxes = [
        text.get_charbox(at)
        for at in range(text.count_chars())
        if text.get_text_range(at, 1).strip()
    ]
    width, height = page.get_size()
    return Sheet(width, height, text.get_text_range(), boxes)


def bare(words: str) -> str:
    """Words without the spaces and line breaks that depend on the room there was."""
    return _SPACE.sub("", words)


def text(body: bytes) -> str:
    """All words of a PDF without spaces."""
    return bare("".join(sheet.words for sheet in sheets(body)))


def missing_in_order(whole: str, wanted: Iterable[str]) -> list[str]:
    """Those of the wanted words that do not follow the ones before them."""
    at, missing = 0, []
    for words in map(bare, wanted):
        found = whole.find(words, at)
        if found < 0:
            missing.append(words)
        else:
            at = found + len(words)
    return missing


def outside(body: bytes, margin: float) -> list[tuple[int, tuple[float, ...]]]:
    """The letters that reach into the margin (in millimetres), with their page."""
    edge = margin * MM - 0.5
    return [
        (number, box)
        for number, sheet in enumerate(sheets(body), 1)
        for box in sheet.boxes
        if box[0] < edge
        or box[1] < 5 * MM  # where the number of the page stands
        or box[2] > sheet.width - edge
        or box[3] > sheet.height - edge
    ]


def fonts(body: bytes) -> set[str]:
    """The names of the fonts in a PDF, without the marks of their subsets."""
    pages: list[Any] = list(PdfReader(io.BytesIO(body)).pages)
    used = [page["/Resources"]["/Font"].values() for page in pages]
    names = (str(font.get_object()["/BaseFont"]) for some in used for font in some)
    return {name.rpartition("+")[2] for name in names}
