"""The ways of the three classes, of groups, of neighbours and of municipal causes."""

from __future__ import annotations

from typing import Any

import pytest

from core.db import writing
from core.words import _
from models import Unit
from tests.complaints import complain, settle
from tests.lives import Life, picked

pytestmark = pytest.mark.once


def close(life: Life, key: int) -> None:
    """Revisit a handled complaint and close it."""
    life.revisits(key)
    settle(life, key)
    life.does("receptionist", "complaint", key, "close")


def answer_report(life: Life, key: int) -> None:
    """Take a written report to its end."""
    sent = {"recipient_name": "供水公司 李工", "submitted_on": "2026-11-20"}
    life.does("supervisor", "external_report", key, "submit", **sent)
    told = {"progress": "已报供水公司，正在排查"}
    life.does("supervisor", "external_report", key, "follow", **told)
    life.does("supervisor", "external_report", key, "answer", answer="下周换管")
    life.does("supervisor", "external_report", key, "close", result="已换管")


def finish_rework(life: Life, key: int) -> None:
    """Take a contact sheet to its end."""
    life.does("receptionist", "rework", key, "return", received_by="售后 张工")
    done = {"result": "已返修", "completed_on": "2026-11-21"}
    life.does("receptionist", "rework", key, "finish", **done)
    said = {"channel": "telephone", "content": "已返修"}
    life.does("receptionist", "rework", key, "reply", **said)
    life.does("receptionist", "rework", key, "close")


@pytest.mark.clause("S2-36", "S2-37", "S2-38")
def test_class_1_is_followed_and_revisited_by_the_desk(life: Life) -> None:
    key = complain(life, "handled", category="environment")
    found = life.case("complaint", key)
    assert found.liability_class == "class_1"
    (visit,) = life.caused(key, "revisit")
    assert life.case("revisit", visit).revisitor_role == "receptionist"
    life.change("complaint", key, holder_id=life.office.staff["receptionist"])
    close(life, key)  # whoever followed it may revisit it, and that is listed
    assert life.waived() == ["four_eyes.revisit_class1"]


@pytest.mark.clause("S2-53")
def test_other_classes_are_revisited_by_somebody_else(life: Life) -> None:
    life.decide("four_eyes.revisit_class1", "strict")
    key = complain(life, "handled")
    life.change("complaint", key, holder_id=life.office.staff["receptionist"])
    (visit,) = life.caused(key, "revisit")
    holder = picked("holder_id", life.office.staff["receptionist"])
    life.does("supervisor", "revisit", visit, "assign", **holder)
    why = "You handled this one; somebody else revisits it."
    said = {"satisfaction": "satisfied"}
    life.refused("receptionist", "revisit", visit, "do", why, **said)
    life.change("complaint", key, accused_id=life.office.staff["receptionist"])
    mine = "The complaint is about you; somebody else revisits it."
    life.refused("receptionist", "revisit", visit, "do", mine, **said)


@pytest.mark.clause("S2-36")
def test_without_a_class_there_is_no_way(life: Life) -> None:
    life.decide("complaint.confirm_before_transfer", "off")
    key = complain(life, category="")
    why = "Choose its category or class first: the way of handling follows from it."
    given = life.given_to("handler")
    life.refused("supervisor", "complaint", key, "assign", why, **given)
    life.does("supervisor", "complaint", key, "assign", category="building", **given)
    assert life.case("complaint", key).liability_class == "class_1"


@pytest.mark.clause("S2-36", "S2-39")
def test_class_2_house_quality_goes_to_the_developer(life: Life) -> None:
    key = complain(life, "answered", category="developer")
    done = {"result": "开发商已返修"}
    nature = "Class 2: say whether it is about the house or about facilities."
    life.refused("handler", "complaint", key, "handle", nature, **done)
    life.change("complaint", key, nature="house_quality")
    sheet = "House quality: take it to the developer with a contact sheet first."
    life.refused("handler", "complaint", key, "handle", sheet, **done)
    life.barred("receptionist", "complaint", key, "contact_developer")
    life.does("supervisor", "complaint", key, "contact_developer")
    life.does("handler", "complaint", key, "handle", **done)
    (rework,) = life.caused(key, "rework")
    life.revisits(key)
    settle(life, key)
    number = life.case("rework", rework).number
    status, text = life.move("receptionist", "complaint", key, "close")
    assert (status, number in text) == (409, True)
    finish_rework(life, rework)
    life.does("receptionist", "complaint", key, "close")


@pytest.mark.clause("S2-40", "S2-42", "S1-53")
def test_class_2_facilities_are_reported_in_writing(life: Life) -> None:
    key = complain(life, "answered", category="developer", nature="facility")
    why = "Facilities: report it to the developer in writing first."
    done = {"result": "开发商已整改"}
    life.refused("handler", "complaint", key, "handle", why, **done)
    life.does("supervisor", "complaint", key, "report_outside")
    (report,) = life.caused(key, "external_report")
    assert life.case("external_report", report).recipient_kind == "developer"
    life.does("handler", "complaint", key, "handle", **done)
    answer_report(life, report)
    close(life, key)


@pytest.mark.clause("S2-43", "S2-44")
def test_class_3_is_assessed_and_reported_as_its_impact_demands(life: Life) -> None:
    key = complain(life, "answered", category="other")
    done = {"result": "街道已处理"}
    assess = "Class 3: assess its impact first."
    life.refused("handler", "complaint", key, "handle", assess, **done)
    life.change("complaint", key, impact="estate")
    report = "With this impact it is reported in writing first."
    life.refused("handler", "complaint", key, "handle", report, **done)
    life.change("complaint", key, impact="one_home")
    life.does("handler", "complaint", key, "handle", **done)
    close(life, key)


@pytest.mark.clause("S0-62", "S0-63", "S1-53")
def test_a_municipal_cause_is_put_before_the_utility(life: Life) -> None:
    told = {"category": "", "cause": "municipal", "impact": "one_home"}
    key = complain(life, "answered", **told)
    assert life.case("complaint", key).liability_class == "class_3"
    why = "A municipal cause: write to the authority concerned first."
    life.refused("handler", "complaint", key, "handle", why, result="已恢复供水")
    life.does("supervisor", "complaint", key, "report_outside")
    (report,) = life.caused(key, "external_report")
    assert life.case("external_report", report).recipient_kind == "municipal"
    life.does("handler", "complaint", key, "handle", result="已恢复供水")
    assert life.caused(key, "revisit")
    answer_report(life, report)
    close(life, key)


def test_municipal_causes_need_no_revisit_where_the_office_says_so(life: Life) -> None:
    life.decide("complaint.municipal.revisit", "no")
    told = {"category": "", "cause": "municipal", "impact": "one_home"}
    key = complain(life, "answered", **told)
    life.does("supervisor", "complaint", key, "report_outside")
    life.does("handler", "complaint", key, "handle", result="已恢复供水")
    assert life.state("complaint", key) == "revisited"


@pytest.mark.clause("S1-129")
def test_a_dispute_names_the_other_side_and_shields_the_complainant(
    life: Life,
) -> None:
    key = complain(life, category="neighbours")
    assert life.case("complaint", key).complainant_shielded
    life.does("supervisor", "complaint", key, "confirm")
    why = "A dispute between residents: name the other household."
    given = life.given_to("handler")
    life.refused("supervisor", "complaint", key, "assign", why, **given)
    life.change("complaint", key, other_unit_id=another_home(life, 1))
    life.does("supervisor", "complaint", key, "assign", **given)
    page = life.client("supervisor").get("/complaint/details/", id=key).text
    assert "隐去投诉人" in page


def another_home(life: Life, n: int) -> int:
    """One more home of the same building."""
    with life.as_actor() as session, writing(session):
        home = session.get_one(Unit, life.office.unit)
        values: dict[str, Any] = {"room": f"90{n}", "name": f"3-90{n}"}
        fresh = Unit(project_id=home.project_id, building_id=home.building_id, **values)
        session.add(fresh)
        session.flush()
        return fresh.id


@pytest.mark.clause("S1-139")
def test_three_households_of_one_building_are_a_group(life: Life) -> None:
    first = complain(life)
    again = complain(life)
    assert not life.case("complaint", again).group_tendency
    second = complain(life, **picked("unit_id", another_home(life, 1)))
    assert not life.case("complaint", second).group_tendency
    other = picked("unit_id", another_home(life, 2))
    apart = complain(life, category="safety", **other)
    assert not life.case("complaint", apart).group_tendency
    third = complain(life, **other)
    assert life.case("complaint", third).group_tendency
    life.does("supervisor", "complaint", first, "confirm")
    assert life.case("complaint", first).group_tendency
    page = life.client("supervisor").get("/complaint/details/", id=first).text
    assert "群诉" in page
    assert _("Next step") in page
