"""Which cases there will be: trees of a first contact and all that it causes."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate
from random import Random
from typing import Any

from core.record import Case, record_type
from seeds.sample.estate import Estate, Home, Resident
from seeds.sample.paths import PATHS, usual_length, walk
from seeds.sample.times import DAY, HOUR, MINUTE, Arrivals, day_of
from seeds.sample.words import Matter, matters

CATEGORIES = {
    "repair": 42,
    "other": 36,
    "service": 7,
    "after_sales": 6,
    "complaint": 5,
    "suggestion": 2.5,
    "praise": 1.5,
}
"""What people come with, in per cent."""
SLOW = frozenset(("complaint", "suggestion", "praise", "after_sales"))
ROOTS = {
    "reception": 560,
    "release_pass": 115,
    "card_application": 70,
    "dispatch": 60,
    "info_log": 45,
    "repair": 25,
    "revisit": 25,
    "home_visit": 22,
    "arrears": 20,
    "letter": 18,
    "agreement": 15,
    "lease": 14,
    "card": 6,
    "transfer": 6,
    "notice": 6,
    "handover": 5,
    "lost_found": 5,
    "engineering_revisit": 4,
    "revisit_agreement": 4,
    "incident": 3,
    "disclosure": 3,
    "inspection": 2,
    "external_report": 2,
    "corrective_action": 2,
}
"""How often each kind of case begins by itself, beside the recurring duties."""
VARIANTS = {
    "release_pass": (("release_pass", 97), ("release_pass.refused", 3)),
    "card_application": (
        ("card_application", 76),
        ("card_application.approval", 18),
        ("card_application.rejected", 3),
        ("card_application.cancelled", 3),
    ),
    "card": (("card.stock", 100),),
    "issued_card": (
        ("card", 84),
        ("card.lost", 6),
        ("card.damaged", 4),
        ("card.returned", 2),
        ("card.formatted", 1),
        ("card.void", 2),
        ("card.suspended", 1),
    ),
    "dispatch": (("dispatch", 45), ("dispatch.own", 45), ("dispatch.urgent", 10)),
    "repair": (("repair", 86), ("repair.agreed", 14)),
    "incident": (("incident", 90), ("incident.leader_visit", 10)),
    "engineering_revisit": (
        ("engineering_revisit", 70),
        ("engineering_revisit.problem", 30),
    ),
    "lost_found": (("lost_found", 80), ("lost_found.unclaimed", 20)),
    "suggestion": (("suggestion", 70), ("suggestion.declined", 30)),
    "praise": (("praise", 75), ("praise.rewarded", 25)),
    "complaint": (("complaint", 95), ("complaint.again", 5)),
    "disclosure": (("disclosure", 90), ("disclosure.withdrawn", 10)),
    "revisit": (("revisit", 62), ("revisit.late", 34), ("revisit.problem", 4)),
    "periodic_report": (("periodic_report", 60), ("periodic_report.public", 40)),
}
HOMELESS = frozenset("incident notice engineering_revisit external_report".split())


@dataclass(slots=True, eq=False)
class Node:
    """One record to come: when it reached which state, where, and what caused it."""

    slug: str
    path: str
    steps: dict[str, int]
    parent: Node | None = None
    kind: str = ""
    matter: Matter | None = None
    home: Home | None = None
    who: Resident | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    id: int = 0
    text: str = ""
    channel: str | None = None
    department: int | None = None
    holder: int | None = None
    urgent: bool = False

    @property
    def at(self) -> int:
        """When it began."""
        return next(iter(self.steps.values()))

    @property
    def state(self) -> str:
        """Where it stands."""
        return next(reversed(self.steps))

    @property
    def end(self) -> int:
        """When it came to where it stands."""
        return next(reversed(self.steps.values()))


Tree = list[Node]


class Planner:
    """Draws trees; every draw comes from one generator, so a seed repeats them."""

    def __init__(self, rng: Random, estate: Estate, arrivals: Arrivals) -> None:
        self.rng, self.estate, self.arrivals = rng, estate, arrivals
        self.until = arrivals.until
        count = max(1, len(estate.homes) // 10)
        self.busy = rng.sample(estate.homes, min(count, len(estate.homes)))
        self.names = list(ROOTS)
        self.sums = list(accumulate(ROOTS.values()))
        self.build: dict[str, Callable[[int], Tree]] = {
            "reception": self.reception,
            "card_application": self.card_application,
            "handover": self.handover,
            "repair": self.patrol,
        }

    def any_tree(self) -> Tree:
        """A tree of any kind, by how often each begins."""
        place = bisect(self.sums, self.rng.random() * self.sums[-1])
        return self.tree(self.names[min(place, len(self.names) - 1)])

    def tree(self, slug: str) -> Tree:
        """A tree that begins with that kind and is over by now."""
        at = self._begin(slug)
        nodes = self.build[slug](at) if slug in self.build else [self.single(slug, at)]
        return self.squeezed(nodes)

    def answered(self) -> Tree:
        """The smallest tree: a question answered at the desk."""
        at = self.arrivals.draw(self.rng, self.until - HOUR // 2)
        node = self.node("reception", at, "reception")
        self._place(node, self.matter("other", at, "inquiry"))
        return self.squeezed([node])

    def squeezed(self, nodes: Tree) -> Tree:
        """The tree over by now: what would take longer went faster."""
        begin, end = nodes[0].at, max(node.end for node in nodes)
        room = self.until - MINUTE - begin
        if end - begin > room:
            share = room * (0.7 + 0.3 * self.rng.random()) / (end - begin)
            for node in nodes:
                for state, at in node.steps.items():
                    node.steps[state] = begin + int((at - begin) * share)
        return nodes

    def node(self, slug: str, at: int, path: str = "", last: str = "") -> Node:
        """A node walked along a path, by default one of its kind's."""
        path = path or self.variant(slug)
        return Node(slug, path, walk(self.rng, path, at, last))

    def variant(self, slug: str) -> str:
        """One of the ways a kind of case may go."""
        choices = VARIANTS.get(slug, ((slug, 1),))
        return self.rng.choices(
            [name for name, _ in choices], [share for _, share in choices]
        )[0]

    def single(self, slug: str, at: int) -> Node:
        """A case that nothing caused and that causes nothing."""
        node = self.node(slug, at)
        if slug not in HOMELESS:
            self.move_in(node)
        return node

    def caused(self, parent: Node, slug: str, at: int, path: str = "") -> Node:
        """A case that another one caused: the same home, person and matter."""
        node = self.node(slug, at, path)
        node.parent, node.matter = parent, parent.matter
        node.home, node.who = parent.home, parent.who
        return node

    def reception(self, at: int, category: str = "") -> Tree:
        """Somebody comes to the desk or calls it."""
        category = category or self._category(at)
        matter = self.matter(category, at)
        if category != "other":
            return self._passed(at, matter)
        later = matter.kind == "other" and self.rng.random() < 0.6
        root = self.node("reception", at, "reception.later" if later else "reception")
        self._place(root, matter)
        if matter.kind not in ("lost_found", "pet"):
            return [root]
        path = "lost_found.pet" if matter.kind == "pet" else ""
        found = self.caused(root, "lost_found", at + 2 * MINUTE, path)
        return self._handed_on(root, [found])

    def _passed(self, at: int, matter: Matter) -> Tree:
        root = self.node("reception", at, "reception.passed", "dispatched")
        self._place(root, matter)
        begin = root.end + MINUTE
        match matter.category:
            case "repair":
                below = self._revisited(self.caused(root, "repair", begin))
            case "complaint":
                below = self.complaint(root, begin)
            case "service":
                below = self._revisited(self.caused(root, "service_order", begin))
            case "after_sales":
                below = [self.caused(root, "rework", begin)]
            case other:
                below = [self.caused(root, other, begin)]
        return self._handed_on(root, below)

    def _handed_on(self, root: Node, below: Tree) -> Tree:
        """It closes when everything that it caused is closed."""
        done = max(node.end for node in below) + MINUTE
        root.path = "reception.passed"
        begin = root.at
        root.steps = {
            "registered": begin,
            "dispatched": below[0].at - MINUTE,
            "done": done,
            "closed": done + self.rng.randrange(10, 300) * MINUTE,
        }
        return [root, *below]

    def patrol(self, at: int) -> Tree:
        """A repair that a patrol found."""
        node = self.node("repair", at)
        node.channel = "patrol"
        node.matter = self.matter("repair", at, place="common")
        return self._revisited(node)

    def _revisited(self, node: Node) -> Tree:
        """The case, its revisit, and what the revisit brings to light."""
        begin = node.steps["done"] + self.rng.randrange(1, 30) * MINUTE
        visit = self.caused(node, "revisit", begin)
        below = [visit]
        if visit.path == "revisit.problem":
            fixed = self.caused(visit, "corrective_action", visit.end + HOUR)
            visit.steps["closed"] = fixed.end + HOUR
            below.append(fixed)
        node.steps["closed"] = max(node.end, visit.end + MINUTE)
        return [node, *below]

    def complaint(self, parent: Node, at: int) -> Tree:
        """A complaint with its revisits and whatever else it needed."""
        node = self.caused(parent, "complaint", at)
        begin = node.steps["handled"] + 2 * HOUR
        visit = self.caused(node, "revisit", begin, self._visit_path())
        below = [visit]
        if "reopened" in node.steps:
            first = self.caused(
                node, "revisit", node.steps["answered"] + HOUR, "revisit"
            )
            first.extra["satisfaction"] = "dissatisfied"
            below.insert(0, first)
        node.steps["revisited"] = visit.steps["done"] + MINUTE
        if extra := self._consequence(node):
            below.append(extra)
        last = max(n.end for n in below) + HOUR
        node.steps["closed"] = last + self.rng.randrange(1, 20) * HOUR
        node.steps["filed"] = node.steps["closed"] + self.rng.randrange(1, 5) * DAY
        if self.until - node.steps["filed"] < 20 * DAY:
            del node.steps["filed"]  # kept at hand for a while
        return [node, *below]

    def _visit_path(self) -> str:
        return "revisit.late" if self.rng.random() < 0.35 else "revisit"

    def _consequence(self, node: Node) -> Node | None:
        kind = node.matter.kind if node.matter else ""
        begin = node.steps["investigated"] + HOUR
        if kind == "developer":
            return self.caused(node, "rework", begin)
        if kind == "other" and self.rng.random() < 0.4:
            return self.caused(node, "external_report", begin)
        if self.rng.random() < 0.12:
            return self.caused(node, "corrective_action", begin)
        return None

    def card_application(self, at: int) -> Tree:
        """An application and the card that came of it."""
        node = self.single("card_application", at)
        if self.rng.random() < 0.3:
            self.move_in(node, "parked")
        if "issued" not in node.steps:
            return [node]
        path = self.variant("issued_card")
        card = self.caused(node, "card", node.steps["issued"], path)
        inside = {s: t for s, t in card.steps.items() if t < self.until}
        card.steps = inside or {"active": self.until - MINUTE}
        card.path = path
        return [node, card]

    def handover(self, at: int) -> Tree:
        """A handover with its inspection, its agreement and a defect to rework."""
        node = self.single("handover", at)
        seen = self.caused(node, "inspection", node.steps["documents"] + 5 * MINUTE)
        fixed = self.caused(seen, "rework", seen.steps["signed"] + HOUR)
        fixed.matter = self.matter("after_sales", at)
        seen.steps["defects_cleared"] = fixed.end + HOUR
        signed = self.caused(node, "agreement", node.steps["agreements"] - 5 * MINUTE)
        signed.kind = "bank_collection"
        return [node, seen, signed, fixed]

    def again(self, tree: Tree) -> Tree | None:
        """The same home with the same matter within a week."""
        root = tree[0]
        at = root.end + self.rng.randrange(1, 7) * DAY
        if root.matter is None or root.matter.category != "repair":
            return None
        if at > self.until - 2 * DAY:
            return None
        nodes = self._passed(at, root.matter)
        for node in nodes:
            node.home, node.who = root.home, root.who
        nodes[0].extra["again"] = max(1, (at - root.end) // DAY)
        return self.squeezed(nodes)

    def matter(self, category: str, at: int, kind: str = "", place: str = "") -> Matter:
        """A matter of the season."""
        chosen, sums = _in_season(category, day_of(at).month, kind, place)
        return chosen[min(bisect(sums, self.rng.random() * sums[-1]), len(sums) - 1)]

    def _begin(self, slug: str) -> int:
        """When a tree begins; slow kinds only where there is time to end."""
        path = slug if slug in PATHS else self.variant(slug)
        room = HOUR if slug == "reception" else max(HOUR, usual_length(path))
        return self.arrivals.draw(self.rng, self.until - room)

    def _category(self, at: int) -> str:
        age = self.until - at
        names = [
            name
            for name in CATEGORIES
            if age > 6 * DAY or (age > DAY and name not in SLOW) or name == "other"
        ]
        return self.rng.choices(names, [CATEGORIES[name] for name in names])[0]

    def _place(self, node: Node, matter: Matter) -> None:
        node.matter = matter
        if matter.channel == "patrol" and self.rng.random() < 0.35:
            node.channel = "patrol"
            return
        if matter.place != "common" or self.rng.random() < 0.7:
            self.move_in(node, {"shop": "shop", "parking": "parked"}.get(matter.place))

    def move_in(self, node: Node, where: str | None = None) -> None:
        """A tenth of the homes is behind two fifths of everything."""
        estate, rng = self.estate, self.rng
        among = {"shop": estate.shops, "parked": estate.parked}.get(where or "")
        if not among:
            among = self.busy if rng.random() < 0.33 else estate.homes
        if among:
            node.home = rng.choice(among)
            people = node.home.people
            node.who = people[0] if rng.random() < 0.8 else rng.choice(people)


@cache
def _in_season(
    category: str, month: int, kind: str, place: str
) -> tuple[tuple[Matter, ...], list[int]]:
    chosen = tuple(
        m
        for m in matters()
        if m.category == category
        and month in m.months
        and kind in ("", m.kind)
        and place in ("", m.place)
    )
    return chosen, list(accumulate(m.weight for m in chosen))


def is_case(slug: str) -> bool:
    """Whether that kind counts among the cases asked for."""
    return issubclass(record_type(slug), Case)
