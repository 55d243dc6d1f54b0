"""Signatures: who may give them, what is kept, and that a later change shows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import text

from core.attachment import attached
from core.signature import Signature, signatures
from core.words import _
from models import KeyIssue, ReleasePass
from tests import paper
from tests.lives import Life, picked
from tests.papers import picture, sent
from tests.slips import Gate

pytestmark = pytest.mark.once

STROKES = [[10, 20, 30, 40, 50, 60, 70, 80], [100, 100, 900, 900, 20, -5]]
SLIP = "/release_pass"


@pytest.fixture
def gate(life: Life) -> Gate:
    return Gate(life)


def signs(gate: Gate, key: int, job: str = "receptionist", **more: Any) -> Any:
    """Somebody signs a slip; what the desk answers."""
    said = {"id": key, "name": "欧阳建国", "signed_as": "业主", **more}
    return gate.life.client(job).post(f"{SLIP}/sign/", said)


def kept(gate: Gate, key: int) -> list[Signature]:
    with gate.life.as_actor() as session:
        found = list(signatures(session, session.get_one(ReleasePass, key)))
        session.expunge_all()
        return found


def shown(gate: Gate, key: int, job: str = "receptionist") -> str:
    return str(gate.life.client(job).get(f"{SLIP}/details/", id=key).text)


@pytest.mark.clause("S2-51")
def test_a_drawn_signature_is_kept_sealed_shown_and_printed(gate: Gate) -> None:
    key = gate.issued()
    drawn = signs(gate, key, strokes=json.dumps(STROKES))
    assert (drawn.status_code, drawn.location[-11:]) == (302, "#signatures")
    (row,) = kept(gate, key)
    assert row.strokes == [STROKES[0], [100, 100, 600, 200, 20, 0]]
    assert (row.name, row.signed_as) == ("欧阳建国", "业主")
    with gate.life.as_actor() as session:
        stored = session.execute(text("SELECT * FROM signature")).one()
        assert "欧阳" not in str(stored)
        assert "100,100" not in str(stored)
    page = shown(gate, key)
    for words in ("欧阳建国", "M10 20L10 20 30 40 50 60 70 80", _("took a signature")):
        assert words in page
    printed = gate.life.client("receptionist").get(f"{SLIP}/print/", id=key).text
    assert "M100 100L" in printed
    folder = gate.life.client("receptionist").get(f"{SLIP}/folder/", id=key)
    assert "业主" in paper.text(folder.data)
    for job in ("auditor", "guard"):
        for hidden in ("欧阳建国", "M10 20"):
            assert hidden not in shown(gate, key, job)
    assert 'id="signatures"' not in shown(gate, key, "guard")


def test_a_later_change_is_named_and_the_flows_own_marks_are_none(gate: Gate) -> None:
    key = gate.slip(moving_on=gate.today())
    since = _("Changed after it was signed: {what}", what="")
    gate.does("receptionist", key, "verify")
    signs(gate, key, reference="前台 3 号文件夹")
    gate.check_out_today(key)
    assert since not in shown(gate, key)
    gate.life.change("release_pass", key, plate="沪B00000")
    assert f"{since}搬运车牌" in shown(gate, key)
    gate.life.change("release_item", gate.items(key)[0], quantity=9)
    page = shown(gate, key)
    assert f"{since}搬运车牌、搬运物品" in page
    assert "前台 3 号文件夹" in page
    printed = gate.life.client("receptionist").get(f"{SLIP}/print/", id=key).text
    assert _(" (changed since)") in printed


@pytest.mark.clause("S2-51")
@pytest.mark.usefixtures("folder")
def test_a_form_signed_on_a_scan_has_it_among_its_files(life: Life) -> None:
    none = _("Attach the scan of the signed paper to this record first.")
    said = {"receipt_no": "SJ-1", "issued_on": "2026-11-20", "signed_by": "王建国"}
    said |= {"signature_form": "scan", **picked("unit_id", life.office.unit)}
    desk = life.client("receptionist")
    for files in ({}, sent(("签字.jpg", picture()), kind="photo")):
        answer = desk.post("/key_issue/new/", said | files)
        assert (answer.status_code, none in answer.text) == (400, True)
    key = life.write(
        "receptionist", "key_issue", **said, **sent(("签字.jpg", picture()))
    )

    def saved() -> tuple[int, str]:
        (row,) = life.lines("key_issue", id=key)
        answer = desk.post(f"/key_issue/edit/?id={key}", said, version=row.version)
        return answer.status_code, answer.text

    assert saved()[0] == 302
    (file,) = files_of(life, key)
    gone = {"id": key, "file": file.id, "reason": "扫错了"}
    assert desk.post("/key_issue/detach/", gone).status_code == 302
    status, page = saved()
    assert (status, none in page) == (400, True)


def files_of(life: Life, key: int) -> list[Any]:
    """The files of a key list."""
    with life.as_actor() as session:
        return attached(session, session.get_one(KeyIssue, key))


@pytest.mark.usefixtures("folder")
def test_a_scan_may_carry_it_and_a_wrong_one_is_struck_out(gate: Gate) -> None:
    key, visitor = gate.slip(), gate.life.client("receptionist")
    visitor.post(f"{SLIP}/attach/", sent(("签字.jpg", picture()), id=key))
    page = visitor.get(f"{SLIP}/details/", id=key).text
    scan = page.partition('name="scan"')[2].split('value="')[2].partition('"')[0]
    assert signs(gate, key, scan=scan).status_code == 302
    assert f"{SLIP}/file/?id={key}&amp;file={scan}" in shown(gate, key)
    (row,) = kept(gate, key)
    wrong = {"id": key, "signature": row.id}
    assert visitor.post(f"{SLIP}/unsign/", wrong).status_code == 400
    gone = wrong | {"reason": "签错了单"}
    assert visitor.post(f"{SLIP}/unsign/", gone | {"signature": 0}).status_code == 404
    assert visitor.post(f"{SLIP}/unsign/", gone).status_code == 302
    assert visitor.post(f"{SLIP}/unsign/", gone).status_code == 409
    assert "签错了单" in shown(gate, key)
    assert kept(gate, key)[0].voided_at


def test_whoever_may_change_the_record_takes_its_signatures(gate: Gate) -> None:
    key = gate.slip()
    said = {"reference": "文件夹"}
    for job in ("guard", "manager", "auditor", "outsider"):
        assert signs(gate, key, job, **said).status_code in (403, 404)
        gone = {"id": key, "signature": 1, "reason": "试试看"}
        answer = gate.life.client(job).post(f"{SLIP}/unsign/", gone)
        assert answer.status_code in (403, 404)
    version = gate.life.case("release_pass", key).version
    void = {"id": key, "version": version, "reason": "重复登记"}
    gate.life.client("supervisor").post(f"{SLIP}/delete/", void)
    assert signs(gate, key, **said).status_code == 409


NO_HAND: list[dict[str, str]] = [
    {},
    {"name": "", "reference": "x"},
    {"signed_as": " ", "reference": "x"},
    {"strokes": "no"},
    {"strokes": "[[1,2]]"},
    {"strokes": "[[1,2,3]]"},
    {"strokes": '[["1","2"]]'},
    {"strokes": "[[true,false,1,2,3,4,5,6,7,8,9,10,11,12]]"},
    {"strokes": "{}"},
    {"strokes": "[" * 5000},
    {"strokes": json.dumps([[1, 2] * 11_000])},
    {"scan": "99"},
    {"name": "\x00", "reference": "x"},
]


def test_what_no_hand_signed_is_refused_in_words(gate: Gate) -> None:
    key = gate.slip(goods=0)
    for said in NO_HAND:
        assert signs(gate, key, **said).status_code == 400, said
    assert kept(gate, key) == []


def test_the_office_decides_how_is_signed(gate: Gate) -> None:
    gate.life.decide("signature.mode", "drawn")
    key = gate.slip()
    assert signs(gate, key, reference="文件夹").status_code == 400
    assert 'name="reference"' not in shown(gate, key)
    assert signs(gate, key, strokes=json.dumps(STROKES)).status_code == 302
