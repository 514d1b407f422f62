"""Pages that stay open: what is new, what stays, and when a screen says NOT MONITORING."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.ward.browser import violations
from tests.ward.conftest import Site
from tests.ward.test_board import BOARD, beds, chart
from tests.ward.wards import FEVER, SEVERE, WELL, lie, patient

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TICK = 11_000
"""Longer than from one look to the next."""


@pytest.fixture
def ward(site: Site) -> Iterator[dict[str, str]]:
    """Two patients with fever; nobody is away, however the clock is turned."""
    site.clock.now = datetime.fromisoformat("2026-02-26T08:00:00Z")
    site.service.locks_after = timedelta(days=1)
    found = {bed: patient(site.api, f"SYNTHETIC, {bed}", bed) for bed in ("4", "12")}
    site.clock.forward(hours=4)
    for each in found.values():
        assert chart(site, each, FEVER) == 201
    return found


def opened(site: Site, path: str = BOARD, **more: Any) -> Page:
    """A page whose clock is that of the test."""
    page = site.page("nurse", None, **more)
    page.clock.install(time=site.clock.now)
    site.go(page, path)
    return page


def look(page: Page, times: int = 1) -> None:
    """Let the page look for news, and have it."""
    for _ in range(times):
        with page.expect_response(lambda answer: "x-toxmon-poll" in answer.request.headers):
            page.clock.run_for(TICK)
    page.wait_for_timeout(60)


@sqlite
@pytest.mark.check(5)
@pytest.mark.check(11)
def test_nothing_new_is_answered_in_few_bytes_and_time_goes_on(
    site: Site, ward: dict[str, str]
) -> None:
    site.clock.forward(hours=12)
    page = opened(site)
    over = page.locator(f"#r{ward['4']} .over time").first
    before = over.inner_text()
    look(page)
    seen: list[Any] = []
    page.on("response", lambda answer: seen.append(answer))
    look(page)
    answer = seen[-1]
    assert answer.status == 304
    sizes = answer.request.sizes()
    assert sizes["responseHeadersSize"] + sizes["responseBodySize"] <= 300
    assert re.match(r"Live · data as of 01:00:\d\d \(\d s ago\)", page.inner_text("#live span"))
    page.clock.run_for(25 * 60_000)
    # The server's clock stands still in this test: the page counts on by itself in between.
    page.evaluate("toxmon.sync(toxmon.now() / 1000 + 1500); toxmon.count()")
    assert over.inner_text() != before


@sqlite
@pytest.mark.check(12)
@pytest.mark.check(13)
@pytest.mark.check(14)
def test_news_change_what_is_new_and_nothing_else(site: Site, ward: dict[str, str]) -> None:
    page = opened(site)
    assert beds(page) == ["4", "12"]
    look(page)
    button = page.locator(f"#r{ward['4']} .alerts button").first
    button.focus()
    page.evaluate("document.querySelector('details').open = true; scrollTo(0, 60)")
    scrolled = page.evaluate("scrollY")
    tile = page.locator(f"#r{ward['12']} td.tile").first
    tile.evaluate("cell => { cell.same = true; }")
    site.clock.forward(minutes=2)
    assert chart(site, ward["12"], SEVERE) == 201
    look(page)
    expect(tile).to_contain_text("2")
    # Focus, scroll, open details and the elements themselves are where they were.
    assert button.evaluate("each => each === document.activeElement")
    assert page.evaluate("[scrollY, document.querySelector('details').open]") == [scrolled, True]
    assert tile.evaluate("cell => cell.same")
    assert tile.get_attribute("data-changed") == ""
    assert "changed" in tile.inner_text()
    untouched = page.locator(f"#r{ward['4']} td.tile").first
    assert untouched.get_attribute("data-changed") is None
    assert (
        page.evaluate("getComputedStyle(document.querySelector('[data-changed]')).outlineWidth")
        == "3px"
    )
    # Somebody else has come meanwhile: rows wait until the focus has left the table.
    site.clock.forward(minutes=1)
    new = patient(site.api, "SYNTHETIC, New", "1", "2026-02-26T11:00:00Z")
    look(page)
    assert beds(page) == ["4", "12"]
    page.click("text=Apply")
    expect(page.locator("[data-rows] > tr")).to_have_count(3)
    assert "new here" in page.inner_text(f"#r{new}")
    page.clock.run_for(61_000)
    assert page.locator("[data-changed]").count() == 0


@sqlite
@pytest.mark.check(22)
def test_who_comes_and_who_leaves_is_said(site: Site, ward: dict[str, str]) -> None:
    page = opened(site)
    look(page)
    page.mouse.move(0, 0)
    lie(site.api, ward["4"], "9", "2026-02-26T11:59:00Z", unit="bmt-2")
    look(page)
    assert "No longer on this page: bed 4." in page.inner_text("body")
    assert beds(page) == ["12"]
    page.clock.run_for(70_000)
    assert "No longer on this page" not in page.inner_text("body")


@sqlite
@pytest.mark.check(15)
def test_an_error_of_the_server_keeps_the_board_and_says_its_reference(
    site: Site, ward: dict[str, str]
) -> None:
    page = opened(site)
    look(page)

    def fail(route: Route) -> None:
        route.fulfill(status=500, headers={"X-Request-Id": "abc-77"}, body="<h1>no</h1>")

    page.route("**" + BOARD, fail)
    look(page)
    assert beds(page) == ["4", "12"]
    assert "Delayed" in page.inner_text("#live")
    assert "abc-77" in page.inner_text("#live")
    page.unroute("**" + BOARD)
    look(page)
    assert "abc-77" not in page.inner_text("#live")
    assert "Live" in page.inner_text("#live")


@sqlite
@pytest.mark.check(16)
@pytest.mark.check(17)
@pytest.mark.parametrize("dark", [False, True])
def test_without_contact_a_screen_says_that_nothing_is_watched(
    site: Site, ward: dict[str, str], dark: bool
) -> None:
    page = opened(site, dark=dark)
    look(page)
    said: list[str] = []
    page.expose_function("heard", lambda text: said.append(text))
    page.evaluate("""() => new MutationObserver(() => heard(document.getElementById('told').textContent))
        .observe(document.getElementById('told'), {childList: true, characterData: true, subtree: true})""")  # noqa: E501 - a script
    page.route("**" + BOARD, lambda route: route.abort())
    page.clock.run_for(25_000)
    page.wait_for_timeout(50)
    assert "Delayed" in page.inner_text("#live")
    assert page.locator("#lost strong").count() == 0
    page.clock.run_for(10_000)
    assert page.inner_text("#lost strong") == "NOT MONITORING"
    assert "No contact with toxmon since 13:00:" in page.inner_text("#lost")
    assert page.title() == "(!) Ward bmt-1 - toxmon"
    tile = page.locator(f"#r{ward['4']} .grade").first
    look_of = "e => [getComputedStyle(e).backgroundImage, getComputedStyle(e, '::after').content]"
    image, words = tile.evaluate(look_of)
    assert "repeating-linear-gradient" in image
    assert words == '"as of 13:00"'
    assert beds(page) == ["4", "12"]
    assert violations(page) == []
    page.unroute("**" + BOARD)
    look(page)
    page.clock.run_for(1_500)
    assert page.inner_text("#lost") == ""
    assert page.title() == "Ward bmt-1 - toxmon"
    assert tile.evaluate(look_of)[1] == "none"
    look(page, 2)
    assert [each for each in said if "Contact is back" in each] == [
        each for each in said if each.startswith("Contact is back. Live, data as of 13:00:")
    ][:1]


@sqlite
@pytest.mark.check(18)
def test_a_tab_that_was_hidden_looks_at_once(site: Site, ward: dict[str, str]) -> None:
    page = opened(site)
    look(page)
    hide = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true}); document.dispatchEvent(new Event('visibilitychange'))"  # noqa: E501 - a script
    page.evaluate(hide % "true")
    look(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(50_000)
    assert asked == []
    page.clock.run_for(5 * 60_000)
    asked.clear()
    with page.expect_response(lambda answer: answer.request.headers.get("x-toxmon-poll") == "1"):
        page.evaluate(hide % "false")
    assert len(asked) == 1


@sqlite
def test_a_locked_screen_keeps_nothing_and_comes_back(site: Site, ward: dict[str, str]) -> None:
    page = opened(site)
    look(page)
    site.service.locks_after = timedelta(minutes=5)
    site.clock.forward(minutes=6)
    look(page)
    assert "SYNTHETIC" not in page.inner_text("body")
    assert "locked or signed out" in page.locator("#live").text_content()
    site.service.locks_after = timedelta(days=1)
    page.clock.run_for(TICK)
    page.wait_for_timeout(100)
    assert page.locator("html.ended").count() == 0


@sqlite
def test_the_watch_itself_is_part_of_the_news(site: Site, ward: dict[str, str]) -> None:
    page = opened(site)
    look(page)
    assert page.locator("#watch strong").count() == 0
    site.api.app.extensions["toxmon_began"] -= 120
    look(page)
    assert page.inner_text("#watch strong") == "NOT MONITORING"
    assert "no process sweeps" in page.inner_text("#watch")


@sqlite
def test_the_clock_of_a_device_that_is_wrong_is_told_and_not_used(
    site: Site, ward: dict[str, str]
) -> None:
    page = site.page("nurse", None)
    page.clock.install(time=site.clock.now + timedelta(minutes=10))
    site.go(page, BOARD)
    page.clock.run_for(1_000)
    assert "The clock of this device is wrong by" in page.inner_text("#live")
    assert "data as of 13:00:" in page.inner_text("#live")


@sqlite
@pytest.mark.check(127)
@pytest.mark.check(90)
def test_a_board_that_is_open_for_hours_does_not_grow(site: Site, ward: dict[str, str]) -> None:
    page = opened(site)
    look(page, 3)
    session = page.context.new_cdp_session(page)

    def heap() -> float:
        session.send("HeapProfiler.collectGarbage")
        return float(session.send("Runtime.getHeapUsage")["usedSize"])

    nodes = page.evaluate("document.querySelectorAll('*').length")
    before = heap()
    site.clock.forward(minutes=1)
    for turn in range(30):  # News at each look, as an hour of a busy ward has.
        if turn % 10 == 0:
            site.clock.forward(minutes=4)
            assert chart(site, ward["12"], WELL if turn % 20 else SEVERE) == 201
        look(page)
    assert heap() - before <= 5_000_000
    assert page.evaluate("document.querySelectorAll('*').length") < nodes + 60
    assert page.evaluate("document.getAnimations().length") == 0
    site.quiet()
