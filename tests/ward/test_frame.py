"""What holds for every page: the frame, its headers, what it says when something is wrong."""

from __future__ import annotations

import pytest

from tests.ward.conftest import Site


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("dark", [False, True])
def test_a_page_that_is_not_there_says_so_in_words(site: Site, dark: bool) -> None:
    page = site.page("nurse", dark=dark)
    assert site.go(page, "/p/nobody") == 404
    assert page.title() == "Not there - toxmon"
    assert "may be of another ward" in page.inner_text("main")
    site.well(page)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_program_is_answered_as_before(site: Site) -> None:
    answer = site.api.get("//nothing/here")
    assert (answer.status, answer.body["status"]) == (404, 404)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_address_that_nobody_has_is_answered_with_a_page(site: Site) -> None:
    page = site.page("nurse")
    assert site.go(page, "/nothing-here") == 404
    assert page.title() == "Not there - toxmon"
    assert page.get_by_role("link", name="Board").first.is_visible()
    site.well(page)
