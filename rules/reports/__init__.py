"""What each book of periodic reports counts."""

from __future__ import annotations

from rules.reports.complaints import (
    CLOCKS,
    COMPLAINTS,
    CONTACTS,
    ENDED,
    EXPORTED,
    HOMES,
    SUGGESTED,
)
from rules.reports.declared import Group
from rules.reports.remedies import CORRECTED, ISSUES, LEGACY, REWORKS
from rules.reports.service_orders import (
    DISPATCHES,
    INCIDENTS,
    INFORMATION,
    OPINIONS,
    RECEPTIONS,
    REPAIRS,
    SERVICES,
)
from rules.reports.visits import ANSWERED, HOME_VISITS, PLANNED, PROBLEMS

REPORTS: dict[str, tuple[Group, ...]] = {
    "complaint_summary": (HOMES, CONTACTS, COMPLAINTS, SUGGESTED, ENDED, CLOCKS),
    "complaint_export": (EXPORTED, ENDED),
    "complaint_analysis": (HOMES, CONTACTS, COMPLAINTS, SUGGESTED, ENDED, CORRECTED),
    "common_issues": (ISSUES, CORRECTED),
    "developer_legacy": (LEGACY, REWORKS),
    "complaint_review": (
        HOMES,
        CONTACTS,
        COMPLAINTS,
        SUGGESTED,
        ENDED,
        CLOCKS,
        CORRECTED,
    ),
    "customer_feedback": (RECEPTIONS, EXPORTED, REPAIRS, OPINIONS, INCIDENTS),
    "dispatch_statistics": (DISPATCHES, REPAIRS, SERVICES),
    "information_summary": (INFORMATION,),
    "revisit_report": (PLANNED, PROBLEMS, HOME_VISITS, ANSWERED),
    "revisit_evaluation": (PLANNED, PROBLEMS),
    "survey_report": (ANSWERED, CORRECTED),
}
"""Report -> the groups that it consists of, the wholes of its shares first."""
