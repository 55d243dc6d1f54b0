"""What waits for a word from above."""

from __future__ import annotations

from rules.queues.declared import HEADS, PAST, Queue

DECISIONS = (
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
)
