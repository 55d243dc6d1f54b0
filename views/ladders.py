"""The office's ladders as rungs, and who stands on a rung."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.messages import Recipient
from models import EscalationStep, Project, Staff
from rules.ladders import Band, Rung
from views.posts import Post, posts
from views.values import setting

Ladders = dict[str, list[Rung]]


def ladders(session: Session) -> dict[int | None, Ladders]:
    """The rungs in use by ladder: the office's, and those of projects that differ."""
    t = EscalationStep.__table__.c
    rows = session.connection().execute(
        select(EscalationStep.__table__)
        .where(t.voided_at.is_(None))
        .order_by(t.ladder, t.level, t.id)
    )
    codes: dict[int | None, dict[str, Any]] = {None: {}}
    for row in rows:
        codes.setdefault(row.project_id, {})[row.code] = row
    found: dict[int | None, Ladders] = {}
    for place, own in codes.items():
        by_ladder = found.setdefault(place, defaultdict(list))
        for row in (codes[None] | own).values():
            if row.active:
                by_ladder[row.ladder].append(_rung(row))
    return found


def _rung(row: Any) -> Rung:
    return Rung(
        row.ladder,
        row.level,
        dt.timedelta(hours=row.hours_after or 0),
        row.recipient,
        row.role or "",
        row.head,
        row.own_department,
        row.staff_id,
        row.address or "",
        row.channel or "inbox",
        row.at_once,
    )


def reaching_nobody(session: Session, moment: dt.datetime) -> list[tuple[Rung, str]]:
    """The rungs that name nobody and whose role nobody has in an estate; its name."""
    known, found, t = posts(session, moment), ladders(session), Project.__table__.c
    query = select(t.id, t.name).where(t.voided_at.is_(None)).order_by(t.id)
    return [
        (rung, name)
        for project, name in session.connection().execute(query)
        for rungs in found.get(project, found[None]).values()
        for rung in rungs
        if not (rung.staff_id or rung.address)
        and not any(_holds(post, rung, project) for post in known)
    ]


def _holds(post: Post, rung: Rung, project: int) -> bool:
    """Whether it is a post of that rung there, of whichever department."""
    return post.holds(rung.role, project) and (post.head or not rung.head)


def superiors(session: Session) -> dict[int, int]:
    """Staff -> their direct superior, where the office tells those first."""
    if setting(session, "staff.superior_in_ladder", "no") != "yes":
        return {}
    t = Staff.__table__.c
    query = select(t.id, t.superior_id).where(t.superior_id.is_not(None))
    return dict(session.connection().execute(query).all())


def recipients(
    known: Iterable[Post], band: Band, row: Any, superior: int | None = None
) -> dict[Recipient, Rung]:
    """Who is to be told, each once and by the highest rung that names him.

    The direct ``superior`` of whoever holds the case stands on the lowest.
    """
    rungs = sorted(band.rungs, key=lambda rung: rung.level)
    found: dict[Recipient, Rung] = {superior: rungs[0]} if superior else {}
    for rung in rungs:
        if rung.staff_id:
            found[rung.staff_id] = rung
        if rung.address:
            found[rung.address] = rung
        for post in known:
            if _stands_on(post, rung, row):
                found[post.staff_id] = rung
    return found


def _stands_on(post: Post, rung: Rung, row: Any) -> bool:
    team = not rung.own_department or post.department_id == row.team is not None
    return team and _holds(post, rung, row.project_id)
