"""Print: who may, what is masked, what is told, and how a page is made."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import NoReturn

import pytest
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader
from sqlalchemy import func, select

from core.audit import history
from core.chain import Change
from core.db import writing
from models import (
    Grant,
    IdentityCheck,
    Person,
    Praise,
    Reception,
    ReleasePass,
    Revisit,
)
from tests import paper, reading
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.printing import new, pdf, setting, words
from views.printing import pdf as pressing
from views.printing import press

pytestmark = pytest.mark.once

NAME, PHONE, MASKED = "欧阳修远", "12012345678", "120****5678"


@pytest.fixture
def person(as_actor: AsActor, office: Office) -> int:
    return new(as_actor, Person, office.home, name=NAME, phone=PHONE)


def entries(as_actor: AsActor) -> int:
    with as_actor() as session:
        query = select(func.count()).select_from(Change)
        return int(session.connection().execute(query).scalar_one())


def test_who_may_not_print_is_told_so_of_no_record_in_particular(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    own = new(as_actor, Reception, office.home)
    foreign = new(as_actor, Reception, office.elsewhere)
    for path in ("print", "folder"):
        for key in (own, foreign, 0):
            answer = client("auditor").get(f"/reception/{path}/", id=key)
            assert answer.status_code == 403, (path, key)
        for absurd in (str(foreign), "0", "abc", "9" * 20, "1,2"):
            answer = client("supervisor").get(f"/reception/{path}/", id=absurd)
            assert answer.status_code == 404, (path, absurd)
        assert (
            client("supervisor").get(f"/reception/{path}/", id=own).status_code == 200
        )
    assert client("auditor").get("/reception/print/", blank=1).status_code == 403
    page = client("auditor").get(f"/reception/details/?id={own}").text
    assert "/reception/print/" not in page


def test_a_printed_page_is_masked_and_leaves_no_trace(
    client: Client, as_actor: AsActor, person: int
) -> None:
    visitor = client("supervisor")
    before = entries(as_actor)
    for text in (
        words(visitor, "/person/print/", id=person),
        paper.text(pdf(visitor, "/person/print/", id=person)),
        words(visitor, "/person/print/", layout="register"),
        words(visitor, "/person/print/", search=NAME),
    ):
        assert NAME in text
        assert MASKED in text
        assert PHONE not in text
    assert entries(as_actor) == before


def test_a_number_typed_among_words_is_masked_on_paper_too(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    number = "13812345678"
    told = f"先打{number}，下午来"
    key = new(as_actor, Reception, office.home, content=told)
    given = {"role": "auditor", "target": "reception", "scope": "all"}
    with as_actor() as session, writing(session):
        session.add(Grant(action="print", **given))
    visitor = client("auditor")
    for asked in ({"id": key}, {"layout": "register"}, {"search": "下午来"}):
        text = words(visitor, "/reception/print/", **asked)
        assert "下午来" in text
        assert number not in text


@pytest.mark.parametrize("kind", ["", "pdf"])
def test_without_masks_for_a_purpose_that_the_history_tells(
    client: Client, as_actor: AsActor, person: int, kind: str
) -> None:
    form = {"id": person, "purpose": "上门核对", "format": kind}
    answer = client("supervisor").post("/person/print/", form)
    assert answer.status_code == 200
    text = paper.text(answer.data) if kind else answer.text
    assert PHONE in text
    assert "上门核对" in text
    with as_actor() as session:
        told = history(session, "person", [person], 1)[0]
    assert (told.action, told.actor) == ("print", "supervisor")
    assert told.note.endswith(": 上门核对")
    assert "电话" in told.note


@pytest.mark.parametrize(
    ("job", "purpose", "code"),
    [("supervisor", "", 400), ("supervisor", "x", 400), ("guard", "看看", 403)],
)
def test_without_right_or_purpose_the_masks_stay(
    client: Client, as_actor: AsActor, person: int, job: str, purpose: str, code: int
) -> None:
    form = {"id": person, "purpose": purpose}
    answer = client(job).post("/person/print/", form)
    assert answer.status_code == code
    assert PHONE not in answer.text
    with as_actor() as session:
        assert all(e.action != "print" for e in history(session, "person", [person]))


def test_who_may_print_but_not_reveal_gets_no_plain_form(
    client: Client, as_actor: AsActor, office: Office, person: int
) -> None:
    with as_actor() as session, writing(session):
        session.add(Grant(role="auditor", target="person", action="print", scope="all"))
    visitor = client("auditor")
    assert MASKED in words(visitor, "/person/print/", id=person)
    assert "不遮盖打印" not in visitor.get(f"/person/details/?id={person}").text
    form = {"id": person, "purpose": "核对"}
    assert visitor.post("/person/print/", form).status_code == 403
    foreign = new(as_actor, Person, office.elsewhere, name="别人")
    form = {"id": foreign, "purpose": "核对"}
    assert client("supervisor").post("/person/print/", form).status_code == 404


def test_the_name_of_a_customer_on_a_form_is_lifted_with_the_other_masks(
    client: Client, as_actor: AsActor, office: Office, person: int
) -> None:
    key = new(as_actor, Reception, office.home, person_id=person)
    with as_actor() as session, writing(session):
        for grant in session.scalars(
            select(Grant).where(Grant.role == "supervisor", Grant.action == "standing")
        ):
            grant.role = "auditor"
    visitor = client("supervisor")
    assert NAME not in words(visitor, "/reception/print/", id=key)
    answer = visitor.post("/reception/print/", id=key, purpose="请业主签字")
    assert answer.status_code == 200
    assert NAME in answer.text
    with as_actor() as session:
        for slug, told in (("reception", key), ("person", person)):
            last = history(session, slug, [told], 1)[0]
            assert (last.action, last.note) == ("print", "客户: 请业主签字")


def test_a_batch_is_the_list_as_asked_and_each_form_is_numbered_for_itself(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    keys = [new(as_actor, Praise, office.home, content=f"第{n}件") for n in range(23)]
    visitor = client("supervisor")
    body = pdf(visitor, "/praise/print/", order="-number")
    found = [paper.bare(sheet.words) for sheet in paper.sheets(body)]
    assert len(found) == 23
    assert all("第1页，共1页" in sheet for sheet in found)
    newest_first = (f"第{n}件" for n in range(22, -1, -1))
    assert all(map(str.__contains__, found, newest_first))
    some = words(visitor, "/praise/print/?" + "&".join(f"id={k}" for k in keys[:3]))
    assert [n for n in range(23) if f"第{n}件" in some] == [0, 1, 2]
    foreign = new(as_actor, Praise, office.elsewhere)
    assert visitor.get(f"/praise/print/?id={keys[0]}&id={foreign}").status_code == 404
    assert "没有找到" in words(visitor, "/praise/print/", search="没有这样的")
    assert "没有找到" in paper.text(pdf(visitor, "/praise/print/", search="没有这样的"))
    assert 'href="/praise/print/?format=pdf"' in visitor.get("/praise/print/").text


def test_the_office_says_how_many_at_once(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    keys = [new(as_actor, Praise, office.home) for _n in range(3)]
    setting(as_actor, "print.forms_limit", "2")
    setting(as_actor, "print.rows_limit", "2")
    visitor = client("supervisor")
    ids = "&".join(f"id={key}" for key in keys)
    for asked in ("", "layout=register", ids):
        answer = visitor.get(f"/praise/print/?{asked}")
        assert answer.status_code == 400
        assert "一次最多打印 2 条" in answer.text


def test_only_rows_that_one_may_print_are_in_the_batch(
    client: Client, as_actor: AsActor, office: Office
) -> None:
    mine = office.staff["receptionist"]
    new(as_actor, Revisit, office.home, content="我的回访", holder_id=mine)
    new(as_actor, Revisit, office.home, content="别人的回访")
    visitor = client("receptionist")
    assert len(reading.ids(visitor.get("/revisit/").text)) == 2
    for layout in ("", "register"):
        text = words(visitor, "/revisit/print/", layout=layout)
        assert text.count("HF-") == 1
        assert "receptionist" in text


def test_looking_a_number_up_by_printing_counts_too(
    client: Client, as_actor: AsActor, person: int
) -> None:
    setting(as_actor, "privacy.lookups_per_hour", "1")
    visitor = client("supervisor")
    assert NAME in words(visitor, "/person/print/", search="5678")
    assert visitor.get("/person/print/", search="5678").status_code == 429


@pytest.mark.parametrize(
    "address", ["file:///etc/hostname", "http://127.0.0.1:9/x", "data:,x", "x.css"]
)
def test_a_page_fetches_nothing(
    app: Flask, caplog: pytest.LogCaptureFixture, address: str
) -> None:
    caplog.set_level(logging.DEBUG, "weasyprint")
    page = (
        f'<link rel="stylesheet" href="{address}"><img src="{address}">'
        f'<style>@import "{address}"; p {{ background: url({address}) }}</style><p>'
    )
    assert press.pdf([page]).startswith(b"%PDF")
    with pytest.raises(KeyError):
        press.Assets({})(address)
    failed = [
        r.getMessage() for r in caplog.records if "Failed to load" in r.getMessage()
    ]
    assert failed or address == "x.css"


@pytest.fixture
def no_pango(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine on which the library does not load."""

    def missing(name: str) -> NoReturn:
        raise OSError(f"cannot load library for {name}")

    monkeypatch.setattr(pressing, "import_module", missing)
    pressing.press.cache_clear()
    yield
    pressing.press.cache_clear()


def test_where_pango_is_missing_the_page_is_printed_and_says_so(
    no_pango: None, client: Client, as_actor: AsActor, office: Office
) -> None:
    key = new(as_actor, Praise, office.home)
    visitor = client("supervisor")
    assert "Pango" in visitor.get(f"/praise/print/?id={key}").text
    for path in ("print", "folder"):
        answer = visitor.get(f"/praise/{path}/?id={key}&format=pdf")
        assert answer.status_code == 409
        assert "Pango" in answer.text


def test_whoever_waits_too_long_for_the_press_is_told_so(
    client: Client,
    as_actor: AsActor,
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(press, "PATIENCE", 0.01)
    key = new(as_actor, Praise, office.home)
    with press._one_at_a_time:
        answer = client("supervisor").get(f"/praise/print/?id={key}&format=pdf")
    assert answer.status_code == 503


@pytest.fixture
def own_template(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A type's own template of a few lines."""
    text = (
        '{% extends "print/form.html" %}'
        "{% block signing scoped %}<p>表扬人 {{ form.number }}</p>{% endblock %}"
    )
    shared = app.jinja_loader
    assert shared is not None
    own = ChoiceLoader([DictLoader({"print/praise.html": text}), shared])
    monkeypatch.setattr(app, "jinja_loader", own)
    yield
    assert app.jinja_env.cache is not None
    app.jinja_env.cache.clear()


def test_a_type_refines_its_form_in_a_few_lines(
    own_template: None, client: Client, as_actor: AsActor, office: Office
) -> None:
    key = new(as_actor, Praise, office.home, content="师傅热心")
    text = words(client("supervisor"), "/praise/print/", id=key)
    assert re.search(r"表扬人 BY-\d{4}|表扬人 \S+", text)
    assert "师傅热心" in text


def test_the_masks_over_lines_are_lifted_with_the_others_and_told(
    client: Client, as_actor: AsActor, office: Office, person: int
) -> None:
    key = new(as_actor, ReleasePass, office.home)
    check = {
        "case_id": key,
        "method": "phone_owner",
        "person_id": person,
        "phone": PHONE,
    }
    new(as_actor, IdentityCheck, office.home, **check)
    with as_actor() as session, writing(session):
        for grant in session.scalars(
            select(Grant).where(Grant.role == "supervisor", Grant.action == "standing")
        ):
            grant.role = "auditor"
    visitor = client("supervisor")
    text = words(visitor, "/release_pass/print/", id=key)
    assert PHONE not in text
    assert NAME not in text
    answer = visitor.post("/release_pass/print/", id=key, purpose="门岗核对")
    assert answer.status_code == 200
    assert PHONE in answer.text
    assert NAME in answer.text
    with as_actor() as session:
        for slug, told in (("release_pass", key), ("person", person)):
            last = history(session, slug, [told], 1)[0]
            assert last.action == "print"
            assert "身份核实 · 所拨电话" in last.note
        with writing(session):
            mine = select(Grant).where(Grant.role == "supervisor")
            for grant in session.scalars(mine.where(Grant.action == "reveal")):
                grant.voided_at = grant.created_at
    bare = visitor.post("/release_pass/print/", id=key, purpose="门岗核对")
    assert PHONE not in bare.text


def test_many_forms_are_drawn_by_other_processes_and_come_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(press, "CHUNK", 1)
    many = range(press.AT_HAND + 2)
    body = press.pdf(f"<!doctype html><p>第{n}张</p>" for n in many)
    found = [paper.bare(sheet.words) for sheet in paper.sheets(body)]
    assert found == [f"第{n}张第1页，共1页" for n in many]
