"""Follow-up visits: after jobs, door to door, to works, by questionnaire."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from models import RevisitTraining, SurveyAnswer, SurveyItem
from seeds.sample.office import Office
from seeds.sample.times import DAY, HOUR, MINUTE, day_of
from seeds.sample.trees import Node
from seeds.sample.writer import Row

SHARES = (("manager", 10), ("supervisor", 30), ("repair_head", 60))
"""Who revisits how much of the repairs, in per cent."""
POSITIONS = {
    "manager": "project_manager",
    "supervisor": "service_supervisor",
    "repair_head": "repair_head",
    "receptionist": "receptionist",
}
ON_SITE = frozenset("leak safety lift gas intercom".split())
SOURCES = {
    "repair": "repair",
    "complaint": "complaint",
    "service_order": "service_order",
}
QUESTIONS = (
    "power_supply",
    "water_supply",
    "fire_security",
    "hygiene",
    "greening",
    "public_facilities",
    "repair_service",
    "attitude",
)


def revisit(o: Office, n: Node, by: int | None) -> Row:
    """Is the customer content? Asked on the spot or by telephone."""
    source = SOURCES.get(n.parent.slug if n.parent else "", "")
    kind = source or o.one("new_owner", "periodic", "periodic", "agreement", "director")
    about = n.parent.text[:80] if n.parent else "常规回访，问服务和住房情况。"
    n.text = f"回访：{about}"
    role = "repair_head" if n.extra.get("head") else _role(o, kind)
    n.holder = o.another(n.parent.holder if n.parent else None, POSITIONS[role])
    n.department = n.parent.department if n.parent else o.dept("customer_service")
    charged = bool(n.parent and n.parent.extra.get("charged"))
    sort = n.matter.kind if n.matter else ""
    site = n.home is not None and (sort in ON_SITE or charged or kind == "director")
    own: Row = {
        "source_kind": kind,
        "revisitor_role": role,
        "mode": "home" if site else o.rng.choices(("telephone", "wechat"), (85, 15))[0],
        "attempts": 1 if len(n.steps) > 1 else 0,
    }
    if "not_reached" in n.steps:
        own["attempts"] = o.rng.choice((2, 2, 3))
        own["feedback"] = o.say("unreached", n)
        own["unreached_reason"] = o.one("no_answer", "no_answer", "another_time")
        own["retry_at"] = o.when(n.steps["not_reached"] + DAY)
    problem = "problem_found" in n.steps
    if problem or "done" in n.steps:
        own |= _outcome(o, n, own, problem=problem, charged=charged)
    return own


def _role(o: Office, kind: str) -> str:
    if kind == "director":
        return "manager"
    if kind != "repair":
        return o.one("receptionist", "receptionist", "supervisor")
    return o.rng.choices([r for r, _ in SHARES], [share for _, share in SHARES])[0]


def _outcome(o: Office, n: Node, own: Row, *, problem: bool, charged: bool) -> Row:
    """What was seen and said."""
    site = own["mode"] == "home"
    draw = o.rng.choices(("satisfied", "fair", "dissatisfied"), (90, 9, 1))[0]
    grade = n.extra.get("satisfaction") or ("dissatisfied" if problem else draw)
    if n.parent is not None and n.parent.slug == "complaint" and grade == "fair":
        grade = "satisfied"
    words = {"fair": "fair", "dissatisfied": "dissatisfied"}.get(grade)
    if words is None:
        words = "satisfied_home" if site else "satisfied_call"
        if own["source_kind"] == "complaint":
            words = "satisfied_complaint"
    found: Row = {
        "visited_at": o.reached(n, "problem_found" if problem else "done"),
        "satisfaction": grade,
        "feedback": o.say(words, n),
        "worker_opinion": "态度好，讲得清楚" if grade == "satisfied" else "一般",
        "new_problems": o.say("dissatisfied") if problem else None,
        "for_meeting": problem and o.chance(0.3),
    }
    if charged:
        found["charge_check"] = "matches" if grade == "satisfied" else "differs"
    if site:
        found["item_inspected"] = "defective" if problem else "good"
        found["item_findings"] = "现场看过" + ("，仍有问题" if problem else "，正常")
        if n.who is not None and o.chance(0.95):
            found |= {"signed_by": n.who.name, "signature_form": "paper"}
        else:
            found["unsigned_reason"] = "refused"
    if o.chance(0.03):
        checker = o.another(n.holder, "service_supervisor", "assistant_manager")
        found |= {"checked_by_id": checker, "check_note": "电话抽查，与记录一致"}
    return found


def home_visit(o: Office, n: Node, by: int | None) -> Row:
    """From door to door, with questionnaire and answer."""
    n.text = "季度走访：听取对服务、设施和费用的意见。"
    n.department = o.dept("customer_service")
    n.holder = o.staff("butler", "receptionist")
    visited, summed = "visited" in n.steps, "summarised" in n.steps
    back = "fed_back" in n.steps
    on = n.steps.get("visited", n.at + 4 * DAY)
    own: Row = {
        "frequency": o.rng.choices(("quarterly", "monthly", "extra"), (75, 15, 10))[0],
        "visit_on": day_of(on),
        "time_slot": o.one("上午", "下午", "晚上七点后"),
        "owner_told_at": o.reached(n, "owner_told"),
        "team": "管家、客服主管、工程一人",
        "tools_prepared": ["questionnaire", "reply_slip", "badge"],
        "visited_at": o.reached(n, "visited"),
        "record_complete": summed,
        "opinion_asked": visited,
        "fed_back_at": o.reached(n, "fed_back"),
    }
    if visited:
        grade = o.rng.choices(("satisfied", "fair", "dissatisfied"), (80, 16, 4))[0]
        own |= {
            "satisfaction": grade,
            "strengths": o.say("visit_strength"),
            "weaknesses": o.say("visit_weakness"),
            "cleaning_opinion": o.say("visit_opinion"),
            "safety_opinion": o.say("visit_opinion"),
            "repair_opinion": o.say("visit_opinion"),
            "environment_opinion": o.say("visit_opinion"),
            "fee_opinion": o.say("visit_opinion") if o.chance(0.4) else None,
        }
    if summed:
        own |= {
            "summary": o.say("visit_summary"),
            "improvements": "列入下月计划，责任到部门。",
        }
        own |= {
            "solution": o.say("visit_solution"),
            "timetable": o.say("visit_timetable"),
        }
    if back:
        own["owner_answer"] = o.say("owner_answer")
    return own


def engineering_revisit(o: Office, n: Node, by: int | None) -> Row:
    """Works looked at again after one, three, six, twelve months."""
    n.text = "按期回访：质量、使用、安全、维护。"
    n.department = o.dept("engineering")
    n.holder = o.staff("engineering_supervisor", "decoration_inspector")
    steps, problem = n.steps, "rectifying" in n.steps
    scene = o.scene("engineering_revisit")
    visited = "visited" in steps
    stage = o.one("month_1", "month_3", "month_6", "month_12", "yearly")
    own: Row = {
        "engineering_project_id": o.rng.choice(o.estate.works)
        if o.estate.works
        else None,
        "stage": stage,
        "visited_at": o.reached(n, "visited"),
        "mode": "on_site",
        "photographed": problem,
        "executed_at": o.reached(n, "accepted"),
        "accepted_at": o.reached(n, "accepted"),
        "accepted_by_id": o.staff("assistant_manager") if "accepted" in steps else None,
        "told_at": o.reached(n, "told"),
        "report": (scene["report"] if problem else "总体合格，按期再回访。")
        if "closed" in steps
        else None,
    }
    if visited:
        own |= {
            "structure_quality": o.say("eng_opinion"),
            "material_quality": o.say("eng_opinion"),
            "function_state": o.say("eng_opinion"),
            "maintenance": "每月巡查一次",
            "safety_hazards": "无" if not problem else "有一处松动",
            "satisfaction": "fair" if problem else "satisfied",
        }
    if problem:
        own |= {
            "problem": scene["problem"],
            "problem_at": o.reached(n, "visited"),
            "defect_kind": scene["defect_kind"],
            "problem_cause": scene["problem_cause"],
            "urgency": o.one("ordinary", "ordinary", "urgent"),
            "rectification_plan": scene["rectification_plan"],
            "finish_by": day_of(steps["rectifying"]) + dt.timedelta(days=10),
        }
    return own


def survey(o: Office, n: Node, by: int | None) -> Row:
    """A survey with its rates and some of the answers."""
    topic = n.kind != "opinion"
    scene = o.scene("survey", survey_kind="topic" if topic else "opinion")
    n.text, opinions = scene["content"], scene["opinions"].split("|")
    n.department = o.dept("customer_service")
    n.holder = o.staff("service_supervisor")
    begun, over = "open" in n.steps, "closed" in n.steps
    counted, told = "analysed" in n.steps, "reported" in n.steps
    issued = o.rng.randrange(180, 320)
    returned = issued * o.rng.randrange(60, 92) // 100
    own: Row = {
        "survey_kind": "topic" if topic else "opinion",
        "name": f"{day_of(n.at).year}年{scene['name']}",
        "target": "全体住户",
        "period_from": o.day(n, "open"),
        "period_to": o.day(n, "closed"),
        "issued_count": issued if begun else None,
        "returned_count": returned if over else None,
        "overall_rate": Decimal(o.rng.randrange(850, 975)) / 10 if counted else None,
        "common_opinions": o.one(*opinions) if counted else None,
        "reported_on": o.day(n, "reported"),
        "director_opinion": o.say("survey_rectify") if told else None,
        "rectify_by": day_of(n.end) + dt.timedelta(days=30) if told else None,
        "committee_told_on": o.day(n, "reported"),
    }
    for question in QUESTIONS if counted else ():
        good = returned * o.rng.randrange(84, 98) // 100
        o.add(
            SurveyItem,
            n.at,
            by,
            survey_id=n.id,
            item=question,
            answered=returned,
            satisfied=good,
            rate=(Decimal(good * 1000 // returned) / 10),
        )
    if begun:
        _answers(o, n, opinions)
    return own


def _answers(o: Office, n: Node, opinions: list[str]) -> None:
    last = n.steps.get("closed", n.end)
    for number in range(1, 13):
        at = n.steps["open"] + (last - n.steps["open"]) * number // 13
        home = o.rng.choice(o.estate.homes) if o.estate.homes else None
        grades = {
            question: o.rng.choices(("satisfied", "fair", "dissatisfied"), (84, 13, 3))[
                0
            ]
            for question in (*QUESTIONS, "overall")
        }
        o.add(
            SurveyAnswer,
            at,
            o.staff("receptionist"),
            survey_id=n.id,
            form_no=f"{number:03}",
            answered_on=day_of(at),
            unit_id=home.id if home else None,
            person_id=home.people[0].id if home else None,
            opinions=o.one(*opinions) if o.chance(0.5) else None,
            **grades,
        )


def revisit_agreement(o: Office, n: Node, by: int | None) -> Row:
    """An agreement on being visited, for a year."""
    n.text = "回访时间提前一天约定，不打扰休息。"
    signed = "signed" in n.steps
    start = day_of(n.end)
    until = start + dt.timedelta(days=364)
    expire(o, n, until)
    return {
        "party_a": "物业服务中心",
        "purpose": "了解服务质量，及时改进。",
        "scope": ["monthly", "ad_hoc"],
        "topics": ["service", "facilities", "environment"],
        "modes": ["telephone", "wechat"],
        "signed_on": start if signed else None,
        "party_a_signed_by": "客服主管" if signed else None,
        "party_b_signed_by": n.who.name if signed and n.who else None,
        "copies": 2,
        "valid_from": start if signed else None,
        "valid_until": until if signed else None,
        "disputes": "双方协商解决。",
    }


def expire(o: Office, n: Node, until: dt.date) -> None:
    """What was signed and has run out has expired, on the evening of its last day."""
    over = (until.toordinal() - 1) * DAY + 23 * HOUR
    if n.state == "signed" and over < o.until:
        n.steps["expired"] = over


def revisit_plan(o: Office, n: Node, by: int | None) -> Row:
    """The month's plan of revisits."""
    n.text = o.say("plan_focus")
    n.department = o.dept("customer_service")
    n.holder = o.staff("service_supervisor")
    first = n.extra.get("from", day_of(n.at))
    return {
        "name": f"{first:%Y年%m月}回访计划",
        "period_from": first,
        "period_to": n.extra.get("to"),
        "customer_group": o.one("new", "key", "complaining", "long_standing"),
        "targets": o.say("plan_target"),
        "target_count": o.rng.randrange(20, 90),
        "visit_time": "工作日晚上和周六上午",
        "mode": "telephone",
        "focus": o.say("plan_focus"),
        "materials": "回访表、上期问题清单",
        "made_with": "工程部、秩序维护部",
        "outcome": "按计划完成，问题已开单。" if "done" in n.steps else None,
    }


def revisit_training(o: Office, n: Node, by: int | None) -> None:
    """A training for those who revisit."""
    scene = o.scene("training")
    o.add(
        RevisitTraining,
        n.at,
        by,
        held_on=day_of(n.at + 10 * MINUTE),
        subject=scene["subject"],
        topics=[scene["topic"]],
        department_id=o.dept("customer_service"),
        trainer="客服主管",
        participants="前台、管家、维修班共十二人",
        result=scene["result"],
    )


MAKERS = {
    "revisit": revisit,
    "home_visit": home_visit,
    "engineering_revisit": engineering_revisit,
    "survey": survey,
    "revisit_agreement": revisit_agreement,
    "revisit_plan": revisit_plan,
}
LOGS = {"revisit_training": revisit_training}
