"""Who has agreed to a shift's handover: each side for itself, nobody for both."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from core import audit
from core.access import Actor, actor_of
from core.db import now
from core.moves import Refused
from core.words import _
from models import ShiftHandover

SIDES = {
    "receptionist_id": "receptionist_agreed",
    "guard_id": "guard_agreed",
}
"""Who is on each side -> whether that side has agreed."""
SHOWN = 5
"""Handovers on the desk that wait for somebody."""


def written(session: Session, record: ShiftHandover) -> None:
    """Whoever writes a handover down agrees to it; the other side has to, again."""
    if record.receptionist_id == record.guard_id:
        raise Refused([_("Nobody hands over to themselves: choose who takes over.")])
    record.receptionist_agreed = record.guard_agreed = False
    record.taken_at = None
    me = actor_of(session).staff_id
    for person, agreed in SIDES.items():
        if me is not None and getattr(record, person) == me:
            _agree(record, agreed)


def side(who: Actor, record: ShiftHandover) -> str:
    """The side that waits for this reader's word; empty when none does."""
    if who.staff_id is None or record.voided_at is not None:
        return ""
    waiting = (
        agreed
        for person, agreed in SIDES.items()
        if getattr(record, person) == who.staff_id and not getattr(record, agreed)
    )
    return next(waiting, "")


def agree(session: Session, record: ShiftHandover, agreed: str) -> None:
    """One side agrees."""
    _agree(record, agreed)
    audit.explain(session, record, "agree")


def _agree(record: ShiftHandover, agreed: str) -> None:
    setattr(record, agreed, True)
    if agreed == SIDES["guard_id"]:
        record.taken_at = now()


def waiting(session: Session, who: Actor) -> Sequence[ShiftHandover]:
    """The newest handovers that wait for this reader's word."""
    if who.staff_id is None:
        return ()
    sides = (
        and_(getattr(ShiftHandover, person) == who.staff_id, ~getattr(ShiftHandover, a))
        for person, a in SIDES.items()
    )
    standing = select(ShiftHandover).where(ShiftHandover.voided_at.is_(None))
    newest = standing.where(or_(*sides)).order_by(ShiftHandover.id.desc())
    return session.scalars(newest.limit(SHOWN)).all()
