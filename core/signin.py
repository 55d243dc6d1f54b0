"""Sign-ins: sessions kept on the server, and counters that slow guessing down.

A session is a random token in the browser and its SHA-256 here. ``expires`` is the
nearer of the idle and the absolute limit, so resuming needs one comparison. An attempt
is counted, and committed, before the password is looked at: parallel guesses queue at
the counter.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CursorResult,
    Executable,
    Index,
    String,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.base import Base
from core.columns import UtcDateTime
from core.db import now
from core.privacy import derived

TOUCH_EVERY = dt.timedelta(minutes=1)
KEEP_ENDED = dt.timedelta(days=90)
KEEP_COUNTERS = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lives, and how many wrong guesses a window allows."""

    idle: dt.timedelta = dt.timedelta(minutes=30)
    absolute: dt.timedelta = dt.timedelta(hours=12)
    attempts: int = 5
    address_attempts: int = 50
    window: dt.timedelta = dt.timedelta(minutes=15)

    def expiry(self, created: dt.datetime, seen: dt.datetime) -> dt.datetime:
        """When a session last seen then comes to its end."""
        return min(created + self.absolute, seen + self.idle)


class SignIn(Base):
    """A browser in which somebody is, or was, signed in."""

    __tablename__ = "session"
    __table_args__ = (Index("ix_session_user", "user_id", "ended_at"),)

    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    expires: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(45), default="")
    agent: Mapped[str] = mapped_column(String(200), default="")
    ended_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class Attempt(Base):
    """How often a name, an address or a code was tried in the present window."""

    __tablename__ = "attempt"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
    until: Mapped[dt.datetime] = mapped_column(UtcDateTime)


sessions = SignIn.__table__.c


def hashed(token: str) -> str:
    """What the database knows of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin(
    session: Session, user_id: int, limits: Limits, place: tuple[str, str]
) -> str:
    """Open a session from ``place`` (address, agent); the token is not stored."""
    token, moment = secrets.token_urlsafe(32), now()
    address, agent = place
    session.add(
        SignIn(
            token=hashed(token),
            user_id=user_id,
            created_at=moment,
            seen_at=moment,
            expires=limits.expiry(moment, moment),
            address=address[:45],
            agent=agent[:200],
        )
    )
    session.flush()
    _run(session, _SWEEP, whose=user_id, before=moment - KEEP_ENDED)
    _run(session, _SWEEP_ATTEMPTS, before=moment - KEEP_COUNTERS)
    return token


def alive() -> ColumnElement[bool]:
    """The criterion, with ``token`` and ``moment`` to bind, of a session that holds."""
    return and_(
        sessions.token == bindparam("token"),
        sessions.ended_at.is_(None),
        sessions.expires > bindparam("moment"),
    )


def is_due(seen_at: dt.datetime) -> bool:
    """Whether it is time to note again that the session is in use."""
    return now() - seen_at >= TOUCH_EVERY


def touch(session: Session, key: str, created_at: dt.datetime, limits: Limits) -> None:
    """Note that the session with that hashed token was seen now."""
    moment = now()
    expires = limits.expiry(created_at, moment)
    _run(session, _TOUCH, which=key, moment=moment, until=expires)


def left_at(session: Session, user_id: int) -> dt.datetime | None:
    """When the user was last there before now: the end of his latest session."""
    over = or_(sessions.ended_at.is_not(None), sessions.expires <= now())
    last = func.max(func.coalesce(sessions.ended_at, sessions.seen_at))
    query = select(last).where(sessions.user_id == user_id, over)
    return session.connection().execute(query).scalar()


def end(session: Session, user_id: int, key: str) -> bool:
    """End one session of that user by its hashed token; False when there is none."""
    result = _run(session, _END, whose=user_id, which=key, moment=now())
    return bool(result.rowcount)


def end_all(session: Session, user_ids: Iterable[int], but: str = "") -> None:
    """End every session of these users but the one with the hashed token ``but``."""
    _run(session, _END_ALL, everybody=sorted(user_ids), but=but, moment=now())


def of_user(session: Session, user_id: int) -> list[SignIn]:
    """The user's living sessions, the one last seen first."""
    query = (
        select(SignIn)
        .where(
            SignIn.user_id == user_id,
            SignIn.ended_at.is_(None),
            SignIn.expires > now(),
        )
        .order_by(SignIn.seen_at.desc())
    )
    return list(session.scalars(query))


def attempt_key(kind: str, value: str) -> str:
    """The name of a counter; hides what was typed, which may be a password."""
    return hmac.digest(derived("attempts"), f"{kind}:{value}".encode(), "sha256").hex()


def network(address: str) -> str:
    """What one visitor can hardly change: an IPv4 address, an IPv6 /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped or ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def count(session: Session, key: str, window: dt.timedelta) -> int:
    """Count an attempt; its number in the present window. Commit before checking."""
    moment = now()
    result = _run(session, _COUNT, key=key, moment=moment, until=moment + window)
    return int(result.scalar_one())


def clear(session: Session, key: str) -> None:
    """Forget the attempts under a key."""
    _run(session, delete(Attempt).where(Attempt.key == key))


def give_back(session: Session, key: str) -> None:
    """Take one attempt back: it was not a wrong one."""
    _run(session, _GIVE_BACK, which=key)


def _run(
    session: Session, statement: Executable, **values: object
) -> CursorResult[int]:
    return session.connection().execute(statement, values)


_LIVING = sessions.ended_at.is_(None)
_TOUCH = (
    update(SignIn)
    .where(sessions.token == bindparam("which"), _LIVING)
    .values(seen_at=bindparam("moment"), expires=bindparam("until"))
)
_END = (
    update(SignIn)
    .where(
        sessions.token == bindparam("which"),
        sessions.user_id == bindparam("whose"),
        _LIVING,
    )
    .values(ended_at=bindparam("moment"))
)
_END_ALL = (
    update(SignIn)
    .where(
        sessions.user_id.in_(bindparam("everybody", expanding=True)),
        sessions.token != bindparam("but"),
        _LIVING,
    )
    .values(ended_at=bindparam("moment"))
)
_SWEEP = delete(SignIn).where(
    sessions.user_id == bindparam("whose"), sessions.expires < bindparam("before")
)
_SWEEP_ATTEMPTS = delete(Attempt).where(Attempt.until < bindparam("before"))
_GIVE_BACK = (
    update(Attempt)
    .where(Attempt.key == bindparam("which"), Attempt.count > 0)
    .values(count=Attempt.count - 1)
)
_COUNT = text(
    "INSERT INTO attempt (key, count, until) VALUES (:key, 1, :until)"
    " ON CONFLICT (key) DO UPDATE SET"
    " count = CASE WHEN attempt.until <= :moment THEN 1 ELSE attempt.count + 1 END,"
    " until = CASE WHEN attempt.until <= :moment THEN :until ELSE attempt.until END"
    " RETURNING count"
).bindparams(
    bindparam("moment", type_=UtcDateTime), bindparam("until", type_=UtcDateTime)
)
