"""Follow-up queues: what is in each, by state, by clock or by who holds it.

Values only; ``views.queues`` turns them into statements.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.words import Words

PAST, TODAY = "past", "today"
EVERY: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue.

    ``kinds`` are record types with their states, none meaning every open one, and
    ``clocks`` the rules whose running clocks make a case stand here, in the order in
    which they are due; ``laddered`` takes all that go up a ladder. ``due`` narrows.
    ``mine`` is what the reader or his department holds, ``stale`` what nobody touched
    for the days of a setting. ``roles`` look at it most.
    """

    slug: str
    title: Words
    about: Words
    roles: tuple[str, ...] = ()
    kinds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    clocks: tuple[str, ...] = ()
    laddered: bool = False
    due: str = ""
    mine: bool = False
    stale: bool = False
    tone: str = ""

    @property
    def by_clock(self) -> bool:
        """Whether its rows are clocks, in the order in which they are due."""
        return bool(self.clocks) or self.laddered


DESK = ("receptionist", "supervisor")
HEADS = ("supervisor", "manager")
ALL = ("receptionist", "supervisor", "manager", "handler")

QUEUES = (
    Queue(
        "mine",
        ("我的", "Mine"),
        (
            "由我或我部门负责、还没有办结的。",
            "Unclosed cases held by me or my department.",
        ),
        (*ALL, "guard", "finance", "staff"),
        mine=True,
    ),
    Queue(
        "overdue",
        ("逾期", "Overdue"),
        (
            "有时限已过的单据，最早到期的在前。",
            "Cases past a deadline.",
        ),
        ALL,
        due=PAST,
        tone="late",
    ),
    Queue(
        "due-today",
        ("今日到期", "Due today"),
        ("今天之内要办到的。", "What is due before the day ends."),
        ALL,
        due=TODAY,
        tone="soon",
    ),
    Queue(
        "unclosed",
        ("未关闭", "Unclosed"),
        (
            "还没有办结的单据，最早的在前。每天盘点，持续跟进直至关闭。",
            "Every case that is not closed yet, oldest first.",
        ),
        ALL,
    ),
    Queue(
        "first-reply",
        ("待首次回复", "First reply due"),
        ("还没有回复过业主的投诉。", "Complaints that nobody has answered yet."),
        ("supervisor",),
        clocks=("complaint.first_reply",),
    ),
    Queue(
        "to-confirm",
        ("待确认", "To confirm"),
        ("待主管确认的投诉和退回重办的投诉。", "Complaints to confirm, or reopened."),
        ("supervisor",),
        kinds={"complaint": ("received", "reopened")},
    ),
    Queue(
        "investigate",
        ("待调查核实", "To investigate"),
        ("还没有查明的投诉。", "Complaints whose facts are not established yet."),
        ("supervisor",),
        clocks=("complaint.investigate",),
    ),
    Queue(
        "remedy-answer",
        ("待答复措施", "Remedy to answer"),
        ("还没有答复处理措施的投诉。", "Complaints without an answer on the remedy."),
        ("supervisor",),
        clocks=("complaint.remedy_answer",),
    ),
    Queue(
        "promised",
        ("预约答复", "Promised replies"),
        ("和业主约好时间回话的，到点就回。", "Replies promised for a certain time."),
        DESK,
        clocks=("promise.reply",),
    ),
    Queue(
        "tell-owner",
        ("该给业主回话了", "Customers to tell"),
        (
            "业主好几天没有收到进展的。",
            "Customers who have not heard for days.",
        ),
        DESK,
        clocks=(
            "complaint.progress",
            "complaint.result_feedback",
            "reception.progress",
        ),
        due=TODAY,
    ),
    Queue(
        "to-decide",
        ("待经理决定", "To decide"),
        (
            "重大、群体、赔偿和现有资源解决不了的。",
            "Major, group and compensation cases, and what present means cannot solve.",
        ),
        ("manager",),
        clocks=("decision",),
    ),
    Queue(
        "approvals",
        ("待审批", "To approve"),
        (
            "办卡、报表、公告、文件和个人信息提供，等审批。",
            "Cards, reports, notices, documents and disclosures that await approval.",
        ),
        ("manager",),
        kinds={
            "card_application": ("verified",),
            "periodic_report": ("submitted",),
            "notice": ("draft",),
            "controlled_document": ("draft", "reviewed"),
            "procedure_review": ("reported",),
            "disclosure": ("asked",),
        },
    ),
    Queue(
        "escalated",
        ("已抄送", "Escalated"),
        ("逾期后已逐级抄送的。", "Overdue matters that went up the ladder."),
        HEADS,
        laddered=True,
        due=PAST,
    ),
    Queue(
        "revisits",
        ("待回访", "To revisit"),
        (
            "办完还没有回访的，按期限排。",
            "Finished work to revisit, by due time.",
        ),
        ALL,
        kinds={"revisit": ("planned", "not_reached")},
    ),
    Queue(
        "rectification",
        ("整改", "Rectification"),
        ("没有闭合的整改。", "Corrective actions that are not closed."),
        ("supervisor",),
        kinds={"corrective_action": EVERY, "revisit": ("problem_found",)},
    ),
    Queue(
        "arrivals",
        ("待到场", "Arrivals"),
        ("维修半小时内或约定时间要到场的。", "Repairs where somebody must arrive."),
        ("handler", "receptionist"),
        clocks=("repair.arrival", "repair.appointment"),
    ),
    Queue(
        "rework-today",
        ("今日返单", "Sheets to after-sales"),
        ("当天要交给售后部门的返修联系单。", "Rework sheets to pass on today."),
        ("receptionist",),
        clocks=("rework.return",),
    ),
    Queue(
        "to-file",
        ("待归档", "To file"),
        ("完成了、等批准或等归档的。", "Finished slips to approve or file."),
        ("handler", "receptionist"),
        kinds={"dispatch": ("done", "approved_to_file")},
    ),
    Queue(
        "settled",
        ("可注销／可消单", "Ready to close"),
        ("事情办完了、单据还开着的。", "Settled matters whose record is still open."),
        DESK,
        kinds={
            "reception": ("done",),
            "complaint": ("revisited",),
            "service_order": ("charged",),
            "rework": ("done",),
        },
    ),
    Queue(
        "forwarder",
        ("待告知转办部门", "Forwarder to tell"),
        ("办完了、还没有告知转办部门的投诉。", "Handled, the forwarder not yet told."),
        ("supervisor",),
        clocks=("complaint.forwarder",),
    ),
    Queue(
        "stale",
        ("久未更新", "Stale"),
        ("好几天没有人动过的。", "What nobody has touched for days."),
        ("supervisor",),
        stale=True,
    ),
    Queue(
        "suggestions",
        ("待定建议与表扬", "Suggestions and praise"),
        ("等经理决定的建议和表扬。", "Suggestions and praise to decide."),
        ("manager",),
        kinds={"suggestion": ("reported",), "praise": ("verified",)},
    ),
    Queue(
        "incidents",
        ("突发处置中", "Incidents in hand"),
        ("没有总结的突发事件。", "Incidents that are not reviewed yet."),
        HEADS,
        kinds={"incident": EVERY},
    ),
    Queue(
        "external",
        ("呈报未复", "Unanswered reports"),
        ("递交了、对方还没有回复的。", "Reports that outsiders have not answered."),
        ("supervisor",),
        kinds={"external_report": ("submitted", "followed")},
    ),
    Queue(
        "cards",
        ("卡务", "Cards"),
        ("办卡申请、季度整理和快到期的卡。", "Card applications and quarterly lists."),
        HEADS,
        kinds={"card_application": EVERY, "card_review": EVERY},
    ),
    Queue(
        "passes-out",
        ("未收回放行条", "Passes out"),
        ("签发了、还没有放行或收回的。", "Issued passes not checked out or recovered."),
        ("guard", "receptionist"),
        kinds={"release_pass": ("issued", "checked_out")},
    ),
    Queue(
        "transfers",
        ("更名未办结", "Transfers"),
        ("费用没有结清或没有通知各方的更名。", "Transfers not cleared or passed on."),
        ("finance", "receptionist"),
        kinds={"transfer": EVERY},
    ),
    Queue(
        "handovers",
        ("交付未办结", "Handovers"),
        ("没有办结的房屋交付和验房遗留。", "Handovers and defects still open."),
        DESK,
        kinds={"handover": EVERY, "inspection": EVERY},
    ),
    Queue(
        "expiring",
        ("即将到期", "Expiring"),
        ("快到期的协议、租约和门禁卡。", "Agreements, leases and cards about to end."),
        DESK,
        clocks=(
            "agreement.expiring",
            "lease.expiring",
            "revisit_agreement.expiring",
            "card.expiring",
        ),
    ),
    Queue(
        "unclaimed",
        ("无人认领", "Unclaimed"),
        ("公示期满、等经理决定的失物。", "Articles that nobody claimed in time."),
        ("manager",),
        clocks=("lost_found.unclaimed",),
        due=PAST,
    ),
    Queue(
        "duties",
        ("定期工作", "Duties"),
        ("到期要编制、要复审、要开的。", "Reports, reviews and lists that are due."),
        ALL,
        kinds={
            "periodic_report": ("due", "compiled", "returned"),
            "procedure_review": ("due", "in_review"),
            "card_review": ("due",),
            "work_plan": EVERY,
        },
    ),
)
