"""Follow-up queues: one screen, many named filters over what is open."""

from __future__ import annotations

from flask import request, url_for
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

ALL = "all"
STANDING = frozenset(("mine", "overdue", "due-today", "unclosed", ALL))
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


def menu_queues(session: Session, who: Actor) -> list[tuple[str, str, str, bool]]:
    """(title, address, count, on) for the menu: those of one's roles that hold any."""
    if not visible(who):
        return []
    key = ("menu queues", language())
    found = lately(session, who, key, lambda: _menu(session, who))
    here = request.path
    return [
        (title, url, n, url == here)
        for slug, title, url, n in found
        if n or slug in STANDING or url == here
    ]


def _menu(session: Session, who: Actor) -> list[tuple[str, str, str, str]]:
    """Slug, title, address and count in words of each, and where all of them are."""
    found = []
    for queue in queues_of(who)[0]:
        n = count(session, who, queue)
        url = url_for("queues.queue", slug=queue.slug)
        found.append((queue.slug, say(queue.title), url, capped(n, CAP)))
    found.append((ALL, _("All queues"), url_for("queues.overview"), ""))
    return found
