"""Messages to the people of a case."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from core import messages
from core.access import actor_of
from core.db import now
from core.record import Case
from core.words import Words, _, both, say
from views.posts import posts

HEAD = "head"


def tell(
    session: Session,
    case: Case,
    whom: tuple[str, ...],
    words: Words,
    *,
    urgent: bool = False,
) -> None:
    """Tell people about a case: those in its fields, in a role, or the head.

    Whoever acts knows already; nobody is told twice.
    """
    staff = set(_staff(session, case, whom)) - {actor_of(session).staff_id}
    told = both(
        lambda: _(
            "{what}: {kind} {number}",
            what=say(words),
            kind=say(type(case).title),
            number=case.number,
        )
    )
    messages.tell(session, sorted(staff), told, case, urgent=urgent or case.urgent)


def _staff(session: Session, case: Case, whom: tuple[str, ...]) -> Iterator[int]:
    fields = [name for name in whom if name.endswith("_id")]
    yield from filter(None, (getattr(case, name, None) for name in fields))
    if len(fields) == len(whom):
        return
    for post in posts(session, now()):
        if not post.works_in(case.project_id):
            continue
        heads = HEAD in whom and post.head and case.department_id is not None
        if post.role in whom or (heads and post.department_id == case.department_id):
            yield post.staff_id
