"""Reference data reads in both languages; the office's own words are left alone."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

import pytest

from core.db import writing
from core.record import fields
from core.words import CATALOGUES
from models import CalendarDay, DutyRule, FeeStandard, Meeting, Setting
from seeds import loader
from tests.conftest import AsActor, Client
from views.values import choices

pytestmark = pytest.mark.once

HAN = re.compile("[\u4e00-\u9fff]")
OWNERS = {("setting", "value")}
"""What is said to owners, who are spoken to in Chinese."""


def untranslated() -> Iterator[str]:
    """The Chinese words of the policies that have no English beside them."""
    for cls in loader.KEYS:
        with (loader.HERE / f"{cls.slug}.csv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                for name, text in row.items():
                    paired = name.endswith("zh") or (cls.slug, name) in OWNERS
                    if text and HAN.search(text) and not paired:
                        yield text


def test_every_text_of_the_reference_data_has_its_english() -> None:
    with (CATALOGUES / "reference_en.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    english = {row["zh"]: row["en"] for row in rows}
    wanted = set(untranslated())
    assert len(rows) == len(english)
    assert wanted - english.keys() == set()
    assert [en for en in english.values() if not en or HAN.search(en)] == []


def test_it_reads_in_the_readers_language_and_as_the_office_changed_it(
    client: Client, as_actor: AsActor
) -> None:
    with as_actor() as session, writing(session):
        day = session.query(CalendarDay).filter_by(name="春节").first()
        fee = session.query(FeeStandard).filter_by(code="water").one()
        rule = session.query(Setting).filter_by(unit="户").first()
        changed = session.query(FeeStandard).filter_by(code="electricity").one()
        changed.name = "我们的电费"
        assert day
        assert rule
        keys = (day.id, fee.id, rule.id)
    visitor = client("manager")
    pages = (
        ("calendar_day", keys[0], "春节", "Spring Festival"),
        ("fee_standard", keys[1], "按水表读数", "By the water meter"),
        ("setting", keys[2], "户", "homes"),
    )
    for slug, key, zh, _en in pages:
        assert zh in visitor.get(f"/{slug}/details/", id=key).text
    visitor.post("/language", language="en", next="/")
    for slug, key, zh, en in pages:
        page = visitor.get(f"/{slug}/details/", id=key).text
        assert en in page
        assert f">{zh}<" not in page
    listed = visitor.get("/fee_standard/").text
    assert "我们的电费" in listed
    assert "yuan/m³" in listed


def test_every_meeting_that_is_due_is_of_a_known_kind(as_actor: AsActor) -> None:
    with as_actor() as session:
        known = choices(session, fields(Meeting)["meeting_kind"])
        due = session.query(DutyRule.variant).filter_by(target="meeting")
        kinds = {variant for (variant,) in due}
    assert len(kinds) > 5
    assert kinds - known.keys() == set()
