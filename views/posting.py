"""Which messages leave the office, by which gateways and when: the outbox is filled."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.db import writing
from core.messages import Message, Outgoing, keep
from core.policy import remembered
from models import CalendarDay, Gateway, Staff
from rules.calendar import Hours
from rules.ladders import leaves_at
from views.values import setting, zone

PAGE = 200
_message = Message.__table__.c


@dataclass(frozen=True, slots=True)
class Office:
    """When messages that can wait leave."""

    hours: Hours
    digest: tuple[dt.time, ...] = ()


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
    gateways, when = _gateways(session), office(session)
    reached = _reached(session, {m.staff_id for m in page if m.staff_id})
    later = leaves_at(moment, when.hours, when.digest)
    for message in page:
        for gateway in gateways:
            if not _carries(gateway, message, reached):
                continue
            recipient = "" if gateway.reaches == "room" else message.recipient
            leaves = moment if message.urgent else later
            together = f"{gateway.id}/{recipient}/{leaves.isoformat()}"
            alone = f"{together}/{message.topic}"
            yield {
                "message_id": message.id,
                "gateway_id": gateway.id,
                "topic": message.topic,
                "recipient": recipient,
                "parcel": _key(alone if message.urgent else together),
                "next_at": leaves,
            }


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


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


def office(session: Session) -> Office:
    """The office's hours and, when it wants digests, their times."""

    def load() -> Office:
        wanted = setting(session, "message.delivery", "at_once") == "digest"
        times = setting(session, "message.digest_times", "09:00,16:30").split(",")
        digest = tuple(dt.time.fromisoformat(clock.strip()) for clock in times)
        return Office(_hours(session), digest if wanted else ())

    return remembered(session, "posting", load)


def _hours(session: Session) -> Hours:
    t = CalendarDay.__table__.c
    days = select(t.day, t.working).where(t.voided_at.is_(None), t.project_id.is_(None))
    weekdays = setting(session, "office.work_days", "1,2,3,4,5").split(",")
    opens, closes = (
        dt.time.fromisoformat(setting(session, f"office.{end}", usual))
        for end, usual in (("opens", "09:00"), ("closes", "18:00"))
    )
    return Hours(
        zone(session),
        frozenset(int(day) for day in weekdays),
        opens,
        closes,
        dict(session.connection().execute(days).all()),
    )
