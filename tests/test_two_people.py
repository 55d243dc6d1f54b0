"""Two people, one record: nothing typed is lost, no save is lost, no number twice."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from sqlalchemy import select

from core.db import db
from models import Building, Repair
from tests.browsing import Visitor
from tests.cast import Office
from tests.conftest import AsActor, Client


def record_repair(visitor: Visitor, words: str) -> int:
    """A repair recorded over the form; its id."""
    visitor.get("/repair/new/")
    answer = visitor.post("/repair/new/", content=words, version="0")
    assert answer.status_code == 302, answer.text
    found = re.search(r"id=(\d+)", answer.location)
    assert found
    return int(found[1])


def version_of(visitor: Visitor, key: int) -> str:
    found = re.search(
        r'name="version" value="(\d+)"', visitor.get("/repair/edit/", id=key).text
    )
    assert found
    return found[1]


def test_the_second_to_save_sees_both_versions_and_loses_nothing(
    client: Client, app: Flask
) -> None:
    first, second = client("receptionist"), Visitor(app, "receptionist")
    key = record_repair(first, "厨房漏水")
    stale = version_of(second, key)
    edit = f"/repair/edit/?id={key}"
    version_of(first, key)
    assert first.post(edit, content="主卫漏水", version=stale).status_code == 302

    answer = second.post(edit, content="阳台漏水", version=stale)
    assert answer.status_code == 409
    assert "主卫漏水" in answer.text
    assert "阳台漏水" in answer.text
    newer = re.search(r'name="version" value="(\d+)"', answer.text)
    assert newer
    assert newer[1] != stale

    assert second.post(edit, content="阳台漏水", version=newer[1]).status_code == 302
    told = first.get("/repair/history/", id=key).text
    assert "主卫漏水" in told
    assert "阳台漏水" in told


def test_a_stale_voiding_is_refused(client: Client) -> None:
    receptionist, supervisor = client("receptionist"), client("supervisor")
    key = record_repair(receptionist, "电梯异响")
    stale = version_of(receptionist, key)
    receptionist.post(f"/repair/edit/?id={key}", content="电梯抖动", version=stale)
    supervisor.get("/repair/details/", id=key)
    answer = supervisor.post(
        "/repair/delete/", id=str(key), version=stale, reason="登记错了"
    )
    assert answer.status_code == 409


def test_sixteen_clerks_at_once_get_sixteen_numbers_without_a_gap(
    app: Flask, office: Office, as_actor: AsActor
) -> None:
    clerks = [Visitor(app, "receptionist") for _ in range(16)]
    with ThreadPoolExecutor(16) as pool:
        keys = list(pool.map(lambda c: record_repair(c, "同时登记"), clerks))
    with as_actor() as session:
        query = select(Repair.number).where(Repair.id.in_(keys))
        numbers = sorted(session.execute(query).scalars())
    assert len(set(keys)) == 16
    assert [int(number[-4:]) for number in numbers] == list(range(1, 17))


def test_of_many_saves_over_one_version_exactly_one_is_taken(
    app: Flask, office: Office, as_actor: AsActor
) -> None:
    clerks = [Visitor(app, "receptionist") for _ in range(8)]
    key = record_repair(clerks[0], "一件事")
    stale = version_of(clerks[0], key)

    def save(at: int) -> int:
        data = {"content": f"第 {at} 位写的", "version": stale}
        return clerks[at].post(f"/repair/edit/?id={key}", data).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(save, range(8)))
    assert answers == [302, *[409] * 7]
    with as_actor() as session:
        assert session.get_one(Repair, key).version == int(stale) + 1


def test_an_unfinished_save_leaves_nothing_behind(
    client: Client, office: Office, as_actor: AsActor
) -> None:
    supervisor = client("supervisor")
    supervisor.get("/building/new/")
    answer = supervisor.post("/building/new/", name="", code="")
    assert answer.status_code == 400
    with as_actor() as session:
        before = session.execute(select(Building.id)).scalars().all()
        assert db.session.is_active
    supervisor.post("/building/new/", {"name": "12栋", "code": "1" * 5000})
    with as_actor() as session:
        assert session.execute(select(Building.id)).scalars().all() == before
