"""Every rule of the procedures points at what carries it in the running application."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from models import DeadlineRule, DutyRule, Grant, Setting
from tests.browsing import Visitor
from tests.conftest import AsActor, Client
from views import clauses
from views.clauses import DOCUMENTS, KINDS, STAGES, carrier, proofs, rules

PER_DOCUMENT = {"S0": 80, "S1": 144, "S2": 72, "S3": 85, "S4": 244}
PER_KIND = {
    "field": 100,
    "record": 84,
    "guidance": 75,
    "routing": 66,
    "schedule": 59,
    "permission": 54,
    "verification": 42,
    "deadline": 39,
    "report": 34,
    "state": 32,
    "integrity": 20,
    "approval": 14,
    "privacy": 6,
}
HAN = re.compile(r"[\u4e00-\u9fff]")


def test_every_rule_is_there_once() -> None:
    names = [rule.id for rule in rules()]
    expected = [f"{d}-{n:02}" for d, last in PER_DOCUMENT.items() for n in _upto(last)]
    assert [name.replace("-0", "-") for name in names] == [
        name.replace("-0", "-") for name in expected
    ]
    assert len(set(names)) == len(names) == 625


def _upto(last: int) -> range:
    return range(1, last + 1)


def test_every_rule_is_of_a_known_document_kind_and_stage() -> None:
    for rule in rules():
        assert rule.id.startswith(f"{rule.seed}-")
        assert rule.seed in DOCUMENTS
        assert rule.stage in STAGES
        assert rule.place
    assert Counter(rule.kind for rule in rules()) == PER_KIND
    assert PER_KIND.keys() == KINDS.keys()


def test_every_rule_is_said_in_both_languages() -> None:
    for rule in rules():
        assert HAN.search(rule.rule_zh), rule.id
        assert rule.rule_zh.endswith("。"), rule.id
        assert not HAN.search(rule.rule_en), rule.id
        assert rule.rule_en.endswith("."), rule.id


def test_every_reference_resolves() -> None:
    for rule in rules():
        assert rule.carried_by
        for reference in rule.carried_by:
            assert all(carrier(reference).words), (rule.id, reference)


def test_the_stage_fits_what_carries_the_rule() -> None:
    for rule in rules():
        out = [name for name in rule.carried_by if name.startswith("out:")]
        assert not out or len(rule.carried_by) == 1, rule.id
        expected = {"built", "held"}
        if out:
            expected = {"out"} if out == ["out: out of domain"] else {"later"}
        assert rule.stage in expected, rule.id


@pytest.mark.parametrize(
    "reference",
    [
        "record:no_such_record",
        "record:reception.no_such_field",
        "record:change.no_such_field",
        "flow:person",
        "flow:complaint.no_such_state",
        "deadline:no.such",
        "duty:no.such",
        "setting:no.such",
        "grant:reception.no_such_act",
        "report:no_such_book",
        "print:no_such_record",
        "print:complaint.no_such_book",
        "queue:no-such-queue",
        "out: because",
        "wish:reception",
        "reception",
        "",
    ],
)
def test_a_reference_to_nothing_is_refused(reference: str) -> None:
    with pytest.raises(LookupError):
        carrier(reference)


def test_the_office_holds_the_policies_that_rules_name(as_actor: AsActor) -> None:
    named: dict[str, set[str]] = {}
    for rule in rules():
        for reference in rule.carried_by:
            kind, _colon, name = reference.partition(":")
            named.setdefault(kind, set()).add(name)
    with as_actor("") as session:
        held: dict[str, set[str | None]] = {
            "deadline": set(session.scalars(select(DeadlineRule.code))),
            "duty": set(session.scalars(select(DutyRule.code))),
            "setting": set(session.scalars(select(Setting.code))),
            "grant": {f"{g.target}.{g.action}" for g in session.scalars(select(Grant))},
        }
    for kind, codes in held.items():
        assert named[kind] - codes == set()


def test_staff_read_the_rules_page_by_page(client: Client) -> None:
    guard = client("guard")
    first = guard.get("/rules/")
    assert first.status_code == 200
    assert "S0-01" in first.text
    assert rules()[0].rule_zh in first.text
    assert "S0-51" not in first.text
    second = guard.get("/rules/", **{"from": 50})
    assert "S0-51" in second.text
    assert guard.get("/rules/", **{"from": "no"}).text.count("<tr id=") == 50


def test_the_rules_narrow_by_document_kind_stage_and_words(client: Client) -> None:
    staff = client("staff")
    asked = {"seed": "S2", "kind": "deadline", "stage": "built", "search": "S2-32"}
    assert _ids(staff, **asked) == ["S2-32"]
    assert len(_ids(staff, seed="S2", kind="deadline")) == 6
    assert _ids(staff, stage="out") == [f"S4-{n}" for n in range(52, 60)]
    assert _ids(staff, search="no such words") == []
    assert len(_ids(staff, seed="S9", kind="none", stage="never")) == 50


def _ids(visitor: Visitor, **asked: str) -> list[str]:
    return re.findall(r'<tr id="([^"]+)"', visitor.get("/rules/", **asked).text)


def test_only_who_may_open_a_screen_is_led_to_it(client: Client) -> None:
    link = 'href="/deadline_rule/?search=complaint.first_reply"'
    assert link in client("manager").get("/rules/", search="S2-32").text
    answer = client("guard").get("/rules/", search="S2-32").text
    assert link not in answer
    assert carrier("deadline:complaint.first_reply").words[0] in answer


def test_every_link_of_the_list_opens(client: Client) -> None:
    manager = client("manager")
    opened = set()
    for start in range(0, 650, 50):
        text = manager.get("/rules/", **{"from": start}).text
        table = text.partition("<table")[2].partition("</table>")[0]
        opened |= set(re.findall(r'href="(/[^"]+)"', table))
    assert len(opened) > 100
    for path in sorted({re.sub(r"=.*", "=x", path) for path in opened}):
        assert manager.get(path).status_code == 200, path


def test_strangers_are_sent_to_the_sign_in(app: Flask) -> None:
    answer = Visitor(app).get("/rules/")
    assert answer.status_code == 302
    assert "/login" in answer.location


def test_the_command_tells_scripts_the_same(app: Flask) -> None:
    runner = app.test_cli_runner()
    found = json.loads(runner.invoke(args=["clauses", "--json"]).output)
    assert [one["id"] for one in found] == [rule.id for rule in rules()]
    one = next(one for one in found if one["id"] == "S2-32")
    assert one["kind"] == "deadline"
    assert one["carried_by"] == ["deadline:complaint.first_reply"]
    assert all(isinstance(one["tests"], list) for one in found)
    assert len(runner.invoke(args=["clauses"]).output.splitlines()) == 625


def test_a_test_is_found_by_the_rules_it_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "test_one.py").write_text(
        'pytestmark = pytest.mark.clause("S0-01")\n'
        '@pytest.mark.clause("S0-02", "S0-03")\ndef test_a() -> None: ...\n'
        '@pytest.mark.parametrize("x", [1])\ndef test_b(x: int) -> None: ...\n',
        "utf-8",
    )
    monkeypatch.setattr(clauses, "TESTS", tmp_path)
    assert proofs() == {
        "S0-01": ["test_one.py"],
        "S0-02": ["test_one.py::test_a"],
        "S0-03": ["test_one.py::test_a"],
    }


def test_tests_name_only_rules_that_exist() -> None:
    assert proofs().keys() <= {rule.id for rule in rules()}
