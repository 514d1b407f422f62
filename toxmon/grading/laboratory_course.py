"""The laboratory grades of CTCAE over time: the newest value, its own range, the baseline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from toxmon.grading import ctcae
from toxmon.grading.facts import Fact
from toxmon.grading.grade import Grade, Reason
from toxmon.grading.kinds import KINDS
from toxmon.grading.moment import Moment, lower, upper
from toxmon.grading.scale import Scale
from toxmon.grading.state import Given

AFTER_TRANSFUSION = timedelta(hours=24)
"""A platelet count is not corrected for a transfusion; this long after one it is said."""
PLATELETS_GIVEN = "given:platelets"
_BY_NAME: Mapping[str, Scale] = {scale.name: scale for scale in ctcae.SCALES}


@dataclass(frozen=True, slots=True)
class Test:
    """A scale of one laboratory test: the kind, and how its finding, limit and baseline go by."""

    scale: str
    kind: str
    finding: str
    limit: str
    limit_of: Callable[[Fact | None], Decimal | None]
    baseline: str | None = None
    besides: Mapping[str, str] = field(default_factory=dict)
    """Findings of a clinician that the scale asks too, by the kind they are charted as."""

    @property
    def moves(self) -> frozenset[str]:
        """The kinds of fact that can move it."""
        more = (PLATELETS_GIVEN,) if self.scale == "thrombocytopenia" else ()
        return frozenset({self.kind, *self.besides, *more})

    def charted_as(self, finding: str) -> str:
        """The kind that a finding is charted as; a limit and a baseline go by their own name."""
        if finding == self.finding:
            return self.kind
        kinds = {name: kind for kind, name in self.besides.items()}
        return kinds.get(finding, finding)


TESTS: tuple[Test, ...] = (
    Test("neutropenia", "anc", "anc_per_ul", "anc_lln_per_ul", lower),
    Test(
        "anemia",
        "hemoglobin",
        "hemoglobin_g_dl",
        "hemoglobin_lln_g_dl",
        lower,
        besides={
            "transfusion_indicated": "transfusion_indicated",
            "anemia_life_threatening": "life_threatening",
        },
    ),
    Test("thrombocytopenia", "platelets", "platelets_10e9_l", "platelets_lln_10e9_l", lower),
    Test("lymphopenia", "alc", "alc_per_ul", "alc_lln_per_ul", lower),
    Test("cd4_lymphopenia", "cd4", "cd4_per_ul", "cd4_lln_per_ul", lower),
    Test(
        "hypofibrinogenemia",
        "fibrinogen",
        "fibrinogen_mg_dl",
        "fibrinogen_lln_mg_dl",
        lower,
        "fibrinogen_baseline_mg_dl",
    ),
    Test(
        "creatinine_increased",
        "creatinine",
        "creatinine_mg_dl",
        "creatinine_uln_mg_dl",
        upper,
        "creatinine_baseline_mg_dl",
    ),
    Test("ast_increased", "ast", "ast_u_l", "ast_uln_u_l", upper, "ast_baseline_u_l"),
    Test("alt_increased", "alt", "alt_u_l", "alt_uln_u_l", upper, "alt_baseline_u_l"),
    Test(
        "bilirubin_increased",
        "bilirubin_total",
        "bilirubin_mg_dl",
        "bilirubin_uln_mg_dl",
        upper,
        "bilirubin_baseline_mg_dl",
    ),
)


def look(test: Test, moment: Moment, given: Mapping[str, Given]) -> Grade:
    """The grade of one test at `moment`."""
    fact = moment.chart.known(test.kind, moment.at)
    found: dict[str, Any] = {}
    if fact is not None:
        found[test.finding] = fact.value
        found[test.limit] = test.limit_of(fact)
    judged = moment.known(*test.besides) if test.besides else {}
    found.update({test.besides[kind]: each.value for kind, each in judged.items()})
    before = moment.ledger.before.get(test.kind) if test.baseline else None
    if test.baseline and before is not None and isinstance(before.value, Decimal):
        found[test.baseline] = before.value
    transfused = given.get("platelets") if test.scale == "thrombocytopenia" else None
    if transfused is not None and fact is not None:
        since = fact.effective_at - transfused.at
        found["transfused_recently"] = timedelta(0) <= since < AFTER_TRANSFUSION or None
    scale = _BY_NAME[test.scale]
    grade = scale.grade(scale.findings(**found))
    assert isinstance(grade, Grade)
    rests_on = tuple([each.id for each in (fact, *judged.values(), before) if each is not None])
    normal = fact.normal if fact is not None else None
    measured = fact.value if fact is not None and isinstance(fact.value, Decimal) else None
    more = {**grade.more, "measured": measured, "unit": KINDS[test.kind].unit}
    if normal is not None:
        more["reference_range"] = {"low": normal[0], "high": normal[1]}
    return Grade(
        grade.scale,
        grade.edition,
        grade.low,
        grade.high,
        tuple([Reason(r.rule, r.text, r.source, r.findings, rests_on) for r in grade.because]),
        tuple([test.charted_as(name) for name in grade.missing]),
        # Only what stands in the chart and is not known any more has grown old.
        ()
        if fact is not None and not test.besides
        else moment.chart.stale(frozenset({test.kind, *test.besides}), moment.at),
        grade.warnings,
        more,
    )
