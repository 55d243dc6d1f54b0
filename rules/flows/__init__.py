"""What the office has decided about the life of every kind of case."""

from __future__ import annotations

from dataclasses import replace

from core.moves import Move
from core.states import Flow
from rules.flows import (
    complaint,
    complaint_rules,
    corrective,
    incident,
    incoming,
    outside,
    reception,
    revisits,
    work,
)
from rules.flows.marks import STOCKTAKE
from rules.flows.states import OPENINGS, STATES

BEGINS: dict[str, Move] = {
    "reception": reception.RECEPTION_BEGINS,
    "info_log": reception.INFO_LOG_BEGINS,
    "complaint": complaint_rules.COMPLAINT_BEGINS,
    "corrective_action": corrective.CORRECTIVE_BEGINS,
    "incident": incident.INCIDENT_BEGINS,
    "revisit": revisits.REVISIT_BEGINS,
    "rework": Move("issue", ("开返修联系单", "Issue"), rules=("S0-48",)),
}
"""How a case begins, where more happens than that it is written down."""

MOVES: dict[str, tuple[Move, ...]] = {
    "reception": reception.RECEPTION,
    "info_log": reception.INFO_LOG,
    "suggestion": incoming.SUGGESTION,
    "praise": incoming.PRAISE,
    "lost_found": incoming.LOST_FOUND,
    "letter": incoming.LETTER,
    "dispatch": work.DISPATCH,
    "repair": work.REPAIR,
    "rework": work.REWORK,
    "service_order": work.SERVICE_ORDER,
    "complaint": complaint.COMPLAINT,
    "external_report": outside.EXTERNAL_REPORT,
    "corrective_action": corrective.CORRECTIVE_ACTION,
    "incident": incident.INCIDENT,
    "revisit": revisits.REVISIT,
}
STAGES = {"complaint": complaint.STAGES}


def _written(slug: str) -> Move:
    """Any other case is simply written down, by a word that clocks know."""
    return Move(OPENINGS[slug], ("登记", "Record"), rules=("S0-40",))


def _moves(slug: str) -> tuple[Move, ...]:
    """The moves of a kind of case; whatever has any is seen in the stocktake."""
    found = MOVES.get(slug, ())
    return (*found, STOCKTAKE) if found and STOCKTAKE not in found else found


FLOWS: dict[str, Flow] = {
    slug: replace(
        flow,
        begin=BEGINS.get(slug) or _written(slug),
        moves=_moves(slug),
        stages=STAGES.get(slug, ()),
    )
    for slug, flow in STATES.items()
}
