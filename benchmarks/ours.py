"""Our side: the application as it is served, with a receptionist signed in."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from flask import Flask

from app import create_app
from benchmarks.caller import Answer, Browser, Request
from benchmarks.filling import PASSWORD
from benchmarks.questions import WORDS, Questions


def office(address: str, folder: Path) -> Flask:
    """The application on that database."""
    return create_app(SQLALCHEMY_DATABASE_URI=address, INSTANCE=folder)


class Ours:
    """Asks our pages."""

    saved = 302

    def __init__(self, app: Flask, asked: Questions) -> None:
        self.asked = asked
        self.browser = Browser(app.wsgi_app)
        self.turn = 0
        self.versions: dict[int, int] = {}
        self._sign_in()

    def _sign_in(self) -> None:
        self.browser.read_token(self.browser.open(Request("/login")).body)
        form = {"username": "receptionist", "password": PASSWORD}
        answer = self.browser.open(Request("/login", form))
        if answer.status != 302:
            raise RuntimeError(f"sign-in answered {answer.status}")
        self.browser.read_token(self.browser.open(Request("/repair/")).body)
        self.browser.frozen = True

    def ask(self, name: str) -> Answer:
        """One call of one operation."""
        self.turn += 1
        if name == "create":
            return self.browser.open(Request("/repair/new/", self._form(0)))
        if name in ("details", "edit form", "edit"):
            return self._record(name)
        return self.browser.open(Request(self._address(name)))

    def _record(self, name: str) -> Answer:
        pool = self.asked.pools["ours"]
        key = pool[self.turn % len(pool)]
        if name == "details":
            return self.browser.open(Request(f"/repair/details/?id={key}"))
        path = f"/repair/edit/?id={key}"
        if name == "edit form":
            return self.browser.open(Request(path))
        if key not in self.versions:
            form = self.browser.open(Request(path)).body
            self.versions[key] = int(
                form.split('name="version" value="')[1].split('"')[0]
            )
        version = self.versions[key]
        answer = self.browser.open(Request(path, self._form(version)))
        if answer.status == 302:
            self.versions[key] = version + 1
        return answer

    def _address(self, name: str) -> str:
        if name == "queue":
            return "/queues/unclosed/"
        if name == "deep page":
            at, key = self.asked.deep_place
            when = quote(at.isoformat())
            return f"/repair/?after={when}~{key}"
        if name == "month":
            first, last = self.asked.month
            return f"/repair/?received_at_from={first}&received_at_to={last}"
        words = quote(WORDS.get(name, ""))
        return f"/repair/?search={words}" if words else "/repair/"

    def _form(self, version: int) -> dict[str, str]:
        asked = self.asked
        form = {
            "version": str(version),
            "channel": "telephone",
            "received_at": "2026-11-20T09:30",
            "content": asked.words(self.turn),
            "repair_kind": "leak",
            "fault_place": "厨房",
            "notified_by": "telephone",
            "result": f"第{self.turn}次上门，已修复",
        }
        for name, (key, label) in (
            ("unit_id", asked.unit),
            ("person_id", asked.person),
            ("department_id", asked.department),
            ("holder_id", asked.holder),
        ):
            form |= {name: label, f"{name}-id": str(key)}
        return form
