"""The monthly list of what was done without a second person."""

from __future__ import annotations

import pytest

from tests.lives import Life

LIST = "/waived/"


@pytest.mark.clause("S2-38")
def test_whatever_is_waived_is_listed_by_month_for_who_answers_for_it(
    life: Life,
) -> None:
    life.decide("four_eyes.corrective_acceptance", "marked")
    told = {"content": "标识脱落", "origin": "inspection"}
    key = life.write("supervisor", "corrective_action", **told)
    mine = life.office.staff["supervisor"]
    life.change("corrective_action", key, state="executed", holder_id=mine)
    life.does("supervisor", "corrective_action", key, "accept")
    number = life.case("corrective_action", key).number
    for job in ("supervisor", "manager"):
        page = life.client(job).get(LIST).text
        assert number in page
        assert "整改验收人不是整改人 <strong>1</strong>" in page
        assert "整改验收人不是整改人" not in life.client(job).get("/").text
        assert f'href="{LIST}"' in life.client(job).get("/").text
    # whoever may not see the case sees no number; another estate nothing at all
    auditor = life.client("auditor").get(LIST).text
    assert "整改验收人不是整改人" in auditor
    outside = life.client("outsider").get(LIST).text
    assert "整改验收人不是整改人" not in outside
    assert f'href="{LIST}"' in life.client("admin").get("/rights/").text
    assert life.client("guard").get(LIST).status_code == 403
    for month in ("2026-13", "0001-01", "9999-12", "' OR 1", "2020-01"):
        assert life.client("manager").get(LIST, month=month).status_code == 200
    assert number not in life.client("manager").get(LIST, month="2020-01").text
