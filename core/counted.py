"""What was counted for a report: its figures, and the rows behind each of them.

Both are written anew until the report is submitted. Its record, and so the history,
holds the digest of the figures; those hold the digests of the rows.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, Text, delete, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.base import Base
from core.columns import UtcDateTime

Columns = Mapping[str, Sequence[Any]]
"""Rows by column: their ids, what each meets, and what they are broken down by."""


class Altered(RuntimeError):
    """Figures or rows are not those that were frozen."""


class Counted(Base):
    """The figures of a report with their definitions, as of a moment."""

    __tablename__ = "report_count"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True)
    counted_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    figures: Mapped[str] = mapped_column(Text)


class CountedRows(Base):
    """The rows behind one group of a report's figures, packed."""

    __tablename__ = "report_rows"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    packed: Mapped[bytes] = mapped_column(LargeBinary)


def digest(body: bytes) -> str:
    """What tells one body from any other."""
    return hashlib.sha256(body).hexdigest()


def pack(columns: Columns) -> bytes:
    """Rows in little room."""
    return zlib.compress(json.dumps(columns, ensure_ascii=False).encode(), 1)


def unpack(body: bytes) -> Columns:
    """The rows that were packed."""
    found: Columns = json.loads(zlib.decompress(body))
    return found


def keep(
    session: Session,
    case_id: int,
    at: dt.datetime,
    figures: str,
    packed: Mapping[str, bytes],
) -> None:
    """Put figures and rows in the place of those counted before."""
    connection = session.connection()
    for table in (Counted, CountedRows):
        connection.execute(delete(table).where(table.case_id == case_id))
    values = {"case_id": case_id, "counted_at": at, "figures": figures}
    connection.execute(insert(Counted), values)
    lines = [{"case_id": case_id, "code": c, "packed": b} for c, b in packed.items()]
    if lines:
        connection.execute(insert(CountedRows), lines)


def figures(session: Session, case_id: int, wanted: str) -> dict[str, Any] | None:
    """The figures of a report; Altered unless they have the ``wanted`` digest."""
    query = select(Counted.figures).where(Counted.case_id == case_id)
    body = session.connection().execute(query).scalar()
    if body is None:
        return None
    if digest(body.encode()) != wanted:
        raise Altered
    found: dict[str, Any] = json.loads(body)
    return found


def rows(session: Session, case_id: int, code: str, wanted: str) -> Columns:
    """The rows behind a group; Altered unless they have the ``wanted`` digest."""
    query = select(CountedRows.packed).where(
        CountedRows.case_id == case_id, CountedRows.code == code
    )
    body = session.connection().execute(query).scalar()
    if body is None or digest(body) != wanted:
        raise Altered
    return unpack(body)
