"""Pharmacy: the word about a dose, the exact boundary, the acts, and what stays visible."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.api.dosed import EIGHT, Dosed, at, dosed
from tests.ward.browser import PHONE, violations
from tests.ward.conftest import Site
from tests.ward.typed import person

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

SECOND = 1 / 3600


@pytest.fixture
def given(site: Site) -> Dosed:
    """A patient of 70 kg with a fever, who had a dose at 08:00 UTC; it is 09:00."""
    ward = dosed(site.api, site.clock)
    ward.give(0)
    ward.turn(1)
    return ward


def toci(ward: Dosed) -> str:
    return f"/p/{ward.patient}/tocilizumab"


def word(page: Page) -> str:
    """The line with the word, of any dose now."""
    return page.inner_text("#answer .word")


@pytest.mark.check(94)
@pytest.mark.check(95)
@pytest.mark.check(102)
def test_the_word_comes_first_with_its_reason_and_the_numbers(site: Site, given: Dosed) -> None:
    page = site.page("pharmacist", toci(given))
    assert word(page).startswith("NOT YET")
    assert "at least 8 h from start to start" in word(page)
    answer = page.inner_text("#answer")
    for told in (
        "01-Mar-2026 17:00 (in 7 h)", "1 of 4 in this treatment", "1 of 3 in the last 24 h",
        "01-Mar-2026 09:00 (1 h ago), start of the infusion",
        "8 mg/kg × 70 kg = 560 mg (cap 800 mg)",
        "weighed 01-Mar-2026 09:00 (1 h ago)",
    ):  # fmt: skip
        assert told in answer, told
    rules = page.inner_text("table.rules")
    assert "not met" in rules
    assert "Santomasso" in rules
    assert "not verified" in rules
    assert page.get_by_text("CARTOX 2018").count()
    assert page.get_by_text("refuses").count() > 2
    assert all(each["name"] in ("toxmon",) for each in page.context.cookies())
    site.well(page)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth + 120")
    printed = page.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


@pytest.mark.check(122)
def test_it_reads_in_the_dark_on_a_phone(site: Site, given: Dosed) -> None:
    page = site.page("physician", toci(given), PHONE, dark=True)
    assert violations(page) == []
    small = page.eval_on_selector_all(
        "main button, main a.button, main .options span, main summary",
        "found => found.filter(e => e.offsetHeight && (e.offsetHeight < 40 || e.offsetWidth < 44))"
        ".map(e => e.outerHTML)",
    )
    assert small == []


@pytest.mark.check(96)
def test_one_second_before_at_and_after_eight_hours(site: Site, given: Dosed) -> None:
    path = f"/p/{given.patient}/dosing/tocilizumab/answer"
    for hours, told in ((8 - SECOND, "NOT YET"), (8, "YES"), (8 + SECOND, "YES")):
        given.turn(hours)
        page = person(site, "nurse", name=f"n{hours:.4f}")
        assert page.open(path) == 200
        assert page.page.startswith(told), (hours, page.page)
    assert "Intervals are counted from start to start" in page.page


@pytest.mark.check(98)
def test_a_fast_device_does_not_change_the_word_before_the_server(site: Site, given: Dosed) -> None:
    given.turn(8 - 1 / 60)
    page = site.page("pharmacist")
    page.clock.install(time=site.clock.now + timedelta(minutes=10))
    site.go(page, toci(given))
    strong = page.locator("#answer .word strong")
    expect(strong).to_have_text("NOT YET")
    expect(page.get_by_text("The clock of this device is more than 60 s off")).to_be_visible()

    site.clock.forward(seconds=59)
    with page.expect_response("**/answer"):
        page.clock.fast_forward(61_000)
    expect(strong).to_have_text("NOT YET")
    site.clock.forward(seconds=1)
    with page.expect_response("**/answer"):
        page.clock.fast_forward(2_000)
    expect(strong).to_have_text("YES")
    expect(page.locator("#told")).to_have_text("YES")

    page.route("**/answer", lambda route: route.abort())
    page.clock.fast_forward(61_000)
    expect(page.get_by_text("Not updating: the server does not answer.")).to_be_visible()
    expect(strong).to_have_text("YES")


@pytest.mark.check(97)
def test_without_a_fresh_weight_it_is_check_and_no_dose(site: Site) -> None:
    patient = site.api.treated()
    site.api.chart(patient, at(0), body_temperature=(39, "Cel"))
    page, path = person(site, "nurse"), f"/p/{patient}/tocilizumab"
    page.open(path)
    assert "CHECK no weight is on record" in page.page
    assert "Dose for the weight none is computed" in page.page
    site.api.chart(patient, at(0), weight=(70, "kg"))
    page.open(path)
    assert "560 mg" in page.page
    assert "CHECK" not in page.page
    site.clock.now = EIGHT + timedelta(days=7, seconds=1)
    page = person(site, "nurse", name="later")
    page.open(path)
    assert "CHECK the weight of 70 kg is of" in page.page
    assert "560 mg" not in page.page


@pytest.mark.check(101)
@pytest.mark.parametrize(
    ("kg", "dose"), [(29.9, "12 mg/kg × 29.9 kg = 358.8 mg"), (30, "8 mg/kg × 30 kg = 240 mg")]
)
def test_below_and_from_30_kg(site: Site, kg: float, dose: str) -> None:
    ward = dosed(site.api, site.clock)
    ward.turn(1)
    site.api.chart(ward.patient, at(0.5), weight=(kg, "kg"))
    page = person(site, "physician")
    page.open(toci(ward))
    assert dose in page.page
    assert "a text quoting the US label of tisagenlecleucel" in page.page


@pytest.mark.check(99)
@pytest.mark.check(123)
def test_what_is_corrected_or_taken_back_changes_the_count_and_stays_struck_through(
    site: Site, given: Dosed
) -> None:
    given.turn(9)
    page = site.page("pharmacist", toci(given), script=False)
    assert "1 of 4" in page.inner_text("#answer")
    page.get_by_role("link", name="Correct").click()
    page.fill("#given_date", "2026-03-01")
    page.fill("#given_time", "17:30")
    page.fill("#reason", "read from the pump")
    page.get_by_role("button", name="Correct the record").click()
    assert page.url.endswith("?done=corrected")
    assert word(page).startswith("NOT YET")
    struck = page.locator("tr.gone")
    assert "01-Mar-2026 09:00" in struck.locator("s").first.inner_text()
    assert "corrected by Pharmacist Example" in struck.inner_text()
    assert "read from the pump" in struck.inner_text()

    page.get_by_role("link", name="Correct").click()
    page.fill("#back-reason", "was not hung up")
    page.get_by_role("button", name="Take the record back").click()
    assert word(page).startswith("YES")
    assert "0 of 4" in page.inner_text("#answer")
    assert page.locator("tr.gone").count() == 2
    assert "taken back by" in page.inner_text("main")
    site.quiet()


@pytest.mark.check(100)
def test_a_dose_against_a_rule_needs_a_reason_and_is_marked(site: Site, given: Dosed) -> None:
    given.turn(2)
    page = person(site, "nurse")
    page.open(f"/p/{given.patient}/dosing/tocilizumab/given")
    once = page.filled("given", dose="560", given_date="2026-03-01", given_time="11:00", route="iv")
    assert page.send("given", once) == 200
    assert "This dose is against a rule" in page.page
    assert "at least 8 h" in page.page.lower()
    assert page.send("given") == 422
    assert "Why it was given: write something" in page.page
    assert page.send("given", against_reason="pressure falls") == 303
    assert "Recorded against a rule (interval): pressure falls" in page.page
    assert "2 of 4" in page.page
    assert given.alarms()
    assert given.alarms()[0]["title"] in page.page


def test_a_form_that_is_sent_twice_records_one_dose(site: Site, given: Dosed) -> None:
    given.turn(9)
    page = person(site, "nurse")
    page.open(f"/p/{given.patient}/dosing/tocilizumab/given")
    once = page.filled("given", dose="560", given_date="2026-03-01", given_time="17:30")
    forms = page.forms
    assert page.send("given", once) == 303
    page.forms = forms
    assert page.send("given", once) == 303
    assert page.page.count("560 mg")
    assert "2 of 4" in page.page
    page.open(toci(given))
    assert "2 of 4 in this treatment" in page.page


def test_a_dose_is_reserved_released_and_given_back(site: Site, given: Dosed) -> None:
    given.turn(9)
    doctor, pharmacist = person(site, "physician"), person(site, "pharmacist")
    doctor.open(toci(given))
    assert doctor.send("/tocilizumab", dose="560", act="reserved") == 303
    assert "reserved by" in doctor.page
    assert "NOT YET" in doctor.page
    pharmacist.open(toci(given))
    late = person(site, "pharmacist", name="second")
    late.open(toci(given))
    permission = re.search(r'permissions/([^/"]+)/release', _html(pharmacist))
    assert permission
    release = f"/p/{given.patient}/permissions/{permission[1]}/release"
    pharmacist.open(release)
    late.open(release)
    assert pharmacist.send("/release", reason="") == 303
    assert "The dose is released" in pharmacist.page
    assert late.send("/release", reason="") == 409
    assert "it was released already, by Pharmacist Example at 01-Mar-2026 18:00" in late.page
    late.open(toci(given))
    assert late.send("/return", reason="spilled") == 303
    assert "YES" in late.page
    assert "taken back" in late.page


def test_an_override_takes_two_persons_with_a_reason_each(site: Site, given: Dosed) -> None:
    given.turn(4)
    doctor, pharmacist = person(site, "physician"), person(site, "pharmacist")
    pharmacist.open(toci(given))
    assert pharmacist.send("/tocilizumab", dose="560", act="released") == 409
    assert "This dose was not permitted" in pharmacist.page
    assert pharmacist.send("/tocilizumab", act="override_asked") == 422
    assert pharmacist.send("/tocilizumab", reason="shock", act="override_asked") == 303
    assert "override asked for by" in pharmacist.page
    found = re.search(r'permissions/([^/"]+)/release', _html(pharmacist))
    assert found
    path = f"/p/{given.patient}/permissions/{found[1]}/release"
    pharmacist.open(path)
    assert pharmacist.send("/release", reason="myself") == 403
    assert "takes a physician and a pharmacist" in pharmacist.page
    doctor.open(path)
    assert "at least 8 h" in doctor.page
    assert doctor.send("/release", reason="") == 422
    assert doctor.send("/release", reason="second signature") == 303
    assert "in spite of a rule" in doctor.page


def test_two_records_close_together_are_asked_about(site: Site, given: Dosed) -> None:
    given.give(0.25)
    page = person(site, "pharmacist")
    page.open(toci(given))
    assert "One dose or two?" in page.page
    assert page.send("/distinct", reason="two bags seen") == 303
    assert "One dose or two?" not in page.page
    assert page.send("/elsewhere", elsewhere="none", reason="asked the sender") == 303
    assert "Nobody has said whether doses were given before arrival" not in page.page


def test_who_may_do_what(site: Site, given: Dosed) -> None:
    nurse, admin = person(site, "nurse"), person(site, "admin")
    nurse.open(toci(given))
    assert nurse.send("/tocilizumab", dose="560", act="check") == 200
    assert "The dose that was asked about: 560 mg" in nurse.page
    sent = nurse.filled("/tocilizumab", dose="560")
    assert nurse.send("/tocilizumab", [*sent, ("act", "released")]) == 403
    assert admin.open(toci(given)) == 403
    assert admin.open("/pharmacy") == 403
    other = person(site, "nurse", units=("elsewhere",), name="other")
    assert other.open(toci(given)) == 404
    assert other.open(f"/p/{given.patient}/steroids") == 404


@pytest.mark.parametrize("text", ["", "-1", "0", "1e9", "\x00", "٣", "ab" * 900, "NaN"])
def test_no_input_is_a_fault_of_ours(site: Site, given: Dosed, text: str) -> None:
    page = person(site, "pharmacist")
    for path in (toci(given), f"/p/{given.patient}/dosing/tocilizumab/given", "/pharmacy/stock"):
        page.open(path)
        forms = page.forms
        for action, fields, names in forms:
            if not action.startswith(("/p/", "/pharmacy")):
                continue
            hidden = {"form_token", "form_id"}
            filled = [pair for pair in fields if pair[0] in hidden]
            filled += [(name, text) for name in sorted(names - hidden)]
            page.forms = forms
            assert page.send(action, filled) < 500, (action, text)


def test_the_list_of_the_pharmacy_and_its_stock(site: Site, given: Dosed) -> None:
    page = site.page("pharmacist", "/pharmacy")
    row = page.inner_text("tbody tr")
    assert "NOT YET" in row
    assert "1 of 4" in row
    assert "01-Mar-2026 17:00" in row
    assert "nobody has counted the vials of this unit" in page.inner_text("main")
    site.well(page)
    typed = person(site, "pharmacist")
    typed.open("/pharmacy/stock?unit=bmt-1")
    count = {"unit": "bmt-1", "vials": ["2", "0", "3", ""], "strength": ["80", "200", "400", ""],
             "counted_date": "2026-03-01", "counted_time": "09:30"}  # fmt: skip
    assert typed.send("/stock", **{**count, "vials": ["x", "", "", ""]}) == 422
    assert "write a whole number" in typed.page
    assert typed.send("/stock", **count) == 303
    assert "2 × 80 mg" in typed.page.replace("  ", " ")
    assert "enough" in typed.page


def test_steroids_and_prevention_say_what_is_not_known(site: Site, given: Dosed) -> None:
    given.turn(2)
    body = {"medication": "dexamethasone", "given_at": at(1.5), "route": "iv",
            "dose": {"value": 10, "unit": "mg"}}  # fmt: skip
    assert site.api.post(f"/patients/{given.patient}/administrations", body).status == 201
    page = site.page("nurse", f"/p/{given.patient}/steroids")
    assert "10 mg" in page.inner_text("main")
    assert "not verified" in page.inner_text("main")
    site.well(page)
    site.go(page, f"/p/{given.patient}/prevention")
    assert "Immunoglobulin: not known" in page.inner_text("main")
    assert "Missing:" in page.inner_text("main")
    site.well(page)
    site.go(page, toci(given))
    assert "dexamethasone 10 mg, 01-Mar-2026 10:30" in page.inner_text("main")


@pytest.mark.check(124)
def test_an_hour_that_comes_twice_has_its_offset(site: Site) -> None:
    site.clock.now = datetime(2026, 10, 25, 0, 45, tzinfo=UTC)
    patient = site.api.treated(at="2026-10-24T06:00:00Z")
    site.api.chart(patient, "2026-10-24T07:00:00Z", weight=(70, "kg"))
    page = person(site, "nurse")
    page.open(f"/p/{patient}/dosing/tocilizumab/given")
    twice = {"dose": "560", "given_date": "2026-10-25", "given_time": "02:30"}
    assert page.send("given", **twice) == 422
    assert "this hour comes twice that night; say which" in page.page
    assert page.send("given", **twice, given_fold="0") == 303
    assert "25-Oct-2026 02:30 +02:00" in page.page


def _html(page: object) -> str:
    return page.answer.get_data(as_text=True)  # type: ignore[attr-defined,no-any-return]
