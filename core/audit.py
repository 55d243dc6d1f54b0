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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Table,
    bindparam,
    event,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.orm import Session, UOWTransaction

from core import (
    privacy,
    scope,  # noqa: F401  # its hook limits what every session reads
)
from core.chain import Change, ChangeValue, Entry, Values, append, plain_json
from core.db import OfficeSession
from core.privacy import Secret
from core.record import Record, project_of, record_type

__all__ = (
    "ACCESS",
    "OFFICE",
    "Entry",
    "Told",
    "bulk",
    "erase",
    "explain",
    "history",
    "note",
)

QUIET = frozenset(
    "id version updated_at created_at created_by_id row_key password_hash".split()
)
OFFICE, ACCESS = "office", "access"


def note(session: Session, entry: Entry) -> None:
    """Put an event (reveal, export, sign-in ...) into this transaction's history."""
    _waiting(session)[("event", len(_waiting(session)))] = entry


def explain(session: Session, record: Record, action: str, why: str = "") -> None:
    """Name the act behind this transaction's change of ``record``, and its reason.

    What the house does next in the same transaction follows from the first act.
    """
    acts = session.info.setdefault("acts", {})
    acts.setdefault((record.slug, record.id), (action, why))


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
            yield attribute.key, plain_json(old), plain_json(new), personal


def _plain(record: Record, name: str, token: str | None) -> str | None:
    if not token or token == privacy.ERASED:
        return None
    secret: Secret = getattr(type(record), name)
    return privacy.unseal(token, secret.where(record))


@event.listens_for(OfficeSession, "before_commit")
def _write(session: Session) -> None:
    if not session.info.get("writing"):
        return
    session.flush()
    acts = session.info.pop("acts", {})
    waiting = session.info.pop("history", {})
    entries = list(waiting.values())
    for key, entry in waiting.items():
        entry.action, entry.note = acts.get(key, (entry.action, entry.note))
        entry.chain = entry.chain or _chain_of(entry)
    if entries:
        append(session, sorted(entries, key=lambda entry: entry.chain))


@event.listens_for(OfficeSession, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop("history", None)
    session.info.pop("acts", None)


def _chain_of(entry: Entry) -> str:
    return OFFICE if entry.project_id is None else f"project:{entry.project_id}"


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
    values = {"slug": slug, "ids": list(record_ids), "most": limit}
    return [_told(row) for row in session.connection().execute(_HISTORY, values)]


_HISTORY = (
    select(
        Change.id,
        Change.at,
        Change.actor,
        Change.action,
        Change.slug,
        Change.record_id,
        Change.note,
        ChangeValue.plain,
        ChangeValue.personal,
    )
    .outerjoin(ChangeValue, ChangeValue.change_id == Change.id)
    .where(
        Change.slug == bindparam("slug"),
        Change.record_id.in_(bindparam("ids", expanding=True)),
    )
    .order_by(Change.id.desc())
    .limit(bindparam("most"))
)


def _told(row: Any) -> Told:
    *facts, plain, personal = row
    opened = privacy.unseal(personal, f"change.{row.id}") if personal else "{}"
    halves = {"plain": json.loads(plain or "{}"), "personal": json.loads(opened)}
    return Told(*facts, **halves)


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
