"""The small menus from which a record or a list is printed."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from flask import url_for

from core.access import Actor, can, may
from core.record import Record
from core.words import say
from views.asked import Asked
from views.context import titles
from views.printing.paper import liftable
from views.printing.wanted import MARKS, PAPERS

Options = list[tuple[str, str]]


@dataclass(slots=True)
class PrintMenu:
    """What can be printed from here: ``given`` goes along with every choice."""

    url: str
    given: Options
    blank_url: str
    folder_url: str = ""
    titles: Options = field(default_factory=list)
    masked: bool = False
    of_list: bool = False
    paper: str = "a4"

    @property
    def papers(self) -> Options:
        """The sizes of paper."""
        usual = {self.paper: PAPERS[self.paper]}
        return [(code, say(words)) for code, words in (usual | PAPERS).items()]

    @property
    def marks(self) -> Options:
        """The marks of copies."""
        return [(code, say(words)) for code, words in MARKS.items()]


def record_menu(actor: Actor, record: Record) -> PrintMenu | None:
    """The menu of a record page, for whom may print the record."""
    if not can(actor, "print", record):
        return None
    cls, url = type(record), url_for(f"{record.slug}.print_view")
    kinds = [
        (book.code, say(book.title))
        for book in cls.books
        if all(getattr(record, n) == value for n, value in book.where.items())
    ]
    return PrintMenu(
        url,
        [("id", str(record.id))],
        f"{url}?blank=1",
        url_for(f"{record.slug}.folder_view", id=record.id),
        [("", titles(cls)), *kinds] if kinds else [],
        any(liftable(actor, record, book) for book in (None, *cls.books)),
        paper=cls.printed_on,
    )


def list_menu(actor: Actor, cls: type[Record], asked: Asked) -> PrintMenu | None:
    """The menu of a list, for whom may print some of it."""
    if not may(actor, "print", cls):
        return None
    url = url_for(f"{cls.slug}.print_view")
    link = asked.link(after=None, before=None)
    book = f"&book={asked.book.code}" if asked.book else ""
    given, blank = parse_qsl(link.lstrip("?")), f"{url}?blank=1{book}"
    return PrintMenu(url, given, blank, of_list=True, paper=cls.printed_on)
