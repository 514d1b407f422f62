"""Finding a patient: by a wristband as a scanner sends it, a bed, a name, a number."""

from __future__ import annotations

import re

import pytest

from tests.ward.conftest import Site
from tests.ward.wards import patient
from toxmon.ward.find import scan_parts, scan_text, similar

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
GS = "\x1d"


@pytest.mark.check(24)
@pytest.mark.parametrize(
    ("sent", "prefix", "suffix", "read"),
    [
        ("770000001", "", "", ("770000001",)),
        ("\x02770000001\r", "", "", ("770000001",)),
        ("]C1770000001\r\n", "", "", ("770000001",)),
        ("]Q3\x1d8018770000001\x1d", "", "", ("8018770000001",)),
        (f"770000001{GS}SYNTHETIC", "", "", ("770000001", "SYNTHETIC")),
        ("PT-770000001-X", "PT-", "-X", ("770000001",)),
        ("\ufeff 770 000 001\x7f", "", "", ("770 000 001",)),
        ("12", "", "", ("12",)),
        ("\x00\x1d \r", "", "", ()),
    ],
)
def test_what_a_scanner_sends_is_read(
    sent: str, prefix: str, suffix: str, read: tuple[str, ...]
) -> None:
    assert scan_parts(sent, prefix, suffix) == read
    assert scan_text(sent, prefix, suffix) == (read[0] if read else "")


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("SMITH, Ann", "Smith, Bob", True),
        ("SMITH, Ann", "SMYTH, Ann", True),
        ("SMITH, Ann", "SMITHS, Ann", True),
        ("Müller, A", "MULLER, B", True),
        ("SMITH, Ann", "JONES, Ann", False),
        ("LI, A", "LU, A", False),
        ("SMITH", None, False),
    ],
)
@pytest.mark.check(29)
def test_names_that_are_easily_confused(one: str, other: str | None, alike: bool) -> None:
    assert similar(one, other) is similar(other, one) is alike


@sqlite
@pytest.mark.check(23)
@pytest.mark.check(24)
@pytest.mark.check(25)
@pytest.mark.check(29)
@pytest.mark.check(30)
def test_one_field_finds_a_patient(site: Site) -> None:
    ann = patient(site.api, "SYNTHETIC, Ann", "12")
    ben = patient(site.api, "SYNTHETIK, Ben", "4")
    waits = patient(site.api, "OTHER, Waits", None, None)
    number = site.api.get(f"/patients/{ann}").body["identifiers"][0]["value"]
    page = site.page("nurse", "/find")
    assert page.evaluate("document.activeElement.id") == "q"
    site.well(page)
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/p/{ann}")
    page.go_back()
    # As a scanner types it: a control sign before and after, the number, and Enter.
    page.evaluate(f"document.getElementById('q').value = '\\x02]C1{number}\\x1d'")
    page.click("button:has-text('Find')")
    page.wait_for_url(f"**/p/{ann}")
    site.go(page, "/find")
    page.fill("#q", "synthet")
    page.click("button:has-text('Find')")
    assert page.url.endswith("/find")
    lines = page.locator("main .listed li").all_inner_texts()
    assert ["similar names" in each for each in lines] == [False, True, False]
    assert "SYNTHETIC, Ann" in lines[0]
    assert "bed 12" in lines[0]
    assert "02-May-1961" in lines[0]
    assert page.locator(f"a[href='/p/{ben}/obs/new']").count() == 1
    site.well(page)
    page.fill("#q", "waits, other")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"a[href='/p/{waits}']")
    page.fill("#q", "12x")
    page.keyboard.press("Enter")
    page.wait_for_selector("#q-fault")
    assert page.title() == "Error: Find a patient - toxmon"
    assert "No patient within your reach matches “12x”" in page.inner_text("#q-fault")
    assert page.evaluate("[document.activeElement.id, getSelection().toString()]") == ["q", "12x"]
    assert page.locator("a:has-text('Add a patient')").count() == 1
    site.well(page)
    page.fill("#q", "")
    page.click("button:has-text('Find')")
    assert "Scan a wristband, or type" in page.inner_text("#q-fault")
    asked = [url for _context, seen in site.opened for url in seen.requests]
    assert not [url for url in asked if re.search(f"SYNTHE|synthe|{number}|12x", url)]


@sqlite
@pytest.mark.check(123)
def test_without_script_and_only_within_reach(site: Site) -> None:
    patient(site.api, "SYNTHETIC, Ann", "12")
    other = patient(site.api, "SYNTHETIC, Far", "7", unit="bmt-2")
    page = site.page("nurse", "/find", script=False, units=("bmt-2",))
    page.fill("#q", "SYNTHETIC")
    page.click("button:has-text('Find')")
    assert page.locator("main .listed li").count() == 1
    page.fill("#q", "7")
    page.click("button:has-text('Find')")
    assert page.url.endswith(f"/p/{other}")
