"""Rows of a long file, written portion by portion and in force only when all are there.

Each portion is a short transaction, so nobody waits for long. Until the whole is
decided its rows are void, its clocks stopped: no choice offers them, so nothing can
refer to them. What was decided is carried through, whatever dies meanwhile; what was
not is taken back, as if it had never been.
"""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Index,
    String,
    Table,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import numbering, policy, search
from core.base import Base, BigId
from core.clock import Clock
from core.columns import UtcDateTime
from core.db import writing
from core.record import Case, Record, record_type

CLOCKS = "clock"
HOLD = 0.5
"""Seconds for which taking back keeps the others waiting at one go."""
BITE = 20
"""Rows taken back between two looks at the watch; each is sought in every table that
may refer to it."""


class Portion(Base):
    """Rows of one table that one part of a file has brought, from id to id.

    ``series`` is the counter that the part moved, ``before`` and ``after`` from where
    to where.
    """

    __tablename__ = "portion"
    __table_args__ = (Index("ix_portion_token", "token", "part"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token: Mapped[str] = mapped_column(String(32))
    part: Mapped[int]
    slug: Mapped[str] = mapped_column(String(40))
    first: Mapped[int] = mapped_column(BigId)
    last: Mapped[int] = mapped_column(BigId)
    series: Mapped[str] = mapped_column(String(120), default="")
    before: Mapped[int] = mapped_column(default=0)
    after: Mapped[int] = mapped_column(default=0)
    written_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    decided: Mapped[bool] = mapped_column(default=False)


_P: Any = Portion.__table__


def marker(token: str) -> str:
    """What stands in rows that are not in force yet, instead of a reason."""
    return f"import {token}"


def ledger(token: str) -> str:
    """The counter of the parts written, which makes writing twice impossible."""
    return f"import:{token}"


def last_of(session: Session, token: str, slug: str) -> int:
    """The last record that earlier parts have brought, 0 when there is none."""
    query = select(func.max(_P.c.last)).where(_P.c.token == token, _P.c.slug == slug)
    return session.connection().execute(query).scalar() or 0


def decide(session: Session, token: str) -> None:
    """From the end of this transaction on nothing is taken back any more."""
    mine = update(_P).where(_P.c.token == token)
    session.connection().execute(mine.values(decided=True))


def put_in_force(session: Session, token: str) -> None:
    """Let everything that was decided stand, part by part."""
    more = True
    while more:
        with writing(session):
            more = _next_in_force(session, token)


def _next_in_force(session: Session, token: str) -> bool:
    connection = session.connection()
    mine = (_P.c.token == token, _P.c.decided)
    part = select(func.min(_P.c.part)).where(*mine).scalar_subquery()
    query = delete(_P).where(*mine, _P.c.part == part).returning(_P)
    rows = connection.execute(query).all()
    for row in rows:
        table, since, why = _marked(row.slug)
        standing = update(table).where(*_rows(row)).values({since: None, why: None})
        connection.execute(standing)
        if row.slug != CLOCKS:
            policy.notice(session, record_type(row.slug))
    return bool(rows)


def take_back(session: Session, token: str) -> None:
    """Remove what was written and not decided, the last first, and its numbers."""
    more = True
    while more:
        with writing(session):
            numbering.take(session, ledger(token), 0)  # whoever writes waits, or I do
            more = _back(session, token)


def _back(session: Session, token: str) -> bool:
    """Take back for a while; whether something is left."""
    connection, until = session.connection(), time.monotonic() + HOLD
    query = select(_P).where(_P.c.token == token, ~_P.c.decided)
    for row in connection.execute(query.order_by(_P.c.id.desc())).all():
        numbering.forget(session, ledger(token))
        while keys := _some_of(session, row):
            _remove(session, row.slug, keys)
            if time.monotonic() > until:
                return True
        if row.series:
            numbering.step_back(session, row.series, row.after, row.before)
        connection.execute(delete(_P).where(_P.c.id == row.id))
    return False


def _some_of(session: Session, row: Any) -> list[int]:
    table, *_names = _marked(row.slug)
    query = select(table.c.id).where(*_rows(row)).limit(BITE)
    return list(session.connection().execute(query).scalars())


def _remove(session: Session, slug: str, keys: list[int]) -> None:
    connection = session.connection()
    table, *_names = _marked(slug)
    if slug != CLOCKS:
        cls = record_type(slug)
        search.drop(connection, cls, keys)
        own: Any = cls.__table__
        if own is not table:
            connection.execute(delete(own).where(own.c.id.in_(keys)))
    connection.execute(delete(table).where(table.c.id.in_(keys)))


def _marked(slug: str) -> tuple[Table, str, str]:
    """The table of these rows, and where it is said that they are not in force."""
    kind: type[Base] = Clock
    if slug != CLOCKS:
        cls: type[Record] = record_type(slug)
        kind = Case if issubclass(cls, Case) else cls
    table = kind.__table__
    assert isinstance(table, Table)
    names = (
        ("stopped_at", "stopped_by") if kind is Clock else ("voided_at", "void_reason")
    )
    return table, *names


def _rows(row: Any) -> tuple[ColumnElement[bool], ...]:
    """Ids may lie between those of others, so the rows are told by their marker too."""
    table, _since, why = _marked(row.slug)
    return table.c.id.between(row.first, row.last), table.c[why] == marker(row.token)


def stranded(session: Session, before: dt.datetime) -> tuple[list[str], list[str]]:
    """What is decided and not whole yet, and what nobody has gone on with since."""
    query = select(_P.c.token, _P.c.decided, func.max(_P.c.written_at).label("at"))
    rows = session.connection().execute(query.group_by(_P.c.token, _P.c.decided)).all()
    decided = [row.token for row in rows if row.decided]
    return decided, [row.token for row in rows if not row.decided and row.at < before]
