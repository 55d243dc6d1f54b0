"""What is counted of follow-up visits, home visits and surveys."""

from __future__ import annotations

from rules.reports.declared import By, Figure, Group, Is, Late

SATISFIED = Is("satisfaction", ("satisfied",))

PLANNED = Group(
    "planned",
    ("安排的回访", "Revisits planned"),
    "revisit",
    "received_at",
    (
        Figure(
            "planned",
            ("应回访", "Planned"),
            (
                "统计期内安排的回访任务。",
                "Revisits that were planned in the period.",
            ),
        ),
        Figure(
            "made",
            ("已回访", "Made"),
            ("其中已经回访的。", "Of these, all that have been made."),
            (Is("visited_at"),),
        ),
        Figure(
            "coverage",
            ("回访率", "Coverage"),
            ("已回访 ÷ 应回访。", "Made divided by planned."),
            (Is("visited_at"),),
            of="planned",
            target="kpi.revisit_coverage.target",
        ),
        Figure(
            "not_reached",
            ("未联系上", "Not reached"),
            ("其中统计时仍未联系上的。", "Of these, all still not reached."),
            (Is("state", ("not_reached",)),),
        ),
        Figure(
            "revisits_late",
            ("超时", "Overdue"),
            ("其中超过回访时限的。", "Of these, all whose clock ran out."),
            (Late(),),
        ),
        Figure(
            "asked",
            ("有满意度", "With an answer"),
            ("其中记录了满意度的。", "Of these, all whose customer answered."),
            (Is("satisfaction"),),
        ),
        Figure(
            "content",
            ("满意", "Satisfied"),
            ("有满意度的回访里答满意的。", "Of those with an answer, all satisfied."),
            (SATISFIED,),
        ),
        Figure(
            "content_share",
            ("满意率", "Satisfied, share"),
            (
                "满意 ÷ 有满意度；没有记录满意度的不算在内。",
                "Satisfied divided by those with an answer; others do not count.",
            ),
            (SATISFIED,),
            of="asked",
        ),
    ),
    by=(By("source_kind"), By("revisitor_role"), By("mode"), By("department_id")),
    shown=("planned", "made", "revisits_late", "content"),
)
PROBLEMS = Group(
    "problems",
    ("回访发现的问题", "Problems found on revisits"),
    "corrective_action",
    "received_at",
    (
        Figure(
            "found",
            ("发现问题", "Found"),
            (
                "统计期内由回访发起的整改。",
                "Corrective actions raised from revisits in the period.",
            ),
        ),
        Figure(
            "handled",
            ("已处理", "Handled"),
            ("其中已实施整改的。", "Of these, all put right."),
            (Is("executed_at"),),
        ),
        Figure(
            "handled_share",
            ("回访处理率", "Handled, share"),
            (
                "已处理 ÷ 发现问题；说的是回访反映的事，不是回访本身。",
                "Handled divided by found: about what revisits bring, not about making"
                " them.",
            ),
            (Is("executed_at"),),
            of="found",
            target="kpi.revisit_handling.target",
        ),
    ),
    where=(Is("origin", ("revisit",)),),
    by=(By("department_id"),),
    shown=("found", "handled"),
)
HOME_VISITS = Group(
    "home_visits",
    ("走访", "Home visits"),
    "home_visit",
    "received_at",
    (
        Figure(
            "home_visits",
            ("走访户数", "Home visits"),
            ("统计期内安排的走访。", "Home visits planned in the period."),
        ),
        Figure(
            "visited",
            ("已走访", "Visited"),
            ("其中已走访的。", "Of these, all made."),
            (Is("visited_at"),),
        ),
        Figure(
            "pleased",
            ("满意", "Satisfied"),
            ("其中答满意的。", "Of these, all satisfied."),
            (SATISFIED,),
        ),
    ),
    by=(By("frequency"), By("satisfaction")),
    shown=("home_visits", "visited", "pleased"),
)
ITEMS = (
    ("power_supply", "供电", "Power supply"),
    ("water_supply", "供水", "Water supply"),
    ("fire_security", "消防治安", "Fire protection and security"),
    ("hygiene", "卫生", "Hygiene"),
    ("greening", "绿化", "Greening"),
    ("public_facilities", "公共设施", "Public facilities"),
    ("repair_service", "维修服务", "Repair service"),
    ("attitude", "服务态度", "Attitude"),
    ("overall", "总体", "Overall"),
)
"""The items of the yearly survey (S4-185)."""


def _item(name: str, zh: str, en: str) -> tuple[Figure, Figure]:
    """How many answered one item, and how many of them are satisfied."""
    return (
        Figure(
            f"{name}_answered",
            (f"{zh}：作答", f"{en}: answers"),
            (f"回收的问卷里答了“{zh}”的。", f"Forms that answer on {en.lower()}."),
            (Is(name),),
        ),
        Figure(
            f"{name}_rate",
            (f"{zh}：满意率", f"{en}: satisfied"),
            (f"答满意的 ÷ 答了“{zh}”的。", "Satisfied divided by those who answered."),
            (Is(name, ("satisfied",)),),
            of=f"{name}_answered",
        ),
    )


ANSWERED = Group(
    "answered",
    ("回收的问卷", "Forms returned"),
    "survey_answer",
    "answered_on",
    (
        Figure(
            "returned",
            ("回收份数", "Forms returned"),
            ("统计期内作答的问卷。", "Forms answered in the period."),
        ),
        *(figure for item in ITEMS for figure in _item(*item)),
    ),
)
