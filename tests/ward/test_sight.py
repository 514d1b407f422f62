"""Grades and alerts as eyes see them that see no color, or other colors: pictures of a browser."""

from __future__ import annotations

import io
from itertools import combinations, pairwise

import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.ward.conftest import Site

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

Color = tuple[float, float, float]
BLINDNESS = ("none", "deuteranopia", "protanopia", "tritanopia", "achromatopsia")
GRADES = (".grade.g1", ".grade.g2", ".grade.g3", ".grade.g4")
# Far enough apart to be told apart side by side; the smallest step of the ramp is 15.
APART, FROM_ALARM = 12.0, 25.0


def color(page: Page, selector: str) -> Color:
    """The color that most of an element's inside has, in the picture of the page, as CIE Lab."""
    picture = Image.open(io.BytesIO(page.locator(f"main {selector}").first.screenshot()))
    inner = picture.convert("RGB").crop((4, 4, picture.width - 4, picture.height - 4))
    counted = inner.getcolors(inner.width * inner.height)
    assert counted
    return lab(max(counted)[1])  # type: ignore[arg-type]


def lab(rgb: tuple[int, int, int]) -> Color:
    """sRGB as CIE Lab under D65."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
              for c in (each / 255 for each in rgb)]  # fmt: skip
    rows = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    x, y, z = (
        sum(a * b for a, b in zip(row, linear, strict=True)) / white
        for row, white in zip(rows, (0.9505, 1.0, 1.089), strict=True)
    )
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def distance(a: Color, b: Color) -> float:
    return sum((p - q) ** 2 for p, q in zip(a, b, strict=True)) ** 0.5


@pytest.mark.check(9, 89)
@pytest.mark.parametrize("dark", [False, True])
def test_grades_and_alarms_can_be_told_apart_by_every_eye(site: Site, dark: bool) -> None:
    page = site.page("nurse", "/help", dark=dark)
    told = page.context.new_cdp_session(page)
    for kind in BLINDNESS:
        told.send("Emulation.setEmulatedVisionDeficiency", {"type": kind})
        grades = [color(page, each) for each in GRADES]
        for (one, a), (other, b) in combinations(zip(GRADES, grades, strict=True), 2):
            assert distance(a, b) >= APART, f"{kind}: {one} beside {other} is {distance(a, b):.0f}"
        lightness = [each[0] for each in grades]
        assert all(above > below for above, below in pairwise(lightness)), f"{kind}: {lightness}"
        if kind == "achromatopsia":
            continue  # In grey an alarm is known by shape, sign and word; see below.
        alarm = color(page, ".mark.high svg")
        for name, grade in zip(GRADES, grades, strict=True):
            apart = distance(alarm, grade)
            assert apart >= FROM_ALARM, f"{kind}: {name} beside a high alert is {apart:.0f}"


@pytest.mark.check(9, 89)
def test_a_digit_a_shape_and_a_word_say_it_without_color(site: Site) -> None:
    page = site.page("nurse", "/help")
    for level in "1234":
        assert level in page.locator(f"main .grade.g{level}").first.inner_text()
    assert page.locator("main .grade.unknown b").first.inner_text() == "?"
    marks = {name: page.locator(f"main .mark.{name}").first for name in ("high", "medium", "low")}
    outlines = {name: mark.locator("path, circle").first.evaluate("each => each.outerHTML")
                for name, mark in marks.items()}  # fmt: skip
    assert len(set(outlines.values())) == 3
    words = {name: mark.inner_text().split() for name, mark in marks.items()}
    assert words == {"high": ["!!!", "High"], "medium": ["!!", "Medium"], "low": ["!", "Low"]}


@pytest.mark.check(90)
def test_nothing_moves_or_sounds(site: Site) -> None:
    """No animation, no transition, no sound, in any style or script that a page may load."""
    page = site.page("nurse", "/help")
    moving = page.evaluate("""() => [...document.styleSheets].flatMap(sheet => [...sheet.cssRules])
      .flatMap(rule => rule.cssRules ? [...rule.cssRules, rule] : [rule])
      .filter(rule => rule instanceof CSSKeyframesRule || (rule.style &&
        ['animationName', 'transitionProperty'].some(name =>
          rule.style[name] && !['none', 'all'].includes(rule.style[name]))))
      .map(rule => rule.cssText.slice(0, 80))""")
    assert moving == []
    for name in page.evaluate("[...document.scripts].map(each => each.src)"):
        text = page.request.get(name).text()
        assert "Audio(" not in text
        assert "AudioContext" not in text
    assert page.locator("audio, video, marquee, blink").count() == 0
