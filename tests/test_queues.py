"""Queues: what stands in them, for whom, in which order, and what is done from them."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from sqlalchemy import event, update
from sqlalchemy.orm import Session

from core.access import act_as
from core.clock import Clock
from core.db import now, writing
from core.record import Case, record_type
from core.states import FINAL
from models import Repair, Suggestion
from rules.flows import FLOWS
from rules.queues import QUEUES, Queue
from seeds.loader import rows
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.filling import make
from tests.lives import Life, picked
from views import actors
from views.queues.asking import Wanted
from views.queues.reading import count, counted, rows_of

BY_SLUG = {queue.slug: queue for queue in QUEUES}


def there(client: Client, job: str, slug: str, query: str = "") -> list[str]:
    """The numbers on a queue's page, in order."""
    answer = client(job).get(f"/queues/{slug}/{query}")
    assert answer.status_code == 200, answer.status_code
    return re.findall(r"details/\?id=\d+\">([^<]+)</a><small", answer.text)


def complaint(life: Life, **values: Any) -> tuple[int, str]:
    said = {"content": "电梯老是停", "channel": "telephone", "category": "equipment"}
    said |= picked("unit_id", life.office.unit)
    key = life.write("receptionist", "complaint", **said, **values)
    return key, life.case("complaint", key).number


@pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.slug)
def test_every_queue_names_what_there_is(queue: Queue) -> None:
    rules = {row["code"] for row in rows("deadline_rule")}
    assert set(queue.clocks) <= rules
    for slug, codes in queue.kinds.items():
        states = {state.code: state for state in FLOWS[slug].states}
        assert set(codes) <= set(states)
        assert all(states[code].kind != FINAL for code in codes)
    assert all((*queue.title, *queue.about))


@pytest.mark.clause("S1-48", "S1-61")
def test_a_complaint_waits_where_its_next_step_is(life: Life, client: Client) -> None:
    key, number = complaint(life)
    for slug in ("unclosed", "first-reply", "to-confirm", "investigate"):
        assert there(client, "supervisor", slug) == [number], slug
    life.does(
        "receptionist",
        "complaint",
        key,
        "first_reply",
        channel="telephone",
        content="已记下",
    )
    assert there(client, "supervisor", "first-reply") == []
    life.does("supervisor", "complaint", key, "confirm")
    assert there(client, "supervisor", "to-confirm") == []
    assert there(client, "supervisor", "unclosed") == [number]
    assert there(client, "guard", "unclosed") == []


def test_what_is_promised_stands_by_its_time(life: Life, client: Client) -> None:
    later, first = complaint(life), complaint(life)
    for (key, _number), hours in ((later, 30), (first, 2)):
        at = (now() + dt.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")
        said = {"promised_at": at, "content": "到时回话"}
        life.does("receptionist", "complaint", key, "promise", **said)
    assert there(client, "receptionist", "promised") == [first[1], later[1]]


def test_another_estate_is_not_in_any_queue(life: Life, client: Client) -> None:
    complaint(life)
    for queue in QUEUES:
        answer = client("outsider").get(f"/queues/{queue.slug}/")
        assert "TS-" not in answer.text, queue.slug
    assert client("receptionist").get("/queues/nothing/").status_code == 404
    assert client("supervisor").get("/queues/").status_code == 200


def test_a_queue_is_narrowed_and_kept_under_a_name(life: Life, client: Client) -> None:
    _key, number = complaint(life)
    urgent = complaint(life, urgent="1")[1]
    assert there(client, "supervisor", "unclosed", "?urgent=1") == [urgent]
    assert there(client, "supervisor", "unclosed", "?kind=repair") == []
    assert there(client, "supervisor", "unclosed", "?age=3") == []
    assert there(client, "supervisor", "unclosed", "?due=week") == [number, urgent]
    team = life.office.department
    assert there(client, "supervisor", "unclosed", f"?department={team}") == []
    assert there(client, "supervisor", "unclosed", "?age=x&due=never&after=1~") != []
    assert there(client, "supervisor", "unclosed", "?age=999999999") != []
    for edge in ("0001-01-01T00:00:00%2B14:00~1", "9999-12-31T23:59:59-12:00~1"):
        assert there(client, "supervisor", "unclosed", f"?after={edge}") != []
        assert client("supervisor").get(f"/complaint/?after={edge}").status_code == 200
    head, page = client("supervisor"), "/queues/unclosed/"
    kept = {"name": "加急的", "query": "?urgent=1", "role": "receptionist"}
    assert head.post(f"{page}save", kept).status_code == 302
    assert "加急的" in client("receptionist").get(page).text
    assert "加急的" not in client("guard").get(page).text
    assert head.post(f"{page}save", kept | {"name": ""}).status_code == 400
    denied = client("receptionist").post(f"{page}save", kept)
    assert denied.status_code == 403
    view = re.search(r'name="view" value="(\d+)"', head.get(f"{page}?urgent=1").text)
    assert view is not None
    own = {"view": view[1]}
    assert client("receptionist").post(f"{page}drop", own).status_code == 404
    assert head.post(f"{page}drop", own).status_code == 302
    assert "加急的" not in client("receptionist").get(page).text


@pytest.mark.clause("S3-61", "S1-47")
def test_several_rows_are_urged_assigned_and_promised_at_once(
    life: Life, client: Client
) -> None:
    keys = [complaint(life)[0] for _n in range(3)]
    ticked = {"pick": [f"complaint:{key}" for key in keys], "reason": "请抓紧"}
    page, head = "/queues/unclosed/act", client("supervisor")
    for act in ("remind", "stocktake"):
        assert head.post(page, ticked | {"do": act}).status_code == 302
    cases = [life.case("complaint", key) for key in keys]
    assert [case.urged for case in cases] == [1, 1, 1]
    assert all(case.stocktaken_at for case in cases)
    assert "今天已盘点" in head.get("/queues/unclosed/").text
    at = (now() + dt.timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M")
    told = ticked | {"do": "promise", "promised_at": at}
    assert head.post(page, told).status_code == 302
    assert len(there(client, "supervisor", "promised")) == 3
    for wrong in ("soon", "", "0001-01-01T00:00", "9999-12-31T23:59"):
        assert head.post(page, told | {"promised_at": wrong}).status_code == 400
    give = {"to_department": life.office.department, "to_holder": ""}
    give["to_holder"] = life.office.staff["handler"]
    for key in keys[:2]:
        life.does("supervisor", "complaint", key, "confirm")
    head.post(page, ticked | {"do": "assign"} | give)
    assert [life.state("complaint", key) for key in keys] == [
        "assigned",
        "assigned",
        "received",
    ]
    assert "转交前要由客服主管确认" in head.get("/queues/unclosed/").text


def test_nothing_is_closed_together_and_nothing_foreign_moves(
    life: Life, client: Client, as_actor: AsActor, office: Office
) -> None:
    key, _number = complaint(life)
    with as_actor() as session, writing(session):
        foreign = make(session, Repair, office.elsewhere).id
    page, head = "/queues/unclosed/act", client("supervisor")
    ticked = {"pick": [f"complaint:{key}"]}
    for wrong in ("close", "void", "", "file"):
        assert head.post(page, ticked | {"do": wrong}).status_code == 400
    assert head.post(page, {"do": "remind"}).status_code == 400
    many = {"do": "remind", "pick": [f"complaint:{key}"] * 201}
    assert head.post(page, many).status_code == 400
    for place in (f"repair:{foreign}", "complaint:99999", "complaint:x"):
        both = {"do": "remind", "pick": [f"complaint:{key}", place]}
        assert head.post(page, both).status_code == 404, place
    for place in ("nothing:1", "unit:1", "case:1"):
        assert head.post(page, {"do": "remind", "pick": [place]}).status_code == 400
    assert life.case("complaint", key).urged == 0


def test_the_next_step_is_one_press_away(life: Life, client: Client) -> None:
    o = life.office
    said = {"content": "水管漏水", "channel": "telephone", "repair_kind": "leak"}
    key = life.write("receptionist", "repair", **said)
    life.does(
        "receptionist",
        "repair",
        key,
        "dispatch",
        **picked("department_id", o.department),
        **picked("holder_id", o.staff["handler"]),
    )
    page = client("handler").get("/queues/mine/").text
    press = f"repair:{key}:arrive"
    assert f'value="{press}"' in page
    assert there(client, "handler", "arrivals") == [life.case("repair", key).number]
    answer = client("handler").post(
        "/queues/mine/act", {"do": press, "query": "?due=late"}
    )
    assert (answer.status_code, answer.location) == (302, "/queues/mine/?due=late")
    assert life.state("repair", key) == "arrived"
    assert there(client, "handler", "arrivals") == []
    again = client("handler").post("/queues/mine/act", {"do": press})
    assert again.status_code == 302
    assert "这一步现在不能做了" in client("handler").get("/queues/mine/").text
    for wrong in (f"repair:{key}:finish", f"repair:{key}:revisited", "repair:1"):
        answer = client("handler").post("/queues/mine/act", {"do": wrong})
        assert answer.status_code in (400, 404), wrong


@pytest.fixture
def crowd(as_actor: AsActor, office: Office) -> int:
    """Many suggestions that wait for the manager, two at each moment."""
    start = dt.datetime(2026, 3, 9, 1, 30, tzinfo=dt.UTC)
    with as_actor() as session, writing(session):
        for n in range(70):
            at = start + dt.timedelta(hours=n // 2)
            make(session, Suggestion, office.home, state="reported", received_at=at)
    return 70


def test_pages_of_a_queue_follow_one_another(
    crowd: int, as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session:
        act_as(session, actors.actor_of_user(session, office.users["manager"]))
        who, queue = session.info["actor"], BY_SLUG["suggestions"]
        first, after = rows_of(session, who, queue, limit=40)
        place, key = after.rsplit("~", 1)
        wanted = Wanted(after=(dt.datetime.fromisoformat(place), int(key)))
        rest, end = rows_of(session, who, queue, wanted, limit=40)
        assert (len(first), len(rest), end) == (40, crowd - 40, "")
        moments = [(row.received_at, row.id) for row in [*first, *rest]]
        assert moments == sorted(set(moments))
        assert count(session, who, queue) == crowd
        assert counted(session, who, queue, Wanted(), 10) == 11


def plans(session: Session, run: Any) -> list[str]:
    """How SQLite goes about what ``run`` asks."""
    asked: list[tuple[str, Any]] = []

    def note(conn: Any, cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        asked.append((statement, values))

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    run()
    event.remove(connection, "before_cursor_execute", note)
    raw = connection.connection.driver_connection
    assert raw is not None
    return [
        " ; ".join(
            str(row[3]) for row in raw.execute(f"EXPLAIN QUERY PLAN {sql}", values)
        )
        for sql, values in asked
        if '"case"' in sql
    ]


@pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.slug)
def test_every_queue_walks_an_index(
    queue: Queue, as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session:
        if session.get_bind().dialect.name != "sqlite":
            pytest.skip("PostgreSQL plans by its statistics")
        act_as(session, actors.actor_of_user(session, office.users["supervisor"]))
        who = session.info["actor"]
        found = plans(session, lambda: rows_of(session, who, queue))
        found += plans(session, lambda: counted(session, who, queue, Wanted(), 99))
    for plan in found:
        assert not re.search(r"SCAN (case|clock)(?! USING)", plan), plan
        if queue.laddered:  # along what is due: by rule it would sort all that run
            assert "ix_clock_running" in plan


def test_cases_that_nobody_touches_are_stale(
    life: Life, client: Client, as_actor: AsActor
) -> None:
    key, number = complaint(life)
    assert there(client, "supervisor", "stale") == []
    old = now() - dt.timedelta(days=9)
    with as_actor() as session, writing(session):
        case = session.get_one(record_type("complaint"), key)
        assert isinstance(case, Case)
        case.received_at = case.created_at = old
        session.flush()
        change = update(Case).where(Case.id == key)
        session.connection().execute(change.values(updated_at=old))
    assert there(client, "supervisor", "stale") == [number]
    life.decide("record.stale_after_days", "三天")  # no number: the usual one holds
    assert there(client, "supervisor", "stale") == [number]


def test_a_paused_clock_is_not_escalated(
    life: Life, client: Client, as_actor: AsActor
) -> None:
    key, number = complaint(life)
    assert there(client, "manager", "escalated") == []
    past = now() - dt.timedelta(hours=1)
    with as_actor() as session, writing(session):
        clock = session.query(Clock).filter_by(case_id=key).first()
        assert clock is not None
        clock.due_at = past
    assert there(client, "manager", "escalated") == [number]
    with as_actor() as session, writing(session):
        for clock in session.query(Clock).filter_by(case_id=key):
            clock.paused_at = past
    assert there(client, "manager", "escalated") == []
