"""What every side is asked: the same operations on the same rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from benchmarks.cases import ABSENT, COMMON, RARE
from benchmarks.filling import ESTATE
from core.db import now
from views.asked import PAGE

LISTS = (
    "list",
    "deep page",
    "month",
    "search, common",
    "search, rare",
    "search, absent",
    "queue",
)
FORMS = ("details", "edit form")
SAVES = ("create", "edit")
WORDS = {"search, common": COMMON, "search, rare": RARE, "search, absent": ABSENT}
POOL = 40
"""Records that each side opens and edits in turn, its own."""
SIDES = ("ours", "bare", "bare without history", "stock")


@dataclass(frozen=True, slots=True)
class Questions:
    """The places in one filled database that the sides are asked for."""

    project: int
    month: tuple[dt.date, dt.date]
    deep_page: int
    deep_place: tuple[dt.datetime, int]
    pools: dict[str, list[int]]
    unit: tuple[int, str]
    person: tuple[int, str]
    department: tuple[int, str]
    holder: tuple[int, str]
    user: int

    @property
    def bounds(self) -> tuple[dt.datetime, dt.datetime]:
        """The month from its first moment to the one after its last."""
        first, last = self.month
        ends = (first, last + dt.timedelta(days=1))
        place = ZoneInfo("Asia/Shanghai")
        begin, end = (
            dt.datetime.combine(day, dt.time(), place).astimezone(dt.UTC)
            for day in ends
        )
        return begin, end

    def words(self, n: int) -> str:
        """What is written into the n-th record."""
        return f"第{n}次：业主反映厨房天花板漏水，希望尽快安排师傅上门查看。"


def choose(connection: Connection) -> Questions:
    """Look the places up in a filled database."""
    named = {"name": ESTATE}
    project = connection.execute(_PROJECT, named).scalar_one()
    first = (now() - dt.timedelta(days=240)).date().replace(day=1)
    last = (first + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
    many = connection.execute(_COUNT, {"project": project}).scalar_one()
    deep = many // PAGE // 2
    place = connection.execute(_AT, {"project": project, "skip": deep * PAGE - 1}).one()
    at = place[0]
    if isinstance(at, str):
        at = dt.datetime.fromisoformat(at).replace(tzinfo=dt.UTC)
    ids = connection.execute(
        _POOL, {"project": project, "skip": many // 3, "many": POOL * len(SIDES)}
    )
    pool = list(ids.scalars())

    def one(table: str, column: str) -> tuple[int, str]:
        query = f'SELECT id, {column} FROM "{table}" WHERE project_id = :project'
        row: Any = connection.execute(
            text(f"{query} ORDER BY id LIMIT 1"), {"project": project}
        ).one()
        return row[0], row[1]

    user = connection.execute(
        text("SELECT id FROM \"user\" WHERE username = 'receptionist'")
    )
    return Questions(
        project,
        (first, last),
        deep,
        (at, place[1]),
        {side: pool[n :: len(SIDES)] for n, side in enumerate(SIDES)},
        one("unit", "name"),
        one("person", "name"),
        one("department", "name"),
        one("staff", "name"),
        user.scalar_one(),
    )


_PROJECT = text("SELECT id FROM project WHERE name = :name")
_VISIBLE = (
    " FROM \"case\" WHERE type = 'repair' AND project_id = :project"
    " AND voided_at IS NULL"
)
_COUNT = text("SELECT count(*)" + _VISIBLE)
_AT = text(
    "SELECT received_at, id"
    + _VISIBLE
    + " ORDER BY received_at DESC, id DESC LIMIT 1 OFFSET :skip"
)
_POOL = text("SELECT id" + _VISIBLE + " ORDER BY id LIMIT :many OFFSET :skip")
