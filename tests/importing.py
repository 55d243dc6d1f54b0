"""Files to import, and the pages that take them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from core.access import SYSTEM, act_as, actor_of
from core.record import Record
from tests.browsing import Visitor
from views.importing import steps
from views.importing.committing import Ready
from views.importing.plan import Table
from views.importing.staging import Staging
from views.importing.targets import targets
from views.spool import folder

Rows = Sequence[Sequence[Any]]


def a_csv(rows: Rows, encoding: str = "utf-8-sig") -> bytes:
    """The rows as a CSV file."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode(encoding)


def send(visitor: Visitor, slug: str, content: bytes, name: str) -> TestResponse:
    """Choose a file on the import page."""
    form = {"step": "file", "file": (io.BytesIO(content), name)}
    return visitor.post(f"/{slug}/import/", form)


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
