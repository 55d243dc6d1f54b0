"""What is still open: a desk's usual backlog, one of nearly every kind and state."""

from __future__ import annotations

from functools import cache

from core.moves import Facts
from rules.homes import agreements_next
from seeds.sample.clocks import DUE_DAY
from seeds.sample.paths import PATHS, path, walk
from seeds.sample.times import DAY, HOUR, MINUTE, day_of, daytime, moment
from seeds.sample.trees import HOMELESS, Node, Planner, Tree

OPEN = """
reception/repair dispatched 0.3
reception registered 0.4
release_pass issued 1.5
reception/complaint received 0.8
reception/repair arrived 1.2
complaint assigned 20
reception/repair/revisit planned 50
card_application verified 22
reception/rework issued 3
dispatch dispatched 26 control_centre
info_log open 2 gate
complaint answered 200 major
rework returned 230
arrears promised 400
reception done 24
complaint revisited 220 forwarded
repair arrived 215 parts
reception/complaint/revisit planned 130
complaint reopened 250
complaint investigated 44 promised
periodic_report submitted 100
notice draft 6
release_pass issued 27
transfer papers_seen 26
suggestion reported 210
corrective_action planned 75
card_application submitted 2
service_order charged 27
repair/revisit not_reached 75 head
handover inspected 3
inspection signed 500
dispatch done 50 engineering
dispatch approved_to_file 60 finance
info_log dispatched 30
external_report submitted 290
incident concluded 40
periodic_report due 30
work_plan planned 250
revisit_plan planned 140
home_visit planned 20
engineering_revisit rectifying 190
survey open 200
lost_found published 760
letter recorded 4
praise recorded 20
disclosure asked 5
arrears open 40
card_review compiled 90
procedure_review in_review 100
controlled_document reviewed 50
"""
"""Chain of kinds, the state of the last one, hours since it began, a mark."""
FROM_MATTER = {
    "repair": "repair",
    "complaint": "complaint",
    "rework": "after_sales",
    "service_order": "service",
    "suggestion": "suggestion",
    "praise": "praise",
    "inspection": "after_sales",
}
WAITS = {"reception": "dispatched", "repair": "done", "complaint": "handled"}
"""Where a case stands that waits for what it caused."""


def backlog(planner: Planner, cases: int) -> list[Tree]:
    """Open trees with at most that many cases between them."""
    found: list[Tree] = []
    for line in OPEN.strip().splitlines():
        chain, state, hours, *marks = line.split()
        slugs = chain.split("/")
        if len(slugs) <= cases:
            tree = _tree(planner, slugs, state, float(hours))
            tree[-1].extra.update(dict.fromkeys(marks, True))
            if slugs == ["handover"]:
                tree += _drawn_up(planner, tree[-1])
            cases -= len(tree)
            found.append(tree)
    return found


def _tree(planner: Planner, slugs: list[str], state: str, hours: float) -> Tree:
    begin = planner.until - int(hours * HOUR)
    if hours >= 20:
        begin = daytime(begin)
    nodes: Tree = []
    at = begin
    for slug in slugs:
        last = state if slug is slugs[-1] else WAITS[slug]
        name = _path(slug, last)
        node = Node(slug, name, walk(planner.rng, name, at, last))
        if nodes:
            parent = nodes[-1]
            node.parent, node.matter = parent, parent.matter
            node.home, node.who = parent.home, parent.who
        else:
            _begin(planner, node, slugs)
        if slug in DUE_DAY:
            node.extra["due"] = day_of(planner.until + 2 * DAY)
        nodes.append(node)
        at = node.end + 2 * MINUTE
    return planner.squeezed(nodes)


def _drawn_up(planner: Planner, handover: Node) -> Tree:
    """The drafts of agreements that the step to where it stands brought about."""
    home, zone = handover.home, planner.estate.zone
    spaces = [{"active": True, "tenure": home.tenure}] if home else []
    row = {"holder_id": None, "person_id": None}
    facts = Facts(
        row,
        moment(handover.end, zone),
        at_home=lambda slug: spaces if slug == "parking_space" else (),
    )
    drafts = []
    for cause in agreements_next(facts):
        draft = planner.caused(handover, cause.slug, handover.end)
        draft.steps = {"draft": handover.end}
        draft.kind = cause.values["agreement_kind"]
        drafts.append(draft)
    return drafts


@cache
def _path(slug: str, state: str) -> str:
    """The first way of that kind which comes through that state."""
    ways = [name for name in PATHS if name.split(".")[0] == slug]
    if slug == "reception" and state == "dispatched":
        return "reception.passed"
    if slug == "card_application" and state == "verified":
        return "card_application.approval"
    return next(name for name in ways if state in [step for step, _, _ in path(name)])


def _begin(planner: Planner, node: Node, slugs: list[str]) -> None:
    """Where it happened and what it is about, by the kind that matters."""
    about = next((FROM_MATTER[s] for s in slugs if s in FROM_MATTER), "")
    if not about and node.slug == "reception":
        about = "other"
    if about:
        kind = "other" if about == "other" else ""
        node.matter = planner.matter(about, node.at, kind)
    if node.slug not in HOMELESS:
        where = node.matter.place if node.matter else ""
        planner.move_in(node, {"shop": "shop", "parking": "parked"}.get(where))
