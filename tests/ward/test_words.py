"""The words of the pages: gathered, translated, compiled; and the language that is none."""

from __future__ import annotations

import re

import pytest
from babel.messages.pofile import read_po

from tests import words as gathering
from tests.ward.browser import PHONE
from tests.ward.conftest import Site
from tests.ward.test_patient import sick
from toxmon.ward import language

OTHERS = [each for each in language.LANGUAGES if each != "en"]


def test_the_texts_of_the_pages_are_gathered() -> None:
    assert gathering.POT.read_bytes() == gathering.written(gathering.gathered()), "run `make words`"


@pytest.mark.parametrize("other", OTHERS)
def test_a_language_is_up_to_date_and_compiled(other: str) -> None:
    path = gathering.po(other)
    catalog = gathering.translated(other, gathering.gathered())
    assert path.read_bytes() == gathering.written(catalog), "run `make words`"
    with path.open("rb") as file:
        compiled = gathering.compiled(read_po(file, locale=other))
    assert path.with_suffix(".mo").read_bytes() == compiled, "run `make words`"


@pytest.mark.parametrize("other", OTHERS)
def test_what_is_filled_in_is_the_same_in_every_language(other: str) -> None:
    held = re.compile(r"%\((\w+)\)[sd]")
    with gathering.po(other).open("rb") as file:
        for each in read_po(file, locale=other):
            ids = each.id if isinstance(each.id, tuple) else (each.id,)
            strings = each.string if isinstance(each.string, tuple) else (each.string,)
            for text in filter(None, strings):
                if each.id:
                    assert set(held.findall(text)) <= set(held.findall(" ".join(ids))), each.id


@pytest.mark.parametrize("other", OTHERS)
def test_a_language_is_complete_enough(other: str) -> None:
    """What nurses read is translated; what has none yet is a small part, and stays English."""
    with gathering.po(other).open("rb") as file:
        texts = [each for each in read_po(file, locale=other) if each.id]
    bare = [each.id for each in texts if not any(each.string if isinstance(each.string, tuple)
                                                 else (each.string,))]  # fmt: skip
    assert len(bare) <= 0.05 * len(texts), bare[:20]


@pytest.mark.check(125)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nothing_on_a_page_is_left_untranslated_or_cut(site: Site) -> None:
    patient = sick(site)
    page = site.page("nurse", size=PHONE)
    page.context.add_cookies([{"name": language.COOKIE, "value": "xx", "url": site.url}])
    for path in (f"/p/{patient}", f"/p/{patient}/obs/new", "/alerts", "/due", "/find"):
        assert site.go(page, path) == 200
        assert "[!" in page.inner_text("h1"), path
        bare = page.evaluate(BARE)
        assert bare == [], f"{path}: {bare}"
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0], path


# Labels, buttons and headings must be of a catalog; what was charted and told need not.
PARTS = "h1, h2, h3, button, legend, label, thead th, summary"
BARE = (
    f"() => [...document.querySelectorAll('{PARTS}')]"
    + """
  .filter(each => each.offsetParent !== null && /[a-z]{4}/.test(each.textContent)
      && !each.textContent.includes('[!') && !each.closest('[data-charted]'))
  .map(each => each.textContent.trim().slice(0, 60))"""
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_page_in_turkish_has_its_months(site: Site) -> None:
    patient = sick(site)
    page = site.page("nurse")
    page.context.add_cookies([{"name": language.COOKIE, "value": "tr", "url": site.url}])
    site.go(page, f"/p/{patient}")
    assert page.evaluate("document.documentElement.lang") == "tr"
    assert "02-Mar-2026" in page.inner_text("footer")
    assert page.inner_text("h1") != "How this patient stands"
    site.well(page)


def test_a_template_leaves_the_filling_in_to_the_catalog() -> None:
    """`ngettext(...) % {...}` in a template fails: the words are filled in already."""
    templates = sorted((language.FOLDER.parent / "templates").glob("*.html"))
    assert templates
    twice = re.compile(r"(?:gettext|[^a-z]_)\([^()]*\) %(?!\})")
    found = {each.name: twice.findall(each.read_text("utf-8")) for each in templates}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
