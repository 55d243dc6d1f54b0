"""What stands in the cells of a workbook or CSV file, as text that a form takes."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.record import record_type
from tests.cast import Office
from tests.conftest import AsActor
from tests.hostile_files import BOOK, MAIN, book, sheet
from views.importing.cells import Column
from views.importing.reading import rows
from views.importing.references import References
from views.importing.targets import targets
from views.importing.unreadable import Unreadable

pytestmark = pytest.mark.once

STYLES = (
    f'<styleSheet {MAIN}><numFmts><numFmt numFmtId="170" formatCode="yyyy&quot;年'
    '&quot;m&quot;月&quot;d&quot;日&quot;"/>'
    '<numFmt numFmtId="171" formatCode="[h]:mm"/>'
    '<numFmt numFmtId="172" formatCode="General"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf/><xf numFmtId="14"/>'
    '<xf numFmtId="22"/><xf numFmtId="170"/><xf numFmtId="171"/><xf numFmtId="172"/>'
    '<xf numFmtId="31"/></cellXfs></styleSheet>'
)
STRINGS = (
    f"<sst {MAIN}><si><t>漏水</t></si><si><r><t>王</t></r><r><t>建国</t></r>"
    "<rPh><t>wang</t></rPh></si><si><t>_x4E2D_文_xD800_</t></si></sst>"
)


def read(*cells: str, **more: str) -> list[str]:
    """The cells of one row of a workbook."""
    body = sheet(f"<row>{''.join(cells)}</row>")
    parts = {"xl__styles_dot_xml": STYLES, "xl__sharedStrings_dot_xml": STRINGS}
    content = book(body, **{**parts, **more})
    ((_number, found),) = rows(io.BytesIO(content), 9, [])
    return found


def styled(style: int, value: str) -> str:
    return f'<c s="{style}"><v>{value}</v></c>'


def test_days_times_and_numbers_are_read_as_people_write_them() -> None:
    assert read(
        styled(1, "46090"),
        styled(2, "46090.425"),
        styled(3, "46090.5"),
        styled(4, "0.395833333333333"),
        styled(5, "12.340000000000001"),
        styled(6, "46090"),
        styled(0, "13800138000"),
        styled(0, "1.38E+10"),
        styled(0, "440102199001011234"),
        styled(0, "-3"),
        styled(1, "-1"),
    ) == [
        "2026-03-09",
        "2026-03-09 10:12:00",
        "2026-03-09 12:00:00",
        "09:30",
        "12.34",
        "2026-03-09",
        "13800138000",
        "13800000000",
        "4.40102199001011E+17",
        "-3",
        "-1",
    ]


def test_texts_are_read_without_their_readings_and_spellings() -> None:
    assert read(
        '<c t="s"><v>0</v></c>',
        '<c t="s"><v>1</v></c>',
        '<c t="s"><v>2</v></c>',
        '<c t="s"><v>x</v></c>',
        '<c t="b"><v>1</v></c>',
        '<c t="b"><v>0</v></c>',
        '<c t="e"><v>#REF!</v></c>',
        '<c t="d"><v>2026-03-09T10:12:00Z</v></c>',
        '<c t="str"><f>A1</f><v>=x</v></c>',
        '<c t="inlineStr"><is><t>里</t><rPh><t>li</t></rPh></is></c>',
    ) == [
        "漏水",
        "王建国",
        "中文\x00",
        "",
        "TRUE",
        "FALSE",
        "#REF!",
        "2026-03-09 10:12:00",
        "=x",
        "里",
    ]


def test_old_workbooks_count_from_1904_and_hidden_sheets_are_passed_over() -> None:
    old = BOOK.replace("<sheets>", '<workbookPr date1904="1"/><sheets>')
    hidden = '<sheet name="B" r:id="r9" state="hidden"/>'
    old = old.replace("<sheets>", f"<sheets>{hidden}")
    assert read(styled(1, "44628"), workbook=old) == ["2026-03-09"]


def test_the_sheet_called_like_the_records_is_chosen() -> None:
    two = BOOK.replace("</sheets>", '<sheet name="房屋" r:id="r1"/></sheets>').replace(
        'name="A" sheetId="1" r:id="r1"', 'name="A" r:id="gone"'
    )
    content = book(sheet(f"<row>{styled(0, '7')}</row>"), workbook=two)
    assert list(rows(io.BytesIO(content), 9, ["房屋"])) == [(1, ["7"])]
    with pytest.raises(Unreadable):
        list(rows(io.BytesIO(content), 9, ["别的"]))


def test_csv_of_any_usual_kind_is_read() -> None:
    lines = "房号;备注\r\n3-502;甲\r\n\r\n;乙\r\n"
    for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16"):
        found = list(rows(io.BytesIO(lines.encode(encoding)), 9, []))
        assert found == [(1, ["房号", "备注"]), (2, ["3-502", "甲"]), (4, ["", "乙"])]
    with pytest.raises(Unreadable):
        list(rows(io.BytesIO(lines.encode()), 1, []))


@pytest.fixture
def reader(as_actor: AsActor, office: Office) -> Iterator[Any]:
    """Reads a text as that field does: ``reader("unit.area", "88.5")``."""
    with as_actor() as session:
        yield lambda field, text: _read(session, office, field, text)


def _read(session: Session, office: Office, field: str, text: str) -> Any:
    slug, _dot, name = field.partition(".")
    known = {target.key: target for target in targets(SYSTEM, record_type(slug))}
    references = References(session, SYSTEM, office.home)
    return Column(session, 0, known[name], references).read(text)


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("unit.area", "１，２３４．５平方米", Decimal("1234.50")),
        ("arrears.amount", "¥12.5元", Decimal("12.50")),
        ("building.floors", "18.0", 18),
        ("building.floors", "1,0", 10),
        ("unit.delivered_on", "2019年5月1日", dt.date(2019, 5, 1)),
        ("unit.delivered_on", "2019.5.1", dt.date(2019, 5, 1)),
        (
            "reception.received_at",
            "2026/3/9 9:05",
            dt.datetime(2026, 3, 9, 1, 5, tzinfo=dt.UTC),
        ),
        ("department.active", "否", False),
        ("department.active", "√", True),
        ("person.customer_kind", " 业主 ", "owner"),
        ("person.customer_kind", "Tenant", "tenant"),
        ("person.care", "养犬、有婴幼儿", ["dog", "infant"]),
        ("person.name", "'=甲", "=甲"),
        ("unit.note", "甲\n乙", "甲 乙"),
        ("reception.unit_id", "3栋502", 1),
        ("reception.number", "JD-1", "JD-1"),
    ],
)
def test_a_text_is_read_as_the_form_would_take_it(
    reader: Any, field: str, text: str, value: Any
) -> None:
    assert reader(field, text) == (value, "")


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("unit.area", "88.555"),
        ("unit.area", "很大"),
        ("building.floors", "-1"),
        ("building.floors", "4.4E+17"),
        ("unit.delivered_on", "2019-02-30"),
        ("unit.delivered_on", "去年"),
        ("department.active", "也许"),
        ("person.care", "养犬、养虎"),
        ("person.name", "王**"),
        ("person.phone", "138****8000"),
        ("unit.name", "x" * 61),
        ("unit.name", "#N/A"),
        ("unit.name", "a\x00b"),
        ("reception.unit_id", "9-999"),
        ("reception.unit_id", "#999"),
        ("reception.person_id", "13800138000"),
        ("reception.number", "a b"),
    ],
)
def test_what_the_form_would_refuse_is_refused_with_a_sentence(
    reader: Any, field: str, text: str
) -> None:
    value, wrong = reader(field, text)
    assert value is None
    assert wrong
