"""The due list: how late, how often and why, what opens and closes today."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.ward.browser import PHONE
from tests.ward.conftest import Site
from tests.ward.test_board import chart
from tests.ward.wards import SEVERE, patient

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@sqlite
@pytest.mark.check(92)
@pytest.mark.check(5)
@pytest.mark.parametrize("dark", [False, True])
def test_the_due_list_says_how_late_how_often_and_why(site: Site, dark: bool) -> None:
    site.clock.now = datetime.fromisoformat("2026-02-26T08:00:00Z")
    site.service.locks_after = timedelta(days=1)
    sick = patient(site.api, "SYNTHETIC, Patient", "12")
    site.clock.forward(hours=1)
    assert chart(site, sick, SEVERE) == 201
    site.clock.forward(hours=3)
    page = site.page("nurse", "/due", dark=dark)
    assert page.title() == "Due list - toxmon"
    first = page.locator("table.due").first.locator("tbody tr")
    told = first.all_inner_texts()
    # The longest overdue first, with how late and the grade that asks for it.
    lates = first.locator("time").evaluate_all(
        "all => all.filter(e => e.dataset.ago === 'span').map(e => e.dateTime)"
    )
    assert lates
    assert lates == sorted(lates)
    vital = next(each for each in told if "vital signs" in each)
    assert "Overdue 2 h" in vital
    assert "Bed 12, SYNTHETIC, Patient" in vital
    assert "every 1 h" in vital
    assert "while CRS is grade 2" in vital
    assert "axi-cel" not in vital
    record = page.locator("a", has_text="Record vital signs").first
    assert record.get_attribute("href") == f"/p/{sick}/obs/new"
    # Windows of the infusion's day open today.
    assert "Cytokine release syndrome (CRS) opens" in page.inner_text("main")
    site.well(page)
    page.emulate_media(media="print")
    assert page.locator("main a.button:visible").count() == 0
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    assert site.go(page, "/due?unit=bmt-2") == 200
    assert "Nothing is overdue. Last checked 13:00:00." in page.inner_text("main")
