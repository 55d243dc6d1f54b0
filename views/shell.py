"""What stands around every page: menu, search, quick creation; and ``render``."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from flask import (
    Flask,
    get_flashed_messages,
    request,
    url_for,
)
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from core.access import ALL, PROJ, Actor, may
from core.db import db
from core.kept import worked_out
from core.policy import stamp
from core.record import Case, record_type, record_types
from core.words import LANGUAGES, _, language, say
from models import (
    ROLES,
    DailyLog,
    Duty,
    PeriodicReport,
    Reception,
    Revisit,
    Setting,
)
from views.context import actor, project_id, projects
from views.wording import pages, piece

SECTIONS: dict[str, tuple[str, str]] = {
    "estate": ("档案", "Estate"),
    "people": ("业主", "People"),
    "reception": ("接待", "Reception"),
    "service": ("派工", "Service"),
    "complaints": ("投诉", "Complaints"),
    "incidents": ("突发", "Incidents"),
    "revisits": ("回访", "Follow-up visits"),
    "handover": ("交付", "Handover"),
    "money": ("收费", "Money"),
    "release": ("放行", "Goods release"),
    "cards": ("卡务", "Cards"),
    "reports": ("统计", "Reports and meetings"),
    "office": ("内务", "Office"),
    "policy": ("规则", "Rules"),
    "system": ("系统", "System"),
}
QUICK = ("reception", "repair", "complaint", "release_pass")
Entries = list[tuple[str, str]]
"""Words and address of menu entries."""
STATIC = Path(__file__).resolve().parent.parent / "static"


@dataclass(frozen=True, slots=True)
class Link:
    """A menu entry of a screen of its own."""

    section: str
    words: Callable[[], str]
    endpoint: str
    shown: Callable[[Actor], bool]


@dataclass(slots=True)
class Menu:
    """The menu of one set of rights in one language, without the mark of place."""

    sections: list[tuple[str, Entries]] = field(default_factory=list)
    new: Entries = field(default_factory=list)


@cache
def address(endpoint: str) -> str:
    """The address of a screen that is asked for nothing in particular."""
    return url_for(endpoint)


class Shell:
    """The frame of a page for this reader; worked out as far as the page asks."""

    def __init__(self) -> None:
        self.actor = actor()
        self.lang = "zh-Hans-CN" if language() != "en" else "en"
        self.user = self.actor.name if self.actor.user_id else ""

    @property
    def languages(self) -> list[tuple[str, str, bool]]:
        """(code, name, on)."""
        return [(code, name, code == language()) for code, name in LANGUAGES.items()]

    @property
    def office(self) -> str:
        """Product and project."""
        name = projects().get(project_id() or 0, "")
        return _("Front desk") + (f" · {name}" if name else "")

    @property
    def projects(self) -> list[tuple[int, str, bool]]:
        """(id, name, on), for who works in several."""
        here = project_id()
        return [(key, name, key == here) for key, name in projects().items()]

    @property
    def roles(self) -> str:
        """What the reader is here."""
        return _(", ").join(role_words(role) for role in self.actor.roles)

    @property
    def queues(self) -> Markup:
        """Links to the queues, with their counts."""
        # the queues draw their pages through this module
        found: Markup
        found = import_module("views.queues").menu_queues(db.session(), self.actor)
        return found

    @property
    def header(self) -> Markup:
        """Search, quick creation and one's own menu; drawn once but for the token."""
        holes = {"token": generate_csrf(), "bell": self._unread()}
        key = (project_id(), stamp(db.session()))
        return piece(self.actor, "header.html", key, holes, lambda: {"shell": self})

    def _unread(self) -> str:
        """The number on the bell."""
        # the inbox draws its page through this module
        n: str = import_module("views.inbox").waiting(db.session(), self.actor)
        if not n:
            return ""
        words = _("{n} unread", n=n)
        return f'<b aria-hidden="true">{n}</b><span class="only">{words}</span>'

    @property
    def books(self) -> Markup:
        """The menu's folds; only the one that the reader is in is drawn anew."""
        here = {request.path, request.full_path}
        kept = worked_out(self.actor, ("folds", language()), self._folds)
        return Markup("").join(
            _fold(title, items, here) if here & urls else html
            for title, items, urls, html in kept
        )

    def _folds(self) -> list[tuple[str, Entries, frozenset[str], Markup]]:
        return [
            (
                title,
                items,
                frozenset(url for _words, url in items),
                _fold(title, items, set()),
            )
            for title, items in menu(self.actor).sections
        ]

    @property
    def new(self) -> list[tuple[str, str]]:
        """Quick creation."""
        return menu(self.actor).new

    search_url = property(lambda self: address("search.search_view"))
    home_url = property(lambda self: address("admin.index"))
    logout_url = property(lambda self: address("login.leave"))
    inbox_url = property(lambda self: address("inbox.inbox"))
    account_url = property(lambda self: address("account.account"))
    language_url = property(lambda self: address("account.speak"))
    project_url = property(lambda self: address("desk.choose_project"))


def role_words(role: str) -> str:
    """A role's title in the reader's language."""
    return next((say((zh, en)) for code, zh, en in ROLES if code == role), role)


def menu(who: Actor) -> Menu:
    """The menu of what this actor may open; kept while his rights stand."""
    return worked_out(who, ("menu", language()), lambda: _menu(who))


def _fold(title: str, items: Entries, here: set[str]) -> Markup:
    """One fold of the menu, open and marked where the reader is."""
    marked = [(words, url, url in here) for words, url in items]
    on = any(mark for _words, _url, mark in marked)
    template = pages().get_template("fold.html")
    return Markup(template.render(title=title, items=marked, on=on))  # noqa: S704


def _menu(who: Actor) -> Menu:
    made = Menu()
    items: dict[str, Entries] = {name: [] for name in SECTIONS}
    for cls in record_types():
        if not (cls.menu and may(who, "read", cls)):
            continue
        address = url_for(f"{cls.slug}.index_view")
        items[cls.section].append((say(cls.title), address))
        for book in cls.books:
            if book.title != cls.title:
                entry = (say(book.title), f"{address}?book={book.code}")
                items[cls.section].append(entry)
    for link in LINKS:
        if link.shown(who):
            items[link.section].append((link.words(), url_for(link.endpoint)))
    made.sections = [
        (say(SECTIONS[name]), found) for name, found in items.items() if found
    ]
    made.new = [
        (say(cls.title), url_for(f"{cls.slug}.create_view"))
        for cls in map(record_type, QUICK)
        if may(who, "create", cls)
    ]
    if _receives(who):
        made.new.insert(0, (_("Quick reception"), url_for("quick.reception")))
    return made


def _receives(who: Actor) -> bool:
    return may(who, "create", Reception)


def _gives_out(who: Actor) -> bool:
    return may(who, "assign", Revisit)


def _walks(who: Actor) -> bool:
    return may(who, "update", Revisit)


def _has_duties(who: Actor) -> bool:
    return may(who, "read", Duty)


def _grants(who: Actor) -> bool:
    return who.system or bool(who.having("system", "update"))


def sees_waivers(who: Actor) -> bool:
    """Whether the reader may look at what was waived by others."""
    return any(right.scope in (PROJ, ALL) for right in who.having("change", "read"))


def destroys(who: Actor) -> bool:
    """Whether the actor may void anything, and so destroy what it no longer needs."""
    return any(action == "void" for _target, action in who.rights)


LINKS: list[Link] = [
    Link("reception", lambda: _("Quick reception"), "quick.reception", _receives),
    Link(
        "reception",
        lambda: _("Stocktake and handover"),
        "shifts.screen",
        lambda who: may(who, "read", Case),
    ),
    Link(
        "reception",
        lambda: _("To be entered late"),
        "back_entries.screen",
        lambda who: may(who, "read", DailyLog),
    ),
    Link(
        "reports",
        lambda: _("Reports and dashboard"),
        "reports.index",
        lambda who: may(who, "read", PeriodicReport),
    ),
    Link("office", lambda: _("Files to destroy"), "retention.due", destroys),
    Link("revisits", lambda: _("Revisits of the month"), "visits.meters", _gives_out),
    Link("revisits", lambda: _("Door to door"), "doors.doors", _walks),
    Link("reports", lambda: _("Duties and rounds"), "agenda.weeks", _has_duties),
    Link("system", lambda: _("Rights by role"), "matrix.matrix", _grants),
    Link(
        "system",
        lambda: _("Change history"),
        "changes.changes",
        lambda who: bool(who.having("system", "read")),
    ),
    Link(
        "policy",
        lambda: _("Figures to confirm"),
        "unconfirmed.screen",
        lambda who: may(who, "read", Setting),
    ),
    Link(
        "policy",
        lambda: _("Done without a second person"),
        "waivers.screen",
        sees_waivers,
    ),
    Link(
        "system",
        lambda: _("Jobs and delivery"),
        "jobs.screen",
        lambda who: any(right.scope == ALL for right in who.having("system", "read")),
    ),
    Link(
        "policy",
        lambda: _("Rules of the procedures"),
        "clauses.clauses",
        lambda who: True,
    ),
]


@cache
def asset(name: str) -> str:
    """The address of a static file, with its fingerprint."""
    body = (STATIC / name).read_bytes()
    return url_for("static", filename=name, v=hashlib.sha256(body).hexdigest()[:10])


def render(template: str, **context: Any) -> str:
    """A page inside the frame."""
    waiting = get_flashed_messages(with_categories=True)
    page = pages().get_template(template)
    return page.render(shell=Shell(), flashes=waiting, **context)


def init_app(app: Flask) -> None:
    """Give templates their few functions."""
    app.jinja_env.globals.update(_=_, asset=asset, csrf_token=generate_csrf)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
