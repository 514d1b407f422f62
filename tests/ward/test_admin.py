"""The pages of an administrator: what is in force, what differs, and who is on call."""

from __future__ import annotations

import pytest

from tests.conftest import Clock
from tests.ward.conftest import Site
from toxmon.ward.admin import compared

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@ONE
def test_what_is_in_force_and_what_differs(site: Site) -> None:
    site.api.treated()
    page = site.page("admin", "/admin")
    for words in ("Users and roles", "Who is on call", "bmt-1: 1 record", "replaced nothing"):
        assert words in page.inner_text("main")
    assert "What is kept, and how long" in page.inner_text("main")
    site.well(page)
    # A treatment began under an edition that is not in force any more.
    policy = site.service.protocols.policies["default"]
    older = policy.text.replace("version = ", "version = 9", 1)
    row = {"digest": "0" * 64, "kind": "policy", "name": "default", "version": 9, "text": older,
           "recorded_at": site.service.clock()}  # fmt: skip
    with site.service.store.writing():
        site.service.store.insert("edition", [row])
    page.reload()
    link = page.locator("a[href*='/admin/compare']")
    assert link.count() == 1
    link.click()
    assert "in force" in page.inner_text("h1")
    site.well(page)
    assert site.go(page, "/admin/compare?kind=policy&name=default&old=zzz") == 404
    assert site.go(page, "/admin/compare?kind=nonsense&name=default&old=zzz") == 404
    nurse = site.page("nurse")
    assert site.go(nurse, "/admin") == 403


def test_two_pages_side_by_side() -> None:
    old, new = "a\nb\nc\nd\ne\nf\ng", "a\nb\nc\nd\nE\nf\ng"
    found = compared(old, new)
    assert ("-", "e") in found
    assert ("+", "E") in found
    assert (" ", "a") not in found
    assert compared(old, old) == []


def test_a_shift_is_added_and_taken_off(site: Site, clock: Clock) -> None:
    site.api.treated()
    page = site.page("nurse", "/roster", script=False)
    assert "Nobody is on the roster" in page.inner_text("main")
    page.click("main form button")
    assert page.title().startswith("Error: Who is on call")
    assert page.locator("#summary li").count() == 5
    page.fill("#unit", "bmt-1")
    page.fill("#person", "C. Example")
    page.select_option("#role", index=1)
    for name, day in (("from", "2026-03-01"), ("until", "2026-03-01")):
        page.fill(f"#{name}_date", day)
    page.fill("#from_time", "07:00")
    page.fill("#until_time", "06:00")
    page.click("main form button")
    assert "is not after from" in page.inner_text("#summary")
    assert page.input_value("#person") == "C. Example"
    page.fill("#until_time", "19:00")
    page.click("main form button")
    assert page.url.endswith("/roster")
    row = page.inner_text("table tbody tr")
    assert "C. Example now" in row
    assert "01-Mar-2026 19:00" in row
    assert "Nobody is on call" in page.inner_text("main")  # After 19:00, and that is said.
    page.click("text=Take off…")
    page.click("main form button")
    assert "write something" in page.inner_text("#summary")
    page.fill("#reason", "swapped")
    page.click("main form button")
    assert page.locator("table").count() == 0
    pharmacist = site.page("pharmacist", "/roster", dark=True)
    assert pharmacist.locator("main form").count() == 0
    site.well(pharmacist)
    away = site.page("nurse", "/roster", units=("other",), name="away")
    assert "C. Example" not in away.inner_text("main")
    site.well(site.page("admin", "/roster"))
