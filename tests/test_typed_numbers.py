"""Numbers typed among words: told when saved, masked for others, found by nobody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import privacy
from core.db import writing
from models import Grant, Repair
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.filling import make

pytestmark = pytest.mark.once

PHONE, IDENTITY = "13912345678", "110101199003071233"
SAID = f"漏水，请联系{PHONE}，证件{IDENTITY}"


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        (f"电话{PHONE}。", "电话139****5678。"),
        ("139 1234 5678", "139****5678"),
        ("139-1234-5678", "139****5678"),
        (f"证件{IDENTITY}", "证件11**************33"),
        ("11010119900307123x", "11**************3X"),
        ("订单20261122000139123456789", "订单20261122000139123456789"),
        ("3-2-1201 共 12345678 元", "3-2-1201 共 12345678 元"),
    ],
)
def test_only_telephone_and_identity_numbers_are_masked(typed: str, seen: str) -> None:
    assert privacy.mask_numbers(typed, privacy.NUMBERS) == seen


@given(st.text(max_size=200))
def test_masking_leaves_no_number_behind(text: str) -> None:
    masked = privacy.mask_numbers(f"{text} {PHONE}", privacy.NUMBERS)
    assert privacy.numbers_in(masked) == []


def test_whoever_saves_a_number_among_words_is_told(client: Client) -> None:
    visitor = client("receptionist")
    visitor.get("/repair/new/")
    saved = visitor.post("/repair/new/", content=SAID, version="0")
    assert saved.status_code == 302
    assert "里有电话或证件号码" in visitor.get(saved.location).text
    edit = saved.location.replace("details", "edit")
    saved = visitor.post(edit, content="漏水", version="1")
    assert "里有电话或证件号码" not in visitor.get(saved.location).text


@pytest.fixture
def repair(as_actor: AsActor, office: Office) -> int:
    """A repair in the handler's hands whose words hold both numbers."""
    with as_actor() as session, writing(session):
        right = {"action": "export", "scope": "all", "target": "repair"}
        session.add(Grant(role="auditor", **right))
        values = {"content": SAID, "holder_id": office.staff["handler"]}
        return int(make(session, Repair, office.home, **values).id)


@pytest.mark.clause("S0-14")
@pytest.mark.parametrize(
    "path",
    [
        "/repair/",
        "/repair/details/?id={}",
        "/repair/history/?id={}",
        "/repair/export/csv/",
        "/queues/unclosed/",
        "/search?q=漏水",
    ],
)
def test_others_see_it_masked_on_every_screen(
    client: Client, repair: int, path: str
) -> None:
    page = client("auditor").get(path.format(repair)).text
    assert "漏水" in page
    assert PHONE not in page
    assert IDENTITY not in page


def test_the_handler_of_the_job_sees_the_telephone_alone(
    client: Client, repair: int
) -> None:
    page = client("handler").get("/repair/details/", id=repair).text
    assert PHONE in page
    assert IDENTITY not in page


@pytest.mark.parametrize("number", [PHONE, IDENTITY, "5678"])
def test_nobody_is_found_by_it(client: Client, repair: int, number: str) -> None:
    visitor = client("supervisor")
    assert f"id={repair}" in visitor.get("/repair/", search="漏水").text
    assert f"id={repair}" not in visitor.get("/repair/", search=number).text
