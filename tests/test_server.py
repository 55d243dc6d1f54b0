"""The production server and its log, as a real process on a real port."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
import types
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client as WsgiClient

from views import journal, server

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60


class Serving:
    """``python app.py`` on a free port, over the office of the test."""

    def __init__(self, app: Flask, log: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = log
        environment = {
            **os.environ,
            "OFFICE_INSTANCE": str(app.config["INSTANCE"]),
            "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
            "PORT": str(self.port),
            "HOST": "127.0.0.1",
        }
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "app.py"],
                cwd=ROOT,
                env=environment,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def get(self, path: str) -> tuple[int, str]:
        address = f"http://127.0.0.1:{self.port}{path}"
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def wait(self) -> None:
        """Until it answers."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                if self.get("/healthz")[0] == 200:
                    return
            except OSError:
                time.sleep(0.1)
        pytest.fail(self.log.read_text())

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


@pytest.fixture
def serving(app: Flask, tmp_path: Path) -> Iterator[Serving]:
    made = Serving(app, tmp_path / "server.log")
    yield made
    if made.process.poll() is None:
        made.stop()


def test_the_server_answers_logs_and_stops_gracefully(serving: Serving) -> None:
    serving.wait()
    assert serving.get("/login?name=13800138000")[0] == 200
    assert serving.get("/reception/?search=13800138000")[0] == 200  # the sign-in page
    assert serving.get("/" + "x" * 9000)[0] in (400, 414)
    assert serving.stop() == 0
    text = serving.log.read_text()
    assert "13800138000" not in text
    told = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    requests = [line for line in told if line["log"] == "qiantai.request"]
    assert "/login" in {line["path"] for line in requests}
    assert {line["status"] for line in requests} >= {200, 302}
    assert "/healthz" not in {line["path"] for line in requests}
    assert len({line["process"] for line in told}) >= 3  # a master and two workers


def record(message: str, error: BaseException | None = None) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("qiantai", logging.ERROR, __file__, 1, message, (), info)


def test_an_error_is_told_by_its_place_and_not_by_its_words() -> None:
    def read() -> None:
        raise ValueError("13800138000")

    try:
        try:
            read()
        except ValueError as cause:
            raise LookupError("王建国") from cause
    except LookupError as error:
        line = journal.JsonLine().format(record("failed", error))
    told = json.loads(line)
    assert told["what"] == "failed"
    assert [word for word in told["error"] if "Error" in word] == [
        "ValueError",
        "LookupError",
    ]
    assert any("read" in place for place in told["error"])
    assert "13800138000" not in line
    assert "王建国" not in line


def test_a_query_string_in_somebody_elses_message_is_cut() -> None:
    line = journal.JsonLine().format(record("Error handling request GET /a?q=138"))
    assert json.loads(line)["what"] == "Error handling request GET /a"


def test_a_request_is_told_with_its_status_and_size(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def application(environ: Any, start_response: Any) -> list[bytes]:
        environ["qiantai.facts"] = {"route": "/note"}
        start_response("404 NOT FOUND", [("Content-Type", "text/plain")])
        return [b"no", b"thing"]

    with caplog.at_level(logging.INFO, "qiantai.request"):
        WsgiClient(journal.Journal(application)).get("/笔记?q=1", buffered=True)
    (line,) = (json.loads(journal.JsonLine().format(r)) for r in caplog.records)
    assert (line["path"], line["status"], line["bytes"]) == ("/笔记", 404, 7)
    assert line["route"] == "/note"


def test_a_proxy_is_believed_only_when_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    assert server.settings("127.0.0.1", 5000)["forwarded_allow_ips"] == ""
    assert server.settings("::1", 5000)["bind"] == "[::1]:5000"
    monkeypatch.setenv("WEB_CONCURRENCY", "3")
    assert server.settings("127.0.0.1", 5000)["workers"] == 3


def test_windows_gets_waitress(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}
    module = types.ModuleType("waitress")
    vars(module)["serve"] = lambda application, **more: given.update(more)
    monkeypatch.setitem(sys.modules, "waitress", module)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(logging.config, "dictConfig", lambda settings: None)
    monkeypatch.setattr(server, "build", lambda factory: None)
    server.serve("app:create_app", "127.0.0.1", 5001)
    assert (given["host"], given["port"]) == ("127.0.0.1", 5001)
