"""The ledger under any order of steps: no card in two hands, none without approval."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from core.moves import (
    Add,
    Cause,
    Change,
    Facts,
    Go,
    Let,
    Move,
    Order,
    Outcome,
    Refused,
    decide,
)
from rules.flows import FLOWS
from tests.cards import APPROVED, INTERNAL, KINDS, PAPERS

pytestmark = [pytest.mark.once, pytest.mark.clause("S1-90", "S1-100", "S1-101")]
START = dt.datetime(2026, 1, 31, 2, tzinfo=dt.UTC)
CLERK, SUPERVISOR, MANAGER = 1, 2, 3
ROLES = {CLERK: "receptionist", SUPERVISOR: "supervisor", MANAGER: "manager"}
TERMS: dict[str, Any] = {
    "project_id": None,
    "validity_months": 12,
    "capped_by_lease": False,
    "copies": [],
    "agreement_needed": False,
    "verifier": "receptionist",
    "approver": "manager",
    "fee": "card_production",
    "free_replacement_months": 1,
    "format_before_reuse": True,
    "recall_on_transfer": True,
}
FEES = [
    {
        "project_id": None,
        "code": "card_production",
        "fee_kind": "card_production",
        "rate": 20,
        "effective_from": None,
        "effective_until": None,
    }
]
SETTINGS = {"module.card_stock": "yes", "card.block_issue_without_fee": "yes"}
HOLDERS = [kind for kind in KINDS if kind != "parking"]
POLICY = [
    {
        **TERMS,
        **KINDS[kind],
        "papers": PAPERS[kind],
        "needs_approval": kind in APPROVED,
        "charged": kind not in INTERNAL,
        "issuer": "supervisor" if kind in INTERNAL else "receptionist",
    }
    for kind in HOLDERS
]
NUMBERS = ["A0", "A1", "A2", "A3", "A4", "Z9", "A0 A1"]
WAY = (
    ("submit", CLERK),
    ("verify", SUPERVISOR),
    ("approve", MANAGER),
    ("issue", SUPERVISOR),
    ("sign", SUPERVISOR),
)
OF_CARDS = [
    move.code for move in FLOWS["card"].moves if not (move.automatic or move.line)
]


class Ledger(RuleBasedStateMachine):
    """An office that keeps its records in memory and its rules to the letter."""

    def __init__(self) -> None:
        super().__init__()
        self.day = START
        self.rows: dict[str, dict[int, dict[str, Any]]] = {
            slug: {} for slug in ("card", "card_application", "card_event", "payment")
        }
        self.issued: list[tuple[int, int]] = []

    # What the database does for the rules.

    def add(self, slug: str, **values: Any) -> dict[str, Any]:
        """A new record."""
        key = len(self.rows[slug]) + 1
        first = FLOWS[slug].first.code if slug in FLOWS else None
        row = {"id": key, "type": slug, "project_id": 1, "state": first, **values}
        self.rows[slug][key] = row
        return row

    def found(self, slug: str, column: str, value: Any) -> list[Mapping[str, Any]]:
        rows = self.rows[slug].values()
        return [dict(row) for row in rows if row.get(column) == value]

    def facts(self, row: dict[str, Any], me: int, given: Mapping[str, Any]) -> Facts:
        owners = {"application_id": "card_application", "replaces_id": "card"}

        def looked_up(name: str, key: int) -> Mapping[str, Any]:
            return dict(self.rows[owners[name]][key])

        return Facts(
            dict(row),
            self.day,
            me,
            frozenset({ROLES[me]}),
            given,
            setting=lambda code: SETTINGS.get(code, ""),
            policy=lambda slug: POLICY if slug == "card_policy" else FEES,
            linked=lambda slug: self.found(slug, "case_id", (row["type"], row["id"])),
            looked_up=looked_up,
            found=self.found,
        )

    def make(self, row: dict[str, Any], code: str, me: int, **given: Any) -> bool:
        """Try a step; whether it was made."""
        move = FLOWS[row["type"]].move(code)
        if not move.automatic:
            given = {n: v for n, v in given.items() if n in (*move.asks, *move.offers)}
        try:
            outcome = decide(move, self.facts(row, me, given), opens=True)
        except Refused:
            return False
        self.carry_out(row, move, me, given, outcome)
        return True

    def carry_out(
        self,
        row: dict[str, Any],
        move: Move,
        me: int,
        given: Mapping[str, Any],
        outcome: Outcome,
    ) -> None:
        row.update({**given, **outcome.changes, "state": outcome.state})
        if (row["type"], move.code) == ("card", "issue"):
            self.issued.append((row["id"], row["application_id"]))
        for order in outcome.orders:
            self.obey(row, me, order)

    def obey(self, row: dict[str, Any], me: int, order: Order) -> None:
        match order:
            case Add(slug, values):
                self.add(slug, card_id=row["id"], **values)
            case Cause(slug, values):
                card = self.add(slug, **values)
                facts = self.facts(card, me, {})
                begin = FLOWS["card"].begin
                assert begin is not None
                for following in decide(begin, facts, opens=True).orders:
                    self.obey(card, me, following)
            case Go(code, values):
                assert self.make(row, code, me, **values)
            case Let(slug, key, code, values):
                assert self.make(self.rows[slug][key], code, me, **values)
            case Change(slug, key, values):
                self.rows[slug][key].update(values)

    # What people do, in any order.

    @initialize()
    def stocked(self) -> None:
        """A few cards are there from the beginning."""
        for number in range(5):
            self.add("card", card_kind="access", card_number=f"A{number}")

    @rule(days=st.integers(1, 200))
    def time_passes(self, days: int) -> None:
        self.day += dt.timedelta(days=days)

    @precondition(lambda self: len(self.rows["card_application"]) < 6)
    @rule(kind=st.sampled_from(HOLDERS), paid=st.booleans())
    def apply(self, kind: str, paid: bool) -> None:
        who = {"person_id": 1, "employee_id": 9, "department_id": 1}
        papers = {"papers_seen": PAPERS[kind]}
        asked = self.add(
            "card_application", **KINDS[kind], **who, **papers, created_by_id=CLERK
        )
        if paid:
            self.pay(("card_application", asked["id"]))

    def pay(self, case: tuple[str, int]) -> None:
        """The fee for a case, received."""
        money = {"fee_kind": "card_production", "amount": 20}
        self.add("payment", case_id=case, **money)

    @precondition(lambda self: self.rows["card_application"])
    @rule(data=st.data())
    def goes_its_way(self, data: st.DataObject) -> None:
        """The usual steps by the usual people, as far as the rules let them."""
        row = data.draw(st.sampled_from(list(self.rows["card_application"].values())))
        for code, me in WAY:
            number = self.number(data)
            self.make(row, code, me, card_number=number, signed_by="王")

    def number(self, data: st.DataObject) -> str:
        """A number that somebody types: more often than not of a card in stock."""
        ready = [c["card_number"] for c in self.found("card", "state", "stock")]
        return str(data.draw(st.sampled_from([*ready, *ready, *NUMBERS])))

    @precondition(lambda self: self.rows["card_application"])
    @rule(data=st.data(), me=st.sampled_from(list(ROLES)))
    def application_moves(self, data: st.DataObject, me: int) -> None:
        row = data.draw(st.sampled_from(list(self.rows["card_application"].values())))
        codes = [m.code for m in FLOWS["card_application"].moves]
        number = self.number(data)
        given = {"card_number": number, "reason": "看过", "signed_by": "王"}
        self.make(row, data.draw(st.sampled_from(codes)), me, **given)

    @rule(data=st.data(), me=st.sampled_from(list(ROLES)))
    def card_moves(self, data: st.DataObject, me: int) -> None:
        row = data.draw(st.sampled_from(list(self.rows["card"].values())))
        given: dict[str, Any] = {"reason": "x", "suspend_reason": "misused"}
        given["cause"] = data.draw(st.sampled_from(["man_made", "not_man_made"]))
        known = [c for c in OF_CARDS if row["state"] in FLOWS["card"].move(c).sources]
        if not known or row["state"] == "stock":
            return
        code = data.draw(st.sampled_from(known))
        if code == "replace":
            given["replacement_number"] = data.draw(st.sampled_from(NUMBERS[:5]))
        self.make(row, code, me, **given)

    @rule(data=st.data(), paid=st.booleans())
    def mend(self, data: st.DataObject, paid: bool) -> None:
        """A card is lost, looked at, perhaps paid for, and another given out."""
        cards = self.rows["card"].values()
        out = [card for card in cards if card["state"] in ("active", "lost", "damaged")]
        row = data.draw(st.sampled_from(out or list(cards)))
        self.make(row, "report_lost", CLERK)
        self.make(row, "appraise", SUPERVISOR)
        if paid:
            self.pay(("card", row["id"]))
        self.make(row, "replace", SUPERVISOR, replacement_number=self.number(data))

    # What always holds.

    @invariant()
    def one_place_each(self) -> None:
        """A number is one card, and no card is in use without its application."""
        cards = list(self.rows["card"].values())
        assert len({card["card_number"] for card in cards}) == len(cards)
        for card in cards:
            in_hand = card["state"] in ("active", "suspended", "expired")
            assert in_hand <= bool(card.get("application_id")), card

    @invariant()
    def approved(self) -> None:
        """What went out was issued by an application that had its approval."""
        for _card, key in self.issued:
            asked = self.rows["card_application"][key]
            assert asked["state"] in ("issued", "signed")
            assert asked["verified_by_id"]
            if asked["holder_kind"] in APPROVED:
                assert asked["approved_by_id"] == MANAGER

    @invariant()
    def told(self) -> None:
        """The register has a line for every time that a card was given out."""
        lines = [
            line["card_id"]
            for line in self.rows["card_event"].values()
            if line["event"] == "issue"
        ]
        assert sorted(lines) == sorted(card for card, _key in self.issued)

    @invariant()
    def nobody_holds_more_than_was_asked(self) -> None:
        """An application stands for one card in use at a time."""
        held = [
            card["application_id"]
            for card in self.rows["card"].values()
            if card["state"] in ("active", "suspended", "expired")
        ]
        assert len(held) == len(set(held))


TestLedger = Ledger.TestCase
TestLedger.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, database=None
)
