"""What is counted of contacts, slips, repairs, paid services and information."""

from __future__ import annotations

from rules.reports.declared import YUAN, By, Figure, Group, Is, Late

DONE = Is("open", (False,))


def _all(code: str, zh: str, en: str, about: tuple[str, str]) -> Figure:
    return Figure(code, (zh, en), about)


def _closed(code: str) -> Figure:
    return Figure(
        code,
        ("已办结", "Closed"),
        ("其中统计时已办结的。", "Of these, all closed at the time of counting."),
        (DONE,),
    )


def _late(code: str) -> Figure:
    return Figure(
        code,
        ("超时", "Overdue"),
        (
            "其中任何一个时限到点时还没有做完的。",
            "Of these, all with any clock that ran out before it was stopped.",
        ),
        (Late(),),
    )


RECEPTIONS = Group(
    "receptions",
    ("接待", "Receptions"),
    "reception",
    "received_at",
    (
        _all(
            "receptions",
            "接待件数",
            "Receptions",
            ("统计期内登记的来访来电。", "Visits and calls of the period."),
        ),
        _closed("receptions_closed"),
        _late("receptions_late"),
    ),
    by=(By("category"), By("channel"), By("unit_id.building_id", ("楼栋", "Building"))),
    shown=("receptions", "receptions_closed", "receptions_late"),
)
DISPATCHES = Group(
    "dispatches",
    ("派工报事", "Dispatch slips"),
    "dispatch",
    "received_at",
    (
        _all(
            "dispatches",
            "派工件数",
            "Slips",
            ("统计期内开出的派工单。", "Slips opened in the period."),
        ),
        Figure(
            "dispatched",
            ("已派工", "Dispatched"),
            ("其中已派出的。", "Of these, all dispatched."),
            (Is("dispatched_at"),),
        ),
        Figure(
            "finished",
            ("已完工", "Finished"),
            ("其中已报完工的。", "Of these, all reported finished."),
            (Is("finished_at"),),
        ),
        Figure(
            "finished_share",
            ("完工率", "Finished, share"),
            ("已完工 ÷ 派工件数。", "Finished divided by slips."),
            (Is("finished_at"),),
            of="dispatches",
        ),
        Figure(
            "urgent",
            ("紧急", "Urgent"),
            ("其中标为紧急的。", "Of these, all marked as urgent."),
            (Is("urgent", (True,)),),
        ),
        _late("dispatches_late"),
    ),
    by=(By("job_kind"), By("department_id"), By("state")),
    shown=("dispatches", "finished", "dispatches_late"),
)
REPAIRS = Group(
    "repairs",
    ("维修", "Repairs"),
    "repair",
    "received_at",
    (
        _all(
            "repairs",
            "报修件数",
            "Repairs",
            ("统计期内登记的报修。", "Repairs reported in the period."),
        ),
        Figure(
            "mended",
            ("已修好", "Mended"),
            ("其中已报完工的。", "Of these, all reported finished."),
            (Is("finished_at"),),
        ),
        Figure(
            "late_arrival",
            ("到场超时", "Late arrival"),
            (
                "其中到场或约定上门的时限超过的。",
                "Of these, all whose clock of arrival or appointment ran out.",
            ),
            (Late(("repair.arrival", "repair.appointment")),),
        ),
    ),
    by=(By("repair_kind"), By("department_id"), By("unit_id.building_id")),
    shown=("repairs", "mended", "late_arrival"),
)
SERVICES = Group(
    "services",
    ("有偿服务", "Paid services"),
    "service_order",
    "received_at",
    (
        _all(
            "services",
            "服务单",
            "Orders",
            ("统计期内登记的特约服务。", "Services ordered in the period."),
        ),
        Figure(
            "charged",
            ("收费金额", "Charged"),
            (
                "统计期内登记的特约服务的收费合计，不含免费的。",
                "What services of the period were charged, without free ones.",
            ),
            (Is("free_of_charge", (True,), never=True),),
            adds="charge",
            measure=YUAN,
        ),
        Figure(
            "free",
            ("免费", "Free of charge"),
            ("其中免费的。", "Of these, all free of charge."),
            (Is("free_of_charge", (True,)),),
        ),
    ),
    by=(By("service_kind"),),
    shown=("services", "charged", "free"),
)
INCIDENTS = Group(
    "incidents",
    ("突发事件", "Incidents"),
    "incident",
    "received_at",
    (
        _all(
            "incidents",
            "突发事件",
            "Incidents",
            ("统计期内上报的突发事件。", "Incidents reported in the period."),
        ),
    ),
    by=(By("incident_kind"),),
    shown=("incidents",),
)
OPINIONS = Group(
    "suggestions",
    ("建议", "Suggestions"),
    "suggestion",
    "received_at",
    (
        _all(
            "suggestions",
            "建议件数",
            "Suggestions",
            ("统计期内登记的建议。", "Suggestions of the period."),
        ),
        Figure(
            "decided",
            ("已决定", "Decided"),
            ("其中已决定采纳与否的。", "Of these, all adopted or declined."),
            (Is("decision"),),
        ),
    ),
    by=(By("decision"),),
    shown=("suggestions",),
)
INFORMATION = Group(
    "information",
    ("收集的信息", "Collected information"),
    "info_log",
    "received_at",
    (
        _all(
            "information",
            "信息条数",
            "Entries",
            (
                "统计期内登记的信息。",
                "Pieces of information written down in the period.",
            ),
        ),
        _closed("information_closed"),
        _late("information_late"),
    ),
    by=(By("info_kind"), By("info_source"), By("department_id")),
    shown=("information", "information_closed", "information_late"),
)
