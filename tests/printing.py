"""Making records and settings, and reading what is printed of them."""

from __future__ import annotations

import html
import re
from typing import Any

from sqlalchemy import select

from core.db import writing
from models import Setting
from tests.browsing import Visitor
from tests.conftest import AsActor
from tests.filling import make


def new(as_actor: AsActor, cls: type[Any], project: int, **values: Any) -> int:
    with as_actor() as session, writing(session):
        return int(make(session, cls, project, **values).id)


def setting(as_actor: AsActor, code: str, value: str) -> None:
    with as_actor() as session, writing(session):
        row = session.scalar(select(Setting).where(Setting.code == code))
        if row is None:
            row = make(session, Setting, 0, code=code, title_zh=code)
        row.value = value


def words(visitor: Visitor, path: str, **asked: Any) -> str:
    """The words of a page of print."""
    answer = visitor.get(path, **asked)
    assert answer.status_code == 200, answer.text
    sheet = answer.text.partition("<main>")[2]
    return html.unescape(re.sub(r"<[^>]+>", " ", sheet))


def pdf(visitor: Visitor, path: str, **asked: Any) -> bytes:
    answer = visitor.get(path, format="pdf", **asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Disposition"].isascii(), "no server sends it"
    return bytes(answer.data)
