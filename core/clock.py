"""The companion of the case spine: what is due of each case, by which rule."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, ForeignKey, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core import indexes
from core.base import Base, BigId
from core.columns import UtcDateTime


class Clock(Base):
    """A promise of a case: what is due, by which rule, since when.

    ``terms`` are the rule as it was then and ``set_on`` the date that it hangs on, if
    any. Each start is a round of its own. ``stopped_by`` is the move that stopped it;
    a clock that stopped by none was withdrawn. A ``quiet``
    one was overdue before the office knew of its case, and climbs no ladder.
    """

    __tablename__ = "clock"
    __table_args__ = indexes.of_clocks()

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    name: Mapped[str] = mapped_column(String(60))
    rule: Mapped[str] = mapped_column(String(60))
    round: Mapped[int] = mapped_column(default=1, server_default="1")
    terms: Mapped[str | None] = mapped_column(Text)
    set_on: Mapped[str | None] = mapped_column(String(40))
    started_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    paused_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    paused_seconds: Mapped[int] = mapped_column(default=0, server_default="0")
    stopped_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    stopped_by: Mapped[str | None] = mapped_column(String(40))
    quiet: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    department_id: Mapped[int | None] = mapped_column(BigInteger)
    holder_id: Mapped[int | None] = mapped_column(BigInteger)
    role: Mapped[str | None] = mapped_column(String(40))
