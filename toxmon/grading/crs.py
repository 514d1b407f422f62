"""Cytokine release syndrome (CRS), graded by the ASTCT consensus of 2019.

    | grade | fever | and hypotension                       | and/or hypoxia                    |
    | ----- | ----- | ------------------------------------- | --------------------------------- |
    | 1     | yes   | none                                  | none                              |
    | 2     | yes   | not needing a vasopressor             | low-flow cannula or blow-by       |
    | 3     | yes   | one vasopressor, vasopressin or not   | high-flow cannula, or any mask    |
    | 4     | yes   | several vasopressors, vasopressin     | positive pressure                 |
    |       |       | not counted                           |                                   |
    | 5     | death due to CRS, said by a clinician                                             |

The worse of hypotension and hypoxia decides; neither counts when it has another cause. A patient
who already has CRS and then receives an antipyretic, an anticytokine drug or a steroid needs no
fever any more.

Units: temperature in Cel, oxygen flow in L/min, oxygen saturation in %.
Bounds: fever is >= 38.0 Cel; low flow is <= 6 L/min; hypoxia on room air by policy, < 90 %.
Source: Lee DW et al. Biol Blood Marrow Transplant 2019;25:625-638, doi:10.1016/j.bbmt.2018.12.758.
Read by us, not said by the table: vasopressin alone and inotropes (decision 0007), death and
attribution (0011), oxygen at the edges (0012), when the table applies at all (0013).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from toxmon.grading.facts import Number, above, at_least, below, both, negated
from toxmon.grading.grade import Domain, Grade, Reason, worst
from toxmon.grading.scale import Scale

SCALE = "crs"
EDITION = "astct-2019"
SOURCE = "Lee 2019, doi:10.1016/j.bbmt.2018.12.758"
TITLE = "Cytokine release syndrome"

FEVER_CEL = Decimal("38.0")
LOW_FLOW_MAX_L_MIN = Decimal(6)
HYPOXIA_BELOW_PERCENT = Decimal(90)

VASOPRESSORS = frozenset(
    {
        "norepinephrine",
        "epinephrine",
        "phenylephrine",
        "dopamine",
        "angiotensin_ii",
        "metaraminol",
        "ephedrine",
        "other_vasopressor",
    }
)
VASOPRESSIN = frozenset({"vasopressin", "terlipressin"})
MASKS = frozenset({"simple_mask", "venturi_mask", "non_rebreather"})
POSITIVE_PRESSURE = frozenset({"cpap", "bipap"})
NOT_FOR_HYPOXIA = frozenset({"airway_protection", "procedure", "chronic"})

WARNINGS = {
    "fever_possibly_masked": "An antipyretic, steroid or anticytokine drug was given before any "
    "fever was seen: a fever may be hidden, and without one there is no CRS grade.",
    "vasopressin_only": "Vasopressin is the only vasopressor. The paper leaves it out of "
    '"several" but gives no example of it alone; it is graded 3 here.',
    "inotrope_not_counted": "An inotrope or midodrine is running. The paper does not name it and "
    "it is not counted as a vasopressor.",
    "hypoxia_without_oxygen": "Oxygen saturation is low and no oxygen is given. The paper grades "
    "by the oxygen that is needed and does not describe this.",
    "cannula_without_flow": "A nasal cannula is charted with a flow of 0 L/min and is read as no "
    "oxygen.",
    "high_flow_device_at_low_flow": "A high-flow device runs at 6 L/min or less. The paper divides "
    "by flow; the device is graded as high flow.",
    "ventilation_reason_unknown": "The patient is ventilated and the reason is not charted. For "
    "hypoxia it is grade 4, to protect the airway or for a procedure it does not count.",
    "sign_without_fever_or_treatment": "Hypotension or hypoxia is present after the fever went "
    "without treatment. By the letter this is not CRS; check that every antipyretic was charted.",
    "fever_other_cause_not_stated": "No other cause of the fever was ruled in or out; it is "
    "counted as CRS.",
    "hypotension_other_cause_not_stated": "No other cause of the hypotension was ruled in or out; "
    "it is counted as CRS.",
    "hypoxia_other_cause_not_stated": "No other cause of the hypoxia was ruled in or out; it is "
    "counted as CRS.",
    "hypotension_provisional": "Hypotension is read from the blood pressure by the ward's policy; "
    "no clinician has charted a finding.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the table asks, at one moment. None is not known, which is not the same as no.

    `prior_crs_fever`: a qualifying fever was seen earlier in this episode.
    `treated_since_onset`: an antipyretic, anticytokine drug or steroid was given after it.
    `*_other_cause` and `death_due_to_crs` are acts of a clinician: None is "nobody said so".
    """

    temperature_c: Number | None = None
    fever_other_cause: bool | None = None
    prior_crs_fever: bool | None = None
    treated_since_onset: bool | None = None
    hypotension: bool | None = None
    hypotension_other_cause: bool | None = None
    vasopressors: tuple[str, ...] | None = None
    oxygen_device: str | None = None
    oxygen_flow_l_min: Number | None = None
    oxygen_saturation_percent: Number | None = None
    hypoxia_other_cause: bool | None = None
    ventilation_reason: str | None = None
    death_due_to_crs: bool | None = None


def grade(findings: Findings, hypoxia_below: Decimal = HYPOXIA_BELOW_PERCENT) -> Grade:
    """Grade CRS at one moment: total, the worse finding never gives the lower answer.

    | fever   | already CRS, then treated | answer                              |
    | ------- | ------------------------- | ----------------------------------- |
    | yes     | any                       | 1, or the worse domain              |
    | no      | yes                       | the worse domain, which may be 0    |
    | no      | no                        | 0: without fever it is not CRS      |
    | no      | not known                 | from 0 to the worse domain          |
    | unknown | yes                       | from the worse domain, at least 1 on top |
    | unknown | no or not known           | from 0 to the worse domain or 1     |
    """
    if findings.death_due_to_crs:
        return _answer(5, 5, (_because("death", "death due to CRS", "death_due_to_crs"),))

    fever = feverish(findings)
    waiver = both(findings.prior_crs_fever, findings.treated_since_onset)
    hypotension, hypoxia = hypotension_domain(findings), hypoxia_domain(findings, hypoxia_below)
    low, high, because, missing = worst((hypotension, hypoxia))
    if low >= 2:
        # Hypotension itself is no more than 2; beyond that only a vasopressor matters.
        missing = tuple(name for name in missing if name != "hypotension")
    warnings = _attribution_warnings(findings, fever, waiver, hypotension, hypoxia)

    if fever:
        reason = _because("fever", "temperature of 38.0 Cel or more", "temperature_c")
        because = (reason, *because) if low else (reason,)
        return _answer(max(1, low), max(1, high), because, missing, warnings)

    if waiver:
        reason = _because(
            "fever_waived",
            "fever is no longer required: already CRS, and treated since",
            "prior_crs_fever",
            "treated_since_onset",
        )
        if fever is None:
            if low == 0:  # A fever would still make the difference between 0 and 1.
                missing = ("temperature_c", *missing)
            return _answer(low, max(1, high), (reason, *because), missing, warnings)
        return _answer(low, high, (reason, *because), missing, warnings)

    if fever is None:
        reason = _because("fever_unknown", "temperature is not known", "temperature_c")
        unknown = ("temperature_c", *(_unknown_waiver(findings) if high else ()))
        return _answer(0, max(1, high), (reason,), (*unknown, *missing), warnings)

    if waiver is None and high > 0:
        reason = _because(
            "waiver_unknown",
            "no fever now; earlier CRS fever or treatment is not known",
            "temperature_c",
        )
        return _answer(0, high, (reason,), (*_unknown_waiver(findings), *missing), warnings)

    other = findings.fever_other_cause and at_least(findings.temperature_c, FEVER_CEL) is not False
    reason = (
        _because("fever_other_cause", "the fever has another cause", "fever_other_cause")
        if other
        else _because("no_fever", "no fever of 38.0 Cel or more, so not CRS", "temperature_c")
    )
    return _answer(0, 0, (reason,), (), warnings)


def feverish(findings: Findings) -> bool | None:
    """Is there a fever that counts: >= 38.0 Cel, not explained by another cause?"""
    if findings.fever_other_cause:
        return False
    return at_least(findings.temperature_c, FEVER_CEL)


def hypotension_domain(findings: Findings) -> Domain:
    """Hypotension, by the vasopressors that it needs; the dose of a vasopressor is irrelevant.

    A running vasopressor is proof of hypotension that needs one, whatever the pressure is now.
    """
    if findings.hypotension_other_cause:
        return Domain(
            0,
            0,
            _because(
                "hypotension_other_cause",
                "the hypotension has another cause",
                "hypotension_other_cause",
            ),
        )
    running, present = findings.vasopressors, findings.hypotension
    if running is None:
        low = 2 if present else 0
        missing = ("vasopressors",) if present is not None else ("vasopressors", "hypotension")
        text = "hypotension; vasopressors not known" if present else "vasopressors not known"
        return Domain(low, 4, _because("vasopressors_unknown", text, "hypotension"), missing)

    counted = VASOPRESSORS.intersection(running)
    vasopressin = VASOPRESSIN.intersection(running)
    warnings = ("inotrope_not_counted",) if set(running) - counted - vasopressin else ()
    if len(counted) >= 2:
        reason = _because(
            "several_vasopressors",
            "more than one vasopressor, vasopressin apart: " + ", ".join(sorted(counted)),
            "vasopressors",
        )
        return Domain(4, 4, reason, (), warnings)
    if counted:
        reason = _because(
            "one_vasopressor",
            "one vasopressor: "
            + ", ".join(sorted(counted))
            + (", with vasopressin" if vasopressin else ""),
            "vasopressors",
        )
        return Domain(3, 3, reason, (), warnings)
    if vasopressin:
        reason = _because("vasopressin_only", "vasopressin alone", "vasopressors")
        return Domain(3, 3, reason, (), (*warnings, "vasopressin_only"))
    if present:
        reason = _because(
            "hypotension", "hypotension without a vasopressor", "hypotension", "vasopressors"
        )
        return Domain(2, 2, reason, (), warnings)
    if present is None:
        reason = _because("hypotension_unknown", "hypotension not known", "vasopressors")
        return Domain(0, 2, reason, ("hypotension",), warnings)
    return Domain(0, 0, _because("no_hypotension", "no hypotension", "hypotension"), (), warnings)


def signs(findings: Findings, hypoxia_below: Decimal = HYPOXIA_BELOW_PERCENT) -> bool | None:
    """Is any sign of CRS present: fever, hypotension, a vasopressor, hypoxia, oxygen?"""
    domains = (hypotension_domain(findings), hypoxia_domain(findings, hypoxia_below))
    fever = feverish(findings)
    if fever or any(domain.low for domain in domains):
        return True
    return None if fever is None or any(domain.high for domain in domains) else False


def hypoxia_domain(findings: Findings, hypoxia_below: Decimal = HYPOXIA_BELOW_PERCENT) -> Domain:
    """Hypoxia, by the oxygen that it needs; `hypoxia_below` is in % on room air, exclusive."""
    if findings.hypoxia_other_cause:
        return Domain(
            0,
            0,
            _because("hypoxia_other_cause", "the hypoxia has another cause", "hypoxia_other_cause"),
        )
    device, flow = findings.oxygen_device, findings.oxygen_flow_l_min
    if device is None:
        low = 2 if above(flow, Decimal(0)) else 0
        text = "oxygen is given; device not known" if low else "oxygen device not known"
        reason = _because("device_unknown", text, "oxygen_flow_l_min")
        return Domain(low, 4, reason, ("oxygen_device",))
    if device == "room_air":
        return _no_oxygen(findings, hypoxia_below, "no oxygen given", ())
    if device == "blow_by":
        return Domain(2, 2, _because("low_flow", "blow-by oxygen", "oxygen_device"))
    if device == "nasal_cannula" and above(flow, Decimal(0)) is False:
        warnings = ("cannula_without_flow",)
        return _no_oxygen(findings, hypoxia_below, "nasal cannula at 0 L/min", warnings)
    if device == "nasal_cannula":
        return _cannula(flow)
    if device == "high_flow_nasal_cannula":
        low_flow = negated(above(flow, LOW_FLOW_MAX_L_MIN))
        reason = _because("high_flow", "high-flow nasal cannula", "oxygen_device")
        return Domain(3, 3, reason, (), ("high_flow_device_at_low_flow",) if low_flow else ())
    if device in MASKS:
        words = device.replace("_", " ").replace("non rebreather", "non-rebreather mask")
        return Domain(3, 3, _because("mask", f"oxygen by {words}", "oxygen_device"))
    return _ventilation(device, findings.ventilation_reason)


def _no_oxygen(
    findings: Findings, hypoxia_below: Decimal, text: str, warnings: tuple[str, ...]
) -> Domain:
    names = ("oxygen_device", "oxygen_flow_l_min", "oxygen_saturation_percent")
    if below(findings.oxygen_saturation_percent, hypoxia_below):
        reason = _because("hypoxia_without_oxygen", f"low saturation; {text}", *names)
        return Domain(0, 2, reason, (), (*warnings, "hypoxia_without_oxygen"))
    return Domain(0, 0, _because("no_oxygen", text, *names), (), warnings)


def _cannula(flow: Number | None) -> Domain:
    findings = ("oxygen_device", "oxygen_flow_l_min")
    high_flow = above(flow, LOW_FLOW_MAX_L_MIN)
    if high_flow is None:
        reason = _because("flow_unknown", "nasal cannula; flow not known", *findings)
        return Domain(2, 3, reason, ("oxygen_flow_l_min",))
    if high_flow:
        return Domain(3, 3, _because("high_flow", "nasal cannula above 6 L/min", *findings))
    return Domain(2, 2, _because("low_flow", "nasal cannula at 6 L/min or less", *findings))


def _ventilation(device: str, why: str | None) -> Domain:
    words = {"cpap": "CPAP", "bipap": "BiPAP", "ecmo": "ECMO"}.get(device, "invasive ventilation")
    findings = ("oxygen_device", "ventilation_reason")
    if device == "ecmo":
        return Domain(4, 4, _because("ecmo", words, "oxygen_device"))
    if why in NOT_FOR_HYPOXIA:
        reason = f"{words}, not for hypoxia but {why.replace('_', ' ')}"
        return Domain(0, 0, _because("ventilated_otherwise", reason, *findings))
    if why is None and device not in POSITIVE_PRESSURE:
        reason = f"{words}; the reason is not known"
        return Domain(
            0,
            4,
            _because("ventilation_reason_unknown", reason, *findings),
            ("ventilation_reason",),
            ("ventilation_reason_unknown",),
        )
    return Domain(4, 4, _because("positive_pressure", f"{words} for hypoxia", *findings))


def _unknown_waiver(findings: Findings) -> tuple[str, ...]:
    """The unknown halves of the waiver, unless the other half has settled it."""
    prior, treated = findings.prior_crs_fever, findings.treated_since_onset
    if prior is False or treated is False:
        return ()
    names = (("prior_crs_fever", prior), ("treated_since_onset", treated))
    return tuple(name for name, known in names if known is None)


def _attribution_warnings(
    findings: Findings,
    fever: bool | None,
    waiver: bool | None,
    hypotension: Domain,
    hypoxia: Domain,
) -> tuple[str, ...]:
    warnings = [*hypotension.warnings, *hypoxia.warnings]
    signs = hypotension.low or hypoxia.low
    if (
        not fever
        and not waiver
        and findings.treated_since_onset
        and (findings.prior_crs_fever is False)
    ):
        warnings.append("fever_possibly_masked")
    if fever is False and findings.prior_crs_fever and waiver is False and signs:
        warnings.append("sign_without_fever_or_treatment")
    if fever and findings.fever_other_cause is None:
        warnings.append("fever_other_cause_not_stated")
    if fever is not False or waiver is not False:
        if hypotension.low and findings.hypotension_other_cause is None:
            warnings.append("hypotension_other_cause_not_stated")
        if hypoxia.low and findings.hypoxia_other_cause is None:
            warnings.append("hypoxia_other_cause_not_stated")
    return tuple(warnings)


def _because(rule: str, text: str, *findings: str) -> Reason:
    return Reason(f"{SCALE}.{rule}", text, SOURCE, findings)


def _answer(
    low: int,
    high: int,
    because: tuple[Reason, ...],
    missing: tuple[str, ...] = (),
    warnings: tuple[str, ...] = (),
) -> Grade:
    return Grade(SCALE, EDITION, low, high, because, missing, (), warnings)


CRS = Scale(
    name=SCALE,
    title=TITLE,
    edition=EDITION,
    source=SOURCE,
    warnings=WARNINGS,
    findings=Findings,
    grade=grade,
)
