"""Who has an alert: assessed, handed over, accepted, taken over, put out of service, ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.ward.browser import PHONE
from tests.ward.conftest import Site
from tests.ward.test_alerts import life, open_alerts
from tests.ward.test_board import BOARD, chart
from tests.ward.wards import FEVER, patient

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def alert(site: Site) -> Iterator[str]:
    """An alert of CRS of a patient in bed 12 that nurse ada has acknowledged."""
    site.clock.now = datetime.fromisoformat("2026-02-26T08:00:00Z")
    site.service.locks_after = timedelta(days=1)
    sick = patient(site.api, "SYNTHETIC, Patient", "12")
    site.clock.forward(hours=1)
    assert chart(site, sick, FEVER) == 201
    (found,) = open_alerts(site)
    page = site.page("nurse", "/alerts", name="ada")
    page.click(".listed button")
    return found["id"]


def now_is(site: Site, alert: str) -> dict[str, Any]:
    found: dict[str, Any] = site.api.get(f"/alerts/{alert}").body["alert"]
    return found


def test_it_goes_from_one_nurse_to_the_next(site: Site, alert: str) -> None:
    site.signed_in("nurse", name="ben")
    site.signed_in("pharmacist", name="far", units=("elsewhere",))
    page = site.page("nurse", f"/alerts/{alert}", PHONE, name="ada")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    named = page.locator("#to option").all_inner_texts()
    assert "Nurse ben (nurse)" in named
    assert not [each for each in named if "ada" in each or "far" in each]
    page.click("form[action$=hand-over] button")
    assert page.title().startswith("Error:")
    assert page.locator("#to-fault").count() == 1
    page.select_option("#to", "Nurse ben")
    page.fill("#word", "He is cold and wet")
    page.click("form[action$=hand-over] button")
    assert "Handed over to Nurse ben, who has to accept it by" in page.inner_text("#alert")
    assert now_is(site, alert)["holder"] == "Nurse ada"
    site.well(page)
    other = site.page("nurse", BOARD, PHONE, name="ben")
    assert "handed over to Nurse ben" in other.inner_text("main")
    site.go(other, "/alerts")
    assert "Handed over to you by Nurse ada: CRS grade 1, bed 12." in other.inner_text("main")
    site.well(other)
    token = other.locator("#act [name=form_token]").input_value()
    other.click("text=Accept")
    assert now_is(site, alert)["holder"] == "Nurse ben"
    assert life(site, alert)[-3:] == ["handed_over", "noted", "accepted"]
    again = other.request.post(
        f"{site.url}/alerts/{alert}/accept",
        form={"form_token": token, "back": "/alerts"}, max_redirects=0,
    )  # fmt: skip
    assert again.status == 303
    assert life(site, alert)[-3:] == ["handed_over", "noted", "accepted"]
    # Who did not get it is told so, and may take it over.
    refused = page.request.post(
        f"{site.url}/alerts/{alert}/accept", form={"form_token": _token(page)}
    )
    assert refused.status == 409
    site.go(page, f"/alerts/{alert}")
    page.click("text=Take it over >> nth=-1")
    assert now_is(site, alert)["holder"] == "Nurse ada"


@sqlite
def test_what_was_found_holds_it_longer(site: Site, alert: str) -> None:
    page = site.page("nurse", f"/alerts/{alert}", name="ada")
    before = now_is(site, alert)["acknowledgement"]["until"]
    page.click("form[action$=assess] button")
    assert page.locator("#found-fault").count() == 1
    page.fill("#found", "Blood cultures taken; physician at the bedside")
    page.click("form[action$=assess] button")
    assert "Blood cultures taken" in page.inner_text("#alert")
    assert now_is(site, alert)["acknowledgement"]["until"] > before
    assert life(site, alert)[-1] == "documented"


@sqlite
def test_it_is_over_when_a_physician_says_so_and_not_while_it_is_so(site: Site, alert: str) -> None:
    page = site.page("physician", f"/alerts/{alert}", name="doc")
    assert page.locator("form[action$=resolve]").count() == 0
    sent = {"form_token": _token(page), "over": "nothing to be seen"}
    before = life(site, alert)
    refused = page.request.post(f"{site.url}/alerts/{alert}/resolve", form=sent)
    assert refused.status == 422
    assert "What the alert tells of is still so" in refused.text()
    assert life(site, alert) == before
    nurse = site.page("nurse", f"/alerts/{alert}", name="ada")
    sent["form_token"] = _token(nurse)
    assert nurse.request.post(f"{site.url}/alerts/{alert}/resolve", form=sent).status == 403
    # The value that it rested on was wrong.
    (fact,) = [
        each
        for each in site.api.get(
            f"/patients/{now_is(site, alert)['patient_id']}/observations?kind=body_temperature"
        ).body["items"]
        if float(each["value"]) >= 38
    ]
    said = {"value": 36.8, "unit": "Cel", "reason": "misread"}
    assert site.api.post(f"/observations/{fact['id']}/corrections", said).status == 201
    assert now_is(site, alert)["condition"] == "withdrawn"
    site.go(page, f"/alerts/{alert}")
    page.fill("#over", "the thermometer was misread")
    page.click("form[action$=resolve] button")
    assert "Resolved" in page.inner_text("#alert")
    site.well(page)
    assert now_is(site, alert)["state"] == "normal"


@sqlite
def test_out_of_service_and_back(site: Site, alert: str) -> None:
    page = site.page("physician", f"/alerts/{alert}", name="doc")
    page.click("text=Out of service >> nth=0")
    page.click("form[action$=out-of-service] button")
    assert page.locator("#out_minutes-fault").count() == 1
    page.check("input[name=out_minutes][value='30']")
    page.fill("#out_reason", "the monitor is calibrated")
    page.click("form[action$=out-of-service] button")
    assert now_is(site, alert)["state"] == "out_of_service"
    site.well(page)
    page.fill("#in_reason", "calibrated")
    page.click("form[action$=in-service] button")
    assert now_is(site, alert)["state"] != "out_of_service"
    assert "in_service" in life(site, alert)[-3:]


def _token(page: Any) -> str:
    found: str = page.locator("[name=form_token]").first.input_value()
    return found
