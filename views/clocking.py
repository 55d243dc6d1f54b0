"""Clocks of cases, bound to moves."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from core.record import Case


def after(session: Session, case: Case, code: str, at: dt.datetime) -> None:
    """Start and stop the clocks that listen to a move."""
