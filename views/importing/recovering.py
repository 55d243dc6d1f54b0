"""Imports whose writer died: carried through when decided, otherwise taken back."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from core import portions

SILENT = dt.timedelta(minutes=10)
"""How long a writer may be silent before it is taken for dead."""


def run(session: Session, moment: dt.datetime) -> int:
    """See to every import that was left in the middle; how many there were."""
    decided, left = portions.stranded(session, moment - SILENT)
    for token in decided:
        portions.put_in_force(session, token)
    for token in left:
        portions.take_back(session, token)
    return len(decided) + len(left)
