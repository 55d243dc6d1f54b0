"""Two people, one record: nothing typed is lost, no save is lost, no number twice."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from core import numbering
from core.db import db, writing
from core.record import Record, record_type
from models import Building, Person, Repair, Reply
from tests import reading
from tests.browsing import Visitor
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.filling import make

PHONE, MASKED = "12012345678", "120****5678"


def version_in(page: str) -> str:
    """The version that a form was filled from."""
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found
    return found[1]


def sides(page: str) -> dict[str, tuple[str, str]]:
    """Label -> (yours, theirs) of the table that a stale form shows."""
    cell = r"<td[^>]*>(.*?)</td>"
    row = re.compile(rf'<th scope="row">(.*?)</th>{cell}{cell}', re.DOTALL)
    return {
        reading.text(label): (reading.text(yours), reading.text(theirs))
        for label, yours, theirs in row.findall(page)
    }


@pytest.fixture
def customer(as_actor: AsActor, office: Office) -> int:
    with as_actor() as session, writing(session):
        values = {"name": "王小二", "phone": PHONE, "organisation": "小店"}
        return int(make(session, Person, office.home, **values).id)


def card(**values: str) -> dict[str, str]:
    """The customer's form as it comes back when nothing is touched."""
    kept = {"name": "王小二", "customer_kind": "owner", "phone": MASKED}
    return kept | {"organisation": "小店"} | values


def stored(as_actor: AsActor, cls: type[Record], key: int) -> Any:
    with as_actor() as session:
        return session.get_one(cls, key)


def test_a_change_of_a_masked_value_by_another_is_a_clash_and_stays(
    client: Client, as_actor: AsActor, customer: int
) -> None:
    path = f"/person/edit/?id={customer}"
    first, second = client("receptionist"), client("supervisor")
    newer = card(phone="12099990000")
    assert first.post(path, newer, version="1").status_code == 302
    answer = second.post(path, card(organisation="大店"), version="1")
    assert answer.status_code == 409
    assert sides(answer.text)["单位或店名"] == ("大店", "小店")
    assert "12099990000" not in answer.text
    shown = reading.controls(answer.text)
    assert "phone" in shown
    again = card(organisation="大店", phone="120****0000")
    saved = second.post(path, again, version=version_in(answer.text))
    assert saved.status_code == 302
    person = stored(as_actor, Person, customer)
    assert (person.organisation, person.phone) == ("大店", "12099990000")


def test_two_new_masked_values_are_shown_masked_beside_each_other(
    client: Client, customer: int
) -> None:
    path = f"/person/edit/?id={customer}"
    client("receptionist").post(path, card(phone="12011110000"), version="1")
    answer = client("supervisor").post(path, card(phone="12022221111"), version="1")
    assert answer.status_code == 409
    assert sides(answer.text)["电话"] == ("120****1111", "120****0000")
    assert "12022221111" in answer.text  # typed by himself, and still in his form
    assert "12011110000" not in answer.text


def repair_with_line(as_actor: AsActor, office: Office) -> tuple[int, int]:
    with as_actor() as session, writing(session):
        repair = make(session, Repair, office.home, content="漏水")
        line = make(session, Reply, office.home, case_id=repair.id, content="已约")
        return repair.id, line.id


def test_lines_of_both_survive_and_their_differences_are_shown(
    app: Flask, client: Client, as_actor: AsActor, office: Office
) -> None:
    key, line = repair_with_line(as_actor, office)
    path, prefix = f"/repair/edit/?id={key}", "part-reply-"
    first, second = client("receptionist"), Visitor(app, "receptionist")
    mine = {"content": "漏水", f"{prefix}0-id": line, f"{prefix}0-content": "改到周一"}
    mine |= {f"{prefix}{n}-replied_at": "2026-03-09T09:30" for n in (0, 1)}
    only_one = {k: v for k, v in mine.items() if "-1-" not in k}
    assert first.post(path, only_one, version="1").status_code == 302
    theirs = mine | {f"{prefix}0-content": "改到周二", f"{prefix}1-content": "新的一行"}
    answer = second.post(path, theirs, version="1")
    assert answer.status_code == 409
    assert ("改到周二", "改到周一") in sides(answer.text).values()
    assert "新的一行" in answer.text
    saved = second.post(path, theirs, version=version_in(answer.text))
    assert saved.status_code == 302
    with as_actor() as session:
        query = select(Reply.content).where(Reply.case_id == key).order_by(Reply.id)
        assert session.scalars(query).all() == ["改到周二", "新的一行"]
    told = first.get(f"/repair/history/?id={key}").text
    assert all(words in told for words in ("改到周一", "改到周二", "新的一行"))


def test_a_struck_line_stays_in_the_history(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    key, line = repair_with_line(as_actor, office)
    form = {"content": "漏水", "part-reply-0-id": line, "part-reply-0-void": "1"}
    visitor, path = client("receptionist"), f"/repair/edit/?id={key}"
    assert visitor.post(path, form, version="1").status_code == 302
    assert "已约" not in visitor.get(f"/repair/edit/?id={key}").text
    assert "已约" in visitor.get(f"/repair/history/?id={key}").text


def test_a_form_with_a_mistake_that_is_also_stale_is_answered_as_stale(
    client: Client, as_actor: AsActor, customer: int
) -> None:
    path = f"/person/edit/?id={customer}"
    client("receptionist").post(path, card(organisation="新店"), version="1")
    wrong = card(organisation="别的店", name="", phone="120****9999")
    answer = client("supervisor").post(path, wrong, version="1")
    assert answer.status_code == 409
    assert sides(answer.text)["单位或店名"] == ("别的店", "新店")
    assert stored(as_actor, Person, customer).organisation == "新店"


def test_saves_at_one_moment_lose_no_update_and_each_loser_sees_the_winner(
    app: Flask, as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session, writing(session):
        key = make(session, Repair, office.home, content="漏水").id
    clerks = [Visitor(app, "receptionist") for _ in range(6)]
    start, path = Barrier(len(clerks)), f"/repair/edit/?id={key}"
    for clerk in clerks:
        clerk.get(path)

    def save(at: int) -> tuple[int, str]:
        start.wait()
        answer = clerks[at].post(path, content=f"第{at}位写的", version="1")
        return answer.status_code, answer.text

    with ThreadPoolExecutor(len(clerks)) as pool:
        answers = list(pool.map(save, range(len(clerks))))
    statuses = [status for status, _text in answers]
    assert sorted(statuses) == [302, *[409] * (len(clerks) - 1)]
    winner = statuses.index(302)
    assert stored(as_actor, Repair, key).content == f"第{winner}位写的"
    for at, (status, text) in enumerate(answers):
        if status == 409:
            wanted = (f"第{at}位写的", f"第{winner}位写的")
            assert wanted in sides(text).values(), at


def test_a_series_under_sixteen_threads_has_no_double_and_no_gap(
    app: Flask, office: Office
) -> None:
    start = Barrier(16)

    def take(at: int) -> list[int]:
        start.wait()
        found = []
        with app.app_context():
            for turn in range(6):
                try:
                    with writing(db.session()):
                        found.append(numbering.take(db.session(), "prove"))
                        if turn == 3 and at % 2:
                            raise LookupError
                except LookupError:
                    found.pop()
        return found

    with ThreadPoolExecutor(16) as pool:
        taken = sorted(n for numbers in pool.map(take, range(16)) for n in numbers)
    assert taken == list(range(1, 16 * 6 - 8 + 1))


def record_repair(visitor: Visitor, words: str) -> int:
    """A repair recorded over the form; its id."""
    visitor.get("/repair/new/")
    answer = visitor.post("/repair/new/", content=words, version="0")
    assert answer.status_code == 302, answer.text
    return int(answer.location.rpartition("=")[2])


def test_sixteen_clerks_at_once_get_sixteen_numbers_without_a_gap(
    app: Flask, as_actor: AsActor
) -> None:
    clerks = [Visitor(app, "receptionist") for _ in range(16)]
    with ThreadPoolExecutor(16) as pool:
        keys = list(pool.map(lambda clerk: record_repair(clerk, "同时登记"), clerks))
    with as_actor() as session:
        query = select(Repair.number).where(Repair.id.in_(keys))
        numbers = sorted(number[-4:] for number in session.scalars(query) if number)
    assert numbers == [f"{n:04}" for n in range(1, 17)]


def test_a_refused_save_leaves_nothing_behind(
    client: Client, as_actor: AsActor
) -> None:
    supervisor = client("supervisor")
    supervisor.get("/building/new/")
    for form in ({"name": "", "code": ""}, {"name": "12栋", "code": "1" * 5000}):
        assert supervisor.post("/building/new/", form).status_code == 400
    with as_actor() as session:
        names = session.scalars(select(Building.name)).all()
    assert names == ["3 栋", "3 栋"]


def test_a_stale_voiding_is_refused(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session, writing(session):
        key = make(session, Repair, office.home, content="电梯异响").id
    edited = client("receptionist").post(
        f"/repair/edit/?id={key}", content="电梯抖动", version="1"
    )
    assert edited.status_code == 302
    form = {"id": key, "version": 1, "reason": "登记错了"}
    assert client("supervisor").post("/repair/delete/", form).status_code == 409
    assert stored(as_actor, Repair, key).voided_at is None


def test_voiding_and_saving_at_once_leaves_one_of_them_undone(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    cls = record_type("complaint")
    with as_actor() as session, writing(session):
        key = make(session, cls, office.home, content="噪声").id
    supervisor, receptionist = client("supervisor"), client("receptionist")
    form = {"id": key, "version": 1, "reason": "重复登记"}
    assert supervisor.post("/complaint/delete/", form).status_code == 302
    answer = receptionist.post(f"/complaint/edit/?id={key}", content="改", version=1)
    assert answer.status_code == 409
    assert stored(as_actor, cls, key).content == "噪声"
