"""What is known of an import under way, and kept between its steps."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

PIECE = 500
"""Rows of one piece."""
Problem = tuple[int, int, str]
"""Row, column (-1 is the whole row) and a sentence."""


@dataclass(slots=True)
class Table:
    """The file as it was read."""

    slug: str
    project: int | None
    name: str
    digest: str
    heads: list[str]
    rows: int = 0
    pieces: int = 0
    sample: list[list[str]] = field(default_factory=list)


@dataclass(slots=True)
class Plan:
    """What its columns fill, what was decided, and what the check has found so far."""

    mapping: list[str]
    change: bool = False
    chosen: dict[str, dict[str, int]] = field(default_factory=dict)
    begun: bool = False
    piece: int = 0
    stamp: int = 0
    new: int = 0
    numbered: int = 0
    changed: int = 0
    same: int = 0
    lines: dict[str, int] = field(default_factory=dict)
    wrong: int = 0
    problems: list[Problem] = field(default_factory=list)
    doubts: dict[str, dict[str, list[tuple[int, str]]]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    used: dict[str, list[int]] = field(default_factory=dict)
    reached: dict[str, int] = field(default_factory=dict)
    home: int = 0
    """That of the last new record, to which the lines below it belong."""

    def begin(self) -> None:
        """Check from the start; what people decided stays."""
        fresh = Plan(self.mapping, self.change, self.chosen, begun=True)
        for one in fields(self):
            setattr(self, one.name, getattr(fresh, one.name))


def kept(value: Table | Plan) -> dict[str, Any]:
    """As JSON keeps it."""
    return asdict(value)
