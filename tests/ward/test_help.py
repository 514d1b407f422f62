"""Help for each role, and the protocols with every number's source."""

from __future__ import annotations

import pytest

from tests.ward.conftest import Site
from tests.ward.typed import person
from toxmon.ward.protocols import blocks, marked
from toxmon.ward.shown import ROLES

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_page_for_each_role_with_both_legends(site: Site) -> None:
    page = site.page("pharmacist", "/help")
    main = page.inner_text("main")
    assert "Help for: pharmacist" in main
    for told in ("What toxmon does not do", "Keys", "Tab", "not an alarm system".capitalize()):
        assert told in page.inner_text("body"), told
    assert page.locator("main .grade").count() == 7
    assert page.locator("main .mark").count() == 4
    site.well(page)
    typed = person(site, "nurse")
    seen = set()
    for role in ROLES:
        assert typed.open(f"/help/{role}") == 200
        seen.add(typed.page.partition("What you do here")[2].partition("The views")[0])
    assert len(seen) == len(ROLES), "each role has words of its own"
    assert typed.open("/help/nobody") == 404


def test_a_protocol_is_read_with_its_sources_and_marks(site: Site) -> None:
    typed = person(site, "auditor")
    typed.open("/protocols")
    assert "Tocilizumab" in typed.page
    assert "28 of 46" in typed.page
    page = site.page("nurse", "/protocols/tocilizumab")
    main = page.inner_text("main")
    assert "at least 8 h from start to start." in main
    assert page.locator(".unverified").count() == 28
    page.click("a.cite >> nth=0")
    assert page.url.endswith("#source-1")
    site.well(page)
    site.go(page, "/protocols/cilta-cel")
    site.well(page)
    for name in site.service.protocols.alarms, site.service.protocols.prevention:
        assert typed.open(f"/protocols/{next(iter(name))}") == 200
    assert typed.open("/protocols/default?kind=alarms") == 200
    assert typed.open("/protocols/nothing") == 404


def test_lines_of_a_terminal_become_pieces_of_a_page(site: Site) -> None:
    lines = ["", "Title", "-----", "- one thing that is", "  folded. [1]", "- another", "", "Text."]
    found = [(each.form, each.lines) for each in blocks(lines)]
    assert found == [
        ("heading", ["Title"]),
        ("items", ["one thing that is folded. [1]", "another"]),
        ("text", ["Text."]),
    ]
    assert "&lt;b&gt;" in marked("<b> [1] (not verified)")
