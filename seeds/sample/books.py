"""Meetings and the books that are kept every day."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from models import (
    BoxCollection,
    BoxItem,
    Conduct,
    DailyLog,
    MaterialMovement,
    Meeting,
    MeetingAction,
    OutsideVisit,
    ShiftHandover,
)
from seeds.sample.office import Office
from seeds.sample.times import day_of
from seeds.sample.trees import Node
from seeds.sample.words import lists


def meeting(o: Office, n: Node, by: int | None) -> None:
    """A meeting and what came of it."""
    kind = n.kind or "regular"
    held, chair = day_of(n.at), o.staff("service_supervisor")
    scene = o.scene("meeting", meeting_kind=kind)
    number = o.add(
        Meeting,
        n.at,
        by,
        meeting_kind=kind,
        subject=scene["subject"],
        held_on=held,
        started=o.one("09:30", "14:30", "19:00"),
        place=o.say("meeting_place"),
        department_id=o.dept("customer_service"),
        chair_id=chair,
        recorder_id=o.staff("receptionist"),
        participants="客服、工程、秩序、环境各一人",
        topics=["complaints", o.one("cases", "revisits", "opinions")],
        agenda=scene["agenda"],
        solutions=scene["solutions"],
    )
    due = held + dt.timedelta(days=14)
    over = due < day_of(o.until)
    o.add(
        MeetingAction,
        n.at,
        by,
        meeting_id=number,
        matter=scene["action"],
        department_id=o.dept(o.one("engineering", "security", "customer_service")),
        responsible_id=chair,
        due_on=due,
        result="已落实" if over else None,
        done_on=due if over else None,
    )


def daily_log(o: Office, n: Node, by: int | None) -> None:
    """A page of the daily record or of a diary."""
    diary = o.chance(0.2)
    writer = o.staff("service_supervisor" if diary else "receptionist")
    o.add(
        DailyLog,
        n.at,
        writer,
        sheet="diary" if diary else "daily_record",
        day=day_of(n.at),
        writer_id=writer,
        content=o.say("diary_item" if diary else "daily_item"),
        unfinished=o.say("unfinished") if o.chance(0.3) else None,
    )


def shift_handover(o: Office, n: Node, by: int | None) -> None:
    """What the desk tells the guard, and he the desk."""
    desk, guard = o.staff("receptionist"), o.staff("gate_guard")
    chosen = o.rng.sample(lists()["handover_item"], 3)
    told = "".join(mark + text[1:] for mark, text in zip("①②③", chosen, strict=True))
    at = n.at + 9 * 3600
    at = at if at < o.until else n.at
    o.add(
        ShiftHandover,
        at,
        desk,
        handed_at=o.when(at),
        shift=o.one("early", "late", "night"),
        receptionist_id=desk,
        guard_id=guard,
        content=told,
        receptionist_agreed=True,
        guard_agreed=True,
    )


def box_collection(o: Office, n: Node, by: int | None) -> None:
    """The complaint box emptied."""
    count = o.rng.choice((0, 1, 1, 2, 3))
    number = o.add(
        BoxCollection,
        n.at,
        by,
        collected_on=day_of(n.at),
        complaint_channel_id=o.estate.box,
        place=o.say("box_place"),
        collected_by_id=by,
        item_count=count,
        handed_to_id=o.staff("project_manager"),
        handed_on=day_of(n.at),
    )
    for _ in range(count):
        content = o.say("box_item")
        o.add(BoxItem, n.at, by, box_collection_id=number, content=content)


def outside_visit(o: Office, n: Node, by: int | None) -> None:
    """Visitors to the office."""
    kind = o.one("peer", "authority", "other")
    o.add(
        OutsideVisit,
        n.at,
        by,
        visited_at=o.when(n.at),
        visit_kind=kind,
        visitors=o.say("outside_visitors"),
        head_count=o.rng.randrange(1, 8),
        organisation=o.say("outside_organisation"),
        host_id=o.staff("service_supervisor"),
        purpose=o.say("outside_purpose"),
        notes=o.say("outside_note"),
    )


def material_movement(o: Office, n: Node, by: int | None) -> None:
    """Materials in and out of the store."""
    o.add(
        MaterialMovement,
        n.at,
        by,
        item=o.say("material"),
        movement=o.one("out", "out", "out", "in", "back", "count"),
        quantity=Decimal(o.rng.randrange(1, 10)),
        measure="个",
        moved_on=day_of(n.at),
        taken_by_id=o.staff("repairman", "electrician"),
        department_id=o.dept("engineering"),
        kept_by_id=o.staff("clerk"),
        purpose=o.say("material_purpose"),
        balance=Decimal(o.rng.randrange(5, 120)),
    )


def conduct(o: Office, n: Node, by: int | None) -> None:
    """A reward or a reprimand."""
    good = o.chance(0.7)
    o.add(
        Conduct,
        n.at,
        o.staff("project_manager"),
        decided_on=day_of(n.at),
        staff_id=o.staff("gate_guard", "repairman"),
        measure=o.one("commendation", "reward") if good else "criticism",
        summary=o.rng.choice(lists()["conduct_good" if good else "conduct_bad"]),
        reward_form="honour" if good else None,
        decided_by_id=o.staff("project_manager"),
        published_on=day_of(n.at),
    )


LOGS = {
    "meeting": meeting,
    "daily_log": daily_log,
    "shift_handover": shift_handover,
    "box_collection": box_collection,
    "outside_visit": outside_visit,
    "material_movement": material_movement,
    "conduct": conduct,
}
