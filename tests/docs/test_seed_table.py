"""The table of the seed texts holds, and fails with the row when one of its figures does not."""

import re
import shutil
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from runpy import run_path

import pytest

from toxmon.grading import crs

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "docs" / "generate" / "seeds.py"
SEEDS = run_path(str(SCRIPT))
TEXTS, SECTIONS = SEEDS["read"]()
KNOWN = SEEDS["protocols"]()
FACTS = [fact for _, rows in SECTIONS for fact in rows]
BY_ID = {fact["id"]: fact for fact in FACTS}
NOT_TO_BE_TRUSTED = ("old", "wrong", "garbled")

# Every reference into a protocol, with the row it stands in.
INTO_PROTOCOLS = [
    (fact["id"], key, reference)
    for fact in FACTS
    for key in ("held", "newer", "never")
    for reference in fact.get(key, [])
    if "protocol" in reference
]
THERE = [(row, each) for row, key, each in INTO_PROTOCOLS if key != "never"]
NEVER = [(row, each) for row, key, each in INTO_PROTOCOLS if key == "never"]


def rows_at_fault(known=KNOWN, sections=SECTIONS, root=ROOT):
    return {line.partition(":")[0] for line in SEEDS["faults"](TEXTS, sections, known, root)}


def with_protocol(name, protocol):
    return {**KNOWN, name: protocol}


def only(fact):
    """A table of this one fact."""
    return [("A section", [fact])]


def fact(**more):
    """A fact that holds, with some of it replaced; None takes a key away."""
    whole = {"id": "1.1", "fact": "Words", "at": ["S0 1"], "reading": "ok", "why_not": "efficacy"}
    return {key: value for key, value in {**whole, **more}.items() if value is not None}


def told(**more):
    return " ".join(SEEDS["faults"](TEXTS, only(fact(**more)), KNOWN))


# As it stands.


def test_every_row_holds():
    assert SEEDS["faults"](TEXTS, SECTIONS, KNOWN) == []


def test_the_page_is_not_stale():
    page = ROOT / "docs" / "reference" / "seeds.md"
    assert page.read_text(encoding="utf-8") == SEEDS["page"](TEXTS, SECTIONS), (
        "run: python docs/generate/seeds.py"
    )


def test_no_row_was_left_out():
    """Rows are numbered in each section without a gap; letters part one that reads two ways."""
    sections = {}
    for name in BY_ID:
        section, row = re.fullmatch(r"(\d+)\.(\d+)[ab]?", name).groups()
        sections.setdefault(int(section), set()).add(int(row))
    assert sorted(sections) == list(range(1, 12))
    for section, rows in sections.items():
        assert rows == set(range(1, max(rows) + 1)), section
    assert {section: len(rows) for section, rows in sections.items()} == {
        1: 7, 2: 9, 3: 19, 4: 1, 5: 8, 6: 10, 7: 9, 8: 7, 9: 10, 10: 23, 11: 20,
    }  # fmt: skip


def test_every_text_is_read():
    assert {place.partition(" ")[0] for fact in FACTS for place in fact["at"]} == set(TEXTS)


def test_every_reading_occurs_and_what_cannot_be_trusted_is_guarded():
    assert {fact["reading"] for fact in FACTS} == set(SEEDS["READINGS"])
    for each in FACTS:
        if each["reading"] in NOT_TO_BE_TRUSTED:
            assert each.get("newer") or each.get("never"), each["id"]


# Broken: every figure that a row names, one after the other.


@pytest.mark.parametrize(("row", "reference"), THERE, ids=[row for row, _ in THERE])
def test_a_figure_that_goes_takes_its_row_along(row, reference):
    protocol = deepcopy(KNOWN[reference["protocol"]])
    block = reference.get("block")
    if block is None:
        assert row in rows_at_fault({k: v for k, v in KNOWN.items() if k != reference["protocol"]})
        return
    protocol[block] = [
        each
        for each in protocol[block]
        if not SEEDS["matches"](each, reference.get("has", {}), reference.get("words", ""))
    ]
    assert row in rows_at_fault(with_protocol(reference["protocol"], protocol))


@pytest.mark.parametrize(("row", "reference"), NEVER, ids=[row for row, _ in NEVER])
def test_what_must_never_be_loaded_is_refused(row, reference):
    """What is old, wrong or garbled, written into a copy of the product."""
    protocol = deepcopy(KNOWN.get(reference["protocol"], {}))
    if "block" in reference:
        wrong = {**deepcopy(reference.get("has", {})), "text": reference.get("words", "")}
        protocol.setdefault(reference["block"], []).append(wrong)
    assert row in rows_at_fault(with_protocol(reference["protocol"], protocol))


def test_a_figure_that_changes_takes_its_row_along():
    ide = deepcopy(KNOWN["ide-cel"])
    for each in ide["published"]:
        if each["population"] == "KarMMa, journal" and each["event"] == "crs" and "rate" in each:
            each["rate"]["count"] = 108
    assert rows_at_fault(with_protocol("ide-cel", ide)) == {"3.1"}


def test_another_name_that_goes_takes_its_row_along():
    anito = {**KNOWN["anito-cel"], "aliases": []}
    assert rows_at_fault(with_protocol("anito-cel", anito)) == {"3.17", "11.7"}


def test_a_constant_that_changes_takes_its_row_along(monkeypatch):
    monkeypatch.setattr(crs, "FEVER_CEL", crs.FEVER_CEL + 1)
    assert rows_at_fault() == {"3.11"}
    monkeypatch.delattr(crs, "FEVER_CEL")
    assert rows_at_fault() == {"3.11"}


def test_a_row_of_a_test_that_goes_takes_its_row_along(tmp_path):
    """In a tree without files the rows that name a file no longer hold, and no others."""
    files = {each["id"] for each in FACTS for key in ("held", "newer") if any(
        "file" in reference for reference in each.get(key, [])
    )}  # fmt: skip
    assert rows_at_fault(root=tmp_path) == files != set()


# A row that says too little, or what nobody knows.


def test_a_sound_row_is_told_nothing():
    assert told() == ""


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"why_not": None}, "1.1: it says neither where it is held nor why not"),
        ({"held": [{"protocol": "ide-cel"}]}, "1.1: it says both"),
        ({"why_not": "because"}, "1.1: no reason is called 'because'"),
        ({"reading": "fine"}, "1.1: no reading is called 'fine'"),
        ({"reading": "old"}, "1.1: it is old, and neither `newer` nor `never` guards against it"),
        ({"reading": "wrong"}, "it is wrong, and neither"),
        ({"reading": "garbled"}, "it is garbled, and neither"),
        ({"at": ["S9 1"]}, "1.1: no text is called 'S9'"),
        ({"at": None}, "1.1: it has other keys than"),
        ({"heldd": []}, "1.1: it has other keys than"),
        ({"never": [{"product": "ide-cel"}]}, "never: {'product': 'ide-cel'} is no reference"),
        ({"newer": [{"protocol": "ide-cel", "has_": {}}]}, "is no reference"),
        ({"newer": [{"constant": "toxmon.grading.crs.FEVER_CEL"}]}, "neither `is` nor `contains`"),
        ({"newer": [{"constant": "toxmon.nowhere.X", "is": 1}]}, "is no longer so"),
        ({"newer": [{"kinds": ["no_such_kind"]}]}, "is no longer so"),
        ({"newer": [{"kinds": ["cd4"], "unit": "%"}]}, "is no longer so"),
        ({"newer": [{"protocol": "no-such-product"}]}, "no-such-product is no longer so"),
        ({"never": [{"protocol": "ide-cel"}]}, "ide-cel is there"),
    ],
)
def test_a_row_at_fault_is_told(more, words):
    assert words in told(**more)


def test_two_rows_of_one_id_are_told():
    sections = [("A section", [fact(), fact()])]
    assert SEEDS["faults"](TEXTS, sections, KNOWN) == ["1.1: two rows have this id"]


def test_true_is_not_one():
    assert SEEDS["matches"]({"value": True}, {"value": True}, "")
    assert not SEEDS["matches"]({"value": 1}, {"value": True}, "")
    assert not SEEDS["matches"]({"value": True}, {"value": 1}, "")


# The command.


@pytest.fixture
def copy(tmp_path):
    """A copy of all that the script reads."""
    for folder in ("docs/generate", "docs/seeds", "docs/reference", "protocols"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    for folder in ("tests", "toxmon"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    return tmp_path


def run(copy):
    script = copy / "docs" / "generate" / "seeds.py"
    return subprocess.run(
        [sys.executable, str(script)], cwd=copy, capture_output=True, text=True, check=False
    )


def test_the_command_prints_the_page(copy):
    page = copy / "docs" / "reference" / "seeds.md"
    before = page.read_text(encoding="utf-8")
    page.unlink()
    assert run(copy).returncode == 0
    assert page.read_text(encoding="utf-8") == before


def test_the_command_fails_and_names_the_row(copy):
    page = copy / "docs" / "reference" / "seeds.md"
    page.unlink()
    product = copy / "protocols" / "products" / "ide-cel.toml"
    text = product.read_text(encoding="utf-8")
    product.write_text(text.replace("percent = 84, count = 107", "count = 107"), encoding="utf-8")
    done = run(copy)
    assert done.returncode == 1
    assert "\n3.1: ide-cel `published`: crs, KarMMa, journal" in done.stderr
    assert not page.exists()
