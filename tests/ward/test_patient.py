"""The page of one patient, and why a grade is so."""

from __future__ import annotations

import pytest

from tests.ward.browser import DESK, PHONE
from tests.ward.conftest import Site
from toxmon.ward.value import readable

SICK = {
    "body_temperature": (38.9, "Cel"),
    "systolic_bp": (86, "mm[Hg]"),
    "diastolic_bp": (52, "mm[Hg]"),
    "oxygen_saturation": (95, "%"),
    "oxygen_device": "nasal_cannula",
    "oxygen_flow": (2, "L/min"),
    "vasopressors": [],
    "heart_rate": (118, "/min"),
}


def sick(site: Site) -> str:
    """A patient who had a fever, and is hypotensive on low-flow oxygen now."""
    patient = site.api.treated()
    site.clock.forward(hours=20)
    before = {**SICK, "systolic_bp": (112, "mm[Hg]"), "oxygen_device": "room_air"}
    del before["oxygen_flow"]
    site.api.chart(patient, "2026-03-02T03:00:00Z", **before)
    site.api.chart(patient, "2026-03-02T03:55:00Z", **SICK)
    return patient


def test_a_look_at_a_patient(site: Site) -> None:
    patient = sick(site)
    page = site.page("nurse", f"/p/{patient}")
    words = page.inner_text("main")
    assert "hypotension without a vasopressor" in words
    assert page.locator(".grade.g2").first.inner_text().startswith("2")
    assert page.title() == "Patient, ward bmt-1 - toxmon"
    page.get_by_role("link", name="Why CRS").click()
    words = page.inner_text("main")
    assert "Systolic pressure 86 mmHg, 02-Mar-2026 04:55" in words
    assert "one vasopressor" in words
    site.well(page)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("size", "dark"), [(PHONE, False), (DESK, True)])
def test_it_is_well_in_every_light(site: Site, size: tuple[int, int], dark: bool) -> None:
    patient = sick(site)
    page = site.page("physician", f"/p/{patient}", size, dark=dark)
    site.well(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    site.go(page, f"/p/{patient}/why?scale=icans")
    site.well(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


@pytest.mark.check(59, 60, 62)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_why_says_what_the_api_says(site: Site) -> None:
    patient = sick(site)
    page = site.page("physician", f"/p/{patient}/why?scale=crs")
    words = page.inner_text("main")
    told = site.api.get(f"/patients/{patient}/grades").body["grades"]["crs"]
    for reason in told["because"]:
        assert readable(reason["text"]) in words
        assert f"Rule {reason['rule']}" in words
        assert reason["text"] in page.input_value("#text")
    assert f"CRS: {told['says']}" in words
    assert told["edition"] in words
    assert "Protocol ide-cel" in words
    assert "one vasopressor\t3" in words.replace("\n", "")
    answer = page.request.get(f"{site.url}/p/{patient}/why?scale=crs&as=json").json()
    assert answer["grade"]["because"] == told["because"]


@pytest.mark.check(63)
def test_findings_that_grew_too_old_leave_a_question_mark(site: Site) -> None:
    patient = sick(site)
    page = site.page("nurse", f"/p/{patient}")
    assert page.locator("[data-key=grade-crs] .grade").inner_text().startswith("2")
    site.clock.forward(hours=13)
    cookie = {"name": "toxmon", "value": site.signed_in("nurse", name="later"), "url": site.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    site.go(page, f"/p/{patient}")
    tile = page.locator("[data-key=grade-crs]")
    assert tile.locator(".grade b").inner_text() == "?"
    assert "Too old to count" in tile.inner_text()


@pytest.mark.check(61)
def test_a_clinician_charts_an_own_grade_beside_it(site: Site) -> None:
    patient = sick(site)
    page = site.page("physician", f"/p/{patient}/own-grade?scale=crs")
    page.get_by_role("button", name="Chart it").click()
    assert page.title().startswith("Error:")
    assert "Grade: choose one" in page.inner_text("#summary")
    site.well(page)
    page.check("[name=grade][value='3']", force=True)
    page.fill("#reason", "Rigors, looks worse than the numbers")
    page.get_by_role("button", name="Chart it").click()
    words = page.inner_text("main")
    assert "Charted by clinicians" in words
    assert "CRS: grade 2" in words, "the derived grade stands as it was"
