"""What everybody looks at, and what customers wait for."""

from __future__ import annotations

from rules.queues.declared import ALL, DESK, PAST, TODAY, Queue

EVERYDAY = (
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
)
