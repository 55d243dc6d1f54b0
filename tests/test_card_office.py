"""The card counter over HTTP, in any order, by several clerks, on either database."""

from __future__ import annotations

from collections import Counter as Tally
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.cards import APPROVED, FEE, INTERNAL, Counter, counter

pytestmark = pytest.mark.no_cover  # slow to watch; the other tests reach it

desk = pytest.fixture(counter)
APPLICATION, CARD = "card_application", "card"
CLERKS = ("receptionist", "supervisor", "manager", "finance")
HOLDERS = ("owner", "merchant", "employee")
IN_HAND = {"active", "suspended", "expired"}
ANSWERS = {302, 400, 403, 404, 409}
WAY = (
    ("verify", "supervisor"),
    ("approve", "manager"),
    ("issue", "supervisor"),
    ("sign", "supervisor"),
)
OF_CARDS = (
    "extend suspend resume recall report_lost report_damaged appraise replace find"
    " return expire format scrap"
).split()
WRITES = {
    "report_lost": ["loss"],
    "report_damaged": ["damage"],
    "replace": ["replacement", "issue"],
    "return": ["return"],
    "format": ["format"],
    "extend": ["extension"],
}
"""What stands in the register after each step of a card."""
OUT = {*IN_HAND, "void"}
AFTER = {
    "": {"stock", "void"},
    "issue": OUT,
    "opening": OUT,
    "extension": OUT,
    "loss": {"lost", "returned", *OUT},
    "damage": {"damaged", "void"},
    "replacement": {"void", "lost", "returned"},
    "return": {"returned", "void"},
    "format": {"formatted", "void"},
}
"""Where a card can be when that is the last thing that the register says of it."""
EXAMPLES = count(1)


class Office(RuleBasedStateMachine):
    """What people do at the counter, and what must hold whatever they do."""

    def __init__(self, desk: Counter) -> None:
        super().__init__()
        self.desk = desk
        self.charged = True
        self.paid: set[int] = set()
        self.asked: dict[int, str] = {}
        self.known = {card.id for card in desk.lines(CARD)}
        self.told: Tally[str] = Tally(one.event for one in desk.lines("card_event"))

    @initialize()
    def opened(self) -> None:
        """Cards are in stock, and two went out."""
        self.numbers = [f"E{next(EXAMPLES)}" for _n in range(6)]
        for number in self.numbers:
            self.desk.stock(number=number)
        self.desk.fee()
        for kind, number in zip(("owner", "employee"), self.numbers, strict=False):
            self.pays(self.apply(kind))
            for code, job in WAY:
                self.step(job, max(self.asked), code, number)

    def cards(self) -> list[Any]:
        """The cards of this example."""
        return [card for card in self.desk.lines(CARD) if card.id not in self.known]

    def number(self, data: st.DataObject) -> str:
        """A number that somebody types: in stock, in use, or of no card at all."""
        stock = [card for card in self.cards() if card.state in ("stock", "formatted")]
        ready = [card.card_number for card in stock]
        return str(data.draw(st.sampled_from([*ready, *ready, *self.numbers, "Z9"])))

    def tries(self, job: str, slug: str, key: int, code: str, **given: Any) -> bool:
        """Whether somebody's step was made; it is never an error."""
        status, page = self.desk.move(job, slug, key, code, **given)
        assert status in ANSWERS, (code, status, page[:500])
        return bool(status == 302)

    def apply(self, kind: str) -> int:
        """An application that is handed in."""
        key = int(self.desk.apply(kind))
        self.asked[key] = kind
        return key

    def pays(self, key: int) -> None:
        """The fee of an application is received."""
        self.desk.pays(key)
        self.paid.add(key)

    def step(self, job: str, key: int, code: str, number: str) -> None:
        """A step of an application."""
        kind = self.asked[key]
        given: dict[str, Any] = {"card_number": number, "reason": "看过"}
        given |= {"signed_by": "王"}
        given |= self.desk.shown(kind) if code == "verify" else {}
        if self.tries(job, APPLICATION, key, code, **given) and code == "issue":
            self.told["issue"] += 1
            assert kind in INTERNAL or (self.charged and key in self.paid)

    def card_step(self, job: str, key: int, code: str, number: str = "") -> None:
        """A step of a card."""
        given = {"replacement_number": number, "suspend_reason": "misused"}
        given |= {"cause": "man_made", "reason": "剪角"}
        if self.tries(job, CARD, key, code, **given):
            self.told.update(WRITES.get(code, []))

    # What people do.

    @rule(
        data=st.data(),
        kind=st.sampled_from(HOLDERS),
        paid=st.booleans(),
        left_out=st.sampled_from(["", "verify", "approve"]),
        issuer=st.sampled_from(CLERKS),
    )
    def serve(
        self, data: st.DataObject, kind: str, paid: bool, left_out: str, issuer: str
    ) -> None:
        """Somebody comes for a card; perhaps it is not paid, or a step forgotten."""
        key = self.apply(kind)
        if paid:
            self.pays(key)
        for code, job in WAY:
            if code != left_out:
                who = issuer if code in ("approve", "issue") else job
                self.step(who, key, code, self.number(data))
        self.step("supervisor", key, "issue", self.number(data))

    @rule(data=st.data(), job=st.sampled_from(CLERKS))
    def tries_a_step(self, data: st.DataObject, job: str) -> None:
        """Anybody asks for any step of any application."""
        key = data.draw(st.sampled_from(sorted(self.asked)))
        code, _usual = data.draw(st.sampled_from(WAY))
        self.step(job, key, code, self.number(data))

    @rule(known=st.booleans())
    def decides_on_the_fee(self, known: bool) -> None:
        self.charged = known
        self.desk.fee(FEE if known else None)

    @rule(data=st.data(), codes=st.lists(st.sampled_from(OF_CARDS), max_size=4))
    def moves_a_card(self, data: st.DataObject, codes: list[str]) -> None:
        out = [card.id for card in self.cards() if card.state != "stock"]
        key = data.draw(st.sampled_from(out))
        for code in codes:
            self.card_step("supervisor", key, code, self.number(data))

    @rule(data=st.data(), paid=st.booleans())
    def mends(self, data: st.DataObject, paid: bool) -> None:
        """A card is lost, looked at, perhaps paid for, and another given out."""
        out = [card.id for card in self.cards() if card.state in ("active", "lost")]
        for key in out[:1]:
            self.card_step("receptionist", key, "report_lost")
            self.card_step("supervisor", key, "appraise")
            if paid:
                self.desk.pays(key)
            self.card_step("supervisor", key, "replace", self.number(data))

    @rule(data=st.data(), job=st.sampled_from(CLERKS))
    def types_it_in(self, data: st.DataObject, job: str) -> None:
        """Somebody would have it by a form what only steps do."""
        visitor = self.desk.client(job)
        ours = data.draw(st.sampled_from(self.cards()))
        said = {"state": "active", "application_id-id": min(self.asked)}
        said |= {"card_id-id": ours.id, "event": "issue", "happened_on": "2026-01-01"}
        said |= {"card_kind": "access", "holder_kind": "owner", "holder_name": "甲"}
        said |= {"card_number": ours.card_number, "valid_until": "2099-01-01"}
        said |= {"id": ours.id, "version": ours.version, "reason": "录错了"}
        register = ("card_event/new/", "card_event/delete/", "card_topup/new/")
        for path in (*register, "card/new/", f"card/edit/?id={ours.id}"):
            assert visitor.post(f"/{path}", said).status_code in ANSWERS
        if ours.state != "stock":
            assert visitor.post("/card/delete/", said).status_code in (403, 404, 409)
        said |= {"card_number": f"O{next(EXAMPLES)}"}
        said |= {"authorised_on": self.desk.today().isoformat()}
        assert visitor.post("/card/new/", said).status_code in (400, 403)

    # What always holds.

    @invariant()
    def every_card_out_was_granted(self) -> None:
        """Whoever holds a card has its application, approved where that is needed."""
        cards = {card.id: card for card in self.desk.lines(CARD)}
        asked = {one.id: one for one in self.desk.lines(APPLICATION)}
        keys = [(card.card_kind, card.card_number) for card in cards.values()]
        assert len(set(keys)) == len(keys)
        for card in cards.values():
            if card.state in IN_HAND:
                self.granted(card, asked[card.application_id])

    def granted(self, card: Any, asked: Any) -> None:
        """A card that is out by that application may be so."""
        assert asked.state in ("issued", "signed")
        assert asked.verified_by_id
        assert card.replaces_id or card.card_number == asked.card_number
        if asked.holder_kind in APPROVED:
            assert asked.approved_by_id == self.desk.office.staff["manager"]

    @invariant()
    def the_register_says_the_same(self) -> None:
        """Every event is told once, and a card is where its last line leaves it."""
        lines = self.desk.lines("card_event")
        assert Tally(line.event for line in lines) == +self.told
        last = {line.card_id: line.event for line in lines}
        for card in self.desk.lines(CARD):
            assert card.state in AFTER[last.get(card.id, "")], card.card_number

    @invariant()
    def each_application_has_one_card_in_use(self) -> None:
        held = [c.application_id for c in self.cards() if c.state in IN_HAND]
        assert len(held) == len(set(held))


def test_whatever_clerks_do_the_ledger_holds(desk: Counter) -> None:
    class Here(Office):
        def __init__(self) -> None:
            super().__init__(desk)

    often = settings(
        max_examples=6,
        stateful_step_count=16,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Here, settings=often)
