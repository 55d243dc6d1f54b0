"""What complaints lead to, and incidents: remedies, reports to others."""

from __future__ import annotations

import datetime as dt

from models import IncidentNotice
from seeds.sample.desk import POSTS
from seeds.sample.office import Office
from seeds.sample.times import MINUTE, day_of
from seeds.sample.trees import Node
from seeds.sample.writer import Row


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
    "corrective_action": corrective_action,
    "external_report": external_report,
    "incident": incident,
}
