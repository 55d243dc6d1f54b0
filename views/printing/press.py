"""Pages of print as PDF: the same markup, stylesheet and font as on the screen.

Import it through ``views.printing.pdf``: it needs Pango, a library of the system.
Nothing is fetched while a page is drawn but what is handed over here.
"""

from __future__ import annotations

import atexit
import gc
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache, partial
from itertools import islice
from multiprocessing import get_context
from threading import Lock
from typing import Any

from pypdf import PdfReader, PdfWriter
from weasyprint import CSS, HTML, Document
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from core.db import PATIENCE, Busy
from core.words import _
from views.printing.font import FONT
from views.shell import STATIC

OURS = "https://office.invalid/"
"""Where the stylesheet seems to lie; nobody but this module answers there."""
CHUNK = 20
"""Forms whose pages are in memory together."""
AT_HAND, HANDS = 2, 2
"""How many times that are drawn in this process, and by how many others more are."""
MOST = 500
"""Pages of one attached file that a folder takes in."""
_one_at_a_time = Lock()


class Unreadable(ValueError):
    """A file that cannot be put on paper; the sentence says why."""


class Assets(URLFetcher):
    """Gives out what it holds; every other address is an error."""

    def __init__(self, held: Mapping[str, bytes]) -> None:
        super().__init__(allowed_protocols=())
        self.held = held

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """The asset of that address; KeyError leaves the page without it."""
        return URLFetcherResponse(url, self.held[url])


@cache
def _type() -> dict[str, Any]:
    """The stylesheet and the font, read once."""
    atexit.register(_type.cache_clear)  # the font lies in a temporary folder
    fonts, place = FontConfiguration(), FONT.relative_to(STATIC).as_posix()
    sheet = CSS(
        string=(STATIC / "print.css").read_text("utf-8"),
        base_url=f"{OURS}print.css",
        url_fetcher=Assets({OURS + place: FONT.read_bytes()}),
        font_config=fonts,
    )
    return {"stylesheets": [sheet], "font_config": fonts}


@contextmanager
def _turn() -> Iterator[None]:
    """One drawing at a time: it takes a processor and much memory."""
    if not _one_at_a_time.acquire(timeout=PATIENCE):
        raise Busy
    try:
        yield
    finally:
        _one_at_a_time.release()


def pdf(pages: Iterable[str], held: Mapping[str, bytes] | None = None) -> bytes:
    """Every page of markup behind the other, each numbered for itself.

    Many are drawn by processes of their own, so that this one goes on serving.
    """
    with _turn():
        made = iter(pages)
        chunks = list(iter(lambda: list(islice(made, CHUNK)), []))
        draw = partial(_chunk, held=held or {})
        if len(chunks) <= AT_HAND:
            drawn = [draw(chunk) for chunk in chunks]
        else:
            spawned = get_context("spawn")  # a copy of a server with threads may hang
            with ProcessPoolExecutor(HANDS, spawned) as hands:
                drawn = list(hands.map(draw, chunks))
        return drawn[0] if len(drawn) == 1 else bound([("", one) for one in drawn])


def _chunk(markup: Sequence[str], held: Mapping[str, bytes]) -> bytes:
    """Some pages of markup as one PDF.

    A drawing leaves much in memory until its end, which is not worth looking through.
    """
    gc.disable()
    try:
        some = [_drawn(page, held) for page in markup]
        every = [page for document in some for page in document.pages]
        return bytes(some[0].copy(every).write_pdf())
    finally:
        gc.enable()


def _drawn(page: str, held: Mapping[str, bytes]) -> Document:
    return HTML(string=page, url_fetcher=Assets(held)).render(**_type())


def count(file: bytes) -> int:
    """How many pages one of our own PDFs has; nothing has none."""
    return len(PdfReader(io.BytesIO(file)).pages) if file else 0


def upright(file: bytes) -> bytes:
    """The pages of somebody's PDF, written anew; Unreadable when that fails."""
    out, writer = io.BytesIO(), PdfWriter()
    try:
        reader = PdfReader(io.BytesIO(file))
        if len(reader.pages) > MOST:
            raise Unreadable(_("more than {n} pages", n=MOST))
        writer.append(reader, import_outline=False)
        for page in writer.pages:
            page.transfer_rotation_to_content()
            page.get_contents()
        writer.write(out)
    except Unreadable:
        raise
    except Exception as error:  # a broken file may fail in any way it likes
        raise Unreadable(_("the file cannot be read")) from error
    return out.getvalue()


def bound(papers: Sequence[tuple[str, bytes]], stamps: bytes = b"") -> bytes:
    """PDFs as one, each under its title; each page with its stamp, if there are any."""
    out, writer = io.BytesIO(), PdfWriter()
    for title, file in papers:
        writer.append(io.BytesIO(file), title or None, import_outline=not title)
    laid = PdfReader(io.BytesIO(stamps)).pages if stamps else ()
    for page, stamp in zip(writer.pages, laid, strict=False):
        page.merge_translated_page(stamp, page.mediabox.left, page.mediabox.bottom)
    writer.write(out)
    return out.getvalue()
