"""What a process keeps instead of working it out again.

What follows from an actor's rights alone stays with the actor, who is built anew when
they change. A figure is kept for some seconds, and no longer than until this process
writes: whoever saves sees the new count at once, others within seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, TypeVar, cast

from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from core.access import Actor

T = TypeVar("T")

MOST = 500
"""Things kept for one actor; whoever asks for more shapes of lists begins again."""
SECONDS = 5.0


def worked_out(actor: Actor, key: Hashable, make: Callable[[], T]) -> T:
    """What ``make`` gave for this actor the first time."""
    found = actor.kept.get(key)
    if found is None:
        if len(actor.kept) >= MOST:
            actor.kept.clear()
        found = actor.kept[key] = make()
    return cast(T, found)


def lately(session: Session, actor: Actor, key: Hashable, load: Callable[[], T]) -> T:
    """What ``load`` gave for this actor seconds ago, unless this process wrote."""
    if session.info.get("writing"):
        return load()
    place, moment = (session.get_bind().engine, "lately", key), time.monotonic()
    written = writes()
    found = actor.kept.get(place)
    if found is None or found[0] < moment or found[1] != written:
        found = (moment + SECONDS, written, load())
        if len(actor.kept) >= MOST:
            actor.kept.clear()
        actor.kept[place] = found
    return cast(T, found[2])


_writes = [0]


def writes() -> int:
    """How often this process has written so far."""
    return _writes[0]


def written() -> None:
    """Count one more write."""
    _writes[0] += 1
