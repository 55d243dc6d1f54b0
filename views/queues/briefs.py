"""What whoever decides in a queue needs to know of a row, beside what all rows have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from markupsafe import Markup, escape
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.access import Actor, may, readable
from core.indexes import UNCLOSED
from core.record import fields
from core.words import _
from models import Arrears, Card, CardApplication, Staff
from views.values import number_words, plain_words

IN_USE = ("active", "suspended")
Totals = dict[int | None, Any]


def briefs(session: Session, who: Actor, rows: Sequence[Any]) -> dict[int, Markup]:
    """Card applications by their id: card, papers, verifier, cards at home, arrears."""
    keys = [row.id for row in rows if row.type == CardApplication.slug]
    if not keys:
        return {}
    query = select(CardApplication).where(CardApplication.id.in_(keys))
    found = session.scalars(query).all()
    homes = {one.unit_id for one in found if one.unit_id}
    cards, debts = _cards(session, homes), _debts(session, who, homes)
    names = _names(session, found)
    told = {
        one.id: [
            *_asked(session, who, one, names),
            *_at_home(one, cards.get(one.unit_id, 0), debts.get(one.unit_id)),
        ]
        for one in found
    }
    return {key: Markup("<br>").join(lines) for key, lines in told.items()}


def _asked(
    session: Session, who: Actor, one: CardApplication, names: dict[int, str]
) -> Iterator[str]:
    """What is asked for, and which papers were seen by whom."""
    cls = CardApplication
    seen = readable(who, cls, ["card_kind", "holder_kind", "papers_seen"], one)
    words = {
        n: plain_words(session, fields(cls)[n], getattr(one, n), None) for n in seen
    }
    what = " · ".join(words[n] for n in ("card_kind", "holder_kind") if words.get(n))
    held = names.get(one.employee_id or 0, "")
    yield f"{what} × {one.quantity or 1} {held}".strip()
    if words.get("papers_seen"):
        by = names.get(one.verified_by_id or 0, "")
        yield _("Seen: {papers} ({name})", papers=words["papers_seen"], name=by)


def _at_home(
    one: CardApplication, cards: int, owed: Decimal | None
) -> Iterator[Markup]:
    """How many cards the home has, and a mark where it is in arrears."""
    if one.unit_id:
        yield escape(_("Cards of the home in use: {n}", n=cards))
    if owed:
        debt = number_words(owed, fields(Arrears)["amount"])
        chip = Markup('<span class="chip late">{}</span>')
        yield chip.format(_("in arrears: {amount}", amount=debt))


def _cards(session: Session, homes: set[int]) -> Totals:
    query = select(Card.unit_id, func.count()).where(
        Card.unit_id.in_(homes), Card.state.in_(IN_USE), Card.voided_at.is_(None)
    )
    return dict(session.execute(query.group_by(Card.unit_id)).all())


def _debts(session: Session, who: Actor, homes: set[int]) -> Totals:
    if not may(who, "read", Arrears) or not readable(who, Arrears, ["amount"]):
        return {}
    query = select(Arrears.unit_id, func.sum(Arrears.amount)).where(
        Arrears.unit_id.in_(homes), UNCLOSED, Arrears.voided_at.is_(None)
    )
    return dict(session.execute(query.group_by(Arrears.unit_id)).all())


def _names(session: Session, found: Iterable[CardApplication]) -> dict[int, str]:
    keys = {key for one in found for key in (one.employee_id, one.verified_by_id)}
    query = select(Staff.id, Staff.name).where(Staff.id.in_(keys - {None}))
    return {key: str(name) for key, name in session.execute(query)}
