"""Codes in settings and policies are told by words, in lists and on their pages."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from core.access import SYSTEM, act_as
from models import ROLES, CardReview, NumberSeries, Setting
from rules.options import OPTIONS
from seeds import loader
from tests.conftest import AsActor, Client

pytestmark = pytest.mark.once
CODE = re.compile("[a-z_][a-z0-9_]*")


def test_every_code_that_a_setting_may_hold_has_words() -> None:
    told = {*OPTIONS, *(code for code, _zh, _en in ROLES)}
    rows = [r for r in loader.rows("setting") if r["type"] in ("choice", "list")]
    held = {c for r in rows for c in f"{r['options']},{r['value']}".split(",")}
    assert {code for code in held if CODE.fullmatch(code)} - told == set()


def test_lists_and_pages_say_words_for_codes(client: Client, as_actor: AsActor) -> None:
    with as_actor() as session:
        act_as(session, SYSTEM)
        mode = session.scalars(
            select(Setting.id).where(Setting.code == "signature.mode")
        ).one()
        series = session.scalars(
            select(NumberSeries.id).where(NumberSeries.target == "card_review")
        ).one()
    admin = client("admin")
    listed = admin.get("/setting/?search=signature.mode").text
    assert "纸面、扫描件、手写签名" in listed
    assert "paper,scan,drawn" not in listed
    assert "纸面、扫描件、手写签名" in admin.get(f"/setting/details/?id={mode}").text
    page = admin.get(f"/number_series/details/?id={series}").text
    assert CardReview.title[0] in page.partition("<main")[2]
    assert ">card_review<" not in admin.get("/number_series/").text


def test_what_is_no_code_stays_as_it_was_typed(client: Client) -> None:
    listed = client("admin").get("/setting/?search=message.retry_minutes").text
    assert "1,5,15,60,240,720" in listed
