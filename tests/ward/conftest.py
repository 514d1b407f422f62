"""A site with people at it: the pages over a real HTTP server, in a real browser.

`site` answers from a thread of the test, over either database, by a clock that the test turns.
`tests/ward/test_journeys.py` uses the server process that an operator starts.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from tests.conftest import Api, Clock
from tests.ward import browser as browsers
from tests.ward.browser import DESK, Seen, violations
from toxmon.actions import Service, accounts, sessions

PASSWORD = "a long word for a test"
NUMBERS = count(1)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A Chromium of this test process."""
    with browsers.browser() as running:
        yield running


@pytest.fixture(scope="session")
def address(app: Flask) -> Iterator[str]:
    """Where the app of this test process answers, for one service after another."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@dataclass
class Site:
    """Pages, and people who look at them. `api` charts what a page is to show."""

    url: str
    api: Api
    clock: Clock
    chromium: Browser
    opened: list[tuple[BrowserContext, Seen]] = field(default_factory=list)
    cookies: dict[tuple[Any, ...], str] = field(default_factory=dict)

    @property
    def service(self) -> Service:
        return self.api.service

    def signed_in(self, role: str, units: tuple[str, ...] | None = None, name: str = "") -> str:
        """The cookie of a person of this role who has just signed in."""
        key = (role, units, name)
        if key not in self.cookies:
            login = name or f"{role}{next(NUMBERS)}"
            shown = f"{role.title()} {name or 'Example'}"
            row = accounts.create(self.service, login, shown, role, units, None)
            self.cookies[key] = sessions.open_for(self.service, row["id"], "password")[0]
        return self.cookies[key]

    def page(
        self,
        role: str | None = "nurse",
        path: str | None = None,
        size: tuple[int, int] = DESK,
        *,
        units: tuple[str, ...] | None = None,
        name: str = "",
        **more: Any,
    ) -> Page:
        """A page in a browser of its own, signed in as this role, opened at `path`."""
        context = browsers.context(self.chromium, size, **more)
        context.set_default_timeout(20_000)
        if role is not None:
            cookie = {"name": "toxmon", "value": self.signed_in(role, units, name), "url": self.url}
            context.add_cookies([cookie])  # type: ignore[list-item]
        seen = Seen(self.url.removeprefix("http://"))
        self.opened.append((context, seen))
        page = context.new_page()
        seen.watch(page)
        if path is not None:
            self.go(page, path)
        return page

    def go(self, page: Page, path: str) -> int:
        """Open an address; the status that it answered with."""
        answer = page.goto(self.url + path)
        assert answer is not None
        return answer.status

    def well(self, page: Page) -> None:
        """The page as it stands has nothing that axe, the browser or the policy complains of."""
        assert violations(page) == []
        self.quiet()

    def quiet(self) -> None:
        """No page has complained, or asked anybody else, so far."""
        assert [wrong for _, seen in self.opened for wrong in seen.wrong] == []


@pytest.fixture
def site(api: Api, address: str, clock: Clock, chromium: Browser) -> Iterator[Site]:
    """The pages on each database, with a clock turned by hand.

    Where a query is not what is tested, one database is enough:
    `@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)`.
    """
    found = Site(address, api, clock, chromium)
    yield found
    for context, _ in found.opened:
        context.close()
