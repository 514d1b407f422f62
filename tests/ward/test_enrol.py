"""Enrolment is looked at before it is saved, saved whole, and its infusion can be put right."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from playwright.sync_api import Error

from tests.ward.conftest import Site
from tests.ward.typed import Typed, person

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

WHOLE = {
    "number": "004211", "name": "Synthetic, Patient", "born": "1961-05-02", "sex": "female",
    "unit": "bmt-1", "bed": "12", "weight": "78,4", "weighed_date": "2026-03-01",
    "weighed_time": "07:30", "product": "cilta-cel", "infused_date": "2026-03-01",
    "infused_time": "08:00", "ice_score": "10", "ferritin": "310", "crp": "12", "anc": "3.2",
    "anc_unit": "10*9/L", "platelets": "180", "baseline_date": "2026-02-28",
    "baseline_time": "09:00",
}  # fmt: skip


def enrolled(site: Site, page: Typed, **more: str) -> str:
    """The id of a patient who was enrolled through the pages."""
    page.open("/enrol")
    assert page.send("/enrol", **{**WHOLE, **more}, act="review") == 200, page.page
    assert page.send("/enrol", act="save") == 303, page.page
    found = re.search(r'href="/p/([0-9a-f-]{36})', page.answer.get_data(as_text=True))  # type: ignore[union-attr]
    assert found
    return found[1]


@pytest.mark.check(123)
@pytest.mark.check(126)
def test_answers_are_checked_with_the_windows_and_saved_as_one_act(site: Site) -> None:
    looked = site.page("nurse", "/enrol")
    boxes = looked.eval_on_selector_all(
        "main input:not([type=hidden]), main select",
        "found => found.filter(e => e.type === 'radio' || e.type === 'checkbox'"
        " ? e.checked : e.value).map(e => e.name)",
    )
    assert boxes == [], "nothing is filled in beforehand"
    site.well(looked)
    # axe needs a script of the page to run; whoever has none is looked at without it.
    page = site.page("nurse", "/enrol", script=False)
    for name, value in WHOLE.items():
        if name in ("product",):
            page.select_option(f"#{name}", value)
        elif name in ("sex", "anc_unit"):
            page.check(f"input[name={name}][value='{value}']")
        else:
            page.fill(f"#{name}", value)
    page.get_by_role("button", name="Check your answers").click()
    review = page.inner_text("main")
    for told in ("004 211", "02-May-1961 (64 y)", "78.4 kg", "05-Mar-2026 00:00", "day 4 to 14",
                 "01-Mar-2026 08:00", "Nothing has been saved so far"):  # fmt: skip
        assert told in review, told
    page.get_by_role("button", name="Save and enrol").click()
    assert page.text_content("title") == "Patient, bed 12 - toxmon"
    assert "Synthetic, Patient" in page.inner_text(".banner")
    assert "D0" in page.inner_text(".banner")
    patient = page.url.split("/p/")[1].split("?")[0]
    facts = site.api.get(f"/patients/{patient}/observations").body["items"]
    assert {each["kind"] for each in facts} == {
        "weight", "ice_score", "ferritin", "crp", "anc", "platelets",
    }  # fmt: skip
    assert {each["value"] for each in facts if each["kind"] == "anc"} == {3200}
    with suppress(Error):  # The page before was posted too, and a browser asks before it does so.
        page.go_back()
    assert len(site.api.get("/patients").body["items"]) == 1, "going back posts nothing"


def test_a_double_tap_enrols_once_and_a_number_belongs_to_one(site: Site) -> None:
    page = person(site, "nurse")
    page.open("/enrol")
    page.send("/enrol", **WHOLE, act="review")
    forms, once = page.forms, page.filled("/enrol", act="save")
    assert page.send("/enrol", once) == 303
    page.forms = forms
    assert page.send("/enrol", once) == 303
    assert len(site.api.get("/patients").body["items"]) == 1

    page.open("/enrol")
    assert page.send("/enrol", **WHOLE, act="review") == 409
    assert "belongs to a patient on record" in page.page
    assert "Open the patient who has this number" in page.page
    other = person(site, "nurse", units=("elsewhere",), name="other")
    other.open("/enrol")
    assert other.send("/enrol", **{**WHOLE, "unit": "elsewhere"}, act="review") == 409
    assert "belongs to a patient on record" in other.page
    assert "Open the patient" not in other.page


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("number", "", "write something"),
        ("number", "a\u200bb", "U+200B"),
        ("born", "2031-01-01", "lies in the future"),
        ("born", "0190-01-01", "years back"),
        ("born", "x", "write a date"),
        ("weight", "7800", "Weight"),
        ("weight", "seventy", "is not a number"),
        ("weighed_date", "", "write a date and a time"),
        ("infused_date", "2027-03-01", "lies ahead"),
        ("infused_date", "1950-03-01", "before the birth"),
        ("ice_score", "11", "ICE"),
        ("anc_unit", "", "choose one"),
        ("product", "nothing", "choose one of those"),
        ("unit", "", "write something"),
        ("sex", "x", "choose one of those"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_nothing_is_kept(
    site: Site, field: str, value: str, told: str
) -> None:
    page = person(site, "physician")
    page.open("/enrol")
    assert page.send("/enrol", **{**WHOLE, field: value}, act="review") == 422
    assert told in page.page, page.page
    assert page.page.startswith("Error: Enrol a patient")
    assert 'value="Synthetic, Patient"' in page.answer.get_data(as_text=True)  # type: ignore[union-attr]
    assert site.api.get("/patients").body["items"] == []


def test_who_may_enrol(site: Site) -> None:
    assert person(site, "pharmacist").open("/enrol") == 403
    assert person(site, "admin").open("/enrol") == 403
    page = person(site, "nurse", units=("bmt-2",))
    page.open("/enrol")
    assert page.send("/enrol", **WHOLE, act="review") == 422
    assert "you do not reach it" in page.page


def test_a_wrong_time_of_the_infusion_is_put_right_and_what_changed_is_listed(site: Site) -> None:
    typed = person(site, "nurse")
    patient = enrolled(site, typed)
    site.api.chart(patient, "2026-02-28T20:00:00Z", body_temperature=(39, "Cel"))
    page = site.page("nurse", f"/p/{patient}/infusion")
    site.well(page)
    page.get_by_role("link", name="Correct").click()
    page.fill("#infused_date", "2026-02-28")
    page.fill("#infused_time", "08:00")
    page.fill("#reason", "read from the bag")
    page.get_by_role("button", name="See what changes").first.click()
    assert "04-Mar-2026 00:00" in page.inner_text("main")
    site.well(page)
    page.get_by_role("button", name="Correct the time").click()
    told = page.inner_text("main")
    assert "The time was corrected" in told
    assert "CRS, 28-Feb-2026 21:00" in told
    assert "01-Mar-2026 08:00" in page.inner_text("s")
    assert "D1" in page.inner_text(".banner")


def test_the_next_step_of_a_product_that_is_given_in_steps(site: Site) -> None:
    typed = person(site, "nurse")
    patient = enrolled(site, typed, product="teclistamab")
    site.clock.forward(hours=60)
    typed = person(site, "nurse", name="later")
    typed.open(f"/p/{patient}/infusion")
    assert "Next step by plan:" in typed.page
    given = {"product": "teclistamab", "infused_date": "2026-03-03", "infused_time": "20:00"}
    assert typed.send("/infusion", **given, act="look") == 200
    assert "a further dose of the series" in typed.page
    assert typed.send("/infusion", act="save") == 303
    assert "dose 2 of the series" in typed.page
