"""Complaints and what they lead to: documents, remedies, reports, incidents."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from models import (
    Assignment,
    ComplaintDocument,
    Conduct,
    Escalation,
    IncidentNotice,
    Reply,
)
from seeds.sample.desk import POSTS, final_reply
from seeds.sample.office import Office
from seeds.sample.times import DAY, HOUR, MINUTE, day_of
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
UNSIGNED = {"telephone": "telephone", "wechat": "network", "letter": "network"}


def complaint(o: Office, n: Node, by: int | None) -> Row:
    """A complaint from the first word to the file."""
    matter = n.matter
    assert matter is not None
    n.channel = n.parent.channel if n.parent else o.contact(n)
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
        "nature": NATURES.get(kind) or _service(n.text),
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
    _accuse(o, n, own, function)
    _oppose(o, n, own)
    own |= _course(o, n, own)
    _papers(o, n, own)
    return own


def _service(said: str) -> str:
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
    if n.channel in ("letter", "mail", "forwarded") or o.chance(0.04):
        form = "letter" if n.channel != "telephone" else "telephone_record"
        o.add(
            ComplaintDocument,
            n.at,
            own["received_by_id"],
            complaint_id=n.id,
            document_kind=form,
            name="来信原件" if form == "letter" else "通话记录",
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


def _scene(o: Office, n: Node) -> tuple[dict[str, str], str]:
    """How it was looked into, and which department puts it right."""
    above = n.parent
    if above is not None and above.slug == "complaint" and above.matter is not None:
        function = above.matter.function
        return above.extra["scene"], function if function in POSTS else "engineering"
    matter = o.scene("report")["matter"]
    return {"matter": matter} | o.scene("group", code="thing"), "engineering"


def corrective_action(o: Office, n: Node, by: int | None) -> Row:
    """A nonconformity put right."""
    cause = n.parent.slug if n.parent else ""
    origin = cause if cause in ("complaint", "revisit") else "monthly_analysis"
    scene, post = _scene(o, n)
    about = n.parent.text.removeprefix("回访：") if n.parent else scene["matter"]
    n.text = f"整改：{about}"
    n.department = o.dept(post)
    n.holder = o.staff(*reversed(POSTS[post]))
    steps, accepted = n.steps, "accepted" in n.steps
    checker = o.another(n.holder, "service_supervisor", "assistant_manager")
    return {
        "origin": origin,
        "cause_analysis": scene["facts"] if "analysed" in steps else None,
        "remedial_measure": scene["remedial"] if "planned" in steps else None,
        "corrective_measure": scene["corrective"] if "planned" in steps else None,
        "preventive_measure": scene["preventive"] if "planned" in steps else None,
        "finish_by": day_of(n.at) + dt.timedelta(days=7),
        "noticed_at": o.reached(n, "noticed"),
        "implementation": o.say("implementation") if "executed" in steps else None,
        "executed_at": o.reached(n, "executed"),
        "acceptance": "passed" if accepted else None,
        "acceptance_note": o.say("acceptance_ok") if accepted else None,
        "accepted_by_id": checker if accepted else None,
        "accepted_at": o.reached(n, "accepted"),
        "told_at": o.reached(n, "told"),
        "told_how": "电话告知，业主认可" if "told" in steps else None,
        "recurring": o.chance(0.08),
    }


def external_report(o: Office, n: Node, by: int | None) -> Row:
    """A letter to the developer, a utility or an authority."""
    kinds = {"recipient_kind": "government"} if n.parent else {}
    scene = o.scene("external_report", n, **kinds)
    n.text, kind = scene["content"], scene["recipient_kind"]
    n.department = o.dept("customer_service")
    n.holder = by
    steps, answered = n.steps, "answered" in n.steps
    source = n.parent if n.parent and n.parent.slug == "complaint" else None
    return {
        "recipient_kind": kind,
        "subject": scene["subject"],
        "complaint_id": source.id if source else None,
        "recipient_id": o.estate.party(o.rng, kind),
        "impact": scene["impact"],
        "document_no": f"物函〔{day_of(n.at).year}〕{o.rng.randrange(1, 90)}号",
        "submitted_on": o.day(n, "submitted"),
        "received_by": o.say("surname") + "工" if "submitted" in steps else None,
        "follow_ups": "三天一次电话，均有登记。" if "followed" in steps else None,
        "progress": "已向有关单位书面反映，进展随时公布。"
        if "followed" in steps
        else None,
        "published_on": o.day(n, "followed"),
        "answered_on": o.day(n, "answered"),
        "answer": scene["answer"] if answered else None,
        "result": scene["result"] if "closed" in steps else None,
    }


def incident(o: Office, n: Node, by: int | None) -> Row:
    """An incident with everybody who was told of it."""
    if n.path == "incident.leader_visit":
        return _leaders(o, n)
    scene = o.scene("incident", n)
    n.text, kind = scene["content"], scene["incident_kind"]
    n.channel, n.urgent = "telephone", True
    n.department = o.dept("engineering")
    n.holder = o.staff("engineering_supervisor", "service_supervisor")
    concluded, reviewed = "concluded" in n.steps, "reviewed" in n.steps
    begun, plan = "in_hand" in n.steps, o.estate.plans.get(kind)
    _told(o, n)
    return {
        "incident_kind": kind,
        "happened_at": o.when(n.at - 5 * MINUTE),
        "place": scene["place"],
        "reported_by": o.name(by),
        "emergency_plan_id": plan,
        "plan_started_at": o.reached(n, "in_hand") if plan else None,
        "plan_started_by_id": o.staff("service_supervisor") if plan and begun else None,
        "guidance": scene["guidance"],
        "evacuation": "清点人数无遗漏。" if kind in ("gas", "fire") else None,
        "measures": scene["measures"] if begun else None,
        "reported_up_to": "公司值班领导",
        "reported_up_at": o.when(n.at + 25 * MINUTE) if concluded else None,
        "concluded_at": o.reached(n, "concluded"),
        "result": scene["result"] if concluded else None,
        "review": scene["review"] if reviewed else None,
        "reviewed_by_id": o.staff("project_manager") if reviewed else None,
    }


def _leaders(o: Office, n: Node) -> Row:
    """Important visitors stand in the same book, without any ladder."""
    scene = o.scene("leader_visit")
    n.text, n.channel = scene["content"], "telephone"
    n.department = o.dept("office")
    n.holder = o.staff("assistant_manager", "project_manager")
    return {
        "incident_kind": "leader_visit",
        "happened_at": o.when(n.at),
        "place": "客服中心",
        "visitors": scene["visitors"],
        "result": scene["result"],
    }


def _told(o: Office, n: Node) -> None:
    for position in ("service_supervisor", "project_manager"):
        at = n.at + 4 * MINUTE
        o.add(
            IncidentNotice,
            at,
            None,
            incident_id=n.id,
            told_at=o.when(at),
            told_id=o.staff(position),
            means="telephone",
            answer="收到，马上到场" if position == "service_supervisor" else "收到",
        )


MAKERS = {
    "complaint": complaint,
    "corrective_action": corrective_action,
    "external_report": external_report,
    "incident": incident,
}
