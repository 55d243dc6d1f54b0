"""Personal data that leaves the office: on which ground, by whom, taken back."""

from __future__ import annotations

from core.moves import Facts, Move, by_me, guard, today
from core.words import _
from rules.flows.marks import tell
from rules.guards import four_eyes


def _decided(facts: Facts) -> str:
    return "decided" if facts["decision"] == "agree" else "refused"


@guard("S0-14")
def has_ground(facts: Facts) -> str | None:
    """Data is given by consent or law, and the paper that says so is named."""
    if facts["decision"] != "agree" or (facts["basis"] and facts["basis_note"]):
        return None
    return _("Say on which ground, and name the authorisation or the legal paper.")


@guard("S0-14")
def refusal_explained(facts: Facts) -> str | None:
    """Whoever is refused hears why."""
    if facts["decision"] != "refuse" or facts["decision_reason"]:
        return None
    return _("Say why it is refused.")


@guard("S0-14")
def was_consent(facts: Facts) -> str | None:
    """Only a consent can be taken back."""
    if facts["basis"] == "authorisation":
        return None
    return _("It was given by law; there is no consent to withdraw.")


DISCLOSURE = (
    Move(
        "decide",
        ("决定", "Decide"),
        _decided,
        ("asked",),
        actions=("decide",),
        asks=("decision", "data"),
        offers=("basis", "basis_note", "decision_reason"),
        sets={"decided_by_id": by_me},
        guards=(
            has_ground,
            refusal_explained,
            four_eyes(
                "four_eyes.disclosure",
                ("created_by_id",),
                lambda: _("You recorded this request; somebody else decides."),
                "S0-14",
            ),
        ),
        then=(tell("holder_id", "created_by_id", words=("已作决定", "It is decided")),),
        rules=("S0-14",),
        ends=("decided", "refused"),
        main=True,
    ),
    Move(
        "give",
        ("提供", "Give"),
        "given",
        ("decided",),
        sets={"given_on": today, "given_by_id": by_me},
        rules=("S0-14",),
        main=True,
    ),
    Move(
        "withdraw",
        ("撤回授权", "Consent withdrawn"),
        "withdrawn",
        ("decided", "given"),
        asks=("reason",),
        sets={"withdrawn_on": today},
        guards=(was_consent,),
        then=(
            tell(
                "given_by_id",
                "holder_id",
                words=("业主已撤回授权", "The owner withdrew the consent"),
                urgent=True,
            ),
        ),
        rules=("S0-14",),
    ),
)
