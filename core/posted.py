"""What was sent once: an answer that a bad connection repeats does nothing twice."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, Index, String, delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.base import Base, BigId
from core.columns import UtcDateTime
from core.db import now
from core.messages import keep

KEPT = dt.timedelta(days=90)
"""How long somebody's telephone may have been without a connection."""


class Posted(Base):
    """The token under which somebody has sent something."""

    __tablename__ = "posted"
    __table_args__ = (
        Index("uq_posted_once", "staff_id", "token", unique=True),
        Index("ix_posted_at", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    staff_id: Mapped[int] = mapped_column(BigInteger)
    token: Mapped[str] = mapped_column(String(40))
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


def is_first(session: Session, staff_id: int, token: str) -> bool:
    """Whether nothing came under that token before, within the caller's write."""
    row = {"staff_id": staff_id, "token": token, "at": now()}
    return keep(session, Posted, row)


def forget(session: Session, moment: dt.datetime) -> None:
    """Drop tokens so old that nobody sends them again, within the caller's write."""
    old = Posted.at < moment - KEPT
    session.connection().execute(delete(Posted).where(old))
