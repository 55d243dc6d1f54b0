"""Rows of a page: SQLAlchemy's own take ten times as long to tell a value."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import CursorResult


def light(result: CursorResult[Any]) -> list[Any]:
    """Every row of a result, as a plain tuple with the names of its columns."""
    return list(map(_make(tuple(result.keys())), result.all()))


@cache
def _make(names: tuple[str, ...]) -> Callable[[Any], Any]:
    row: Any = namedtuple("row", [*names])  # type: ignore[misc]
    make: Callable[[Any], Any] = row._make
    return make
