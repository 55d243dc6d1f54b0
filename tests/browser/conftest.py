"""Fixtures: Chromium, the office served on a free port, and guests at it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from flask import Flask
from playwright.sync_api import Browser, ViewportSize, sync_playwright
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from tests.browser.guest import Guest

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
)
DESK, PHONE = 1440, 390


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser takes its time; what it reaches is covered by the other tests."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker("no_cover")


class Browse(Protocol):
    """``browse("guard", width=390)``: a guest, signed in when a job is named."""

    def __call__(
        self, job: str = "", width: int = DESK, site: str = "", **options: Any
    ) -> Guest: ...


class _Quiet(WSGIRequestHandler):
    timeout = 5  # seconds that an idle connection is kept

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
        """Requests are not worth a line in the tests' output."""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser of this machine."""
    found = next(filter(None, map(shutil.which, NAMES)), "")
    with sync_playwright() as play:
        found = found or play.chromium.executable_path
        if not Path(found).exists():
            pytest.skip("there is no Chromium on this machine")
        browser = play.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


def _whole(app: Flask) -> WSGIApplication:
    """Answers read to their end, so that a browser that leaves leaves nothing open."""

    def answer(environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        body = app(environ, start)
        try:
            return [b"".join(body)]
        finally:
            getattr(body, "close", bool)()

    return answer


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The application on a free port, in threads of this process, all ended after."""
    server: BaseWSGIServer = make_server(
        "127.0.0.1", 0, _whole(app), threaded=True, request_handler=_Quiet
    )
    # A late answer would open the next test's database while it is being copied.
    vars(server)["daemon_threads"] = False
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def served(app: Flask) -> Iterator[str]:
    """The address of the office."""
    with serving(app) as origin:
        yield origin


@pytest.fixture
def browse(chromium: Browser, served: str) -> Iterator[Browse]:
    """Guests at the office; a complaint of their browsers fails the test."""
    guests: list[Guest] = []

    def arrive(
        job: str = "", width: int = DESK, site: str = "", **options: Any
    ) -> Guest:
        size: ViewportSize = {"width": width, "height": 900 if width == DESK else 844}
        context = chromium.new_context(
            viewport=size,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
            **options,
        )
        guest = Guest(context, site or served)
        guests.append(guest)
        return guest.sign_in(job) if job else guest

    yield arrive
    for guest in guests:
        guest.context.close()
    assert [trouble for guest in guests for trouble in guest.troubles] == []
