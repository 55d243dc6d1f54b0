"""Is it fixed yet: what is open, the last step, the holder and the promise."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import Actor, readable
from core.chain import Change
from core.db import now
from core.indexes import UNCLOSED
from core.record import Case
from core.scope import where
from core.words import _, say
from models import Arrears, Reply
from views.findings import matter
from views.moving import available
from views.told import act_words, actor_words
from views.values import age_words, brief, due_words, labels_of, when, zone

MOST = 12
ACTS = ("remind", "reply")
"""The steps that answer the question on the spot."""


@dataclass(slots=True)
class Matter:
    """An open case as a caller asks about it."""

    id: int
    slug: str
    number: str
    title: str
    words: str
    state: str
    url: str
    age: str
    urgent: bool
    urged: int
    last: str = ""
    holder: str = ""
    promise: tuple[str, str] = ("", "")
    acts: frozenset[str] = frozenset()


def open_matters(session: Session, who: Actor, about: Any) -> list[Matter]:
    """What is open about a home or a person, oldest first; what it caused for both."""
    query = (
        select(Case)
        .where(about, UNCLOSED, Case.voided_at.is_(None), Case.type != Arrears.slug)
        .order_by(Case.received_at, Case.id)
        .limit(MOST)
    )
    cases = session.scalars(query).all()
    sources = {case.source_id for case in cases}
    shown = [case for case in cases if case.id not in sources]
    last, promised = _last_acts(session, shown), _promises(session, who, cases)
    return [_matter(session, who, case, last, promised) for case in shown]


def _matter(
    session: Session,
    who: Actor,
    case: Case,
    last: dict[int, str],
    promised: dict[int, dt.datetime],
) -> Matter:
    cls, flow = type(case), type(case).flow
    at = promised.get(case.id) or promised.get(case.source_id or 0)
    return Matter(
        id=case.id,
        slug=case.slug,
        number=case.number,
        title=say(cls.title),
        words=brief(matter(who, case.slug, case.content), 60),
        state=say(flow.state(case.state).now) if flow else case.state,
        url=url_for(f"{case.slug}.details_view", id=case.id),
        age=_("open for {age}", age=age_words(case.received_at, now())),
        urgent=case.urgent,
        urged=case.urged,
        last=last.get(case.id, ""),
        holder=_holder(session, who, case),
        promise=_promise(session, case, at),
        acts=frozenset(
            move.code
            for move in (flow.moves if flow else ())
            if move.code in ACTS and available(who, case, move)
        ),
    )


def _holder(session: Session, who: Actor, case: Case) -> str:
    """Who has it: a person, a department, or both."""
    names = readable(who, type(case), ["holder_id", "department_id"], case)
    found: list[str] = []
    for name, slug in (("holder_id", "staff"), ("department_id", "department")):
        key = getattr(case, name) if name in names else None
        found += labels_of(session, slug, [key]).values() if key else []
    return " · ".join(found)


def _promise(session: Session, case: Case, at: dt.datetime | None) -> tuple[str, str]:
    """What the customer was told to expect, else what the office owes by its clocks."""
    place, visit = zone(session), getattr(case, "visit_at", None)
    moment = at or visit or case.next_due_at
    if moment is None:
        return "", ""
    told = when(moment, place)
    words = _("due {when}", when=told)
    if at:
        words = _("reply promised for {when}", when=told)
    elif visit:
        words = _("visit agreed for {when}", when=told)
    return words, due_words(moment, now(), place)[1]


def _last_acts(session: Session, cases: Sequence[Case]) -> dict[int, str]:
    """Case -> the last thing that was done with it, when and by whom."""
    found: dict[Any, str] = {}
    place = zone(session)
    for slug in {case.slug for case in cases}:
        ids = [case.id for case in cases if case.slug == slug]
        query = (
            select(Change.record_id, Change.action, Change.at, Change.actor)
            .where(Change.slug == slug, Change.record_id.in_(ids))
            .order_by(Change.id.desc())
            .limit(20 * len(ids))
        )
        for key, action, at, actor in session.connection().execute(query):
            act = act_words(action, slug)
            found.setdefault(key, f"{when(at, place)} {actor_words(actor)} {act}")
    return found


def _promises(
    session: Session, who: Actor, cases: Iterable[Case]
) -> dict[int, dt.datetime]:
    """Case -> the reply promised last and not given yet."""
    table, ids = Reply.__table__, [case.id for case in cases]
    query = select(table.c.case_id, table.c.promised_at).where(
        table.c.case_id.in_(ids),
        table.c.promised_at.is_not(None),
        table.c.kept.is_(None),
        table.c.voided_at.is_(None),
        where(who, "read", Reply),
    )
    rows = session.connection().execute(query.order_by(table.c.id))
    return {key: moment for key, moment in rows if moment}
