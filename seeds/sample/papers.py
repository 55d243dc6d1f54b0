"""Reports, plans, notices, letters and documents under control."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from models import (
    DocumentIssue,
    DocumentRevision,
    RelatedDocument,
    ReportFigure,
    ReportItem,
    ReviewChange,
    ReviewParticipant,
    WorkPlanItem,
)
from seeds.sample.office import Office
from seeds.sample.scenes import scenes
from seeds.sample.times import DAY, day_of
from seeds.sample.trees import Node
from seeds.sample.words import lists
from seeds.sample.writer import Row

REPORTS = (
    "complaint_summary",
    "complaint_export",
    "complaint_analysis",
    "dispatch_statistics",
    "customer_feedback",
    "revisit_report",
)
PERCENT = frozenset(("委员会答复率",))


def periodic_report(o: Office, n: Node, by: int | None) -> Row:
    """A report with its figures."""
    n.text = o.say("report_content")
    n.department = o.dept("customer_service")
    author = o.staff("service_supervisor", "receptionist")
    n.holder = author
    steps, compiled = n.steps, "compiled" in n.steps
    reviewed = "reviewed" in steps
    day = day_of(n.at)
    own: Row = {
        "report_kind": n.kind or o.one(*REPORTS),
        "period": n.extra.get("period", f"{day:%Y-%m}"),
        "period_from": n.extra.get("from", day.replace(day=1)),
        "period_to": n.extra.get("to", day),
        "author_id": author if compiled else None,
        "compiled_on": o.day(n, "compiled"),
        "submitted_on": o.day(n, "submitted"),
        "reviewed_by_id": o.staff("project_manager") if reviewed else None,
        "reviewed_on": o.day(n, "reviewed"),
        "review_opinion": o.say("supervisor_note") if reviewed else None,
        "published_on": o.day(n, "published"),
        "published_place": o.say("notice_place") if "published" in steps else None,
    }
    if compiled:
        own |= {
            "analysis": (scene := o.scene("report"))["matter"],
            "discussion": o.say("report_discussion"),
            "measures": scene["measures"],
            "satisfaction": Decimal(o.rng.randrange(8600, 9900)) / 100,
            "solved_rate": Decimal(o.rng.randrange(9000, 9990)) / 100,
        }
        _figures(o, n, author)
    return own


def _figures(o: Office, n: Node, by: int | None) -> None:
    for name in lists()["report_figure"]:
        share = name in PERCENT
        value = Decimal(o.rng.randrange(8500, 9999)) / 100
        o.add(
            ReportFigure,
            n.steps["compiled"],
            by,
            periodic_report_id=n.id,
            name=name,
            value=value if share else Decimal(o.rng.randrange(3, 600)),
            measure="percent" if share else "count",
        )
    scene = o.scene("report")
    o.add(
        ReportItem,
        n.steps["compiled"],
        by,
        periodic_report_id=n.id,
        item_class=o.one("common", "recurring", "construction", "suggestion"),
        place="三、五栋",
        matter=scene["matter"],
        measures=scene["measures"],
        department_id=o.dept("engineering"),
        due_on=day_of(n.at) + dt.timedelta(days=30),
    )


def work_plan(o: Office, n: Node, by: int | None) -> Row:
    """A month's or a year's plan."""
    day = n.extra.get("from", day_of(n.at).replace(day=1))
    yearly = n.kind == "yearly"
    n.text = o.say("plan_goal")
    n.department = o.dept(o.one("customer_service", "engineering", "security"))
    n.holder = o.staff("service_supervisor", "receptionist")
    closed = "closed" in n.steps
    for week in range(1, 6):
        o.add(
            WorkPlanItem,
            n.at,
            by,
            work_plan_id=n.id,
            week=week,
            matter=o.say("plan_item"),
            responsible_id=o.staff("receptionist", "butler"),
            due_on=day + dt.timedelta(days=7 * week - 1),
            done=closed,
            result="已完成" if closed else None,
        )
    return {
        "plan_kind": "yearly" if yearly else "monthly",
        "period": n.extra.get("period", f"{day:%Y-%m}"),
        "period_from": day,
        "period_to": n.extra.get("to", day + dt.timedelta(days=30)),
        "appraisal": o.say("plan_appraisal") if closed else None,
        "appraised_by_id": o.staff("project_manager") if closed else None,
        "appraised_on": o.day(n, "closed"),
    }


def notice(o: Office, n: Node, by: int | None) -> Row:
    """A notice on the boards."""
    scene = o.scene("notice")
    n.text = scene["content"]
    n.department = o.dept("customer_service")
    steps, published = n.steps, "published" in n.steps
    remove = day_of(steps["published"]) + dt.timedelta(days=14) if published else None
    shown = n.steps.get("withdrawn", 0)
    if shown > o.until - 6 * DAY:
        del n.steps["withdrawn"]  # still on the boards
    return {
        "notice_kind": scene["notice_kind"],
        "subject": scene["subject"],
        "places": ["board", o.one("group", "posting")],
        "place_detail": o.say("notice_place"),
        "audience": scene["audience"],
        "anonymised": True,
        "anonymised_by_id": by,
        "approved_by_id": o.staff("project_manager") if "approved" in steps else None,
        "approved_on": o.day(n, "approved"),
        "published_by_id": by if published else None,
        "published_on": o.day(n, "published"),
        "remove_on": remove,
        "withdrawn_on": o.day(n, "withdrawn"),
    }


def letter(o: Office, n: Node, by: int | None) -> Row:
    """A letter or parcel, in or out."""
    scene = o.scene("letter", n)
    n.text, outgoing = scene["content"], scene["direction"] == "out"
    n.holder = o.staff("receptionist")
    delivered = "delivered" in n.steps
    name = n.who.name if n.who else "客服中心"
    return {
        "direction": scene["direction"],
        "letter_kind": scene["letter_kind"],
        "mail_number": f"测{o.rng.randrange(10**9):09}",
        "sender": scene["sender"],
        "recipient": scene["recipient"],
        "approved_by_id": o.staff("service_supervisor") if outgoing else None,
        "approved_on": day_of(n.at) if outgoing else None,
        "delivered_to": name if delivered else None,
        "delivered_at": o.reached(n, "delivered"),
        "signature": name if delivered and n.who else None,
    }


def controlled_document(o: Office, n: Node, by: int | None) -> Row:
    """A document under control, with its revision and its copies."""
    number = n.extra.get("n", 0)
    about = scenes()["controlled_document"]
    scene = about[number % len(about)]
    n.text = scene["content"]
    n.department = o.dept("office")
    n.holder = author = o.staff("clerk", "assistant_manager")
    reviewed, approved = "reviewed" in n.steps, "approved" in n.steps
    reviewer, approver = o.staff("service_supervisor"), o.staff("project_manager")
    own: Row = {
        "document_kind": scene["document_kind"],
        "document_class": scene["document_class"],
        "document_number": scene["document_number"],
        "subject": scene["subject"],
        "edition": "A/0",
        "pages": o.rng.randrange(3, 24),
        "first_effective_on": o.day(n, "effective"),
        "effective_on": o.day(n, "effective"),
        "prepared_by_id": author,
        "prepared_on": day_of(n.at),
        "reviewed_by_id": reviewer if reviewed else None,
        "reviewed_on": o.day(n, "reviewed"),
        "approved_by_id": approver if approved else None,
        "approved_on": o.day(n, "approved"),
        "stamped": "effective" in n.steps,
        "place": "档案室A柜",
        "review_months": 3 if number == 0 else 12,
    }
    people = {"revised_by_id": author, "reviewed_by_id": own["reviewed_by_id"]}
    o.add(
        DocumentRevision,
        n.at,
        by,
        controlled_document_id=n.id,
        revision="A/0",
        revised_on=day_of(n.at),
        content=o.say("doc_revision"),
        approved_by_id=own["approved_by_id"],
        **people,
    )
    if own["stamped"]:
        _issued(o, n, by)
    return own


def _issued(o: Office, n: Node, by: int | None) -> None:
    for copy, function in enumerate(("customer_service", "engineering"), 1):
        o.add(
            DocumentIssue,
            n.end,
            by,
            controlled_document_id=n.id,
            issue_number=f"{copy:02}",
            department_id=o.dept(function),
            issued_on=day_of(n.end),
        )
    o.add(
        RelatedDocument,
        n.end,
        by,
        controlled_document_id=n.id,
        name=o.scene("controlled_document")["subject"],
    )


def procedure_review(o: Office, n: Node, by: int | None) -> Row:
    """A procedure looked through with the departments."""
    n.text = "各部门代表逐条讨论。"
    n.holder = o.staff("project_manager")
    begun, over = "in_review" in n.steps, "approved" in n.steps
    reported = "reported" in n.steps
    day = n.extra.get("due", day_of(n.at))
    for function in ("customer_service", "engineering", "security") if begun else ():
        o.add(
            ReviewParticipant,
            n.at,
            by,
            procedure_review_id=n.id,
            department_id=o.dept(function),
            opinion=o.say("review_comment"),
        )
    revise = reported and o.chance(0.6)
    if revise:
        o.add(
            ReviewChange,
            n.at,
            by,
            procedure_review_id=n.id,
            chapter="第四章",
            content=o.say("review_change"),
            reason=o.say("review_reason"),
        )
    return {
        "quarter": f"{day.year}-Q{(day.month + 2) // 3}",
        "conclusion": ("revise" if revise else "keep") if reported else None,
        "reported_on": o.day(n, "reported"),
        "approved_by_name": "公司分管副总" if over else None,
        "approval_paper": f"批复{day.year}-{day.month:02}" if over else None,
        "approved_on": o.day(n, "approved"),
        "implemented_on": o.day(n, "effective"),
    }


MAKERS = {
    "periodic_report": periodic_report,
    "work_plan": work_plan,
    "notice": notice,
    "letter": letter,
    "controlled_document": controlled_document,
    "procedure_review": procedure_review,
}
