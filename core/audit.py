"""History: one chained entry for every change, in the change's own transaction.

Flushes only collect what changed; before the commit the entries are merged per record,
the chain heads are locked in a fixed order (last, and briefly) and the entries written.
An entry commits to its values by HMAC and holds none: values stand in a side table, so
personal ones can be erased without breaking the chain. One chain per project, one for
the office, one for access events.
"""

from __future__ import annotations

import datetime as dt
import hmac
import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    event,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, UOWTransaction, mapped_column

from core import privacy
from core.access import actor_of
from core.columns import UtcDateTime
from core.db import OfficeSession, now
from core.privacy import Secret
from core.record import Base, BigId, Record, project_of, record_type

Values = dict[str, list[Any]]
"""Field name -> [old, new], as JSON knows them."""

QUIET = {"id", "version", "updated_at", "created_at", "created_by_id", "row_key"}
OFFICE, ACCESS = "office", "access"


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


def note(session: Session, entry: Entry) -> None:
    """Put an event (reveal, export, sign-in ...) into this transaction's history."""
    _waiting(session)[("event", len(_waiting(session)))] = entry


def explain(session: Session, record: Record, action: str, why: str = "") -> None:
    """Name the act behind this transaction's change of ``record``, and its reason."""
    session.info.setdefault("acts", {})[(record.slug, record.id)] = (action, why)


def _waiting(session: Session) -> dict[Any, Entry]:
    found: dict[Any, Entry] = session.info.setdefault("history", {})
    return found


@event.listens_for(OfficeSession, "after_flush")
def _collect(session: Session, context: UOWTransaction) -> None:
    for record in session.new:
        if isinstance(record, Record):
            _merge(session, record, "create")
    for record in session.dirty:
        if isinstance(record, Record) and session.is_modified(record):
            _merge(session, record, "update")


def _merge(session: Session, record: Record, action: str) -> None:
    key = (record.slug, record.id)
    entry = _waiting(session).get(key)
    if entry is None:
        entry = Entry(action, record.slug, record.id, project_of(record))
        _waiting(session)[key] = entry
    for name, old, new, personal in _differences(record):
        book = entry.personal if personal else entry.plain
        book[name] = [book[name][0] if name in book else old, new]


def _differences(record: Record) -> Iterator[tuple[str, Any, Any, bool]]:
    """Field, old, new and whether it is personal, for what this flush wrote."""
    state = inspect(record)
    for attribute in state.mapper.column_attrs:
        history = state.attrs[attribute.key].history
        info = attribute.columns[0].info
        if attribute.key in QUIET or not history.has_changes() or "blind" in info:
            continue
        old = history.deleted[0] if history.deleted else None
        new = history.added[0] if history.added else None
        if secret := info.get("secret"):
            yield secret, _plain(record, secret, old), _plain(record, secret, new), True
        elif old is not None or new is not None:
            personal = bool(info.get("field") and info["field"].personal)
            yield attribute.key, _json(old), _json(new), personal


def _plain(record: Record, name: str, token: str | None) -> str | None:
    if not token or token == privacy.ERASED:
        return None
    secret: Secret = getattr(type(record), name)
    return privacy.unseal(token, secret.where(record))


def _json(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


@event.listens_for(OfficeSession, "before_commit")
def _write(session: Session) -> None:
    if not session.info.get("writing"):
        return
    session.flush()
    acts = session.info.pop("acts", {})
    entries = list(session.info.pop("history", {}).values())
    for entry in entries:
        if found := acts.get((entry.slug, entry.record_id)):
            entry.action, entry.note = found
        entry.chain = entry.chain or _chain_of(entry)
    if entries:
        append(session, sorted(entries, key=lambda entry: entry.chain))


@event.listens_for(OfficeSession, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop("history", None)
    session.info.pop("acts", None)


def _chain_of(entry: Entry) -> str:
    return OFFICE if entry.project_id is None else f"project:{entry.project_id}"


_OPEN = text(
    "INSERT INTO chain (name, seq, mac) VALUES (:name, 0, '')"
    " ON CONFLICT (name) DO NOTHING"
)


def append(session: Session, entries: Sequence[Entry]) -> None:
    """Write entries, ordered by chain, behind their chains' heads."""
    connection = session.connection()
    actor, moment = actor_of(session), now()
    heads: dict[str, tuple[int, str]] = {}
    for entry in entries:
        if entry.chain not in heads:
            connection.execute(_OPEN, {"name": entry.chain})
            query = select(Chain.seq, Chain.mac).where(Chain.name == entry.chain)
            row = connection.execute(query.with_for_update()).one()
            heads[entry.chain] = (row.seq, row.mac)
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
        made = connection.execute(insert(Change).values(written).returning(Change.id))
        _keep_values(session, made.scalar_one(), values)
    for name, (seq, mac) in heads.items():
        ahead = update(Chain).where(Chain.name == name)
        connection.execute(ahead.values(seq=seq, mac=mac))


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
    session.connection().execute(insert(ChangeValue).values(row))


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
            *(str(_json(row[name])).encode() for name in CHAINED),
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
    flaws += [Flaw(name, 0, "the chain has no head") for name in names]
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
    for row in session.connection().execute(query).mappings():
        entry = {column.name: row[column] for column in table.c}
        if entry["seq"] != last + 1:
            return last, Flaw(name, last + 1, "an entry is missing")
        if not hmac.compare_digest(_mac(entry, before), entry["mac"]):
            return last, Flaw(name, entry["seq"], "the entry was altered")
        if what := _value_flaw(entry, {c.name: row[c] for c in side.c}):
            return last, Flaw(name, entry["seq"], what)
        before, last = entry["mac"], entry["seq"]
    if (last, before) != head:
        return last, Flaw(name, last + 1, "the end of the chain is cut off")
    return last, None


def _value_flaw(entry: dict[str, Any], values: dict[str, Any]) -> str:
    for half in ("plain", "personal"):
        value = values[half]
        if half == "personal" and value is not None:
            value = privacy.unseal(value, f"change.{entry['id']}")
        erased = half == "personal" and value is None
        committed = entry[f"{half}_mac"]
        if not erased and _commitment(value, values[f"{half}_salt"]) != committed:
            return f"the {half} values were altered"
    return ""


@dataclass(frozen=True, slots=True)
class Told:
    """An entry with its values, as a screen needs it."""

    id: int
    at: dt.datetime
    actor: str
    action: str
    slug: str
    record_id: int | None
    note: str
    plain: Values
    personal: Values


def history(
    session: Session, slug: str, record_ids: Iterable[int], limit: int = 200
) -> list[Told]:
    """The newest entries of records of one type, newest first."""
    query = (
        select(Change, ChangeValue.plain, ChangeValue.personal)
        .outerjoin(ChangeValue, ChangeValue.change_id == Change.id)
        .where(Change.slug == slug, Change.record_id.in_(list(record_ids)))
        .order_by(Change.id.desc())
        .limit(limit)
    )
    return [_told(*row) for row in session.execute(query)]


def _told(change: Change, plain: str | None, personal: str | None) -> Told:
    opened = privacy.unseal(personal, f"change.{change.id}") if personal else "{}"
    return Told(
        change.id,
        change.at,
        change.actor,
        change.action,
        change.slug,
        change.record_id,
        change.note,
        json.loads(plain or "{}"),
        json.loads(opened),
    )


def bulk(
    session: Session, cls: type[Record], rows: Sequence[dict[str, Any]], why: str
) -> None:
    """The one door for bulk inserts: rows of one table, one entry with their digest.

    The rows' own values are not in the history, only their number and digest.
    """
    connection = session.connection()
    digest = hmac.new(privacy.derived("history values"), digestmod="sha256")
    for row in rows:
        digest.update(repr(sorted((k, str(v)) for k, v in row.items())).encode())
    table: Table = cls.__table__  # type: ignore[assignment]
    connection.execute(insert(table), rows)
    project = rows[0].get("project_id") if rows else None
    facts: Values = {"rows": [None, len(rows)], "digest": [None, digest.hexdigest()]}
    note(session, Entry("bulk", cls.slug, None, project, why, plain=facts))


def erase(session: Session, slug: str, record_id: int) -> int:
    """Erase the personal values of a record's history, an entry itself; how many."""
    ids = select(Change.id).where(Change.slug == slug, Change.record_id == record_id)
    gone = update(ChangeValue).where(
        ChangeValue.change_id.in_(ids), ChangeValue.personal.is_not(None)
    )
    result = session.connection().execute(
        gone.values(personal=None, personal_salt=None)
    )
    record_type(slug)
    note(session, Entry("erase", slug, record_id, note=str(result.rowcount)))
    return int(result.rowcount)
