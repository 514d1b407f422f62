"""The grade that a clinician charted beside the one that is worked out, and what parts them.

Neither is ever put in the place of the other. Where they differ, the reader is told what may
explain it: what was not known, what had grown old, what was attributed to another cause, what the
rule read for itself, and another scale that gives the charted grade from the same findings.

    | the charted grade is                             | agreement    |
    | ------------------------------------------------ | ------------ |
    | the one grade that is worked out                 | same         |
    | one of those from low to high, where low is not 0 | inside      |
    | one of those from 0 to high                      | not_gradable |
    | any other                                        | differs      |

Read by us: what the agreement is when the findings allow several grades (decision 0047).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from toxmon.grading.grade import Grade

Agreement = Literal["same", "inside", "not_gradable", "differs"]

FAMILIES: tuple[frozenset[str], ...] = (
    frozenset({"crs", "crs_lee_2014", "crs_penn", "crs_mskcc", "crs_cartox"}),
    frozenset({"icans", "cres"}),
)
"""Scales of one syndrome, which may be taken for each other."""

FEVER_RULES: Mapping[str, str] = {
    "fever_waived": "fever is no longer required, because of what was given since it began",
    "no_fever": "without a fever of 38.0 Cel or more this scale has no grade",
    "fever_unknown": "it is not known whether there is a fever, which this scale requires",
    "waiver_unknown": "it is not known whether fever is still required",
}
FEVER_WARNINGS: Mapping[str, str] = {
    "fever_possibly_masked": "a drug given before any fever was seen may hide one",
    "sign_without_fever_or_treatment": "no drug that waives the fever is charted",
}


class ChartedGrade(NamedTuple):
    """A grade as a clinician charted it, when, and the fact that says so."""

    scale: str
    grade: int
    at: datetime
    fact: str
    edition: str | None = None
    """Where it was said: the edition that it was graded by."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One thing that may explain the difference; `findings` are those it is about."""

    code: str
    text: str
    findings: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Concordance:
    """A charted grade and the derived one, of one scale at one time.

    `difference` is how far the charted grade lies above (or, negative, below) the nearest grade
    that the findings allow; 0 where they allow it.
    """

    charted: ChartedGrade
    derived: Grade
    agreement: Agreement
    difference: int
    explained: tuple[Explanation, ...]

    def says(self) -> str:
        """The comparison in sentences, as it is read aloud."""
        charted, derived = self.charted.grade, self.derived.says()
        if self.agreement == "same":
            return f"Grade {charted} is charted, and the findings give the same."
        if self.agreement == "differs":
            steps = abs(self.difference)
            way = "higher" if self.difference > 0 else "lower"
            told = f"Grade {charted} is charted, {steps} {way} than the findings give: {derived}."
        else:
            told = f"Grade {charted} is charted; the findings allow it and others: {derived}."
        return " ".join((told, *(_sentence(each.text) for each in self.explained)))


def compare(
    charted: ChartedGrade,
    derived: Grade,
    attributions: Mapping[str, str] | None = None,
    others: Mapping[str, Grade] | None = None,
) -> Concordance:
    """Compare a charted grade with the derived one of the same scale and time.

    `attributions` are the signs that have another cause at that time, with the fact that says so.
    `others` are the derived grades of other scales at that time.
    """
    if charted.scale != derived.scale:
        raise ValueError(f"{charted.scale} is not {derived.scale}")
    low, high, grade = derived.low, derived.high, charted.grade
    difference = grade - high if grade > high else min(grade - low, 0)
    agreement: Agreement = "differs"
    if difference == 0:
        agreement = "same" if low == high else "inside" if low else "not_gradable"
    explained = (
        ()
        if agreement == "same"
        else tuple(_explain(charted, derived, difference, attributions or {}, others or {}))
    )
    return Concordance(charted, derived, agreement, difference, explained)


def _explain(
    charted: ChartedGrade,
    derived: Grade,
    difference: int,
    attributions: Mapping[str, str],
    others: Mapping[str, Grade],
) -> Iterator[Explanation]:
    yield from _read_otherwise(charted, derived, others)
    if difference < 0:
        for reason in derived.because:
            text = f"the findings give at least grade {derived.low}: {reason.text}"
            yield Explanation("at_least", text, reason.findings, reason.facts)
    if difference > 0:
        text = f"nothing that is charted reaches grade {charted.grade}"
        yield Explanation("nothing_reaches", text)
    yield from _not_known(derived)
    yield from _taken_out(derived, attributions)
    yield from _read_by_rule(derived)


def _read_otherwise(
    charted: ChartedGrade, derived: Grade, others: Mapping[str, Grade]
) -> Iterator[Explanation]:
    """Another edition, or another scale of the same syndrome that gives the charted grade."""
    if charted.edition is not None and charted.edition != derived.edition:
        text = f"it is charted by {charted.edition} and worked out by {derived.edition}"
        yield Explanation("other_edition", text)
    for name, other in others.items():
        same_syndrome = any({name, derived.scale} <= family for family in FAMILIES)
        if same_syndrome and name != derived.scale and other.value == charted.grade:
            text = f"grade {charted.grade} is what {name} gives for the same findings"
            yield Explanation("other_scale", text, (name,))


def _not_known(derived: Grade) -> Iterator[Explanation]:
    """What was never charted, and what was known once and has grown too old."""
    # Where one grade is certain, nothing that has grown old could change it.
    certain = derived.low == derived.high
    old = {} if certain else {stale.finding: stale for stale in derived.stale}
    never = tuple(name for name in derived.missing if name not in old)
    if never:
        yield Explanation("missing", "not known: " + ", ".join(never), never)
    for name, stale in old.items():
        text = f"{name} was known until {_moment(stale.since)} and is too old"
        yield Explanation("stale", text, (name,), (stale.fact,))


def _taken_out(derived: Grade, attributions: Mapping[str, str]) -> Iterator[Explanation]:
    """What does not count, because a clinician has given it another cause."""
    told: set[str] = set()
    for sign, fact in attributions.items():
        told.add(sign)
        words = sign.replace("_", " ")
        text = f"the {words} is charted as having another cause, and does not count"
        yield Explanation("attributed", text, (sign,), (fact,))
    for reason in derived.because:
        sign = _rule(reason.rule).removesuffix("_other_cause")
        if sign != _rule(reason.rule) and sign not in told:
            yield Explanation("attributed", reason.text, reason.findings, reason.facts)
    if "ice_not_assessable" in derived.warnings or "cartox_not_assessable" in derived.warnings:
        text = "the score was obtained under sedation or the like, and does not count"
        yield Explanation("attributed", text, ("consciousness",))


def _read_by_rule(derived: Grade) -> Iterator[Explanation]:
    """What the rule read for itself, and what its table leaves open."""
    for reason in derived.because:
        if (words := FEVER_RULES.get(_rule(reason.rule))) is not None:
            yield Explanation("fever", words, reason.findings, reason.facts)
    for code in derived.warnings:
        words = code.rsplit("_not_settled", 1)[0].rsplit("_contradictory", 1)[0].replace("_", " ")
        if code in FEVER_WARNINGS:
            yield Explanation("fever", FEVER_WARNINGS[code])
        elif code == "hypotension_provisional":
            text = "hypotension is read from the blood pressure, and no clinician has charted it"
            yield Explanation("provisional", text, ("hypotension",))
        elif code.endswith("_not_settled"):
            yield Explanation("left_open", f"the table leaves open how to read: {words}")
        elif code.endswith("_contradictory"):
            text = f"what is charted contradicts itself, and the worse counts: {words}"
            yield Explanation("contradictory", text)


def side_by_side(
    charted: Iterable[ChartedGrade],
    derived: Mapping[str, Grade],
    attributions: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Every derived scale with the newest grade that was charted for it, as plain data."""
    newest: dict[str, ChartedGrade] = {}
    for each in charted:
        if each.scale not in newest or each.at >= newest[each.scale].at:
            newest[each.scale] = each
    return [
        plain(compare(newest[name], grade, attributions, derived))
        if name in newest
        else {**_derived(grade), "charted": None, "agreement": None}
        for name, grade in derived.items()
    ]


def plain(concordance: Concordance) -> dict[str, Any]:
    """A concordance as plain data."""
    charted = concordance.charted
    return {
        **_derived(concordance.derived),
        "charted": charted.grade,
        "charted_at": _moment(charted.at),
        "charted_edition": charted.edition,
        "fact": charted.fact,
        "agreement": concordance.agreement,
        "difference": concordance.difference,
        "says": concordance.says(),
        "explained": [
            {
                "code": each.code,
                "text": each.text,
                "findings": list(each.findings),
                "facts": list(each.facts),
            }
            for each in concordance.explained
        ],
    }


def cross_table(concordances: Iterable[Concordance]) -> list[dict[str, Any]]:
    """How often which grade was charted where which was derived, for each scale."""
    counted = Counter(
        (each.derived.scale, each.charted.grade, each.derived.low, each.derived.high)
        for each in concordances
    )
    return [
        {"scale": scale, "charted": charted, "low": low, "high": high, "count": count}
        for (scale, charted, low, high), count in sorted(counted.items())
    ]


def _derived(grade: Grade) -> dict[str, Any]:
    return {
        "scale": grade.scale,
        "edition": grade.edition,
        "low": grade.low,
        "high": grade.high,
        "value": grade.value,
    }


def _rule(name: str) -> str:
    return name.rsplit(".", 1)[-1]


def _moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
