"""The only place that talks to the world outside: a letter through a gateway.

Mail goes by SMTP, everything else by Apprise; only ways that stand in ``SCHEMES`` are
taken, and no redirection is followed: messages go where the office said.
"""

from __future__ import annotations

import ipaddress
import logging
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from core.db import now

MAIL = ("smtp", "smtps")
SCHEMES = frozenset(
    "wecombot dingtalk feishu lark spugpush wxpusher json jsons form forms".split()
)
TIMEOUT = 15
"""Seconds that a server has to answer."""


class Undelivered(RuntimeError):
    """The gateway did not take it; the message is the kind of trouble, without data."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent; ``key`` stays the same however often it is tried."""

    key: str
    subject: str
    body: str


def is_usable(address: str) -> bool:
    """Whether a gateway may have this address."""
    try:
        parts = urlsplit(address)
        if parts.scheme in MAIL:
            return bool(parts.hostname and parts.port != 0) and "@" in _sender(parts)
        return parts.scheme in SCHEMES and _gateway(address) is not None
    except ValueError:
        return False


def deliver(address: str, to: str, letter: Letter) -> None:
    """Hand a letter to the gateway at ``address``; Undelivered when it refuses."""
    try:
        parts = urlsplit(address)
        if parts.scheme in MAIL:
            _by_mail(parts, to, letter)
        elif parts.scheme in SCHEMES:
            _by_apprise(address.replace("{to}", quote(to, safe="")), letter)
        else:
            raise Undelivered("UnknownGateway")
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise Undelivered(type(error).__name__) from error


def _by_mail(server: SplitResult, to: str, letter: Letter) -> None:
    mail = _written(server, to, letter)
    host, trusted = server.hostname or "", ssl.create_default_context()
    line: smtplib.SMTP
    if server.scheme == "smtps":
        port = server.port or 465
        line = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=trusted)
    else:
        line = smtplib.SMTP(host, server.port or 587, timeout=TIMEOUT)
    with line:
        if server.scheme == "smtp" and not _is_this_machine(host):
            line.starttls(context=trusted)
        if server.username:
            line.login(unquote(server.username), unquote(server.password or ""))
        line.send_message(mail)


def _written(server: SplitResult, to: str, letter: Letter) -> EmailMessage:
    sender, mail = _sender(server), EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, to, letter.subject
    mail["Message-ID"] = f"<{letter.key}@{sender.rpartition('@')[2]}>"
    mail["Date"] = format_datetime(now())
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.body)
    return mail


def _sender(server: SplitResult) -> str:
    return parse_qs(server.query).get("from", [unquote(server.username or "")])[0]


def _is_this_machine(host: str) -> bool:
    """Whether a relay needs no secrecy on the way to it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _by_apprise(address: str, letter: Letter) -> None:
    gateway = _gateway(address)
    if gateway is None:
        raise Undelivered("UnknownGateway")
    try:
        taken = gateway.notify(title=letter.subject, body=letter.body)
    except Exception as error:  # whatever a foreign server's answer led to
        raise Undelivered(type(error).__name__) from error
    if not taken:
        raise Undelivered("Refused")


def _gateway(address: str) -> Any:
    """Apprise's idea of an address; nothing when it understands none."""
    from apprise import Apprise, AppriseAsset  # noqa: PLC0415  slow to load

    logging.getLogger("apprise").disabled = True  # its lines hold addresses
    manners = AppriseAsset(
        async_mode=False, http_redirects=False, allow_templates=False, image_url_mask=""
    )
    return Apprise.instantiate(address, asset=manners)
