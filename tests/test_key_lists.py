"""Key lists kept before the system are taken in: no key twice, no unknown room."""

from __future__ import annotations

import pytest

from core.words import _
from tests.importing import a_csv, checked, second_home
from tests.lives import Life, picked

LIST = tuple(
    "房屋 缴费收据号 领用日期 领用人签收 种类 名称或卡号 数量 归还日期".split()
)


def key(room: str, name: str, back: str = "", kind: str = "钥匙") -> tuple[str, ...]:
    """A list with one article."""
    return (room, f"{room} {name}", "2020-05-01", "王建国", kind, name, "1", back)


def more(name: str, back: str = "") -> tuple[str, ...]:
    """Another article of the list above."""
    return ("", "", "", "", "钥匙", name, "1", back)


def taken(name: str) -> str:
    """Why a key does not go out."""
    why = "{article} {name} of this home is out already; take it back first."
    return _(why, article="钥匙", name=name)


@pytest.mark.clause("S1-22", "S1-23")
def test_a_list_of_keys_is_taken_in_once_and_says_where_they_are(life: Life) -> None:
    second_home(life.as_actor, life.office)
    visitor = life.client("receptionist")
    rows = [LIST, key("3-502", "A1"), more("A2"), key("3-503", "A1")]
    rows += [key("3-502", "B1", "2021-01-01"), more("B2", "2021-01-01")]
    rows += [key("3-502", "礼包", kind="礼品"), key("3-503", "C1", "2021-01-01")]
    rows += [more("C2")]
    wrong = [*rows, more("A1"), key("3-502", "A2"), key("9-999", "D1")]
    page = visitor.get(checked(visitor, "key_issue", a_csv(wrong), "x.csv")).text
    unknown = _("Nothing was found for “{typed}”.", typed="9-999")
    for why in (taken("A1"), taken("A2"), unknown):
        assert page.count(why) == 1
    place = checked(visitor, "key_issue", a_csv(rows), "keys.csv")
    assert visitor.post(place, {"step": "commit"}).status_code == 302
    lists = {one.receipt_no: one.whereabouts for one in life.lines("key_issue")}
    assert lists == {
        "3-502 A1": "out",
        "3-503 A1": "out",
        "3-502 B1": "back",
        "3-502 礼包": "kept",
        "3-503 C1": "out",
    }
    again = checked(visitor, "key_issue", a_csv([LIST, key("3-502", "A2")]), "x.csv")
    assert taken("A2") in visitor.get(again).text
    sent = {"receipt_no": "S-9", "issued_on": "2026-11-20", "signed_by": "王建国"}
    line = {"article": "key", "name": "A2", "quantity": "1"}
    sent |= {f"part-key_issue_item-0-{name}": said for name, said in line.items()}
    sent |= picked("unit_id", life.office.unit)
    answer = visitor.post("/key_issue/new/", sent)
    assert (answer.status_code, taken("A2") in answer.text) == (400, True)
