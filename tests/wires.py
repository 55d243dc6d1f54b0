"""The world outside for tests: a real mail server and a real HTTP receiver."""

from __future__ import annotations

import email
import email.policy
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from aiosmtpd.controller import Controller

HERE = "127.0.0.1"


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Mailbox:
    """A mail server's address and what it was handed; ``answer`` is what it says."""

    port: int = field(default_factory=free_port)
    letters: list[EmailMessage] = field(default_factory=list)
    answer: str = "250 OK"
    refused: str = ""

    @property
    def address(self) -> str:
        """As a gateway is configured."""
        return f"smtp://{HERE}:{self.port}?from=office@example.cn"

    def keys(self) -> list[str]:
        """The identities of the letters, in the order in which they came."""
        return [letter["Message-ID"] for letter in self.letters]

    def texts(self) -> list[str]:
        """The bodies of the letters."""
        return [letter.get_content() for letter in self.letters]

    async def handle_RCPT(  # noqa: N802  named by the mail server
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        """Refuse one recipient, if the test says so."""
        if address == self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        """Keep the letter and answer."""
        read = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(read, EmailMessage)
        self.letters.append(read)
        return self.answer

    @contextmanager
    def open(self) -> Iterator[None]:
        """The server is up meanwhile."""
        server = Controller(self, hostname=HERE, port=self.port)
        server.start()
        try:
            yield
        finally:
            server.stop()


@dataclass
class Receiver:
    """An HTTP receiver and the JSON that it was sent."""

    status: int = 200
    posts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    port: int = 0

    @property
    def address(self) -> str:
        """As a gateway is configured."""
        return f"json://{HERE}:{self.port}"

    @contextmanager
    def open(self) -> Iterator[None]:
        """The server is up meanwhile."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.posts.append((self.path, json.loads(body)))
                self.send_response(receiver.status)
                if 300 <= receiver.status < 400:
                    self.send_header("Location", f"http://{HERE}:{receiver.port}/else")
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                """Requests are not worth a line in the tests' output."""

        with HTTPServer((HERE, 0), Handler) as server:
            self.port = server.server_port
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()
