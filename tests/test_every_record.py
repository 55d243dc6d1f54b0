"""Every record type through every generated screen, with every field it declares."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from core.columns import Field
from core.db import writing
from core.record import Case, Part, Record, fields, form_fields, parts
from models import Staff
from tests import reading, rights
from tests.browsing import Visitor
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.filling import everything, value_for
from tests.posting import form_of, line_of, other, words

TYPES = rights.screens()
by_type = pytest.mark.parametrize("cls", TYPES, ids=rights.slugs(TYPES))


@dataclass
class Filling:
    """Values of every field of a record and of one line of each kind."""

    cls: type[Record]
    values: dict[str, Any]
    lines: dict[type[Part], dict[str, Any]] = field(default_factory=dict)

    def form(self, session: Session) -> dict[str, Any]:
        """All of it as a browser sends it."""
        made = form_of(session, self.cls, self.values)
        for part, values in self.lines.items():
            made |= line_of(session, part, values)
        return made


def filled(session: Session, cls: type[Record], office: Office) -> Filling:
    """Values of every field; references point to rows of the home estate."""
    special = {
        "user": lambda: {"staff_id": _unhired(session, office)},
        "role_assignment": lambda: {"user_id": office.users["staff"]},
        "calendar_day": lambda: {"day": __import__("datetime").date(2031, 5, 6)},
    }
    values = everything(session, cls, office.home)
    values |= special.get(cls.slug, dict)()
    made = Filling(cls, values)
    for part in parts(cls):
        every = everything(session, part, office.home)
        owner = {"case_id", f"{cls.slug}_id"}
        made.lines[part] = {n: v for n, v in every.items() if n not in owner}
    return made


def _unhired(session: Session, office: Office) -> int:
    staff = Staff(project_id=office.home, name="新员工")
    session.add(staff)
    session.flush()
    return staff.id
