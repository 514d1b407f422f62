"""The answer to a set: the grade first, then why, what to do, what is due, what sounds."""

from __future__ import annotations

import re

import pytest

from tests.ward.bedside import WHOLE, fill, lying, sheet
from tests.ward.browser import DESK, PHONE
from tests.ward.conftest import Site

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
RESULT = re.compile(r"/obs/\d+/result$")


@ONE
@pytest.mark.check(57)
@pytest.mark.check(58)
@pytest.mark.check(56)
def test_a_result_says_first_what_matters_first(site: Site) -> None:
    patient = lying(site)
    page = sheet(site, patient, PHONE)
    fill(page, **{**WHOLE, "temperature": "38.9", "systolic": "86", "diastolic": "52"})
    page.tap(".save")
    page.wait_for_url(RESULT)
    assert page.title() == "Saved 09:00, bed 12 - toxmon"
    heading = page.locator("h1")
    assert page.evaluate("document.activeElement.tagName") == "H1"
    assert "CRS grade 2, was 0." in (heading.text_content() or "")
    text = page.inner_text("main")
    places = [text.index(each) for each in (
        "CRS grade 2, was 0", "Why", "Do now", "Next due", "Alerts", "Wrong value?",
    )]  # fmt: skip
    assert places == sorted(places)
    assert "Temperature 38.9 °C 09:00" in text
    assert "Systolic pressure 86 mmHg 09:00" in text
    assert "Missing for a certain grade: " in text
    assert "Seizure" in text
    assert "by 1" in text  # The next set, with its hour.
    assert "CRS grade 2" in page.inner_text("#alerts ~ section")
    assert page.locator("form[action$='/acknowledge']").count() >= 1
    site.well(page)
    # It can be opened again, and says the same; later it says that this was then.
    there = page.url.removeprefix(site.url)
    site.clock.forward(minutes=4)
    assert site.go(page, there) == 200
    told = page.inner_text("#grades")
    site.api.chart(patient, site.clock().isoformat(), body_temperature=(36.8, "Cel"),
                   systolic_bp=(110, "mm[Hg]"), diastolic_bp=(70, "mm[Hg]"))  # fmt: skip
    for _ in range(4):
        site.clock.forward(minutes=4)
        site.go(page, there)
    assert "This is what was told then." in page.inner_text("main")
    assert page.inner_text("#grades") == told
    dark = site.page("physician", there, DESK, dark=True)
    site.well(dark)


@ONE
@pytest.mark.check(60)
@pytest.mark.check(126)
def test_a_result_names_its_rules_and_going_back_saves_nothing(site: Site) -> None:
    patient = lying(site)
    page = sheet(site, patient, DESK)
    fill(page, temperature="38.2")
    page.click(".save")
    page.wait_for_url(RESULT)
    assert "astct-2019; protocol ide-cel 1, policy default" in page.inner_text("main")
    assert "CRS grade 1, was 0." in (page.text_content("h1") or "")
    before = site.api.get(f"/patients/{patient}").body["version"]
    page.go_back()
    page.go_forward()
    page.reload()
    assert site.api.get(f"/patients/{patient}").body["version"] == before


@ONE
def test_a_number_that_is_no_set_is_not_there(site: Site) -> None:
    patient = lying(site)
    page = site.page("nurse")
    for version in ("1", "999", "9" * 30):
        for what in ("", "/result", "/correct", "/withdraw", "/withdrawn"):
            assert site.go(page, f"/p/{patient}/obs/{version}{what}") == 404, (version, what)
    assert site.go(page, f"/p/{patient}/facts/nothing") == 404
    assert site.go(page, "/p/nobody/obs/new") == 404


@ONE
@pytest.mark.check(83)
def test_three_sets_of_one_grade_raise_one_alert(site: Site) -> None:
    patient = lying(site)
    page = sheet(site, patient, DESK, script=False)
    for _ in range(3):
        site.go(page, f"/p/{patient}/obs/new")
        fill(page, **{**WHOLE, "systolic": "86", "diastolic": "52"})
        page.click(".save")
        assert RESULT.search(page.url)
        site.clock.forward(minutes=4)
    alerts = site.api.get(f"/alerts?patient={patient}&limit=50").body["items"]
    mine = [each for each in alerts if each["rule"] == "crs" and each["patient_id"] == patient]
    assert len(mine) == 1
