"""What both databases keep of homes: no key out twice, what has run out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from core.db import now
from core.record import record_type
from core.words import _
from tests.browsing import Visitor
from tests.lives import Life, picked
from tests.office_time import today
from tests.test_handover_lives import DESK, handover, issue
from tests.test_transfer_lives import DAY
from views import expiry


def test_no_key_of_a_home_is_out_twice(life: Life) -> None:
    key = handover(life)
    assert issue(life, key).status_code == 302
    (first,) = life.lines("key_issue", case_id=key)
    assert first.whereabouts == "out"
    again = issue(life, key)
    words = _(
        "{article} {name} of this home is out already; take it back first.",
        article="钥匙",
        name="入户门 A01",
    )
    assert (again.status_code, words in again.text) == (400, True)
    desk = life.client(DESK)
    assert "SJ-7" in desk.get("/key_issue/", book="out").text
    (line,) = life.lines("key_issue_item", key_issue_id=first.id)
    back = {
        "version": first.version,
        "receipt_no": "SJ-7",
        "issued_on": "2026-11-20",
        "part-key_issue_item-0-id": line.id,
        "part-key_issue_item-0-article": "key",
        "part-key_issue_item-0-name": "入户门 A01",
        "part-key_issue_item-0-quantity": "3",
        "part-key_issue_item-0-returned_on": "2026-11-21",
        **picked("unit_id", life.office.unit),
    }
    answer = desk.post(f"/key_issue/edit/?id={first.id}", back)
    assert answer.status_code == 302, answer.text
    (first,) = life.lines("key_issue", id=first.id)
    assert first.whereabouts == "back"
    assert issue(life, key).status_code == 302
    (second,) = life.lines("key_issue", whereabouts="out")
    wrong = {"id": second.id, "version": second.version, "reason": "开错"}
    void = life.client("supervisor").post("/key_issue/delete/", wrong)
    assert void.status_code == 302
    assert issue(life, key).status_code == 302
    gift = {"part-key_issue_item-0-article": "gift", "key_issue_item-0-name": "春联"}
    assert issue(life, key, **gift).status_code == 302
    assert life.lines("key_issue", whereabouts="kept")


def test_clerks_who_hand_out_one_key_at_once_hand_it_out_once(
    life: Life, app: Flask
) -> None:
    sent = {
        "receipt_no": "SJ-7",
        "issued_on": "2026-11-20",
        "signed_by": "王建国",
        "part-key_issue_item-0-article": "key",
        "part-key_issue_item-0-name": "入户门 A01",
        "part-key_issue_item-0-quantity": "1",
        **picked("unit_id", life.office.unit),
    }
    desks = [Visitor(app, DESK) for _n in range(6)]
    for desk in desks:
        desk.get("/")
    with ThreadPoolExecutor(len(desks)) as pool:
        answers = list(pool.map(lambda d: d.post("/key_issue/new/", sent), desks))
    assert sorted(one.status_code for one in answers) == [302, *[400] * 5]
    assert len(life.lines("key_issue_item", name="入户门 A01")) == 1


@pytest.mark.clause("S4-150")
def test_what_has_run_out_is_expired_the_day_after(life: Life) -> None:
    home = life.at_home()
    kinds: dict[str, tuple[str, dict[str, Any]]] = {
        "agreement": ("valid_until", {"agreement_kind": "parking_rental"}),
        "lease": ("ends_on", {"ends_on": today().isoformat()}),
        "revisit_agreement": ("valid_until", {}),
    }
    for slug, (last, told) in kinds.items():
        key = life.write(DESK, slug, **home, **told)
        life.change(slug, key, state="signed", open=False, **{last: today()})
        for moment, state in ((now(), "signed"), (now() + DAY, "expired")):
            with life.as_actor() as session:
                assert expiry.run(session, moment) == (state == "expired")
            assert life.state(slug, key) == state
        flow = record_type(slug).flow
        assert flow is not None
        assert flow.move("renew").starts_from("expired", opens=False)
