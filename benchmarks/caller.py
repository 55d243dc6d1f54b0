"""A browser without a network: calls a WSGI application and reads the whole answer."""

from __future__ import annotations

import io
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: a path, and a form when something is sent."""

    path: str
    form: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and how long all of it took."""

    status: int
    body: str
    ms: float


@dataclass
class Browser:
    """One visitor; cookies are kept until ``frozen``, else flashes pile up in them."""

    application: WSGIApplication
    cookies: dict[str, str] = field(default_factory=dict)
    frozen: bool = False
    token: str = ""

    def open(self, request: Request) -> Answer:
        """Ask once; only the application's own work is timed."""
        environ = self._environ(request)
        head: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
            head[:] = [status, headers]

        begun = time.perf_counter()
        chunks = self.application(environ, start)
        body = b"".join(chunks)
        if hasattr(chunks, "close"):
            chunks.close()
        spent = (time.perf_counter() - begun) * 1000
        self._keep(head[1])
        return Answer(int(head[0].split()[0]), body.decode(), spent)

    def read_token(self, body: str) -> None:
        """Remember the CSRF token of a page."""
        if found := _TOKEN.search(body):
            self.token = found[1]

    def _keep(self, headers: list[tuple[str, str]]) -> None:
        if self.frozen:
            return
        for name, value in headers:
            if name.lower() == "set-cookie":
                key, _sep, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]

    def _environ(self, request: Request) -> dict[str, Any]:
        path, _sep, query = request.path.partition("?")
        environ = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost",
            "HTTP_COOKIE": "; ".join(f"{k}={v}" for k, v in self.cookies.items()),
            "HTTP_USER_AGENT": "benchmark",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": False,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        if request.form is not None:
            sent = urlencode({"csrf_token": self.token, **request.form}).encode()
            environ |= {
                "REQUEST_METHOD": "POST",
                "CONTENT_TYPE": "application/x-www-form-urlencoded",
                "CONTENT_LENGTH": str(len(sent)),
                "wsgi.input": io.BytesIO(sent),
            }
        return environ
