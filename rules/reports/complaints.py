"""What is counted of complaints."""

from __future__ import annotations

from dataclasses import replace

from core.words import Words
from rules.reports.declared import Asks, Before, By, Either, Figure, Group, Is, Late

ANSWERED = Is("satisfaction")
NOT_OURS = Is("responsibility", ("not_ours",))
LIVED_IN = ("decorating", "owner_living", "let", "in_business")
TARGET = "kpi.complaint_rate.target"
VALID = ("kpi.complaint_rate.numerator", ("valid", "both"))
ALL = ("kpi.complaint_rate.numerator", ("all", "both"))
PER_HOME = ("kpi.complaint_rate.denominator", ("households",))
PER_RECORD = ("kpi.complaint_rate.denominator", ("records",))

HOMES = Group(
    "homes",
    ("住户", "Households"),
    "unit",
    "",
    (
        Figure(
            "homes",
            ("在用户数", "Households"),
            (
                "现在在住、出租、营业、装修中的房屋数，是投诉率的分母。",
                "Homes lived in, let, in business or being decorated as of now: what"
                " the complaint rate is a share of.",
            ),
        ),
    ),
    where=(Is("occupancy", LIVED_IN),),
    asks=(PER_HOME,),
)
CONTACTS = Group(
    "contacts",
    ("来访来电", "Contacts"),
    "reception",
    "received_at",
    (
        Figure(
            "contacts",
            ("接待件数", "Contacts"),
            (
                "统计期内登记的接待，作投诉率的分母。",
                "Receptions of the period: what the complaint rate is a share of.",
            ),
        ),
    ),
    asks=(PER_RECORD,),
)

RECEIVED = Figure(
    "received",
    ("受理件数", "Received"),
    (
        "受理时间在统计期内、没有作废的投诉。",
        "Complaints received in the period and not voided.",
    ),
)
IS_VALID = Figure(
    "valid",
    ("有效投诉", "Valid"),
    (
        "受理的投诉里，没有查明为非我方责任、也没有并入别的投诉的。",
        "Of those received, all not found to be none of ours and not merged into"
        " another complaint.",
    ),
    (replace(NOT_OURS, never=True), Is("merged_into_id", never=True)),
)
CLOSED = Figure(
    "closed",
    ("已消单", "Closed"),
    (
        "受理的投诉里，统计时已消单或归档的。",
        "Of those received, all closed or filed at the time of counting.",
    ),
    (Is("state", ("closed", "filed")),),
)
CLOSED_SHARE = Figure(
    "closed_share",
    ("消单率", "Closed, share"),
    ("已消单 ÷ 受理件数。", "Closed divided by received."),
    CLOSED.where,
    of="received",
)
OVERDUE = Figure(
    "overdue",
    ("超时件数", "Overdue"),
    (
        "受理的投诉里，任何一个时限到点时还没有做完的；恰好到点也算超时。",
        "Of those received, all with any clock that ran out before it was stopped; the"
        " very moment counts as late.",
    ),
    (Late(),),
)
OVERDUE_SHARE = Figure(
    "overdue_share",
    ("超时率", "Overdue, share"),
    ("超时件数 ÷ 受理件数。", "Overdue divided by received."),
    OVERDUE.where,
    of="received",
)
LATE_REPLY = Figure(
    "late_reply",
    ("首次回复超时", "First reply late"),
    (
        "受理的投诉里，首次回复的时限到点还没有回复的。",
        "Of those received, all whose clock of the first reply ran out.",
    ),
    (Late(("complaint.first_reply",)),),
)
MAJOR = Figure(
    "major",
    ("重大投诉", "Major"),
    ("受理的投诉里标为重大的。", "Of those received, all marked as major."),
    (Is("major", (True,)),),
)
IN_GROUPS = Figure(
    "in_groups",
    ("群体投诉", "Group complaints"),
    (
        "受理的投诉里有群体投诉倾向的。",
        "Of those received, all with a tendency to a group complaint.",
    ),
    (Is("group_tendency", (True,)),),
)
COMMON = Figure(
    "common",
    ("共性问题", "Common issues"),
    ("受理的投诉里标为共性问题的。", "Of those received, all marked as common issues."),
    (Is("common_issue", (True,)),),
)
REVISITED = Figure(
    "revisited",
    ("已回访", "Revisited"),
    (
        "受理的投诉里，已经回访过的（待消单、已消单、已归档）。",
        "Of those received, all that have been revisited (to close, closed, filed).",
    ),
    (Is("state", ("revisited", "closed", "filed")),),
)
REVISIT_SHARE = Figure(
    "revisit_share",
    ("回访率", "Revisited, share"),
    ("已回访 ÷ 受理件数。", "Revisited divided by received."),
    REVISITED.where,
    of="received",
    target="kpi.revisit_coverage.target",
)
ANSWERS = Figure(
    "answers",
    ("有满意度", "With an answer"),
    (
        "受理的投诉里，记录了满意度的。",
        "Of those received, all whose customer was asked and answered.",
    ),
    (ANSWERED,),
)
SATISFIED = Figure(
    "satisfied",
    ("满意", "Satisfied"),
    ("有满意度的投诉里答满意的。", "Of those with an answer, all satisfied."),
    (Is("satisfaction", ("satisfied",)),),
)
SATISFIED_SHARE = Figure(
    "satisfied_share",
    ("满意率", "Satisfied, share"),
    (
        "满意 ÷ 有满意度；没有记录满意度的不算在内。",
        "Satisfied divided by those with an answer; others do not count.",
    ),
    SATISFIED.where,
    of="answers",
)
REPEATED = Figure(
    "repeated",
    ("重复投诉户数", "Households that complained again"),
    (
        "统计期内投诉两次及以上的房屋数。",
        "Homes with two complaints or more in the period.",
    ),
    repeated="unit_id",
)


VALID_RATE = ("有效投诉率", "Valid complaint rate")
ANY_RATE = ("投诉率", "Complaint rate")
VALID_WITH = ("有效投诉率（含建议）", "Valid complaint rate, with suggestions")
ANY_WITH = ("投诉率（含建议）", "Complaint rate, with suggestions")


def _rate(code: str, whole: str, *asks: Asks, about: Words) -> Figure:
    """The rate of valid or of all complaints, of homes or of contacts."""
    valid = VALID in asks
    part, title = (IS_VALID, VALID_RATE) if valid else (RECEIVED, ANY_RATE)
    return Figure(
        code,
        title,
        about,
        part.where,
        of=whole,
        asks=asks,
        target=TARGET,
        per="kpi.complaint_rate.period",
    )


OF_HOMES = ("有效投诉 ÷ 在用户数。", "Valid divided by households.")
ANY_OF_HOMES = ("受理件数 ÷ 在用户数。", "Received divided by households.")
OF_CONTACTS = ("有效投诉 ÷ 接待件数。", "Valid divided by contacts.")
ANY_OF_CONTACTS = ("受理件数 ÷ 接待件数。", "Received divided by contacts.")
RATES = (
    _rate("valid_rate", "homes", VALID, PER_HOME, about=OF_HOMES),
    _rate("rate", "homes", ALL, PER_HOME, about=ANY_OF_HOMES),
    _rate("valid_rate_of_contacts", "contacts", VALID, PER_RECORD, about=OF_CONTACTS),
    _rate("rate_of_contacts", "contacts", ALL, PER_RECORD, about=ANY_OF_CONTACTS),
)


def _with_suggestions(rate: Figure, about: Words) -> Figure:
    """A rate of complaints in which suggestions count as complaints."""
    valid = VALID in rate.asks
    part, title = (IS_VALID, VALID_WITH) if valid else (RECEIVED, ANY_WITH)
    code = f"{rate.code}_with_suggestions"
    return replace(rate, code=code, title=title, about=about, where=(), plus=part.code)


WITH_SUGGESTIONS = (
    ("有效投诉加建议件数 ÷ 在用户数。", "Valid and suggestions divided by households."),
    (
        "受理件数加建议件数 ÷ 在用户数。",
        "Received and suggestions divided by households.",
    ),
    ("有效投诉加建议件数 ÷ 接待件数。", "Valid and suggestions divided by contacts."),
    (
        "受理件数加建议件数 ÷ 接待件数。",
        "Received and suggestions divided by contacts.",
    ),
)
"""What each rate is when suggestions count as complaints."""


SUGGESTED = Group(
    "suggested",
    ("计入投诉率的建议", "Suggestions that count"),
    "suggestion",
    "received_at",
    (
        Figure(
            "suggested",
            ("建议件数", "Suggestions"),
            (
                "统计期内登记、没有作废的建议。",
                "Suggestions of the period that were not voided.",
            ),
        ),
        *map(_with_suggestions, RATES, WITH_SUGGESTIONS),
    ),
    asks=(("kpi.count_suggestions", ("yes",)),),
)
KINDS = (
    By("category"),
    By("liability_class"),
    By("cause"),
    By("nature"),
    By("channel"),
)
PLACES = (
    By("department_id"),
    By("unit_id.building_id", ("楼栋（热点）", "Building (hot spots)"), most=15),
    By("unit_id", ("重复投诉的房屋", "Homes that complained again"), least=2, most=15),
)
SHOWN = ("received", "closed", "overdue", "satisfied")

COMPLAINTS = Group(
    "complaints",
    ("受理的投诉", "Complaints received"),
    "complaint",
    "received_at",
    (
        RECEIVED,
        IS_VALID,
        CLOSED,
        CLOSED_SHARE,
        OVERDUE,
        OVERDUE_SHARE,
        LATE_REPLY,
        MAJOR,
        IN_GROUPS,
        COMMON,
        REVISITED,
        REVISIT_SHARE,
        ANSWERS,
        SATISFIED,
        SATISFIED_SHARE,
        REPEATED,
        *RATES,
    ),
    by=(*KINDS, *PLACES),
    shown=SHOWN,
)
EXPORTED = replace(
    COMPLAINTS,
    figures=COMPLAINTS.figures[: -len(RATES)],
    by=(*KINDS, By("severity"), By("impact"), By("department_id"), By("state")),
)
ENDED = Group(
    "ended",
    ("统计期内消单的投诉", "Complaints closed in the period"),
    "complaint",
    "closed_at",
    (
        Figure(
            "ended",
            ("消单件数", "Closed in the period"),
            (
                "消单时间在统计期内的投诉，不论何时受理。",
                "Complaints closed in the period, whenever received.",
            ),
        ),
        Figure(
            "in_time",
            ("按时办结", "Closed in time"),
            (
                "统计期内消单的投诉里，没有一个时限超过的。",
                "Of those closed in the period, all none of whose clocks ran out.",
            ),
            (Late(never=True),),
        ),
        Figure(
            "in_time_share",
            ("按时办结率", "Closed in time, share"),
            (
                "按时办结 ÷ 统计期内消单件数。",
                "Closed in time divided by closed in the period.",
            ),
            (Late(never=True),),
            of="ended",
        ),
        Figure(
            "compensated",
            ("赔偿金额", "Compensation"),
            (
                "统计期内消单的投诉批准的赔偿合计。",
                "Compensation of those closed in the period, in all.",
            ),
            adds="compensation",
            measure="yuan",
        ),
    ),
    by=(By("responsibility"), By("department_id")),
    shown=("ended", "in_time"),
)
CLOCKS = Group(
    "clocks",
    ("各项时限", "Clocks by rule"),
    "complaint",
    "received_at",
    (
        Figure(
            "promises",
            ("时限数", "Clocks"),
            (
                "统计期内受理的投诉启动过、没有撤销的时限。",
                "Clocks of complaints received in the period that were not withdrawn.",
            ),
        ),
        Figure(
            "kept",
            ("按时", "Kept"),
            (
                "在到期之前完成的时限。",
                "Clocks stopped before the moment at which they were due.",
            ),
            (Before("clock.stopped_at", "clock.due_at"),),
        ),
        Figure(
            "kept_share",
            ("按时率", "Kept, share"),
            ("按时 ÷ 时限数。", "Kept divided by clocks."),
            (Before("clock.stopped_at", "clock.due_at"),),
            of="promises",
        ),
    ),
    by=(By("clock.rule", ("时限", "Clock")), By("department_id")),
    shown=("promises", "kept"),
    where=(Either((Is("clock.stopped_by"), Is("clock.stopped_at", never=True))),),
)
