"""The office at work on its plan: what makers need, and how cases are filed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from random import Random
from typing import Any

from core.record import Case, Record, record_type
from core.states import FINAL
from seeds.sample import clocks
from seeds.sample.estate import Estate
from seeds.sample.scenes import Scene, scenes
from seeds.sample.times import DAY, HOUR, day_of, moment
from seeds.sample.trees import Node
from seeds.sample.words import fill, lists
from seeds.sample.writer import Row, Writer

CHANNELS = {
    "telephone": 58,
    "visit": 22,
    "wechat": 14,
    "patrol": 3,
    "letter": 1,
    "mail": 0.5,
    "box": 1,
    "forwarded": 0.5,
}
"""How people reach the desk, in per cent."""
RECORDERS = {
    "incident": ("control_room", "gate_guard"),
    "info_log": ("receptionist",),
    "corrective_action": ("service_supervisor",),
    "external_report": ("service_supervisor",),
    "revisit_plan": ("service_supervisor",),
    "survey": ("service_supervisor",),
    "engineering_revisit": ("service_supervisor",),
    "home_visit": ("butler",),
    "arrears": ("fee_collector", "receptionist"),
    "controlled_document": ("clerk",),
    "procedure_review": ("project_manager",),
    "work_plan": ("service_supervisor",),
    "notice": ("receptionist",),
}
"""Who writes it down, where that is not whoever sits at the desk."""


class Office:
    """One project at work; makers ask it for people, words and moments."""

    def __init__(self, writer: Writer, estate: Estate, rng: Random, until: int) -> None:
        self.writer, self.estate, self.rng, self.until = writer, estate, rng, until
        self.timing = clocks.timing(writer.session)
        self.parking_cards: list[int] = []
        self.receipts = 0

    def when(self, at: int | None) -> dt.datetime | None:
        """The moment as a row keeps it."""
        return None if at is None else moment(at, self.estate.zone)

    def reached(self, n: Node, state: str) -> dt.datetime | None:
        """When the case came to that state, if it has."""
        return self.when(n.steps.get(state))

    def day(self, n: Node, state: str) -> dt.date | None:
        """The day on which the case came to that state, if it has."""
        at = n.steps.get(state)
        return None if at is None else day_of(at)

    def say(self, name: str, n: Node | None = None) -> str:
        """One of a list of words, about that place."""
        sentence = self.rng.choice(lists()[name])
        return fill(self.rng, sentence, self.known(n)) if "{" in sentence else sentence

    def scene(self, kind: str, n: Node | None = None, **wanted: str) -> Scene:
        """One of the scenes of a kind that has these values, its holes filled."""
        among = [s for s in scenes()[kind] if wanted.items() <= s.items()]
        known = self.known(n)
        chosen = self.rng.choice(among)
        return {name: fill(self.rng, text, known) for name, text in chosen.items()}

    def chance(self, share: float) -> bool:
        """Whether it happens this time."""
        return self.rng.random() < share

    def one(self, *codes: str) -> str:
        """One of several codes, each as likely."""
        return self.rng.choice(codes)

    def staff(self, *positions: str) -> int | None:
        """Somebody in the first of these positions that anybody holds."""
        return self.estate.holder(self.rng, *positions)

    def another(self, not_this: int | None, *positions: str) -> int | None:
        """Somebody else in these positions, in turn."""
        for position in positions:
            others = [s for s in self.estate.staff.get(position, ()) if s != not_this]
            if others:
                return self.rng.choice(others)
        return None

    def name(self, staff: int | None) -> str:
        """How people speak of a colleague."""
        full = self.estate.names.get(staff or 0, "")
        return full[: 2 if full[:2] == "欧阳" else 1] + "师傅"

    def dept(self, function: str) -> int | None:
        """The department of that function."""
        places = self.estate.departments
        return places.get(function) or places.get("customer_service")

    def known(self, n: Node | None) -> Mapping[str, str]:
        """The words of the place and person; where it says nothing, any will do."""
        building = self.rng.choice(self.estate.buildings or ["1栋"])
        number = self.rng.randrange(1, 12)
        known = {
            "bldg": building,
            "lift": f"{1 + number % 9}号梯",
            "entr": f"{building}{1 + number % 2}",
            "fl": f"{number}层",
            "space": f"B1-{number * 13:03}",
            "who": "业主",
        }
        if n is not None and n.home is not None:
            known |= n.home.words()
        if n is not None and n.who is not None:
            known["who"] = n.who.salutation
        return known

    def text(self, n: Node) -> str:
        """What it is about: as its cause said it, or in new words."""
        if n.parent is not None and n.parent.text and n.matter is n.parent.matter:
            return n.parent.text
        if n.matter is None:
            return ""
        if n.matter.kind == "lost_found":
            n.extra["scene"] = self.scene("lost_found", n)
        elif n.matter.kind == "pet":
            n.extra["scene"] = {"pet": self.say("pet")}
        known = {**self.known(n), **n.extra.get("scene", {})}
        said = fill(self.rng, n.matter.content, known)
        if days := n.extra.get("again"):
            return f"{days}天前刚处理过，又来了：{said}"
        return said

    def result(self, n: Node) -> str | None:
        """How it ended, by its matter."""
        if n.matter is None or not n.matter.result:
            return None
        return fill(self.rng, n.matter.result, self.known(n))

    def contact(self, n: Node) -> str:
        """How it came in: by its matter, at night to the gate, else as usual."""
        if n.channel:
            return n.channel
        if n.matter is not None and n.matter.channel not in ("", "patrol"):
            return n.matter.channel
        names = [
            c for c in CHANNELS if n.home is not None or c in ("patrol", "forwarded")
        ]
        return self.rng.choices(names, [CHANNELS[name] for name in names])[0]

    def receipt(self) -> str:
        """The number of a pre-printed receipt."""
        self.receipts += 1
        return f"SJ{self.estate.project:02}{self.receipts:06}"

    def add(self, cls: type[Record], at: int, by: int | None, **row: Any) -> int:
        """A log entry or a line inside a case; its id."""
        created = moment(at, self.estate.zone)
        return self.writer.add(cls, created, by, **row)

    def recorder(self, n: Node) -> int | None:
        """Who was there to write it down; what follows at once, the same person."""
        above = n.parent
        if above is not None and above.slug == "reception":
            by: int | None = above.extra.get("by")
            return by
        if n.slug in RECORDERS:
            return self.staff(*RECORDERS[n.slug])
        if n.at % DAY > 18.5 * HOUR or n.at % DAY < 8 * HOUR:
            return self.staff("control_room", "gate_guard", "receptionist")
        return self.staff("receptionist", "butler")

    def file(self, n: Node, own: Row, by: int | None) -> None:
        """Gather the case and, while it is open, what is due."""
        cls = record_type(n.slug)
        assert issubclass(cls, Case)
        assert cls.flow is not None
        state = cls.flow.state(n.state)
        given = {
            "unit_id": n.home.id if n.home else None,
            "person_id": n.who.id if n.who else None,
            "channel": n.channel,
            "content": n.text or None,
            "department_id": n.department,
            "holder_id": n.holder or by,
        }
        spine: Row = {name: given[name] for name in given if name in cls.spine}
        still_open = cls.flow.is_open(n.state)
        closed = n.steps.get("closed") if n.slug == "complaint" else None
        over = closed or (n.end if state.kind == FINAL else None)
        spine |= {
            "id": n.id,
            "state": n.state,
            "open": still_open,
            "urgent": n.urgent and "urgent" in cls.spine,
            "received_at": moment(n.at, self.estate.zone),
            "source_id": n.parent.id if n.parent else None,
            "closed_at": self.when(over),
            "created_at": moment(n.at, self.estate.zone),
            "created_by_id": by,
            "updated_at": self.when(n.end) if n.end > n.at else None,
        }
        running = clocks.running(self, n, own, spine)
        self.writer.clocks += running + clocks.stopped(self, n, own, spine)
        spine["next_due_at"] = min((c["due_at"] for c in running), default=None)
        self.writer.add_case(cls, day_of(n.at), spine, own)
