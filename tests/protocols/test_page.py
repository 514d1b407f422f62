"""The page for a reader: complete, marked, counted, and never wider than a terminal."""

import json
import re
from datetime import date
from pathlib import Path

import pytest

from toxmon.protocol import (
    as_json,
    citations,
    load_protocols,
    read_alarms,
    read_drug,
    read_policy,
    read_product,
    show,
)

HERE = Path(__file__).parent
PRODUCT = read_product((HERE / "sample-product.toml").read_text(), "sample-product.toml")
ENGAGER = read_product((HERE / "sample-engager.toml").read_text(), "sample-engager.toml")
POLICY = read_policy((HERE / "sample-policy.toml").read_text(), "sample-policy.toml")
ALARMS = read_alarms((HERE / "sample-alarms.toml").read_text(), "sample-alarms.toml")
DRUG = read_drug((HERE / "sample-drug.toml").read_text(), "sample-drug.toml")
SHIPPED = load_protocols()
ALL = [PRODUCT, ENGAGER, POLICY, ALARMS, DRUG, *(document for _, document in SHIPPED.documents())]


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


def test_an_alarm_policy_is_told():
    page = words(ALARMS)
    assert "crs: 1 low, 3 high; in window 1 medium CRS, by grade. Down after 1 h. Invented." in page
    assert "check: 1 medium A line charted more than once a day is overdue" in page
    assert "A rise of 3 grades or more within 4 h: medium." in page
    assert "crs, sign:fever: infection; bleeding. Not all of them." in page
    assert "igg_below: igg < 300 mg/dL, over at 350, low Day 10 to day 20. Only for BCMA." in page
    assert "Not in force: an alternative of igg. Day 0 to day 15." in page
    assert "igg_later: igg < 200 mg/dL, low Day 21 to no end. Only for bcma." in page
    assert "ferritin_rises: ferritin rises by 50 % or more within 24 h, high" in page
    assert "Only with fever. Only for CAR T. Down after 1 h. Rises." in page
    assert "crp: 7 d after tocilizumab Nothing." in page
    assert "- vital signs: every 12 h; grace 2 h" in page
    assert "day 28: A visit See the patient." in page
    assert "month 6, then every 12 months: A vaccine Give it. Unless something holds it" in page
    assert "high: acknowledged 10 min, at most 20 min, documented 40 min; shelved 5 min at" in page
    assert "high, any unit: at once bedside_nurse; after 4 min consultant and ward_phone;" in page
    assert "high, 5 West: at once charge_nurse;" in page
    assert "high, technical, any unit: at once technical;" in page
    assert "Checks of whole days fall due at 09:30." in page
    assert "ward_phone: the telephone of the unit" in page


def test_a_drug_is_told():
    page = words(DRUG)
    assert "Also called: Samplex, sample-abcd Not to be taken for it: other-drug" in page
    assert "Policy usual, in force ---------------------- The usual one Invented." in page
    assert "- below 30 kg: 12 mg/kg. [1] (not verified) - from 30 kg: 8.5 mg/kg. Heavier." in page
    assert "- at least 8 h from start to start. [2] - at most 3 doses in any 24 h. [2]" in page
    assert "Policy fixed, not in force" in page
    assert "- from 12 years, below 18 years: 150 mg. [3]" in page
    assert "- at most 200 mg a dose. [3] (not verified) - at most 600 mg in any 24 h." in page
    assert "Cytokine release syndrome (CRS). [4]" in page
    assert "Not for Neurotoxicity syndrome (ICANS) alone: Not for this." in page
    assert "- Look out." in page
    assert "Somebody, CRS grade 2: 10 mg. As data: 10 mg, every 6 h to 12 h, 3 days." in page
    assert "children (below 18 years): 2.5 mg/kg. As data: 2.5 mg/kg, at most 100 mg." in page
    assert "4 mg weigh as much as 0.75 mg of dexamethasone." in page
    assert "- A dose may be 10 % above the computed one." in page
    assert "- Doses of the 0 h before the infusion count too." in page
    assert "- A dose that was stopped counts." in page
    assert "- 80 mg in 4 mL" in page
    assert "222, 333: under the skin It is a product of the drug in a form or by a route" in page


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
