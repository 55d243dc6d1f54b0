"""What was set going and must come to its end."""

from __future__ import annotations

from rules.queues.declared import ALL, DESK, EVERY, HEADS, Queue

WORK = (
    Queue(
        "revisits",
        ("待回访", "To revisit"),
        (
            "办完还没有回访的，按期限排。",
            "Finished work to revisit, by due time.",
        ),
        ALL,
        kinds={
            "revisit": ("planned", "not_reached"),
            "home_visit": ("planned", "owner_told"),
            "engineering_revisit": ("planned",),
        },
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
)
