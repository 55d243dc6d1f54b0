"""The whole plan of an office's years: every record to come, in the order of time."""

from __future__ import annotations

from operator import attrgetter

from sqlalchemy.orm import Session

from seeds.sample import duties
from seeds.sample.backlog import backlog
from seeds.sample.trees import ROOTS, Node, Planner, Tree, is_case

MOST_OPEN = 64


def plan(session: Session, planner: Planner, cases: int) -> list[Node]:
    """Exactly that many cases and the logs beside them, oldest first."""
    nodes: list[Node] = []
    left = cases
    for tree in backlog(planner, min(MOST_OPEN, cases // 3)):
        nodes += tree
        left -= len(tree)
    recurring = [
        *duties.recurring(session, planner, cases),
        *duties.documents(planner, cases),
    ]
    for node in recurring:
        if not is_case(node.slug):
            nodes.append(node)
        elif left > cases // 2:
            nodes.append(node)
            left -= 1
    for slug in ROOTS:
        left -= _take(nodes, planner.tree(slug), left)
    while left > 0:
        tree = planner.any_tree()
        if len(tree) > left:
            tree = planner.answered()
        left -= _take(nodes, tree, left)
        if tree[0].path == "reception.passed" and planner.rng.random() < 0.06:
            left -= _take(nodes, planner.again(tree), left)
    nodes += duties.logs(planner, cases)
    return sorted(nodes, key=attrgetter("at"))


def _take(nodes: list[Node], tree: Tree | None, left: int) -> int:
    """Add the tree where there is room for all of it; how many cases that were."""
    if tree is None or len(tree) > left:
        return 0
    nodes += tree
    return len(tree)
