"""A Monday morning at the front desk, by keyboard and by mouse."""

from __future__ import annotations

import re

import pytest

from core.record import record_type
from models import Occupancy
from tests.browser.conftest import Browse
from tests.browser.guest import Guest
from tests.cast import Office
from tests.conftest import AsActor
from tests.filling import make

pytestmark = pytest.mark.browser

FAULT = "厨房洗菜盆下水管漏水，地面已积水"
LATER = "厨房洗菜盆下水管漏水，已关总阀"


def _repair(as_actor: AsActor, office: Office, content: str = FAULT) -> int:
    """A repair that somebody has recorded already."""
    with as_actor() as session:
        with session.begin_nested():
            made = make(
                session,
                record_type("repair"),
                office.home,
                content=content,
                unit_id=office.unit,
                person_id=office.person,
                created_by_id=office.staff["receptionist"],
            )
            key = int(made.id)
        session.commit()
    return key
