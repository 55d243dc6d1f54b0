"""Messages on their way out: once each, in time, again after trouble, no names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core import messages
from core.db import writing
from core.messages import Message, Notice, Outgoing, put, tell
from models import Gateway, Project, Setting, Staff, User
from tests.cast import Office
from tests.conftest import AsActor, Client
from tests.lives import picked
from tests.wires import Mailbox, Receiver, free_port
from views import outbox, posting
from views.outbox import run
from views.wire import Letter

SHANGHAI = ZoneInfo("Asia/Shanghai")
MORNING = dt.datetime(2026, 3, 11, 10, 0, tzinfo=SHANGHAI)
NIGHT = dt.datetime(2026, 3, 11, 23, 0, tzinfo=SHANGHAI)
HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)
WORDS = ("投诉 TS-2026-0001 已转给您", "Complaint TS-2026-0001 is passed to you")
Connect = Callable[..., int]
Say = Callable[..., None]


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A mail server that is up."""
    made = Mailbox()
    with made.open():
        yield made


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """An HTTP receiver that is up."""
    made = Receiver()
    with made.open():
        yield made


@pytest.fixture
def session(as_actor: AsActor, office: Office) -> Iterator[Session]:
    """The system's session; supervisor and manager have mail addresses."""
    with as_actor() as found:
        with writing(found):
            for job in ("supervisor", "manager"):
                staff = found.get_one(Staff, office.staff[job])
                staff.email, staff.phone = f"{job}@example.cn", "13900139000"
        yield found


@pytest.fixture
def connect(session: Session) -> Connect:
    """Open a gateway."""

    def gateway(address: str, reaches: str = "mail", **more: Any) -> int:
        made = Gateway(name="通道", reaches=reaches, **more)
        made.address = address
        with writing(session):
            session.add(made)
            session.flush()
        return made.id

    return gateway


@pytest.fixture
def say(session: Session, office: Office) -> Say:
    """Tell jobs of the cast something."""

    def told(*jobs: str, urgent: bool = False, words: Any = WORDS) -> None:
        staff = [office.staff[job] for job in jobs]
        project = session.get_one(Project, office.home)
        with writing(session):
            tell(session, staff, words, project, urgent=urgent)

    return told


def setting(session: Session, code: str, value: str) -> None:
    with writing(session):
        row = session.scalars(select(Setting).where(Setting.code == code)).one()
        row.value = value


def states(session: Session) -> list[tuple[int, bool, bool]]:
    t = Outgoing.__table__.c
    rows = session.execute(select(t.attempts, t.sent_at, t.failed_at).order_by(t.id))
    return [(n, bool(sent), bool(failed)) for n, sent, failed in rows]


def test_a_message_reaches_the_inbox_and_the_mailbox_once(
    session: Session, connect: Connect, say: Say, mailbox: Mailbox, office: Office
) -> None:
    connect(mailbox.address)
    say("supervisor", "supervisor", "receptionist")
    assert run(session, MORNING) == 1
    assert run(session, MORNING + HOUR) == 0
    (letter,) = mailbox.letters
    assert (letter["To"], letter["Subject"]) == ("supervisor@example.cn", WORDS[0])
    assert letter["From"] == "office@example.cn"
    assert WORDS[0] in letter.get_content()
    assert "http" not in letter.get_content()
    told = session.scalars(select(Message.staff_id).order_by(Message.id)).all()
    assert told == [office.staff["supervisor"], office.staff["receptionist"]]


def test_what_is_rolled_back_was_never_told(session: Session, office: Office) -> None:
    with pytest.raises(LookupError), writing(session):
        tell(session, [office.staff["staff"]], WORDS)
        raise LookupError
    assert messages.unread(session, office.staff["staff"]) == 0


def test_a_letter_links_to_the_record_when_the_office_has_an_address(
    session: Session, connect: Connect, say: Say, mailbox: Mailbox, office: Office
) -> None:
    connect(mailbox.address)
    setting(session, "message.link", "https://office.example.cn/")
    say("supervisor")
    run(session, MORNING)
    link = f"https://office.example.cn/project/details/?id={office.home}\n"
    assert link in mailbox.texts()[0].replace("\r\n", "\n")


def test_a_letter_speaks_its_recipients_language(
    session: Session, connect: Connect, say: Say, mailbox: Mailbox, office: Office
) -> None:
    connect(mailbox.address)
    with writing(session):
        session.get_one(User, office.users["manager"]).language = "en"
    say("supervisor", "manager")
    run(session, MORNING)
    assert [letter["Subject"] for letter in mailbox.letters] == list(WORDS)


def test_what_can_wait_waits_for_office_hours(
    session: Session, connect: Connect, say: Say, mailbox: Mailbox
) -> None:
    connect(mailbox.address)
    say("supervisor")
    say("supervisor", urgent=True)
    assert run(session, NIGHT) == 1
    assert run(session, NIGHT + 9 * HOUR) == 0
    assert run(session, NIGHT + 10 * HOUR) == 1
    assert len(set(mailbox.keys())) == 2


def test_a_digest_is_one_letter_at_its_time(
    session: Session, connect: Connect, say: Say, mailbox: Mailbox
) -> None:
    connect(mailbox.address)
    setting(session, "message.delivery", "digest")
    for n in range(3):
        say("supervisor", words=(f"第 {n} 件", f"No. {n}"))
        assert run(session, MORNING + n * HOUR) == 0
    say("supervisor", urgent=True)
    assert run(session, MORNING + 3 * HOUR) == 1, "an emergency does not wait"
    assert run(session, MORNING.replace(hour=16, minute=30)) == 1
    digest = mailbox.letters[-1]
    assert digest["Subject"] == "3 条消息"
    assert all(f"第 {n} 件" in digest.get_content() for n in range(3))


@pytest.mark.parametrize("said", ["", "早上", "25:00,99"])
def test_a_setting_without_sense_stops_nothing(
    session: Session, connect: Connect, say: Say, mailbox: Mailbox, said: str
) -> None:
    connect(mailbox.address)
    for code in ("message.digest_times", "message.retry_minutes"):
        setting(session, code, said)
    setting(session, "message.delivery", "digest")
    say("supervisor")
    assert run(session, MORNING) == 0
    assert run(session, MORNING.replace(hour=16, minute=30)) == 1


def test_a_flood_is_one_letter_that_counts_what_it_leaves_out(
    session: Session, connect: Connect, say: Say, mailbox: Mailbox
) -> None:
    connect(mailbox.address)
    for n in range(outbox.LINES + 300):
        say("supervisor", words=(f"第 {n} 件。", f"No. {n}"))
    assert run(session, MORNING) == 1
    (text,) = mailbox.texts()
    assert text.count("件。") == outbox.LINES
    assert "另有 300 条" in text


def test_a_server_that_is_down_is_tried_again_with_patience(
    session: Session, connect: Connect, say: Say
) -> None:
    mailbox = Mailbox()
    connect(mailbox.address)
    say("supervisor")
    assert run(session, MORNING) == 0
    assert run(session, MORNING + MINUTE / 2) == 0
    assert states(session) == [(1, False, False)], "not before its time"
    assert run(session, MORNING + MINUTE) == 0
    assert states(session) == [(2, False, False)]
    with mailbox.open():
        assert run(session, MORNING + 5 * MINUTE) == 0
        assert run(session, MORNING + 6 * MINUTE) == 1
    assert states(session) == [(3, True, False)]
    assert len(mailbox.letters) == 1


def test_one_failure_rests_the_gateway_and_not_the_others(
    session: Session, connect: Connect, say: Say, receiver: Receiver
) -> None:
    connect(f"smtp://127.0.0.1:{free_port()}?from=office@example.cn")
    connect(receiver.address, "room")
    say("supervisor", "manager")
    assert run(session, MORNING) == 1
    assert sorted(n for n, *_ in states(session)) == [0, 1, 1]


def test_a_letter_keeps_its_identity_when_its_receipt_is_lost(
    session: Session,
    connect: Connect,
    say: Say,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The process dies after the server took the letter, before it was noted."""

    def die(*_arguments: object) -> None:
        raise KeyboardInterrupt

    connect(mailbox.address)
    say("supervisor")
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "_settle", die)
        with pytest.raises(KeyboardInterrupt):
            run(session, MORNING)
    assert run(session, MORNING + MINUTE) == 1
    first, second = mailbox.keys()
    assert first == second
    assert first.endswith("@example.cn>")


def test_what_is_refused_for_good_is_given_up_and_tried_again_by_hand(
    session: Session, connect: Connect, say: Say, mailbox: Mailbox
) -> None:
    connect(mailbox.address)
    setting(session, "message.retry_minutes", "1,1")
    mailbox.refused = "supervisor@example.cn"
    say("supervisor")
    for n in range(4):
        run(session, MORNING + n * MINUTE)
    assert states(session) == [(3, False, True)]
    (failed,) = outbox.failed(session)
    assert (failed.error, failed.messages) == ("SMTPRecipientsRefused", 1)
    mailbox.refused = ""
    with writing(session):
        assert outbox.try_again(session, failed.id, MORNING + HOUR)
        assert not outbox.try_again(session, failed.id, MORNING + HOUR)
    assert run(session, MORNING + HOUR) == 1
    assert outbox.failed(session) == []


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("closed", "GatewayClosed"),
        ("address", "NoAddress"),
        ("left", "NoAddress"),
        ("key", "SealBroken"),
    ],
)
def test_what_changed_meanwhile_is_noticed(
    session: Session, connect: Connect, say: Say, office: Office, kind: str, why: str
) -> None:
    gateway = connect("smtp://127.0.0.1:1?from=office@example.cn")
    say("supervisor")
    posting.post(session, MORNING)
    with writing(session):
        if kind == "closed":
            session.get_one(Gateway, gateway).active = False
        elif kind == "address":
            session.get_one(Staff, office.staff["supervisor"]).email = None
        elif kind == "key":
            session.connection().execute(text("UPDATE gateway SET row_key = '0'"))
        else:
            row = session.scalars(select(Outgoing)).one()
            row.recipient = "999999"
    run(session, MORNING)
    assert session.scalars(select(Outgoing.error)).all() == [why]


def test_a_group_is_told_once_and_only_what_is_urgent(
    session: Session, connect: Connect, office: Office, receiver: Receiver
) -> None:
    connect(receiver.address, "room", urgent_only=True)
    with writing(session):
        for urgent in (True, False):
            notice = Notice(f"topic/{urgent}", WORDS, urgent=urgent)
            pairs = [(notice, office.staff[job]) for job in ("supervisor", "manager")]
            put(session, pairs, MORNING)
    assert run(session, MORNING) == 1
    ((path, told),) = receiver.posts
    assert (path, told["title"]) == ("/", WORDS[0])


def test_a_telephone_number_is_put_where_the_gateway_wants_it(
    session: Session, connect: Connect, say: Say, receiver: Receiver
) -> None:
    connect(f"{receiver.address}/sms/{{to}}", "phone")
    say("supervisor", "receptionist")
    assert run(session, MORNING) == 1
    assert [path for path, _told in receiver.posts] == ["/sms/13900139000"]


def test_a_gateway_of_another_project_stays_silent(
    session: Session, connect: Connect, say: Say, receiver: Receiver, office: Office
) -> None:
    connect(receiver.address, "room", project_id=office.elsewhere)
    connect(f"{receiver.address}/closed", "room", active=False)
    say("supervisor")
    assert run(session, MORNING) == 0


def test_each_estate_is_given_a_group_chat_of_its_own(
    client: Client, as_actor: AsActor, office: Office, receiver: Receiver
) -> None:
    for name, project in (("here", office.home), ("there", office.elsewhere)):
        sent = {"name": name, "reaches": "room", "active": "y"}
        sent["address"] = f"{receiver.address}/{name}"
        answer = client("admin").post(
            "/gateway/new/", sent | picked("project_id", project)
        )
        assert answer.status_code == 302, answer.text
    assert "测试花园" in client("admin").get("/gateway/").text
    with as_actor() as session:
        for project in (office.home, office.elsewhere):
            staff = [office.staff["supervisor"]]
            with writing(session):
                tell(session, staff, WORDS, session.get_one(Project, project))
        assert run(session, MORNING) == 2
    assert sorted(path for path, _told in receiver.posts) == ["/here", "/there"]


def test_a_message_to_somebody_who_is_no_staff_goes_by_mail_alone(
    session: Session, connect: Connect, mailbox: Mailbox, receiver: Receiver
) -> None:
    connect(mailbox.address)
    connect(receiver.address, "room")
    with writing(session):
        put(session, [(Notice("late/1/1/4", WORDS), "gm@example.cn")], MORNING)
    run(session, MORNING)
    assert [letter["To"] for letter in mailbox.letters] == ["gm@example.cn"]
    assert receiver.posts == []


def test_without_a_gateway_messages_are_read_in_the_panel(
    session: Session, say: Say, connect: Connect, mailbox: Mailbox, office: Office
) -> None:
    say("supervisor")
    assert run(session, MORNING) == 0
    assert messages.unread(session, office.staff["supervisor"]) == 1
    connect(mailbox.address)
    assert run(session, MORNING + HOUR) == 0, "old ones are not sent afterwards"
    assert states(session) == []


LETTER = Letter("k", "题目", "正文")
