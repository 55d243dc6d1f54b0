"""Pages of print as PDF: the same markup, stylesheet and font as on the screen.

Import it through ``views.printing.pdf``: it needs Pango, a library of the system.
Nothing is fetched while a page is drawn but what is handed over here.
"""

from __future__ import annotations

import atexit
import io
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import islice
from threading import Lock
from typing import Any

from pypdf import PdfWriter
from weasyprint import CSS, HTML, Document
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from views.printing.font import FONT
from views.shell import STATIC

OURS = "https://office.invalid/"
"""Where the stylesheet seems to lie; nobody but this module answers there."""
CHUNK = 20
"""Forms whose pages are in memory together."""
_one_at_a_time = Lock()


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


def pdf(pages: Iterable[str]) -> bytes:
    """Every page of markup behind the other, each numbered for itself."""
    with _one_at_a_time:
        chunks, made = [], iter(pages)
        while some := [_drawn(page) for page in islice(made, CHUNK)]:
            every = [page for document in some for page in document.pages]
            chunks.append(some[0].copy(every).write_pdf())
        return chunks[0] if len(chunks) == 1 else joined(chunks)


def _drawn(page: str) -> Document:
    return HTML(string=page, url_fetcher=Assets({})).render(**_type())


def joined(files: Iterable[bytes]) -> bytes:
    """Several PDFs as one."""
    out, writer = io.BytesIO(), PdfWriter()
    for one in files:
        writer.append(io.BytesIO(one))
    writer.write(out)
    return out.getvalue()
