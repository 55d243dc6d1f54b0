"""What people see of messages: the bell, their inbox, and what did not arrive."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from core.db import now, writing
from core.messages import Message, Notice, Outgoing, put, tell
from models import Gateway, Person, Staff
from tests.cast import Office
from tests.conftest import AsActor, Client

pytestmark = pytest.mark.once

WORDS = ("投诉 TS-2026-0001 已转给您", "Complaint TS-2026-0001 is passed to you")


@pytest.fixture
def told(as_actor: AsActor, office: Office) -> list[int]:
    """A message about a person and one about nothing, for the receptionist."""
    with as_actor() as session, writing(session):
        person = session.get_one(Person, office.person)
        staff = [office.staff["receptionist"]]
        tell(session, staff, WORDS, person, urgent=True)
        tell(session, staff, ("今天下午停水", "No water this afternoon"))
        return list(session.scalars(select(Message.id).order_by(Message.id)))


def bell(text: str) -> str:
    """The number on the bell."""
    found = re.search(r'class="bell".*?</a>', text, re.DOTALL)
    assert found
    return "".join(re.findall(r"<b[^>]*>([\d+]+)</b>", found[0]))


def test_the_bell_counts_what_is_unread_and_the_inbox_opens_it(
    told: list[int], client: Client, office: Office
) -> None:
    visitor = client("receptionist")
    page = visitor.get("/inbox/")
    assert bell(page.text) == "2"
    assert page.text.index("今天下午停水") < page.text.index(WORDS[0])
    assert page.text.count('class="fresh"') == 2
    answer = visitor.post("/inbox/open", id=told[0])
    assert answer.location == f"/person/details/?id={office.person}"
    assert bell(visitor.get("/").text) == "1"
    assert visitor.post("/inbox/open", id=told[1]).location == "/inbox/"
    page = visitor.get("/inbox/")
    assert bell(page.text) == ""
    assert "全部标为已读" not in page.text


def test_everything_is_marked_as_read_at_once(told: list[int], client: Client) -> None:
    visitor = client("receptionist")
    visitor.post("/language", language="en")
    assert WORDS[1] in visitor.get("/inbox/").text
    assert visitor.post("/inbox/read").location == "/inbox/"
    assert "0 unread" in visitor.get("/inbox/").text


def test_an_inbox_is_nobody_elses(told: list[int], client: Client) -> None:
    for job in ("supervisor", "admin", "outsider"):
        visitor = client(job)
        assert WORDS[0] not in visitor.get("/inbox/").text
        for key in (*told, 0, "x", "9" * 30):
            assert visitor.post("/inbox/open", id=key).status_code == 404
        visitor.post("/inbox/read")
    assert bell(client("receptionist").get("/").text) == "2"


def test_opening_writes_only_by_post(told: list[int], client: Client) -> None:
    visitor = client("receptionist")
    for path in ("/inbox/open", "/inbox/read"):
        assert visitor.get(path, id=told[0]).status_code == 405
    assert bell(visitor.get("/").text) == "2"


def test_long_inboxes_have_pages(
    as_actor: AsActor, office: Office, client: Client
) -> None:
    with as_actor() as session, writing(session):
        for n in range(120):
            notice = Notice(f"topic/{n}", (f"第 {n} 件。", f"No. {n}."))
            put(session, [(notice, office.staff["guard"])], now())
    visitor = client("guard")
    seen, path = [], "/inbox/"
    while path:
        text = visitor.get(path).text
        seen += re.findall(r"第 (\d+) 件", text)
        more = re.search(r'rel="next" href="([^"]+)"', text)
        path = more[1] if more else ""
    assert seen == [str(n) for n in reversed(range(120))]
    assert bell(text) == "99+"


def test_a_message_is_one_line_of_bounded_length(
    as_actor: AsActor, office: Office
) -> None:
    with as_actor() as session, writing(session):
        tell(session, [office.staff["guard"]], ("一\n二\r\n三" * 300, "x"))
        words = session.scalars(select(Message.words_zh)).one()
    assert words.startswith("一 二 三")
    assert len(words) == 400


@pytest.fixture
def given_up(as_actor: AsActor, office: Office) -> int:
    """A letter to the supervisor that no server took."""
    with as_actor() as session, writing(session):
        gateway = Gateway(name="公司邮箱", reaches="mail")
        gateway.address = "smtps://office:geheim-4@smtp.example.cn?from=o@example.cn"
        session.add(gateway)
        session.get_one(Staff, office.staff["supervisor"]).email = "s@example.cn"
        key = office.staff["supervisor"]
        put(session, [(Notice("topic", WORDS), key)], now())
        session.flush()
        made = Outgoing(
            message_id=session.scalars(select(Message.id)).one(),
            gateway_id=gateway.id,
            topic="topic",
            recipient=str(key),
            parcel="parcel",
            attempts=7,
            failed_at=now(),
            error="SMTPAuthenticationError",
        )
        session.add(made)
        session.flush()
        return made.id


def test_what_did_not_arrive_is_told_in_words_and_tried_again(
    given_up: int, client: Client
) -> None:
    admin = client("admin")
    text = admin.get("/jobs/").text
    for words in ("公司邮箱", "supervisor", "邮件服务器登录失败"):
        assert words in text
    assert "s@example.cn" not in text
    auditor = client("auditor")
    assert "再试一次</button>" not in auditor.get("/jobs/").text
    assert auditor.post("/jobs/retry", id=given_up).status_code == 403
    assert client("supervisor").post("/jobs/retry", id=given_up).status_code == 403
    for absent in ("0", "x", "", "9" * 30):
        assert admin.post("/jobs/retry", id=absent).status_code == 404
    assert admin.post("/jobs/retry", id=given_up).location == "/jobs/"
    assert "再试一次" not in admin.get("/jobs/").text
    assert admin.post("/jobs/retry", id=given_up).status_code == 404


def test_the_desk_of_the_administrator_warns_of_it(
    given_up: int, client: Client
) -> None:
    assert "没有送达" in client("admin").get("/").text
    assert "没有送达" not in client("supervisor").get("/").text


def test_a_gateways_secrets_are_shown_to_nobody(given_up: int, client: Client) -> None:
    for job in ("admin", "auditor"):
        visitor = client(job)
        pages = ["/gateway/", "/gateway/details/?id=1", "/gateway/history/?id=1"]
        pages += ["/gateway/edit/?id=1", "/jobs/", "/change/"]
        for path in pages:
            assert "geheim" not in visitor.get(path).text, (job, path)
        reveal = {"id": "1", "field": "address", "purpose": "想看看"}
        assert visitor.post("/gateway/reveal/", reveal).status_code == 403
        export = visitor.get("/gateway/export/csv/")
        assert "geheim" not in export.text
    assert client("manager").get("/gateway/").status_code == 403


def test_a_gateway_is_tried_out_on_oneself(
    given_up: int, client: Client, as_actor: AsActor, office: Office
) -> None:
    admin = client("admin")
    assert "试发一条给我" in admin.get("/jobs/").text
    admin.post("/jobs/try", id=1)
    assert "没有这个通道要用的地址" in admin.get("/jobs/").text
    with as_actor() as session, writing(session):
        session.get_one(Staff, office.staff["admin"]).email = "root@example.cn"
    admin.post("/jobs/try", id=1)
    assert "一分钟内发出" in admin.get("/jobs/").text
    with as_actor() as session:
        made = session.scalars(select(Outgoing).order_by(Outgoing.id.desc())).first()
        assert made is not None
        assert made.recipient == str(office.staff["admin"])
        assert made.next_at is not None
    assert bell(admin.get("/").text) == ""
    assert admin.post("/jobs/try", id=99).status_code == 404
    auditor = client("auditor")
    assert "试发一条给我</button>" not in auditor.get("/jobs/").text
    assert auditor.post("/jobs/try", id=1).status_code == 404


@pytest.mark.parametrize(
    ("address", "fine"),
    [
        ("smtps://office%40qq.com:secret@smtp.qq.com:465", True),
        ("smtp://127.0.0.1:25?from=office@example.cn", True),
        ("wecombot://botkey-1234", True),
        ("jsons://sms.example.cn/send?to={to}", True),
        ("smtp://127.0.0.1", False),
        ("smtp://[::1?from=a@b.cn", False),
        ("smtps://host:99999?from=a@b.cn", False),
        ("dbus://", False),
        ("https://example.cn/hook", False),
        ("请填地址", False),
    ],
)
def test_a_gateway_needs_an_address_that_can_be_used(
    client: Client, address: str, fine: bool
) -> None:
    form = {"name": "通道", "reaches": "mail", "address": address, "active": "y"}
    answer = client("admin").post("/gateway/new/", form)
    assert answer.status_code == (302 if fine else 400)
    assert ("这个地址没法用来发消息" in answer.text) is not fine


def test_the_screen_tells_who_is_missing_on_a_ladder(client: Client) -> None:
    text = client("admin").get("/jobs/").text
    assert "升级阶梯第 4 级没有人可通知：总经理" in text
    assert "还没有消息通道" in text
