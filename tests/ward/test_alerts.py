"""Alerts: one for each change, taken by one tap, by one person, and undone where it was a slip."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.ward.browser import PHONE, violations
from tests.ward.conftest import Site
from tests.ward.test_board import BOARD, chart
from tests.ward.wards import FEVER, SEVERE, WELL, patient
from toxmon.actions.sweep import sweep

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def sick(site: Site) -> Iterator[str]:
    """A patient in bed 12 with CRS 1, and an alert that nobody has."""
    site.clock.now = datetime.fromisoformat("2026-02-26T08:00:00Z")
    site.service.locks_after = timedelta(days=1)
    found = patient(site.api, "SYNTHETIC, Patient", "12")
    site.clock.forward(hours=1)
    assert chart(site, found, FEVER) == 201
    return found


def open_alerts(site: Site) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = site.api.get("/alerts").body["items"]
    return [each for each in found if each["rule"] == "crs"]


def life(site: Site, alert_id: str) -> list[str]:
    return [each["event"] for each in site.api.get(f"/alerts/{alert_id}").body["items"]]


@sqlite
@pytest.mark.check(83)
def test_three_sets_at_one_grade_are_one_alert(site: Site, sick: str) -> None:
    for _ in range(2):
        site.clock.forward(minutes=20)
        assert chart(site, sick, FEVER) == 201
    page = site.page("nurse", "/alerts")
    assert page.locator(".listed strong", has_text="CRS").count() == 1
    assert page.locator("[aria-current=page]", has_text="Not acknowledged (1)").count() == 1
    first = page.locator(".listed li").first
    told = first.inner_text()
    assert "High" in told
    assert "CRS grade 1" in told
    assert "Bed 12, SYNTHETIC, Patient" in told
    assert "since 26-Feb-2026 10:00" in told
    assert "Next told in" in told
    assert first.locator("text=Why").get_attribute("href") == f"/p/{sick}/why?scale=crs"
    site.well(page)


@sqlite
@pytest.mark.check(84)
@pytest.mark.check(86)
@pytest.mark.check(91)
def test_one_tap_takes_an_alert_and_says_who_has_it(site: Site, sick: str) -> None:
    page = site.page("nurse", "/alerts", PHONE, name="ada")
    other = site.page("nurse", None, name="ben")
    other.clock.install(time=site.clock.now)
    site.go(other, BOARD)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    page.click(".listed button")
    assert "No alerts are waiting. Last checked 10:00:00." in page.inner_text("main")
    told = page.inner_text("main")
    assert "✓" not in told
    assert "You acknowledged: CRS grade 1" in told
    site.clock.forward(minutes=5)
    # Within one look it stands on the board of somebody else.
    for _ in range(2):
        with other.expect_response(lambda answer: "x-toxmon-poll" in answer.request.headers):
            other.clock.run_for(11_000)
    other.wait_for_timeout(60)
    assert "acknowledged by Nurse ada 10:00" in other.inner_text(f"#r{sick} .alerts")
    second = patient(site.api, "SYNTHETIC, Second", "4", "2026-02-26T08:30:00Z")
    assert chart(site, second, FEVER) == 201
    found = next(each for each in open_alerts(site) if each["patient_id"] == second)
    answer = site.api.post(f"/alerts/{found['id']}/acknowledge", {"reason": "at the bedside"})
    assert answer.status == 200
    site.clock.forward(minutes=3)
    page.click("text=/^Acknowledged/")
    lines = page.locator(".listed li").all_inner_texts()
    assert ["Bed 12" in each for each in lines] == [True, False]  # The oldest first.
    assert re.search("Acknowledged by Nurse ada [78] min ago", lines[0])
    site.well(page)


@sqlite
@pytest.mark.check(85)
def test_a_tap_that_comes_second_records_nothing(site: Site, sick: str) -> None:
    page = site.page("nurse", BOARD, name="ben")
    found = open_alerts(site)[0]["id"]
    answer = site.api.post(f"/alerts/{found}/acknowledge", {"reason": "on my way"}, by="physician")
    assert answer.status == 200
    before = life(site, found)
    page.click(f"#r{sick} .alerts button")
    who = answer.body["holder"]
    assert page.inner_text("h1") == f"{who} has acknowledged this alert"
    assert life(site, found) == before
    assert violations(page) == []
    page.click("text=Take it over")
    assert life(site, found) == [*before, "acknowledged"]
    assert "acknowledged by Nurse ben" in page.inner_text(f"#r{sick}")


@sqlite
def test_a_double_tap_is_one_act_and_a_slip_is_undone(site: Site, sick: str) -> None:
    page = site.page("nurse", BOARD, name="ada")
    found = open_alerts(site)[0]
    before = life(site, found["id"])
    token = page.locator("#act [name=form_token]").input_value()
    sent = {"form_token": token, "back": BOARD}
    for _ in range(2):
        answer = page.request.post(
            f"{site.url}/alerts/{found['id']}/acknowledge", form=sent, max_redirects=0
        )
        assert answer.status == 303
        assert answer.headers["location"].startswith(BOARD)
    assert life(site, found["id"]) == [*before, "acknowledged"]
    page.reload()
    page.click("text=Undo")
    assert life(site, found["id"]) == [*before, "acknowledged", "unacknowledged"]
    after = open_alerts(site)[0]
    assert (after["state"], after["holder"]) == ("unacknowledged", None)
    assert after["next_step_at"] == found["next_step_at"]
    assert page.locator(f"#r{sick} .alerts button").count() == 1
    page.click(f"#r{sick} .alerts button")
    site.clock.forward(seconds=40)
    page.reload()
    assert page.locator("text=Undo").count() == 0
    late = page.request.post(f"{site.url}/alerts/{found['id']}/unacknowledge", form=sent)
    assert late.status == 409
    assert "more than 30 s ago" in late.text()


@sqlite
@pytest.mark.check(87)
def test_a_rise_ends_an_acknowledgement(site: Site, sick: str) -> None:
    page = site.page("nurse", BOARD)
    page.click(f"#r{sick} .alerts button")
    assert page.locator(f"#r{sick} .alerts button").count() == 0
    site.clock.forward(minutes=5)
    assert chart(site, sick, SEVERE) == 201
    page.reload()
    assert page.locator(f"#r{sick} .alerts button").count() == 1
    assert "not acknowledged" in page.inner_text(f"#r{sick} .alerts")


@sqlite
@pytest.mark.check(88)
def test_what_nobody_takes_is_told_to_the_next(site: Site, sick: str) -> None:
    found = open_alerts(site)[0]
    page = site.page("nurse", f"/alerts/{found['id']}")
    assert "Raised" in page.inner_text("ol")
    for _ in range(4):
        site.clock.now = max(
            site.clock.now, datetime.fromisoformat(open_alerts(site)[0]["next_step_at"])
        )
        sweep(site.service)
    page.reload()
    told = page.inner_text("ol")
    assert told.count("Escalated") >= 3
    assert "to charge nurse" in told
    assert "Next told in" in page.inner_text("main")
    site.well(page)


@sqlite
@pytest.mark.check(93)
@pytest.mark.check(45)
def test_what_is_silent_is_listed_with_its_reason(site: Site, sick: str) -> None:
    answer = site.api.post(
        f"/patients/{sick}/pauses",
        {"checks": ["weight"], "from": "2026-02-26T09:00:00Z", "until": "2026-02-26T11:00:00Z",
         "reason": "in theatre"},
    )  # fmt: skip
    assert answer.status == 201, answer.body
    found = open_alerts(site)[0]
    page = site.page("nurse", f"/alerts/{found['id']}")
    page.click("section button:has-text('Shelve')")
    assert page.title().startswith("Error: ")
    assert page.evaluate("document.activeElement.id") == "summary"
    assert page.locator(".summary a").count() == 2
    site.well(page)
    page.check("[name=minutes][value='5']")
    page.fill("#reason", "in theatre until 10:05")
    page.click("section button:has-text('Shelve')")
    assert "Shelved until 10:05" in page.inner_text("main")
    page.fill("#text", "seen by the fellow")
    page.click("text=Save the note")
    assert "seen by the fellow" in page.inner_text("ol")
    site.go(page, "/alerts?tab=silent")
    told = page.inner_text("main")
    assert "Shelved until 10:05" in told
    assert "checks are paused: weight; in theatre" in told
    page.click("text=About this alert")
    page.fill("#why", "back on the ward")
    page.click("text=Let it sound again")
    assert open_alerts(site)[0]["state"] == "unacknowledged"


@sqlite
def test_what_lost_its_ground_waits_to_be_acknowledged(site: Site, sick: str) -> None:
    facts = site.api.get(f"/patients/{sick}/observations?kind=body_temperature").body["items"]
    answer = site.api.post(
        f"/observations/{facts[0]['id']}/corrections",
        {"value": 36.9, "unit": "Cel", "reason": "typed wrong"},
    )
    assert answer.status in (200, 201), answer.body
    page = site.page("nurse", "/alerts")
    line = page.locator(".listed li", has_text="the value it rested on was corrected")
    assert line.count() == 1
    line.locator("button").click()
    assert open_alerts(site) == [] or open_alerts(site)[0]["state"] == "acknowledged"


@sqlite
def test_who_may_not_act_sees_no_button_and_is_refused(site: Site, sick: str) -> None:
    found = open_alerts(site)[0]["id"]
    page = site.page("integration", "/alerts")
    assert page.locator("main button").count() == 0
    token = page.locator("#act [name=form_token]").input_value()
    sent = {"form_token": token}
    assert page.request.post(f"{site.url}/alerts/{found}/acknowledge", form=sent).status == 403
    nurse = site.page("nurse", BOARD, units=("elsewhere",))
    assert site.go(nurse, f"/alerts/{found}") == 404
    assert site.go(nurse, "/alerts") == 200
    assert "SYNTHETIC" not in nurse.content()


@sqlite
def test_what_is_well_again_ends_with_the_acknowledgement(site: Site, sick: str) -> None:
    page = site.page("nurse", BOARD)
    for _ in range(3):
        site.clock.forward(hours=3)
        assert chart(site, sick, WELL) == 201
        sweep(site.service)
    site.go(page, "/alerts")
    line = page.locator(".listed li", has_text="no longer so").first
    line.locator("button").click()
    page.click("text=/^Ended today/")
    assert page.locator(".listed li").count() >= 1
