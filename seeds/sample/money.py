"""The cashier: money taken, money owed, what was said about it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from models import ArrearsContact, Payment
from seeds.sample.office import Office
from seeds.sample.times import day_of
from seeds.sample.trees import Node
from seeds.sample.writer import Row

FEES = (
    ("property_service", 60, 3),
    ("parking_management", 15, 1),
    ("parking_rent", 12, 3),
    ("water", 8, 1),
    ("paid_service", 5, 0),
)
"""Fee, share in per cent, months it covers."""
METHODS = ("wechat", "wechat", "alipay", "card", "cash", "transfer", "deduction")


def fee(
    o: Office, n: Node, at: int, by: int | None, kind: str, amount: Decimal, **more: Any
) -> int:
    """Money taken, with its receipt."""
    return o.add(
        Payment,
        at,
        by,
        receipt_number=o.receipt(),
        paid_on=day_of(at),
        unit_id=n.home.id if n.home else None,
        person_id=n.who.id if n.who else None,
        payer_name=n.who.name if n.who else None,
        fee_kind=kind,
        amount=amount,
        method=o.one(*METHODS),
        copy_given=True,
        issued_by_id=by,
        **({"case_id": n.id or None} | more),
    )


def payment(o: Office, n: Node, by: int | None) -> None:
    """Fees paid at the counter."""
    cashier = o.staff("fee_collector", "cashier", "receptionist")
    kind, _, months = FEES[o.rng.choices(range(len(FEES)), [f[1] for f in FEES])[0]]
    first = day_of(n.at).replace(day=1)
    amount = Decimal(o.rng.randrange(8000, 90000)) / 100
    more: Row = {"case_id": None}
    if months:
        last = first + dt.timedelta(days=31 * months)
        more |= {"months": months, "period_from": first}
        more["period_to"] = last.replace(day=1) - dt.timedelta(days=1)
    if o.chance(0.1):
        more["note"] = o.say("payment_note")
    fee(o, n, n.at, cashier, kind, amount, **more)


def arrears(o: Office, n: Node, by: int | None) -> Row:
    """Fees that are owed, and what was said about them."""
    scene = o.scene("arrears")
    n.text = scene["content"]
    n.holder = o.staff("fee_collector", "receptionist")
    steps, first = n.steps, day_of(n.at).replace(day=1)
    amount = Decimal(o.rng.randrange(20000, 260000)) / 100
    own: Row = {
        "fee_kind": o.one("property_service", "property_service", "parking_management"),
        "period_from": first - dt.timedelta(days=120),
        "period_to": first - dt.timedelta(days=1),
        "amount": amount,
        "checked_on": day_of(n.at),
        "checked_by_id": o.staff("accountant", "fee_collector"),
        "outcome": scene["outcome"] if "settled" in steps else None,
        "settled_on": o.day(n, "settled"),
    }
    if "promised" in steps:
        own["promised_on"] = day_of(steps["promised"]) + dt.timedelta(days=12)
    if "settled" in steps:
        own["payment_id"] = fee(
            o, n, steps["settled"], n.holder, own["fee_kind"], amount
        )
    outcomes = {"reminded": o.one("unreachable", "disputed"), "promised": "promised"}
    for state, outcome in outcomes.items():
        if state in steps:
            o.add(
                ArrearsContact,
                steps[state],
                n.holder,
                arrears_id=n.id,
                contacted_at=o.when(steps[state]),
                channel=o.one("telephone", "visit", "wechat"),
                staff_id=n.holder,
                spoken_to=n.who.salutation if n.who else None,
                content=scene["talk"],
                outcome=outcome,
                promised_on=own.get("promised_on") if state == "promised" else None,
            )
    return own


MAKERS = {"arrears": arrears}
LOGS = {"payment": payment}
