"""What follows from a save: clocks of the case, or what is to be checked with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from core.access import actor_of
from core.db import now
from core.moves import Refused
from core.record import Case, Part, Record
from core.words import _
from models import (
    BoxCollection,
    CalendarDay,
    Card,
    CardTopup,
    Gateway,
    KeyIssue,
    Meeting,
    Payment,
    Setting,
    ShiftHandover,
)
from rules.flows.card_ledger import TAKE_BACK
from views import boxes, clocking, handing, handing_over, minutes, moving, receipts
from views.recalculation import recalculate
from views.timetable import refuse_bad_hours
from views.wire import is_usable

Check = Callable[[Session, Any], str]
"""Fills in what is worked out; a sentence when the record cannot stand."""
HOURS = ("office.", "desk.")
"""How the settings begin that the calendar is made of."""


def follow(
    session: Session,
    record: Record,
    added: Iterable[Part],
    came: dt.datetime | None = None,
) -> None:
    """Let clocks follow what was saved, with the lines that were added to it.

    ``came`` is when a case was said to have come in before. Raises BadHours or Refused
    when the office's hours, or a gateway's address, make no sense now.
    """
    session.flush()
    if isinstance(record, Case):
        for move in sorted({line.move for line in added if line.move}):
            clocking.after(session, record, move, now())
        if came is not None:
            clocking.edited(session, record, now(), came)
    elif isinstance(record, CalendarDay) or _is_hours(record):
        follow_calendar(session)
    elif isinstance(record, Gateway) and not is_usable(record.address or ""):
        raise Refused([_("Nothing can be sent to this address.")])
    elif after := _AFTER.get(type(record)):
        after(session, record)


def _shorten(session: Session, topup: CardTopup) -> None:
    """A card lasts as long as is paid, also when a top-up stands no more."""
    if topup.voided_at is None or not topup.period_from:
        return
    card, move = session.get_one(Card, topup.card_id), Card.flow.move(TAKE_BACK)
    if moving.possible(card, move):
        given = {"period_from": topup.period_from}
        moving.make(session, actor_of(session), card, move, given)


def _paid(session: Session, payment: Payment) -> None:
    handing.refuse_prepayment(session, payment)
    receipts.settle(session, payment)


_AFTER: Mapping[type[Record], Callable[[Session, Any], None]] = {
    ShiftHandover: handing_over.written,
    Meeting: minutes.set_going,
    BoxCollection: boxes.emptied,
    KeyIssue: handing.account_for,
    CardTopup: _shorten,
    Payment: _paid,
}
"""What else follows when such a record was written down, or changed."""
_PRICED: Mapping[type[Record], Check] = {Payment: receipts.priced}
_NUMBERED: Mapping[type[Record], Check] = {Payment: receipts.number}
_BEGUN: Mapping[type[Record], Callable[[Session, Any], None]] = {
    Meeting: minutes.take_in
}


def priced(session: Session, record: Record) -> str:
    """Work out what a filled new record leaves empty; a sentence when nothing fits."""
    check = _PRICED.get(type(record))
    return check(session, record) if check else ""


def numbered(session: Session, record: Record) -> str:
    """Give a new record that is no case its number; a sentence if that is taken."""
    check = _NUMBERED.get(type(record))
    return check(session, record) if check else ""


def begun(session: Session, record: Record) -> None:
    """What a new record takes in from others, once it is written down."""
    if take_in := _BEGUN.get(type(record)):
        take_in(session, record)


def follow_calendar(session: Session) -> None:
    """Let every clock follow the calendar; raises BadHours when there is none."""
    refuse_bad_hours(session)
    recalculate(session)


def follow_void(session: Session, record: Record) -> None:
    """What no longer stands can neither be due nor be a holiday."""
    if isinstance(record, Case):
        clocking.ended(session, record, now())
    else:
        follow(session, record, ())


def _is_hours(record: Record) -> bool:
    return isinstance(record, Setting) and str(record.code).startswith(HOURS)
