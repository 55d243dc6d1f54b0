"""The chain of history: entries that commit to their values, and their verification.

Each entry's MAC covers every column and the entry before; it commits to its values by
HMAC and holds none, so personal values can be erased without breaking the chain.
"""

from __future__ import annotations

import datetime as dt
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, cast

from sqlalchemy import (
    BigInteger,
    Connection,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    bindparam,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import privacy
from core.access import actor_of
from core.base import Base, BigId
from core.columns import UtcDateTime
from core.db import now
from core.indexes import only
from core.words import _

Values = dict[str, list[Any]]
"""Field name -> [old, new], as JSON knows them."""


class Change(Base):
    """One entry of the history: who did what to which record, when, and why."""

    __tablename__ = "change"
    slug_: ClassVar[str] = "change"
    rows: ClassVar[tuple[str, ...]] = ("A111",)
    title: ClassVar[tuple[str, str]] = ("修改履历", "Change history")

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    chain: Mapped[str] = mapped_column(String(40))
    seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    user_id: Mapped[int | None] = mapped_column(BigInteger)
    staff_id: Mapped[int | None] = mapped_column(BigInteger)
    actor: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(40))
    slug: Mapped[str] = mapped_column(String(40))
    record_id: Mapped[int | None] = mapped_column(BigInteger)
    project_id: Mapped[int | None] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(Text, default="")
    plain_mac: Mapped[str] = mapped_column(String(64), default="")
    personal_mac: Mapped[str] = mapped_column(String(64), default="")
    mac: Mapped[str] = mapped_column(String(64))

    __table_args__ = (
        Index("uq_change_chain_seq", "chain", "seq", unique=True),
        Index("ix_change_record", "slug", "record_id", "id"),
        Index("ix_change_user", "user_id", "id"),
        Index("ix_change_waived", "at", **only("action = 'waived'")),
    )


class ChangeValue(Base):
    """What an entry commits to; the personal half is sealed and can be erased."""

    __tablename__ = "change_value"

    change_id: Mapped[int] = mapped_column(ForeignKey("change.id"), primary_key=True)
    plain: Mapped[str | None] = mapped_column(Text)
    plain_salt: Mapped[str | None] = mapped_column(String(32))
    personal: Mapped[str | None] = mapped_column(Text)
    personal_salt: Mapped[str | None] = mapped_column(String(32))


class Chain(Base):
    """The head of one chain."""

    __tablename__ = "chain"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, default=0)
    mac: Mapped[str] = mapped_column(String(64), default="")


@dataclass(slots=True)
class Entry:
    """An entry that waits for the end of its transaction."""

    action: str
    slug: str
    record_id: int | None = None
    project_id: int | None = None
    note: str = ""
    chain: str = ""
    plain: Values = field(default_factory=dict)
    personal: Values = field(default_factory=dict)


def plain_json(value: Any) -> Any:
    """A column's value as JSON knows it."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


_OPEN = text(
    "INSERT INTO chain (name, seq, mac) VALUES (:name, 0, '')"
    " ON CONFLICT (name) DO NOTHING"
)
_CHANGE, _VALUE, _CHAIN = (
    cast(Table, kind.__table__) for kind in (Change, ChangeValue, Chain)
)
_HEAD = (
    select(_CHAIN.c.seq, _CHAIN.c.mac)
    .where(_CHAIN.c.name == bindparam("name"))
    .with_for_update()
)
_NOTE = insert(_CHANGE).returning(_CHANGE.c.id)
_KEEP = insert(_VALUE)
_MOVE = update(_CHAIN).where(_CHAIN.c.name == bindparam("which"))


def append(session: Session, entries: Sequence[Entry]) -> None:
    """Write entries, ordered by chain, behind their chains' heads."""
    connection = session.connection()
    actor, moment = actor_of(session), now()
    heads: dict[str, tuple[int, str]] = {}
    for entry in entries:
        if entry.chain not in heads:
            heads[entry.chain] = _head(connection, entry.chain)
        seq, before = heads[entry.chain]
        values = _committed(entry)
        written: dict[str, Any] = {
            "chain": entry.chain,
            "seq": seq + 1,
            "at": moment,
            "user_id": actor.user_id,
            "staff_id": actor.staff_id,
            "actor": actor.name,
            "action": entry.action,
            "slug": entry.slug,
            "record_id": entry.record_id,
            "project_id": entry.project_id,
            "note": entry.note,
            "plain_mac": _commitment(values["plain"], values["plain_salt"]),
            "personal_mac": _commitment(values["personal"], values["personal_salt"]),
        }
        written["mac"] = _mac(written, before)
        heads[entry.chain] = (seq + 1, written["mac"])
        made = connection.execute(_NOTE, written)
        _keep_values(session, made.scalar_one(), values)
    for name, (seq, mac) in heads.items():
        connection.execute(_MOVE, {"which": name, "seq": seq, "mac": mac})


def _head(connection: Connection, name: str) -> tuple[int, str]:
    """The end of a chain, locked; a new chain begins here."""
    row = connection.execute(_HEAD, {"name": name}).one_or_none()
    if row is None:
        connection.execute(_OPEN, {"name": name})
        row = connection.execute(_HEAD, {"name": name}).one()
    return row.seq, row.mac


def _committed(entry: Entry) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for half, values in (("plain", entry.plain), ("personal", entry.personal)):
        found[half] = _canonical(values) if values else None
        found[f"{half}_salt"] = secrets.token_hex(16) if values else None
    return found


def _canonical(values: Values) -> str:
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _keep_values(session: Session, change_id: int, values: dict[str, Any]) -> None:
    if values["plain"] is None and values["personal"] is None:
        return
    if values["personal"] is not None:
        values["personal"] = privacy.seal(values["personal"], f"change.{change_id}")
    row = {"change_id": change_id, **values}
    session.connection().execute(_KEEP, row)


def _commitment(value: str | None, salt: str | None) -> str:
    if value is None or salt is None:
        return ""
    key = privacy.derived("history values")
    return hmac.digest(key, (salt + value).encode(), "sha256").hex()


CHAINED = (
    "chain seq at user_id staff_id actor action slug record_id project_id note"
    " plain_mac personal_mac"
).split()


def _mac(row: dict[str, Any], before: str) -> str:
    """HMAC over every column, each with its length, and the entry before."""
    message = b"".join(
        b"%d:" % len(part) + part
        for part in (
            *(str(plain_json(row[name])).encode() for name in CHAINED),
            before.encode(),
        )
    )
    return hmac.digest(privacy.derived("history chain"), message, "sha256").hex()


@dataclass(frozen=True, slots=True)
class Flaw:
    """The first thing wrong with a chain: which entry, and what."""

    chain: str
    seq: int
    what: str


def verify(session: Session) -> tuple[int, list[Flaw]]:
    """Walk every chain from its start: the number walked and each chain's flaw."""
    walked, flaws = 0, []
    for name, seq, mac in (
        session.connection()
        .execute(select(Chain.name, Chain.seq, Chain.mac).order_by(Chain.name))
        .all()
    ):
        count, flaw = _walk(session, name, (seq, mac))
        walked += count
        if flaw:
            flaws.append(flaw)
    known = select(Chain.name)
    stray = select(Change.chain).where(Change.chain.not_in(known)).distinct()
    names = session.connection().execute(stray).scalars()
    flaws += [Flaw(name, 0, _("the chain has no head")) for name in names]
    return walked, flaws


def _walk(
    session: Session, name: str, head: tuple[int, str]
) -> tuple[int, Flaw | None]:
    before, last = "", 0
    table, side = Change.__table__, ChangeValue.__table__
    query = (
        select(table, side)
        .join_from(table, side, table.c.id == side.c.change_id, isouter=True)
        .where(table.c.chain == name)
        .order_by(table.c.seq)
        .execution_options(yield_per=1000)
    )
    with session.connection().execute(query) as result:  # a server cursor on PostgreSQL
        for row in result.mappings():
            entry = {column.name: row[column] for column in table.c}
            if entry["seq"] != last + 1:
                return last, Flaw(name, last + 1, _("an entry is missing"))
            if not hmac.compare_digest(_mac(entry, before), entry["mac"]):
                return last, Flaw(name, entry["seq"], _("the entry was altered"))
            if what := _value_flaw(entry, {c.name: row[c] for c in side.c}):
                return last, Flaw(name, entry["seq"], what)
            before, last = entry["mac"], entry["seq"]
    if (last, before) != head:
        return last, Flaw(name, last + 1, _("the end of the chain is cut off"))
    return last, None


def _value_flaw(entry: dict[str, Any], values: dict[str, Any]) -> str:
    for half in ("plain", "personal"):
        value = values[half]
        if half == "personal" and value is not None:
            try:
                value = privacy.unseal(value, f"change.{entry['id']}")
            except privacy.SealBroken:
                return _("the personal values were altered")
        erased = half == "personal" and value is None
        committed = entry[f"{half}_mac"]
        if not erased and _commitment(value, values[f"{half}_salt"]) != committed:
            return (
                _("the personal values were altered")
                if half == "personal"
                else _("the plain values were altered")
            )
    return ""
