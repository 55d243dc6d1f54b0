"""Duties are opened ahead of their day, once each, and let go when they are over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from flask import Flask
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core import jobs
from core.access import SYSTEM, on_behalf
from core.db import writing
from core.jobs import Job
from core.record import Case, Record, form_fields, record_type
from core.words import _
from models import ControlledDocument, Department, Duty, DutyRule, Zone
from rules.duties import MONTHS, SHORT, Slot, duty, slots
from views import moving
from views.facts import policy_rows
from views.occasions import (
    Opening,
    Place,
    Row,
    missing,
    open_all,
    out_of_use,
    places,
    rules_of,
)
from views.posts import Post, posts
from views.values import choices, this_day, zone

AT = ("00:05",)
"""When the office looks at its calendar."""
TOLD_OF = ("period", "quarter", "period_from")
"""A record type that knows its period is opened itself, for others a duty."""
SUBJECTS = {"department": Department, "zone": Zone, "document": ControlledDocument}
"""What a rule may be for each of, beside the estate and the office."""
YEAR = MONTHS["year"]


def init_app(app: Flask) -> None:
    """Register the job."""
    jobs.add(Job("duties", ("列出定期工作", "Listing of duties"), run, at=AT))


def run(session: Session, moment: dt.datetime) -> int:
    """Open what is to be done soon, in every estate; how many were opened."""
    held, off, opened = posts(session, moment), out_of_use(session), 0
    for place in places(session, moment):
        found = list(_openings(session, place, held, off))
        opened += len(open_all(session, missing(session, place, found)))
        _let_go(session, place)
    return opened


def _openings(
    session: Session, place: Place, held: Sequence[Post], off: set[str]
) -> Iterator[Opening]:
    for row in rules_of(session, "duty_rule", place):
        if row["target"] in off:
            continue
        rule, subjects = duty(row), _subjects(session, row, place)
        until = place.today + dt.timedelta(days=rule.ahead)
        since = place.since(row["updated_at"] or row["created_at"])
        for slot in slots(rule, place.calendar, since, until):
            for subject in (s for s in subjects if _concerns(s, slot, place)):
                holder = holder_of(held, row["compiler"], place)
                yield _opening(session, row, slot, place, subject, holder)


def _subjects(session: Session, row: Row, place: Place) -> list[Any]:
    """What each occasion is opened for: the estate, or each of something in it."""
    if row["per"] == "office" and not place.first:
        return []
    cls: Any = SUBJECTS.get(row["per"])
    if cls is None:
        return [None]
    query = select(cls).where(cls.project_id == place.id, cls.voided_at.is_(None))
    found = list(session.scalars(query.order_by(cls.id)))
    if cls is not ControlledDocument:
        return found
    return [one for one in found if _comes_round(one, row)] or [None]


def _concerns(subject: Any, slot: Slot, place: Place) -> bool:
    """Whether it was there by then; an edition, when the whole period began."""
    if isinstance(subject, ControlledDocument):
        return bool(subject.effective_on and subject.effective_on <= slot.first)
    return subject is None or place.since(subject.created_at) <= slot.due


def _comes_round(document: ControlledDocument, row: Row) -> bool:
    """Whether a document is in force, and reviewed yearly or oftener like the rule."""
    often = (document.review_months or YEAR) < YEAR
    return document.state == "effective" and often == (row["period"] != "year")


def holder_of(held: Sequence[Post], role: str | None, place: Place) -> int | None:
    """Whoever alone has that role in the estate."""
    found = {p.staff_id for p in held if p.holds(role, place.id)}
    return found.pop() if len(found) == 1 else None


def _opening(
    session: Session,
    row: Row,
    slot: Slot,
    place: Place,
    subject: Any,
    holder: int | None,
) -> Opening:
    cls = kind_of(row)
    values = _values(session, cls, row, slot)
    values["holder_id"] = getattr(subject, "staff_id", None) or holder
    if isinstance(subject, Department):
        values["department_id"] = subject.id
    if isinstance(subject, ControlledDocument):
        values["controlled_document_id"] = subject.id
    key = (row["code"], place.id, subject.id if subject else 0, slot.first)
    told = (row["compiler"] or "") if row["ahead_days"] else ""
    return Opening(key, slot.due, cls.slug, values, on=slot.late, told=told)


def kind_of(row: Row) -> type[Case]:
    """The record type that an occasion of that rule opens."""
    if row["target"]:
        cls = record_type(row["target"])
        if issubclass(cls, Case) and any(n in form_fields(cls) for n in TOLD_OF):
            return cls
    return Duty


def _values(session: Session, cls: type[Case], row: Row, slot: Slot) -> dict[str, Any]:
    """What the record can be told of the occasion, by its fields."""
    title = row["title_zh"]
    said = {
        "period": slot.name,
        "quarter": slot.name,
        "period_from": slot.covers[0],
        "period_to": slot.covers[1],
        "name": title if cls is Duty else f"{title} {slot.name}",
        "role": row["compiler"],
        "duty_rule_id": row["id"],
        "due_on": slot.due,
        "recipients": row["recipients"],
    }
    known = form_fields(cls)
    if "content" in cls.required:
        said["content"] = title
    kinds = (n for n, f in known.items() if row["variant"] in choices(session, f))
    said |= {name: row["variant"] for name in kinds if row["variant"]}
    return {n: v for n, v in said.items() if n in cls.__mapper__.columns}


def _let_go(session: Session, place: Place) -> None:
    """What comes every day or week is not done after its time any more."""
    short = select(DutyRule.id).where(DutyRule.period.in_(SHORT))
    over = select(Duty).where(
        Duty.project_id == place.id,
        Duty.open,
        Duty.due_on < place.today,
        Duty.duty_rule_id.in_(short),
        Duty.voided_at.is_(None),
    )
    if not session.scalars(over.limit(1)).first():
        return
    with writing(session):
        for case in session.scalars(over):
            reason = {"reason": _("The next one has begun.")}
            _move(session, case, "skip", reason)


def fulfil(session: Session, record: Record) -> None:
    """A record of what a duty asks for was made: the oldest such duty is done.

    What is still to be held fulfils nothing yet.
    """
    held_on = getattr(record, "held_on", None)
    if held_on and held_on > this_day(session):
        return
    rules = [
        row["id"]
        for row in policy_rows(session, "duty_rule")
        if row["target"] == record.slug and row["variant"] in _kinds(record)
    ]
    if not rules:
        return
    team = getattr(record, "department_id", None)
    query = select(Duty).where(
        Duty.project_id == record.project_id,
        Duty.duty_rule_id.in_(rules),
        or_(Duty.department_id.is_(None), Duty.department_id == team),
        Duty.open,
        Duty.voided_at.is_(None),
    )
    with on_behalf(session):
        case = session.scalars(query.order_by(Duty.due_on).limit(1)).first()
        if case is not None:
            _move(session, case, "finish", {})


def was_ahead(session: Session, record: Record) -> bool:
    """Whether a record was last written before it was held, fulfilling nothing."""
    held_on = getattr(record, "held_on", None)
    written = (record.updated_at or record.created_at).astimezone(zone(session))
    return held_on is not None and held_on > written.date()


def _move(session: Session, case: Duty, code: str, given: Row) -> None:
    """A step of a duty that follows from something else, whoever's duty it is."""
    assert case.flow is not None
    moving.make(session, SYSTEM, case, case.flow.move(code), given)


def _kinds(record: Record) -> set[str | None]:
    """The words by which a rule may ask for this record, none among them."""
    known = form_fields(type(record)).items()
    words = (n for n, f in known if f.type in ("choice", "word"))
    return {None, ""} | {getattr(record, name) for name in words}
