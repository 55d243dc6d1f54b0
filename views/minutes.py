"""What minutes take in from before, and what becomes of what they decide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session, aliased

from core.access import on_behalf
from core.record import Case
from core.words import say
from models import (
    CorrectiveAction,
    EngineeringRevisit,
    Meeting,
    MeetingAction,
    Project,
    Revisit,
    Survey,
)
from views import moving
from views.values import settings

FINDINGS: dict[type[Case], ColumnElement[bool]] = {
    Revisit: Revisit.__table__.c.for_meeting,
    Survey: Survey.__table__.c.for_meeting,
    EngineeringRevisit: EngineeringRevisit.__table__.c.urgency == "major",
}
"""What is grave enough to go before a meeting, by the kind of case."""


def set_going(session: Session, meeting: Meeting) -> None:
    """An action with somebody who does it and a day becomes a case of its own."""
    if meeting.voided_at is not None:
        return
    mine = (MeetingAction.meeting_id == meeting.id, MeetingAction.voided_at.is_(None))
    still = (MeetingAction.case_id.is_(None), MeetingAction.done_on.is_(None))
    whose = or_(
        MeetingAction.responsible_id.is_not(None),
        MeetingAction.department_id.is_not(None),
    )
    decided = select(MeetingAction).where(*mine, *still, whose)
    agreed = (~MeetingAction.carried_over, MeetingAction.due_on.is_not(None))
    with on_behalf(session):
        for line in session.scalars(decided.where(*agreed).order_by(MeetingAction.id)):
            line.case_id = _begun(session, meeting, line).id


def _begun(session: Session, meeting: Meeting, line: MeetingAction) -> Case:
    """Whoever is named in the minutes has his notice by them."""
    case = CorrectiveAction(project_id=meeting.project_id)
    values = {
        "origin": "meeting",
        "meeting_id": meeting.id,
        "content": line.matter,
        "department_id": line.department_id,
        "holder_id": line.responsible_id,
        "finish_by": line.due_on,
    }
    moving.open_case(session, case, values)
    if line.responsible_id:
        moving.attempt(session, case, "notice", {})
    return case


def take_in(session: Session, meeting: Meeting) -> None:
    """New minutes list what the last ones left over, and what is grave."""
    with on_behalf(session):
        one_at_a_time = select(Project.id).where(Project.id == meeting.project_id)
        session.execute(one_at_a_time.with_for_update(key_share=True))
        for values in [*_left_over(session, meeting), *_findings(session, meeting)]:
            line = MeetingAction(project_id=meeting.project_id, meeting_id=meeting.id)
            line.carried_over = True
            for name, value in values.items():
                setattr(line, name, value)
            session.add(line)
        session.flush()


def _left_over(session: Session, meeting: Meeting) -> Iterator[dict[str, Any]]:
    """What the meetings of its kind before it did not settle."""
    query = (
        select(MeetingAction)
        .join(Meeting, Meeting.id == MeetingAction.meeting_id)
        .outerjoin(Case.__table__, _case.id == MeetingAction.case_id)
        .where(
            Meeting.project_id == meeting.project_id,
            Meeting.meeting_kind == meeting.meeting_kind,
            Meeting.held_on <= meeting.held_on,
            Meeting.id != meeting.id,
            Meeting.voided_at.is_(None),
            MeetingAction.voided_at.is_(None),
            MeetingAction.carried_over,
            MeetingAction.done_on.is_(None),
            or_(_case.id.is_(None), _unsettled()),
            ~_taken(_later.continues_id == MeetingAction.id),
        )
    )
    for line in session.scalars(query.order_by(MeetingAction.id)):
        kept = ("matter", "case_id", "department_id", "responsible_id", "due_on")
        yield {"continues_id": line.id} | {name: getattr(line, name) for name in kept}


def _findings(session: Session, meeting: Meeting) -> Iterator[dict[str, Any]]:
    """What was found on visits and in surveys and no meeting has heard of yet."""
    kinds = settings(session).get("meeting.takes_findings", "").split(",")
    if meeting.meeting_kind not in [kind.strip() for kind in kinds]:
        return
    for cls, grave in FINDINGS.items():
        its, heard = cls.__table__, _taken(_later.case_id == _case.id)
        query = (
            select(_case.id, _case.number)
            .join_from(Case.__table__, its, its.c.id == _case.id)
            .where(_case.project_id == meeting.project_id, _case.voided_at.is_(None))
            .where(grave, _unsettled(), ~heard)
        )
        for key, number in session.connection().execute(query.order_by(_case.id)):
            yield {"matter": f"{say(cls.title)} {number}", "case_id": key}


def _unsettled() -> ColumnElement[bool]:
    """A case, or what came of it, is open."""
    came = aliased(Case.__table__)
    unclosed = exists().where(came.c.source_id == _case.id, came.c.open)
    return or_(_case.open, unclosed)


def _taken(which: ColumnElement[bool]) -> ColumnElement[bool]:
    """A line of minutes that stand; also a struck one, which ends the matter."""
    its = aliased(Meeting.__table__)
    standing = (its.c.id == _later.meeting_id, its.c.voided_at.is_(None))
    return exists().where(which, *standing)


_case, _later = Case.__table__.c, aliased(MeetingAction.__table__).c
