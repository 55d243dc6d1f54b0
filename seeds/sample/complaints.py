"""Complaints from the first word to the file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from models import (
    Assignment,
    ComplaintDocument,
    Conduct,
    Escalation,
    Reply,
)
from seeds.sample.desk import POSTS, final_reply
from seeds.sample.office import Office
from seeds.sample.times import DAY, HOUR, MINUTE, day_of, daytime
from seeds.sample.trees import Node
from seeds.sample.writer import Row

CLASSES = {"neighbours": "class_3", "developer": "class_2", "other": "class_3"}
NATURES = {
    "environment": "environment",
    "safety": "security",
    "equipment": "facility",
    "building": "facility",
    "neighbours": "neighbours",
    "developer": "house_quality",
    "other": "outside",
}
GROUPS = {
    "equipment": "thing",
    "building": "thing",
    "developer": "developer",
    "neighbours": "neighbour",
    "other": "outside",
}
"""Category -> the scenes of how it was looked into."""
CAUSES = {"developer": "developer", "neighbours": "external", "other": "municipal"}
SERVICE = {
    "service_attitude": ("态度", "不耐烦"),
    "late_handling": ("没人来", "推来推去"),
    "charges": ("停车费",),
}
PAPERS = {
    "telephone": ("telephone_record", "通话记录"),
    "visit": ("interview_record", "面谈记录"),
}
"""What a complaint is put down on that did not come in writing, and its name."""
UNSIGNED = {"telephone": "telephone", "wechat": "network", "letter": "network"}


def complaint(o: Office, n: Node, by: int | None) -> Row:
    """A complaint from the first word to the file."""
    matter = n.matter
    assert matter is not None
    n.channel = n.parent.channel if n.parent else o.contact(n)
    if n.extra.get("forwarded"):
        n.channel = "forwarded"
    n.text = o.text(n)
    n.urgent = o.chance(0.02)
    n.extra["scene"] = o.scene("group", code=GROUPS.get(matter.kind, "people"))
    function = (
        matter.function if matter.function != "after_sales" else "customer_service"
    )
    if "assigned" in n.steps:
        n.department = o.dept(function)
        n.holder = o.staff(*reversed(POSTS[function]))
    kind = matter.kind
    own: Row = {
        "received_department_id": o.dept("customer_service"),
        "received_by_id": by,
        "nature": NATURES.get(kind) or _nature(n.text),
        "category": kind,
        "liability_class": CLASSES.get(kind, "class_1"),
        "cause": CAUSES.get(kind, "internal"),
        "severity": o.rng.choices(("ordinary", "serious", "grave"), (88, 10, 2))[0],
        "impact": o.rng.choices(("one_home", "several_homes", "estate"), (75, 20, 5))[
            0
        ],
        "owner_rights": kind in ("developer", "general_service"),
        "developer_legacy": kind == "developer",
        "common_issue": o.chance(0.06),
        "group_tendency": "十几户" in n.text,
        "major": bool(n.extra.get("major")) or o.chance(0.01),
    }
    if n.channel == "forwarded":
        own["forwarder"] = "街道办事处"
        own["forwarder_told_at"] = o.reached(n, "closed")
    n.extra["clocks"] = list(_awaited(n, own))
    _accuse(o, n, own, function)
    _oppose(o, n, own)
    own |= _course(o, n, own)
    _papers(o, n, own)
    return own


def _awaited(n: Node, own: Row) -> Iterator[str]:
    """What some complaints wait for beyond their state."""
    grave = own["major"] or own["group_tendency"]
    if grave and "handled" not in n.steps:
        yield "decision"
    if n.channel == "forwarded" and "handled" in n.steps:
        yield "complaint.forwarder@handled"
    if n.extra.get("promised"):
        yield "promise.reply:promised_at"


def _nature(said: str) -> str:
    """What was wrong with the service, by the words used."""
    for nature, words in SERVICE.items():
        if any(word in said for word in words):
            return nature
    return "service_quality"


def _accuse(o: Office, n: Node, own: Row, function: str) -> None:
    """An attitude complaint names somebody, who is never the handler."""
    if own["nature"] != "service_attitude":
        return
    own["cause"] = "attitude"
    own["accused_id"] = o.another(n.holder, *POSTS[function])
    if "handled" in n.steps:
        own["apologised_at"] = o.reached(n, "handled")
        at = n.steps["handled"]
        o.add(
            Conduct,
            at,
            o.staff("project_manager"),
            decided_on=day_of(at),
            staff_id=own["accused_id"],
            department_id=n.department,
            measure="apology",
            summary="接待中态度生硬，已向业主当面道歉",
            case_id=n.id,
            decided_by_id=o.staff("project_manager"),
        )


def _oppose(o: Office, n: Node, own: Row) -> None:
    """A dispute between residents names the other home and shields the complainant."""
    if own["category"] == "neighbours" and n.home is not None:
        same = [h for h in o.estate.homes if h.building_id == n.home.building_id]
        others = [h for h in same if h is not n.home]
        if others:
            own["other_unit_id"] = o.rng.choice(others).id
            own["complainant_shielded"] = True


def _course(o: Office, n: Node, own: Row) -> Row:
    """What each step leaves on the form."""
    steps, supervisor = n.steps, o.staff("service_supervisor")
    found, handled = "investigated" in steps, "handled" in steps
    answered, closed = "answered" in steps, "closed" in steps
    begun, desk = "confirmed" in steps, o.staff("receptionist")
    ours = own["liability_class"] == "class_1"
    first = n.at + o.rng.randrange(10, 200) * MINUTE
    scene = n.extra["scene"]
    fields: Row = {
        "confirmed_by_id": supervisor if begun else None,
        "confirmed_at": o.reached(n, "confirmed"),
        "planned_finish": _planned(o, n),
        "first_replied_at": o.when(min(first, n.end)) if begun else None,
        "investigated_at": o.reached(n, "investigated"),
        "facts": scene["facts"] if found else None,
        "cause_found": scene["cause"] if found else None,
        "responsibility": ("ours" if ours else o.one("partly", "not_ours"))
        if found
        else None,
        "handling_opinion": o.say("supervisor_note") if found else None,
        "remedial_measure": scene["remedial"] if answered else None,
        "corrective_measure": scene["corrective"] if answered else None,
        "remedy_answered_at": o.reached(n, "answered"),
        "result": o.result(n) if handled else None,
        "handed_in_at": o.when(steps["handled"] + HOUR) if handled else None,
        "satisfaction": "satisfied" if "revisited" in steps else None,
        "closed_by_id": desk if closed else None,
        "filed_at": o.reached(n, "filed"),
    }
    if fields["responsibility"] == "not_ours":
        fields["basis"] = "经核实由外部单位负责，附现场照片和函件。"
    if own["major"] or own["group_tendency"]:
        fields["manager_id"] = o.staff("project_manager")
    if (own["major"] or own["group_tendency"]) and handled:
        fields |= {
            "decision": o.say("supervisor_note"),
            "decided_by_id": fields["manager_id"],
        }
    if handled and o.chance(0.02):
        fields["compensation"] = Decimal(o.rng.choice((100, 200, 300, 500)))
        fields["decided_by_id"] = o.staff("project_manager")
    if handled:
        fields |= _signature(o, n)
        final_reply(o, n, steps["handled"] + MINUTE, desk)
    if begun:
        _first_reply(o, n, min(first, n.end))
    if n.extra.get("promised"):
        _promise(o, n, desk)
    return fields


def _planned(o: Office, n: Node) -> dt.date | None:
    day = o.day(n, "assigned")
    return None if day is None else day + dt.timedelta(days=5)


def _signature(o: Office, n: Node) -> Row:
    """Signed by the customer, or the reason why not."""
    if n.who is not None and n.channel in ("visit", "letter", "box"):
        at = o.when(n.steps["handled"] + 30 * MINUTE)
        return {"signed_by": n.who.name, "signed_at": at}
    if n.who is None:
        return {"unsigned_reason": "anonymous"}
    return {"unsigned_reason": UNSIGNED.get(n.channel or "", "refused")}


def _first_reply(o: Office, n: Node, at: int) -> None:
    by = o.staff("receptionist")
    o.add(
        Reply,
        at,
        by,
        case_id=n.id,
        replied_at=o.when(at),
        by_id=by,
        channel="telephone",
        content=o.say("apology_first", n),
    )
    if "answered" in n.steps:
        later = n.steps["answered"]
        o.add(
            Reply,
            later,
            n.holder,
            case_id=n.id,
            replied_at=o.when(later),
            by_id=n.holder,
            channel="telephone",
            content=o.say("reply_progress", n),
        )


def _promise(o: Office, n: Node, by: int | None) -> None:
    """A reply that the customer was promised for the next hours of the day."""
    n.extra["promised_at"] = o.when(daytime(o.until + 2 * HOUR))
    o.add(
        Reply,
        n.end,
        by,
        case_id=n.id,
        replied_at=o.when(n.end),
        by_id=by,
        channel="telephone",
        content=o.say("reply_promise", n),
        promised_at=n.extra["promised_at"],
    )


def _papers(o: Office, n: Node, own: Row) -> None:
    """Who it was passed to, the paper it came on, who was told above."""
    if "assigned" in n.steps:
        at = n.steps["assigned"]
        o.add(
            Assignment,
            at,
            own["confirmed_by_id"],
            complaint_id=n.id,
            assigned_at=o.when(at),
            from_department_id=o.dept("customer_service"),
            to_department_id=n.department,
            to_staff_id=n.holder,
            share="lead",
            decided_by_id=own["confirmed_by_id"],
            informed="客服负责人",
        )
    grave = own["severity"] != "ordinary"
    if n.channel in ("letter", "mail", "forwarded") or grave or o.chance(0.04):
        form, name = PAPERS.get(n.channel or "", ("letter", "来信原件"))
        o.add(
            ComplaintDocument,
            n.at,
            own["received_by_id"],
            complaint_id=n.id,
            document_kind=form,
            name=name,
            dated=day_of(n.at),
            kept_at="投诉档案盒",
        )
    late = not own.get("filed_at") and len(n.steps) < 6 and "assigned" in n.steps
    if late or own["major"] or o.chance(0.03):
        _escalated(o, n, major=bool(own["major"]))


def _escalated(o: Office, n: Node, *, major: bool) -> None:
    at = min(n.at + (HOUR if major else DAY), o.until - 2 * HOUR)
    manager = o.staff("project_manager" if major else "service_supervisor")
    o.add(
        Escalation,
        at,
        None,
        case_id=n.id,
        level=1,
        cause="major" if major else "overdue",
        clock="" if major else "complaint.investigate",
        recipient_id=manager,
        sent_at=o.when(at),
        reason="重大投诉，立即上报" if major else "超过调查时限",
        acknowledged_at=o.when(at + HOUR),
    )


MAKERS = {"complaint": complaint}
