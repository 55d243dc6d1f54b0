"""The outbox on its way: claimed, sent, tried again with patience, given up in words.

A parcel is claimed in a transaction of its own before it is sent, with the time of its
next attempt: whoever dies on the way leaves it to the next run. So every letter arrives
at least once, and under one identity.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.db import writing
from core.messages import Message, Outgoing
from core.privacy import SealBroken
from core.words import DEFAULT, _, say, speaking
from models import Gateway, Staff, User
from views.posting import post
from views.values import setting
from views.wire import Letter, Undelivered, deliver

BUDGET = 120.0
"""Seconds after which a run leaves the rest to the next one."""
LINES = 20
"""Messages told in one letter; more are only counted."""
_row = Outgoing.__table__.c


@dataclass(frozen=True, slots=True)
class Parcel:
    """Rows that travel together, claimed for one attempt."""

    key: str
    gateway_id: int
    recipient: str
    attempts: int
    gives_up: bool


def run(session: Session, moment: dt.datetime) -> int:
    """Fill the outbox, then send what is due; how many letters left."""
    post(session, moment)
    return send_due(session, moment)


def send_due(session: Session, moment: dt.datetime) -> int:
    """Send every parcel that is due; a gateway that failed rests until the next run."""
    sent, resting, end = 0, set[int](), time.monotonic() + BUDGET
    while time.monotonic() < end and (found := _due(session, moment, resting)):
        parcel = _claim(session, found, moment)
        if parcel is None:
            continue
        error = _send(session, parcel)
        _settle(session, parcel, error, moment)
        sent += not error
        resting |= {parcel.gateway_id} if error else set()
    return sent


def _due(session: Session, moment: dt.datetime, resting: set[int]) -> Any:
    query = (
        select(_row.parcel, _row.gateway_id, _row.recipient, _row.attempts)
        .where(_row.next_at <= moment, _row.gateway_id.not_in(resting))
        .order_by(_row.next_at, _row.id)
        .limit(1)
    )
    return session.connection().execute(query).one_or_none()


def _claim(session: Session, found: Any, moment: dt.datetime) -> Parcel | None:
    """Take the parcel for one attempt; nothing when somebody else has just done so."""
    waits, n = patience(session), found.attempts
    gives_up = n >= len(waits)
    again = moment + (waits[-1] if gives_up else waits[n])
    same = (_row.parcel == found.parcel, _row.attempts == n, _row.next_at <= moment)
    claim = update(Outgoing).where(*same).values(attempts=n + 1, next_at=again)
    with writing(session):
        if not session.connection().execute(claim).rowcount:
            return None
    return Parcel(found.parcel, found.gateway_id, found.recipient, n + 1, gives_up)


def patience(session: Session) -> list[dt.timedelta]:
    """How long to wait after each attempt that failed; then it is given up."""
    said = re.findall(r"\d+", setting(session, "message.retry_minutes", ""))
    return [dt.timedelta(minutes=int(n[:5])) for n in said or ("1", "5", "15", "60")]


def _send(session: Session, parcel: Parcel) -> str:
    """One attempt; what went wrong, or nothing."""
    gateway = session.get(Gateway, parcel.gateway_id, populate_existing=True)
    if gateway is None or not gateway.active or gateway.voided_at:
        return "GatewayClosed"
    to = _address(session, gateway, parcel.recipient)
    if to is None:
        return "NoAddress"
    try:
        address, letter = gateway.address, _letter(session, parcel)
        session.rollback()  # nothing is held while the network takes its time
        deliver(address, to, letter)
    except Undelivered as why:
        return str(why)
    except SealBroken as broken:
        return type(broken).__name__
    return ""


def _address(session: Session, gateway: Gateway, recipient: str) -> str | None:
    """Where on the gateway the recipient is; a group is the gateway itself."""
    if not recipient.isdigit():
        return recipient
    staff = session.get(Staff, int(recipient), populate_existing=True)
    if staff is None:
        return None
    found: str | None = staff.email if gateway.reaches == "mail" else staff.phone
    return found


def _letter(session: Session, parcel: Parcel) -> Letter:
    """What the parcel says, in its recipient's language."""
    told, link = _told(session, parcel.key), setting(session, "message.link", "")
    language = _language_of(session, parcel.recipient)
    return speaking(language, lambda: _written(parcel.key, told, link.rstrip("/")))


def _written(key: str, told: Sequence[Any], link: str) -> Letter:
    lines = [_line(row, link) for row in told[:LINES]]
    if beyond := told[LINES:]:
        lines.append(_("… and {n} more in the inbox", n=len(beyond)))
    one = len(told) == 1
    subject = _words(told[0]) if one else _("{n} messages", n=len(told))
    close = _("Sent by the office's front desk program; please do not answer.")
    return Letter(key, subject, "\n".join([*lines, "", close]))


def _line(row: Any, link: str) -> str:
    if not (link and row.slug):
        return _words(row)
    return f"{_words(row)}\n{link}/{row.slug}/details/?id={row.record_id}"


def _words(row: Any) -> str:
    return say((row.words_zh, row.words_en))


def _told(session: Session, parcel: str) -> Sequence[Any]:
    m = Message.__table__.c
    query = (
        select(m.words_zh, m.words_en, m.slug, m.record_id)
        .join_from(Outgoing, Message, _row.message_id == m.id)
        .where(_row.parcel == parcel)
        .order_by(m.id)
    )
    return session.connection().execute(query).all()


def _language_of(session: Session, recipient: str) -> str:
    if not recipient.isdigit():
        return DEFAULT
    query = select(User.language).where(User.staff_id == int(recipient))
    return session.scalar(query) or DEFAULT


def _settle(session: Session, parcel: Parcel, error: str, moment: dt.datetime) -> None:
    """Note that it was sent, or why not and whether that was the last attempt."""
    facts: dict[str, Any] = {"error": error[:80]}
    if not error:
        facts |= {"sent_at": moment, "next_at": None}
    elif parcel.gives_up:
        facts |= {"failed_at": moment, "next_at": None}
    mine = (_row.parcel == parcel.key, _row.attempts == parcel.attempts)
    with writing(session):
        session.connection().execute(update(Outgoing).where(*mine).values(**facts))


def failed(session: Session, most: int = 50) -> Sequence[Any]:
    """What was given up, the newest first: a row for each parcel."""
    first = func.min(_row.id).label("id")
    query = (
        select(
            first,
            _row.gateway_id,
            _row.recipient,
            _row.error,
            func.max(_row.failed_at).label("failed_at"),
            func.count().label("messages"),
        )
        .where(_row.failed_at.is_not(None))
        .group_by(_row.parcel, _row.gateway_id, _row.recipient, _row.error)
        .order_by(first.desc())
        .limit(most)
    )
    return session.connection().execute(query).all()


def try_again(session: Session, row_id: int, moment: dt.datetime) -> bool:
    """Send what was given up with the next run, as if for the first time."""
    parcel = select(_row.parcel).where(_row.id == row_id).scalar_subquery()
    given_up = (_row.parcel == parcel, _row.failed_at.is_not(None))
    fresh = {"failed_at": None, "attempts": 0, "next_at": moment, "error": ""}
    again = update(Outgoing).where(*given_up).values(**fresh)
    return bool(session.connection().execute(again).rowcount)
