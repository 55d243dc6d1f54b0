"""Occasions: what comes round with the calendar, each opened once and by one case."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.base import Base, BigId
from core.messages import keep

Key = tuple[str, int, int, dt.date]
"""Rule, project, what it is about (0: the project itself), first day of its period."""


class Occasion(Base):
    """One occasion of a rule, and the case that was opened for it."""

    __tablename__ = "occasion"
    __table_args__ = (
        Index("uq_occasion_once", "rule", "project_id", "subject", "slot", unique=True),
        Index("ix_occasion_due", "project_id", "due_on"),
        Index("ix_occasion_case_id", "case_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    rule: Mapped[str] = mapped_column(String(60))
    project_id: Mapped[int] = mapped_column(BigInteger)
    subject: Mapped[int] = mapped_column(BigInteger, default=0)
    slot: Mapped[dt.date]
    due_on: Mapped[dt.date]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))


occasions = Occasion.__table__.c


def take(session: Session, key: Key, due: dt.date) -> bool:
    """Whether the occasion is the caller's to open; somebody may have been first."""
    return keep(session, Occasion, {**_columns(key), "due_on": due})


def settle(session: Session, key: Key, case_id: int) -> None:
    """Name the case that stands for an occasion."""
    which = (occasions[name] == value for name, value in _columns(key).items())
    change = update(Occasion).where(*which).values(case_id=case_id)
    session.connection().execute(change)


def known(
    session: Session, project: int, rules: Iterable[str], since: dt.date
) -> set[Key]:
    """The occasions of an estate's rules, due from that day on, that were opened."""
    query = select(occasions.rule, occasions.subject, occasions.slot).where(
        occasions.project_id == project,
        occasions.rule.in_(list(rules)),
        occasions.due_on >= since,
    )
    return {(r, project, s, d) for r, s, d in session.connection().execute(query)}


def _columns(key: Key) -> dict[str, Any]:
    return dict(zip(("rule", "project_id", "subject", "slot"), key, strict=True))
