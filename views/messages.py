"""Messages to the people of a case."""

from __future__ import annotations

from sqlalchemy.orm import Session

from core.record import Case
from core.words import Words


def tell(
    session: Session,
    case: Case,
    whom: tuple[str, ...],
    words: Words,
    *,
    urgent: bool = False,
) -> None:
    """Tell people about a case."""
