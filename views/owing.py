"""What a home owes, said wherever something is done for it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import Actor, readable
from core.indexes import UNCLOSED
from core.record import Case, fields
from core.words import _
from models import Arrears
from views.values import number_words, settings

WARNED = frozenset("release_pass transfer card card_application".split())
"""The kinds of case on whose page it stands."""


def owes(session: Session, who: Actor, unit_id: int) -> str:
    """What the home owes, for whom that is no secret."""
    if not readable(who, Arrears, ["amount"]):
        return ""
    query = select(Arrears).where(
        Arrears.unit_id == unit_id, UNCLOSED, Arrears.voided_at.is_(None)
    )
    total = sum(debt.amount or 0 for debt in session.scalars(query))
    return number_words(total, fields(Arrears)["amount"]) if total else ""


def warning(session: Session, who: Actor, case: Case) -> str:
    """The same on the page of an open case, where the office wants to be reminded."""
    owner = getattr(case, "applicant_kind", None) == "owner"
    if owner and settings(session).get("release.owner_arrears") == "none":
        return ""
    if case.slug not in WARNED or case.unit_id is None or case.closed_at is not None:
        return ""
    found = owes(session, who, case.unit_id)
    return _("owes {amount}", amount=found) if found else ""
