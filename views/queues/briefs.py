"""What whoever decides in a queue needs to know of a row, beside what all rows have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from markupsafe import Markup, escape
from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.orm import Session

from core.access import Actor, may, readable
from core.indexes import UNCLOSED, Aside
from core.kept import worked_out
from core.record import Case, fields
from core.rows import light
from core.scope import where
from core.words import _
from models import Arrears, Card, CardApplication, Staff
from views.values import number_words, plain_words

IN_USE = ("active", "suspended")
Totals = dict[int | None, Any]
_NEEDED = (
    CardApplication.id,
    CardApplication.unit_id,
    CardApplication.card_kind,
    CardApplication.holder_kind,
    CardApplication.quantity,
    CardApplication.papers_seen,
    CardApplication.employee_id,
    CardApplication.verified_by_id,
)


def _keys(name: str) -> Any:
    return bindparam(name, expanding=True, type_=BigInteger())


_APPLICATIONS = select(*_NEEDED).where(CardApplication.id.in_(_keys("keys")))
_KIND: Aside[str] = Aside(Case.__table__.c.type)  # by home, which has few
_CARDS = (
    select(Card.unit_id, func.count())
    .where(Card.unit_id.in_(_keys("homes")), _KIND.in_([Card.slug]))
    .where(Card.state.in_(IN_USE), Card.voided_at.is_(None))
    .group_by(Card.unit_id)
)
_DEBTS = (
    select(Arrears.unit_id, func.sum(Arrears.amount))
    .where(Arrears.unit_id.in_(_keys("homes")), UNCLOSED, Arrears.voided_at.is_(None))
    .group_by(Arrears.unit_id)
)
_OF_HOMES: dict[type[Case], Any] = {Card: _CARDS, Arrears: _DEBTS}
_NAMES = select(Staff.id, Staff.name).where(Staff.id.in_(_keys("keys")))


def briefs(session: Session, who: Actor, rows: Sequence[Any]) -> dict[int, Markup]:
    """Card applications by their id: card, papers, verifier, cards at home, arrears."""
    keys = [row.id for row in rows if row.type == CardApplication.slug]
    if not keys:
        return {}
    found = light(session.connection().execute(_APPLICATIONS, {"keys": keys}))
    homes = [one.unit_id for one in found if one.unit_id]
    cards = _totals(session, who, Card, homes) if may(who, "read", Card) else {}
    debts = _totals(session, who, Arrears, homes) if _knows_debts(who) else {}
    names = _names(session, found)
    seen = readable(who, CardApplication, ["card_kind", "holder_kind", "papers_seen"])
    told = {
        one.id: [
            *_asked(session, seen, one, names),
            *_at_home(one, cards.get(one.unit_id, 0), debts.get(one.unit_id)),
        ]
        for one in found
    }
    return {key: Markup("<br>").join(lines) for key, lines in told.items()}


def _asked(
    session: Session, seen: Sequence[str], one: Any, names: dict[int, str]
) -> Iterator[str]:
    """What is asked for, and which papers were seen by whom."""
    known = fields(CardApplication)
    words = {n: plain_words(session, known[n], getattr(one, n), None) for n in seen}
    what = " · ".join(words[n] for n in ("card_kind", "holder_kind") if words.get(n))
    held = names.get(one.employee_id or 0, "")
    yield f"{what} × {one.quantity or 1} {held}".strip()
    if words.get("papers_seen"):
        by = names.get(one.verified_by_id or 0, "")
        yield _("Seen: {papers} ({name})", papers=words["papers_seen"], name=by)


def _at_home(one: Any, cards: int, owed: Decimal | None) -> Iterator[Markup]:
    """How many cards the home has, and a mark where it is in arrears."""
    if one.unit_id:
        yield escape(_("Cards of the home in use: {n}", n=cards))
    if owed:
        debt = number_words(owed, fields(Arrears)["amount"])
        chip = Markup('<span class="chip late">{}</span>')
        yield chip.format(_("in arrears: {amount}", amount=debt))


def _knows_debts(who: Actor) -> bool:
    return may(who, "read", Arrears) and bool(readable(who, Arrears, ["amount"]))


def _totals(
    session: Session, who: Actor, cls: type[Case], homes: Sequence[int]
) -> Totals:
    """By home, of what the reader may see."""
    query = worked_out(
        who, ("of homes", cls), lambda: _OF_HOMES[cls].where(where(who, "read", cls))
    )
    return dict(session.connection().execute(query, {"homes": homes}).all())


def _names(session: Session, found: Iterable[Any]) -> dict[int, str]:
    keys = {key for one in found for key in (one.employee_id, one.verified_by_id)}
    if not any(keys):
        return {}
    rows = session.connection().execute(_NAMES, {"keys": list(keys - {None})})
    return {key: str(name) for key, name in rows}
