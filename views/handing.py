"""What is handed over at the counter: no key is out twice, nothing is barred."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import case, exists, func, select, update
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
    for one in out:
        if times_out(session, issue.unit_id, one.article, one.name) > 1:
            raise Refused([twice(session, one.article, one.name)])


def times_out(
    session: Session, home: int | None, article: str | None, name: str | None
) -> int:
    """How often an article of a home is out; what has no name is not told apart."""
    query = (
        select(func.count(KeyIssueItem.id))
        .join(KeyIssue, KeyIssue.id == KeyIssueItem.key_issue_id)
        .where(
            KeyIssue.unit_id == home,
            KeyIssue.voided_at.is_(None),
            KeyIssueItem.voided_at.is_(None),
            KeyIssueItem.returned_on.is_(None),
            KeyIssueItem.article == article,
            KeyIssueItem.name == name,
        )
    )
    return session.scalars(query).one() if name else 0


def twice(session: Session, article: str | None, name: str | None) -> str:
    """Why an article does not go out that is out."""
    kind = plain_words(session, fields(KeyIssueItem)["article"], article, None)
    return _(
        "{article} {name} of this home is out already; take it back first.",
        article=kind,
        name=name,
    )


def account_for_imported(session: Session) -> None:
    """Say where the articles of lists are that came by a file, at one go."""
    lists, items = KeyIssue.__table__, KeyIssueItem.__table__
    mine = items.c.article.in_(COMES_BACK) & (items.c.key_issue_id == lists.c.id)
    out = exists().where(mine, items.c.returned_on.is_(None))
    where = case((out, "out"), (exists().where(mine), "back"), else_="kept")
    new = update(KeyIssue).where(KeyIssue.whereabouts.is_(None))
    session.connection().execute(new.values(whereabouts=where))


def refuse_prepayment(session: Session, payment: Payment) -> None:
    """Refused where meters are read to the household and power is paid in advance."""
    project = session.get_one(Project, payment.project_id)
    row = {"prepayment": payment.prepayment, "fee_kind": payment.fee_kind}
    if payment.voided_at is None and is_barred(project.meter_to_household, row):
        raise Refused([no_prepayment()])
