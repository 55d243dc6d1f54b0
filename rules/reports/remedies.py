"""What is counted of corrective actions, common issues and what the developer left."""

from __future__ import annotations

from dataclasses import replace

from rules.reports.complaints import (
    ANSWERS,
    CLOSED,
    CLOSED_SHARE,
    COMPLAINTS,
    OVERDUE,
    RECEIVED,
    SATISFIED,
    SATISFIED_SHARE,
)
from rules.reports.declared import By, Either, Figure, Group, Is

CORRECTED = Group(
    "corrected",
    ("整改", "Corrective actions"),
    "corrective_action",
    "received_at",
    (
        Figure(
            "raised",
            ("发起整改", "Raised"),
            (
                "统计期内发起的整改。",
                "Corrective actions raised in the period.",
            ),
        ),
        Figure(
            "corrected",
            ("已完成", "Carried out"),
            ("其中已经实施完的。", "Of these, all carried out."),
            (Is("executed_at"),),
        ),
        Figure(
            "recurring",
            ("反复出现", "Recurring"),
            ("其中标为反复出现的。", "Of these, all marked as recurring."),
            (Is("recurring", (True,)),),
        ),
    ),
    by=(By("origin"), By("department_id")),
    shown=("raised", "corrected", "recurring"),
)
"""Monthly measures and what became of them (S2-62)."""
ISSUES = replace(
    COMPLAINTS,
    code="issues",
    title=("共性、公共和邻里问题", "Common, public and neighbour issues"),
    figures=(
        replace(
            RECEIVED,
            about=(
                "统计期内受理的共性问题、涉及业主权益的和业户纠纷类投诉。",
                "Complaints of the period that are common issues, involve owners'"
                " rights, or are disputes between residents.",
            ),
        ),
        replace(
            RECEIVED,
            code="common",
            title=("共性问题", "Common issues"),
            about=("其中标为共性问题的。", "Of these, all marked as common issues."),
            where=(Is("common_issue", (True,)),),
        ),
        CLOSED,
        CLOSED_SHARE,
        ANSWERS,
        SATISFIED,
        SATISFIED_SHARE,
    ),
    where=(
        Either(
            (
                Is("common_issue", (True,)),
                Is("owner_rights", (True,)),
                Is("category", ("neighbours",)),
            )
        ),
    ),
    by=(By("category"), By("impact"), By("state")),
    shown=("received", "closed", "satisfied"),
)
AS_COMPLAINTS = ("legacy.count", ("complaints", "both"))
AS_AFTER_SALES = ("legacy.count", ("after_sales", "both"))
LEGACY = Group(
    "legacy",
    ("开发商遗留投诉", "Developer-legacy complaints"),
    "complaint",
    "received_at",
    (
        replace(
            RECEIVED,
            about=(
                "统计期内受理、标为开发商遗留的投诉。",
                "Complaints of the period marked as developer legacy.",
            ),
        ),
        CLOSED,
        CLOSED_SHARE,
        OVERDUE,
    ),
    where=(Is("developer_legacy", (True,)),),
    by=(
        By("nature"),
        By("unit_id.building_id", ("楼栋", "Building")),
        By("state"),
    ),
    shown=("received", "closed", "overdue"),
    asks=(AS_COMPLAINTS,),
)
REWORKS = Group(
    "reworks",
    ("售后返修", "After-sales rework"),
    "rework",
    "received_at",
    (
        Figure(
            "reworks",
            ("返修单", "Rework sheets"),
            ("统计期内开出的返修联系单。", "Rework sheets issued in the period."),
        ),
        Figure(
            "reworked",
            ("已返修", "Rework done"),
            ("其中已返修完成的。", "Of these, all completed."),
            (Is("completed_on"),),
        ),
    ),
    by=(By("defect_kind"), By("unit_id.building_id", ("楼栋", "Building"))),
    shown=("reworks", "reworked"),
    asks=(AS_AFTER_SALES,),
)
