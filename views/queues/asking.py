"""What a queue was asked for: kind, department, holder, building, age, due; by URL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from views.asked import moment_of, place_of
from views.values import number

KEYS = ("department", "holder", "building", "like")
TOLD = ("kind", *KEYS, "age", "due", "urgent", "uncounted")
DUE = ("late", "today", "week")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A narrowed queue, and the place that its page begins behind.

    ``uncounted`` is what nobody has taken stock of within the office's interval,
    ``like`` the complaint that all of them are alike.
    """

    kind: str = ""
    department: int = 0
    holder: int = 0
    building: int = 0
    like: int = 0
    urgent: bool = False
    age: int = 0
    due: str = ""
    uncounted: bool = False
    after: tuple[dt.datetime, int] | None = None

    def link(self, **changes: object) -> str:
        """The query string of this queue, changed; without its place."""
        asked = ((name, changes.get(name, getattr(self, name))) for name in TOLD)
        told = [(name, 1 if value is True else value) for name, value in asked if value]
        return f"?{urlencode(told)}" if told else ""

    @property
    def narrowed(self) -> bool:
        """Whether anything but the kind was asked for."""
        return bool(self.link(kind=""))


def read(args: Mapping[str, str], kinds: set[str]) -> Wanted:
    """What the query string asks for; what makes no sense is left out."""
    if not args:
        return Wanted()
    kind, due = args.get("kind", ""), args.get("due", "")
    return Wanted(
        kind=kind if kind in kinds else "",
        department=_whole(args, "department"),
        holder=_whole(args, "holder"),
        building=_whole(args, "building"),
        like=_whole(args, "like"),
        urgent=args.get("urgent") == "1",
        age=_whole(args, "age", digits=4),
        due=due if due in DUE else "",
        uncounted=args.get("uncounted") == "1",
        after=moment_place(args.get("after", "")),
    )


def _whole(args: Mapping[str, str], name: str, digits: int = 9) -> int:
    return number(args.get(name, "").strip(), digits) or 0


def moment_place(after: str) -> tuple[dt.datetime, int] | None:
    """The moment and the id that a page begins behind; None of what is no place."""
    place = place_of(after)
    moment = moment_of(place[0]) if place else None
    return (moment, place[1]) if place and moment else None
