"""Money at the counter: what is due, which number the receipt has, what it settles."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.access import actor_of, on_behalf
from core.columns import Field
from core.numbering import place, take
from core.record import fields
from core.words import _
from models import Arrears, Payment, Unit
from rules.fees import amount_due, in_force
from views.facts import policy_rows
from views.moving import attempt
from views.opening import next_number, series_of
from views.values import number_words

AMOUNT: Field = fields(Payment)["amount"]
SAME = ("paid_on", "unit_id", "person_id", "payer_name", "voided_at")
"""What the entries of one receipt have in common."""


def priced(session: Session, payment: Payment) -> str:
    """Work out an amount that was left empty; a sentence when that cannot stand."""
    due = _due(session, payment)
    if payment.amount is None:
        payment.amount = due
    if payment.amount is None:
        return _("Fill in the amount: there is no standard to work it out by.")
    if due is None or payment.amount == due or payment.note:
        return ""
    words = number_words(due, AMOUNT)
    return _("By the standard of that day it is {due}; say why it differs.", due=words)


def _due(session: Session, payment: Payment) -> Decimal | None:
    if payment.fee_kind is None or payment.paid_on is None:
        return None
    standards = policy_rows(session, "fee_standard")
    where = payment.project_id
    standard = in_force(standards, payment.fee_kind, payment.paid_on, where)
    if standard is None:
        return None
    table = Unit.__table__
    home = select(table.c.area).where(table.c.id == payment.unit_id)
    area = session.connection().execute(home).scalar()
    return amount_due(standard, payment.months, payment.quantity, area)


def number(session: Session, payment: Payment) -> str:
    """Give a receipt its number, ours or the printed one; a sentence if it is taken.

    Within the saving transaction: a number is given once and never lost.
    """
    payment.issued_by_id = payment.issued_by_id or actor_of(session).staff_id
    typed = payment.receipt_number
    if not typed:
        payment.receipt_number = next_number(session, payment.slug)
        return ""
    take(session, f"receipts:{payment.project_id}", 0)  # one at a time from here on
    found = _written(session, payment)
    if any(getattr(one, n) != getattr(payment, n) for one in found for n in SAME):
        return _("Receipt {number} has been written already.", number=typed)
    prefix, pattern, _period = series_of(session, payment.slug)
    if not found and place(pattern, prefix, typed):
        return _("This number belongs to our own series: leave it empty.")
    return ""


def _written(session: Session, payment: Payment) -> list[Payment]:
    """What stands under that number already, also what was voided."""
    mine = (
        Payment.project_id == payment.project_id,
        Payment.receipt_number == payment.receipt_number,
    )
    with on_behalf(session), session.no_autoflush:
        return list(session.scalars(select(Payment).where(*mine)))


def settle(session: Session, payment: Payment) -> None:
    """A debt is settled once its receipts come to it, and owed again when not."""
    code = "settle" if payment.voided_at is None else "reopen"
    its = or_(Arrears.id == payment.case_id, Arrears.payment_id == payment.id)
    with on_behalf(session):
        for owed in session.scalars(select(Arrears).where(its)).all():
            attempt(session, owed, code, {"reason": payment.void_reason})
