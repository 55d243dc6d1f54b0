"""The indexes of cases and their clocks: one for each way in which they are walked.

Both databases use a partial index only for a query that repeats its condition, and
leave the table alone when the index has every column that the query looks at.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Index, literal_column, text


def _only(condition: str) -> dict[str, Any]:
    """An index of the rows that meet a condition, on either database."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


UNCLOSED: ColumnElement[bool] = literal_column('"open"')
"""An open case in the words of the indexes; SQLite uses them for no other."""
_STANDING = _only("voided_at IS NULL")
_VOIDED = _only("voided_at IS NOT NULL")
_WHILE_OPEN = _only('"open" AND voided_at IS NULL')
_QUEUE = ("received_at", "id", "type")
_LATEST = ("received_at", "id", "project_id")
"""Behind what a list is narrowed by: its order, then what rights look at."""


def of_cases() -> tuple[Index, ...]:
    """Every index of the table of cases."""
    return (
        Index("uq_case_number", "number", unique=True),
        Index("ix_case_list", "type", "project_id", "received_at", "id", **_STANDING),
        Index("ix_case_list_all", "type", "received_at", "id", **_STANDING),
        Index("ix_case_state", "type", "state", *_LATEST, **_STANDING),
        Index("ix_case_channel", "type", "channel", *_LATEST, **_STANDING),
        Index("ix_case_urgent", "type", "urgent", *_LATEST, **_STANDING),
        Index("ix_case_holder", "holder_id", "type", *_LATEST, **_STANDING),
        Index("ix_case_department", "department_id", "type", *_LATEST, **_STANDING),
        Index("ix_case_unit", "unit_id", "type", *_LATEST, **_STANDING),
        Index("ix_case_person", "person_id", "received_at", "id"),
        Index("ix_case_recorder", "created_by_id", "type", "received_at", "id"),
        Index("ix_case_voided", "type", *_LATEST, **_VOIDED),
        Index("ix_case_unclosed", "project_id", *_QUEUE, **_WHILE_OPEN),
        Index("ix_case_unclosed_all", *_QUEUE, "project_id", **_WHILE_OPEN),
        Index("ix_case_mine", "holder_id", *_QUEUE, "project_id", **_WHILE_OPEN),
        Index("ix_case_ours", "department_id", *_QUEUE, "project_id", **_WHILE_OPEN),
        Index("ix_case_home", "unit_id", "project_id", *_QUEUE, **_WHILE_OPEN),
        Index("ix_case_due", "project_id", "next_due_at", "id", **_WHILE_OPEN),
    )


def of_clocks() -> tuple[Index, ...]:
    """Every index of the table of clocks."""
    return (
        Index("uq_clock_round", "case_id", "rule", "round", unique=True),
        Index("ix_clock_running", "due_at", "case_id", **_only("stopped_at IS NULL")),
    )
