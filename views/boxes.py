"""What the complaint box brings: a complaint each, made known to the director."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import messages
from core.access import on_behalf
from core.db import now
from core.words import _, both
from models import BoxCollection, BoxItem, Complaint
from views import moving
from views.posts import posts
from views.values import setting, this_day


def emptied(session: Session, record: BoxCollection) -> None:
    """Open what has no record yet; tell the director of what came, once."""
    if record.voided_at is not None:
        return
    with on_behalf(session):
        items = _items(session, record)
        for item in items:
            if item.case_id is None:
                item.case_id = _opened(session, item).id
        if record.handed_on is None and (items or record.item_count):
            _hand_over(session, record, len(items) or record.item_count or 0)


def _items(session: Session, record: BoxCollection) -> list[BoxItem]:
    query = select(BoxItem).where(BoxItem.box_collection_id == record.id)
    standing = query.where(BoxItem.voided_at.is_(None)).order_by(BoxItem.id)
    return list(session.scalars(standing))


def _opened(session: Session, item: BoxItem) -> Complaint:
    case = Complaint(project_id=item.project_id)
    values = {"channel": "box", "content": item.content, "unit_id": item.unit_id}
    moving.open_case(session, case, values)
    return case


def _hand_over(session: Session, record: BoxCollection, n: int) -> None:
    role = setting(session, "box.notify_role", "")
    held = (p for p in posts(session, now()) if p.holds(role, record.project_id))
    whom = sorted({post.staff_id for post in held})
    words = both(lambda: _("The complaint box brought: {n}", n=n))
    messages.tell(session, whom, words, record)
    record.handed_on = this_day(session)
    if len(whom) == 1 and record.handed_to_id is None:
        record.handed_to_id = whom[0]
