"""Who a user is: rights from dated role assignments and grants, kept until they change.

Every write to a login, an assignment, a grant, a member of staff or a department raises
a stamp in its own transaction. Resuming a request reads session, login and stamp in one
query; only a new stamp, or a new day, builds the actor again.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, and_, bindparam, event, inspect, or_, select, update
from sqlalchemy.orm import Session, UOWTransaction

from core import (
    audit,  # noqa: F401  # its listener must flush before ours counts
    signin,
)
from core.access import Actor, Right
from core.db import OfficeSession, now
from core.numbering import Counter, take
from core.record import Record
from models import Grant, RoleAssignment, Staff, User
from views.values import zone

STAMP = "access"
WATCHED = frozenset({"user", "role_assignment", "grant", "staff", "department"})

Known = tuple[int, dt.datetime, Actor]
"""Under which stamp and until when an actor holds."""

_actors: WeakKeyDictionary[Engine, dict[int, Known]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Visit:
    """A living session with what a request needs to know of its user."""

    token: str
    created_at: dt.datetime
    seen_at: dt.datetime
    user_id: int
    username: str
    must_change: bool
    language: str | None
    stamp: int


def _stamp(name: str) -> Any:
    query = select(Counter.value).where(Counter.name == name)
    return query.scalar_subquery().label(name)


_user = User.__table__.c
_RESUME = (
    select(
        signin.sessions.token,
        signin.sessions.created_at,
        signin.sessions.seen_at,
        _user.id.label("user_id"),
        _user.username,
        _user.must_change,
        _user.language,
        _stamp(STAMP),
        _stamp("policy"),
    )
    .join_from(
        signin.SignIn.__table__, User.__table__, signin.sessions.user_id == _user.id
    )
    .where(signin.alive(), _user.disabled.is_(False), _user.voided_at.is_(None))
)


def resume(session: Session, token: str) -> Visit | None:
    """Whoever holds that token, while the session lives and the login is enabled."""
    values = {"token": signin.hashed(token), "moment": now()}
    row = session.connection().execute(_RESUME, values).one_or_none()
    if row is None:
        return None
    # core.policy would ask for it next, once a transaction
    session.info["policy_stamp"] = row.policy or 0
    return Visit(*row[:-2], stamp=row.access or 0)


def actor_of_visit(session: Session, visit: Visit) -> Actor:
    """The actor of a resumed session."""
    return _actor(session, visit.user_id, visit.stamp)


def actor_of_user(session: Session, user_id: int) -> Actor:
    """The actor of a user, whoever's session this is."""
    found = session.connection().execute(select(_stamp(STAMP))).scalar()
    return _actor(session, user_id, found or 0)


def forget() -> None:
    """Build every actor again at the next use (a restored or replaced database)."""
    _actors.clear()


def _actor(session: Session, user_id: int, stamp: int) -> Actor:
    """The remembered actor, while neither the stamp nor the day has changed."""
    known, moment = _actors.setdefault(_engine(session), {}), now()
    found = known.get(user_id)
    if found is None or found[0] != stamp or found[1] <= moment:
        here = moment.astimezone(zone(session))
        midnight = dt.datetime.combine(here + dt.timedelta(days=1), dt.time.min)
        ends = midnight.replace(tzinfo=here.tzinfo).astimezone(dt.UTC)
        found = (stamp, ends, _build(session, user_id, here.date()))
        known[user_id] = found
    return found[2]


def _engine(session: Session) -> Engine:
    engine: Engine = session.get_bind().engine
    return engine


_staff = Staff.__table__.c
_absent = Staff.__table__.alias("absent")
_lender = User.__table__.alias("lender")
_given = RoleAssignment.__table__.c
_granted = Grant.__table__.c
_PERSON = (
    select(
        _user.id,
        _user.username,
        _user.staff_id,
        _staff.name,
        _staff.department_id.label("home"),
        _given.id.label("assignment"),
        _given.role,
        _given.project_id,
        _given.department_id,
        _given.head,
        _absent.c.name.label("lent_by"),
    )
    .select_from(User.__table__)
    .outerjoin(Staff.__table__, _staff.id == _user.staff_id)
    .outerjoin(
        RoleAssignment.__table__,
        and_(
            _given.user_id == _user.id,
            _given.voided_at.is_(None),
            or_(_given.valid_from.is_(None), _given.valid_from <= bindparam("today")),
            or_(_given.valid_until.is_(None), _given.valid_until >= bindparam("today")),
        ),
    )
    .outerjoin(_lender, _lender.c.id == _given.delegated_from_id)
    .outerjoin(_absent, _absent.c.id == _lender.c.staff_id)
    .where(_user.id == bindparam("user_id"))
    .order_by(_given.id)
)
_GRANTS = (
    select(
        _granted.role,
        _granted.target,
        _granted.action,
        _granted.scope,
        _granted.head,
        _granted.fields,
        _granted.only,
    )
    .where(
        _granted.role.in_(bindparam("roles", expanding=True)),
        _granted.voided_at.is_(None),
    )
    .order_by(_granted.id)
)


def _build(session: Session, user_id: int, today: dt.date) -> Actor:
    values = {"user_id": user_id, "today": today}
    rows = session.connection().execute(_PERSON, values).all()
    if not rows:
        return Actor("nobody")
    given = [row for row in rows if row.assignment is not None]
    roles = tuple(dict.fromkeys(row.role for row in given))
    grants = session.connection().execute(_GRANTS, {"roles": roles}).all()
    places = {row.project_id for row in given}
    return Actor(
        name=rows[0].name or rows[0].username,
        user_id=user_id,
        staff_id=rows[0].staff_id,
        roles=roles,
        rights=_rights(given, grants),
        departments=frozenset(d for row in given if (d := _department(row))),
        projects=None if None in places else frozenset(places),
    )


def _department(assignment: Any) -> int | None:
    """The department of an assignment, else the one its holder works in."""
    found: int | None = assignment.department_id or assignment.home
    return found


def _rights(
    given: Sequence[Any], grants: Sequence[Any]
) -> dict[tuple[str, str], tuple[Right, ...]]:
    """Every grant through every assignment that carries it, each once."""
    found: dict[tuple[str, str], dict[Right, None]] = {}
    for assignment in given:
        for grant in grants:
            if grant.role == assignment.role and (assignment.head or not grant.head):
                right = Right(
                    grant.scope,
                    assignment.project_id,
                    _department(assignment),
                    frozenset(re.split(r"[\s,，、]+", grant.fields or "")) - {""},
                    _only(grant.only or ""),
                    assignment.lent_by or "",
                )
                found.setdefault((grant.target, grant.action), {})[right] = None
    return {key: tuple(rights) for key, rights in found.items()}


def _only(text: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """``holder_kind=owner|tenant; fee_kind=water`` as columns with their values."""
    pairs = (part.partition("=") for part in text.split(";") if "=" in part)
    return tuple((n.strip(), frozenset(v.strip().split("|"))) for n, _, v in pairs)


# Listeners: the stamp, and the sessions that a change ends.


@event.listens_for(OfficeSession, "after_flush")
def _notice(session: Session, context: UOWTransaction) -> None:
    for record in (*session.new, *session.dirty):
        if isinstance(record, Record) and record.slug in WATCHED:
            session.info["access_changed"] = True
            ended = session.info.setdefault("sessions_ended", set())
            ended.update(_locked_out(record))


def _locked_out(record: Record) -> Iterable[int]:
    """The users whose open sessions this flushed change ends."""
    state = inspect(record)
    if isinstance(record, RoleAssignment):
        users = state.attrs.user_id.history
        return {user for user in users.sum() if user is not None}
    watched = ("disabled", "password_hash", "voided_at")
    if isinstance(record, User) and any(
        state.attrs[name].history.has_changes() for name in watched
    ):
        return {record.id}
    return ()


@event.listens_for(OfficeSession, "before_commit")
def _settle(session: Session) -> None:
    if not session.info.get("writing"):
        return
    if session.info.pop("access_changed", False):
        take(session, STAMP)
    kept = session.info.pop("session_kept", "")
    if users := session.info.pop("sessions_ended", None):
        signin.end_all(session, users, but=kept)


@event.listens_for(OfficeSession, "after_rollback")
def _forget(session: Session) -> None:
    for name in ("access_changed", "sessions_ended", "session_kept"):
        session.info.pop(name, None)


def keep_session(session: Session, key: str) -> None:
    """Spare the session with that hashed token when this commit ends the others."""
    session.info["session_kept"] = key


def note_sign_in(session: Session, user_id: int, password_hash: str | None) -> None:
    """Date the user's last sign-in, and keep a stronger hash of the same password.

    Neither is a change of the record: no version, no stamp, nobody is signed out.
    """
    values: dict[str, Any] = {"last_sign_in": now()}
    if password_hash:
        values["password_hash"] = password_hash
    session.connection().execute(update(User).where(User.id == user_id).values(values))


def password_hash_of(user_id: int) -> Any:
    """The query for a user's stored password."""
    return select(_user.password_hash).where(_user.id == user_id)
