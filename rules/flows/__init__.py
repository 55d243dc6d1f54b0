"""What the office has decided about the life of every kind of case."""

from __future__ import annotations

from dataclasses import replace

from core.moves import Move
from core.states import Flow
from rules.flows import (
    agreements,
    card_ledger,
    card_review,
    cards,
    complaint,
    complaint_rules,
    corrective,
    disclosure,
    documents,
    duty,
    gate,
    homes,
    incident,
    incoming,
    inspection,
    money,
    outside,
    reception,
    reporting,
    revisits,
    rounds,
    surveys,
    transfers,
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
    "card": card_ledger.CARD_BEGINS,
    "handover": homes.HANDOVER_BEGINS,
    "inspection": inspection.INSPECTION_BEGINS,
    "transfer": transfers.TRANSFER_BEGINS,
    "work_plan": duty.WORK_PLAN_BEGINS,
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
    "controlled_document": documents.CONTROLLED_DOCUMENT,
    "procedure_review": documents.PROCEDURE_REVIEW,
    "survey": surveys.SURVEY,
    "card_application": cards.CARD_APPLICATION,
    "card": card_ledger.CARD,
    "card_review": card_review.CARD_REVIEW,
    "release_pass": gate.RELEASE_PASS,
    "arrears": money.ARREARS,
    "disclosure": disclosure.DISCLOSURE,
    "handover": homes.HANDOVER,
    "inspection": inspection.INSPECTION,
    "transfer": transfers.TRANSFER,
    "agreement": agreements.AGREEMENT,
    "lease": agreements.LEASE,
    "revisit_agreement": agreements.REVISIT_AGREEMENT,
    "home_visit": rounds.HOME_VISIT,
    "engineering_revisit": rounds.ENGINEERING_REVISIT,
    "revisit_plan": rounds.REVISIT_PLAN,
    "duty": duty.DUTY,
    "work_plan": duty.WORK_PLAN,
    "periodic_report": reporting.PERIODIC_REPORT,
    "notice": reporting.NOTICE,
}
DRAFTS = {
    "card_application": cards.DRAFTS,
    "card": ("stock",),
    "release_pass": ("draft",),
}
STAMPED = {
    "card_application": cards.STAMPED,
    "card": card_ledger.STAMPED,
    "release_pass": gate.STAMPED,
}
BY_HAND = {
    "complaint": frozenset(complaint_rules.SORTED),
    "home_visit": frozenset({"visited_at"}),
    "engineering_revisit": frozenset({"visited_at"}),
    "agreement": frozenset({"signed_on"}),
    "revisit_agreement": frozenset({"signed_on", "copies"}),
    "lease": frozenset({"seen_on"}),
    "card": frozenset({"authorised_on"}),
    "card_review": frozenset({"holder_id"}),
}
"""What steps write only where nobody has said it himself."""
FIXED = {
    "card_application": cards.FIXED,
    "card": card_ledger.FIXED,
    "release_pass": gate.FIXED,
}
BINDING = {"card": card_ledger.BINDING, "card_application": cards.BINDING}
STAGES = {"complaint": complaint.STAGES, "handover": homes.STAGES}


def _written(slug: str) -> Move:
    """Any other case is simply written down, by a word that clocks know."""
    return Move(OPENINGS[slug], ("登记", "Record"), rules=("S0-40",))


def _moves(slug: str) -> tuple[Move, ...]:
    """The moves of a kind of case; whatever has any is seen in the stocktake."""
    found = MOVES.get(slug, ())
    return (*found, STOCKTAKE) if found and STOCKTAKE not in found else found


def _stamped(slug: str) -> frozenset[str]:
    """What steps write and nobody is asked for: a date, a name, a finding."""
    moves = [move for move in _moves(slug) if not move.line]
    asked = {name for move in moves for name in (*move.asks, *move.offers)}
    asked |= BY_HAND.get(slug, frozenset()) | FIXED.get(slug, frozenset())
    written = {name for move in moves for name in move.sets}
    return STAMPED.get(slug, frozenset()) | (written - asked)


FLOWS: dict[str, Flow] = {
    slug: replace(
        flow,
        begin=BEGINS.get(slug) or _written(slug),
        moves=_moves(slug),
        stages=STAGES.get(slug, ()),
        drafts=DRAFTS.get(slug, ()),
        stamped=_stamped(slug),
        fixed=FIXED.get(slug, frozenset()),
        binding=BINDING.get(slug, ()),
    )
    for slug, flow in STATES.items()
}
