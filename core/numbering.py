"""Numbers without doubles or gaps: taken inside the saving transaction."""

from __future__ import annotations

import datetime as dt
import re
from string import Formatter
from typing import cast

from sqlalchemy import String, Table, delete, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.base import Base


class Counter(Base):
    """The last number given out, by series and period."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    value: Mapped[int] = mapped_column(default=0)


_COUNTER = cast(Table, Counter.__table__)
_TAKE = text(
    "INSERT INTO counter (name, value) VALUES (:name, :step)"
    " ON CONFLICT (name) DO UPDATE SET value = counter.value + :step RETURNING value"
)


def take(session: Session, name: str, step: int = 1) -> int:
    """The next value of a counter, the last of ``step`` reserved ones; rolls back
    with its transaction, so nothing is lost and nothing is given twice.
    """
    return int(
        session.connection().execute(_TAKE, {"name": name, "step": step}).scalar_one()
    )


_REACH = text(
    "INSERT INTO counter (name, value) VALUES (:name, :value)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
    " WHERE counter.value < excluded.value"
)


def reach(session: Session, name: str, value: int) -> None:
    """Let a counter go on behind ``value``, which was given by hand."""
    session.connection().execute(_REACH, {"name": name, "value": value})


def value(session: Session, name: str) -> int:
    """The last value given out, 0 when none was."""
    query = select(Counter.value).where(Counter.name == name)
    return session.connection().execute(query).scalar() or 0


def step_back(session: Session, name: str, value: int, before: int) -> None:
    """Give numbers back that nobody shall bear, unless somebody has taken more."""
    mine = (Counter.name == name, Counter.value == value)
    session.connection().execute(update(_COUNTER).where(*mine).values(value=before))


def forget(session: Session, name: str) -> None:
    """Let a counter begin anew."""
    session.connection().execute(delete(_COUNTER).where(Counter.name == name))


def period_of(day: dt.date, period: str) -> str:
    """The period a day belongs to: ``2026``, ``202611`` or nothing."""
    return {"year": f"{day:%Y}", "month": f"{day:%Y%m}"}.get(period, "")


def render(pattern: str, prefix: str, day: dt.date, n: int) -> str:
    """A number in the words of its series, ``{prefix}-{year}-{n:04}``."""
    return pattern.format(prefix=prefix, year=f"{day:%Y}", month=f"{day:%m}", n=n)


def place(pattern: str, prefix: str, number: str) -> tuple[str, str, int] | None:
    """Year, month and counter of a number of that series; None when it is of none."""
    known = {"prefix": re.escape(prefix), "n": r"(?P<n>\d{1,9})"}
    known |= {"year": r"(?P<year>\d{4})", "month": r"(?P<month>\d{2})"}
    shape = "".join(
        re.escape(words) + (known[name] if name else "")
        for words, name, *_rest in Formatter().parse(pattern)
    )
    if (found := re.fullmatch(shape, number)) is None or "n" not in found.groupdict():
        return None
    parts = found.groupdict()
    return parts.get("year", ""), parts.get("month", ""), int(parts["n"])
