"""The rows behind a number: those that were counted, within the reader's own rights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import Actor, readable
from core.counted import Columns
from core.record import Record
from core.scope import where
from core.words import _, say
from rules.reports import counting
from rules.reports.counting import Rows
from views.asked import PAGE
from views.columns import columns_for, tables
from views.rows import draw_rows, list_columns
from views.values import number

PLACE = ("group", "figure", "by", "line")
"""The parameters that name a number."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A number of a report, and where its rows are kept."""

    slug: str
    group: str
    digest: str
    need: int
    titles: tuple[str, ...]
    repeated: str = ""
    by: str = ""
    value: Any = None


def wanted(figures: Mapping[str, Any], args: Mapping[str, str]) -> Wanted | None:
    """The number that the query string names, if the report has it."""
    group = _named(figures["groups"], "code", args.get("group"))
    one = _named(group["figures"], "code", args.get("figure")) if group else None
    if group is None or one is None:
        return None
    by, line = "", None
    if "by" in args:
        table = _named(group["tables"], "by", args["by"])
        line = _line(table["lines"], args.get("line", "")) if table else None
        by = args["by"]
        if line is None:
            return None
    titles = [say(one["title"])] + ([say(line["words"])] if line else [])
    return Wanted(
        group["slug"],
        group["code"],
        group["rows"],
        one["need"],
        tuple(titles),
        one["repeated"],
        by,
        line["value"] if line else None,
    )


def _named(entries: list[Any], key: str, wanted: str | None) -> Any:
    return next((one for one in entries if one[key] == wanted), None)


def _line(lines: list[Any], at: str) -> Any:
    place = number(at, digits=4)
    return lines[place] if place is not None and place < len(lines) else None


def keys(kept: Columns, wanted: Wanted) -> list[int]:
    """The ids behind the number, each once."""
    rows = Rows(kept["ids"], kept["masks"], kept)
    if wanted.repeated:
        found = counting.repeated(rows, wanted.repeated, wanted.need)
    else:
        found = counting.behind(rows, wanted.need, wanted.by, wanted.value)
    return list(dict.fromkeys(found))


def page(
    session: Session,
    who: Actor,
    cls: type[Record],
    found: list[int],
    args: Mapping[str, str],
) -> dict[str, Any]:
    """One page of the rows, oldest first, without those that the reader may not see."""
    start = number(args.get("from", ""), digits=7) or 0
    here = found[start : start + PAGE]
    names = readable(who, cls, cls.show)
    columns, source = columns_for(cls, names)
    spine = tables(cls)[0]
    query = (
        select(spine.c.id, *columns)
        .select_from(source)
        .where(spine.c.id.in_(here), where(who, "read", cls))
        .order_by(spine.c.id)
    )
    rows = session.connection().execute(query).all()
    shown = list_columns(session, who, cls, names)
    more = start + PAGE
    return {
        "heads": [say(column.field.label) for column in shown],
        "rows": draw_rows(shown, rows, url_for(f"{cls.slug}.details_view") + "?id="),
        "total": _("{n} in all", n=f"{len(found):,}"),
        "hidden": len(here) - len(rows),
        "next": more if more < len(found) else None,
        "before": max(start - PAGE, 0) if start else None,
    }
