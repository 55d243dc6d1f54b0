"""A browser without scripts: cookies, forms, the CSRF token of the last page."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from tests.cast import PASSWORD

_TOKEN = re.compile(
    r'name="csrf_token"[^>]*value="([^"]+)"|name="csrf-token"[^>]*content="([^"]+)"'
)


class Visitor:
    """Somebody at a browser; signed in over the sign-in page, like everybody."""

    def __init__(
        self, app: Flask, username: str = "", password: str = PASSWORD
    ) -> None:
        self.client, self.token = app.test_client(), ""
        if username:
            self.sign_in(username, password)

    def sign_in(self, username: str, password: str = PASSWORD) -> None:
        """Fill the sign-in form in and send it."""
        self.get("/login")
        answer = self.post("/login", username=username, password=password)
        assert answer.status_code == 302, answer.text
        assert answer.location == "/", answer.location
        self.token = ""

    def get(self, path: str, **query: Any) -> TestResponse:
        """Open a page."""
        return self._read(self.client.get(path, query_string=query or None))

    def post(
        self, path: str, data: dict[str, Any] | None = None, **fields: Any
    ) -> TestResponse:
        """Send a form with the token of the last page."""
        if not self.token:
            self.get("/")
        sent = {"csrf_token": self.token, **(data or {}), **fields}
        answer = self.client.post(path, data=sent)
        answer.request.environ["wsgi.input"].close()  # a file, where files were sent
        return self._read(answer)

    def _read(self, answer: TestResponse) -> TestResponse:
        if answer.mimetype == "text/html" and (found := _TOKEN.search(answer.text)):
            self.token = found[1] or found[2]
        return answer
