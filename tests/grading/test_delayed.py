"""Delayed and newer toxicities: every row of their page, a second opinion, and what is refused.

The proofs run over every combination of the findings of each scale: a severity from 0 to 5 or
unknown, each sign yes, no or unknown, a day on each side of each bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.every import every
from tests.grading.columns_delayed import READ
from tests.grading.tables import Row, rows
from toxmon.grading import delayed
from toxmon.grading.facts import Bounds
from toxmon.grading.grade import Grade
from toxmon.grading.kinds import KINDS
from toxmon.grading.scale import Scale
from toxmon.scales.delayed import SCALES as STATELESS
from toxmon.scales.inputs import FindingsError

SCALES: Mapping[str, Scale] = {scale.name: scale for scale in delayed.SCALES}
SENT = {stateless.scale.name: stateless for stateless in STATELESS}
ROWS = rows(Path(__file__).parent / "delayed.md")
IN_WORDS = {True: "yes", False: "no", None: "unknown"}
SIGNS = {
    "movement_neurocognitive": (
        "parkinsonism", "movement_disorder", "cognitive_change", "personality_change"
    ),
    "cranial_nerve_palsy": ("facial_palsy", "nerves"),
    "licats": ("organs",),
}  # fmt: skip
ANY = (None, False, True)
D = Decimal


def named(row: Row) -> str:
    return f"{row.heading}: {row.case}"


def told(more: Mapping[str, Any], name: str) -> str:
    value = more[name]
    if isinstance(value, list):
        return ", ".join(value)
    return IN_WORDS[value] if value is None or isinstance(value, bool) else str(value)


def second(name: str, given: Mapping[str, Any]) -> tuple[int, int]:
    """The answer by another way: every pair of presence and severity that nothing speaks against.

    What speaks for the presence outweighs what speaks against it, and for a severity above 0 too.
    """
    if name == "second_malignancy":
        kind = given.get("second_malignancy")
        return (0, 1) if kind is None else (0, 0) if kind == "none" else (1, 1)
    most = 4 if name == "licats" else 5
    severity, present = given.get("severity"), given.get("present")
    signs = [None if given.get(sign) is None else bool(given[sign]) for sign in SIGNS.get(name, ())]
    if name == "cranial_nerve_palsy" and given.get("nerves") == () and signs[0] is None:
        signs[0] = False
    allowed = {n for n in range(most + 1) if severity is None or _may_be(n, severity)} or {most}
    for_it = present is True or True in signs or 0 not in allowed
    against = present is False or allowed == {0}
    if name == "licats":
        against = against or signs == [False]
    else:
        against = against or (bool(signs) and set(signs) == {False})
    if for_it:
        levels = allowed - {0} or set(range(1, most + 1))
        return min(levels), max(levels)
    return (0, 0) if against else (0, max(allowed))


def _may_be(n: int, severity: Any) -> bool:
    if isinstance(severity, Decimal):
        return n == severity
    over = severity.low is None or n > severity.low or (n == severity.low and not severity.low_open)
    under = (
        severity.high is None
        or n < severity.high
        or (n == severity.high and not severity.high_open)
    )
    return over and under


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_row(row: Row) -> None:
    scale = SCALES[row.scale]
    answer = scale.grade(scale.findings(**row.given))
    assert (answer.low, answer.high) == (row.low, row.high)
    assert set(answer.missing) == row.missing
    assert set(answer.warnings) == row.warnings
    shown = set(row.more) | {"present", "onset_day"}
    assert {name: told(answer.more, name) for name in shown} == {
        name: row.more.get(name, "") for name in shown
    }
    asked = {field.name for field in fields(scale.findings)}
    for reason in answer.because:
        assert all((reason.rule.startswith(f"{row.scale}."), reason.text, reason.source))
        assert set(reason.findings) <= asked


def test_a_scale_that_is_no_grade_says_so_in_its_edition() -> None:
    editions = {name: scale.grade(scale.findings()).edition for name, scale in SCALES.items()}
    assert editions.pop("second_malignancy") == "presence"
    assert editions.pop("licats") == "hagen-2025"
    assert set(editions.values()) == {"ctcae-5"}


@every("row", ROWS, ids=named)
def test_second_opinion_on_row(row: Row) -> None:
    assert second(row.scale, row.given) == (row.low, row.high)


@pytest.mark.parametrize("scale", SCALES)
def test_every_finding_is_known_in_a_row_and_blank_in_another(scale: str) -> None:
    asked = {field.name for field in fields(SCALES[scale].findings)}
    assert set(READ[scale]) == asked
    assert {each.name for each in SENT[scale].inputs} == asked
    here = [row for row in ROWS if row.scale == scale]
    assert {name for row in here for name in row.given} == asked
    assert {name for row in here for name in asked - set(row.given)} == asked


@pytest.mark.parametrize("scale", SCALES)
def test_every_warning_is_in_a_row(scale: str) -> None:
    here = [row for row in ROWS if row.scale == scale]
    assert {code for row in here for code in row.warnings} == set(SCALES[scale].warnings)
    assert {name for row in here for name in row.missing} <= set(READ[scale])


def spaces(name: str) -> dict[str, tuple[Any, ...]]:
    if name == "second_malignancy":
        return {"second_malignancy": (None, *KINDS["second_malignancy"].codes)}
    most = 4 if name == "licats" else 5
    space: dict[str, tuple[Any, ...]] = {
        "present": ANY,
        "severity": (None, *map(D, range(most + 1)), Bounds(D(0), D(3), False, True)),
    }
    for sign in SIGNS.get(name, ()):
        lists = {"nerves": (None, (), ("cn_6",)), "organs": (None, (), ("skin",))}
        space[sign] = lists.get(sign, ANY)
    if name == "enterocolitis":
        space |= {"diarrhea_grade": (None, D(0), D(1)), "enteric_infection": ANY}
        space["day"] = (None, 30, 31)
    return space


@pytest.mark.parametrize("name", SCALES)
def test_proved_by_enumeration(name: str) -> None:
    """Total, equal to the second opinion, and consistent: what is learnt only narrows."""
    space = spaces(name)
    scale = SCALES[name]

    def first(given: Mapping[str, Any]) -> Grade:
        grade = scale.grade(scale.findings(**given))
        assert isinstance(grade, Grade)
        return grade

    checked = 0
    for values in product(*space.values()):
        given = dict(zip(space, values, strict=True))
        answer = first(given)
        assert (answer.low, answer.high) == second(name, given), given
        assert set(answer.warnings) <= set(scale.warnings)
        for finding in answer.missing:
            doubtful = isinstance(given[finding], Bounds)
            contradictory = "severity_contradictory" in answer.warnings
            assert given[finding] is None or doubtful or contradictory, given
        for finding, value in given.items():
            if value is not None:
                continue
            for turned_out in space[finding][1:]:
                known = first({**given, finding: turned_out})
                checked += 1
                ruled_out = answer.high == 0
                if ruled_out or "contradictory" in "".join(known.warnings):
                    # What is found after it was ruled out contradicts it, and the worse counts.
                    assert known.low >= answer.low, (given, finding)
                    continue
                assert answer.low <= known.low <= known.high <= answer.high, (given, finding)
    assert checked >= 5


def test_the_names_in_the_record_are_kinds() -> None:
    assert set(delayed.CHARTED_AS) == set(SCALES)
    for name, charted_as in delayed.CHARTED_AS.items():
        assert set(charted_as.values()) <= set(KINDS)
        assert set(charted_as) <= {field.name for field in fields(SCALES[name].findings)}


@pytest.mark.parametrize(
    ("scale", "body", "field"),
    [
        ("licats", {"severity": 5}, "severity"),
        ("licats", {"organs": ["hair"]}, "organs"),
        ("guillain_barre", {"severity": 6}, "severity"),
        ("guillain_barre", {"onset_day": -1}, "onset_day"),
        ("guillain_barre", {"onset_day": D("1.5")}, "onset_day"),
        ("guillain_barre", {"nerves": []}, "nerves"),
        ("cranial_nerve_palsy", {"side": "up"}, "side"),
        ("second_malignancy", {"second_malignancy": "yes"}, "second_malignancy"),
        ("second_malignancy", {"present": True}, "present"),
    ],
)
def test_what_cannot_be_is_refused(scale: str, body: dict[str, Any], field: str) -> None:
    with pytest.raises(FindingsError) as refused:
        SENT[scale].findings(body)
    assert set(refused.value.faults) == {field}


def test_what_is_sent_is_graded() -> None:
    findings, doubts = SENT["licats"].findings({"organs": ["kidney"], "onset_day": 15})
    answer = SCALES["licats"].grade(findings)
    assert (answer.low, answer.high, doubts) == (1, 4, {})
    assert answer.more["window"] == "intermediate"


@pytest.mark.parametrize(
    ("kind", "rule", "text"),
    [
        (None, "unknown", "not charted as present or absent"),
        ("none", "none", "no second malignancy"),
        ("t_cell", "t_cell", "second malignancy of T cells"),
        ("other_solid", "other_solid", "second malignancy, other solid"),
    ],
)
def test_a_malignancy_is_told_by_its_kind(kind: str | None, rule: str, text: str) -> None:
    (reason,) = delayed.second_malignancy(delayed.Malignancy(second_malignancy=kind)).because
    assert (reason.rule, reason.text) == (f"second_malignancy.{rule}", text)


# what is charted of Guillain-Barre syndrome, and the rule and the words of the reason
WHY: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"present": False}, "absent", "charted as absent"),
    ({}, "unknown", "not charted as present or absent"),
    ({"present": True}, "present", "present; the severity is not known"),
    ({"present": True, "severity": D(3)}, "severity", "charted as grade 3"),
)


@pytest.mark.parametrize(("given", "rule", "words"), WHY, ids=[each[1] for each in WHY])
def test_why_a_charted_toxicity_is_graded_so(given: dict[str, Any], rule: str, words: str) -> None:
    scale = SCALES["guillain_barre"]
    (reason,) = scale.grade(scale.findings(**given)).because
    assert (reason.rule, reason.text) == (f"guillain_barre.{rule}", words)
