"""Which messages leave the office, by which gateways and when: the outbox is filled."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.db import writing
from core.messages import Message, Notice, Outgoing, keep, put
from core.words import _, both
from models import Gateway, Staff
from rules.ladders import leaves_at
from views.timetable import timetable
from views.values import setting

PAGE = 200
_message = Message.__table__.c


def post(session: Session, moment: dt.datetime) -> int:
    """Give every message that nobody has looked at yet its ways out; how many."""
    total = 0
    while page := _waiting(session):
        with writing(session):
            for row in _rows(session, page, moment):
                keep(session, Outgoing, row)
            seen = _message.id.in_([message.id for message in page])
            posted = update(Message).where(seen).values(posted_at=moment)
            session.connection().execute(posted)
        total += len(page)
    return total


def _waiting(session: Session) -> Sequence[Any]:
    waiting = _message.posted_at.is_(None)
    query = select(Message.__table__).where(waiting).order_by(_message.id).limit(PAGE)
    return session.connection().execute(query).all()


def _rows(
    session: Session, page: Sequence[Any], moment: dt.datetime
) -> Iterator[dict[str, Any]]:
    gateways, hours = _gateways(session), timetable(session, None).calendar.office
    reached = _reached(session, {m.staff_id for m in page if m.staff_id})
    later = leaves_at(moment, hours, _digest(session))
    for message in page:
        for gateway in gateways:
            if _carries(gateway, message, reached):
                yield _row(gateway, message, moment if message.urgent else later)


def _row(gateway: Gateway, message: Any, leaves: dt.datetime) -> dict[str, Any]:
    """A way out; what can wait travels with all else for that recipient and time."""
    recipient = "" if gateway.reaches == "room" else message.recipient
    parcel = f"{gateway.id}/{recipient}/{leaves.isoformat()}"
    parcel += f"/{message.topic}" if message.urgent else ""
    return {
        "message_id": message.id,
        "gateway_id": gateway.id,
        "topic": message.topic,
        "recipient": recipient,
        "parcel": hashlib.sha256(parcel.encode()).hexdigest()[:32],
        "next_at": leaves,
    }


def _carries(gateway: Gateway, message: Any, reached: set[tuple[str, int]]) -> bool:
    """Whether a gateway is for this message and knows the way to its recipient."""
    if gateway.project_id not in (None, message.project_id):
        return False
    if gateway.urgent_only and not message.urgent:
        return False
    if message.staff_id is None:
        return gateway.reaches == "mail"
    return gateway.reaches == "room" or (gateway.reaches, message.staff_id) in reached


def _gateways(session: Session) -> Sequence[Gateway]:
    standing = (Gateway.active, Gateway.voided_at.is_(None))
    return session.scalars(select(Gateway).where(*standing).order_by(Gateway.id)).all()


def _reached(session: Session, staff: Iterable[int]) -> set[tuple[str, int]]:
    """Who can be reached by what: ("mail", staff id)."""
    t = Staff.__table__.c
    query = select(t.id, t.email, t.phone_sealed).where(t.id.in_(staff))
    found = set()
    for row in session.connection().execute(query):
        found |= {("mail", row.id)} if row.email else set()
        found |= {("phone", row.id)} if row.phone_sealed else set()
    return found


def try_out(
    session: Session, gateway: Gateway, staff_id: int, moment: dt.datetime
) -> bool:
    """Send somebody a message by one gateway alone; False when it reaches him not."""
    topic = f"try/{gateway.id}/{moment.isoformat()}"
    words = both(lambda: _("A test of the gateway {name}", name=gateway.name))
    here = gateway.project_id
    notice = Notice(topic, words, "", None, here, urgent=True, inside=False)
    put(session, [(notice, staff_id)], moment)
    mine = update(Message).where(_message.topic == topic).values(posted_at=moment)
    message = session.connection().execute(mine.returning(*_message)).one()
    if not _carries(gateway, message, _reached(session, [staff_id])):
        return False
    return keep(session, Outgoing, _row(gateway, message, moment))


def _digest(session: Session) -> tuple[dt.time, ...]:
    """When messages leave together; nothing where each leaves by itself."""
    if setting(session, "message.delivery", "at_once") != "digest":
        return ()
    said = setting(session, "message.digest_times", "")
    times = re.findall(r"\b(?:[01]\d|2[0-3]):[0-5]\d\b", said) or ("09:00", "16:30")
    return tuple(dt.time.fromisoformat(clock) for clock in times)
