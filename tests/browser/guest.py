"""Somebody at a real browser, and what went wrong on the pages they opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    Route,
)

from tests.cast import PASSWORD

_PATIENCE = 8_000
"""Milliseconds to wait for what must come; the machine may be busy."""


class Guest:
    """One browser window; every complaint of the browser is kept."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.context, self.origin = context, origin
        self.troubles: list[str] = []
        context.set_default_timeout(_PATIENCE)
        context.route("**/*", self._at_home)
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.troubles.append(str(error.error)))
        self.page: Page = context.new_page()

    def _at_home(self, route: Route, request: Request) -> None:
        """Let nothing out of the office, and remember who tried."""
        if request.url.startswith((self.origin + "/", "data:")):
            route.continue_()
        else:
            self.troubles.append(f"a request to {request.url}")
            route.abort()

    def _heard(self, message: ConsoleMessage) -> None:
        """Keep complaints, but not that an error page came with its status."""
        page = message.page
        its_own = page is not None and message.location["url"] == page.url
        status = "Failed to load resource: the server responded" in message.text
        if message.type in ("error", "warning") and not (its_own and status):
            self.troubles.append(message.text)

    def open(self, path: str) -> Response:
        """Go to a page and wait until it has settled."""
        answer = self.page.goto(self.origin + path)
        assert answer is not None
        return answer

    def sign_in(self, username: str, password: str = PASSWORD) -> Guest:
        """Over the sign-in page, like everybody."""
        self.open("/login")
        self.page.fill("[name=username]", username)
        self.page.fill("[name=password]", password)
        self.page.click("main button.go")
        self.page.wait_for_url(self.origin + "/")
        return self

    def type_ahead(self, name: str, typed: str, choice: str) -> None:
        """Type into the focused look-up, wait for the match, take the first one."""
        assert self.focused("name") == name, (self.focused("name"), name)
        self.page.keyboard.type(typed)
        match = self.page.locator(f"#{name}-matches [data-combobox-option-default]")
        match.wait_for()
        assert choice in match.inner_text()
        self.page.keyboard.press("Enter")
        assert self.page.input_value(f"[name={name}]") == choice

    def focused(self, attribute: str) -> str:
        """An attribute of whatever the keyboard is in."""
        found = self.page.evaluate(
            "name => document.activeElement.getAttribute(name) ?? ''", attribute
        )
        return str(found)

    def tab_to(self, selector: str, most: int = 80) -> None:
        """Press Tab until the keyboard is in it, as people without a mouse do."""
        for _step in range(most):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("at => document.activeElement.matches(at)", selector):
                return
        raise AssertionError(f"{selector} cannot be reached by the keyboard")

    def look(self, width: int, scheme: str) -> None:
        """The same page at another width and in the light or the dark."""
        schemes: Mapping[str, Any] = {"light": "light", "dark": "dark"}
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(color_scheme=schemes[scheme])

    def too_wide(self) -> bool:
        """Whether one must scroll sideways; asked once the styles have come."""
        self.page.wait_for_load_state()
        root = "document.scrollingElement.scrollWidth"
        return bool(self.page.evaluate(f"{root} > innerWidth"))

    def text(self) -> str:
        """What the page says."""
        return self.page.inner_text("main")
