"""Who is told of what happens to a case: its people by field, role or department."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from core import messages
from core.access import actor_of
from core.db import now
from core.record import Case, Record, fields, record_type
from core.words import Words, _, both, say
from views.posts import Post, posts

HEAD = "head"
"""In place of a role: whoever heads the department that answers for the case."""


def tell(
    session: Session,
    case: Case,
    whom: Iterable[str],
    words: Words,
    *,
    urgent: bool = False,
    about: str = "",
) -> None:
    """Tell people of a case, everybody once and nobody what he does himself.

    ``whom`` are fields of the case that name staff, roles, or ``head``; the message
    leads to what its field ``about`` names, for those who do not read the case.
    """
    me = actor_of(session).staff_id
    found = {key for key in _found(session, case, set(whom)) if key != me}
    title = type(case).title
    told = both(
        lambda: _(
            "{kind} {number}: {words}",
            kind=say(title),
            number=case.number,
            words=say(words),
        )
    )
    record = _target(session, case, about) if about else case
    messages.tell(session, sorted(found), told, record, urgent=urgent)


def _target(session: Session, case: Case, name: str) -> Record:
    cls = record_type(fields(type(case))[name].ref)
    return session.get_one(cls, getattr(case, name))


def _found(session: Session, case: Case, whom: set[str]) -> set[int]:
    fields = {one for one in whom if one.endswith("_id")}
    named = (getattr(case, one, None) for one in fields)
    found = {key for key in named if key is not None}
    if roles := whom - fields:
        known = posts(session, now())
        found |= {p.staff_id for p in known for one in roles if _holds(case, one, p)}
    return found


def _holds(case: Case, one: str, post: Post) -> bool:
    if not post.works_in(case.project_id):
        return False
    if one != HEAD:
        return post.role == one
    team = case.department_id
    return post.head and team is not None and post.department_id == team
