"""The page for a reader: complete, marked, counted, and never wider than a terminal."""

import json
import re
from datetime import date
from pathlib import Path

import pytest

from toxmon.protocol import as_json, citations, load_protocols, read_policy, read_product, show

HERE = Path(__file__).parent
PRODUCT = read_product((HERE / "sample-product.toml").read_text(), "sample-product.toml")
ENGAGER = read_product((HERE / "sample-engager.toml").read_text(), "sample-engager.toml")
POLICY = read_policy((HERE / "sample-policy.toml").read_text(), "sample-policy.toml")
SHIPPED = load_protocols()
ALL = [PRODUCT, ENGAGER, POLICY, *SHIPPED.products.values(), *SHIPPED.policies.values()]


def words(document, on=None):
    return " ".join(show(document, on).split())


@pytest.mark.parametrize("document", ALL, ids=lambda document: document.name)
def test_no_line_is_wider_than_88_columns_or_ends_in_blanks(document):
    for line in show(document).splitlines():
        assert len(line) <= 88
        assert line == line.rstrip()


@pytest.mark.parametrize("document", ALL, ids=lambda document: document.name)
def test_what_is_not_verified_is_marked_and_counted(document):
    verified = [citation.verified for citation in citations(document)]
    page = words(document)
    told = re.search(r"(\d+) of the (\d+) places that cite a source are not verified", page)
    assert [int(told[1]), int(told[2])] == [verified.count(False), len(verified)]
    # Once in the sentence that explains the mark, and once for each.
    assert page.count("(not verified)") == 1 + verified.count(False)


@pytest.mark.parametrize("document", ALL, ids=lambda document: document.name)
def test_every_source_stands_at_the_end(document):
    page = words(document)
    _, _, sources = page.rpartition(" Sources ")
    for citation in citations(document):
        assert f"{citation.source}. {citation.year}, {citation.kind}." in sources


def test_a_figure_and_its_mark():
    page = show(PRODUCT)
    assert re.search(
        r"Everybody, counted +127 +85% +9\.4%  2\.5 d \(1-23\) +2 mo \(IQR 1-3\)", page
    )
    trial, memory = (
        re.search(rf"\[(\d+)\] {source}", page)[1] for source in ("Invented trial", "Somebody's")
    )
    assert f"Grade 5: n=1. Graded by ASTCT 2019. [{trial}]\n" in page
    assert f"Any grade. [{memory}] (not verified)\n" in page
    assert "  A population with a name that is longer than its column\n" in page


def test_the_label_in_force_is_named():
    assert "First: from 2024-01-01, in force on 2025-06-25" in words(PRODUCT, date(2025, 6, 25))
    page = words(PRODUCT, date(2025, 8, 1))
    assert "Second: from 2025-06-26, in force on 2025-08-01" in page
    assert page.count("in force on") == 1
    assert "in force" not in words(PRODUCT)
    assert "No US label was in force on 2020-01-01." in words(PRODUCT, date(2020, 1, 1))


def test_the_label_of_another_region_can_be_asked_for():
    assert PRODUCT.label_on(date(2026, 1, 1)).title == "Second"
    assert PRODUCT.label_on(date(2026, 1, 1), "EU").title == "Other region"
    assert PRODUCT.label_on(date(2025, 6, 30), "EU") is None


def test_windows_watch_and_advice_are_told():
    page = words(PRODUCT)
    assert "day 1 to day 14: Cytokine release syndrome (CRS) Invented" in page
    assert "day 30 to no end: Second malignancy" in page
    assert "vital signs: every 4 h, day 0 to day 7; grace 30 min" in page
    assert "body_temperature, heart_rate; or body_temperature, systolic_bp" in page
    assert "IgG: on day 30, day 90; grace 7 d" in page
    assert "grade 1, 2, onset before 72 h, onset after 24 h or later: Rest." in page
    assert "alc > 3000 /uL: Look." in page
    assert "- Over two lines." in page
    assert "infusion 2 to 4 days after its completion; repeat if delayed by more than 14 d" in page


def test_sections_without_anything_are_left_out():
    text = (HERE / "sample-product.toml").read_text()
    page = show(read_product(text[: text.index("[[marker]]")], "sample-product.toml"))
    assert "Bounds" not in page
    assert "advise" not in page
    assert "Remarks" not in page
    assert "Watch (policy)" in page


def test_a_policy_is_told():
    page = show(POLICY)
    assert "    6 h  body_temperature, heart_rate\n" in page
    assert " 90 min  vasopressors\n         Short. [" in page
    assert "  below 18 years     systolic < 80.5 mm[Hg]\n" in page
    assert "  older              systolic < 90 mm[Hg] or mean < 65 mm[Hg]\n" in page
    assert "Oxygen saturation < 90 % on room air." in page


@pytest.mark.parametrize("document", ALL, ids=lambda document: document.name)
def test_json_is_plain_and_carries_the_digest(document):
    plain = as_json(document)
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert plain["digest"] == document.digest
    assert plain["version"] == document.version
    verified = [citation.verified for citation in citations(document)]
    assert plain["citations"] == {"total": len(verified), "not_verified": verified.count(False)}


def test_json_has_the_keys_of_the_file():
    plain = as_json(PRODUCT)
    assert plain["published"][0]["onset"] == {"median": 2.5, "range": [1, 23], "unit": "d"}
    assert plain["label"][1]["effective_from"]["value"] == "2025-06-26"
    assert plain["window"][1]["until"] == "no end"
    assert plain["watch"][0]["every"] == "4 h"
    assert plain["remark"][0]["text"] == "Over two lines."
