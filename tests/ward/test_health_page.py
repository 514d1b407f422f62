"""The page of toxmon's own health: in words, with since when, and large only where one must act."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.conftest import Clock
from tests.ward.conftest import Site
from toxmon.actions import condition
from toxmon.actions.canary import NAME
from toxmon.actions.heartbeat import DELIVERY, SWEEP, beat
from toxmon.clock import SteadyClock

ROLES = ("nurse", "physician", "pharmacist", "integration", "admin", "auditor")


def test_what_is_silent_is_said_first(site: Site, clock: Clock) -> None:
    for name in (SWEEP, DELIVERY, NAME):
        beat(site.service, name, "test")
    site.service.locks_after = timedelta(days=1)
    page = site.page("nurse", "/watch")
    assert page.locator("nav [aria-current]").inner_text() == "Health"
    assert "last done" in page.inner_text("tr:has-text('Sweeps')")
    assert "01-Mar-2026 09:00" in page.inner_text("tr:has-text('Sweeps')")
    assert "empty" in page.inner_text("tr:has-text('Queue of messages')")
    assert "outlasts a power cut" in page.inner_text("tr:has-text('Database')")
    assert "not known here" in page.inner_text("tr:has-text('Backup')")
    site.well(page)
    before = page.locator("#acts").inner_text()
    condition.noted(site.service, condition.BACKUP)
    clock.forward(minutes=9)
    page.reload()
    assert "SILENT, last done" in page.inner_text("tr:has-text('Sweeps')")
    assert "9 min ago" in page.inner_text("section:has(#acts)")
    assert page.locator("#acts").inner_text() != before
    assert "the last one" in page.inner_text("tr:has-text('Backup')")
    site.well(page)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_clock_that_was_stepped_and_every_role(site: Site, clock: Clock) -> None:
    passed = [0.0]
    steady = SteadyClock(clock, lambda: passed[0])
    site.service.clock = steady
    clock.forward(hours=2)
    page = site.page("admin", "/watch", (390, 844), dark=True)
    words = page.inner_text("section:has(#acts)")
    assert "the computer's clock is 7200 s ahead of" in words
    assert page.evaluate("document.querySelector('main').scrollWidth") <= 390
    site.well(page)
    for role in ROLES:
        assert site.go(site.page(role, name=f"{role}x"), "/watch") == 200
