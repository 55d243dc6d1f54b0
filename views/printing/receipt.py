"""A receipt with several items on one sheet: every entry of its number, and the sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.record import Record, fields
from core.words import _, say
from models import Payment
from views.values import number_words, plain_words

NAMES = ("fee_kind", "months", "quantity", "amount", "note")


@dataclass(frozen=True, slots=True)
class Items:
    """The table of a receipt: its headings and rows, the sum last."""

    heads: list[str]
    rows: list[list[str]]


def items_of(session: Session, record: Record) -> Items | None:
    """The entries of a receipt together; nothing for one alone."""
    if not isinstance(record, Payment) or not record.receipt_number:
        return None
    found = _entries(session, record)
    if len(found) < 2:
        return None
    known = fields(Payment)
    rows = [
        [plain_words(session, known[n], getattr(one, n), None) for n in NAMES]
        for one in found
    ]
    total = sum((one.amount or Decimal(0) for one in found), Decimal(0))
    rows.append([_("Total"), "", "", number_words(total, known["amount"]), ""])
    return Items([say(known[name].label) for name in NAMES], rows)


def _entries(session: Session, payment: Payment) -> Sequence[Payment]:
    mine = (
        Payment.project_id == payment.project_id,
        Payment.receipt_number == payment.receipt_number,
        Payment.voided_at.is_(None),
    )
    return session.scalars(select(Payment).where(*mine).order_by(Payment.id)).all()
