"""A follow-up queue: what is in it, by state, by clock or by who holds it.

Values only; ``views.queues`` turns them into statements.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.words import Words

PAST, TODAY = "past", "today"
EVERY: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue.

    ``kinds`` are record types with their states, none meaning every open one, and
    ``clocks`` the rules whose running clocks make a case stand here, in the order in
    which they are due; ``laddered`` takes all that go up a ladder. ``due`` narrows.
    ``mine`` is what the reader or his department holds, ``stale`` what nobody touched
    for the days of a setting. ``roles`` look at it most.
    """

    slug: str
    title: Words
    about: Words
    roles: tuple[str, ...] = ()
    kinds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    clocks: tuple[str, ...] = ()
    laddered: bool = False
    due: str = ""
    mine: bool = False
    stale: bool = False
    tone: str = ""

    @property
    def by_clock(self) -> bool:
        """Whether its rows are clocks, in the order in which they are due."""
        return bool(self.clocks) or self.laddered


DESK = ("receptionist", "supervisor")
HEADS = ("supervisor", "manager")
ALL = ("receptionist", "supervisor", "manager", "handler")
