"""Homes changing hands: handover, inspection, papers, leases, changes of ownership."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from models import (
    DocumentCopy,
    HandoverDocument,
    InspectionDefect,
    KeyIssue,
    KeyIssueItem,
    MeterReading,
)
from seeds.sample.desk import rework as plain_rework
from seeds.sample.office import Office
from seeds.sample.times import DAY, HOUR, MINUTE, day_of
from seeds.sample.trees import Node
from seeds.sample.visits import expire
from seeds.sample.words import account, lists
from seeds.sample.writer import Row

DONE_AT = (
    ("documents", ("notice", "data_card", "copies")),
    ("inspected", ("inspection", "meters")),
    ("agreements", ("agreements",)),
    ("paid", ("fees",)),
    ("keys_issued", ("keys",)),
)
"""Which boxes of the checklist a state ticks."""
METERS = ("water", "electricity", "gas")


def handover(o: Office, n: Node, by: int | None) -> Row:
    """A home handed over to its owner."""
    assert n.home is not None
    n.holder = o.staff("butler", "receptionist")
    done = [box for state, boxes in DONE_AT if state in n.steps for box in boxes]
    receipt = o.receipt() if "paid" in n.steps else None
    name = n.who.name if n.who else None
    papers = "documents" in n.steps
    own: Row = {
        "steps_done": done,
        "notice_signature": "signed" if papers else None,
        "notice_signed_by": name if papers else None,
        "notice_collected": papers,
        "notice_copies": 1,
        "list_signed_by": name if papers else None,
        "list_signed_on": o.day(n, "documents"),
        "papers_collected": ["notice", "data_card", "identity"] if papers else None,
        "documents_on": o.day(n, "documents"),
        "inspected_on": o.day(n, "inspected"),
        "agreements_on": o.day(n, "agreements"),
        "fee_months": 3 if receipt else None,
        "paid_on": o.day(n, "paid"),
        "receipt_no": receipt,
        "keys_on": o.day(n, "keys_issued"),
    }
    for title in lists()["handover_document_name"][:4]:
        o.add(
            HandoverDocument,
            n.at,
            by,
            handover_id=n.id,
            name=title,
            copies=1,
            given_on=day_of(n.at),
        )
    if papers:
        copy_of(o, n, by, "identity_card", "房屋交付")
    if "inspected" in n.steps:
        _base_readings(o, n, n.steps["inspected"])
    if "keys_issued" in n.steps and receipt:
        _keys(o, n, by, receipt)
    return own


def copy_of(o: Office, n: Node, by: int | None, paper: str, purpose: str) -> int | None:
    """A copy taken of somebody's paper."""
    if n.who is None:
        return None
    return o.add(
        DocumentCopy,
        n.at,
        by,
        paper=paper,
        person_id=n.who.id,
        unit_id=n.home.id if n.home else None,
        copies=1,
        original_seen=True,
        received_on=day_of(n.at),
        purpose=purpose,
        kept_at="业主档案盒",
        keep_until=day_of(n.at) + dt.timedelta(days=5 * 365),
    )


def _base_readings(o: Office, n: Node, at: int) -> None:
    for meter in METERS:
        _reading(o, n, at, meter, Decimal(o.rng.randrange(0, 500)) / 100)


def _reading(o: Office, n: Node, at: int, meter: str, value: Decimal) -> None:
    assert n.home is not None
    base = n.slug in ("handover", "transfer")
    reader = o.staff("electrician", "repairman")
    o.add(
        MeterReading,
        at,
        reader,
        unit_id=n.home.id,
        meter_kind=meter,
        meter_no=f"{meter[:1].upper()}{n.home.id:06}",
        reading=value,
        read_on=day_of(at),
        reader_id=reader,
        base_reading=base,
        case_id=n.id if base else None,
        signed_by=n.who.name if base and n.who else None,
    )


def meter_reading(o: Office, n: Node, by: int | None) -> None:
    """A quarter's reading at one home."""
    if n.home is not None:
        value = Decimal(o.rng.randrange(1000, 90000)) / 100
        _reading(o, n, n.at, o.one("water", "electricity"), value)


def _keys(o: Office, n: Node, by: int | None, receipt: str) -> None:
    assert n.home is not None
    at = n.steps.get("keys_issued", n.end)
    issue = o.add(
        KeyIssue,
        at,
        by,
        unit_id=n.home.id,
        person_id=n.who.id if n.who else None,
        case_id=n.id,
        receipt_no=receipt,
        issued_on=day_of(at),
        issued_by_id=by,
        signed_by=n.who.name if n.who else None,
        signature_form="paper",
        whereabouts="out",
    )
    for name in lists()["key_item"]:
        o.add(
            KeyIssueItem,
            at,
            by,
            key_issue_id=issue,
            article="key",
            name=name,
            quantity=o.rng.choice((1, 2, 3)),
        )


def inspection(o: Office, n: Node, by: int | None) -> Row:
    """The owner's opinion on taking the home."""
    n.text = "逐间查看，问题已列，要求限期返修。"
    n.holder = o.staff("decoration_inspector", "repairman")
    signed = "signed" in n.steps
    for _ in range(o.rng.randrange(1, 3)):
        _defect(o, n, n.at, cleared=o.day(n, "defects_cleared"))
    return {
        "developer_id": o.estate.party(o.rng, "developer"),
        "developer_engineer": o.say("surname") + "工",
        "water_base": Decimal(o.rng.randrange(0, 400)) / 100,
        "electricity_base": Decimal(o.rng.randrange(0, 900)) / 100,
        "gas_base": Decimal(o.rng.randrange(0, 300)) / 100,
        "signed_by": n.who.name if signed and n.who else None,
        "signed_on": o.day(n, "signed"),
        "signature_form": "paper" if signed else None,
        "cleared_on": o.day(n, "defects_cleared"),
    }


def _defect(
    o: Office,
    inspected: Node,
    at: int,
    *,
    cleared: dt.date | None,
    rework: Node | None = None,
) -> None:
    o.add(
        InspectionDefect,
        at,
        inspected.holder,
        inspection_id=inspected.id,
        place=o.say("defect_place"),
        defect=rework.text if rework else o.say("defect_text"),
        defect_kind=o.one("finishing", "door_window", "water_seepage"),
        finish_by=day_of(inspected.at) + dt.timedelta(days=15),
        rework_id=rework.id if rework else None,
        cleared_on=cleared,
        cleared_by_id=inspected.holder if cleared else None,
    )


def rework(o: Office, n: Node, by: int | None) -> Row:
    """A rework sheet; one from an inspection is a line of it too."""
    own = plain_rework(o, n, by)
    if n.parent is not None and n.parent.slug == "inspection":
        _defect(o, n.parent, n.at, cleared=o.day(n, "closed"), rework=n)
    return own


def agreement(o: Office, n: Node, by: int | None) -> Row:
    """One of the five agreements."""
    if n.state == "draft":
        n.holder = n.parent.holder if n.parent else by
        return {"agreement_kind": n.kind}
    parked = n.home is not None and n.home.space is not None
    kinds = ["bank_collection", "accounts", "tenant"]
    if parked:
        kinds += ["parking_rental", "parking_service"] * 2
    kind = n.kind or o.rng.choice(kinds)
    n.text = o.say("agreement_other")
    signed = "signed" in n.steps
    start = day_of(n.end)
    until = start + dt.timedelta(days=365 * o.rng.choice((1, 1, 2)) - 1)
    expire(o, n, until)
    own: Row = {
        "agreement_kind": kind,
        "valid_from": start if signed else None,
        "valid_until": until if signed else None,
        "signed_on": start if signed else None,
        "signed_by": n.who.name if signed and n.who else None,
        "signature_form": "paper" if signed else None,
        "copies": 2,
        "rights_and_duties": o.say("agreement_terms"),
    }
    if kind == "bank_collection":
        own |= {"bank": o.say("bank"), "bank_account": account(o.rng)}
    elif kind == "accounts":
        own["utilities"] = ["water", "electricity"]
    elif kind == "tenant":
        own["tenant_id"] = n.who.id if n.who else None
    elif n.home is not None and n.home.space is not None:
        own |= {"parking_space_id": n.home.space[0], "space_source": "rented"}
        own["vehicle_id"] = n.home.vehicle[0] if n.home.vehicle else None
        own["rent"] = Decimal(o.rng.choice((150, 200, 280)))
    if n.state == "expired" and o.chance(0.3):
        n.steps["ended"] = n.end + DAY if n.end + DAY < o.until else n.end
        own |= {"ended_on": day_of(n.end), "end_reason": "期满不续"}
    return own


def lease(o: Office, n: Node, by: int | None) -> Row:
    """A lease of an owner to a tenant, registered."""
    signed = "signed" in n.steps
    start = day_of(n.end)
    until = start + dt.timedelta(days=o.rng.choice((182, 364, 364, 729)))
    expire(o, n, until)
    people = n.home.people if n.home else []
    owner = next((p for p in people if p.relation == "owner"), None)
    own: Row = {
        "landlord_id": owner.id if owner else None,
        "starts_on": start,
        "ends_on": until,
        "seen_on": start if signed else None,
        "copy_kept": signed,
        "note": o.say("agreement_other") if o.chance(0.2) else None,
    }
    if n.state == "expired" and o.chance(0.6) and n.end + 2 * HOUR < o.until:
        n.steps["ended"] = n.end + 2 * HOUR
        own |= {
            "ended_on": day_of(n.end),
            "end_reason": o.one("moved_out", "cancelled"),
        }
    if signed:
        copy_of(o, n, by, "lease", "租赁备案")
    return own


def transfer(o: Office, n: Node, by: int | None) -> Row:
    """A home under a new name."""
    steps = n.steps
    n.holder = o.staff("receptionist", "butler")
    people = n.home.people if n.home else []
    former = next(
        (p for p in people if p is not n.who and p.relation != "tenant"), None
    )
    papers, informed = "papers_seen" in steps, "informed" in steps
    cleared, over = "fees_cleared" in steps, "complete" in steps
    own: Row = {
        "former_owner_id": former.id if former else None,
        "fees_cleared_by_id": o.staff("cashier", "fee_collector") if cleared else None,
        "fees_cleared_at": o.reached(n, "fees_cleared"),
        "title_paper": o.one("contract", "certificate") if papers else None,
        "original_seen": papers,
        "copy_kept": papers,
        "account_copy": papers,
        "steps_done": ["data_card", "copies", "meters", "cards"] if over else None,
        "receipt_no": o.receipt() if cleared else None,
        "renamed_on": o.day(n, "complete"),
        "finance_told_at": o.reached(n, "informed"),
        "information_told_at": o.reached(n, "informed"),
        "control_told_at": o.reached(n, "informed"),
    }
    if papers:
        copy_of(o, n, by, "title_deed", "更名")
    if informed:
        _base_readings(o, n, steps["informed"] - MINUTE)
    if over and own["receipt_no"]:
        _keys(o, n, by, own["receipt_no"])
    return own


def disclosure(o: Office, n: Node, by: int | None) -> Row:
    """Personal data asked for, decided on, given."""
    scene = o.scene("disclosure")
    n.text = scene["content"]
    n.channel = o.one("visit", "letter", "telephone")
    decided, given = "decided" in n.steps, "given" in n.steps
    decider = o.another(by, "service_supervisor", "project_manager")
    return {
        "recipient": scene["recipient"],
        "data": [scene["data"]],
        "basis": scene["basis"],
        "basis_note": scene["basis_note"],
        "decision": "agree" if decided else None,
        "decision_reason": "依据齐全，只给必要内容" if decided else None,
        "decided_by_id": decider if decided else None,
        "given_on": o.day(n, "given"),
        "given_by_id": by if given else None,
        "withdrawn_on": o.day(n, "withdrawn"),
    }


MAKERS = {
    "handover": handover,
    "inspection": inspection,
    "rework": rework,
    "agreement": agreement,
    "lease": lease,
    "transfer": transfer,
    "disclosure": disclosure,
}
LOGS = {"meter_reading": meter_reading}
