"""The calendar and the rules that every office begins with, without a database."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from core.db import now
from core.record import fields
from models import DeadlineRule
from rules.calendar import Calendar, calendar
from rules.deadlines import Deadline, deadline
from seeds import loader

HERE = ZoneInfo("Asia/Shanghai")
SETTINGS = {row["code"]: row["value"] for row in loader.rows("setting")}
DAYS = {
    dt.date.fromisoformat(row["day"]): row["working"] == "yes"
    for row in loader.rows("calendar_day")
}
OFFICE: Calendar = calendar(SETTINGS, DAYS)


def _values(row: dict[str, str]) -> dict[str, Any]:
    known = fields(DeadlineRule)
    usual: dict[str, Any] = {"inclusive": True}
    given = {name: loader.cell(known[name], raw) for name, raw in row.items()}
    return usual | given


RULES: dict[str, Deadline] = {
    row["code"]: deadline(_values(row)) for row in loader.rows("deadline_rule")
}


def moments(first: str, last: str) -> st.SearchStrategy[dt.datetime]:
    """Any moment between two days, on the office's clock."""
    ends = (dt.datetime.fromisoformat(first), dt.datetime.fromisoformat(last))
    return st.datetimes(*ends, timezones=st.just(HERE))


def today(days: int = 0) -> dt.date:
    """The office's date, so many days from now."""
    return now().astimezone(HERE).date() + dt.timedelta(days=days)


def at(text: str) -> dt.datetime:
    """``2026-11-23 10:40`` on the office's clock."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=HERE)


def told(moment: dt.datetime | None) -> str:
    """The same words of a moment."""
    return f"{moment.astimezone(HERE):%Y-%m-%d %H:%M}" if moment else ""
