"""The course of a patient on one time axis: without script, on a phone, by keyboard."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.ward import courses
from tests.ward.browser import DESK, SMALL
from tests.ward.conftest import Site

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NARROW = (360, 740)


def now_in(site: Site) -> str:
    """A patient on day 5 with a course, and one corrected temperature."""
    patient = courses.ill(site.api, site.clock)
    at = (site.clock() - timedelta(hours=30)).isoformat()
    answer = site.api.chart(patient, at, body_temperature=(40.6, "Cel"))
    wrong = answer.body["observations"][0]["id"]
    body = {"value": 37.6, "unit": "Cel", "reason": "Typed wrongly"}
    assert site.api.post(f"/observations/{wrong}/corrections", body).status == 201
    return patient


def drawing(page: Page) -> Any:
    """The one drawing that is shown."""
    return page.locator("svg.tx:visible")


@pytest.mark.check(65, 66, 72, 73, 75, 77, 79)
def test_without_script_there_is_everything(site: Site) -> None:
    patient = now_in(site)
    page = site.page("nurse", f"/p/{patient}/timeline", DESK, script=False)
    assert page.title() == "Course over time, ward bmt-1 - toxmon"
    assert drawing(page).count() == 1
    words = drawing(page).inner_html()
    for label in (
        "Temperature",
        "°C",
        "fever ≥ 38.0",
        "&lt; 90",
        "mmHg",
        "/µL, log",
        "≤ 500",
        "was ",
    ):
        assert label in words, label
    assert page.locator("#focus").is_hidden()
    links = drawing(page).locator("a")
    named = [each.text_content() or "" for each in links.all()]
    assert any(
        re.search(r"^CRS grade 1, day \d, \d\d-\w{3} \d\d:\d\d to .*: temperature of 38", n)
        for n in named
    )
    assert any(n.startswith("tocilizumab 560 mg iv, day 3") and "dose 1" in n for n in named)
    assert any("corrected; it was 40.6" in name for name in named)
    # The bands lie behind the readings.
    order = words.index('class="band"'), words.index('class="line"')
    assert order[0] < order[1]
    table = page.locator("table.course")
    assert "Temperature °C" in table.inner_text()
    assert table.locator("s").inner_text() == "40.6"
    right = table.evaluate(
        "t => t.rows[0].cells[t.rows[0].cells.length - 1].getBoundingClientRect().right"
        " - t.parentElement.getBoundingClientRect().right"
    )
    assert right <= 1, "the newest column is in view"
    head = table.evaluate(
        "t => { const box = t.parentElement; box.scrollLeft -= 900; box.scrollTop = 200;"
        " const b = box.getBoundingClientRect(),"
        " first = t.rows[8].cells[0].getBoundingClientRect(),"
        " top = t.rows[0].cells[3].getBoundingClientRect();"
        " return [first.left - b.left, top.top - b.top]; }"
    )
    assert all(abs(each) <= 2 for each in head), "the headers stay in view"
    page.get_by_role("link", name="7 d", exact=True).click()
    assert "range=7d" in page.url
    page.locator("table.course s").click()
    assert f"/p/{patient}/facts/" in page.url
    site.go(page, f"/p/{patient}/timeline")
    drawing(page).get_by_role("link", name=re.compile("^CRS grade 1")).first.click()
    assert "/why?scale=crs" in page.url
    assert "grade 1" in page.inner_text("main")
    site.quiet()


@pytest.mark.check(66, 67)
def test_by_keyboard(site: Site) -> None:
    patient = now_in(site)
    page = site.page("physician", f"/p/{patient}/timeline?range=7d")
    expected = drawing(page).locator("a").count()
    page.focus("#focus button >> nth=1")
    reached = 0
    for _ in range(expected + 2):
        page.keyboard.press("Tab")
        inside = page.evaluate("document.activeElement.closest('svg.tx') !== null")
        reached += inside
        if reached and not inside:
            break
    assert reached == expected, "every part of the drawing is reached"
    page.evaluate(
        "() => { window.heard = []; const said = document.getElementById('focus-said');"
        " new MutationObserver(() => heard.push(said.textContent)).observe(said,"
        " {childList: true, characterData: true, subtree: true}); }"
    )
    page.focus("#focus button")
    for key in ("ArrowLeft", "ArrowLeft", "PageUp", "Home", "ArrowRight", "End"):
        page.keyboard.press(key)
    page.wait_for_function("heard.length >= 6")
    heard = page.evaluate("heard")
    assert len(heard) == 6, "one announcement for each key"
    assert "Temperature 3" in heard[0]
    assert "CRS grade" in heard[0]
    assert any("CRP not measured" in each or "Ferritin not measured" in each for each in heard)
    assert heard[5].startswith(page.inner_text("#focus-at"))
    line = drawing(page).locator(".focus-line")
    before = line.get_attribute("d")
    box = drawing(page).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 200)
    moved = "before => [...document.querySelectorAll('.focus-line')].every("
    page.wait_for_function(f"{moved} l => l.getAttribute('d') !== before)", arg=before)
    assert page.evaluate("heard.length") == 6, "a pointer is not read out"
    site.well(page)


@pytest.mark.check(78)
def test_nothing_is_cut_silently(site: Site) -> None:
    patient = now_in(site)
    page = site.page("nurse", f"/p/{patient}/timeline?range=all&add=respiratory_rate", script=False)
    told = site.api.get(f"/patients/{patient}/timeline").body["items"]
    shown = ("body_temperature", "systolic_bp", "diastolic_bp", "oxygen_saturation", "heart_rate",
             "ice_score", "crp", "ferritin", "anc", "platelets", "respiratory_rate")  # fmt: skip
    standing = [
        each for each in told
        if each["what"] == "observation" and each["kind"] in shown and not each["replaced_by"]
    ]  # fmt: skip
    assert f"{len(standing)} readings in view" in page.inner_text("main")
    paths = page.evaluate(
        "[...document.querySelectorAll('.held path')].map(p => [p.id, p.getAttribute('d')])"
    )
    uses = page.evaluate(
        "[...document.querySelectorAll('.tx-wide use')].map(u => u.getAttribute('href').slice(1))"
    )
    drawn = "".join(d for name, d in paths if name in uses and "d" in name.split("-")[1])
    bars = "".join(d for name, d in paths if name in uses and name.endswith("b"))
    assert drawn.count("h0") + bars.count("m") == len(standing)
    site.go(page, f"/p/{patient}/timeline?range=all")
    summary = page.locator("summary", has_text="more can be added")
    assert summary.inner_text().startswith("+1 more")
    summary.click()
    page.get_by_role("link", name="Respirations").click()
    assert "Breathing rate" in drawing(page).inner_html()
    # A name that is no kind adds nothing and breaks nothing.
    for odd in ("?add=nonsense,%00,'", "?range=never", "?add=" + "x" * 3000):
        assert site.go(page, f"/p/{patient}/timeline{odd}") == 200


@pytest.mark.check(80, 81)
def test_each_width_has_its_own_layout_in_every_light(site: Site) -> None:
    patient = now_in(site)
    lights: list[tuple[tuple[int, int], dict[str, Any]]] = [
        (NARROW, {}), ((760, 1000), {"dark": True}), (DESK, {"forced_colors": "active"}),
    ]  # fmt: skip
    for size, more in lights:
        page = site.page("nurse", f"/p/{patient}/timeline?range=7d", size, **more)
        assert drawing(page).count() == 1
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        smallest = drawing(page).evaluate(
            "svg => { const k = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;"
            " return Math.min(...[...svg.querySelectorAll('text, tspan')].map("
            " t => parseFloat(getComputedStyle(t).fontSize) * k)); }"
        )
        assert smallest >= 9.5
        seen = drawing(page).evaluate(
            "svg => { const style = (s, p) => { const e = svg.querySelector(s);"
            " return e ? getComputedStyle(e)[p] : ''; };"
            " return {g1: style('.g1', 'fill'), edge: style('.seg', 'stroke'),"
            " drug: style('.drug', 'fill'), text: style('.d1', 'fill'),"
            " line: style('.line', 'stroke'),"
            " paper: getComputedStyle(document.body).backgroundColor}; }"
        )
        assert contrast(seen["drug"], seen["paper"]) >= 3, more
        assert contrast(seen["line"], seen["paper"]) >= 3, more
        assert max(contrast(seen[name], seen["paper"]) for name in ("edge", "g1")) >= 3, more
        if size != NARROW:
            assert contrast(seen["g1"], seen["text"]) >= 4.5, more
            digits = drawing(page).locator(".digit").all_text_contents()
            assert {"1", "0"} <= set(digits), "a grade is a digit besides its shade"
        if size == DESK:
            assert set(drawing(page).locator(".mark").all_text_contents()) == {"1", "2"}
        else:
            site.well(page)


def contrast(one: str, other: str) -> float:
    """The contrast of two colors as a browser tells them."""

    def light(color: str) -> float:
        parts = [int(each) / 255 for each in re.findall(r"\d+", color)[:3]]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.check(70, 82)
def test_the_grade_of_a_lane_is_that_of_the_api_and_of_the_patients_page(site: Site) -> None:
    patient = now_in(site)
    grades = site.api.get(f"/patients/{patient}/grades").body["grades"]
    page = site.page("nurse", f"/p/{patient}/timeline?range=24h", script=False)
    words = drawing(page).inner_html()
    for scale, name in (("crs", "CRS"), ("icans", "ICANS"), ("iec_hs", "IEC-HS")):
        low, high = grades[scale]["low"], grades[scale]["high"]
        label = f"{low:g}" if low == high else f"≥{low:g}" if low else "?"
        lane = words[words.index(f">{name}</text>") :]
        assert lane[: lane.index("now</text>")].endswith(f"{label} "), name
    left = float(drawing(page).get_attribute("data-left") or 0)
    edges = drawing(page).evaluate(
        "svg => [...svg.querySelectorAll('.seg, .open, .none0')].map(r => +r.getAttribute('x'))"
    )
    assert left in edges, "what began before the window is drawn from its edge"
    site.go(page, f"/p/{patient}")
    tile = page.locator('[data-key="grade-crs"] .grade b').inner_text()
    assert tile == (
        "?" if grades["crs"]["low"] != grades["crs"]["high"] else f"{grades['crs']['low']:g}"
    )


def test_who_has_nothing_charted_or_one_reading(site: Site) -> None:
    bare = site.api.patient(mrn="bare")
    page = site.page("nurse", f"/p/{bare}/timeline", SMALL)
    assert "Nothing was charted for this patient yet." in page.inner_text("main")
    site.well(page)
    one, infused_at = courses.treated(site.api, site.clock, 20)
    courses.chart(site.api, one, list(courses.vitals(infused_at + timedelta(hours=1), 1))[:1])
    site.go(page, f"/p/{one}/timeline")
    assert "Nothing was measured in this time." in page.inner_text("main")
    page.get_by_role("link", name="Show everything").click()
    assert "1 reading in view" in page.inner_text("main")
    dots = page.evaluate("document.querySelector('.held path').getAttribute('d')")
    assert dots.count("h0") == 1, "a lone reading is a dot"
    assert site.go(page, "/p/nobody/timeline") == 404
    assert site.go(page, "/p/nobody/handover") == 404


@pytest.mark.check(64)
@pytest.mark.parametrize(("days", "more", "most"), [(30, False, 20_000), (100, True, 40_000)])
def test_a_long_course_fits(site: Site, days: int, more: bool, most: int) -> None:
    """Packed as it is sent; the whole page with drawing, table and links."""
    patient = courses.ill(site.api, site.clock, days, every=4, more=more)
    added = ",".join((*courses.MORE, "respiratory_rate")) if more else ""
    address = f"/p/{patient}/timeline?range=all&add={added}"
    site.api.client.set_cookie("toxmon", site.signed_in("nurse"))
    answer = site.api.client.get(address, headers={"Accept-Encoding": "gzip"})
    site.api.client.delete_cookie("toxmon")
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "gzip"
    page = gzip.decompress(answer.data).decode()
    assert page.count('class="frame"') >= (20 if more else 9)
    assert len(answer.data) <= most
