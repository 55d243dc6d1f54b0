"""What pages say: their entries, changes, controls and rows, as a reader sees them."""

from __future__ import annotations

import csv
import html
import io
import re

_TAG = re.compile(r"<[^>]+>")
_ENTRY = re.compile(r"<dt[^>]*>(.*?)</dt>\s*<dd[^>]*>(.*?)</dd>", re.DOTALL)
_CHANGE = re.compile(
    r'<li><span class="soft">(.*?)</span>\s*'
    r"(?:<del>(.*?)</del>\s*→\s*)?<ins>(.*?)</ins>",
    re.DOTALL,
)
_CONTROL = re.compile(r'<(?:input|select|textarea)\b[^>]*?\bname="([^"]+)"')
_TITLE = re.compile(r'title="([^"]*)"')
_ROW = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)
_LINK = re.compile(r'href="([^"]*/details/\?id=(\d+))"')


def text(markup: str) -> str:
    """The words of a piece of a page."""
    return html.unescape(_TAG.sub("", markup)).strip()


def main(page: str) -> str:
    """The page without what stands around it."""
    return page.partition('<main id="main"')[2].partition("</main>")[0]


def entries(page: str) -> dict[str, str]:
    """Label -> words, exact times included, of a record page."""
    found: dict[str, str] = {}
    for label, value in _ENTRY.findall(page):
        lines = re.sub(r"<br\s*/?>", "\n", value.split("<details")[0])
        exact = " ".join(_TITLE.findall(value))
        kept = found.get(text(label), "")
        found[text(label)] = "\n".join(filter(None, (kept, text(lines), exact)))
    return found


def changes(page: str) -> list[tuple[str, str, str]]:
    """(label, old, new) of every change on a history page."""
    return [(text(a), text(b), text(c)) for a, b, c in _CHANGE.findall(page)]


def controls(page: str) -> set[str]:
    """The names of the controls in the page's own forms."""
    return set(_CONTROL.findall(main(page)))


def ids(page: str) -> list[int]:
    """The records that a list links to, in order."""
    return [int(key) for _url, key in _LINK.findall(main(page))]


def csv_rows(body: str) -> list[list[str]]:
    """The lines of an exported file without its byte order mark."""
    return list(csv.reader(io.StringIO(body.removeprefix("\ufeff"))))
