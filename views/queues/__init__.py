"""Follow-up queues: one screen, many named filters over what is open."""

from __future__ import annotations

from flask import request, url_for
from markupsafe import Markup
from sqlalchemy.orm import Session

from core.access import Actor
from core.kept import lately, worked_out
from core.words import _, language, say
from rules.queues import QUEUES, Queue
from views.queues.drawing import draw, heads
from views.queues.reading import CAP, count, kinds_of, rows_of, visible
from views.values import capped

__all__ = (
    "CAP",
    "QUEUES",
    "count",
    "draw",
    "heads",
    "kinds_of",
    "menu_queues",
    "queues_of",
    "rows_of",
    "visible",
)

STANDING = frozenset(("mine", "overdue", "due-today", "unclosed"))
"""What stands in the menu when it is empty, too."""


def queues_of(who: Actor) -> tuple[tuple[Queue, ...], tuple[Queue, ...]]:
    """The queues of the reader's roles, and the others that concern what he sees."""

    def sort() -> tuple[tuple[Queue, ...], tuple[Queue, ...]]:
        seen = {cls.slug for cls in kinds_of(who)}
        mine: list[Queue] = []
        others: list[Queue] = []
        for queue in QUEUES:
            if queue.kinds and not seen & queue.kinds.keys():
                continue
            (mine if set(who.roles) & set(queue.roles) else others).append(queue)
        return tuple(mine), tuple(others)

    return worked_out(who, ("queues", "sorted"), sort)


def menu_queues(session: Session, who: Actor) -> Markup:
    """Links for the menu: the queues of one's roles that hold any, and their counts."""
    if not visible(who):
        return Markup()
    key = ("menu queues", language())
    found = lately(session, who, key, lambda: _menu(session, who))
    here = request.path
    return Markup("").join(
        marked if url == here else link
        for url, shown, link, marked in found
        if shown or url == here
    )


def _menu(session: Session, who: Actor) -> list[tuple[str, bool, Markup, Markup]]:
    """Address, whether it is always shown, the link, and the link from its own page."""
    found = []
    for queue in queues_of(who)[0]:
        n = capped(count(session, who, queue), CAP)
        url = url_for("queues.queue", slug=queue.slug)
        found.append((url, bool(n) or queue.slug in STANDING, say(queue.title), n))
    found.append((url_for("queues.overview"), True, _("All queues"), ""))
    return [
        (url, shown, _LINK.format(url, title, n), _HERE.format(url, title, n))
        for url, shown, title, n in found
    ]


_LINK = Markup('<a href="{}">{} <span>{}</span></a>\n')
_HERE = Markup('<a href="{}" class="on" aria-current="page">{} <span>{}</span></a>\n')
