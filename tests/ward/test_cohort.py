"""The page of files for research: its numbers agree with the file, and it can be left."""

from __future__ import annotations

import csv
import hashlib
import io
import tomllib
import zipfile
from pathlib import Path

import orjson
import pytest

from tests.conftest import Clock
from tests.ward.browser import violations
from tests.ward.conftest import Site
from toxmon.actions import Actor, cohort_files
from toxmon.cohort.export import Wanted, plain
from toxmon.cohort.export.made import make
from toxmon.store import EVER, NEVER, access

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def ward(site: Site, clock: Clock) -> None:
    """Six courses of one product, one of them with fever, and one of another."""
    treated = [site.api.treated("axi-cel") for _ in range(6)]
    site.api.treated("ide-cel")
    answer = site.api.chart(
        treated[0], "2026-03-01T07:00:00Z", body_temperature=(39.1, "Cel"), hypotension=True,
        oxygen_device="room_air", vasopressors=[],
    )  # fmt: skip
    assert answer.status == 201
    clock.forward(hours=2)


def files(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.mark.check(113)
@pytest.mark.check(114)
@pytest.mark.check(116)
def test_what_the_page_counts_is_in_the_file_and_in_the_audit(
    site: Site, clock: Clock, tmp_path: Path
) -> None:
    ward(site, clock)
    page = site.page("physician", "/cohort", accept_downloads=True)
    assert page.inner_text("#found") == "7 infusions, 7 patients"
    assert "product ide-cel: 1 patient" in page.inner_text(".ask")
    site.well(page)
    everything = page.get_attribute("#question", "href")
    page.select_option("#product", "axi-cel")
    page.click("text=Show what this finds")
    assert page.inner_text("#found") == "6 infusions, 6 patients"
    link = page.get_attribute("#question", "href") or ""
    assert link != everything
    assert "product=axi-cel" in link
    assert page.locator("#lines tbody tr").count() == 6
    button = page.get_by_role("button", name="Export")
    assert button.inner_text() == "Export 6 infusions"

    # A patient who comes meanwhile changes nothing of what was counted.
    clock.forward(minutes=1)
    site.api.treated("axi-cel")
    question = page.request.get(site.url + link).body()
    button.click()
    page.wait_for_selector("text=Ready.")
    assert page.inner_text("#n-courses") == "6"
    site.well(page)
    with page.expect_download() as caught:
        page.click("text=Download the file")
    path = tmp_path / "page.zip"
    caught.value.save_as(path)
    data = path.read_bytes()
    found = files(data)
    rows = list(csv.DictReader(io.StringIO(found["courses.csv"])))
    assert len(rows) == 6
    assert {row["product"] for row in rows} == {"axi-cel"}
    bounds = {"after": 0, "patient": "%", "actor": "%", "from_at": NEVER, "to_at": EVER}
    links = access.page(site.service.store, bounds, 1_000)
    (noted,) = [orjson.loads(e["detail"]) for e in links if e["action"] == "export.cohort"]
    assert noted["rows"]["courses"] == noted["patients"] == 6
    assert orjson.loads(found["manifest.json"])["rows"] == noted["rows"]

    # The command line gives the same bytes for the question that the page offers.
    from toxmon.cohort.export import find, read, write

    wanted = read(tomllib.loads(question.decode()))
    with site.service.store.reading():
        again = find(site.service, Actor("system", "toxmon", "system"), wanted)
    out: list[bytes] = []
    write(site.service, wanted, again, out.append, lambda done, total: None)
    assert hashlib.sha256(b"".join(out)).digest() == hashlib.sha256(data).digest()


@ONE
@pytest.mark.check(115)
def test_who_it_is_is_exported_by_physicians_who_say_what_for(site: Site, clock: Clock) -> None:
    ward(site, clock)
    page = site.page("integration", "/cohort?asked=1&ids=numbers&purpose=research", script=False)
    assert page.title().startswith("Error: Cohort export")
    assert "for physicians" in page.inner_text("#summary")
    site.go(page, "/cohort?asked=1&crs_from=12&infused_from=x&product=%00")
    assert page.locator("#summary li").count() == 3
    assert page.get_attribute("#infused_from", "value") == "x"
    page = site.page("physician", "/cohort?asked=1&ids=numbers&tables=courses", script=False)
    assert "What for" in page.inner_text("#summary")
    site.go(page, "/cohort?asked=1&ids=numbers&purpose=registry&tables=courses")
    assert "T1" in page.inner_text("#lines")
    assert "numbers" in page.inner_text("#lines thead")
    site.go(page, "/cohort")
    assert "T1" not in page.inner_text("#lines")
    page.check("input[value=ndjson]", force=True)
    page.select_option("#crs_from", "2")
    page.click("text=Show what this finds")
    assert page.inner_text("#found") == "1 infusion, 1 patient"
    assert "all together: 1 patient" in page.inner_text(".ask")
    page.click("text=Export 1 infusion")
    assert "Ready." in page.inner_text("main")
    site.go(page, "/cohort?asked=1&crs_from=4")
    assert "Nothing matches" in page.inner_text("main")
    nurse = site.page("nurse")
    assert site.go(nurse, "/cohort") == 403
    site.quiet()


@ONE
@pytest.mark.check(117)
def test_a_long_export_says_how_far_it_is_and_can_be_left(site: Site, clock: Clock) -> None:
    ward(site, clock)
    page = site.page("physician", "/cohort", name="long")
    (row,) = site.service.store.query("select id from account where name = 'long'")
    who = next(Actor(row["id"], name, "physician") for name in ("Physician long",))
    wanted = Wanted().at(site.service.clock())
    file_id = cohort_files.ask(site.service, who, plain(wanted), 7)
    cohort_files.come_to(site.service, file_id, 9, 28)
    site.go(page, f"/cohort/files/{file_id}")
    assert "Being made: 32 % so far" in page.inner_text("#file")
    assert violations(page, ("region",)) == []
    assert site.go(page, f"/cohort/files/{file_id}/zip") == 409
    site.go(page, "/cohort")
    assert "being made" in page.inner_text("main")
    make(site.service, who, file_id, wanted, 7)
    page.click("text=asked for")
    assert "Ready." in page.inner_text("#file")
    other = site.page("physician", name="other")
    assert site.go(other, f"/cohort/files/{file_id}") == 404


@ONE
def test_on_a_phone_and_in_the_dark(site: Site, clock: Clock) -> None:
    ward(site, clock)
    page = site.page("physician", "/cohort", (320, 640), dark=True)
    assert page.evaluate("document.querySelector('main').scrollWidth") <= 320
    site.well(page)
