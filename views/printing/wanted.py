"""What was asked to be printed: on which paper, with which mark, as page or PDF."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.base import Book
from core.record import Record
from core.words import Words, say

PAPERS: dict[str, Words] = {"a4": ("A4", "A4"), "a5": ("A5", "A5")}
MARKS: dict[str, Words] = {
    "first": ("第一联", "First copy"),
    "second": ("第二联", "Second copy"),
    "both": ("一式两联", "Both copies"),
    "duplicate": ("副本", "Duplicate"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request for print; what makes no sense is left out."""

    book: Book | None = None
    paper: str = "a4"
    mark: str = ""
    pdf: bool = False
    blank: bool = False
    register: bool = False

    @property
    def marks(self) -> list[str]:
        """The mark of each copy that is printed."""
        copies = ("first", "second") if self.mark == "both" else (self.mark,)
        return [say(MARKS[code]) if code else "" for code in copies]


def read(cls: type[Record], args: Mapping[str, str]) -> Wanted:
    """What a query string or a form asks for."""
    paper, mark = args.get("paper", ""), args.get("mark", "")
    return Wanted(
        book=next((b for b in cls.books if b.code == args.get("book")), None),
        paper=paper if paper in PAPERS else cls.printed_on,
        mark=mark if mark in MARKS else "",
        pdf=args.get("format") == "pdf",
        blank=args.get("blank") == "1",
        register=args.get("layout") == "register",
    )
