"""Signatures on a record: who signed it as what, when, on paper or by hand on glass.

A signature keeps a fingerprint of each thing that the record said, so that a later
change shows. What the steps of a flow write by themselves is not what was signed.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Index, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import audit, privacy
from core.access import actor_of, on_behalf
from core.audit import Entry
from core.base import Base, BigId
from core.columns import UtcDateTime
from core.db import now
from core.fingerprint import fingerprint
from core.record import Part, Record, form_fields, parts, project_of

FIELD = "signatures"
"""What a right calls the signatures of a record where it is limited to fields."""
SIGNED, STRUCK = "sign", "unsign"
LINES = "lines."
"""Before the type of the lines that a fingerprint stands for."""
WIDTH, HEIGHT = 600, 200
"""The sheet on which strokes are drawn."""
Strokes = list[list[int]]
"""Of each stroke its points: x, y, x, y ..."""


class Signature(Base):
    """One signature of one record; a struck one keeps its row and its reason."""

    __tablename__ = "signature"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(String(40))
    record_id: Mapped[int] = mapped_column(BigInteger)
    project_id: Mapped[int | None] = mapped_column(BigInteger)
    signed_as: Mapped[str] = mapped_column(String(40))
    name_sealed: Mapped[str] = mapped_column(Text, info={"secret": "name"})
    strokes_sealed: Mapped[str | None] = mapped_column(Text, info={"secret": "strokes"})
    reference: Mapped[str | None] = mapped_column(String(200))
    attachment_id: Mapped[int | None] = mapped_column(BigInteger)
    content: Mapped[str] = mapped_column(Text)
    row_key: Mapped[str] = mapped_column(String(32), unique=True)
    signed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    taken_by_id: Mapped[int | None] = mapped_column(BigInteger)
    voided_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    void_reason: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index("ix_signature_record", "slug", "record_id"),)

    @property
    def name(self) -> str:
        """Who signed."""
        return privacy.unseal(self.name_sealed, self._bound("name"))

    @property
    def strokes(self) -> Strokes:
        """What was drawn; nothing for a signature on paper."""
        if self.strokes_sealed is None:
            return []
        found = json.loads(privacy.unseal(self.strokes_sealed, self._bound("strokes")))
        return list(found)

    def _bound(self, what: str) -> str:
        return f"{self.__tablename__}.{what}.{self.row_key}"


@dataclass(frozen=True, slots=True)
class Signed:
    """What is known of a signature before it is kept."""

    name: str
    signed_as: str
    strokes: Strokes
    reference: str = ""
    attachment_id: int | None = None


def sign(session: Session, record: Record, signed: Signed) -> Signature:
    """Keep a signature with its record, told in the record's history."""
    row = Signature(slug=record.slug, record_id=record.id, signed_as=signed.signed_as)
    row.project_id, row.row_key = project_of(record), secrets.token_hex(16)
    row.name_sealed = privacy.seal(signed.name, row._bound("name"))
    if signed.strokes:
        drawn = json.dumps(signed.strokes, separators=(",", ":"))
        row.strokes_sealed = privacy.seal(drawn, row._bound("strokes"))
    row.reference, row.attachment_id = signed.reference or None, signed.attachment_id
    row.content = json.dumps(content_of(session, record))
    row.signed_at, row.taken_by_id = now(), actor_of(session).staff_id
    session.add(row)
    entry = Entry(SIGNED, row.slug, row.record_id, row.project_id, row.signed_as)
    entry.plain = {"signature": [None, row.row_key]}
    audit.note(session, entry)
    return row


def strike(session: Session, row: Signature, why: str) -> None:
    """Strike a signature out; the history says why."""
    row.voided_at, row.void_reason = now(), why
    note = f"{row.signed_as}: {why}"
    audit.note(session, Entry(STRUCK, row.slug, row.record_id, row.project_id, note))


def signatures(session: Session, record: Record) -> Sequence[Signature]:
    """The signatures of a record that the actor may read, oldest first."""
    mine = (Signature.slug == record.slug, Signature.record_id == record.id)
    return session.scalars(select(Signature).where(*mine).order_by(Signature.id)).all()


def changed(row: Signature, content: Mapping[str, str]) -> list[str]:
    """What of a record says something else by now than when it was signed."""
    before = json.loads(row.content)
    names = (*content, *(name for name in before if name not in content))
    return [name for name in names if before.get(name) != content.get(name)]


def content_of(session: Session, record: Record) -> dict[str, str]:
    """A fingerprint of everything a record says, by its field or kind of lines."""
    place = f"signed:{record.slug}.{record.id}"
    with on_behalf(session):
        said = dict(_said(session, record))
    return {name: fingerprint(f"{place}.{name}", value) for name, value in said.items()}


def _said(session: Session, record: Record) -> Iterator[tuple[str, Any]]:
    cls = type(record)
    moves = cls.flow.moves if cls.flow else ()
    by_steps = {name for move in moves if not move.line for name in move.sets}
    for name in form_fields(cls):
        if name not in by_steps:
            yield name, getattr(record, name)
    for part in parts(cls):
        if part.slug not in {move.line for move in moves}:
            yield LINES + part.slug, list(_lines(session, record, part))


def _lines(session: Session, record: Record, part: type[Part]) -> Iterator[list[Any]]:
    own = f"{record.slug}_id"
    parent = part.__table__.c[own if own in part.__table__.c else "case_id"]
    query = select(part).where(parent == record.id, part.voided_at.is_(None))
    for line in session.scalars(query.order_by(part.id)):
        yield [getattr(line, n) for n in form_fields(part) if n not in part.ticked]
