"""Policy rows in the process: read once, again only after somebody changed one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session, UOWTransaction

from core.db import OfficeSession
from core.numbering import Counter, take
from core.record import Policy, Record

T = TypeVar("T")

STAMP = select(Counter.value).where(Counter.name == "policy")
_remembered: WeakKeyDictionary[Engine, dict[str, tuple[int, Any]]] = (
    WeakKeyDictionary()  # tests use several databases
)


@event.listens_for(OfficeSession, "after_flush")
def _notice(session: Session, context: UOWTransaction) -> None:
    for record in (*session.new, *session.dirty):
        if isinstance(record, Record):
            notice(session, type(record))


def notice(session: Session, cls: type[Record]) -> None:
    """Rows of that type change in this transaction: is it policy, it is read again."""
    if issubclass(cls, Policy) or cls.slug == "project":
        policy_changed(session)


def policy_changed(session: Session) -> None:
    """What everybody remembers of policy is read again after this transaction."""
    session.info["policy_changed"] = True


@event.listens_for(OfficeSession, "before_commit")
def _stamp(session: Session) -> None:
    if session.info.get("writing"):
        session.flush()
        if session.info.pop("policy_changed", False):
            take(session, "policy")


def stamp(session: Session) -> int:
    """The number of policy changes so far; read once a transaction."""
    if "policy_stamp" not in session.info:
        found = session.connection().execute(STAMP).scalar()
        session.info["policy_stamp"] = int(found or 0)
    return int(session.info["policy_stamp"])


@event.listens_for(OfficeSession, "after_commit")
@event.listens_for(OfficeSession, "after_rollback")
def _reread(session: Session) -> None:
    session.info.pop("policy_stamp", None)


def remembered(session: Session, key: str, load: Callable[[], T]) -> T:
    """What ``load`` gave last time, unless a policy row has changed since."""
    known, current = _remembered.setdefault(_engine(session), {}), stamp(session)
    found = known.get(key)
    if found is None or found[0] != current:
        found = known[key] = (current, load())
    value: T = found[1]
    return value


def _engine(session: Session) -> Engine:
    engine: Engine = session.get_bind().engine
    return engine


def forget() -> None:
    """Read everything again at the next use."""
    _remembered.clear()
