"""Major events: reported at once, followed by a named person, summed up."""

from __future__ import annotations

from collections.abc import Iterable

from core.moves import Add, Cause, Facts, Move, Order, Tell, at_once, by_me, guard
from core.words import _
from rules.flows.marks import ASSIGNED, FOLLOWED, raised, tell
from rules.guards import all_closed, only_when

VISIT = "leader_visit"
"""Visits of leaders are kept in this book without any ladder."""


def _begun(facts: Facts) -> Iterable[Order]:
    """Supervisor and manager know at once."""
    if facts["incident_kind"] != VISIT:
        told = ("重大事件，请立即处置", "A major event: act at once")
        yield Tell(("supervisor", "manager"), told, urgent=True)
        yield raised(facts, "emergency")


INCIDENT_BEGINS = Move(
    "report",
    ("上报", "Report"),
    then=(_begun,),
    rules=("S3-34", "S0-18", "S4-180"),
)


@guard("S0-79", "S3-34")
def is_event(facts: Facts) -> str | None:
    """Visits of leaders are only received."""
    if facts["incident_kind"] != VISIT:
        return None
    return _("A visit of leaders is only recorded as received.")


@guard("S1-62")
def has_somebody(facts: Facts) -> str | None:
    """A named person follows it."""
    return None if facts["holder_id"] else _("Name the person who follows it.")


def _informed(facts: Facts) -> Iterable[Order]:
    """Who was told, when."""
    told = {"told_at": facts.now, "told_name": facts["reported_up_to"]}
    yield Add("incident_notice", told)


def _asked_after(facts: Facts) -> Iterable[Order]:
    """A home that has agreed to it is revisited after an emergency, too."""
    for row in facts.at_home("revisit_agreement"):
        if row["state"] == "signed" and "ad_hoc" in (row["scope"] or ["ad_hoc"]):
            yield Cause("revisit", {"source_kind": "agreement"})
            return


INCIDENT = (
    Move(
        "inform",
        ("通报领导", "Inform the leaders"),
        "informed",
        ("reported",),
        asks=("reported_up_to",),
        sets={"reported_up_at": at_once},
        guards=(is_event,),
        then=(_informed,),
        rules=("S3-34", "S0-18"),
        main=True,
    ),
    Move(
        "take_in_hand",
        ("开始处置", "Take in hand"),
        "in_hand",
        ("reported", "informed"),
        offers=("holder_id", "measures"),
        guards=(is_event, has_somebody),
        then=(ASSIGNED,),
        rules=("S1-62",),
        main=True,
    ),
    Move(
        "start_plan",
        ("启动应急预案", "Start the emergency plan"),
        asks=("emergency_plan_id",),
        sets={"plan_started_at": at_once, "plan_started_by_id": by_me},
        guards=(is_event,),
        then=(
            tell(
                "supervisor",
                "manager",
                words=("已启动应急预案", "An emergency plan was started"),
                urgent=True,
            ),
        ),
        rules=("S0-17", "S0-18"),
    ),
    Move(
        "conclude",
        ("处置完毕", "Concluded"),
        "concluded",
        ("in_hand",),
        actions=("conclude", "update"),
        asks=("result",),
        offers=("guidance", "evacuation", "measures"),
        sets={"concluded_at": at_once},
        then=(_asked_after,),
        rules=("S0-19", "S4-138"),
        main=True,
    ),
    Move(
        "review",
        ("总结归档", "Review and file"),
        "reviewed",
        ("concluded",),
        actions=("review",),
        asks=("review",),
        sets={"reviewed_by_id": by_me},
        guards=(all_closed,),
        rules=("S0-79",),
        main=True,
    ),
    Move(
        "receive_visitors",
        ("已接待", "Visitors received"),
        "received",
        ("reported",),
        offers=("visitors", "result"),
        guards=(
            only_when(
                "incident_kind",
                VISIT,
                lambda: _("Only visits of leaders end so."),
                "S0-79",
            ),
        ),
        rules=("S0-79",),
        main=True,
    ),
    Move(
        "assign",
        ("指定专人", "Name who follows it"),
        actions=("assign",),
        asks=("holder_id",),
        offers=("department_id", "reason"),
        then=(ASSIGNED,),
        rules=("S1-62",),
    ),
    *FOLLOWED,
)
