"""Lists of whoever sees a part of the cases: the right rows, each along its index."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from core.access import Actor, Right, actor_of, can
from core.db import writing
from models import CardTopup, Repair
from tests.cast import Office
from tests.conftest import AsActor
from tests.filling import make
from views import queues
from views.asked import Asked, sortable
from views.listing import held, page
from views.walks import base

pytestmark = pytest.mark.no_cover  # slow to watch; the other tests reach it

START = dt.datetime(2026, 3, 9, 1, 30, tzinfo=dt.UTC)
MANY = 30

Reader = Callable[..., Actor]


@pytest.fixture
def session(as_actor: AsActor, office: Office) -> Iterator[Session]:
    """The system's session, over repairs that are the handler's in several ways."""
    me, team = office.staff["handler"], office.department
    whose: list[dict[str, int]] = [
        {"holder_id": me},
        {"department_id": team},
        {"holder_id": me, "created_by_id": me, "department_id": team},
        {"holder_id": office.staff["guard"]},
        {"project_id": office.elsewhere},
    ]
    with as_actor() as session:
        with writing(session):
            for n in range(MANY):
                at = START + dt.timedelta(hours=n // 2)  # two at a time
                more = {"channel": ("visit", "telephone")[n % 2], "received_at": at}
                more |= {"repair_kind": ("leak", "other")[n % 2]}
                for values in whose:
                    home = values.get("project_id", office.home)
                    make(session, Repair, home, **values | more)
        yield session


@pytest.fixture
def reader(session: Session, office: Office) -> Reader:
    """The handler, with no other rights to repairs than the given ones."""

    def make_one(*rights: Right) -> Actor:
        who = replace(actor_of(session), system=False, kept={})
        return replace(
            who, staff_id=office.staff["handler"], rights={("service", "read"): rights}
        )

    return make_one


def rights_of(office: Office) -> dict[str, tuple[Right, ...]]:
    """Several ways to see a part of the repairs."""
    own = Right("own", office.home)
    return {
        "own": (own,),
        "department": (Right("dept", office.home, office.department),),
        "estate": (Right("proj", office.home),),
        "estates": (Right("proj", office.home), Right("proj", office.elsewhere)),
        "mixed": (own, Right("proj", office.elsewhere)),
    }


def walked(session: Session, who: Actor, asked: Asked) -> list[int]:
    """The ids of every page, first to last."""
    found = page(session, who, Repair, asked, ["number"])
    ids = [row.id for row in found.rows]
    while found.more_after:
        asked = replace(asked, after=found.more_after)
        found = page(session, who, Repair, asked, ["number"])
        ids += [row.id for row in found.rows]
    assert found.total == len(ids)
    return ids


@pytest.mark.parametrize("sight", ["own", "department", "estate", "estates", "mixed"])
@pytest.mark.parametrize(
    "filters",
    [{}, {"channel": "telephone"}, {"repair_kind": "leak"}, {"state": "new"}],
    ids=["all", "channel", "kind", "state"],
)
def test_each_row_that_may_be_read_stands_once_and_in_order(
    session: Session,
    reader: Reader,
    office: Office,
    sight: str,
    filters: dict[str, str],
) -> None:
    who = reader(*rights_of(office)[sight])
    expected = [
        row
        for row in session.scalars(select(Repair))
        if can(who, "read", row)
        and all(getattr(row, name) == value for name, value in filters.items())
    ]
    assert len(expected) >= MANY // 2
    newest = sorted(expected, key=lambda row: (row.received_at, row.id), reverse=True)
    ids = walked(session, who, Asked(filters=filters))
    assert ids == [row.id for row in newest]


def test_back_from_a_later_page_is_the_page_before(
    session: Session, reader: Reader, office: Office
) -> None:
    who = reader(*rights_of(office)["department"])
    first = page(session, who, Repair, Asked(), ["number"])
    second = page(session, who, Repair, Asked(after=first.more_after), ["number"])
    back = page(session, who, Repair, Asked(before=second.more_before), ["number"])
    assert [row.id for row in back.rows] == [row.id for row in first.rows]


def test_the_count_stops_at_its_cap_and_counts_no_row_twice(
    session: Session, reader: Reader, office: Office
) -> None:
    who = reader(*rights_of(office)["department"])
    assert held(session, who, Repair, 1_000) == 3 * MANY
    assert held(session, who, Repair, 10) == 11


def plans(session: Session, ask: Callable[[], Any]) -> list[str]:
    """What SQLite says it will do for each statement that a question needs."""
    connection = session.connection()
    if connection.dialect.name != "sqlite":
        pytest.skip("PostgreSQL decides by its statistics")
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, sql: str, values: Any, *_more: Any) -> None:
        asked.append((sql, values))

    event.listen(connection, "before_cursor_execute", note)
    ask()
    event.remove(connection, "before_cursor_execute", note)
    return [
        " ".join(
            row[-1]
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)
        )
        for sql, values in asked
        if '"case"' in sql
    ]


@pytest.mark.parametrize(
    ("sight", "filters", "indexes"),
    [
        ("own", {}, {"recorder", "holder"}),
        ("department", {}, {"recorder", "holder", "department"}),
        ("department", {"channel": "fax"}, {"recorder", "holder", "department"}),
        ("department", {"repair_kind": "leak"}, {"recorder", "holder", "department"}),
        ("department", {"state": "new"}, {"recorder", "mine", "ours"}),
        ("department", {"unit_id": 1}, {"unit"}),
        ("estate", {}, {"list"}),
        ("estate", {"channel": "fax"}, {"channel"}),
        ("estate", {"holder_id": 1}, {"holder"}),
    ],
)
def test_lists_and_counts_walk_the_index_meant_for_them(
    session: Session,
    reader: Reader,
    office: Office,
    sight: str,
    filters: dict[str, Any],
    indexes: set[str],
) -> None:
    who, asked = reader(*rights_of(office)[sight]), Asked(filters=filters)
    found = plans(session, lambda: page(session, who, Repair, asked, ["number"]))
    for plan in found:
        assert set(re.findall(r"ix_case_(\w+)", plan)) == indexes, plan
    assert len(found) == 2 or filters


def test_whoever_sees_his_own_alone_has_them_in_the_order_of_time(
    reader: Reader, office: Office
) -> None:
    sights = rights_of(office)
    assert "number" in sortable(reader(*sights["estate"]), Repair)
    assert sortable(reader(*sights["own"]), Repair) == ("received_at",)


def test_what_i_hold_is_found_by_its_holder(
    session: Session, reader: Reader, office: Office
) -> None:
    who = reader(*rights_of(office)["estate"])
    mine = next(queue for queue in queues.QUEUES if queue.slug == "mine")
    found = plans(session, lambda: queues.rows_of(session, who, mine))
    found += plans(session, lambda: queues.count(session, who, mine))
    assert len(found) == 2
    assert all("ix_case_mine (holder_id=?)" in plan for plan in found), found


@pytest.mark.parametrize("key", ["period_to", "period_to_from", "period_to_to"])
def test_a_range_of_a_field_that_is_itself_an_end_narrows_that_field(key: str) -> None:
    assert base(CardTopup, key) == "period_to"
