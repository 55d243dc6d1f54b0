"""Messages: what somebody is told, in the office's inbox and beyond it.

Telling is a row in the caller's transaction, once for a topic and recipient. What is
to leave the office stands in the outbox; a job alone sends it (``views.outbox``).
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.base import Base, BigId
from core.columns import UtcDateTime
from core.db import now
from core.indexes import only
from core.record import Case, Record, project_of
from core.words import Words

Recipient = int | str
"""A member of staff by id, or the mail address of somebody who is none."""
WIDTH = 400
MOST = 99
"""As far as unread messages are counted."""


class Message(Base):
    """Something that one recipient is told; it holds nobody's personal data."""

    __tablename__ = "message"
    __table_args__ = (
        Index("uq_message_topic_recipient", "topic", "recipient", unique=True),
        Index("ix_message_inbox", "staff_id", "id", **only("inside")),
        Index("ix_message_unread", "staff_id", **only("inside AND read_at IS NULL")),
        Index("ix_message_waiting", "id", **only("posted_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    topic: Mapped[str] = mapped_column(String(80))
    recipient: Mapped[str] = mapped_column(String(120))
    staff_id: Mapped[int | None] = mapped_column(BigInteger)
    project_id: Mapped[int | None] = mapped_column(BigInteger)
    words_zh: Mapped[str] = mapped_column(String(WIDTH))
    words_en: Mapped[str] = mapped_column(String(WIDTH))
    slug: Mapped[str] = mapped_column(String(40), default="")
    record_id: Mapped[int | None] = mapped_column(BigInteger)
    urgent: Mapped[bool] = mapped_column(default=False)
    inside: Mapped[bool] = mapped_column(default=True)
    told_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    posted_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class Outgoing(Base):
    """A message's way out of the office; rows of one parcel travel together.

    The parcel is also the letter's identity on the wire, the same at every attempt.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("uq_outbox_once", "topic", "gateway_id", "recipient", unique=True),
        Index("ix_outbox_due", "next_at", **only("next_at IS NOT NULL")),
        Index("ix_outbox_failed", "id", **only("failed_at IS NOT NULL")),
        Index("ix_outbox_parcel", "parcel"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), index=True)
    gateway_id: Mapped[int] = mapped_column(BigInteger)
    topic: Mapped[str] = mapped_column(String(80))
    recipient: Mapped[str] = mapped_column(String(120))
    parcel: Mapped[str] = mapped_column(String(40))
    next_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str] = mapped_column(String(80), default="")


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told: its topic, its words, the record behind it, how it travels."""

    topic: str
    words: Words
    slug: str = ""
    record_id: int | None = None
    project_id: int | None = None
    urgent: bool = False
    inside: bool = True
    outside: bool = True


def tell(
    session: Session,
    staff: Iterable[int],
    words: Words,
    record: Record | None = None,
    *,
    urgent: bool = False,
) -> None:
    """Tell members of staff something, within the caller's write transaction.

    ``words`` name no person: a kind, a number, a time. Whoever is named twice is told
    once. Urgent messages leave at any hour, others when people work.
    """
    notice = Notice(secrets.token_hex(16), words, urgent=urgent)
    if record is not None:
        notice = replace(notice, slug=record.slug, record_id=record.id)
        notice = replace(notice, project_id=project_of(record))
    put(session, [(notice, key) for key in staff], now())


def put(
    session: Session, told: Iterable[tuple[Notice, Recipient]], moment: dt.datetime
) -> set[tuple[str, str]]:
    """Keep messages, each once; the topics and recipients that are new."""
    found = set()
    for row in _rows(told, moment):
        if keep(session, Message, row):
            found.add((row["topic"], row["recipient"]))
    return found


def keep(session: Session, kind: type[Base], row: dict[str, Any]) -> bool:
    """Insert a row unless there is one with the same unique key."""
    connection, table = session.connection(), kind.__table__
    insert = _INSERTS[connection.dialect.name](table).values(row)
    made = insert.on_conflict_do_nothing().returning(table.c.id)
    return connection.execute(made).first() is not None


def _rows(
    told: Iterable[tuple[Notice, Recipient]], moment: dt.datetime
) -> Iterable[dict[str, Any]]:
    for notice, recipient in told:
        ours = isinstance(recipient, int)
        yield {
            "topic": notice.topic,
            "recipient": str(recipient),
            "staff_id": recipient if ours else None,
            "project_id": notice.project_id,
            "words_zh": _line(notice.words[0]),
            "words_en": _line(notice.words[1]),
            "slug": notice.slug,
            "record_id": notice.record_id,
            "urgent": notice.urgent,
            "inside": notice.inside and ours,
            "told_at": moment,
            "posted_at": None if notice.outside else moment,
        }


def _line(words: str) -> str:
    return " ".join(words.split())[:WIDTH]


def unread(session: Session, staff_id: int) -> int:
    """How many messages wait to be read, counted to one past ``MOST``."""
    some = select(_message.id).where(*_of(staff_id), _UNREAD).limit(MOST + 1)
    query = select(func.count()).select_from(some.subquery())
    return int(session.connection().execute(query).scalar_one())


def inbox(
    session: Session, staff_id: int, before: int = 0, most: int = 50
) -> Sequence[Any]:
    """The newest messages of somebody, or those before the one with that id."""
    query = select(Message.__table__).where(*_of(staff_id))
    if before:
        query = query.where(_message.id < before)
    page = query.order_by(_message.id.desc()).limit(most)
    return session.connection().execute(page).all()


def read(session: Session, staff_id: int, message_id: int) -> Any:
    """Mark a message as read; its row, nothing when it is not this reader's."""
    mine = (*_of(staff_id), _message.id == message_id)
    _mark(session, *mine)
    query = select(_message.slug, _message.record_id).where(*mine)
    return session.connection().execute(query).one_or_none()


def read_all(session: Session, staff_id: int) -> None:
    """Mark every message of somebody as read."""
    _mark(session, *_of(staff_id))


def sweep(session: Session, before: dt.datetime, most: int) -> int:
    """Drop some old messages that were read, or left long ago; how many.

    Those about a case that is still open stay: by them nobody is told twice.
    """
    way, case = Outgoing.__table__.c, Case.__table__.c
    waiting = exists().where(way.message_id == _message.id, way.next_at.is_not(None))
    unclosed = exists().where(case.id == _message.record_id, case.open)
    done = or_(_message.read_at.is_not(None), ~_message.inside)
    query = (
        select(_message.id)
        .where(_message.told_at < before, _message.posted_at.is_not(None))
        .where(done, ~waiting, ~unclosed)
        .order_by(_message.id)
        .limit(most)
    )
    connection = session.connection()
    ids = list(connection.execute(query).scalars())
    connection.execute(delete(Outgoing).where(way.message_id.in_(ids)))
    connection.execute(delete(Message).where(_message.id.in_(ids)))
    return len(ids)


def _mark(session: Session, *which: ColumnElement[bool]) -> None:
    fresh = update(Message).where(*which, _UNREAD)
    session.connection().execute(fresh.values(read_at=now()))


def _of(staff_id: int) -> tuple[ColumnElement[bool], ...]:
    return _message.staff_id == staff_id, _INSIDE


_message = Message.__table__.c
_INSIDE: ColumnElement[bool] = literal_column("inside")
"""In the words of the indexes; SQLite uses them for no other."""
_UNREAD = _message.read_at.is_(None)
_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
