"""Files to import, and the pages that take them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from core.access import SYSTEM, act_as, actor_of
from core.db import writing
from core.record import Record, record_type
from models import Unit
from tests.browsing import Visitor
from tests.cast import Office
from tests.conftest import AsActor
from tests.filling import make
from views.importing import steps
from views.importing.committing import Ready
from views.importing.plan import Table
from views.importing.staging import Staging
from views.importing.targets import targets
from views.spool import folder

Rows = Sequence[Sequence[Any]]
HOUSEHOLDS = (
    ("姓名*", "身份", "联系电话", "住户关系：房屋", "住户关系：关系", "备用"),
    ("赵一鸣", "业主", "139 0013 9001", "3栋502", "业主", "x"),
    ("", "", "", "3-503", "共有人", ""),
    ("钱二", "Tenant", "13900139002", "3-503", "租户", ""),
)
CASES = ("房屋", "内容", "方式", "类别", "紧急", "受理时间")


def a_csv(rows: Rows, encoding: str = "utf-8-sig") -> bytes:
    """The rows as a CSV file."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode(encoding)


def send(visitor: Visitor, slug: str, content: bytes, name: str) -> TestResponse:
    """Choose a file on the import page."""
    form = {"step": "file", "file": (io.BytesIO(content), name)}
    answer = visitor.post(f"/{slug}/import/", form)
    answer.request.environ["wsgi.input"].close()  # the client's own spool
    return answer


def step(visitor: Visitor, place: str, name: str, **more: Any) -> TestResponse:
    """Press a button of the import page."""
    return visitor.post(place, {"step": name, **more})


def mapping(page: str) -> dict[str, str]:
    """What the page proposes: the control of each column and its chosen field."""
    kept = {}
    for control, options in re.findall(
        r'<select name="(column-\d+)"(.*?)</select>', page
    ):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        kept[control] = chosen[1] if chosen else ""
    return kept


def checked(visitor: Visitor, slug: str, content: bytes, name: str, **more: Any) -> str:
    """Send a file and check it as its heads propose; where that stands."""
    sent = send(visitor, slug, content, name)
    assert sent.status_code == 302, sent.text
    place = str(sent.location)
    answer = step(visitor, place, "columns", **mapping(visitor.get(place).text), **more)
    assert answer.status_code == 302, answer.text
    while "data-auto" in visitor.get(place).text:
        assert step(visitor, place, "check").status_code == 302
    return place


def act(session: Session) -> None:
    """Let the system act in this session."""
    act_as(session, SYSTEM)


def staged(
    session: Session, cls: type[Record], content: bytes, project: int | None, **how: Any
) -> Ready:
    """An import of the acting person, checked whole, without the pages."""
    actor, file = actor_of(session), io.BytesIO(content)
    table = Table(cls.slug, project, "x", steps.digest_of(file), [])
    staging = Staging.begin(folder(), actor.user_id)
    steps.take_in(session, actor, staging, file, table, cls)
    ready = steps.opened(staging)
    ready.plan.change = how.get("change", False)
    without = how.get("without", ())
    ready.plan.mapping = ["" if k in without else k for k in ready.plan.mapping]
    assert set(ready.plan.mapping) - {""} <= {t.key for t in targets(actor, cls)}
    steps.begin(ready)
    while ready.plan.piece < ready.table.pieces:
        steps.go_on(session, actor, ready, 0)
    return ready


def a_case(content: str, room: str = "3-502", urgent: str = "是") -> tuple[str, ...]:
    return room, content, "来电", "报修", urgent, "2026年3月9日 9:05"


def count(session: Session, cls: Any) -> int:
    """How many records of a type there are."""
    found: int = session.connection().execute(select(func.count(cls.id))).scalar_one()
    return found


def second_home(as_actor: AsActor, office: Office) -> None:
    """A home beside the first."""
    with as_actor() as session, writing(session):
        home = session.get_one(Unit, office.unit)
        make(session, Unit, office.home, name="3-503", building_id=home.building_id)


def set_to(as_actor: AsActor, code: str, value: str) -> None:
    """Give a setting that value."""
    with as_actor() as session, writing(session):
        setting = record_type("setting")
        query = select(setting).where(setting.__table__.c.code == code)
        session.scalars(query).one().value = value  # type: ignore[attr-defined]
