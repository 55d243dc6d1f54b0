"""Messages in a browser: the bell, the inbox on a phone, what did not arrive."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from core.db import now, writing
from core.messages import Message, Outgoing, tell
from models import Gateway, Person
from tests.browser.conftest import DESK, PHONE, Browse
from tests.browser.guest import Guest
from tests.browser.test_within_reach import _violations
from tests.cast import Office
from tests.conftest import AsActor

pytestmark = pytest.mark.browser

WORDS = ("派工单 PG-2026-0001：转给您一件", "Dispatch PG-2026-0001: given to you")


@pytest.fixture
def told(as_actor: AsActor, office: Office) -> None:
    """Two messages for the supervisor, and a letter that never arrived."""
    with as_actor() as session, writing(session):
        supervisor = [office.staff["supervisor"]]
        tell(session, supervisor, WORDS, session.get_one(Person, office.person))
        tell(session, supervisor, ("今天下午停水" * 9, "No water"), urgent=True)
        gateway = Gateway(name="公司邮箱", reaches="mail")
        gateway.address = "smtps://mail.example.cn?from=office@example.cn"
        session.add(gateway)
        session.flush()
        letter = Outgoing(
            message_id=session.scalars(select(Message.id)).first(),
            gateway_id=gateway.id,
            topic="topic",
            recipient=str(supervisor[0]),
            parcel="parcel",
            failed_at=now(),
            error="TimeoutError",
        )
        session.add(letter)


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("width", [DESK, PHONE])
def test_the_bell_leads_to_the_message_and_the_message_to_its_record(
    browse: Browse, width: int
) -> None:
    guest = browse("supervisor", width=width)
    bell = guest.page.locator(".bell")
    expect(bell).to_have_text("消息22 条未读")
    bell.click()
    assert not guest.too_wide()
    guest.page.get_by_role("button", name=WORDS[0]).click()
    expect(guest.page).to_have_url(f"{guest.origin}/person/details/?id=1")
    expect(guest.page.locator(".bell b")).to_have_text("1")
    guest.open("/inbox/")
    guest.page.get_by_role("button", name="全部标为已读").click()
    expect(guest.page.locator(".bell b")).to_have_count(0)


@pytest.mark.usefixtures("told")
def test_what_did_not_arrive_is_sent_again_with_one_button(browse: Browse) -> None:
    guest = browse("admin")
    guest.page.get_by_role("link", name="有消息没有送达。").click()
    guest.page.get_by_role("button", name="再试一次").click()
    expect(guest.page.locator(".flash.success")).to_contain_text("再发一次")
    expect(guest.page.get_by_role("heading", name="没有送达")).to_have_count(0)


@pytest.mark.usefixtures("told")
def test_the_pages_shut_nobody_out_and_fit_a_phone(browse: Browse) -> None:
    for job, path in (("supervisor", "/inbox/"), ("admin", "/jobs/")):
        guest: Guest = browse(job)
        assert _violations(guest, path) == []
        guest = browse(job, width=PHONE)
        guest.open(path)
        assert not guest.too_wide()
