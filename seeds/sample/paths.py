"""How each kind of case runs its course: states in order, and how long each takes."""

from __future__ import annotations

import re
from functools import cache
from random import Random

from seeds.sample.times import DAY, HOUR, MINUTE, daytime

PATHS = {
    "reception": "registered:0 closed:2-12m",
    "reception.later": "registered:0 done:1-30h closed:5-90m",
    "reception.passed": "registered:0 dispatched:2-15m done:0 closed:10-300m",
    "info_log": "open:0 dispatched:3-25m closed:1-40h",
    "dispatch": "new:0 confirmed_available:5-40m appointed:5-60m dispatched:10-400m"
    " done:1-30h approved_to_file:2-30h filed:2-50h",
    "dispatch.urgent": "new:0 dispatched:2-15m done:1-6h approved_to_file:2-30h"
    " filed:2-50h",
    "dispatch.own": "new:0 confirmed_available:5-40m appointed:5-60m"
    " dispatched:10-400m done:1-30h filed:2-30h",
    "repair": "new:0 dispatched:1-10m arrived:6-26m done:20-170m closed:0",
    "repair.agreed": "new:0 dispatched:2-15m arrived:2-40h done:20-300m closed:0",
    "rework": "issued:0 returned:30-280m done:2-12d closed:4-48h",
    "service_order": "new:0 available:10-90m appointed:5-60m done:3-50h charged:5-60m"
    " closed:5-60m",
    "complaint": "received:0 confirmed:10-120m assigned:10-90m investigated:2-20h"
    " answered:4-44h handled:4-60h revisited:0 closed:1-20h filed:1-5d",
    "complaint.again": "received:0 confirmed:10-120m assigned:10-90m"
    " investigated:2-20h answered:4-44h handled:0 reopened:1-3d handled:1-4d"
    " revisited:0 closed:1-20h filed:1-5d",
    "corrective_action": "raised:0 noticed:1-20h analysed:2-20h planned:2-20h"
    " executed:1-5d accepted:2-24h told:1-20h closed:1-24h",
    "external_report": "drafted:0 submitted:4-48h followed:3-8d answered:3-15d"
    " closed:1-4d",
    "incident": "reported:0 informed:2-12m in_hand:3-20m concluded:1-12h reviewed:1-5d",
    "incident.leader_visit": "reported:0 received:2-5h",
    "revisit": "planned:0 done:4-60h closed:1-30m",
    "revisit.late": "planned:0 not_reached:4-40h done:10-50h closed:1-30m",
    "revisit.problem": "planned:0 problem_found:4-60h closed:0",
    "home_visit": "planned:0 owner_told:4-30h visited:50-90h summarised:1-2d"
    " fed_back:2-6d",
    "engineering_revisit": "planned:0 visited:2-6d closed:1-2d",
    "engineering_revisit.problem": "planned:0 visited:2-6d rectifying:4-40h"
    " accepted:3-10d told:2-24h closed:1-2d",
    "survey": "drafted:0 open:2-6d closed:14-21d analysed:2-5d reported:2-6d",
    "suggestion": "recorded:0 reported:1-3d decided:2-8d published:3-20d closed:2-10d",
    "suggestion.declined": "recorded:0 reported:1-3d decided:2-8d closed:1-3d",
    "praise": "recorded:0 verified:4-48h closed:1-3d",
    "praise.rewarded": "recorded:0 verified:4-48h decided:1-4d rewarded:3-20d"
    " closed:1-24h",
    "lost_found": "registered:0 published:2-30h claimed:1-12d closed:5-60m",
    "lost_found.unclaimed": "registered:0 published:2-30h closed:31-40d",
    "lost_found.pet": "registered:0 told:5-30m closed:5-60m",
    "letter": "recorded:0 delivered:1-50h closed:1-5d",
    "handover": "open:0 documents:30-120m inspected:40-150m agreements:20-60m"
    " paid:10-40m keys_issued:10-30m complete:10-60m",
    "inspection": "open:0 signed:20-60m defects_cleared:10-40m",
    "agreement": "draft:0 signed:5-60m",
    "lease": "draft:0 signed:5-60m",
    "revisit_agreement": "draft:0 signed:5-60m",
    "transfer": "open:0 fees_cleared:2-28h papers_seen:10-60m informed:1-6h"
    " complete:1-24h",
    "release_pass": "draft:0 verified:2-15m issued:2-10m checked_out:20-200m"
    " recovered:1-2m",
    "release_pass.refused": "draft:0 refused:5-40m",
    "card_application": "draft:0 submitted:2-10m verified:3-20m issued:5-40m"
    " signed:1-10m",
    "card_application.approval": "draft:0 submitted:2-30m verified:1-20h"
    " approved:4-40h issued:1-20h signed:1-10m",
    "card_application.rejected": "draft:0 submitted:2-30m rejected:4-40h",
    "card_application.cancelled": "draft:0 cancelled:1-20h",
    "card": "active:0",
    "card.lost": "active:0 lost:20-300d",
    "card.damaged": "active:0 damaged:10-200d",
    "card.returned": "active:0 returned:60-300d",
    "card.formatted": "active:0 returned:60-300d formatted:1-20d",
    "card.void": "active:0 lost:20-200d void:2-30d",
    "card.suspended": "active:0 suspended:20-200d",
    "card.stock": "stock:0",
    "card_review": "due:0 compiled:1-6d reconciled:1-4d closed:1-2d",
    "periodic_report": "due:0 compiled:2-6d submitted:2-20h reviewed:1-3d",
    "periodic_report.public": "due:0 compiled:2-6d submitted:2-20h reviewed:1-3d"
    " published:4-40h",
    "work_plan": "planned:0 done:26-30d closed:1-3d",
    "revisit_plan": "planned:0 done:20-28d closed:1-3d",
    "notice": "draft:0 approved:2-24h published:1-20h withdrawn:5-20d",
    "controlled_document": "draft:0 reviewed:1-4d approved:1-4d effective:1-5d",
    "procedure_review": "due:0 in_review:1-5d reported:3-8d approved:2-5d"
    " effective:1-5d",
    "arrears": "open:0 reminded:1-6d promised:1-10d settled:3-30d",
    "disclosure": "asked:0 decided:4-48h given:1-20h",
    "disclosure.withdrawn": "asked:0 decided:4-48h given:1-20h withdrawn:20-90d",
}
_STEP = re.compile(r"(\w+):(\d+)(?:-(\d+))?([mhd]?)")
_UNIT = {"": MINUTE, "m": MINUTE, "h": HOUR, "d": DAY}


@cache
def path(name: str) -> tuple[tuple[str, int, int], ...]:
    """(state, least, most seconds since the state before)."""
    found = _STEP.findall(PATHS[name])
    return tuple(
        (state, int(low) * _UNIT[unit], int(high or low) * _UNIT[unit])
        for state, low, high, unit in found
    )


@cache
def usual_length(name: str) -> int:
    """Seconds from the first state to the last, on the short side."""
    return sum((2 * low + high) // 3 for _, low, high in path(name))


def walk(rng: Random, name: str, at: int, last: str = "") -> dict[str, int]:
    """State -> moment from ``at`` on, up to ``last`` or to the end."""
    steps: dict[str, int] = {}
    for state, low, high in path(name):
        gap = low + int((high - low) * rng.random() ** 2)
        at = daytime(at + gap) if gap > 4 * HOUR else at + gap
        steps.pop(state, None)  # a state that comes twice keeps its last moment
        steps[state] = at
        if state == last:
            break
    return steps
