"""The screen itself: the overlay that locks it, keyboards, colors, what stays in the browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.ward.conftest import PASSWORD, Site
from tests.ward.test_signing_in import one_database
from toxmon.actions import accounts, sessions
from toxmon.ward import assets


@one_database
@pytest.mark.check(48)
def test_the_overlay_keeps_what_was_typed(site: Site) -> None:
    cookie = site.signed_in("nurse", name="ada")
    found = sessions.found(site.service, cookie)
    assert found is not None
    accounts.set_pin(site.service, found.actor.id, "2749")
    page = site.page("nurse", name="ada")
    page.clock.install()
    site.go(page, "/me")
    page.fill("#password", "not yet saved")
    page.focus("#password")
    site.clock.forward(minutes=5)
    page.clock.run_for(301_000)
    page.wait_for_selector("#lock[open]")
    locked = sessions.found(site.service, cookie)
    assert locked is not None
    assert locked.locked
    assert page.locator("main").is_hidden()
    site.well(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert page.locator("#lock").get_attribute("open") is not None
    page.fill("#lock-secret", "9999")
    page.keyboard.press("Enter")
    page.locator("#lock-fault:has-text('not the PIN')").wait_for()
    page.fill("#lock-secret", "2749")
    page.keyboard.press("Enter")
    page.wait_for_selector("#lock:not([open])", state="attached")
    page.wait_for_selector("main", state="visible")
    assert page.input_value("#password") == "not yet saved"
    assert page.evaluate("document.activeElement.id") == "password"
    site.quiet()


@one_database
def test_colors_are_kept_for_every_device(site: Site) -> None:
    page = site.page("nurse", "/me", name="ada")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.check("input[name=theme][value=dark]")
    page.click("text=Keep")
    page.wait_for_url("**/me?done=look")
    assert page.is_checked("input[name=theme][value=dark]")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    site.well(page)
    other = site.page("nurse", "/me", name="ada", dark=True)
    other.check("input[name=theme][value=light]")
    other.click("text=Keep")
    other.wait_for_url("**/me?done=look")
    assert other.evaluate("getComputedStyle(document.body).backgroundColor") == light
    site.well(other)


def test_chosen_colors_are_those_of_the_devices() -> None:
    folder = Path(assets.__file__).with_name("static") / "css"
    pair = re.compile(r"(--[\w-]+): ([^;]+);")
    device = (folder / "10-tokens.css").read_text().split("@media (prefers-color-scheme: dark)")
    chosen = (folder / "15-theme.css").read_text().split("[data-theme=dark]")
    dark = dict(pair.findall(device[1].partition("\n}")[0]))
    assert dict(pair.findall(chosen[1])) == dark
    light = dict(pair.findall(device[0]))
    assert dict(pair.findall(chosen[0])) == {name: light[name] for name in dark}


@one_database
@pytest.mark.check(30)
def test_nothing_of_a_patient_stays_in_the_browser(site: Site) -> None:
    number, name = "77001234", "SYNTHETIC, Patient Zero"
    patient = site.api.patient(mrn=number, name=name)
    page = site.page("nurse", f"/p/{patient}")
    assert name in page.inner_text("body")  # It is shown, so that something could stay.
    site.go(page, "/me")
    site.go(page, f"/p/{patient}")
    kept = "localStorage.length + sessionStorage.length"
    assert page.evaluate(kept) == 0
    left = [page.title(), page.url, *site.opened[-1][1].requests]
    left += [str(cookie) for cookie in page.context.cookies()]
    assert {cookie["name"] for cookie in page.context.cookies()} <= {"toxmon", "toxmon_language"}
    for word in (number, "SYNTHETIC", "Zero", "1961", "02-May"):
        assert [each for each in left if word in each] == [], word


@one_database
def test_what_was_typed_outlives_the_session(site: Site) -> None:
    row = accounts.create(site.service, "ada", "A. Lovelace", "nurse", None, PASSWORD)
    accounts.set_pin(site.service, row["id"], "2749")
    page = site.page(None, "/sign-in?back=/me")
    page.clock.install()
    page.fill("#name", "ada")
    page.fill("#secret", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/me")  # Not a pattern: the sign-in page ends in /me, too.
    page.check("input[name=language][value=tr]")
    site.clock.forward(hours=13)
    page.clock.run_for(301_000)
    page.wait_for_selector("#lock[open]")
    page.fill("#lock-secret", "2749")
    page.keyboard.press("Enter")
    page.locator("#lock-fault:has-text('use the password')").wait_for()
    page.fill("#lock-secret", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("main", state="visible")
    assert page.is_checked("input[name=language][value=tr]")
    page.click("text=Keep")
    page.wait_for_url("**/me?done=look")
    site.quiet()


@one_database
def test_whoever_works_is_not_locked_out(site: Site) -> None:
    page = site.page("nurse", name="ada")
    page.clock.install()
    site.go(page, "/me")
    for _ in range(4):
        site.clock.forward(minutes=2)
        page.clock.run_for(120_000)
        with page.expect_response("**/seen"):
            page.keyboard.press("Tab")
    assert page.locator("#lock").get_attribute("open") is None
    found = sessions.found(site.service, site.signed_in("nurse", name="ada"))
    assert found is not None
    assert not found.locked


@one_database
@pytest.mark.parametrize("script", [True, False])
def test_signing_in_by_keyboard_and_without_script(site: Site, script: bool) -> None:
    accounts.create(site.service, "ada", "A. Lovelace", "nurse", None, PASSWORD)
    page = site.page(None, "/me", script=script)
    assert page.title() == "Sign in - toxmon"
    page.focus("#name")
    page.keyboard.type("ada")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong word")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in**")
    page.wait_for_selector("#summary")
    assert page.title() == "Error: Sign in - toxmon"
    assert page.input_value("#name") == "ada"
    page.fill("#secret", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/me")
    assert "A. Lovelace" in page.inner_text("header")
    page.click("text=Lock")
    page.wait_for_selector("h1:text('Locked')")
    page.fill("#secret", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:text('My account')")
    page.click("text=Sign out")
    page.wait_for_selector("h1:text('Sign in')")
    site.quiet()


@one_database
@pytest.mark.parametrize("dark", [False, True])
def test_the_pages_are_for_everybody(site: Site, dark: bool) -> None:
    page = site.page(None, "/sign-in", dark=dark)
    site.well(page)
    page.click("button")
    page = site.page("nurse", "/me", (320, 640), dark=dark)
    site.well(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    for target in page.locator("main button, main input:not([type=hidden])").all():
        box = target.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 40
    site.go(page, "/switch")
    site.well(page)
