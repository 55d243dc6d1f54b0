"""Release slips as the desk makes them, and the guard at the gate."""

from __future__ import annotations

from typing import Any

from werkzeug.test import TestResponse

from core.db import now
from tests.lives import Life
from views.values import zone

RECORD = "check_identity"


class Gate:
    """Slips of the household, from the desk to the gate."""

    def __init__(self, life: Life) -> None:
        self.life = life

    def today(self) -> str:
        """The office's date."""
        with self.life.as_actor() as session:
            return f"{now().astimezone(zone(session)):%Y-%m-%d}"

    def slip(self, kind: str = "owner", goods: int = 2, **more: Any) -> int:
        """A slip with its goods, as it is taken in."""
        said = {"applicant_kind": kind, **self.life.at_home(), **more}
        for at in range(goods):
            line = {"name": f"箱子{at + 1}号", "quantity": at + 1, "measure": "个"}
            said |= {f"part-release_item-{at}-{n}": v for n, v in line.items()}
        return self.life.write("receptionist", "release_pass", **said)

    def check(self, key: int, method: str, result: str = "confirmed") -> None:
        """An attempt to verify the applicant, or to hear the owner."""
        said = {"method": method, "result": result}
        self.does("receptionist", key, RECORD, **said)

    def does(self, job: str, key: int, code: str, **values: Any) -> None:
        self.life.does(job, "release_pass", key, code, **values)

    def refused(self, key: int, code: str, *whys: str, **values: Any) -> None:
        """The desk asks for a step that cannot be made."""
        self.life.refused("receptionist", "release_pass", key, code, *whys, **values)

    def issued(self, kind: str = "owner", **more: Any) -> int:
        """A slip that waits at the gate today."""
        key = self.slip(kind, **more)
        self.does("receptionist", key, "verify")
        self.does("receptionist", key, "issue", moving_on=self.today())
        return key

    def seal(self, key: int) -> str:
        return str(self.life.case("release_pass", key).seal)

    def items(self, key: int) -> list[int]:
        """The goods of a slip."""
        return [
            line.id for line in self.life.lines("release_item", release_pass_id=key)
        ]

    def look(self, job: str = "guard", **asked: Any) -> TestResponse:
        """What the telephone at the gate shows."""
        return self.life.client(job).get("/gate/", **asked)

    def acts(
        self, key: int, do: str = "recover", job: str = "guard", **more: Any
    ) -> TestResponse:
        """What is done there with a slip, every kind of goods ticked."""
        usual = {"id": key, "seal": self.seal(key), "item": self.items(key), "do": do}
        return self.life.client(job).post("/gate/", usual | more)

    def owes(self, **more: Any) -> int:
        """The home is in the list of arrears."""
        said = {"fee_kind": "property_service", "amount": "560", **self.life.at_home()}
        return self.life.write("finance", "arrears", **(said | more))

    def check_out_today(self, key: int) -> None:
        """A verified slip goes through the gate."""
        self.does("receptionist", key, "issue", moving_on=self.today())
        assert self.acts(key).status_code == 302
