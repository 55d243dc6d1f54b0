"""Saved views: a narrowed queue or list under a name, for oneself or for a role."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Index,
    String,
    delete,
    insert,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.access import Actor
from core.base import Base, BigId
from core.policy import policy_changed, remembered
from core.rows import light

MOST = 40
"""Views that one person, or one role, may keep."""


class SavedView(Base):
    """One view: whose, of which page, narrowed how."""

    __tablename__ = "saved_view"
    __table_args__ = (Index("ix_saved_view_page", "page"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    page: Mapped[str] = mapped_column(String(80))
    query: Mapped[str] = mapped_column(String(400))
    name: Mapped[str] = mapped_column(String(40))
    staff_id: Mapped[int | None] = mapped_column(BigInteger)
    role: Mapped[str | None] = mapped_column(String(40))
    made_by_id: Mapped[int | None] = mapped_column(BigInteger)


_view = SavedView.__table__.c


def views_of(session: Session, who: Actor, page: str) -> Sequence[Any]:
    """The views of a page that the reader made or that are for his roles, by name."""
    by_page = remembered(session, "saved views", lambda: _by_page(session))
    return [
        view
        for view in by_page.get(page, ())
        if view.role in who.roles
        or (who.staff_id and who.staff_id in (view.staff_id, view.made_by_id))
    ]


def _by_page(session: Session) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    query = select(SavedView.__table__).order_by(_view.name)
    for view in light(session.connection().execute(query)):
        found.setdefault(view.page, []).append(view)
    return found


def keep(session: Session, who: Actor, view: dict[str, Any]) -> bool:
    """Keep a view; False when there are too many already."""
    role = view["role"]
    owner = _view.role == role if role else _view.staff_id == who.staff_id
    query = select(_view.id).where(owner).limit(MOST)
    if len(session.connection().execute(query).all()) >= MOST:
        return False
    row = {"staff_id": None, "role": None, "made_by_id": who.staff_id, **view}
    session.connection().execute(insert(SavedView).values(**row))
    policy_changed(session)
    return True


def drop(session: Session, who: Actor, key: int) -> bool:
    """Drop a view that the reader made; False when it is not his."""
    mine = or_(_view.staff_id == who.staff_id, _view.made_by_id == who.staff_id)
    gone = delete(SavedView).where(_view.id == key, mine).returning(_view.id)
    found = session.connection().execute(gone).first() is not None
    if found:
        policy_changed(session)  # by it everybody's are read again
    return found
