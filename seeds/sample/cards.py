"""The gate: goods released, cards applied for, issued, lost and topped up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from core.moves import Facts
from models import (
    CardEvent,
    CardTopup,
    IdentityCheck,
    ReleaseItem,
)
from rules.flows.gate import seal_of
from seeds.sample.homes import copy_of
from seeds.sample.money import fee
from seeds.sample.office import Office
from seeds.sample.times import DAY, HOUR, MINUTE, day_of
from seeds.sample.trees import Node
from seeds.sample.words import lists, phone, plate
from seeds.sample.writer import Row

HOLDERS = {
    "owner": "owner",
    "co_owner": "owner",
    "family": "family",
    "tenant": "tenant",
    "merchant": "merchant",
}
"""Relation to the home -> kind of card holder."""
MONTHS = {"owner": 24, "family": 24}
FEE = Decimal(20)
GOODS = {"冰箱": "appliance", "洗衣机": "appliance", "电视": "appliance"}
GOODS |= {
    "空调": "appliance",
    "纸箱": "cartons",
    "办公桌": "office",
    "货架": "merchandise",
}


def release_pass(o: Office, n: Node, by: int | None) -> Row:
    """Goods out of the gate, against a slip that comes back."""
    who, refused = n.who, "refused" in n.steps
    kind = who.relation if who else "owner"
    words = f"release_{kind}"
    n.text = o.say(words if words in lists() else "release_owner")
    kind = kind if kind in ("owner", "family", "tenant") else "owner"
    if not refused and o.chance(0.04):
        kind = "agent"
    issued, out = "issued" in n.steps, "checked_out" in n.steps
    verified = "verified" in n.steps
    own: Row = {
        "applicant_kind": kind,
        "applicant_name": who.name if who else "当面登记",
        "moving_on": day_of(n.at),
        "plate": plate(o.rng.randrange(10000, 99999)),
        "arrears_check": "tenant" if kind == "tenant" and o.chance(0.08) else "none",
        "advice": ["freight_lift", o.one("parking", "exit")],
        "issued_by_id": by if issued else None,
        "issued_at": o.reached(n, "issued"),
        "checked_by_id": o.staff("gate_guard") if out else None,
        "checked_at": o.reached(n, "checked_out"),
        "gate_note": o.say("gate_note") if out else None,
        "recovered_at": o.reached(n, "recovered"),
        "refusal": "不是业主本人，联系不上业主" if refused else None,
    }
    own["arrears_reminded"] = own["arrears_check"] == "tenant"
    if kind == "owner" and verified:
        own["owner_confirmation"] = "owner"
    elif kind != "owner":
        own |= _confirmed(o, n, by, kind, verified=verified)
    if refused:
        own["owner_confirmation"] = "missing"
    goods = list(_goods(o, n, by, out=out))
    if at := o.reached(n, "issued"):
        spine: Row = {"id": n.id, "unit_id": n.home.id if n.home else None}
        spine |= {"person_id": who.id if who else None, "content": n.text}
        facts = Facts(row=spine | own, now=at, lines={"release_item": goods})
        own["seal"] = seal_of(facts, at)
    return own


def _confirmed(o: Office, n: Node, by: int | None, kind: str, *, verified: bool) -> Row:
    """Whoever is not the owner is vouched for."""
    own: Row = {"applicant_phone": phone(o.rng)}
    if n.home is not None:
        owners = [p for p in n.home.people if p.relation in ("owner", "co_owner")]
        own["owner_id"] = owners[0].id if owners else None
    if verified:
        own["owner_confirmation"] = "file" if kind == "family" else "confirmed"
        own["owner_phoned"] = kind != "family"
        way = "owner_file" if kind == "family" else "phone_owner"
        check(o, n, by, way, own.get("owner_id"))
    if kind == "agent":
        own |= {
            "authority_matter": o.say("authority_matter"),
            "authority_on": day_of(n.at),
        }
        own["authority_copy_id"] = copy_of(o, n, by, "authorisation", "放行委托")
    return own


def check(o: Office, n: Node, by: int | None, way: str, person: int | None) -> None:
    """Whether somebody is who he says."""
    at = n.at + 2 * MINUTE
    o.add(
        IdentityCheck,
        at,
        by,
        case_id=n.id,
        method=way,
        person_id=person,
        result="confirmed",
        checked_at=o.when(at),
        staff_id=by,
    )


def _goods(o: Office, n: Node, by: int | None, *, out: bool) -> Iterator[Row]:
    for name in o.rng.sample(lists()["release_item"], o.rng.choice((1, 1, 2, 2, 3))):
        goods: Row = {
            "category": GOODS.get(name, "furniture"),
            "name": name,
            "quantity": o.rng.randrange(1, 12 if name == "纸箱" else 3),
            "measure": "箱" if name == "纸箱" else o.one("个", "件"),
        }
        o.add(ReleaseItem, n.at, by, release_pass_id=n.id, matches=out, **goods)
        yield goods


def card_application(o: Office, n: Node, by: int | None) -> Row:
    """Somebody wants a card."""
    approval = n.path == "card_application.approval"
    office = approval and (o.chance(0.5) or not o.estate.shops)
    if approval and not office:
        n.home = o.rng.choice(o.estate.shops)
        n.who = n.home.people[0]
    parking = not approval and n.home is not None and n.home.space and o.chance(0.6)
    holder = HOLDERS.get(n.who.relation if n.who else "", "owner")
    if office:
        holder, n.home, n.who = "employee", None, None
        n.department = o.dept(o.one("security", "environment", "engineering"))
    n.extra |= {"holder": holder, "parking": bool(parking)}
    n.text = o.one("新办", "补办，旧卡遗失", "延期", "家属加办一张", "换季租客新办")
    steps, start = n.steps, day_of(n.steps.get("issued", n.end))
    papers = {
        "tenant": ["identity_card", "lease"],
        "merchant": ["merchant_application"],
    }
    papers |= {"employee": ["internal_application"]}
    seen = papers.get(holder, ["owner_file"])
    if parking:
        seen = ["identity_card", "driving_licence", "vehicle_licence"]
    months = 1 if parking else MONTHS.get(holder, 12)
    n.extra["until"] = until = start + dt.timedelta(days=30 * months)
    verified, issued = "verified" in steps, "issued" in steps
    approved = "approved" in steps
    own: Row = {
        "card_kind": "parking" if parking else "access",
        "holder_kind": holder,
        "applicant_name": n.who.name if n.who else None,
        "employee_id": o.staff("cleaner", "gate_guard") if office else None,
        "quantity": 1,
        "papers_seen": seen if verified else None,
        "papers_copied": seen[:1] if verified else None,
        "card_source": "new",
        "valid_from": start if issued else None,
        "valid_until": until if issued else None,
        "verified_by_id": o.another(by, "receptionist", "butler") if verified else None,
        "verified_on": o.day(n, "verified"),
        "approved_by_id": o.staff("project_manager") if approved else None,
        "approved_on": o.day(n, "approved"),
    }
    if approved or "rejected" in steps:
        own["decision"] = "approved" if approved else "rejected"
        own["decision_reason"] = "同意" if approved else "资料不齐，补齐再报"
    if parking and n.home is not None and n.home.space is not None:
        own["parking_space_id"] = n.home.space[0]
        own["vehicle_id"] = n.home.vehicle[0] if n.home.vehicle else None
    if verified and n.who is not None and not parking:
        check(o, n, by, "papers" if holder == "tenant" else "owner_file", n.who.id)
    if issued and not office:
        paid = fee(o, n, steps["issued"], by, "card_production", FEE)
        own["payment_id"] = n.extra["payment"] = paid
    return own


def card(o: Office, n: Node, by: int | None) -> Row:
    """A card from its issue to its end."""
    extra = n.parent.extra if n.parent else {}
    parking, holder = extra.get("parking", False), extra.get("holder")
    until: dt.date | None = extra.get("until")
    n.extra["until"] = until
    over = (until.toordinal() - 1) * DAY + 23 * HOUR if until else o.until
    if n.state == "active" and over < o.until:
        n.steps["expired"] = over
    if n.parent is not None:
        n.department, n.home, n.who = n.parent.department, n.parent.home, n.parent.who
    own: Row = {
        "card_kind": "parking" if parking else "access",
        "card_number": f"{'P' if parking else 'A'}{n.id:08}",
        "holder_kind": holder,
        "holder_name": n.who.name if n.who else None,
        "application_id": n.parent.id if n.parent else None,
        "areas": "本单元、地库、北门" if n.parent else None,
    }
    if n.parent is None:
        return own
    if parking and n.home is not None and n.home.space is not None:
        own["parking_space_id"] = n.home.space[0]
        own["vehicle_id"] = n.home.vehicle[0] if n.home.vehicle else None
    own |= {
        "authorised_on": day_of(n.at),
        "authorised_by_id": by,
        "valid_from": day_of(n.at),
        "valid_until": until,
        "cost": FEE if extra.get("payment") else None,
        "payment_id": extra.get("payment"),
        "formatted_on": o.day(n, "formatted"),
        "formatted_by_id": o.staff("service_supervisor")
        if "formatted" in n.steps
        else None,
    }
    if parking and n.state in ("active", "expired"):
        o.parking_cards.append(n.id)
    _events(o, n, by)
    return own


def _events(o: Office, n: Node, by: int | None) -> None:
    """What the card book says of it."""
    happened = {"lost": "loss", "damaged": "damage", "returned": "return"}
    happened |= {"formatted": "format", "active": "issue"}
    name = n.who.name if n.who else None
    for state, at in n.steps.items():
        if state not in happened:
            continue
        more: Row = {}
        if state == "damaged":
            more = {"cause": "not_man_made", "appraised_by_id": o.staff("low_voltage")}
            more |= {"age_months": (at - n.at) // (30 * DAY), "settlement": "free"}
        o.add(
            CardEvent,
            at,
            by,
            card_id=n.id,
            event=happened[state],
            happened_on=day_of(at),
            signed_as="holder",
            signature=name,
            signature_form="paper",
            issuer_id=by,
            explained=state == "active",
            note=o.say("card_event_note") if o.chance(0.2) else None,
            **more,
        )


def card_topup(o: Office, n: Node, by: int | None) -> None:
    """A month more for a parking card."""
    if not o.parking_cards:
        return
    months = o.rng.choice((1, 1, 1, 3, 6))
    rent, care = Decimal(200 * months), Decimal(80 * months)
    first = day_of(n.at)
    o.add(
        CardTopup,
        n.at,
        by,
        card_id=o.rng.choice(o.parking_cards),
        topped_on=first,
        months=months,
        period_from=first,
        period_to=first + dt.timedelta(days=30 * months - 1),
        rent=rent,
        management_fee=care,
        amount=rent + care,
        invoice_numbers=f"DE{o.rng.randrange(10**7):07}",
        stub_noted=True,
        entered=True,
        issued_by_id=by,
    )


def card_review(o: Office, n: Node, by: int | None) -> Row:
    """The card book added up for a quarter."""
    n.holder = o.staff("receptionist")
    compiled, checked = "compiled" in n.steps, "reconciled" in n.steps
    day = day_of(n.at) - dt.timedelta(days=40)
    names = ("issued", "active", "expired", "lost", "replaced", "returned")
    return {
        "quarter": f"{day.year}-Q{(day.month + 2) // 3}",
        **{
            f"{name}_count": o.rng.randrange(5, 60) if compiled else None
            for name in names
        },
        "differences": o.one("与台帐一致。", "差一张，已查为补办。")
        if compiled
        else None,
        "reconciled_by_id": o.staff("service_supervisor") if checked else None,
        "reconciled_on": o.day(n, "reconciled"),
    }


MAKERS = {
    "release_pass": release_pass,
    "card_application": card_application,
    "card": card,
    "card_review": card_review,
}
LOGS = {"card_topup": card_topup}
