"""What holds for every page there is, in a real browser: one walk for each role and size."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.house.tree import ROOT
from tests.ward.browser import SMALL, WALL
from tests.ward.conftest import Site
from tests.ward.test_who_may import filled, named_in, rows

PICTURES = ROOT / ".venv" / "screens"
"""Every page as it was in the last run, for whoever wants to look."""
ROLE_OF = ("nurse", "physician", "pharmacist", "integration", "admin", "auditor")
NO_PAGES = (
    "/static/", ".pdf", ".zip", ".csv", ".json", ".svg", ".ndjson", ".toml", "/sign-in/provider",
    "/sign-in/back", "/sign-out", "/seen", "/answer",
)  # fmt: skip


def pages(named: dict[str, str]) -> Iterator[tuple[str, str]]:
    """(role, address) of each page, as the first role that may open it."""
    for rule, method, roles in rows():
        if method == "GET" and not any(each in rule for each in NO_PAGES):
            role = next((each for each in ROLE_OF if roles is None or each in roles), "nurse")
            yield role, filled(rule, named)


@pytest.mark.check(118, 119, 120, 122)
@pytest.mark.parametrize(("size", "dark"), [(SMALL, True), (WALL, False)])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_page_is_well(site: Site, size: tuple[int, int], dark: bool) -> None:
    named = named_in(site.api)
    wrong = []
    for role in ROLE_OF:
        page = site.page(role, size=size, dark=dark)
        for address in [address for whose, address in pages(named) if whose == role]:
            status = site.go(page, address)
            if status >= 500:
                wrong.append(f"{address} as {role}: {status}")
            if status != 200:
                continue
            name = re.sub(r"[^a-z0-9]+", "-", address.replace(named["patient_id"], "one"))
            page.screenshot(path=PICTURES / f"{role}{name}-{size[0]}.jpg", type="jpeg", quality=70)
            try:
                site.well(page)
            except AssertionError as error:
                wrong.append(f"{address} as {role}: {str(error)[:600]}")
                site.opened[-1][1].wrong.clear()
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > size[0]:
                wrong.append(f"{address} as {role}: {wide} px wide on {size[0]}")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.check(121, 122)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_it_flows_anew_at_320_px_and_with_large_text(site: Site) -> None:
    named = named_in(site.api)
    page = site.page("nurse", size=(320, 800))
    wrong = []
    for address in [address for whose, address in pages(named) if whose == "nurse"]:
        if site.go(page, address) != 200:
            continue
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > 320 * 2:
            wrong.append(f"{address}: {wide} px at 200 %")
        page.evaluate("document.documentElement.style.fontSize = ''")
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > 320:
            wrong.append(f"{address}: {wide} px on 320")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.check(121)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_has_the_focus_is_seen(site: Site) -> None:
    """Tab through pages: each stop is in view and not under what sticks to an edge."""
    named = named_in(site.api)
    page = site.page("nurse")
    hidden = []
    for path in ("/ward/bmt-1", f"/p/{named['patient_id']}", "/alerts", "/due"):
        site.go(page, path)
        for _ in range(40):
            page.keyboard.press("Tab")
            found = page.evaluate(COVERED)
            if found == "end":
                break
            if found:
                hidden.append(f"{path}: {found}")
    assert hidden == []


COVERED = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return 'end';
  const box = at.getBoundingClientRect();
  if (!box.width || !box.height) return '';
  const x = Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 2);
  const y = Math.min(Math.max(box.top + Math.min(box.height / 2, 20), 1), innerHeight - 2);
  const over = document.elementFromPoint(x, y);
  const label = over && over.closest('label');
  if (over && (at.contains(over) || over.contains(at) || (label && label.contains(at)))) return '';
  return `${at.outerHTML.slice(0, 90)} is under ${over ? over.outerHTML.slice(0, 60) : 'nothing'}`;
}"""
