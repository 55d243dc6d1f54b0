"""What is late goes up its ladder: who is to be told by now, each once for each level.

The due times of a level are a range, so each level is one walk along an index; what was
told already is told apart by its message. Only deliveries are kept, never the level.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import Session

from core.clock import Clock
from core.db import writing
from core.indexes import UNCLOSED
from core.messages import Message, Notice, Recipient, put
from core.record import Case, record_type
from core.words import Words, _, both, say
from models import DeadlineRule, Escalation, EscalationStep, RoleAssignment, Staff, User
from rules.ladders import Band, Rung, bands
from views.values import zone

PAGE = 25
"""Clocks in one transaction; each brings a few deliveries with their history."""
_clock, _case, _message = Clock.__table__.c, Case.__table__.c, Message.__table__.c
LATE = "late/"
RUNNING = and_(_clock.stopped_at.is_(None), _clock.paused_at.is_(None))


@dataclass(frozen=True, slots=True)
class Post:
    """A role that a member of staff holds today: everywhere or in one project."""

    staff_id: int
    role: str
    project_id: int | None
    department_id: int | None
    head: bool


@dataclass(frozen=True, slots=True)
class Office:
    """What an escalation goes by: who holds which post, what the rules are called."""

    posts: Sequence[Post]
    titles: dict[str, Words]
    zone: ZoneInfo


def run(session: Session, moment: dt.datetime) -> int:
    """Tell everybody who is to be told of something late by now; how many were."""
    office = Office(posts(session, moment), _titles(session), zone(session))
    return sum(
        _walk(session, office, band, late, moment)
        for band, late in _bands(session, moment)
    )


def _bands(
    session: Session, moment: dt.datetime
) -> Iterator[tuple[Band, ColumnElement[bool]]]:
    """Every level of every ladder, and which clocks climb it."""
    rules, everywhere = _rules(session), ladders(session)
    own = [place for place in everywhere if place is not None]
    for place, known in everywhere.items():
        project = _case.project_id
        here = project.not_in(own) if place is None else project == place
        for ladder, rungs in known.items():
            for band in bands(rungs, moment):
                yield band, and_(here, _clock.rule.in_(rules[ladder]))


def _walk(
    session: Session,
    office: Office,
    band: Band,
    late: ColumnElement[bool],
    moment: dt.datetime,
) -> int:
    told, query = 0, _untold(band, late, moment)
    rows = session.connection().execute(query).all()
    while rows:
        told += _tell(session, office, band, rows, moment)
        behind = tuple_(_clock.due_at, _clock.id) > (rows[-1].due_at, rows[-1].id)
        rows = session.connection().execute(query.where(behind)).all()
    return told


def _untold(band: Band, late: ColumnElement[bool], moment: dt.datetime) -> Select[Any]:
    """Running clocks that stand in a band and whose level nobody was told of."""
    topic = literal(LATE) + cast(_clock.id, String) + "/" + cast(_clock.round, String)
    told = exists().where(_message.topic == topic + f"/{band.level}")
    since = true() if band.since is None else _clock.due_at > band.since
    return (
        select(
            _clock.id,
            _clock.round,
            _clock.rule,
            _clock.due_at,
            _clock.case_id,
            _case.type,
            _case.number,
            _case.project_id,
            _case.urgent,
            func.coalesce(_clock.department_id, _case.department_id).label("team"),
        )
        .join_from(Clock.__table__, Case.__table__, _case.id == _clock.case_id)
        .where(RUNNING, _clock.due_at < moment, _clock.due_at <= band.until, since)
        .where(late, UNCLOSED, _case.voided_at.is_(None), ~told)
        .order_by(_clock.due_at, _clock.id)
        .limit(PAGE)
    )


def _tell(
    session: Session,
    office: Office,
    band: Band,
    rows: Sequence[Any],
    moment: dt.datetime,
) -> int:
    """Put a page's messages into the inboxes, and each delivery on its case."""
    told = [
        (row, rung, _notice(office, row, rung), recipient)
        for row in rows
        for recipient, rung in recipients(office.posts, band, row).items()
    ]
    if not told:
        return 0
    with writing(session):
        pairs = [(notice, recipient) for _row, _rung, notice, recipient in told]
        fresh = put(session, pairs, moment)
        for row, rung, notice, recipient in told:
            if (notice.topic, str(recipient)) in fresh:
                session.add(_delivery(row, rung, recipient, moment))
    return len(fresh)


def recipients(known: Iterable[Post], band: Band, row: Any) -> dict[Recipient, Rung]:
    """Who is to be told, each once and by the highest rung that names him."""
    found: dict[Recipient, Rung] = {}
    for rung in sorted(band.rungs, key=lambda rung: rung.level):
        if rung.staff_id:
            found[rung.staff_id] = rung
        if rung.address:
            found[rung.address] = rung
        for post in known:
            if _stands_on(post, rung, row):
                found[post.staff_id] = rung
    return found


def _stands_on(post: Post, rung: Rung, row: Any) -> bool:
    return (
        post.role == rung.role
        and post.project_id in (None, row.project_id)
        and (post.head or not rung.head)
        and (not rung.own_department or post.department_id == row.team is not None)
    )


def _notice(office: Office, row: Any, rung: Rung) -> Notice:
    kind, what = record_type(row.type).title, office.titles[row.rule]
    due = f"{row.due_at.astimezone(office.zone):%Y-%m-%d %H:%M}"
    words = both(
        lambda: _(
            "Overdue, level {level}: {kind} {number}, {what}, was due {due}",
            level=rung.level,
            kind=say(kind),
            number=row.number,
            what=say(what),
            due=due,
        )
    )
    return Notice(
        f"{LATE}{row.id}/{row.round}/{rung.level}",
        words,
        row.type,
        row.case_id,
        row.project_id,
        urgent=rung.at_once or row.urgent,
        inside=rung.channel != "mail",
        outside=rung.channel != "inbox",
    )


def _delivery(
    row: Any, rung: Rung, recipient: Recipient, moment: dt.datetime
) -> Escalation:
    ours = isinstance(recipient, int)
    return Escalation(
        project_id=row.project_id,
        case_id=row.case_id,
        level=rung.level,
        cause="overdue",
        clock=row.rule,
        recipient_id=recipient if ours else None,
        recipient_name=None if ours else rung.recipient[:80],
        sent_at=moment,
    )


def ladders(session: Session) -> dict[int | None, dict[str, list[Rung]]]:
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
    found: dict[int | None, dict[str, list[Rung]]] = {}
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


def posts(session: Session, moment: dt.datetime) -> list[Post]:
    """Who holds which role on that day, delegations among them."""
    given, user, staff = (cls.__table__.c for cls in (RoleAssignment, User, Staff))
    today = moment.astimezone(zone(session)).date()
    query = (
        select(
            user.staff_id,
            given.role,
            given.project_id,
            func.coalesce(given.department_id, staff.department_id),
            given.head,
        )
        .join_from(RoleAssignment.__table__, User.__table__, user.id == given.user_id)
        .join(Staff.__table__, staff.id == user.staff_id)
        .where(given.voided_at.is_(None), user.voided_at.is_(None), ~user.disabled)
        .where(or_(given.valid_from.is_(None), given.valid_from <= today))
        .where(or_(given.valid_until.is_(None), given.valid_until >= today))
        .order_by(given.id)
    )
    return [Post(*row) for row in session.connection().execute(query)]


def reaching_nobody(session: Session, moment: dt.datetime) -> list[Rung]:
    """The rungs on which nobody stands: they name nobody, and nobody has the role."""
    known = posts(session, moment)
    return [
        rung
        for by_ladder in ladders(session).values()
        for rungs in by_ladder.values()
        for rung in rungs
        if not (rung.staff_id or rung.address)
        and not any(
            post.role == rung.role and (post.head or not rung.head) for post in known
        )
    ]


def _rules(session: Session) -> dict[str, list[str]]:
    """Ladder -> the codes of the rules whose clocks climb it."""
    t = DeadlineRule.__table__.c
    found: dict[str, list[str]] = defaultdict(list)
    query = select(t.ladder, t.code).where(t.ladder.is_not(None)).distinct()
    for ladder, code in session.connection().execute(query):
        found[ladder].append(code)
    return found


def _titles(session: Session) -> dict[str, Words]:
    t = DeadlineRule.__table__.c
    rows = session.connection().execute(select(t.code, t.title_zh, t.title_en))
    return {code: (zh, en or zh) for code, zh, en in rows}
