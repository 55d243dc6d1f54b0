"""What is late or was reported up climbs its ladder: each level is told once.

The due times of a level are a range, so each level is one walk along an index; what was
told already is told apart by its message. Only deliveries are kept, never the level.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    cast,
    exists,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.orm import Session

from core.clock import Clock
from core.db import writing
from core.indexes import UNCLOSED
from core.messages import Message, Notice, Recipient, put
from core.record import Case, fields, record_type
from core.words import Words, _, both, say
from models import DeadlineRule, Escalation
from rules.ladders import Band, Rung, bands
from views.ladders import ladders, recipients, superiors
from views.posts import Post, posts
from views.timetable import rule_titles
from views.values import zone

PAGE, PORTION = 250, 50
"""Cases read at once, and deliveries written in one transaction."""
RAISED = {"major": ("major", "group", "emergency"), "unsolvable": ("resources",)}
"""Ladders that begin when somebody reports a case up, and for which reasons."""
_clock, _case, _message = Clock.__table__.c, Case.__table__.c, Message.__table__.c
_CASE = (_case.type, _case.number, _case.project_id, _case.urgent, _case.holder_id)


@dataclass(frozen=True, slots=True)
class Office:
    """What an escalation goes by: who holds which post, what the rules are called."""

    posts: Sequence[Post]
    titles: dict[str, Words]
    zone: ZoneInfo
    superiors: dict[int, int]


@dataclass(frozen=True, slots=True)
class Climbers:
    """Cases that reached a level of which nobody was told, in a fixed order."""

    band: Band
    query: Select[Any]
    order: tuple[ColumnElement[Any], ColumnElement[int]]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One recipient of one level of one case."""

    row: Any
    rung: Rung
    recipient: Recipient
    notice: Notice

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from every other delivery."""
        return self.notice.topic, str(self.recipient)


def run(session: Session, moment: dt.datetime) -> int:
    """Tell everybody who is to be told of a case by now; how many were."""
    office = Office(
        posts(session, moment), rule_titles(session), zone(session), superiors(session)
    )
    found = _climbing(session, moment)
    return sum(_walk(session, office, climbers, moment) for climbers in found)


def _climbing(session: Session, moment: dt.datetime) -> Iterator[Climbers]:
    """Every level of every ladder: what is late, and what was reported up."""
    rules, everywhere = _rules(session), ladders(session)
    own = [place for place in everywhere if place is not None]
    for place, known in everywhere.items():
        project = _case.project_id
        here = project.not_in(own) if place is None else project == place
        for ladder, rungs in known.items():
            for band in bands(rungs, moment):
                yield _late(band, here, rules[ladder], moment)
            if ladder in RAISED:  # the move itself tells those of the first hour
                for band in bands([rung for rung in rungs if rung.after], moment):
                    yield _raised(band, here, ladder)


def _late(
    band: Band, here: ColumnElement[bool], rules: list[str], moment: dt.datetime
) -> Climbers:
    """Running clocks whose due time lies in the band."""
    key = _text(_clock.id) + "/" + _text(_clock.round)
    running = (_clock.stopped_at.is_(None), _clock.paused_at.is_(None), ~_clock.quiet)
    query = (
        select(
            (literal("late/") + key).label("topic"),
            _clock.id,
            _clock.due_at.label("since"),
            _clock.rule.label("clock"),
            literal("overdue").label("cause"),
            _clock.case_id,
            func.coalesce(_clock.department_id, _case.department_id).label("team"),
            *_CASE,
        )
        .join_from(Clock.__table__, Case.__table__, _case.id == _clock.case_id)
        .where(*running, _clock.due_at < moment, _clock.rule.in_(rules), here)
    )
    return _untold(band, query, (_clock.due_at, _clock.id))


def _raised(band: Band, here: ColumnElement[bool], ladder: str) -> Climbers:
    """Cases that were reported up, by the first time that they were."""
    e = Escalation.__table__.c
    first = (
        select(
            e.case_id,
            func.min(e.sent_at).label("since"),
            func.min(e.cause).label("cause"),
        )
        .where(e.cause.in_(RAISED[ladder]), e.voided_at.is_(None))
        .group_by(e.case_id)
        .subquery("first")
    )
    query = (
        select(
            (literal(f"raised/{ladder}/") + _text(_case.id)).label("topic"),
            _case.id,
            first.c.since,
            literal("").label("clock"),
            first.c.cause,
            first.c.case_id,
            _case.department_id.label("team"),
            *_CASE,
        )
        .join_from(first, Case.__table__, _case.id == first.c.case_id)
        .where(here)
    )
    return _untold(band, query, (first.c.since, _case.id))


def _text(key: ColumnElement[int]) -> ColumnElement[str]:
    return cast(key, String)


def _untold(
    band: Band,
    query: Select[Any],
    order: tuple[ColumnElement[Any], ColumnElement[int]],
) -> Climbers:
    """Those in the band, of open cases, whose level nobody was told of."""
    since = order[0]
    topic = query.selected_columns["topic"] + f"/{band.level}"
    told = exists().where(_message.topic == topic)
    places = [since <= band.until]
    places += [] if band.since is None else [since > band.since]
    wanted = query.where(*places, UNCLOSED, _case.voided_at.is_(None), ~told)
    return Climbers(band, wanted.order_by(*order).limit(PAGE), order)


def _walk(
    session: Session, office: Office, climbers: Climbers, moment: dt.datetime
) -> int:
    told, query = 0, climbers.query
    while rows := session.connection().execute(query).all():
        found = _untold_of(session, office, climbers.band, rows)
        for start in range(0, len(found), PORTION):
            told += _tell(session, found[start : start + PORTION], moment)
        last = (rows[-1].since, rows[-1].id)
        query = climbers.query.where(tuple_(*climbers.order) > last)
    return told


def _untold_of(
    session: Session, office: Office, band: Band, rows: Sequence[Any]
) -> list[Delivery]:
    """What is to be told of a page, without what was told at a lower level."""
    found = [
        Delivery(row, rung, recipient, _notice(office, row, rung))
        for row in rows
        for recipient, rung in recipients(
            office.posts, band, row, office.superiors.get(row.holder_id)
        ).items()
    ]
    topics = {one.notice.topic for one in found}
    query = select(_message.topic, _message.recipient).where(_message.topic.in_(topics))
    known = {tuple(row) for row in session.connection().execute(query)}
    return [one for one in found if one.key not in known]


def _tell(session: Session, found: Sequence[Delivery], moment: dt.datetime) -> int:
    """Put messages into the inboxes, and each delivery on its case."""
    with writing(session):
        fresh = put(session, [(one.notice, one.recipient) for one in found], moment)
        for one in found:
            if one.key in fresh:
                session.add(_on_record(one, moment))
    return len(fresh)


def _notice(office: Office, row: Any, rung: Rung) -> Notice:
    return Notice(
        f"{row.topic}/{rung.level}",
        both(lambda: _words(office, row, rung)),
        row.type,
        row.case_id,
        row.project_id,
        urgent=rung.at_once or row.urgent,
        inside=rung.channel != "mail",
        outside=rung.channel != "inbox",
    )


def _words(office: Office, row: Any, rung: Rung) -> str:
    """A level, a kind, a number and a time: nothing of what the case says."""
    kind = say(record_type(row.type).title)
    since = f"{row.since.astimezone(office.zone):%Y-%m-%d %H:%M}"
    if row.clock:
        return _(
            "Overdue, level {level}: {kind} {number}, {what}, was due {since}",
            level=rung.level,
            kind=kind,
            number=row.number,
            what=say(office.titles[row.clock]),
            since=since,
        )
    causes = fields(Escalation)["cause"].choices
    return _(
        "Reported up, level {level}: {kind} {number}, {what}, open since {since}",
        level=rung.level,
        kind=kind,
        number=row.number,
        what=next(say((zh, en)) for code, zh, en in causes if code == row.cause),
        since=since,
    )


def _on_record(one: Delivery, moment: dt.datetime) -> Escalation:
    row, rung, recipient = one.row, one.rung, one.recipient
    ours = isinstance(recipient, int)
    return Escalation(
        project_id=row.project_id,
        case_id=row.case_id,
        level=rung.level,
        cause=row.cause,
        clock=row.clock or None,
        recipient_id=recipient if ours else None,
        recipient_name=None if ours else rung.recipient[:80],
        sent_at=moment,
    )


def _rules(session: Session) -> dict[str, list[str]]:
    """Ladder -> the codes of the rules whose clocks climb it."""
    t = DeadlineRule.__table__.c
    found: dict[str, list[str]] = defaultdict(list)
    query = select(t.ladder, t.code).where(t.ladder.is_not(None)).distinct()
    for ladder, code in session.connection().execute(query):
        found[ladder].append(code)
    return found
