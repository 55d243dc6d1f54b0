"""Ladders: who is told of what is late, level by level, and when messages may leave.

The level is a function of the due time and now; nothing here is ever stored.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rules.calendar import Hours


@dataclass(frozen=True, slots=True)
class Rung:
    """One row of a ladder: from how long after the due time on, who is told and how."""

    ladder: str
    level: int
    after: dt.timedelta
    recipient: str = ""
    role: str = ""
    head: bool = False
    own_department: bool = False
    staff_id: int | None = None
    address: str = ""
    channel: str = "inbox"
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Band:
    """Due times that stand equally high: later than ``since``, up to ``until``."""

    since: dt.datetime | None
    until: dt.datetime
    rungs: tuple[Rung, ...]

    @property
    def level(self) -> int:
        """The highest level reached."""
        return max(rung.level for rung in self.rungs)


def bands(rungs: Iterable[Rung], now: dt.datetime) -> Iterator[Band]:
    """The bands of a ladder at this moment, the lowest level first."""
    known = sorted(rungs, key=lambda rung: (rung.after, rung.level))
    steps = [*sorted({rung.after for rung in known}), None]
    for after, beyond in pairwise(steps):
        assert after is not None
        reached = tuple(rung for rung in known if rung.after <= after)
        yield Band(None if beyond is None else now - beyond, now - after, reached)


def leaves_at(
    moment: dt.datetime, hours: Hours, digest: Sequence[dt.time] = ()
) -> dt.datetime:
    """When a message that can wait leaves: as people work, or with the next digest."""
    for day in hours.on_days(hours.day_of(moment)):
        if not digest and moment < hours.closing(day):
            return max(moment, hours.opening(day))
        for clock in sorted(digest):
            slot = dt.datetime.combine(day, clock, hours.zone).astimezone(dt.UTC)
            if slot > moment:
                return slot
    raise AssertionError("days do not end")
