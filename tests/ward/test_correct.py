"""What was wrong is put right beside what was charted; nothing disappears."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page

from tests.ward.bedside import WHOLE, fill, kept, lying, sets, sheet
from tests.ward.browser import DESK
from tests.ward.conftest import Site
from toxmon.saved import load_value
from toxmon.store import facts

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
RESULT = re.compile(r"/obs/\d+/result$")
SCANNED = """text => { const at = document.activeElement;
    const press = key => at.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
    for (const key of text) { press(key); at.value += key; }
    press('Enter'); }"""
LOW = {**WHOLE, "temperature": "38.9", "systolic": "86", "diastolic": "52"}


def saved(site: Site, patient: str, script: bool = True, **values: str) -> Page:
    """The result of a set that was just saved."""
    page = sheet(site, patient, DESK, script=script)
    fill(page, **values)
    page.click(".save")
    page.wait_for_url(RESULT)
    return page


def test_a_wrong_value_is_corrected_and_its_effect_is_told_before(site: Site) -> None:
    patient = lying(site)
    page = saved(site, patient, **LOW)
    assert "CRS grade 2" in (page.text_content("h1") or "")
    page.click("text=Wrong value? Correct this set")
    site.well(page)
    page.click("text=Correct values")
    row = page.locator("tr", has_text="Systolic pressure")
    row.locator("input").fill("126")
    page.click("text=See what this changes")
    assert page.title().startswith("Error: ")
    assert "Reason" in page.inner_text("#summary")
    assert row.locator("input").input_value() == "126"
    fill(page, reason="cuff was loose")
    page.click("text=See what this changes")
    told = page.inner_text("#effect")
    assert "CRS now: grade 2 → grade 1" in told
    assert "Systolic pressure: 86 mmHg → 126 mmHg" in told
    assert "Alert “CRS grade 2” will" in told or "CRS grade 1" in told
    before = sets(site, patient)
    site.well(page)
    page.click("text=Correct it")
    page.wait_for_url(RESULT)
    assert sets(site, patient) == before + 1
    assert page.inner_text("h1").startswith("Corrected 09:00, bed 12")
    assert "CRS grade 1, was 2." in (page.text_content("h1") or "")
    row_now = kept(site, patient)["systolic_bp"]
    assert (row_now["status"], row_now["reason"]) == ("corrected", "cuff was loose")
    site.go(page, f"/p/{patient}/facts/{row_now['replaces_id']}")
    assert "86 mmHg" in page.inner_text("ol")
    assert "126 mmHg" in page.inner_text("ol")
    assert "cuff was loose" in page.inner_text("ol")
    site.well(page)


@ONE
def test_what_was_looked_at_only_is_not_kept(site: Site) -> None:
    patient = lying(site)
    page = saved(site, patient, **LOW)
    version = page.url.split("/")[-2]
    before = facts.every(site.service.store, patient)
    alerts = site.api.get(f"/alerts?patient={patient}").raw
    site.go(page, f"/p/{patient}/obs/{version}/withdraw")
    page.check("[name=whose][value=never]")
    fill(page, reason="not measured")
    page.click("text=See what this changes")
    assert "CRS now: grade 2 → " in page.inner_text("#effect")
    assert facts.every(site.service.store, patient) == before
    assert site.api.get(f"/alerts?patient={patient}").raw == alerts
    assert site.api.get(f"/patients/{patient}/grades").body["grades"]["crs"]["value"] == 2
    site.well(page)


@ONE
@pytest.mark.check(30)
def test_a_set_of_the_wrong_patient_is_carried_over_for_review(site: Site) -> None:
    wrong, right = lying(site), lying(site, bed="14", before=False)
    page = saved(site, wrong, script=False, **{**LOW, "oxygen": "air"})
    version = page.url.split("/")[-2]
    site.go(page, f"/p/{wrong}/obs/{version}/withdraw")
    page.check("[name=whose][value=other]")
    fill(page, reason="wrong bed")
    page.click("text=See what this changes")
    page.click("text=Take it back")
    assert page.url.endswith("/withdrawn")
    assert kept(site, wrong)["systolic_bp"]["status"] == "entered-in-error"
    site.well(site.page("nurse", page.url.removeprefix(site.url)))
    page.click("text=bed 14: Synthetic, Patient 14")
    assert page.url.endswith(f"/p/{right}/obs/carried")
    assert "Look at each of them" in page.inner_text("main")
    assert page.input_value("#systolic") == "86"
    assert page.is_checked("[name=oxygen][value=air]")
    assert page.input_value("#obs_time") == "09:00"
    page.click(".save")
    assert RESULT.search(page.url), page.inner_text("main")
    assert str(load_value(kept(site, right)["systolic_bp"]["value"])) == "86"


@ONE
def test_a_value_that_waits_is_confirmed_with_a_reason(site: Site) -> None:
    patient = lying(site)
    site.api.chart(patient, "2026-03-04T07:50:00Z", body_temperature=(47, "Cel"))
    waiting = kept(site, patient)["body_temperature"]
    page = site.page("nurse", f"/p/{patient}/facts/{waiting['id']}", DESK)
    assert "Waits to be confirmed" in page.inner_text("main")
    page.click("text=It is correct")
    assert "Reason: write something" in page.inner_text("#summary")
    fill(page, reason="measured twice")
    page.click("text=It is correct")
    page.wait_for_url(RESULT)
    assert page.inner_text("h1").startswith("Confirmed")
    assert kept(site, patient)["body_temperature"]["status"] == "confirmed"


@ONE
def test_a_cause_is_attributed_by_a_physician_and_by_nobody_else(site: Site) -> None:
    patient = lying(site)
    saved(site, patient, **LOW)
    nurse = site.page("nurse")
    assert site.go(nurse, f"/p/{patient}/attribute") == 403
    page = site.page("physician", f"/p/{patient}/attribute", DESK)
    page.click("text=See what this changes")
    assert "Sign: choose one" in page.inner_text("#summary")
    site.well(page)
    fill(page, sign="hypotension", cause="bleeding", from_date="2026-03-04", from_time="08:30",
         reason="melena")  # fmt: skip
    page.click("text=See what this changes")
    assert "CRS now: grade 2 → grade 1" in page.inner_text("#effect")
    page.click("text=Save it so")
    page.wait_for_url(RESULT)
    assert site.api.get(f"/patients/{patient}/grades").body["grades"]["crs"]["value"] == 1


@ONE
def test_a_bed_a_pause_and_a_death_are_charted_simply(site: Site) -> None:
    patient = lying(site)
    page = site.page("physician", f"/p/{patient}/stay", DESK)
    fill(page, setting="inpatient", bed="15", from_date="2026-03-04", from_time="08:59")
    page.click("text=See what this changes")
    page.click("text=Save it so")
    page.wait_for_url(RESULT)
    assert "bed 15" in page.title()
    site.go(page, f"/p/{patient}/pause")
    site.well(page)
    fill(page, hours="2", reason="in theater")
    page.click("text=See what this changes")
    page.click("text=Save it so")
    page.wait_for_url(RESULT)
    assert site.api.get(f"/patients/{patient}/checks").body["paused"]
    site.go(page, f"/p/{patient}/death")
    fill(page, cause="crs", died_date="2026-03-04", died_time="08:30")
    page.click("text=See what this changes")
    page.click("text=Save it so")
    page.wait_for_url(RESULT)
    assert "CRS grade 5" in (page.text_content("h1") or "")


@ONE
@pytest.mark.check(26)
def test_another_wristband_is_a_full_stop(site: Site) -> None:
    patient, other = lying(site), lying(site, bed="14")
    numbers = {
        each: site.api.get(f"/patients/{each}").body["identifiers"][0]["value"]
        for each in (patient, other)
    }
    page = sheet(site, patient, DESK)
    fill(page, **LOW)
    page.focus("#temperature")
    # As fast as a scanner, and into any field: a busy machine would type too slowly.
    page.evaluate(SCANNED, f"]C1{numbers[other]}00")
    page.wait_for_selector("#summary")
    assert "No patient within your reach has this wristband" in page.inner_text("#summary")
    assert page.input_value("#temperature") == "38.9"
    page.click(".scan summary") if not page.is_visible("#scan") else None
    page.fill("#scan", f"]C1{numbers[other]}")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Stop: this is another patient's wristband")
    told = page.inner_text("main")
    assert "Synthetic, Patient 12" in told
    assert "Synthetic, Patient 14" in told
    site.well(page)
    page.click("text=Back to the sheet of bed 12")
    page.wait_for_selector("#sheet")
    assert page.input_value("#systolic") == "86"
    page.click(".scan summary")
    page.fill("#scan", numbers[patient])
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Identity checked 09:00")
    assert page.input_value("#systolic") == "86"
    assert sets(site, patient) == 3
