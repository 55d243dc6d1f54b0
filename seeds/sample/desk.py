"""Records of the desk and of the jobs it hands out."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from models import Reply
from seeds.sample.office import Office
from seeds.sample.times import DAY, HOUR, MINUTE, day_of
from seeds.sample.trees import Node
from seeds.sample.words import fill, full_name, lists, phone
from seeds.sample.writer import Row

CRAFTS = {
    "electric": ("electrician", "repairman"),
    "leak": ("electrician", "repairman"),
    "drainage": ("repairman",),
    "intercom": ("low_voltage", "electrician"),
    "door_window": ("repairman",),
    "lift": ("repair_head", "repairman"),
    "safety": ("repairman", "electrician"),
}
"""Kind of repair -> who can do it."""
POSTS = {
    "engineering": ("repairman", "electrician", "repair_head"),
    "environment": ("cleaner", "gardener", "cleaning_head"),
    "security": ("patrol_guard", "gate_guard", "security_supervisor"),
    "customer_service": ("butler", "receptionist"),
    "control_centre": ("control_room", "gate_guard"),
    "after_sales": ("butler", "receptionist"),
    "finance": ("accountant", "cashier"),
    "office": ("assistant_manager", "project_manager"),
}
"""Department function -> who does its work."""
URGENT = frozenset(("gas", "lift"))
PRICES = (20, 25, 30, 40, 50, 60, 80, 100, 120, 150)


def reception(o: Office, n: Node, by: int | None) -> Row:
    """Everything that comes to the desk."""
    matter, passed = n.matter, "dispatched" in n.steps
    assert matter is not None
    n.channel = o.contact(n)
    n.text = o.text(n)
    n.urgent = matter.kind in URGENT or o.chance(0.015)
    if passed:
        n.department = o.dept(matter.function)
    complaint = matter.category == "complaint"
    own: Row = {
        "category": matter.category,
        "other_kind": matter.kind if matter.category == "other" else None,
        "answer": fill(o.rng, matter.reply, o.known(n)) or None
        if len(n.steps) > 1
        else None,
        "apologised": complaint,
        "transferred_at": o.reached(n, "dispatched"),
        "informed": "客服主管" if complaint else None,
        "result": o.result(n) if "done" in n.steps else None,
    }
    if own["result"]:
        own["measures"] = f"已派{o.name(n.holder or by)}跟进。" if passed else None
        own["department_feedback"] = own["result"]
    if n.home is None and n.channel in ("telephone", "visit", "wechat"):
        surname, _ = full_name(o.rng)
        own |= {"visitor": surname + o.say("salutation"), "visitor_phone": phone(o.rng)}
    if complaint and o.chance(0.04):
        own["manager_id"] = o.staff("project_manager")
        own["manager_called_at"] = o.when(n.at + 10 * MINUTE)
    if "done" in n.steps and not passed:
        _promise(o, n, own, by)
    return own


def _promise(o: Office, n: Node, own: Row, by: int | None) -> None:
    """A reply promised at the desk and kept, or not."""
    promised, kept = n.steps["done"] + HOUR, o.chance(0.95)
    own["promised_at"] = o.when(promised)
    o.add(
        Reply,
        n.at + 2 * MINUTE,
        by,
        case_id=n.id,
        replied_at=o.when(n.at + 2 * MINUTE),
        by_id=by,
        channel="telephone",
        content=o.say("reply_promise", n),
        promised_at=o.when(promised),
        kept="yes" if kept else "no",
    )


def final_reply(o: Office, n: Node, at: int, by: int | None) -> None:
    """The customer hears how it ended."""
    o.add(
        Reply,
        at,
        by,
        case_id=n.id,
        replied_at=o.when(at),
        by_id=by,
        channel=o.one("telephone", "telephone", "wechat", "visit"),
        content=o.say("reply_final", n),
        final=True,
    )


def info_log(o: Office, n: Node, by: int | None) -> Row:
    """What the posts hear and tell the desk."""
    heard = {"post": "security"} if n.extra.get("gate") else {}
    scene = o.scene("info_log", n, **heard)
    n.text, post = scene["content"], scene["post"]
    n.channel = o.one("patrol", "telephone", "oral", "on_site")
    guards = o.estate.staff.get("gate_guard", ())
    teller = guards[0] if heard and guards else o.staff(*POSTS[post])
    n.holder = teller
    n.urgent = scene["info_kind"] == "urgent"
    if "dispatched" in n.steps:
        n.department = o.dept(post)
    sources = {
        "security": "security",
        "engineering": "technical",
        "environment": "housekeeping",
        "customer_service": "butler",
    }
    return {
        "info_source": sources[post],
        "info_kind": scene["info_kind"],
        "reported_by_id": teller,
        "desk_told_at": o.when(n.at + 2 * MINUTE),
        "dispatched_at": o.reached(n, "dispatched"),
        "head_informed_at": o.when(n.at + 20 * MINUTE) if n.urgent else None,
        "follow_up": scene["follow_up"] if len(n.steps) > 1 else None,
        "result": scene["result"] if "closed" in n.steps else None,
    }


def dispatch(o: Office, n: Node, by: int | None) -> Row:
    """A job slip for another department or the outside."""
    marked = next((post for post in POSTS if n.extra.get(post)), "")
    scene = o.scene("dispatch", n, **({"post": marked} if marked else {}))
    n.text, post = scene["content"], scene["post"]
    n.channel = o.contact(n)
    n.urgent = n.path == "dispatch.urgent"
    n.department = o.dept(post)
    if "dispatched" in n.steps:
        n.holder = o.staff(*POSTS[post])
    another = n.path == "dispatch"
    visit = n.steps.get("appointed", n.at) + 2 * HOUR
    return {
        "job_kind": "other_department" if another else o.one("general", "housekeeping"),
        "external_party_id": o.estate.party(o.rng, "contractor")
        if post == "environment" and o.chance(0.3)
        else None,
        "service_available": "yes" if len(n.steps) > 1 else None,
        "visit_at": o.when(visit) if "appointed" in n.steps else None,
        "customer_told_at": o.reached(n, "appointed"),
        "dispatched_at": o.reached(n, "dispatched"),
        "tracking": scene["tracking"] if "dispatched" in n.steps else None,
        "finished_at": o.reached(n, "done"),
        "result": scene["result"] if "done" in n.steps else None,
        "approved_by_id": o.staff("engineering_supervisor", "security_supervisor")
        if "approved_to_file" in n.steps
        else None,
        "approved_at": o.reached(n, "approved_to_file"),
        "may_file": "approved_to_file" in n.steps,
        "sample_revisited": another and "filed" in n.steps and o.chance(0.2),
        "filed_by_id": by if "filed" in n.steps else None,
        "filed_at": o.reached(n, "filed"),
    }


def repair(o: Office, n: Node, by: int | None) -> Row:
    """A repair, from the call to the man who mended it."""
    matter = n.matter
    assert matter is not None
    n.channel = n.channel or (n.parent.channel if n.parent else o.contact(n))
    n.text = o.text(n)
    n.urgent = matter.kind in URGENT or bool(n.parent and n.parent.urgent)
    n.department = o.dept("engineering")
    if "dispatched" in n.steps:
        craft = o.one(*CRAFTS.get(matter.kind, ("repairman",)))
        n.holder = o.staff(craft, "repairman", "electrician")
    home, agreed = matter.place == "home", n.path == "repair.agreed"
    done = "done" in n.steps
    own: Row = {
        "repair_kind": matter.kind,
        "shared_part": not home,
        "fault_place": _place(o, n),
        "notified_by": o.one("slip", "telephone", "telephone"),
        "notified_at": o.reached(n, "dispatched"),
        "service_available": "yes",
        "visit_at": o.reached(n, "arrived"),
        "agreed_arrival_at": o.reached(n, "arrived") if agreed else None,
        "agreed_reason": "业主另约时间" if agreed else None,
        "arrived_at": o.reached(n, "arrived"),
        "repair_head_id": o.staff("repair_head"),
        "times_dispatched": 1 if "dispatched" in n.steps else 0,
        "finished_at": o.reached(n, "done"),
        "materials": o.say(_materials(matter.kind)) if done and o.chance(0.6) else None,
        "result": o.result(n) if done else None,
        "revisited_at": o.reached(n, "closed"),
    }
    if matter.kind == "lift":
        own["external_party_id"] = o.estate.party(o.rng, "maintenance")
    if home and done and o.chance(0.25):
        own |= {"charge": Decimal(o.rng.choice(PRICES)), "receipt_no": o.receipt()}
        n.extra["charged"] = True
    if n.extra.get("parts"):
        wanted = n.end + 13 * DAY
        own |= {"waiting_for": "parts", "waiting_until": o.when(wanted)}
    return own


def _materials(kind: str) -> str:
    name = f"material_{kind}"
    return name if name in lists() else "material_other"


def _place(o: Office, n: Node) -> str | None:
    if n.matter is None or n.matter.place == "home":
        return None
    known = o.known(n)
    return known["space"] + "上方" if n.matter.place == "parking" else known["bldg"]


def rework(o: Office, n: Node, by: int | None) -> Row:
    """A defect of the house, back to the developer's after-sales."""
    matter = n.matter
    defect = matter.kind if matter and matter.category == "after_sales" else "finishing"
    n.text = o.text(n)
    n.department = o.dept("customer_service")
    n.holder = o.staff("butler", "receptionist")
    finish = day_of(n.at) + dt.timedelta(days=14)
    done = "done" in n.steps
    return {
        "defect_kind": defect,
        "defect_place": o.say("defect_place"),
        "after_sales_id": o.estate.party(o.rng, "after_sales"),
        "returned_at": o.reached(n, "returned"),
        "received_by": o.say("surname") + "工" if "returned" in n.steps else None,
        "late_reason": o.say("late_reason")
        if o.day(n, "returned") not in (None, day_of(n.at))
        else None,
        "finish_by": finish,
        "supervision": "三天催一次，均有记录。" if "returned" in n.steps else None,
        "completed_on": o.day(n, "done"),
        "result": (o.result(n) or "已修复，业主认可。") if done else None,
        "rechecked_by_id": o.staff("decoration_inspector", "repair_head")
        if "closed" in n.steps
        else None,
        "rechecked_at": o.reached(n, "closed"),
    }


def service_order(o: Office, n: Node, by: int | None) -> Row:
    """A paid service."""
    matter = n.matter
    assert matter is not None
    n.channel = n.parent.channel if n.parent else o.contact(n)
    n.text = o.text(n)
    n.department = o.dept(matter.function)
    if "available" in n.steps:
        n.holder = o.staff(*POSTS[matter.function])
    charged = "charged" in n.steps
    price, quantity = Decimal(o.rng.choice(PRICES)), o.rng.choice((1, 1, 1, 2, 3))
    free = charged and o.chance(0.06)
    visit = n.steps.get("done", n.end + 20 * HOUR)
    n.extra["charged"] = charged and not free
    return {
        "service_kind": matter.kind,
        "service_available": "yes" if "available" in n.steps else None,
        "visit_at": o.when(visit) if "appointed" in n.steps else None,
        "customer_told_at": o.reached(n, "appointed"),
        "finished_at": o.reached(n, "done"),
        "result": o.result(n) if "done" in n.steps else None,
        "quantity": Decimal(quantity),
        "unit_price": price,
        "charge": price * quantity if charged and not free else None,
        "free_of_charge": free,
        "free_reason": "首次体验，经理批准" if free else None,
        "charged_on": o.day(n, "charged"),
        "receipt_no": o.receipt() if charged and not free else None,
        "revisited_at": o.reached(n, "closed"),
    }


def praise(o: Office, n: Node, by: int | None) -> Row:
    """Praise, verified and sometimes rewarded."""
    matter = n.matter
    assert matter is not None
    n.channel = n.parent.channel if n.parent else o.contact(n)
    n.text = o.text(n)
    n.department = o.dept(matter.kind)
    known, verified = o.chance(0.8), "verified" in n.steps
    return {
        "praised_id": o.staff(*POSTS[matter.kind]) if known else None,
        "praised": None if known else "当班员工",
        "verified": "true" if verified else None,
        "verified_by_id": o.staff("service_supervisor") if verified else None,
        "verified_on": o.day(n, "verified"),
        "decision": o.say("praise_decision") if "decided" in n.steps else None,
        "handbook_clause": "奖励类第三条" if "decided" in n.steps else None,
        "rewarded_on": o.day(n, "rewarded"),
        "name_consent": o.chance(0.6),
    }


def suggestion(o: Office, n: Node, by: int | None) -> Row:
    """A suggestion, adopted or declined with a reason."""
    matter = n.matter
    assert matter is not None
    n.channel = n.parent.channel if n.parent else o.contact(n)
    n.text = o.text(n)
    decided, declined = "decided" in n.steps, n.path == "suggestion.declined"
    published = "published" in n.steps
    reason = o.scene("suggestion_declined")["reason"] if declined else matter.reply
    commended = published and o.chance(0.1)
    return {
        "reported_to_id": o.staff("project_manager") if "reported" in n.steps else None,
        "reported_on": o.day(n, "reported"),
        "decision": ("decline" if declined else o.one("adopt", "adopt", "plan"))
        if decided
        else None,
        "decision_reason": reason if decided else None,
        "measures": o.result(n) if published else None,
        "measures_posted_on": o.day(n, "published"),
        "commendation": "commended" if commended else None,
        "posted_on": o.day(n, "published") if commended else None,
        "name_consent": o.chance(0.5),
    }


def lost_found(o: Office, n: Node, by: int | None) -> Row:
    """A lost article in keeping, or a pet in the register."""
    pet = n.path == "lost_found.pet"
    scene = o.scene("lost_found", n)
    scene |= n.parent.extra.get("scene", {}) if n.parent else {}
    n.text = "已登记照片和免疫证。" if pet else scene["content"]
    n.holder = o.staff(o.one("receptionist", "gate_guard"), "receptionist")
    claimed = "claimed" in n.steps
    own: Row = {
        "entry": "pet" if pet else "article",
        "item": scene.get("pet", "柯基") if pet else scene["item"],
        "place": None if pet else scene["place"],
        "found_at": None if pet else o.when(n.at - 20 * MINUTE),
        "counted_by_id": o.another(n.holder, "gate_guard", "receptionist"),
        "kept_at": None if pet else "前台保管柜",
        "published_on": o.day(n, "published"),
        "licence": f"测犬{o.rng.randrange(10000):04}"
        if pet and o.chance(0.7)
        else None,
        "claimed_at": o.reached(n, "claimed"),
        "handed_to": "派出所警务室" if n.path == "lost_found.unclaimed" else None,
    }
    if "closed" not in n.steps:
        own["handed_to"] = None
    if claimed:
        name = "".join(full_name(o.rng))
        own |= {"claimant": name, "claimant_phone": phone(o.rng)}
        own |= {"identity_check": scene["identity_check"], "claim_signature": name}
    return own


MAKERS = {
    "reception": reception,
    "info_log": info_log,
    "dispatch": dispatch,
    "repair": repair,
    "rework": rework,
    "service_order": service_order,
    "praise": praise,
    "suggestion": suggestion,
    "lost_found": lost_found,
}
