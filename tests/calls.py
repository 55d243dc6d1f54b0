"""The desk as tests use it: calls taken on the telephone's screen."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select
from werkzeug.test import TestResponse

from core.db import now, writing
from core.record import record_type
from models import Complaint, Unit
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.filling import make

HERE = "/reception/quick/"
FAULT = "厨房洗菜盆下水管漏水"


class Desk:
    """Calls as the desk takes them, and what became of them."""

    def __init__(self, client: Client, as_actor: AsActor, office: Office) -> None:
        self.client, self.as_actor, self.office = client, as_actor, office

    def call(self, job: str = "receptionist", **said: Any) -> TestResponse:
        usual: dict[str, Any] = {"channel": "telephone", "content": FAULT}
        usual |= {"unit_id-id": self.office.unit, "person_id-id": self.office.person}
        return self.client(job).post(HERE, usual | said)

    def made(self, slug: str) -> Any:
        """The newest record of a type."""
        with self.as_actor() as session:
            cls: Any = record_type(slug)
            found = session.scalars(select(cls).order_by(cls.id.desc())).first()
            if found is not None:
                session.refresh(found)
                session.expunge(found)
            return found

    def complain(self, unit: int, days: int = 0, **values: Any) -> None:
        """Another home complained of the bins some days ago."""
        said = {"unit_id": unit, "category": "environment", "content": "垃圾桶没清"}
        said["received_at"] = now() - dt.timedelta(days=days)
        with self.as_actor() as session, writing(session):
            make(session, Complaint, self.office.home, **(said | values))

    def neighbours(self, count: int) -> list[int]:
        """More homes of the same building."""
        with self.as_actor() as session, writing(session):
            building = session.get_one(Unit, self.office.unit).building_id
            return [
                make(
                    session,
                    Unit,
                    self.office.home,
                    building_id=building,
                    room=f"60{n}",
                    name=f"3-60{n}",
                ).id
                for n in range(count)
            ]
