"""When several households bring the same matter."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

Row = Mapping[str, Any]


def same(mine: Row, other: Row, by: Collection[str]) -> bool:
    """Whether two matters agree in everything that counts; unknown is never alike."""
    return all(
        mine.get(name) is not None and mine[name] == other.get(name) for name in by
    )


def other_homes(mine: Row, rows: Iterable[Row], by: Collection[str]) -> set[int]:
    """The households, but one's own, among ``rows`` that brought the same."""
    homes = {row["unit_id"] for row in rows if same(mine, row, by)}
    return homes - {None, mine["unit_id"]}
