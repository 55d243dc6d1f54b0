"""Papers at the counter, and what returns with the calendar."""

from __future__ import annotations

from rules.queues.declared import ALL, DESK, EVERY, HEADS, PAST, TODAY, Queue

COUNTER = (
    Queue(
        "cards",
        ("卡务", "Cards"),
        ("没有办结的办卡申请和季度整理。", "Card applications and quarterly lists."),
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
        "arrears",
        ("欠费跟进", "Arrears"),
        ("没有结清的欠费；承诺了日期的，到期就跟。", "Debts that are not settled yet."),
        ("finance", "receptionist"),
        kinds={"arrears": EVERY},
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
        (
            "快到期的协议、租约、门禁卡和该撤下的公告。",
            "Agreements, leases and cards about to end, notices to be withdrawn.",
        ),
        DESK,
        clocks=(
            "agreement.expiring",
            "lease.expiring",
            "revisit_agreement.expiring",
            "card.expiring",
            "notice.remove",
        ),
        due=TODAY,
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
            "revisit_plan": ("planned",),
            "duty": EVERY,
        },
    ),
)
