"""A call about a leak from its beginning to its end, as the real roles."""

from __future__ import annotations

from tests.lives import Life


def test_a_call_about_a_leak_becomes_a_repair_and_closes_with_it(life: Life) -> None:
    call = life.write(
        "receptionist",
        "reception",
        category="repair",
        content="厨房水管漏水",
        channel="telephone",
        **life.at_home(),
    )
    assert life.case("reception", call).state == "dispatched"
    (job,) = life.caused(call, "repair")
    life.does(
        "receptionist",
        "repair",
        job,
        "dispatch",
        **life.given_to("handler"),
    )
    life.does("handler", "repair", job, "arrive")
    status, text = life.move("handler", "repair", job, "finish")
    assert status == 400
    life.does("handler", "repair", job, "finish", result="换了角阀")
    (visit,) = life.caused(job, "revisit")
    status, text = life.move("receptionist", "repair", job, "close")
    assert status == 409, text
    assert life.case("revisit", visit).number in text
    assert life.revisits(job) == visit
    assert life.case("revisit", visit).state == "closed"
    assert life.case("repair", job).revisited_at
    life.does(
        "receptionist", "repair", job, "reply", channel="telephone", content="修好了"
    )
    life.does("receptionist", "repair", job, "close")
    assert life.case("reception", call).state == "done"
    life.does(
        "receptionist", "reception", call, "close", result="已修好", answer="已告知"
    )
    assert life.case("reception", call).closed_at
