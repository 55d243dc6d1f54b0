"""The manager's dashboard: what came and went, what is old, what was in time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

from flask import url_for
from sqlalchemy import (
    ColumnElement,
    Table,
    and_,
    case,
    false,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Session

from core.access import Actor, may
from core.clock import Clock
from core.db import now
from core.kept import lately
from core.record import Case
from core.scope import where
from core.words import _, language, say
from models import SATISFACTION, Card, Complaint, Department, Revisit
from rules.calendar import DAY
from rules.reports.counting import share
from views.context import project_id
from views.facts import policy_rows
from views.reports.drawn import NOTHING, amount
from views.reports.statements import midnight
from views.timetable import rule_titles, timetable
from views.values import (
    labels_of,
    this_day,
    zone,
)

WEEKS, DAYS, LISTED = 12, 30, 12
AGES = (1, 3, 7, 30)
"""Days at which an open case grows into the next class of age."""
CASES = cast(Table, Case.__table__)
CLOCKS = cast(Table, Clock.__table__)
Values = list[float | None]


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture with its table: a name and values in each line."""

    code: str
    title: str
    about: str
    heads: list[str]
    names: list[str]
    lines: list[Values]
    units: list[str]
    shape: str = "bar"

    @property
    def rows(self) -> list[tuple[str, list[str]]]:
        """The lines in words."""
        return [
            (name, [amount(v, u) for v, u in zip(line, self.units, strict=True)])
            for name, line in zip(self.names, self.lines, strict=True)
        ]

    @property
    def chart(self) -> dict[str, Any]:
        """What the picture draws: the shares where there are any, else the counts."""
        shares = [at for at, unit in enumerate(self.units) if unit == "percent"]
        kept = shares or range(len(self.heads))
        return {
            "id": self.code,
            "shape": self.shape,
            "unit": "%" if shares else "",
            "names": self.names,
            "series": [
                {"name": self.heads[at], "values": [line[at] for line in self.lines]}
                for at in kept
            ],
        }


def panels(session: Session, who: Actor) -> list[Panel]:
    """Every picture that the reader's rights fill; counted once in some seconds."""
    key = ("dashboard", project_id(), language())
    return lately(session, who, key, lambda: _panels(session, who))


def _panels(session: Session, who: Actor) -> list[Panel]:
    found = [_trend(session, who), _ages(session, who), _rules(session, who)]
    found += [_departments(session, who), _satisfaction(session, who)]
    return [one for one in found if one.lines]


def _mine(who: Actor) -> list[ColumnElement[bool]]:
    """Standing cases of the project at hand that the reader may read."""
    here = (CASES.c.voided_at.is_(None), CASES.c.project_id == project_id())
    return [*here, where(who, "read", Case)]


def _bucket(
    column: ColumnElement[Any], bounds: Sequence[dt.datetime]
) -> ColumnElement[int]:
    """How many of the rising bounds lie at or before a moment."""
    later = [(column < bound, at) for at, bound in enumerate(bounds)]
    return case(*later, else_=len(bounds))


def _trend(session: Session, who: Actor) -> Panel:
    place = zone(session)
    today = now().astimezone(place).date()
    monday = today - today.weekday() * DAY
    weeks = [monday - 7 * n * DAY for n in reversed(range(WEEKS))]
    bounds = [midnight(day, place) for day in weeks]
    columns = (CASES.c.received_at, CASES.c.closed_at)
    counts = [_per_bucket(session, who, one, bounds) for one in columns]
    return Panel(
        "trend",
        _("Received and closed"),
        _("Cases by the week in which they came and were closed."),
        [_("Received"), _("Closed")],
        [f"{day:%m-%d}" for day in weeks],
        [[told.get(at + 1, 0) for told in counts] for at in range(WEEKS)],
        ["count", "count"],
        "line",
    )


def _per_bucket(
    session: Session,
    who: Actor,
    column: ColumnElement[Any],
    bounds: Sequence[dt.datetime],
) -> dict[int, int]:
    bucket = _bucket(column, bounds)
    query = select(bucket, func.count()).where(*_mine(who), column >= bounds[0])
    return dict(session.connection().execute(query.group_by(bucket)).all())


def _ages(session: Session, who: Actor) -> Panel:
    bounds = [now() - days * DAY for days in reversed(AGES)]
    bucket = _bucket(CASES.c.received_at, bounds)
    query = select(bucket, func.count()).where(*_mine(who), CASES.c.open)
    found = dict(session.connection().execute(query.group_by(bucket)).all())
    edges = (0, *AGES)
    names = [_("{a}–{b} days", a=a, b=b) for a, b in pairwise(edges)]
    names.append(_("over {n} days", n=AGES[-1]))
    return Panel(
        "ages",
        _("Age of what is open"),
        _("Cases that are not closed, by the days since they came."),
        [_("Open")],
        names,
        [[found.get(len(AGES) - at, 0)] for at in range(len(AGES) + 1)],
        ["count"],
    )


def _rules(session: Session, who: Actor) -> Panel:
    titles = rule_titles(session)
    found = _in_time(session, who, CLOCKS.c.rule)
    names = [say(titles.get(code, (code, code))) for code, _line in found]
    return _rates("rules", _("In time, by rule"), names, found)


def _departments(session: Session, who: Actor) -> Panel:
    found = _in_time(session, who, CASES.c.department_id)
    found = [(key, line) for key, line in found if key is not None]
    labels = labels_of(session, Department.slug, [key for key, _line in found])
    names = [labels.get(key, NOTHING) for key, _line in found]
    return _rates("departments", _("In time, by department"), names, found)


def _rates(
    code: str, title: str, names: list[str], found: list[tuple[Any, Values]]
) -> Panel:
    about = _("Clocks of the cases of the last {n} days that are due by now.", n=DAYS)
    heads = [_("Due"), _("Kept"), _("In time")]
    units = ["count", "count", "percent"]
    return Panel(code, title, about, heads, names, [line for _k, line in found], units)


def _in_time(
    session: Session, who: Actor, by: ColumnElement[Any]
) -> list[tuple[Any, Values]]:
    """By rule or department: clocks due or stopped by now, those kept, the share.

    What only reminds of an end is neither kept nor missed by anybody.
    """
    at, c = now(), CLOCKS.c
    ended = func.coalesce(c.stopped_at, literal(at, c.due_at.type))
    known = or_(c.stopped_by.is_not(None), (c.stopped_at.is_(None)) & (c.due_at <= at))
    kept = func.sum(case((ended < c.due_at, 1), else_=0))
    query = (
        select(by, func.count(), kept)
        .select_from(CASES.join(CLOCKS, c.case_id == CASES.c.id))
        .where(*_mine(who), CASES.c.received_at >= at - DAYS * DAY, known)
        .where(c.rule.not_in(timetable(session, project_id()).reminding))
        .group_by(by)
        .order_by(func.count().desc(), by)
        .limit(LISTED)
    )
    rows = session.connection().execute(query)
    return [(key, [n, int(met), share(int(met), n)]) for key, n, met in rows]


def _satisfaction(session: Session, who: Actor) -> Panel:
    kinds = [cls for cls in (Complaint, Revisit) if may(who, "read", cls)]
    lines: list[Values] = []
    for cls in kinds:
        own = cast(Table, cls.__table__)
        query = (
            select(own.c.satisfaction, func.count())
            .select_from(CASES.join(own, own.c.id == CASES.c.id))
            .where(*_mine(who), CASES.c.type == cls.slug)
            .where(CASES.c.received_at >= now() - 3 * DAYS * DAY)
            .where(own.c.satisfaction.is_not(None))
            .group_by(own.c.satisfaction)
        )
        found: dict[str, int] = dict(session.connection().execute(query).all())
        told = [found.get(code, 0) for code, _zh, _en in SATISFACTION]
        lines.append([*told, share(told[0], sum(told))])
    return Panel(
        "satisfaction",
        _("Satisfaction"),
        _("Answers of the last {n} days; those not asked do not count.", n=3 * DAYS),
        [*(say((zh, en)) for _code, zh, en in SATISFACTION), _("Satisfied, share")],
        [say(cls.title) for cls in kinds],
        lines,
        [*("count" for _one in SATISFACTION), "percent"],
    )


def _soon(session: Session, today: dt.date) -> Iterator[ColumnElement[bool]]:
    """Which cards run out soon: those of each kind as long before as its terms say."""
    for terms in policy_rows(session, "card_policy"):
        if days := terms["remind_days"]:
            yield and_(
                Card.card_kind == terms["card_kind"],
                Card.holder_kind == terms["holder_kind"],
                Card.valid_until <= today + days * DAY,
            )


def expiring(session: Session, who: Actor) -> list[tuple[str, str, dt.date]]:
    """The next cards to expire: (number, address, day)."""
    if not may(who, "read", Card):
        return []
    today = this_day(session)
    query = (
        select(Card.id, Card.number, Card.valid_until)
        .where(
            Card.state == "active",
            Card.voided_at.is_(None),
            Card.project_id == project_id(),
            Card.valid_until >= today,
            or_(false(), *_soon(session, today)),
            where(who, "read", Card),
        )
        .order_by(Card.valid_until, Card.id)
        .limit(LISTED)
    )
    return [
        (number, url_for("card.details_view", id=key), day)
        for key, number, day in session.execute(query)
        if day
    ]
