"""Beginning with a whole estate: three example workbooks and where each goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, Flask, abort, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core.access import SYSTEM, Actor, Denied, may
from core.db import db
from core.record import Case, Record, record_type
from core.words import Words, _, say
from seeds.sample.example import ROWS, Values
from views.context import actor, titles
from views.export import TYPES, handed_out
from views.importing import template
from views.importing.targets import IMPORTING, Target, right_to_import, targets
from views.listing import held
from views.people import granted, whose
from views.shell import LINKS, Link, render
from views.spool import folder, spool
from views.values import choices
from views.workbook import Sheet, opened

page = Blueprint("starting", __name__)


@dataclass(frozen=True, slots=True)
class Kit:
    """One workbook: its name and the record types that its sheets hold."""

    name: str
    title: Words
    slugs: tuple[str, ...]

    @property
    def types(self) -> list[type[Record]]:
        """The record types, in the order of their sheets."""
        return [record_type(slug) for slug in self.slugs]

    @property
    def url(self) -> str:
        """Where it is downloaded."""
        return url_for("starting.kit", name=self.name)

    @property
    def label(self) -> str:
        """Its title in the reader's language."""
        return say(self.title)

    @property
    def steps(self) -> Iterator[tuple[str, int, str, str]]:
        """Title, how many are recorded, where they are imported, else by whom."""
        who, session = actor(), db.session()
        for cls in self.types:
            url = whom = ""
            if right_to_import(who, cls):
                url = url_for(f"{cls.slug}.import_view")
            else:
                whom = whose(granted(session, cls), IMPORTING)
            many = held(session, who, cls, 9_999) if may(who, "read", cls) else 0
            yield titles(cls), many, url, whom


KITS = (
    Kit("homes", ("1 楼栋和房屋", "1 Buildings and homes"), ("building", "unit")),
    Kit("households", ("2 住户", "2 Households"), ("person",)),
    Kit(
        "staff-and-cases",
        ("3 员工和未办结的事项", "3 Staff and open cases"),
        ("staff", "reception"),
    ),
)


@page.get("/start/")
def start() -> str:
    """The three workbooks, and what is recorded so far."""
    _allow()
    return render("start.html", page={"title": _title(), "kits": KITS})


@page.get("/start/<name>.xlsx")
def kit(name: str) -> Response:
    """An example workbook, to be overwritten with one's own."""
    _allow()
    found = next((one for one in KITS if one.name == name), None)
    if found is None:
        abort(404)
    file, session = spool(), db.session()
    with opened(file, folder(), constant_memory=False) as book:
        for cls in found.types:
            rows = list(ROWS[cls.slug]())
            known = [one for one in targets(SYSTEM, cls) if one.key in rows[0]]
            sheet = book.add_worksheet(Sheet(say(cls.title)).name)
            template.heads(book, sheet, known)
            for at, row in enumerate(rows, 1):
                sheet.write_row(at, 0, _spelled(session, known, row))
    return handed_out(file, f"{found.label}.xlsx", TYPES["xlsx"])


def _title() -> str:
    return _("Start with an estate")


def begins(who: Actor) -> bool:
    """Whether the reader may import anything that the cases of an estate refer to."""
    types = (cls for kit in KITS for cls in kit.types if not issubclass(cls, Case))
    return any(right_to_import(who, cls) for cls in types)


def _allow() -> None:
    if not begins(actor()):
        raise Denied("import", "project")


def _spelled(session: Session, known: list[Target], row: Values) -> list[str]:
    """A row in the words of its reader."""
    said = []
    for target in known:
        value = row.get(target.key, "")
        said.append(choices(session, target.field).get(value) or value)
    return said


def init_app(app: Flask) -> None:
    """Register the page, with its link for whoever may open it."""
    LINKS.append(Link("estate", _title, "starting.start", begins))
    app.register_blueprint(page)
