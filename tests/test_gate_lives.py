"""Release slips: who is verified how, whose word is needed, what the gate does."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask

from core.db import now
from core.words import _
from tests.browsing import Visitor
from tests.lives import Life
from tests.slips import RECORD, Gate

pytestmark = pytest.mark.once

UNVERIFIED = "Every proof that is asked of this applicant is checked and recorded."
FAMILY = "Look in the owner file or ring the owner, and record the check."
NO_WORD = (
    "The owner has not agreed: ring the owner, then the emergency contact, then "
    "ask the police office as witness, and record each attempt."
)
AGAINST = "The owner does not agree, so nothing is released."
SUPERVISED = "Only the police office witnessed it: a supervisor releases it first."
ALTERED = "This slip was altered after it was issued; the desk issues it again."
REMIND = "Fees are owed for this home: remind the tenant to settle, and tick it."
LOOK_UP = "Look up whether fees are owed for this home, and say what you found."


@pytest.fixture
def gate(life: Life) -> Gate:
    return Gate(life)


@pytest.mark.clause("S1-68", "S1-69", "S1-70")
def test_whoever_is_not_the_owner_is_verified_by_what_he_is(gate: Gate) -> None:
    gate.does("receptionist", gate.slip("owner"), "verify")
    family = gate.slip("family")
    gate.refused(family, "verify", FAMILY)
    gate.check(family, "owner_file")
    gate.does("receptionist", family, "verify")
    found = gate.life.case("release_pass", family)
    assert (found.state, found.owner_confirmation) == ("verified", "file")
    agent, dated = gate.slip("agent"), {"authority_on": gate.today()}
    gate.check(agent, "letter")
    gate.refused(agent, "verify", UNVERIFIED, **dated)
    gate.check(agent, "phone_owner")
    undated = "Write down the date of the letter of authority."
    gate.refused(agent, "verify", undated)
    gate.does("receptionist", agent, "verify", **dated)
    assert gate.life.case("release_pass", agent).owner_phoned
    checks = gate.life.lines("identity_check", case_id=agent)
    assert [c.method for c in checks] == ["letter", "phone_owner"]
    assert all(c.checked_at and c.staff_id for c in checks)


@pytest.mark.clause("S1-76", "S1-77")
def test_a_tenant_waits_for_the_owners_word_or_a_stand_ins(gate: Gate) -> None:
    none = {"arrears_check": "none"}
    key = gate.slip("tenant")
    gate.refused(key, "verify", NO_WORD, **none)
    gate.check(key, "emergency_contact")  # before the owner was rung it says nothing
    gate.refused(key, "verify", NO_WORD, **none)
    gate.check(key, "phone_owner", "unreachable")
    gate.does("receptionist", key, "verify", **none)
    assert gate.life.case("release_pass", key).owner_confirmation == "emergency_contact"
    against = gate.slip("tenant")
    gate.check(against, "phone_owner", "denied")
    gate.refused(against, "verify", AGAINST, **none)
    gate.check(against, "emergency_contact")
    gate.refused(against, "verify", AGAINST, **none)
    gate.life.decide("release.require_owner_confirmation", "no")
    gate.life.decide("verification.requirements.tenant", "lease")
    freed = gate.slip("tenant")
    gate.refused(freed, "verify", UNVERIFIED, **none)
    gate.check(freed, "papers")
    gate.does("receptionist", freed, "verify", **none)


@pytest.mark.clause("S1-78")
def test_a_police_witness_needs_a_supervisors_release(gate: Gate) -> None:
    none, life = {"arrears_check": "none"}, gate.life
    key, release = gate.slip("tenant"), "release_on_witness"
    gate.check(key, "police_witness")
    early = "There is no witness yet, or somebody nearer was not rung."
    life.refused("supervisor", "release_pass", key, release, early)
    gate.check(key, "phone_owner", "unreachable")
    gate.check(key, "emergency_contact", "unreachable")
    gate.refused(key, "verify", SUPERVISED, **none)
    life.barred("receptionist", "release_pass", key, release)
    mine = "You took part in this slip; somebody else releases it."
    by = life.case("release_pass", key).created_by_id
    life.change("release_pass", key, created_by_id=life.office.staff["supervisor"])
    life.refused("supervisor", "release_pass", key, release, mine)
    life.decide("four_eyes.release_witness", "marked")
    life.does("supervisor", "release_pass", key, release)
    assert life.waived() == ["four_eyes.release_witness"]
    life.change("release_pass", key, created_by_id=by)
    gate.does("receptionist", key, "verify", **none)
    found = life.case("release_pass", key)
    assert found.owner_confirmation == "police_witness"
    assert found.released_by_id == life.office.staff["supervisor"]


@pytest.mark.clause("S1-74", "S1-75", "S1-79")
def test_arrears_remind_a_tenant_and_stop_no_owner(gate: Gate) -> None:
    key = gate.slip("tenant")
    gate.check(key, "phone_owner")
    gate.refused(key, "verify", LOOK_UP)
    gate.owes()
    page = gate.life.client("receptionist").get("/release_pass/details/", id=key).text
    assert _("owes {amount}", amount="560.00 元") in page
    gate.refused(key, "verify", REMIND, arrears_check="none")
    gate.life.decide("release.tenant_arrears", "block")
    settled = "Fees are owed for this home: they are settled before goods leave."
    gate.refused(key, "verify", settled, arrears_reminded="y")
    gate.life.decide("release.tenant_arrears", "warn")
    said = {"arrears_reminded": "y", "version": _version(gate, key)}
    gate.does("receptionist", key, "verify", **said)
    assert gate.life.case("release_pass", key).arrears_check == "owner"
    owner = gate.issued("owner")
    assert gate.life.case("release_pass", owner).arrears_check == "owner"
    owed = _("owes {amount}", amount="560.00 元")
    for choice, shown in (("warn", True), ("none", False)):
        gate.life.decide("release.owner_arrears", choice)
        asked = {"id": owner}
        shown_page = gate.life.client("receptionist").get(
            "/release_pass/details/", **asked
        )
        assert (owed in shown_page.text) is shown


def _version(gate: Gate, key: int) -> int:
    return int(gate.life.case("release_pass", key).version)


@pytest.mark.clause("S1-67", "S1-73")
def test_a_slip_is_issued_with_its_goods_for_a_day_to_come(gate: Gate) -> None:
    key = gate.slip(goods=0)
    gate.does("receptionist", key, "verify")
    gate.refused(
        key,
        "issue",
        "List the goods with their number first.",
        "The day of the removal has passed; choose another.",
        moving_on="2020-01-01",
    )
    gate.life.barred("guard", "release_pass", key, "issue", moving_on=gate.today())


@pytest.mark.clause("S1-72", "S1-73")
def test_the_guard_ticks_the_goods_and_keeps_the_slip_in_one_act(gate: Gate) -> None:
    key = gate.issued(plate="沪A12345", applicant_phone="13900001111")
    number = gate.life.case("release_pass", key).number
    assert number in gate.look().text
    for asked in ({"slip": gate.seal(key)}, {"number": number.rpartition("-")[2]}):
        page = gate.look(**asked)
        assert page.status_code == 200
        for words in (number, "3-502", "沪A12345", "箱子1号", "1 个", gate.today()):
            assert words in page.text
        for secret in ("13900001111", "13800138000", "王建国"):
            assert secret not in page.text
    some = gate.acts(key, item=gate.items(key)[:1])
    unticked = _("Tick every kind of goods that leaves, or write down what differs.")
    assert (some.status_code, unticked in some.text) == (409, True)
    assert not any(x.matches for x in gate.life.lines("release_item"))
    assert gate.acts(key).status_code == 302
    found = gate.life.case("release_pass", key)
    assert (found.state, found.open) == ("recovered", False)
    assert found.checked_by_id == gate.life.office.staff["guard"]
    assert found.checked_at
    assert found.recovered_at
    assert all(x.matches for x in gate.life.lines("release_item"))
    used = gate.acts(key)
    told = _("Nothing leaves on this slip: {state}.", state="已收回")
    assert (used.status_code, told in used.text) == (409, True)
    assert told in gate.look(slip=gate.seal(key)).text


@pytest.mark.clause("S1-72", "S1-73")
def test_an_altered_expired_or_replaced_slip_lets_nothing_out(gate: Gate) -> None:
    key = gate.issued()
    old = gate.seal(key)
    line = gate.items(key)[0]
    gate.life.change("release_item", line, quantity=40)
    assert _(ALTERED) in gate.look(slip=old).text
    altered = gate.acts(key)
    assert (altered.status_code, _(ALTERED) in altered.text) == (409, True)
    again = {"moving_on": gate.today(), "reason": "多搬一件"}
    gate.does("receptionist", key, "issue_again", **again)
    assert gate.look(slip=old).status_code == 404
    assert gate.acts(key, seal=old).status_code == 409
    tomorrow = dt.date.fromisoformat(gate.today()) + dt.timedelta(days=1)
    gate.does("receptionist", key, "issue_again", moving_on=tomorrow, reason="改期")
    early = _("This slip is valid on {day} only.", day=tomorrow)
    assert early in gate.look(slip=gate.seal(key)).text
    assert gate.acts(key).status_code == 409
    assert gate.life.state("release_pass", key) == "issued"


@pytest.mark.clause("S1-72")
def test_a_slip_that_comes_later_is_kept_later_and_a_refused_one_is_done(
    gate: Gate,
) -> None:
    late, wrong = gate.issued(), gate.issued()
    assert gate.acts(late, "check_out", gate_note="条在车上").status_code == 302
    assert gate.life.state("release_pass", late) == "checked_out"
    gate.life.change("release_pass", late, checked_at=now() - dt.timedelta(days=1))
    assert gate.acts(late).status_code == 302
    assert gate.life.state("release_pass", late) == "recovered"
    assert gate.acts(wrong, "refuse").status_code == 409  # without a reason
    assert gate.acts(wrong, "refuse", refusal="数量不符").status_code == 302
    found = gate.life.case("release_pass", wrong)
    assert (found.state, found.refusal) == ("refused", "数量不符")
    assert gate.acts(wrong).status_code == 409


def test_the_gate_is_the_guards_and_each_estates_own(gate: Gate, app: Flask) -> None:
    key = gate.issued()
    seal = gate.seal(key)
    for job in ("receptionist", "finance", "outsider", "staff"):
        assert gate.look(job, slip=seal).status_code == 403
        assert gate.acts(key, job=job).status_code == 403
    stranger = Visitor(app).get("/gate/", slip=seal)
    assert stranger.location == f"/login?next=/gate/?slip%3D{seal}"
    assert gate.look(slip="x" * 24).status_code == 404
    assert gate.look(number="99").status_code == 404
    assert gate.acts(key, "close").status_code == 400
    assert gate.acts(key, gate_note="\x00").status_code in (302, 400)
    life = gate.life
    life.change("release_pass", gate.issued(), project_id=life.office.elsewhere)
    foreign = life.lines("release_pass", project_id=life.office.elsewhere)[0]
    assert gate.look(slip=foreign.seal).status_code == 404
    assert gate.acts(foreign.id).status_code == 404


def test_a_void_slip_lets_nothing_out(gate: Gate) -> None:
    key = gate.issued()
    void = {"id": key, "version": _version(gate, key), "reason": "重复登记"}
    done = gate.life.client("supervisor").post("/release_pass/delete/", void)
    assert done.status_code == 302
    assert _("This slip is void.") in gate.look(slip=gate.seal(key)).text
    assert gate.acts(key).status_code == 409


def test_what_was_verified_is_not_edited_afterwards(gate: Gate) -> None:
    key = gate.issued()
    form = gate.life.client("receptionist").get("/release_pass/edit/", id=key).text
    assert 'name="plate"' in form
    for name in ("applicant_kind", "unit_id", "released_by_id", "issued_by_id"):
        assert f'name="{name}"' not in form


def test_a_check_is_only_recorded_while_the_slip_is_drafted(gate: Gate) -> None:
    key = gate.slip()
    gate.does("receptionist", key, "refuse", refusal="不搬了")
    said = {"method": "papers", "result": "confirmed"}
    status, _page = gate.life.move("receptionist", "release_pass", key, RECORD, **said)
    assert status == 409
