"""The default rights as ``seeds/grant.csv`` states them, read without the program."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.record import Part, Record, record_types
from tests.cast import JOBS

GRANTS = Path(__file__).resolve().parent.parent / "seeds" / "grant.csv"
EVERYBODY = (*JOBS, "admin")
DOING = ("read", "create", "update", "void", "export")


@dataclass(frozen=True, slots=True)
class Given:
    """One line of the file."""

    role: str
    target: str
    action: str
    scope: str
    head: bool
    fields: frozenset[str]
    only: str


@cache
def lines() -> tuple[Given, ...]:
    """Every line of the file."""
    with GRANTS.open(encoding="utf-8", newline="") as file:
        return tuple(
            Given(
                row["role"],
                row["target"],
                row["action"],
                row["scope"],
                row["head"] == "yes",
                frozenset(filter(None, re.split(r"[\s,]+", row["fields"]))),
                row["only"],
            )
            for row in csv.DictReader(file)
        )


def role_of(job: str) -> str:
    """The role that a member of the cast holds."""
    return {"handler_head": "handler", "outsider": "receptionist"}.get(job, job)


def given(job: str, cls: type[Record], action: str) -> list[Given]:
    """What a member of the cast is given on a record type."""
    return [
        line
        for line in lines()
        if line.role == role_of(job)
        and line.target in (cls.group, cls.slug)
        and line.action == action
        and (job == "handler_head" or not line.head)
    ]


def may(job: str, cls: type[Record], action: str) -> bool:
    """Whether the file lets that member of the cast do it to any row at all."""
    return bool(given(job, cls, action))


def sees_project(job: str, cls: type[Record], action: str = "read") -> bool:
    """Whether the file lets him do it to whatever row of his project."""
    return any(
        one.scope in ("proj", "all") and not one.only for one in given(job, cls, action)
    )


def sees_all(job: str, cls: type[Record], action: str = "read") -> bool:
    """Whether the file lets him do it to rows of every project."""
    return any(one.scope == "all" for one in given(job, cls, action))


def limits(job: str, cls: type[Record], action: str = "read") -> frozenset[str] | None:
    """The only fields that he may do it to; None is all of them."""
    found = given(job, cls, action)
    if any(not one.fields for one in found):
        return None
    return frozenset().union(*(one.fields for one in found))


def screens() -> list[type[Record]]:
    """Every record type that has screens of its own."""
    return [cls for cls in record_types() if not issubclass(cls, Part)]


def entered() -> list[type[Record]]:
    """Every record type that people write by hand, in a form of its own."""
    return [cls for cls in screens() if cls.manual]


def _reach(job: str, cls: type[Record]) -> int:
    whole = [a for a in DOING if sees_project(job, cls, a)]
    free = [a for a in whole if limits(job, cls, a) is None]
    return len(whole) + len(free) + 4 * ("create" in free) + 2 * ("update" in free)


def owner(cls: type[Record]) -> str:
    """The member of the cast who may do most with a record type."""
    if cls.slug == "project":  # a new one is in nobody's project yet
        return "admin"
    return max(EVERYBODY, key=lambda job: _reach(job, cls))


def one_a_group() -> list[type[Record]]:
    """The first record type of every access group."""
    first: dict[str, type[Record]] = {}
    for cls in screens():
        first.setdefault(cls.group, cls)
    return list(first.values())


def slugs(types: Sequence[type[Record]]) -> list[str]:
    """Names for pytest."""
    return [cls.slug for cls in types]
