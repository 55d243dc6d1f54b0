"""Who lives there: invented people, how they belong to their homes, what they drive."""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Any

from models import Occupancy, ParkingSpace, Person, Unit, Vehicle
from seeds.sample.founding import Ground
from seeds.sample.words import account, full_name, identity, lists, phone, plate, say
from seeds.sample.writer import Writer

DWELLING = frozenset(("dwelling", "villa"))
LEADERS = ("committee_head", *["committee_member"] * 4, *["building_leader"] * 9)


def settle(writer: Writer, rng: Random, at: dt.datetime) -> None:
    """People for every home that was just made."""
    ground = Ground(writer, rng, at, {}, {})
    functions = [*LEADERS]
    for home in list(writer.rows.get(Unit, ())):
        if home["usage"] in DWELLING:
            owner = _household(ground, home)
            if functions and rng.random() < 0.2:
                owner["function"] = functions.pop(0)
        elif home["usage"] == "shop":
            _shop(ground, home)
    _vehicles(ground)


def _household(g: Ground, home: dict[str, Any]) -> dict[str, Any]:
    rng, living = g.rng, home["occupancy"] == "owner_living"
    owner = _person(g, "owner")
    _belongs(g, owner, home, "owner", living, main=home["occupancy"] != "let")
    if rng.random() < 0.25:
        relative = _person(g, "owner")
        _belongs(g, relative, home, "co_owner", living, kinship="配偶")
    for _ in range(rng.choices((0, 1, 2), (35, 45, 20))[0] if living else 0):
        relative = _person(g, "family")
        kinship = rng.choice(lists()["kinship"])
        _belongs(g, relative, home, "family", living, kinship=kinship)
    if home["occupancy"] == "let":
        tenant = _person(g, "tenant")
        _belongs(g, tenant, home, "tenant", living=True, main=True)
    return owner


def _shop(g: Ground, home: dict[str, Any]) -> None:
    trade = g.rng.choice(lists()["shop"])
    _belongs(g, _person(g, "owner"), home, "owner", living=False)
    merchant = _person(g, "merchant", organisation=trade)
    _belongs(g, merchant, home, "merchant", living=True, main=True)


def _person(g: Ground, kind: str, **more: Any) -> dict[str, Any]:
    rng, day = g.rng, g.at.date()
    surname, given = full_name(rng)
    row = {
        "name": surname + given,
        "salutation": surname + rng.choice(lists()["salutation"]),
        "customer_kind": kind,
        "phone": phone(rng),
        "customer_group": rng.choices(
            ("long_standing", "key", "new", "complaining"), (80, 6, 8, 6)
        )[0],
        "since": day - dt.timedelta(days=rng.randrange(300)),
        "notice_given_on": day,
        "publish_consent": rng.random() < 0.6,
        "collected_on": day,
        "checked_on": day,
    } | more
    if kind in ("owner", "tenant", "merchant"):
        row |= _card(rng)
    number = g.add(Person, **row)
    row["id"] = number
    return g.writer.rows[Person][-1]


def _card(rng: Random) -> dict[str, Any]:
    """What only the data card of an owner or tenant holds."""
    friend = "".join(full_name(rng))
    care = rng.choices(([], ["elderly_alone"], ["infant"], ["dog"]), (86, 4, 6, 4))[0]
    banked = rng.random() < 0.4
    return {
        "id_number": identity(rng),
        "emergency_name": friend,
        "emergency_phone": phone(rng),
        "bank_name": rng.choice(lists()["bank"]) if banked else None,
        "bank_account": account(rng) if banked else None,
        "care": care or None,
        "convenient_time": rng.choice(lists()["time_fit"]),
        "revisit_mode": rng.choices(("telephone", "home", "wechat"), (70, 10, 20))[0],
        "needs": say(rng, "trap", {}) if rng.random() < 0.08 else None,
    }


def _belongs(  # noqa: PLR0913, PLR0917  as many as the form has
    g: Ground,
    person: dict[str, Any],
    home: dict[str, Any],
    relation: str,
    living: bool,
    main: bool = False,
    kinship: str | None = None,
) -> None:
    g.add(
        Occupancy,
        person_id=person["id"],
        unit_id=home["id"],
        relation=relation,
        kinship=kinship,
        living=living,
        main_contact=main,
        since=person["since"],
    )


def _vehicles(g: Ground) -> None:
    """One car for most homes with a space; a few more without."""
    drivers = {
        row["unit_id"]: row["person_id"]
        for row in g.writer.rows.get(Occupancy, ())
        if row["main_contact"]
    }
    spaces = [r for r in g.writer.rows.get(ParkingSpace, ()) if r.get("unit_id")]
    for n, space in enumerate(spaces, 1):
        if space["unit_id"] in drivers:
            g.add(
                Vehicle,
                plate=plate(g.writer.project * 1000 + n),
                person_id=drivers[space["unit_id"]],
                unit_id=space["unit_id"],
                parking_space_id=space["id"],
                model=g.rng.choice(lists()["car"]),
                vehicle_licence_copied=True,
                driving_licence=identity(g.rng),
                driving_licence_copied=True,
                licence_until=g.at.date()
                + dt.timedelta(days=g.rng.randrange(900, 3000)),
                active=True,
            )
