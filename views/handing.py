"""What is handed over at the counter: no key is out twice, nothing is barred."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.moves import Refused
from core.record import fields
from core.words import _
from models import KeyIssue, KeyIssueItem, Payment, Project, Unit
from rules.homes import is_barred, no_prepayment
from views.values import plain_words

COMES_BACK = ("key", "access_card")
"""Articles that exist once; a gift never comes back."""


def account_for(session: Session, issue: KeyIssue) -> None:
    """Say where the articles of an issue list are; Refused when one is out already."""
    if issue.voided_at is not None:
        return
    home = select(Unit.id).where(Unit.id == issue.unit_id)
    one_clerk_at_a_time = home.with_for_update(key_share=True)
    session.connection().execute(one_clerk_at_a_time)
    mine = [one for one in _items(session, issue) if one.article in COMES_BACK]
    out = [one for one in mine if one.returned_on is None]
    _refuse_doubles(session, issue, out)
    issue.whereabouts = "out" if out else "back" if mine else "kept"
    session.flush()


def _items(session: Session, issue: KeyIssue) -> Sequence[KeyIssueItem]:
    query = select(KeyIssueItem).where(KeyIssueItem.key_issue_id == issue.id)
    return session.scalars(query.where(KeyIssueItem.voided_at.is_(None))).all()


def _refuse_doubles(
    session: Session, issue: KeyIssue, out: Sequence[KeyIssueItem]
) -> None:
    names = [one.name for one in out if one.name]
    query = (
        select(KeyIssueItem)
        .join(KeyIssue, KeyIssue.id == KeyIssueItem.key_issue_id)
        .where(
            KeyIssue.unit_id == issue.unit_id,
            KeyIssue.voided_at.is_(None),
            KeyIssueItem.voided_at.is_(None),
            KeyIssueItem.returned_on.is_(None),
            KeyIssueItem.article.in_(COMES_BACK),
            KeyIssueItem.name.in_(names),
        )
    )
    found = [(one.article, one.name) for one in session.scalars(query)]
    for article, name in found:
        if found.count((article, name)) > 1:
            kind = plain_words(session, fields(KeyIssueItem)["article"], article, None)
            raise Refused(
                [
                    _(
                        "{article} {name} of this home is out already; take it back"
                        " first.",
                        article=kind,
                        name=name,
                    )
                ]
            )


def refuse_prepayment(session: Session, payment: Payment) -> None:
    """Refused where meters are read to the household and power is paid in advance."""
    project = session.get_one(Project, payment.project_id)
    row = {"prepayment": payment.prepayment, "fee_kind": payment.fee_kind}
    if payment.voided_at is None and is_barred(project.meter_to_household, row):
        raise Refused([no_prepayment()])
