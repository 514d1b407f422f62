"""The sheet at the bedside: on one screen, in few taps, and nothing that was typed is lost."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest
from playwright.sync_api import Page, Route, expect

from tests.ward.bedside import BEFORE, FULL, WHOLE, Taps, fill, kept, lying, sets, sheet
from tests.ward.browser import DESK, PHONE, SMALL
from tests.ward.conftest import Site
from toxmon.saved import load_value

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
RESULT = re.compile(r"/obs/\d+/result$")


def value(site: Site, patient: str, kind: str) -> Any:
    """What was charted last of a kind."""
    return load_value(kept(site, patient)[kind]["value"])


@pytest.mark.check(33)
@pytest.mark.check(37)
@pytest.mark.check(35)
@pytest.mark.check(36)
@pytest.mark.check(42)
def test_a_full_set_takes_few_taps_and_says_the_grade_before_it_is_saved(site: Site) -> None:
    patient = lying(site)
    page = sheet(site, patient)
    for each in page.query_selector_all("#sheet input:not([type=hidden])"):
        assert (
            each.get_attribute("value") is None
            or each.get_attribute("type") != "text"
            or (each.input_value() == "")
        )
        assert each.get_attribute("type") == "text" or not each.evaluate("e => e.checked")
    assert page.inner_text("#temperature-was") == "37.9, 58 min ago"
    assert page.inner_text("#bp-was") == "104/62, 58 min ago"
    assert "10, 58 min ago" in page.inner_text("#ice legend")
    assert "Same as 08:02 (air, none)" in page.inner_text(".when")
    taps = Taps(page)
    taps.digits("389")
    assert page.input_value("#temperature") == "38.9"
    assert page.evaluate("document.activeElement.id") == "systolic"
    taps.digits("86")
    assert page.evaluate("document.activeElement.id") == "diastolic"
    taps.digits("5295")
    assert page.evaluate("document.activeElement.id") == "pulse"
    taps.digits("11")
    assert page.evaluate("document.activeElement.id") == "pulse"
    taps.digits("8")
    assert page.evaluate("document.activeElement.id") == "breaths"
    taps.digits("22")
    taps.on("[name=same]")
    taps.choose("ice", "all")
    taps.choose("neuro", "none")
    expect(page.locator("#preview .grade")).to_have_text("CRS 2")
    told = page.inner_text("#preview")
    taps.on(".save")
    page.wait_for_url(RESULT)
    assert taps.n <= 18
    grades = site.api.get(f"/patients/{patient}/grades").body["grades"]
    assert grades["crs"]["value"] == 2
    assert all(reason["text"] in told for reason in grades["crs"]["because"])
    assert f"ICANS: {grades['icans']['says']}" in told
    rows = kept(site, patient)
    assert {kind: str(load_value(row["value"])) for kind, row in rows.items()} == {
        "body_temperature": "38.9", "systolic_bp": "86", "diastolic_bp": "52",
        "oxygen_saturation": "95", "heart_rate": "118", "respiratory_rate": "22",
        "oxygen_device": "room_air", "vasopressors": "()", "ice_orientation": "4",
        "ice_naming": "3", "ice_commands": "1", "ice_writing": "1", "ice_attention": "1",
        "ice_score": "10", "consciousness": "alert", "seizure": "none", "motor_weakness": "none",
        "cerebral_edema": "none", "icp_signs": "()",
    }  # fmt: skip
    assert orjson.loads(rows["body_temperature"]["sent"])["source"] == "typed"
    site.quiet()


@ONE
@pytest.mark.check(32)
@pytest.mark.check(34)
@pytest.mark.check(56)
def test_the_whole_sheet_is_on_the_screen_of_a_phone(site: Site) -> None:
    patient = lying(site)
    for size, dark in ((PHONE, False), (SMALL, True)):
        page = sheet(site, patient, size, dark=dark)
        page.wait_for_selector(".padded")
        boxes = page.evaluate(
            """() => [...document.querySelectorAll(
                 '.fields .r, .fields .seg, .when, .preview, .keys')].map(e => {
                   const r = e.getBoundingClientRect();
                   return [e.className + e.id, r.top, r.bottom]; })"""
        )
        covered = page.evaluate("document.querySelector('.bottom').getBoundingClientRect().top")
        banner = page.evaluate("document.querySelector('.banner').getBoundingClientRect().bottom")
        for name, top, bottom in boxes:
            inside = name.startswith(("preview", "keys"))
            assert top >= banner - 1, (size, name)
            assert bottom <= (size[1] if inside else covered) + 1, (size, name, boxes)
        small = page.evaluate(
            """() => [...document.querySelectorAll(
                 '#sheet input:not([type=hidden]), #sheet button, #sheet summary')]
                 .filter(e => e.checkVisibility() && !e.closest('.nt'))
                 .map(e => [e.name || e.textContent, e.getBoundingClientRect()])
                 .filter(([, r]) => r.width < 44 || r.height < 40).map(([n, r]) =>
                   [n, r.width, r.height])"""
        )
        assert small == [], size
        keys = page.evaluate(
            "() => [...document.querySelectorAll('.keys button')].map(e => e.offsetHeight)"
        )
        assert min(keys) >= 48
        site.well(page)
    page = sheet(site, patient, (320, 640))
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@ONE
@pytest.mark.check(38)
@pytest.mark.check(39)
@pytest.mark.check(47)
@pytest.mark.check(49)
def test_a_keyboard_never_moves_on_and_enter_never_saves(site: Site) -> None:
    patient = lying(site)
    page = sheet(site, patient, DESK)
    page.focus("#temperature")
    page.keyboard.type("38,9", delay=50)
    assert page.evaluate("document.activeElement.id") == "temperature"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "systolic"
    page.keyboard.type("112", delay=50)
    for _ in range(6):
        page.keyboard.press("Enter")
    assert page.url.endswith("/obs/new")
    assert sets(site, patient) == 3
    leaves = """() => { const event = new Event('beforeunload', {cancelable: true});
        dispatchEvent(event); return event.defaultPrevented; }"""
    assert page.evaluate(leaves), "somebody who leaves with something typed is asked"
    page.set_viewport_size({"width": 844, "height": 390})
    assert page.input_value("#temperature") == "38,9"
    page.click(".save")
    page.wait_for_url(RESULT)
    assert str(value(site, patient, "body_temperature")) == "38.9"


@ONE
@pytest.mark.check(40)
@pytest.mark.check(45)
def test_what_cannot_be_is_refused_with_its_limits(site: Site) -> None:
    patient = lying(site)
    page = sheet(site, patient)
    for typed in ("389", "3.9"):
        fill(page, **{**WHOLE, "temperature": typed})
        page.tap(".save")
        page.wait_for_selector("#summary:focus")
        assert page.title().startswith("Error: ")
        told = page.inner_text("#summary")
        assert f"{typed} cannot be a living reading; possible is 10 to 60 °C" in told
        assert page.input_value("#temperature") == typed
        assert page.input_value("#breaths") == "20"
        assert page.is_checked("[name=oxygen][value=air]")
    page.click("#summary a")
    assert page.evaluate("document.activeElement.id") == "temperature"
    assert page.get_attribute("#temperature", "aria-invalid") == "true"
    site.well(page)
    assert sets(site, patient) == 3


@ONE
@pytest.mark.check(41)
def test_what_is_unlikely_is_asked_about_once(site: Site) -> None:
    patient = lying(site, before=False)
    site.api.chart(patient, BEFORE, **{**FULL, "body_temperature": (36.6, "Cel")})
    page = sheet(site, patient)
    fill(page, **{**WHOLE, "temperature": "39.8"})
    page.tap(".save")
    page.wait_for_selector("[data-ask] h1:focus")
    assert "Check: temperature 39.8 °C, was 36.6 58 min ago." in page.inner_text(".ask")
    site.well(page)
    page.tap("text=Change")
    page.wait_for_selector("#sheet")
    assert page.input_value("#temperature") == "39.8"
    assert page.input_value("#pulse") == "110"
    page.tap(".save")
    page.tap("text=It is correct")
    page.wait_for_url(RESULT)
    assert str(value(site, patient, "body_temperature")) == "39.8"
    # A value that the record itself doubts counts, because somebody has said that it is so.
    site.clock.forward(minutes=4)
    site.go(page, f"/p/{patient}/obs/new")
    fill(page, systolic="50", diastolic="60")
    page.tap(".save")
    told = page.inner_text(".ask")
    assert "the systolic pressure is not above the diastolic" in told
    page.tap("text=It is correct")
    page.wait_for_url(RESULT)
    assert kept(site, patient)["systolic_bp"]["status"] == "confirmed"
    # A number that no body has in Celsius.
    site.clock.forward(minutes=4)
    site.go(page, f"/p/{patient}/obs/new")
    fill(page, temperature="101.3")
    page.tap(".save")
    assert "Temperature 101.3: Fahrenheit? That is 38.5 °C." in page.inner_text(".ask")
    page.tap("text=It is Fahrenheit")
    page.wait_for_url(RESULT)
    assert 38.49 < value(site, patient, "body_temperature") < 38.51


@ONE
@pytest.mark.check(43)
@pytest.mark.check(44)
@pytest.mark.check(46)
def test_without_a_preview_or_a_connection_nothing_is_lost_and_one_set_is_kept(site: Site) -> None:
    patient = lying(site)
    page = sheet(site, patient)
    page.route("**/obs/preview", lambda route: route.fulfill(status=500, body="no"))
    fill(page, **WHOLE)
    expect(page.locator("#preview")).to_have_text("Preview not available. You can still save.")
    page.context.set_offline(True)
    page.tap(".save")
    expect(page.locator("#said")).to_have_text("Not saved: no connection. Try again.")
    assert page.inner_text(".save") == "Try again"
    assert page.input_value("#temperature") == "38.2"
    assert sets(site, patient) == 3
    page.context.set_offline(False)
    page.evaluate("() => { const b = document.querySelector('.save'); b.click(); b.click(); }")
    page.wait_for_url(RESULT)
    assert sets(site, patient) == 4
    # The same form once more, as a double tap without script sends it.
    page = sheet(site, patient, script=False)
    fill(page, temperature="38.2", oxygen="air", pressors="none")
    answers = []
    fields = {
        each.get_attribute("name"): each.input_value()
        for each in page.query_selector_all("#sheet input[type=hidden], #temperature")
    }
    for _ in range(2):
        answers.append(
            page.request.post(page.url, form={**fields, "oxygen": "air"}, max_redirects=0)
        )
    assert [each.status for each in answers] == [303, 303]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert sets(site, patient) == 5


@ONE
@pytest.mark.check(48)
def test_a_lock_keeps_what_was_typed(site: Site) -> None:
    patient = lying(site)
    page = sheet(site, patient)
    fill(page, **WHOLE)
    site.clock.forward(minutes=20)  # The server has locked the screen meanwhile.
    page.tap(".save")
    page.wait_for_selector("#lock[open]")
    assert page.text_content("#said") == "Not saved: the screen is locked. Unlock, then save."
    assert page.input_value("#temperature") == "38.2"
    assert sets(site, patient) == 3


@ONE
@pytest.mark.check(50)
@pytest.mark.check(52)
def test_not_taken_and_zero_are_kept_as_what_they_are(site: Site) -> None:
    patient = lying(site)
    page = sheet(site, patient)
    taps = Taps(page)
    taps.digits("382")
    taps.digits("104")
    taps.on(".keys [data-act=skip]")  # The diastolic pressure.
    assert page.get_attribute("#diastolic", "placeholder") == "not taken"
    taps.digits("95")
    taps.digits("0")
    taps.on(".keys [data-act=next]")
    taps.digits("20")
    taps.choose("ice", "all")
    page.tap(".in-ice summary")
    fill(page, ice_language="Turkish", ice_interpreter="1")
    page.tap(".save")
    assert "pulse 0 /min" in page.inner_text(".ask")
    page.tap("text=It is correct")
    page.wait_for_url(RESULT)
    rows = kept(site, patient)
    assert load_value(rows["not_taken"]["value"]) == ("diastolic_bp",)
    assert load_value(rows["heart_rate"]["value"]) == 0
    assert rows["heart_rate"]["status"] == "confirmed"
    assert "diastolic_bp" not in rows
    assert "oxygen_device" not in rows
    detail = orjson.loads(rows["ice_score"]["detail"])
    assert detail == {"language": "Turkish", "interpreter": True}
    assert "Not taken: Diastolic pressure" in page.inner_text("main")


@ONE
@pytest.mark.check(51)
def test_an_ice_is_scored_in_place_and_what_cannot_be_assessed_has_a_reason(site: Site) -> None:
    patient = lying(site)
    page = sheet(site, patient)
    page.tap("[name=ice][value=score]")
    page.tap("[name=ice_sentence][value='0']")
    page.tap("[name=ice_count][value='0']")
    assert page.inner_text("[data-score]") == ""
    page.tap("[data-rest]")
    assert page.inner_text("[data-score]") == "ICE score 8"
    page.tap(".save")
    page.wait_for_url(RESULT)
    rows = kept(site, patient)
    told = {kind: int(load_value(row["value"])) for kind, row in rows.items()}
    assert told == {"ice_orientation": 4, "ice_naming": 3, "ice_commands": 1, "ice_writing": 0,
                    "ice_attention": 0, "ice_score": 8}  # fmt: skip
    site.clock.forward(minutes=4)
    site.go(page, f"/p/{patient}/obs/new")
    page.tap("[name=ice][value=cannot]")
    page.tap(".save")
    assert "Why ICE cannot be assessed: choose one" in page.inner_text("#summary")
    page.tap("[name=cannot][value=cannot_be_roused]")
    page.tap(".save")
    expect(page.locator("#summary")).to_contain_text("How the patient wakes: choose one")
    page.tap("[name=roused][value=wakes_to_touch]")
    page.tap(".save")
    page.wait_for_url(RESULT)
    rows = kept(site, patient)
    assert load_value(rows["ice_not_assessed"]["value"]) == "cannot_be_roused"
    assert load_value(rows["consciousness"]["value"]) == "wakes_to_touch"
    assert "ice_score" not in rows


@ONE
@pytest.mark.check(53)
def test_an_earlier_time_takes_two_taps_and_the_future_is_refused(site: Site) -> None:
    patient = lying(site)
    page = sheet(site, patient)
    fill(page, temperature="38.2")
    taps = Taps(page)
    taps.on("#when summary")
    taps.on("#when label:nth-of-type(3) input")
    assert taps.n == 2
    assert "−15 min" in page.inner_text("#when b")
    page.tap(".save")
    page.wait_for_url(RESULT)
    assert f"{kept(site, patient)['body_temperature']['effective_at']:%H:%M}" == "07:45"
    site.go(page, f"/p/{patient}/obs/new")
    page.tap("#when summary")
    fill(page, temperature="38.2", when="other", obs_date="2026-03-04", obs_time="11:00")
    page.tap(".save")
    page.wait_for_selector("#summary")
    assert "Time: lies ahead; write when it was" in page.inner_text("#summary")
    assert page.input_value("#temperature") == "38.2"


@ONE
@pytest.mark.check(54)
def test_the_set_of_somebody_else_within_five_minutes_is_told(site: Site) -> None:
    patient = lying(site)
    mine, theirs = sheet(site, patient), sheet(site, patient, name="Second")
    for page in (mine, theirs):
        fill(page, **WHOLE)
    theirs.tap(".save")
    theirs.wait_for_url(RESULT)
    site.clock.forward(minutes=2)
    mine.tap(".save")
    mine.wait_for_selector("[data-ask]")
    words = "Nurse Second saved a set at 09:00. Add yours as a separate set?"
    assert words in mine.inner_text(".ask")
    mine.tap("text=Add as a separate set")
    mine.wait_for_url(RESULT)
    assert sets(site, patient) == 5


@ONE
def test_oxygen_and_pressors_ask_for_what_the_grading_needs(site: Site) -> None:
    patient = lying(site)
    page = sheet(site, patient)
    fill(page, oxygen="other", pressors="more")
    page.tap(".save")
    told = page.inner_text("#summary")
    assert "Which oxygen: choose one" in told
    assert "choose all that run, two at least" in told
    fill(page, device="nasal_cannula")
    page.check("[name=pressor][value=norepinephrine]")
    page.check("[name=pressor][value=vasopressin]")
    page.tap(".save")
    page.wait_for_url(RESULT)
    rows = kept(site, patient)
    flow = load_value(rows["oxygen_flow"]["value"])
    assert (str(flow.low), flow.low_open, flow.high) == ("6", True, None)
    assert load_value(rows["vasopressors"]["value"]) == ("vasopressin", "norepinephrine")
    site.clock.forward(minutes=4)
    site.go(page, f"/p/{patient}/obs/new")
    fill(page, oxygen="cannula", pressors="none")
    page.tap(".save")
    page.wait_for_url(RESULT)
    flow = load_value(kept(site, patient)["oxygen_flow"]["value"])
    assert (str(flow.high), flow.high_open) == ("6", False)
    site.clock.forward(minutes=4)
    site.go(page, f"/p/{patient}/obs/new")
    assert "nasal cannula ≤ 6 L/min, none" in page.inner_text(".same")
    fill(page, oxygen="pressure", pressure="cpap", why_pressure="chronic")
    page.tap(".save")
    page.wait_for_url(RESULT)
    assert load_value(kept(site, patient)["ventilation_reason"]["value"]) == "chronic"


@ONE
def test_a_child_is_asked_for_the_capd(site: Site) -> None:
    patient = lying(site, birth_date="2018-05-02")
    page = sheet(site, patient)
    assert page.locator("#ice").count() == 0
    taps = Taps(page)
    page.focus("#capd")
    taps.digits("9")
    page.tap(".save")
    page.wait_for_url(RESULT)
    assert load_value(kept(site, patient)["capd_score"]["value"]) == 9


@ONE
@pytest.mark.check(123)
def test_without_script_a_set_is_kept(site: Site) -> None:
    patient = lying(site)
    page = sheet(site, patient, script=False)
    assert not page.is_visible(".keys [data-key='1']")
    fill(page, **WHOLE)
    page.check("[name=neuro][value=none]")
    page.click(".save")
    assert RESULT.search(page.url)
    assert page.inner_text("h1").startswith("Saved 09:00, bed 12")
    page.go_back()
    page.go_forward()
    assert sets(site, patient) == 4


@ONE
@pytest.mark.check(42)
def test_the_preview_says_what_the_interface_answers(site: Site) -> None:
    patient, twin = lying(site), lying(site, bed="14")
    opened = sheet(site, patient, script=False)
    token = opened.input_value("#sheet [name=form_token]")
    cases: list[tuple[dict[str, str], dict[str, Any]]] = [
        ({"temperature": "36.9"}, {"body_temperature": (36.9, "Cel")}),
        ({"temperature": "38"}, {"body_temperature": (38, "Cel")}),
        ({"temperature": "37.99"}, {"body_temperature": (37.99, "Cel")}),
        ({"temperature": "39", "systolic": "86", "diastolic": "50"},
         {"body_temperature": (39, "Cel"), "systolic_bp": (86, "mm[Hg]"),
          "diastolic_bp": (50, "mm[Hg]")}),
        ({"temperature": "39", "oxygen": "cannula"},
         {"body_temperature": (39, "Cel"), "oxygen_device": "nasal_cannula",
          "oxygen_flow": ("<=6", "L/min")}),
        ({"temperature": "39", "oxygen": "other", "device": "simple_mask"},
         {"body_temperature": (39, "Cel"), "oxygen_device": "simple_mask"}),
        ({"temperature": "39", "oxygen": "pressure", "pressure": "cpap",
          "why_pressure": "hypoxia"},
         {"body_temperature": (39, "Cel"), "oxygen_device": "cpap",
          "ventilation_reason": "hypoxia"}),
        ({"temperature": "39", "pressors": "one", "pressor": "vasopressin"},
         {"body_temperature": (39, "Cel"), "vasopressors": ["vasopressin"]}),
        ({"ice": "cannot", "cannot": "cannot_be_roused", "roused": "unarousable"},
         {"consciousness": "unarousable"}),
        ({"ice": "all", "neuro": "none"},
         {**{kind: said for kind, said in FULL.items() if kind.startswith("ice")},
          "consciousness": "alert", "seizure": "none", "motor_weakness": "none",
          "cerebral_edema": "none", "icp_signs": []}),
    ]  # fmt: skip
    for fields, values in cases:
        site.clock.forward(seconds=20)
        body = {**fields, "form_token": token}
        answer = opened.request.post(f"{site.url}/p/{patient}/obs/preview", form=body)
        page = answer.text()
        now = site.clock().isoformat()
        grades = site.api.chart(twin, now, **values).body["grades"]
        site.api.chart(patient, now, **values)
        crs = grades["crs"]
        shown = str(crs["value"]) if crs["value"] is not None else "?"
        if crs["low"] not in (0, crs["high"]):
            shown = f"≥{crs['low']}"
        assert f"CRS {shown}</b>" in page, (fields, crs["says"])
        assert f"ICANS: {grades['icans']['says']}" in page


def hold(route: Route) -> None:
    """Never answer."""


@ONE
@pytest.mark.check(43)
def test_a_preview_that_does_not_come_says_so(site: Site) -> None:
    patient = lying(site)
    page: Page = sheet(site, patient)
    page.route("**/obs/preview", hold)
    fill(page, **WHOLE)
    expect(page.locator("#preview")).to_have_text("…")
    expect(page.locator("#preview")).to_have_text("Preview not available. You can still save.")
