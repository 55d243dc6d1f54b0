"""What whoever decides in a queue needs to know of a row, beside what all rows have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from markupsafe import Markup, escape
from sqlalchemy import BigInteger, Select, bindparam, func, null, select
from sqlalchemy.orm import Session

from core.access import Actor, may, readable
from core.indexes import LASTING, UNCLOSED
from core.kept import worked_out
from core.record import Case, fields
from core.rows import light
from core.scope import where
from core.words import _
from models import Arrears, Card, CardApplication, Staff
from views.rows import words_for
from views.values import number_words

IN_USE = ("active", "suspended")
_ASKED = CardApplication.__table__
_SPINE = Case.__table__.alias("asked")
"""Of the application: cards and debts of its home are cases themselves."""
_HOME = _SPINE.c.unit_id
_EMPLOYEE, _VERIFIER = (Staff.__table__.alias(n) for n in ("employee", "verifier"))
_NEEDED = "id card_kind holder_kind quantity papers_seen".split()
_CARDS = (
    select(func.count())
    .where(Card.unit_id == _HOME, LASTING, Card.voided_at.is_(None))
    .where(Case.type == Card.slug, Card.state.in_(IN_USE))
)
_DEBTS = select(func.sum(Arrears.amount)).where(
    Arrears.unit_id == _HOME, UNCLOSED, Arrears.voided_at.is_(None)
)


def briefs(session: Session, who: Actor, rows: Sequence[Any]) -> dict[int, Markup]:
    """Card applications by their id: card, papers, verifier, cards at home, arrears."""
    keys = [row.id for row in rows if row.type == CardApplication.slug]
    if not keys:
        return {}
    query = worked_out(who, "briefs", lambda: _query(who))
    found = light(session.connection().execute(query, {"keys": keys}))
    seen = readable(who, CardApplication, ["card_kind", "holder_kind", "papers_seen"])
    words = _words(session, seen)
    told = {one.id: [*_asked(words, one), *_at_home(one)] for one in found}
    return {key: Markup("<br>").join(lines) for key, lines in told.items()}


def _query(who: Actor) -> Select[Any]:
    """The applications of a page, with what the reader may know of their homes."""
    knows = may(who, "read", Arrears) and readable(who, Arrears, ["amount"])
    cards = _CARDS.where(where(who, "read", Card)) if may(who, "read", Card) else None
    debts = _DEBTS.where(where(who, "read", Arrears)) if knows else None
    of_home = {"cards": cards, "debts": debts}
    keys = bindparam("keys", expanding=True, type_=BigInteger())
    source = _ASKED.join(_SPINE, _SPINE.c.id == _ASKED.c.id)
    for staff, by in ((_EMPLOYEE, "employee_id"), (_VERIFIER, "verified_by_id")):
        source = source.outerjoin(staff, staff.c.id == _ASKED.c[by])
    return (
        select(
            *(_ASKED.c[name] for name in _NEEDED),
            _HOME,
            _EMPLOYEE.c.name.label("employee"),
            _VERIFIER.c.name.label("verifier"),
            *(
                (null() if one is None else one.scalar_subquery()).label(name)
                for name, one in of_home.items()
            ),
        )
        .select_from(source)
        .where(_ASKED.c.id.in_(keys))
    )


def _words(session: Session, seen: Sequence[str]) -> dict[str, Callable[[Any], str]]:
    """How each field that the reader may see is told."""
    known = fields(CardApplication)
    return {name: words_for(session, known[name]) or str for name in seen}


def _asked(words: dict[str, Callable[[Any], str]], one: Any) -> Iterator[str]:
    """What is asked for, and which papers were seen by whom."""
    told = {n: say(value) for n, say in words.items() if (value := getattr(one, n))}
    what = " · ".join(told[n] for n in ("card_kind", "holder_kind") if n in told)
    yield f"{what} × {one.quantity or 1} {one.employee or ''}".strip()
    if papers := told.get("papers_seen"):
        yield _("Seen: {papers} ({name})", papers=papers, name=one.verifier or "")


def _at_home(one: Any) -> Iterator[Markup]:
    """How many cards the home has, and a mark where it is in arrears."""
    if one.unit_id:
        yield escape(_("Cards of the home in use: {n}", n=one.cards or 0))
    if one.debts:
        debt = number_words(one.debts, fields(Arrears)["amount"])
        chip = Markup('<span class="chip late">{}</span>')
        yield chip.format(_("in arrears: {amount}", amount=debt))
