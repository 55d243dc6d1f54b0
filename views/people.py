"""Logins: made with their member of staff and roles, disabled, given a new password."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core import passwords, signin
from core.audit import explain
from core.record import Record, fields
from core.words import _, say
from models import Department, Grant, Project, RoleAssignment, Staff, User
from views.values import (
    this_day,
    whole,
)

EVERYWHERE = ("admin", "auditor")
"""Roles that need no project: what they may do is not bound to one."""
_USERNAME = re.compile(r"[\w.@-]{2,60}")


class Refused(ValueError):
    """It cannot be done; the message is a sentence for whoever asked."""


@dataclass(frozen=True, slots=True)
class Password:
    """A password and whether its owner must replace it at first sign-in."""

    plain: str
    must_change: bool = False

    @classmethod
    def made_up(cls) -> Password:
        """A random one to hand out."""
        return cls(passwords.made_up(), must_change=True)


@dataclass(frozen=True, slots=True)
class Post:
    """Where a role is held: one project or all, a department or none, as its head."""

    project_id: int | None = None
    department_id: int | None = None
    head: bool = False


def plain_name(username: str) -> str:
    """The one spelling of a user name, however it was typed; empty when it is none."""
    plain = unicodedata.normalize("NFKC", username).strip().casefold()
    return plain if _USERNAME.fullmatch(plain) else ""


def is_name(text: str) -> bool:
    """Whether it can be the name of a person, company or estate."""
    return bool(text.strip()) and len(text) <= 200 and text.isprintable()


def shortest_password(session: Session) -> int:
    """How many characters the office wants at least."""
    return positive(session, "password.min_length", 10)


def positive(session: Session, code: str, default: int) -> int:
    """A setting as a positive whole number; the default when it is none."""
    return whole(session, code, default) or default


def role_titles() -> dict[str, tuple[str, str]]:
    """Every role: code -> (zh, en)."""
    return {code: (zh, en) for code, zh, en in fields(RoleAssignment)["role"].choices}


def granted(session: Session, cls: type[Record]) -> list[tuple[str, str]]:
    """(role, action) of every right to records of the kind."""
    grant = Grant.__table__.c  # everybody may know who does what
    mine = grant.target.in_((cls.group, cls.slug))
    query = select(grant.role, grant.action).where(mine, grant.voided_at.is_(None))
    rows = session.connection().execute(query.order_by(grant.id)).all()
    return [(str(role), str(action)) for role, action in rows]


def whose(given: Iterable[tuple[str, str]], actions: Collection[str]) -> str:
    """The titles of the roles that were given one of the actions."""
    known = role_titles()
    roles = dict.fromkeys(role for role, action in given if action in actions)
    return _(", ").join(say(known[role]) for role in roles if role in known)


def find(session: Session, username: str) -> User:
    """The login of that name; Refused when there is none."""
    query = select(User).where(User.username == plain_name(username))
    user = session.scalars(query).one_or_none()
    if user is None:
        raise Refused(_("There is no user named {name}.", name=username))
    return user


def project_named(session: Session, name: str) -> Project:
    """The project of that name or code; without a name the only one there is."""
    query = select(Project).where(Project.voided_at.is_(None)).order_by(Project.id)
    if name:
        query = query.where(or_(Project.name == name, Project.code == name))
    found = session.scalars(query.limit(2)).all()
    if len(found) == 1:
        return found[0]
    if name:
        raise Refused(_("There is no project named {name}.", name=name))
    raise Refused(_("Name the project: there is more than one, or none yet."))


def department_named(session: Session, project: Project, name: str) -> Department:
    """The project's department of that name; Refused when there is none."""
    query = select(Department).where(
        Department.__table__.c.project_id == project.id,
        Department.name == name,
        Department.voided_at.is_(None),
    )
    found = session.scalars(query.limit(1)).first()
    if found is None:
        raise Refused(_("There is no department named {name}.", name=name))
    return found


def add(
    session: Session,
    username: str,
    staff: Staff,
    password: Password,
    roles: Sequence[str],
    post: Post,
) -> User:
    """A login for ``staff`` with its roles; everything is new in this transaction."""
    plain = plain_name(username)
    if not plain:
        raise Refused(
            _("A user name has 2 to 60 letters, digits or the marks . _ @ and -.")
        )
    if not is_name(staff.name or ""):
        raise Refused(_("A name has 1 to 200 characters and no line breaks."))
    if session.scalars(select(User.id).where(User.username == plain)).first():
        raise Refused(_("There already is a user named {name}.", name=plain))
    if unknown := [role for role in roles if role not in role_titles()]:
        raise Refused(_("There is no role named {name}.", name=unknown[0]))
    session.add(staff)
    session.flush()
    user = User(username=plain, staff_id=staff.id, disabled=False)
    _set(session, user, password)
    session.add(user)
    session.flush()
    today = this_day(session)
    for role in dict.fromkeys(roles):
        session.add(
            RoleAssignment(
                user_id=user.id,
                role=role,
                project_id=None if role in EVERYWHERE else post.project_id,
                department_id=post.department_id,
                head=post.head,
                valid_from=today,
            )
        )
    return user


def disable(session: Session, user: User) -> None:
    """Nobody signs in as this user any more; open sessions end with the commit."""
    if not _other_admin(session, user):
        raise Refused(_("This is the last administrator; name another one first."))
    user.disabled = True


def set_password(session: Session, user: User, password: Password) -> None:
    """A new password; every open session of the user ends with the commit."""
    _set(session, user, password)
    explain(session, user, "password")
    signin.clear(session, signin.attempt_key("user", str(user.username)))


def _set(session: Session, user: User, password: Password) -> None:
    shortest = shortest_password(session)
    if why := passwords.weakness(password.plain, str(user.username), shortest):
        raise Refused(why)
    user.password_hash = passwords.digest(password.plain)
    user.must_change = password.must_change


def _other_admin(session: Session, user: User) -> bool:
    """Whether an enabled administrator remains without this user."""
    today = this_day(session)
    query = (
        select(User.id)
        .join(RoleAssignment, RoleAssignment.user_id == User.id)
        .where(
            User.id != user.id,
            User.disabled.is_(False),
            User.voided_at.is_(None),
            RoleAssignment.role == "admin",
            RoleAssignment.voided_at.is_(None),
            or_(
                RoleAssignment.valid_from.is_(None),
                RoleAssignment.valid_from <= today,
            ),
            or_(
                RoleAssignment.valid_until.is_(None),
                RoleAssignment.valid_until >= today,
            ),
        )
    )
    return session.scalars(query.limit(1)).first() is not None
