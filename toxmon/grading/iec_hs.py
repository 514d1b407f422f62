"""IEC-HS: the HLH-like syndrome of immune effector cells, by the ASTCT consensus of 2023.

A hyperinflammation in its own right, with features of HLH, due to the cells and not to CRS, an
infection or progression; mostly seen when CRS resolves or has resolved. The criteria stand in
`iec_hs_criteria`. They raise a suspicion; a clinician confirms it; only then is severity graded:

    | grade | severity                                                                          |
    | ----- | --------------------------------------------------------------------------------- |
    | 0     | ruled out by a clinician, another cause, or ferritin certainly does not fit        |
    | 1     | none or mild, no treatment for it                                                  |
    | 2     | mild to moderate, treated: immunosuppression, or transfusion for low fibrinogen    |
    | 3     | severe: bleeding that needs transfusion, new kidney injury, hypotension, distress  |
    | 4     | life-threatening: bleeding, hypotension, intubation, dialysis                      |
    | 5     | death                                                                              |

The paper states no minimum number of common features, and none is invented here.
Source: Hines MR et al. Transplant Cell Ther 2023;29:438.e1, doi:10.1016/j.jtct.2023.03.006.
Criteria and grades are restated from memory of the paper: its table was not at hand, and each
answer says so in `note` (decision 0037).
Read by us, not said by the paper: what is suspected (decision 0037), a missing baseline (0038),
the words of severity and what stands before a confirmation (0039), the rise of ferritin and the
72 hours (0040).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Context, Decimal
from typing import Any

from toxmon.grading import iec_hs_criteria as criteria
from toxmon.grading.criterion import Criterion, count
from toxmon.grading.facts import above
from toxmon.grading.grade import Domain, Grade, Reason
from toxmon.grading.iec_hs_findings import Findings
from toxmon.grading.scale import Scale

__all__ = ["IEC_HS", "SCALES", "Findings", "grade", "rise_per_24_h", "together"]

SCALE = "iec_hs"
EDITION = "astct-2023"
SOURCE = "Hines 2023, doi:10.1016/j.jtct.2023.03.006"
TITLE = "Immune effector cell-associated HLH-like syndrome"

SEVERITIES = ("none", "mild", "moderate", "severe", "life_threatening", "death")
CRS_STATES = ("none", "active", "resolving", "resolved")
HIGHEST_OF_THE_LIVING = 4

CONSTELLATION = timedelta(hours=72)
SHORTEST_SPAN, LONGEST_SPAN, DAY = timedelta(hours=12), timedelta(hours=72), timedelta(hours=24)
MICROSECOND = timedelta(microseconds=1)
LEAST_FERRITIN = Decimal(1)
_TWO_PLACES = Decimal("0.01")
_WIDE = Context(prec=60)

NOTE = (
    "The criteria and the grades of IEC-HS are restated from memory of the paper of 2023, whose "
    "table could not be compared. Check them against the paper."
)
WARNINGS = {
    "confirmation_required": "A clinician has neither confirmed nor ruled out IEC-HS. Its severity "
    "is graded only after that.",
    "baseline_missing": "A value from before the infusion is not known. Ferritin can then be "
    "proved to be above twice the upper limit, and not be ruled out; AST or ALT above five times "
    "the upper limit is counted as if its baseline were normal.",
    "during_crs": "CRS is active. IEC-HS is mostly diagnosed when CRS resolves or has resolved, or "
    "when inflammation worsens after CRS has answered to treatment.",
    "only_possible_features": "Ferritin fits and no common feature is there: no transaminases, "
    "fibrinogen, hemophagocytosis or cytopenia. The paper states no minimum; judge by the patient.",
    "not_together": "The features did not appear together. They mostly do, within about 72 hours.",
    "triglycerides_not_fasting": "Triglycerides are high and were not drawn fasting. The criterion "
    "is for a fasting sample.",
    "confirmed_without_required": "A clinician has confirmed IEC-HS, and ferritin does not fit: "
    "neither above twice the upper limit nor twice the baseline, nor rising rapidly.",
    "confirmed_but_other_cause": "A clinician has confirmed IEC-HS, and another cause of the "
    "inflammation is charted. It does not count; correct one of the two.",
    "death_contradicted": "Death due to IEC-HS is charted, and so is that it was ruled out or had "
    "another cause. The death counts; correct one of the two.",
    "moderate_without_treatment": "Moderate severity, and no treatment for it. Grade 1 holds none "
    "or mild, so it is graded 2.",
    "other_cause_not_stated": "No other cause of the inflammation (CRS, infection, progression) "
    "was ruled in or out; it is counted as due to the cells.",
    "crs_state_not_stated": "It is not known whether CRS is active. The suspicion stands as if it "
    "were not.",
}


def grade(findings: Findings) -> Grade:
    """Grade IEC-HS at one moment: total, the worse finding never gives the lower answer.

    | death, or confirmed | ferritin      | answer                                    |
    | ------------------- | ------------- | ----------------------------------------- |
    | death due to it     | any           | 5                                         |
    | another cause       | any           | 0                                         |
    | ruled out           | any           | 0                                         |
    | confirmed           | any           | by severity, 1 to 5                       |
    | not known           | does not fit  | 0                                         |
    | not known           | fits, unknown | from 0 to what the severity would give    |
    """
    required = criteria.ferritin(findings)
    if findings.death_due_to_iec_hs:
        reason = _because("death", "death due to IEC-HS", "death_due_to_iec_hs")
        return _answer(findings, required, Domain(5, 5, reason))
    if findings.other_cause:
        reason = _because("other_cause", "the inflammation has another cause", "other_cause")
        return _answer(findings, required, Domain(0, 0, reason))
    if findings.confirmed is False:
        reason = _because("ruled_out", "ruled out by a clinician", "confirmed")
        return _answer(findings, required, Domain(0, 0, reason))
    severity = severity_domain(findings)
    if findings.confirmed:
        return _answer(findings, required, severity)
    if required.met is False:
        text = "ferritin is neither high enough nor rising rapidly, and IEC-HS is not confirmed"
        reason = _because("required_not_met", text, *required.findings)
        return _answer(findings, required, Domain(0, 0, reason))
    reason = _because("not_confirmed", "IEC-HS is neither confirmed nor ruled out", "confirmed")
    missing = ("confirmed", *severity.missing, *required.missing)
    return _answer(findings, required, Domain(0, severity.high, reason, missing))


def severity_domain(findings: Findings) -> Domain:
    """The grade of a confirmed IEC-HS, by what a clinician says of its severity."""
    severity, treated = findings.severity, findings.intervention
    names = ("confirmed", "severity", "intervention")
    if severity == "death":
        return Domain(5, 5, _because("severity_death", "IEC-HS, fatal", *names))
    if severity == "life_threatening":
        reason = _because("severity_life_threatening", "life-threatening IEC-HS", *names)
        return Domain(4, 4, reason)
    if severity == "severe":
        return Domain(3, 3, _because("severity_severe", "severe IEC-HS", *names))
    if severity == "moderate":
        return Domain(2, 2, _because("severity_moderate", "moderate IEC-HS", *names))
    low = 2 if treated else 1
    words = "treated" if treated else "not treated" if treated is False else "treatment not known"
    if severity is None:
        missing = ("severity", "intervention") if treated is None else ("severity",)
        reason = _because("severity_unknown", f"IEC-HS, {words}; severity not known", *names)
        return Domain(low, HIGHEST_OF_THE_LIVING, reason, missing)
    how = "without symptoms" if severity == "none" else "with mild symptoms"
    reason = _because(f"severity_{severity}", f"IEC-HS {how}, {words}", *names)
    if treated is None:
        return Domain(1, 2, reason, ("intervention",))
    return Domain(low, low, reason)


def suspected(
    findings: Findings,
    required: Criterion,
    commons: Sequence[Criterion],
    possibles: Sequence[Criterion],
) -> bool | None:
    """Do the criteria add up to a suspicion that a clinician has to look at (decision 0037)?

    | ferritin | common feature | possible feature | CRS        | suspected   |
    | -------- | -------------- | ---------------- | ---------- | ----------- |
    | not met  | any            | any              | any        | no          |
    | any      | none           | none             | any        | no          |
    | met      | one or more    | any              | not active | yes         |
    | met      | one or more    | any              | active     | cannot tell |
    | met      | none           | one or more      | any        | cannot tell |
    | anything else                                            | cannot tell |

    Another cause, or a clinician who has ruled IEC-HS out, is a no.
    """
    if _out(findings) or required.met is False:
        return False
    if count((*commons, *possibles))[1] == 0:
        return False
    if required.met and count(commons)[0] and findings.crs_state != "active":
        return True
    return None


def rise_per_24_h(values: Sequence[tuple[datetime, Decimal]]) -> dict[str, Decimal | None] | None:
    """How fast ferritin rises: the newest value against an earlier one, scaled to 24 hours.

    The earlier one was drawn 12 to 72 hours before, both inclusive; of several the one nearest to
    24 hours, then the older. A shorter span would turn the scatter of the assay into a rise; over
    a longer one, what happened on the way is lost. None where there is no such pair.

    `per_24_h` is the mean difference of 24 hours in ng/mL, `ratio_per_24_h` the mean factor (four
    times in 48 hours is a factor of 2), None from a value below 1 ng/mL, which is as good as 0. A
    fall is below 0, or below a factor of 1.
    Both, and `hours`, are shown to two places; the two values are as measured. `values` may come
    in any order; of two at one instant the higher counts (0008). No published limit is known to
    us, and none is applied (decision 0040).
    """
    drawn: dict[datetime, Decimal] = {}
    for at, value in values:
        drawn[at] = max(value, drawn.get(at, value))
    if not drawn:
        return None
    newest = max(drawn)
    spans = {newest - at: at for at in drawn if SHORTEST_SPAN <= newest - at <= LONGEST_SPAN}
    if not spans:
        return None
    span = min(spans, key=lambda each: (abs(each - DAY), -each))
    before, after = drawn[spans[span]], drawn[newest]
    days = _WIDE.divide(Decimal(span // MICROSECOND), Decimal(DAY // MICROSECOND))
    ratio = None
    if before >= LEAST_FERRITIN:
        ratio = _WIDE.power(_WIDE.divide(after, before), _WIDE.divide(Decimal(1), days))
    return {
        "hours": _shown(_WIDE.multiply(days, Decimal(24))),
        "from_ng_ml": before,
        "to_ng_ml": after,
        "per_24_h": _shown(_WIDE.divide(after - before, days)),
        "ratio_per_24_h": None if ratio is None else _shown(ratio),
    }


def together(first_met: Mapping[str, datetime]) -> bool | None:
    """Did the features appear within 72 hours, inclusive? None for fewer than two features.

    `first_met` says since when each criterion that is met has been met.
    """
    if len(first_met) < 2:
        return None
    return max(first_met.values()) - min(first_met.values()) <= CONSTELLATION


def _answer(findings: Findings, required: Criterion, domain: Domain) -> Grade:
    commons, possibles = criteria.common(findings), criteria.possible(findings)
    suspicion = suspected(findings, required, commons, possibles)
    to_confirm = findings.confirmed is None and domain.low < domain.high
    told = {
        "confirmation_required": to_confirm,
        **_of_the_criteria(findings, required, count(commons), count(possibles), suspicion),
        **_of_the_clinician(findings, required),
    }
    (common, common_at_most), (possible, possible_at_most) = count(commons), count(possibles)
    more: dict[str, Any] = {
        "criteria": {
            "required": required.met,
            "common": common,
            "possible": possible,
            "common_at_most": common_at_most,
            "possible_at_most": possible_at_most,
            "items": [each.plain() for each in (required, *commons, *possibles)],
        },
        "suspected": suspicion,
        "confirmation_required": to_confirm,
        "note": NOTE,
    }
    warnings = tuple(code for code, applies in told.items() if applies)
    because = (domain.reason,)
    return Grade(
        SCALE, EDITION, domain.low, domain.high, because, domain.missing, (), warnings, more
    )


def _of_the_criteria(
    findings: Findings,
    required: Criterion,
    commons: tuple[int, int],
    possibles: tuple[int, int],
    suspicion: bool | None,
) -> dict[str, bool]:
    """Warnings about what was measured, by code."""
    in_question = not _out(findings)
    fits = in_question and required.met is True
    confirmed = bool(in_question and findings.confirmed)
    nothing_stated = findings.other_cause is None and (bool(suspicion) or confirmed)
    high = above(findings.triglycerides_mg_dl, criteria.TRIGLYCERIDES_MG_DL)
    return {
        "baseline_missing": criteria.rests_on_missing_baseline(findings),
        "during_crs": findings.crs_state == "active" and (confirmed or (fits and commons[0] > 0)),
        "only_possible_features": fits and commons[1] == 0 and possibles[0] > 0,
        "not_together": in_question and findings.within_72_h is False,
        "triglycerides_not_fasting": bool(high) and findings.triglycerides_fasting is False,
        "other_cause_not_stated": nothing_stated,
        "crs_state_not_stated": bool(suspicion) and findings.crs_state is None,
    }


def _of_the_clinician(findings: Findings, required: Criterion) -> dict[str, bool]:
    """Warnings about statements that do not go together, by code."""
    died, other_cause = bool(findings.death_due_to_iec_hs), bool(findings.other_cause)
    counts = bool(findings.confirmed) and not died and not other_cause
    untreated = findings.severity == "moderate" and findings.intervention is False
    return {
        "confirmed_without_required": counts and required.met is False,
        "confirmed_but_other_cause": bool(findings.confirmed) and other_cause and not died,
        "death_contradicted": died and _out(findings),
        "moderate_without_treatment": counts and untreated,
    }


def _out(findings: Findings) -> bool:
    """Has a clinician said that it is something else?"""
    return bool(findings.other_cause) or findings.confirmed is False


def _shown(number: Decimal) -> Decimal:
    return number.quantize(_TWO_PLACES, context=_WIDE)


def _because(rule: str, text: str, *findings: str) -> Reason:
    return Reason(f"{SCALE}.{rule}", text, SOURCE, findings)


IEC_HS = Scale(
    name=SCALE,
    title=TITLE,
    edition=EDITION,
    source=SOURCE,
    warnings=WARNINGS,
    findings=Findings,
    grade=grade,
)
SCALES = (IEC_HS,)
