"""An invented estate as rows to import: homes, households, staff, open cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from random import Random

from core.words import _
from seeds.sample.words import full_name, phone

BUILDINGS, ENTRANCES, FLOORS, ROOMS = 5, 2, 15, 4
"""Six hundred homes."""
MATTERS = (
    ("telephone", "repair", "厨房水管漏水，请派人来看。"),
    ("visit", "repair", "单元门禁刷卡没有反应。"),
    ("wechat", "repair", "楼道照明灯不亮。"),
    ("telephone", "complaint", "楼上装修超过时间，影响休息。"),
)
CASES = 20
Values = dict[str, str]
"""The key of a field -> what its cell says, or the code of a choice."""


def _buildings() -> Iterator[Values]:
    for n in range(1, BUILDINGS + 1):
        yield {
            "name": _("Building {n}", n=n),
            "code": str(n),
            "entrances": str(ENTRANCES),
            "floors": str(FLOORS),
            "households": str(ENTRANCES * FLOORS * ROOMS),
        }


def _homes() -> Iterator[Values]:
    places = product(
        range(1, BUILDINGS + 1),
        range(1, ENTRANCES + 1),
        range(1, FLOORS + 1),
        range(1, ROOMS + 1),
    )
    for building, entrance, floor, n in places:
        room = f"{floor:02}{n:02}"
        yield {
            "building_id": _("Building {n}", n=building),
            "entrance": str(entrance),
            "floor": str(floor),
            "room": room,
            "name": f"{building}-{entrance}-{room}",
            "usage": "dwelling",
            "area": ("89.60", "121.35")[n % 2],
        }


def _households() -> Iterator[Values]:
    """An owner for every home, and somebody of the family in every second."""
    rng = Random(600)
    for at, home in enumerate(_homes()):
        surname, given = full_name(rng)
        yield _living(f"{surname}{given}", "owner", home["name"], phone(rng), "yes")
        if at % 2:
            name = f"{surname}{full_name(rng)[1]}"
            yield _living(name, "family", home["name"], phone(rng), "")


def _living(name: str, kind: str, room: str, number: str, main: str) -> Values:
    return {
        "name": name,
        "customer_kind": kind,
        "phone": number,
        "occupancy.unit_id": room,
        "occupancy.relation": kind,
        "occupancy.main_contact": _("Yes") if main else _("No"),
    }


def _staff() -> Iterator[Values]:
    rng = Random(601)
    posts = ("project_manager", "service_supervisor", *["receptionist"] * 3)
    for n, position in enumerate((*posts, *["butler"] * 5), 1):
        name = "".join(full_name(rng))
        number = phone(rng)
        yield {"name": name, "code": f"{n:03}", "position": position, "phone": number}


def _cases() -> Iterator[Values]:
    rng, homes = Random(602), list(_homes())
    for n in range(CASES):
        channel, category, content = MATTERS[n % len(MATTERS)]
        yield {
            "unit_id": rng.choice(homes)["name"],
            "channel": channel,
            "category": category,
            "content": content,
        }


ROWS: dict[str, Callable[[], Iterator[Values]]] = {
    "building": _buildings,
    "unit": _homes,
    "person": _households,
    "staff": _staff,
    "reception": _cases,
}
