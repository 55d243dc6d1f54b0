"""The indexes of cases and their clocks: one for each way in which they are walked.

Both databases use a partial index only for a query that repeats its condition, and
leave the table alone when the index has every column that the query looks at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Index, literal_column, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import visitors
from sqlalchemy.sql.functions import FunctionElement

T = TypeVar("T")


class Aside(FunctionElement[T]):
    """A column by which SQLite chooses no index; PostgreSQL knows its own statistics.

    SQLite does not know how rare a value is: of two indexes it may take the longer way.
    """

    inherit_cache = True


def set_aside(
    part: ColumnElement[bool], hidden: Callable[[Column[Any]], bool]
) -> ColumnElement[bool]:
    """A criterion that offers SQLite no index of the hidden columns."""

    def swap(element: Any, **kw: Any) -> Aside[Any] | None:
        known = isinstance(element, Column) and hidden(element)
        return Aside(element) if known else None

    return visitors.replacement_traverse(part, {}, swap)


@compiles(Aside)
def _as_it_is(element: Aside[Any], compiler: Any, **kw: Any) -> str:
    return str(compiler.process(element.clauses, **kw))


@compiles(Aside, "sqlite")
def _unindexed(element: Aside[Any], compiler: Any, **kw: Any) -> str:
    return "+" + _as_it_is(element, compiler, **kw)


def only(condition: str) -> dict[str, Any]:
    """An index of the rows that meet a condition, on either database."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


UNCLOSED: ColumnElement[bool] = literal_column('"open"')
"""An open case in the words of the indexes; SQLite uses them for no other."""
LASTING: ColumnElement[bool] = literal_column('(NOT "open" AND closed_at IS NULL)')
"""What never was a task, such as a card that is in use: a home has few of them."""
_STANDING = only("voided_at IS NULL")
_CLOSED = only("closed_at IS NOT NULL AND voided_at IS NULL")
_VOIDED = only("voided_at IS NOT NULL")
_WHILE_OPEN = only('"open" AND voided_at IS NULL')
_WHILE_LASTING = only('NOT "open" AND closed_at IS NULL AND voided_at IS NULL')
_RUNNING = only("stopped_at IS NULL")
_KIND = ("type", "state", "project_id")
_QUEUE = ("received_at", "id", "type")
_TOUCHED = (*_QUEUE, "updated_at", "created_at")
_DUE = ("next_due_at", "id", "type")
_LATEST = ("received_at", "id", "project_id")
"""Behind what a list is narrowed by: its order, then what rights look at."""
_ANY = ("received_at", "id", "type", "project_id")
_NARROWED = (*_ANY, "state", "channel", "urgent")
"""Behind what makes a case somebody's: also what he narrows his lists by."""


def of_cases() -> tuple[Index, ...]:
    """Every index of the table of cases."""
    return (
        Index("uq_case_number", "number", unique=True),
        Index("ix_case_number", "type", "number", "id", "project_id", **_STANDING),
        Index("ix_case_list", "type", "project_id", "received_at", "id", **_STANDING),
        Index("ix_case_list_all", "type", "received_at", "id", **_STANDING),
        Index("ix_case_state", "type", "state", *_LATEST, **_STANDING),
        Index("ix_case_channel", "type", "channel", *_LATEST, **_STANDING),
        Index("ix_case_urgent", "type", "urgent", *_LATEST, **_STANDING),
        Index("ix_case_holder", "holder_id", *_NARROWED, **_STANDING),
        Index("ix_case_department", "department_id", *_NARROWED, **_STANDING),
        Index("ix_case_unit", "unit_id", *_ANY, **_STANDING),
        Index("ix_case_person", "person_id", "received_at", "id"),
        Index("ix_case_recorder", "created_by_id", *_NARROWED, **_STANDING),
        Index("ix_case_closed", "type", "project_id", "closed_at", "id", **_CLOSED),
        Index("ix_case_voided", "type", *_LATEST, **_VOIDED),
        Index("ix_case_unclosed", "project_id", *_TOUCHED, **_WHILE_OPEN),
        Index("ix_case_unclosed_all", *_TOUCHED, "project_id", **_WHILE_OPEN),
        Index("ix_case_mine", "holder_id", *_QUEUE, "project_id", **_WHILE_OPEN),
        Index("ix_case_ours", "department_id", *_QUEUE, "project_id", **_WHILE_OPEN),
        Index("ix_case_home", "unit_id", "project_id", *_QUEUE, **_WHILE_OPEN),
        Index("ix_case_lasting", "unit_id", *_KIND, **_WHILE_LASTING),
        Index("ix_case_due", "project_id", *_DUE, **_WHILE_OPEN),
        Index("ix_case_due_all", *_DUE, "project_id", **_WHILE_OPEN),
        Index("ix_case_waiting", "type", "state", *_LATEST, **_WHILE_OPEN),
    )


def of_clocks() -> tuple[Index, ...]:
    """Every index of the table of clocks."""
    return (
        Index("uq_clock_round", "case_id", "rule", "round", unique=True),
        Index("ix_clock_running", "due_at", "case_id", **_RUNNING),
        Index("ix_clock_rule", "rule", "due_at", "id", "case_id", **_RUNNING),
    )
