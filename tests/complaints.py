"""Complaints brought to any step of their way, by those who do it every day."""

from __future__ import annotations

from typing import Any

from tests.lives import Life

WAY = ("received", "confirmed", "assigned", "investigated", "answered", "handled")


def complain(life: Life, state: str = "received", **more: Any) -> int:
    """A complaint of the household, brought to that step; its id."""
    told = {"content": "楼道灯坏了一周没人修", "category": "equipment"}
    values = {"channel": "telephone", **told, **life.at_home(), **more}
    key = life.write("receptionist", "complaint", **values)
    bring(life, key, state)
    return key


def bring(life: Life, key: int, state: str) -> None:
    """Take a complaint on to that step."""
    while life.state("complaint", key) != state:
        on(life, key)


def on(life: Life, key: int) -> None:
    """The next ordinary step of a complaint."""
    job, code, values = {
        "received": ("supervisor", "confirm", {}),
        "confirmed": ("supervisor", "assign", life.given_to("handler")),
        "reopened": ("supervisor", "assign", life.given_to("handler")),
        "assigned": ("handler", "investigate", {"facts": "灯管老化"}),
        "investigated": (
            "handler",
            "answer_remedy",
            {"remedial_measure": "当晚换灯", "corrective_measure": "每周巡灯"},
        ),
        "answered": ("handler", "handle", {"result": "灯已换好"}),
        "handled": ("", "", {}),
    }[life.state("complaint", key)]
    if code:
        life.does(job, "complaint", key, code, **values)
    else:
        life.revisits(key)


def settle(life: Life, key: int) -> None:
    """Whatever else an ordinary complaint needs before it is closed."""
    told = {"channel": "telephone", "content": "灯已修好"}
    life.does("receptionist", "complaint", key, "reply", **told)
    life.does("receptionist", "complaint", key, "sign", signed_by="王建国")
