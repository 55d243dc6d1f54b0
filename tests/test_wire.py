"""The ways out of the office: only known ones, no smuggled headers, no plain speech."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.wires import Mailbox, Receiver
from views import wire
from views.wire import Letter, Undelivered, deliver

pytestmark = pytest.mark.once

LETTER = Letter("k", "题目", "正文")


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


@pytest.mark.parametrize(
    "address",
    ["syslog://", "file:///etc/passwd", "dbus://", "exec://x", "", "json://"],
)
def test_only_known_ways_lead_out(address: str) -> None:
    with pytest.raises(Undelivered, match="UnknownGateway"):
        deliver(address, "", LETTER)


def test_a_redirection_is_not_followed(receiver: Receiver) -> None:
    receiver.status = 307
    with pytest.raises(Undelivered, match="Refused"):
        deliver(receiver.address, "", LETTER)
    assert [path for path, _told in receiver.posts] == ["/"]


def test_a_gateway_that_stumbles_is_a_failure_like_any_other(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stumbling:
        def notify(self, **_letter: str) -> bool:
            raise TypeError("王建国")

    monkeypatch.setattr(wire, "_gateway", lambda address: Stumbling())
    with pytest.raises(Undelivered, match=r"^TypeError$"):
        deliver(receiver.address, "", LETTER)


def test_a_header_cannot_be_smuggled_in(mailbox: Mailbox) -> None:
    for to in ("a@example.cn\r\nBcc: b@example.cn", "a@example.cn\nX: y"):
        with pytest.raises(Undelivered):
            deliver(mailbox.address, to, LETTER)
    assert mailbox.letters == []


def test_a_server_elsewhere_is_not_spoken_to_in_plain(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "_is_this_machine", lambda host: False)
    with pytest.raises(Undelivered, match="SMTPNotSupportedError"):
        deliver(mailbox.address, "a@example.cn", LETTER)
    assert mailbox.letters == []


def test_a_sign_in_goes_only_where_it_is_understood(mailbox: Mailbox) -> None:
    address = mailbox.address.replace("smtp://", "smtp://a%40example.cn:p%3Ass@")
    with pytest.raises(Undelivered, match="SMTPNotSupportedError"):
        deliver(address, "a@example.cn", LETTER)
    with pytest.raises(Undelivered, match="SSLError"):
        deliver(mailbox.address.replace("smtp:", "smtps:"), "a@example.cn", LETTER)


@pytest.mark.parametrize(
    ("host", "here"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("smtp.qq.com", False)],
)
def test_a_relay_on_this_machine_needs_no_secrecy(host: str, here: bool) -> None:
    assert wire._is_this_machine(host) is here
