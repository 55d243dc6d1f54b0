"""The estate itself: departments, staff, buildings, homes, zones, outside parties."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from sqlalchemy import func, select

from core.record import Record
from models import (
    Building,
    ComplaintChannel,
    Department,
    EmergencyPlan,
    EngineeringProject,
    ExternalParty,
    FileEntry,
    ParkingSpace,
    Responsibility,
    Staff,
    Unit,
    Zone,
)
from seeds.sample.layout import (
    BLOCKS,
    CHANNELS,
    DEPARTMENTS,
    HEADS,
    MATTERS,
    PARTIES,
    PLANS,
    POSTS,
    SHOPS,
    SPACES,
    STORES,
    UNLUCKY,
    VILLAS,
)
from seeds.sample.words import lists, phone, say
from seeds.sample.writer import Writer

FEW = 100
"""A project with fewer homes gets the sample estate beside them."""


@dataclass(slots=True)
class Ground:
    """What the founding of one project works with."""

    writer: Writer
    rng: Random
    at: dt.datetime
    places: dict[str, int]
    """Department function -> id."""
    people: dict[str, int]
    """Position -> id of one who holds it."""

    def add(self, cls: type[Record], **row: Any) -> int:
        """One row more, made when the project was taken over."""
        return self.writer.add(cls, self.at, self.people.get("clerk"), **row)

    def say(self, name: str) -> str:
        """One of a list of words."""
        return say(self.rng, name, {"bldg": "3栋", "lift": "3号梯"})


def found(writer: Writer, rng: Random, at: dt.datetime) -> None:
    """Make whatever of the estate the project lacks."""
    ground = Ground(writer, rng, at, {}, {})
    _departments(ground)
    _staff(ground)
    if _homes(writer) < FEW:
        _outside(ground)
        zones = _zones(ground)
        _buildings(ground, zones)
        _spaces(ground)
        _papers(ground)


def _homes(writer: Writer) -> int:
    table = Unit.__table__
    query = select(func.count()).where(table.c.project_id == writer.project)
    return int(writer.session.connection().execute(query).scalar_one())


def _known(writer: Writer, cls: type[Record], column: str) -> dict[str, int]:
    """The project's rows by a column, the oldest of each."""
    t = cls.__table__
    query = select(t.c[column], t.c.id).where(
        t.c.project_id == writer.project, t.c.voided_at.is_(None)
    )
    rows = writer.session.connection().execute(query.order_by(t.c.id.desc()))
    return {name: number for name, number in rows if name}


def _departments(g: Ground) -> None:
    named = _known(g.writer, Department, "name")
    g.places.update({f: named[name] for f, name, *_ in DEPARTMENTS if name in named})
    g.places.update(_known(g.writer, Department, "function"))
    for function, name, level, above in DEPARTMENTS:
        if function in g.places:
            continue
        g.places[function] = g.add(
            Department,
            name=name,
            level=level,
            function=function,
            above_id=g.places.get(above),
            phone=f"120000002{len(g.places):02}",
            active=True,
        )
        if function in MATTERS:
            category, complaint = MATTERS[function]
            g.add(
                Responsibility,
                department_id=g.places[function],
                category=category,
                complaint_category=complaint,
            )


def _staff(g: Ground) -> None:
    g.people.update(_known(g.writer, Staff, "position"))
    known = set(g.people)
    wanted = [line.split() for line in POSTS.replace("\n ", " ").strip().split("\n")]
    for department, *posts in wanted:
        function = department.rstrip(":")
        for post in posts:
            position, count = post.split("*")
            if position not in known:
                for n in range(int(count)):
                    _hire(g, position, function, n)


def _hire(g: Ground, position: str, function: str, n: int) -> None:
    head = HEADS[function]
    superior = "project_manager" if position == head else head
    joined = g.at.date() - dt.timedelta(days=g.rng.randrange(30, 1500))
    number = g.add(
        Staff,
        name=g.rng.choice(lists()["surname"]) + g.rng.choice(lists()["given"]),
        code=f"P{g.writer.project:02}-{position[:3].upper()}{n + 1:02}",
        position=position,
        department_id=g.places[function],
        superior_id=g.people.get(superior),
        phone=phone(g.rng),
        duties=g.say("duty_text"),
        authority=g.say("authority_text"),
        education=g.rng.choice(("高中", "中专", "大专", "本科")),
        joined_on=joined,
        signed_on=joined,
        active=True,
    )
    g.people.setdefault(position, number)


def _outside(g: Ground) -> None:
    for n, (name, kind) in enumerate(PARTIES.items()):
        g.add(
            ExternalParty,
            project_id=g.writer.project,
            name=name,
            party_kind=kind,
            contact=g.rng.choice(lists()["surname"]) + "先生",
            phone=f"120000003{n:02}",
            service_scope=name,
        )
    for kind, value, hours in CHANNELS:
        g.add(
            ComplaintChannel,
            channel_kind=kind,
            value=value,
            contact="客服主管",
            hours=hours,
            published_on=g.at.date(),
            active=True,
        )


def _zones(g: Ground) -> list[int]:
    return [
        g.add(Zone, name=name, area=area, staff_id=butler, since=g.at.date())
        for (name, area), butler in zip(
            (
                ("东区", "1栋至3栋"),
                ("南区", "4栋至6栋"),
                ("西区", "7栋至9栋"),
                ("商业与别墅", "临街商铺、别墅"),
            ),
            _butlers(g),
            strict=False,
        )
    ]


def _butlers(g: Ground) -> list[int]:
    first = g.people["butler"]
    hired = [r["id"] for r in g.writer.rows.get(Staff, ()) if r["position"] == "butler"]
    return (hired or [first]) * 4


def _buildings(g: Ground, zones: list[int]) -> None:
    for n, (name, code, entrances, storeys, homes, unlucky) in enumerate(BLOCKS):
        count = entrances * storeys * homes
        block = _block(g, (name, code), n, count, (entrances, storeys))
        for entrance in range(1, entrances + 1):
            for storey in range(1, storeys + 1):
                label = UNLUCKY.get(storey, str(storey)) if unlucky else str(storey)
                for room in range(1, homes + 1):
                    where = (str(entrance), label, storey, f"{label:0>2}{room:02}")
                    _home(g, (block, code, name), zones[n // 3], where)
        _aside(g, block, f"{name}公共", "common_area")
    outside = zones[-1]
    villas = _block(g, ("别墅区", "V"), 9, VILLAS, (0, 3))
    for n in range(1, VILLAS + 1):
        _aside(g, villas, f"V-{n:02}", "villa", outside)
    street = _block(g, ("临街商铺", "S"), 10, SHOPS, (0, 1))
    for n in range(1, SHOPS + 1):
        _aside(g, street, f"S-{n:02}", "shop", outside)
    for n in range(1, STORES + 1):
        _aside(g, street, f"负一-储{n:02}", "storage", outside)
    _aside(g, street, "物业用房1", "management", outside)


def _block(
    g: Ground, names: tuple[str, str], n: int, homes: int, shape: tuple[int, int]
) -> int:
    return g.add(
        Building,
        name=names[0],
        code=names[1],
        position=n + 1,
        entrances=shape[0],
        floors=shape[1],
        households=homes,
        arrangement=f"{shape[0]}个单元，{shape[1]}层，共{homes}户",
        delivered_on=g.at.date() - dt.timedelta(days=200 + 30 * n),
    )


def _home(
    g: Ground,
    block: tuple[int, str, str],
    zone: int,
    where: tuple[str, str, int, str],
) -> None:
    building, code, name = block
    entrance, floor, storey, room = where
    g.add(
        Unit,
        building_id=building,
        entrance=entrance,
        floor=floor,
        floor_order=storey,
        room=room,
        name=f"{code}-{entrance}-{room}",
        spoken=f"{name}{entrance}单元{room.lstrip('0')}",
        usage="dwelling",
        area=Decimal(g.rng.randrange(6200, 14800)) / 100,
        zone_id=zone,
        delivered_on=g.at.date() - dt.timedelta(days=g.rng.randrange(30, 300)),
        occupancy=g.rng.choices(
            ("owner_living", "let", "vacant", "decorating"), (74, 16, 6, 4)
        )[0],
    )


def _aside(
    g: Ground, building: int, name: str, usage: str, zone: int | None = None
) -> None:
    """A villa, a shop, a store or a common part: no entrance, no storeys."""
    state = {"villa": "owner_living", "shop": "in_business"}.get(usage)
    g.add(
        Unit,
        building_id=building,
        room=name,
        name=name,
        spoken=name,
        usage=usage,
        area=Decimal(g.rng.randrange(3000, 26000)) / 100,
        zone_id=zone,
        occupancy=state,
    )


def _spaces(g: Ground) -> None:
    homes = [
        r["id"] for r in g.writer.rows[Unit] if r["usage"] in ("dwelling", "villa")
    ]
    owners = g.rng.sample(homes, min(SPACES, len(homes)))
    for n, home in enumerate(owners, 1):
        twin = n % 45 == 0
        tenure = g.rng.choices(("bought", "rented", "gift"), (55, 40, 5))[0]
        g.add(
            ParkingSpace,
            name=f"B1-{n:03}/{n + 500:03}" if twin else f"B1-{n:03}",
            place=f"地库{'ABCD'[n % 4]}区",
            tenure=tenure,
            unit_id=home,
            area=Decimal("26.40") if twin else Decimal("13.20"),
            active=True,
        )
    for n in range(1, 11):
        g.add(
            ParkingSpace,
            name=f"临停-{n:02}",
            place="地面北侧",
            tenure="visitor",
            active=True,
        )


def _papers(g: Ground) -> None:
    day = g.at.date()
    kinds = {"fire": "火灾", "lift_trap": "电梯困人", "water_burst": "爆管水浸"}
    kinds |= {"gas": "燃气泄漏", "storm": "台风暴雨", "medical": "医疗急救"}
    for kind in PLANS:
        g.add(
            EmergencyPlan,
            name=f"{kinds.get(kind, '治安事件')}应急预案",
            incident_kind=kind,
            steps=g.say("emergency_step"),
            contacts=g.say("emergency_contact"),
            commander_id=g.people["project_manager"],
            evacuation=g.say("emergency_evacuation"),
            reviewed_on=day,
        )
    for n, name in enumerate(lists()["file_name"]):
        classes = ("owners", "contracts", "facilities", "safety", "facilities")
        g.add(
            FileEntry,
            document_class=(*classes, "finances", "other", "other", "owners", "other")[
                n
            ],
            name=name,
            file_number=f"DA-{n + 1:03}",
            dated_on=day,
            filed_on=day,
            place="档案室A柜",
            keeper_id=g.people["clerk"],
        )
    for name in lists()["eng_project"]:
        g.add(
            EngineeringProject,
            name=name,
            work_kind=g.rng.choice(("building", "municipal", "decoration")),
            scale=g.say("eng_scale"),
            place=name[:2],
            department_id=g.places["engineering"],
            started_on=day - dt.timedelta(days=90),
            accepted_on=day,
        )
