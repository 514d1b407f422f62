"""The board of a ward: who lies there, what needs somebody first, and on a wall."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from tests.ward.browser import DESK, PHONE, WALL, violations
from tests.ward.conftest import Site
from tests.ward.wards import FEVER, ICE, SEVERE, WELL, lie, patient
from toxmon.actions import glance, sessions
from toxmon.actions.accounts import create

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
BOARD = "/ward/bmt-1"
LONG = "SYNTHETIC-VERYLONGNAME, Three Middle Names And A Very Old Title"


@pytest.fixture
def ward(site: Site) -> Iterator[dict[str, str]]:
    """Bed 12 has fever, bed 4 was well and is not gradable, bed 10 rose from CRS 1 to 2."""
    site.clock.now = datetime.fromisoformat("2026-02-26T08:00:00Z")
    site.service.locks_after = timedelta(days=1)  # The clock is turned, and nobody is away.
    found = {
        bed: patient(site.api, name, bed)
        for bed, name in (("12", "SYNTHETIC, Patient"), ("4", LONG), ("10", "SYNTHETIC, Ten"))
    }
    site.clock.forward(hours=4)
    for bed, first in (("12", WELL), ("10", FEVER)):
        assert chart(site, found[bed], first) == 201
    site.clock.forward(hours=2)
    for bed, then in (("12", FEVER), ("10", SEVERE)):
        assert chart(site, found[bed], then) == 201
    site.clock.forward(minutes=3)
    return found


def chart(site: Site, patient_id: str, values: dict[str, object]) -> int:
    at = site.clock.now.isoformat().replace("+00:00", "Z")
    return site.api.chart(patient_id, at, **values, **ICE).status


def beds(page: object) -> list[str]:
    return page.locator("[data-rows] > tr .bed a, [data-rows] > tr th.bed").evaluate_all(  # type: ignore[attr-defined]
        "all => [...new Set(all.map(e => e.textContent.replace('Bed', '').trim()))]"
    )


@sqlite
@pytest.mark.check(2)
@pytest.mark.check(3)
@pytest.mark.check(7)
@pytest.mark.check(8)
@pytest.mark.check(10)
@pytest.mark.check(30)
def test_the_board_says_who_needs_somebody_first(site: Site, ward: dict[str, str]) -> None:
    page = site.page("nurse", BOARD)
    assert page.title() == "Ward bmt-1 - toxmon"
    # What nobody has acknowledged comes first; in words it is said what comes first.
    assert beds(page) == ["10", "12", "4"]
    assert "Sorted by: needs action, then bed." in page.inner_text("main")
    # Windows, what is overdue, what nobody has: without scrolling.
    heads = page.locator(".counters li").all()
    assert all((box := each.bounding_box()) and box["y"] + box["height"] < 768 for each in heads)
    told = [re.sub(r"\s+", " ", each) for each in page.locator(".counters li").all_inner_texts()]
    assert told[0].endswith("alerts not acknowledged")
    assert told[3] == "3 in CRS window"
    ten = page.locator(f"#r{ward['10']}")
    assert re.sub(r"\s+", " ", ten.locator("td.tile").first.inner_text()) == "2 ▲ CRS grade 2 was 1"
    four = page.locator(f"#r{ward['4']}")
    assert four.locator(".tile b").all_inner_texts() == ["?", "?", "?", "?"]
    assert "Overdue" in four.locator(".obs").inner_text()
    site.well(page)
    page.click("text=with something overdue")
    assert "Showing" in page.inner_text(".notice")
    assert len(beds(page)) < 4
    page.click("text=Show all")
    assert beds(page) == ["10", "12", "4"]
    assert not re.search("SYNTHETIC|1961", page.url + page.title())


@sqlite
@pytest.mark.check(10)
def test_a_grade_that_fell_says_from_where(site: Site, ward: dict[str, str]) -> None:
    page = site.page("nurse", BOARD)
    site.clock.forward(minutes=10)
    assert chart(site, ward["10"], WELL) == 201
    page.reload()
    tile = page.locator(f"#r{ward['10']} td.tile").first
    assert re.sub(r"\s+", " ", tile.inner_text()) == "0 ▼ CRS grade 0 was 2"


@sqlite
@pytest.mark.check(4)
def test_the_order_is_kept_on_the_device(site: Site, ward: dict[str, str]) -> None:
    page = site.page("nurse", BOARD)
    page.click("text=Sort by bed")
    assert beds(page) == ["4", "10", "12"]
    site.go(page, BOARD)
    assert beds(page) == ["4", "10", "12"]
    assert "Sorted by: bed." in page.inner_text("main")
    kept = {each["name"]: each["value"] for each in page.context.cookies()}
    assert kept["toxmon_order"] == "bed"


@sqlite
@pytest.mark.check(21)
@pytest.mark.check(28)
@pytest.mark.check(31)
@pytest.mark.check(34)
@pytest.mark.parametrize("dark", [False, True])
def test_on_a_phone_there_are_cards_and_nothing_lies_beside(
    site: Site, ward: dict[str, str], dark: bool
) -> None:
    page = site.page("nurse", BOARD, PHONE, dark=dark)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    name = page.locator(f"#r{ward['4']} .person a")
    assert name.inner_text() == LONG
    assert name.evaluate("e => e.scrollWidth <= e.parentElement.clientWidth + 1")
    obs = page.locator(f"#r{ward['4']} .go-obs")
    assert obs.get_attribute("href") == f"/p/{ward['4']}/obs/new"
    for each in page.locator("main button:visible, main a.button:visible").all():
        box = each.bounding_box()
        assert box
        assert box["height"] >= 40
        assert box["width"] >= 44
    site.well(page)


@sqlite
@pytest.mark.check(20)
def test_a_display_on_a_wall_shows_the_board_and_nothing_else(
    site: Site, ward: dict[str, str]
) -> None:
    page = site.page("nurse", BOARD, WALL, name="waller")
    page.click("summary")
    page.click("text=Make this device a display")
    page.wait_for_url("**/ward/bmt-1?wall=1")
    assert "SYNTHETIC" not in page.content()
    assert page.locator("button:visible").count() == 0
    assert "S P" in page.inner_text(f"#r{ward['12']}")
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "25.6px"
    assert violations(page) == []
    # It does not lock, stays, and opens nothing else; who made it one is signed out here.
    kept = [each["expires"] for each in page.context.cookies() if each["name"] == "toxmon"]
    assert kept[0] > 0  # A session's own cookie is -1, and gone when the browser is shut.
    site.clock.forward(days=89)
    assert site.go(page, BOARD) == 200
    assert "SYNTHETIC" not in page.content()
    assert site.go(page, f"/p/{ward['12']}") == 403
    assert site.go(page, "/alerts") == 403
    assert site.go(page, f"{BOARD}?wall=1&names=1") == 200
    assert "SYNTHETIC, Ten" in page.content()


@sqlite
def test_a_wall_that_is_too_small_turns_its_pages_until_it_is_paused(site: Site) -> None:
    for bed in range(1, 17):
        patient(site.api, f"SYNTHETIC, {bed}", str(bed))
    page = site.page("nurse", None, WALL)
    page.clock.install(time=site.clock.now)
    site.go(page, f"{BOARD}?wall=1&order=bed")
    assert page.inner_text("#paging span") == "1 of 2"
    assert page.locator("[data-rows] > tr:visible").count() == 14
    page.clock.run_for(15_500)
    assert page.inner_text("#paging span") == "2 of 2"
    assert page.locator("[data-rows] > tr:visible").count() == 2
    # News that come meanwhile leave the page as it is turned.
    with page.expect_response(lambda answer: "x-toxmon-poll" in answer.request.headers):
        page.clock.run_for(10_000)
    page.wait_for_timeout(100)
    assert page.locator("[data-rows] > tr:visible").count() in (2, 14)
    page.check("#paging input")
    turned = page.inner_text("#paging span")
    page.clock.run_for(40_000)
    assert page.inner_text("#paging span") == turned


@sqlite
@pytest.mark.check(123)
def test_without_script_the_board_can_be_read_and_an_alert_be_taken(
    site: Site, ward: dict[str, str]
) -> None:
    page = site.page("nurse", BOARD, script=False)
    before = page.locator(".board-table button:visible").count()
    page.locator(f"#r{ward['10']} button").first.click()
    assert page.url.endswith(f"{BOARD}#r{ward['10']}")
    assert page.locator(".board-table button:visible").count() == before - 1
    assert "acknowledged by Nurse Example" in page.inner_text(f"#r{ward['10']} .alerts")
    page.click("text=Look again")
    assert page.locator("h1").inner_text() == "Ward bmt-1"


@sqlite
@pytest.mark.check(19)
def test_one_record_that_cannot_be_read_takes_no_other_off_the_board(
    site: Site, ward: dict[str, str]
) -> None:
    store = site.service.store
    with store.writing():
        store.execute("update watch set known = 'x' where patient_id = :id", {"id": ward["12"]})
    site.service.glances.clear()
    page = site.page("nurse", BOARD)
    assert page.locator("[data-rows] > tr").count() == 3
    assert page.locator(".counters b").all_inner_texts() == ["–"] * 5
    assert "this line cannot be shown" in page.inner_text("main")


@sqlite
def test_an_empty_ward_says_when_it_was_looked_at(site: Site) -> None:
    page = site.page("nurse", "/ward/quiet")
    assert "Nobody is watched in ward quiet. Last checked 09:00:00." in page.inner_text("main")
    site.well(page)


@sqlite
def test_one_begins_at_ones_own_ward_or_chooses(site: Site) -> None:
    patient(site.api, "SYNTHETIC, One", "1")
    page = site.page("nurse", "/", units=("bmt-1",))
    assert page.url.endswith(BOARD)
    assert site.go(page, "/ward/other") == 404
    other = patient(site.api, "SYNTHETIC, Other", None, unit="bmt-2")
    lie(site.api, other, "2", "2026-02-26T09:00:00Z")
    both = site.page("physician", "/")
    assert both.locator("h1").inner_text() == "Wards"
    site.well(both)
    both.click("text=Ward bmt-2")
    assert beds(both) == ["2"]


@sqlite
def test_who_is_not_watched_is_listed_apart(site: Site) -> None:
    patient(site.api, "SYNTHETIC, Waits", None, None)
    gone = patient(site.api, "SYNTHETIC, Gone", "3")
    lie(site.api, gone, "3", "2026-02-28T08:00:00Z", setting="ended", reason="went home")
    page = site.page("nurse", BOARD, DESK)
    assert page.locator("[data-rows] > tr").count() == 0
    told = page.inner_text("main")
    assert "Not watched" in told
    assert "SYNTHETIC, Waits" in told
    assert "SYNTHETIC, Gone" in told


def test_a_glance_is_remembered_until_something_changes(site: Site, ward: dict[str, str]) -> None:
    service = site.service
    row = create(service, "looker", "Looker", "nurse", None, None)
    actor = sessions.open_for(service, row["id"], "password")[1].actor

    def look() -> dict[str, glance.Glance]:
        found = glance.of_unit(service, actor, "bmt-1", service.clock())
        return {each.bed or "": each for each in found.watched}

    first, again = look(), look()
    assert all(first[bed] is again[bed] for bed in first)
    assert len(first) == 3
    assert chart(site, ward["12"], SEVERE) == 201
    after = look()
    assert [bed for bed in first if after[bed] is not first[bed]] == ["12"]
    assert after["12"].grades["crs"]["low"] == 2
    # Time alone: by then the findings have grown old, and nobody has charted anything.
    site.clock.forward(hours=12)
    late = look()
    assert late["12"].grades["crs"]["low"] == 0
    assert late["12"].grades["crs"]["high"] == 4
    assert late["12"].overdue
