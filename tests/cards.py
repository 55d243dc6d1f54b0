"""The card counter as tests use it: applications, stock, fees and leases at hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from core.db import writing
from core.record import record_type
from models import CardPolicy, FeeStandard
from rules.calendar import months_from
from tests.filling import make
from tests.lives import Life, picked
from views.values import zone

KINDS: dict[str, dict[str, str]] = {
    kind: {"card_kind": "access", "holder_kind": kind}
    for kind in "owner family tenant merchant employee business_line".split()
}
KINDS["parking"] = {"card_kind": "parking", "holder_kind": "owner"}
INTERNAL = ("employee", "business_line")
APPROVED = ("merchant", *INTERNAL)
PAPERS = {
    "owner": ["owner_file"],
    "family": ["owner_file"],
    "tenant": ["lease", "identity_card"],
    "merchant": ["merchant_application"],
    "employee": ["internal_application"],
    "business_line": ["internal_application"],
    "parking": ["identity_card", "driving_licence", "vehicle_licence"],
}
COPIES = {
    "tenant": ["identity_card"],
    "merchant": ["merchant_application"],
    "employee": ["internal_application"],
    "business_line": ["internal_application"],
    "parking": ["identity_card", "vehicle_licence"],
}
FEE = Decimal("20.00")


class Counter:
    """The card counter of the home estate."""

    def __init__(self, life: Life) -> None:
        self.life, self.office = life, life.office
        self.numbers = (f"A{n:04}" for n in range(1, 10_000))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.life, name)

    def today(self) -> dt.date:
        """The office's date."""
        with self.life.as_actor() as session:
            return dt.datetime.now(zone(session)).date()

    def keep(self, slug: str, **values: Any) -> int:
        """Something that stands in the estate's files."""
        with self.life.as_actor() as session, writing(session):
            made = make(session, record_type(slug), self.office.home, **values)
            return int(made.id)

    def fee(self, amount: Decimal | None = FEE, **values: Any) -> None:
        """What a card costs."""
        with self.life.as_actor() as session, writing(session):
            wanted = FeeStandard.code == "card_production"
            row = session.scalars(select(FeeStandard).where(wanted)).one()
            row.rate = amount
            for name, value in values.items():
                setattr(row, name, value)

    def terms(self, code: str, **values: Any) -> None:
        """Let the office give cards out on other terms."""
        with self.life.as_actor() as session, writing(session):
            wanted = CardPolicy.code == code
            row = session.scalars(select(CardPolicy).where(wanted)).one()
            for name, value in values.items():
                setattr(row, name, value)

    def stock(self, kind: str = "access", number: str = "") -> str:
        """A card in stock; its number."""
        number = number or next(self.numbers)
        self.keep("card", card_kind=kind, card_number=number, state="stock")
        return number

    def lease(self, days: int = 400) -> int:
        """A lease of the household that runs for so many days yet."""
        return self.keep(
            "lease",
            state="signed",
            unit_id=self.office.unit,
            person_id=self.office.person,
            starts_on=self.today() - dt.timedelta(days=30),
            ends_on=self.today() + dt.timedelta(days=days),
        )

    def asked(self, kind: str, **more: Any) -> dict[str, Any]:
        """What the form of an application says."""
        said: dict[str, Any] = {**KINDS[kind], "quantity": 1}
        match kind:
            case "employee":
                said |= picked("employee_id", self.office.staff["handler"])
            case "business_line":
                said |= picked("department_id", self.office.department)
            case _:
                said |= self.life.at_home()
        if kind == "parking":
            said |= picked("vehicle_id", self.keep("vehicle", plate="粤B12345"))
            said |= {"card_source": "new"}
        return said | more

    def apply(self, kind: str, job: str = "receptionist", **more: Any) -> int:
        """An application that is handed in."""
        key = self.life.write(job, "card_application", **self.asked(kind, **more))
        self.life.does(job, "card_application", key, "submit")
        return key

    def shown(self, kind: str) -> dict[str, Any]:
        """What whoever verifies ticks and chooses."""
        said: dict[str, Any] = {"papers_seen": PAPERS[kind]}
        if kind in COPIES:
            said["papers_copied"] = COPIES[kind]
        if kind == "tenant":
            said |= picked("lease_id", self.lease())
        if kind == "parking":
            said |= picked("agreement_id", self.agreement())
        return said

    def agreement(self, state: str = "signed") -> int:
        """An agreement on a parking space."""
        kind = {"agreement_kind": "parking_rental", "state": state}
        return self.keep("agreement", person_id=self.office.person, **kind)

    def verified(self, kind: str, job: str = "supervisor", **more: Any) -> int:
        """An application whose papers were seen."""
        key = self.apply(kind, **more)
        self.life.does(job, "card_application", key, "verify", **self.shown(kind))
        return key

    def approved(self, kind: str, **more: Any) -> int:
        """An application for which a card may be issued."""
        key = self.verified(kind, **more)
        if kind in APPROVED:
            self.life.does("manager", "card_application", key, "approve", reason="同意")
        return key

    def pays(
        self, key: int, amount: Decimal = FEE, kind: str = "card_production"
    ) -> int:
        """Money taken for a case."""
        return self.keep(
            "payment",
            case_id=key,
            fee_kind=kind,
            amount=amount,
            receipt_number=f"R{key}",
            paid_on=self.today(),
        )

    def issued(
        self, kind: str, job: str = "supervisor", **more: Any
    ) -> tuple[int, int]:
        """An application and the card that was given out for it."""
        key = self.approved(kind, **more)
        self.pays(key)
        number = self.stock(KINDS[kind]["card_kind"])
        self.life.does(job, "card_application", key, "issue", card_number=number)
        return key, self.card(number)

    def out(self, kind: str, **more: Any) -> int:
        """A card in somebody's hands, as it came there long before this test."""
        place = {"unit_id": self.office.unit, "person_id": self.office.person}
        who = {} if kind in INTERNAL else place
        number = next(self.numbers)
        asked = self.keep("card_application", state="issued", **KINDS[kind], **who)
        held = {"state": "active", "card_number": number, "application_id": asked}
        held |= {"authorised_on": self.today(), "valid_from": self.today()}
        if kind != "parking":
            held["valid_until"] = months_from(self.today(), 24)
        return self.keep("card", **KINDS[kind], **who, **held, **more)

    def card(self, number: str) -> int:
        """The card of that number."""
        (card,) = self.life.lines("card", card_number=number)
        return int(card.id)

    def told(self, card: int) -> list[str]:
        """What the register says of a card, oldest first."""
        return [line.event for line in self.life.lines("card_event", card_id=card)]


def counter(life: Life) -> Iterator[Counter]:
    """The counter with a fee that is set."""
    made = Counter(life)
    made.fee()
    yield made
