"""The page of the audit chain: its filters, its proof, and files that hold what it counts."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import orjson
import pytest

from tests.conftest import Clock
from tests.ward.conftest import Site

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_the_file_holds_what_the_filter_counts(site: Site, clock: Clock, tmp_path: Path) -> None:
    patient = site.api.treated()
    clock.forward(minutes=5)
    site.api.get(f"/patients/{patient}/grades")
    other = site.api.patient("B2")
    page = site.page("auditor", "/audit", accept_downloads=True)
    site.well(page)
    assert "session.open" in page.inner_text("#acts tbody tr:first-child")
    page.fill("#patient", "T1")
    page.fill("#action", "read.")
    page.click("main button:has-text('Filter')")
    assert page.inner_text("#count") == "1 act"
    assert page.url.endswith("/audit")
    assert "read.grades" in page.inner_text("#acts")
    page.fill("#action", "")
    page.click("main button:has-text('Filter')")
    count = int(page.inner_text("#count").split()[0])
    assert count >= 3
    assert page.locator("#acts tbody tr").count() == count
    assert other not in page.content()

    # Somebody reads the patient meanwhile; the file is of what was counted.
    site.api.get(f"/patients/{patient}/grades")
    for format_, label in (("csv", "CSV"), ("ndjson", "NDJSON")):
        with page.expect_download() as caught:
            page.click(f"text=Export {count} acts as {label} >> nth=0")
        path = tmp_path / format_
        caught.value.save_as(path)
        text = path.read_text()
        rows = (
            list(csv.DictReader(io.StringIO(text)))
            if format_ == "csv"
            else [orjson.loads(line) for line in text.splitlines()]
        )
        assert len(rows) == count
        assert {row["patient_id"] for row in rows} == {patient}
    site.go(page, f"/audit?patient={patient}")
    assert int(page.inner_text("#count").split()[0]) == count + 1
    site.go(page, "/audit")
    assert "export.audit" in page.inner_text("#acts")
    page.click("text=Prove the chain")
    assert "The chain is whole." in page.inner_text("#proof")
    site.well(page)


@ONE
def test_what_is_wrong_is_said(site: Site, clock: Clock) -> None:
    site.api.treated()
    page = site.page("auditor", "/audit", (390, 844), dark=True, script=False)
    page.fill("#patient", "NOBODY")
    page.fill("#from_date", "2026-03-01")
    page.click("main button:has-text('Filter')")
    assert page.title().startswith("Error: Audit")
    assert page.locator("#summary li").count() == 1
    page.fill("#from_date", "")
    page.click("main button:has-text('Filter')")
    assert "nobody within your reach" in page.inner_text("#summary")
    assert page.input_value("#patient") == "NOBODY"
    page.fill("#patient", "")
    page.fill("#actor", "100%_!")
    page.click("main button:has-text('Filter')")
    assert "Nothing matches" in page.inner_text("main")
    # A link that was changed by hand is found.
    with site.service.store.writing():
        site.service.store.execute("drop trigger access_kept")
        site.service.store.execute("update access set actor = 'Nobody' where n = 2")
    page.click("text=Prove the chain")
    assert "NOT whole" in page.inner_text("#proof")
    assert "audit 2: was changed" in page.inner_text("#proof")
    few = site.page("auditor", "/audit", units=("other",), name="few")
    assert "you reach some wards only" in few.inner_text("#summary")
    nurse = site.page("nurse")
    assert site.go(nurse, "/audit") == 403
    site.quiet()
