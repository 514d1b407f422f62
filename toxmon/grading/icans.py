"""Immune effector cell-associated neurotoxicity syndrome (ICANS), ASTCT consensus of 2019.

    | grade | ICE, from 12 years | CAPD, below 12 | consciousness       | seizure        | motor | pressure, edema |
    | ----- | ------------------ | -------------- | ------------------- | -------------- | ----- | --------------- |
    | 1     | 7-9                | 1-8            | wakes spontaneously |                |       |                 |
    | 2     | 3-6                | 1-8            | wakes to voice      |                |       |                 |
    | 3     | 0-2                | >= 9           | wakes to touch only | any that resolves rapidly | | focal edema |
    | 4     | 0, unarousable     | unable         | unarousable, or     | > 5 min, or no return to baseline | deep focal weakness | diffuse edema, posturing, sixth nerve palsy, papilledema, Cushing's triad |
    |       |                    |                | vigorous touch      |                |       |                 |
    | 5     | death due to ICANS, said by a clinician |    |                 |                |       |                 |

The worst domain that has no other cause decides. Fever and CRS are not required. Tremor,
myoclonus, headache and facial palsy never count; hemorrhage is not ICANS.

Units: ICE 0-10 and CAPD 0-32 in points, seizure in seconds, age in years.
Bounds: CAPD below the 12th birthday; a seizure of exactly 300 s is grade 3, longer is grade 4.
Source: Lee DW et al. Biol Blood Marrow Transplant 2019;25:625-638, doi:10.1016/j.bbmt.2018.12.758;
CAPD: Traube C et al. Crit Care Med 2014, doi:10.1097/CCM.0b013e3182a66b76.
Read by us, not said by the table: death and attribution (decision 0011), seizures (0014), which
instrument, sedation, partial scores (0015).
"""  # noqa: E501 - a table is read across

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from toxmon.grading.facts import Number, above, at_least
from toxmon.grading.grade import Domain, Grade, Reason, worst
from toxmon.grading.scale import Scale

SCALE = "icans"
EDITION = "astct-2019"
SOURCE = "Lee 2019, doi:10.1016/j.bbmt.2018.12.758"
TITLE = "Immune effector cell-associated neurotoxicity syndrome"

ICE_ITEMS: Mapping[str, int] = {
    "orientation": 4,
    "naming": 3,
    "commands": 1,
    "writing": 1,
    "attention": 1,
}
CAPD_BELOW_YEARS = Decimal(12)
CAPD_GRADE_3 = Decimal(9)
PROLONGED_SEIZURE_S = Decimal(300)
CONSCIOUSNESS: Mapping[str, tuple[int, str]] = {
    "alert": (0, "alert"),
    "wakes_spontaneously": (1, "consciousness depressed, wakes spontaneously"),
    "wakes_to_voice": (2, "wakes to voice"),
    "wakes_to_touch": (3, "wakes only to touch"),
    "unarousable": (4, "unarousable, or only by vigorous or repeated touch"),
}
EDEMA: Mapping[str, int] = {"none": 0, "focal": 3, "diffuse": 4}

WARNINGS = {
    "ice_below_12": "An ICE score was charted below 12 years of age; it is not used. Chart a CAPD.",
    "capd_at_12_or_older": "A CAPD stands in for the ICE at 12 years or older. That is meant for a "
    "developmental delay that was there before.",
    "age_unknown": "The age is not known; the instrument that was charted decides which table "
    "is used.",
    "ice_items_absent": "An ICE total was charted without its items, so it cannot be checked.",
    "ice_not_assessable": "The reduced consciousness has another cause, such as sedation: the ICE "
    "or CAPD obtained under it is not used.",
    "capd_low_totals_are_common": "A CAPD of 1 to 8 is grade 1 by the table, and is common in well "
    "children. Consciousness decides between 1 and 2.",
    "capd_unable": "The CAPD could not be performed, which is grade 4. If it was merely not done, "
    "leave it out.",
    "arousable_contradictory": "Arousable and the level of consciousness contradict each other; "
    "the worse counts.",
    "seizure_contradictory": "The seizure is charted as resolved and as without recovery; the "
    "worse counts.",
    "seizure_not_resolved": "The seizure had not resolved when it was charted; after 5 minutes it "
    "is grade 4.",
    "edema_cause_not_stated": "Whether the edema is due to hemorrhage is not charted; it is "
    "counted. Edema from hemorrhage is not ICANS.",
    "consciousness_other_cause_not_stated": "No other cause of the reduced consciousness was "
    "ruled in or out; it is counted as ICANS.",
    "seizure_other_cause_not_stated": "No other cause of the seizure was ruled in or out; it is "
    "counted as ICANS.",
    "motor_weakness_other_cause_not_stated": "No other cause of the weakness was ruled in or "
    "out; it is counted as ICANS.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the table asks, at one moment. None is not known, which is not the same as no.

    `ice` holds the items that were assessed, by name; an item that is absent was not.
    `*_other_cause` and `death_due_to_icans` are acts of a clinician: None is "nobody said so".
    """

    age_years: Decimal | None = None
    ice_score: Number | None = None
    ice: Mapping[str, Decimal | None] | None = None
    capd_score: Number | None = None
    capd_performed: bool | None = None
    arousable: bool | None = None
    consciousness: str | None = None
    consciousness_other_cause: bool | None = None
    seizure: str | None = None
    seizure_seconds: Number | None = None
    seizure_resolved: bool | None = None
    seizure_without_recovery: bool | None = None
    seizure_other_cause: bool | None = None
    motor_weakness: str | None = None
    motor_weakness_other_cause: bool | None = None
    cerebral_edema: str | None = None
    edema_from_hemorrhage: bool | None = None
    edema_other_cause: bool | None = None
    icp_signs: tuple[str, ...] | None = None
    death_due_to_icans: bool | None = None


def grade(findings: Findings) -> Grade:
    """Grade ICANS at one moment: the worst domain that has no other cause."""
    if findings.death_due_to_icans:
        reason = _because("death", "death due to ICANS", "death_due_to_icans")
        return Grade(SCALE, EDITION, 5, 5, (reason,))
    domains = (
        cognition(findings),
        consciousness(findings),
        seizure(findings),
        motor(findings),
        edema(findings),
        pressure(findings),
    )
    low, high, because, missing = worst(domains)
    if low == 0 and high == 0:
        because = (_because("none", "no finding of the table is present", *_assessed(findings)),)
    elif low == 0:
        because = (_because("unknown", "no finding is certain; some are not known"),)
    warnings = dict.fromkeys(warning for domain in domains for warning in domain.warnings)
    return Grade(SCALE, EDITION, low, high, because, missing, (), tuple(warnings))


def cognition(findings: Findings) -> Domain:
    """ICE from 12 years of age, CAPD below; an age that is not known follows the instrument."""
    ice = findings.ice_score is not None or bool(findings.ice)
    capd = findings.capd_score is not None or findings.capd_performed is not None
    if findings.consciousness_other_cause:
        reason = _because(
            "sedated", "reduced consciousness has another cause", "consciousness_other_cause"
        )
        return Domain(0, 0, reason, (), ("ice_not_assessable",) if ice or capd else ())
    age = findings.age_years
    warnings: tuple[str, ...] = ("age_unknown",) if age is None and (ice or capd) else ()
    if age is not None and age < CAPD_BELOW_YEARS:
        return _capd(findings, ("ice_below_12",) if ice else ())
    if capd and not ice:
        return _capd(findings, (*warnings, *(("capd_at_12_or_older",) if age is not None else ())))
    return _ice(findings, warnings)


def _ice(findings: Findings, warnings: tuple[str, ...]) -> Domain:
    low, high, missing = ice_range(findings)
    awake = arousable(findings)
    if low is None or high is None:
        # Whoever can be woken cannot reach 4 by the ICE, and whoever cannot is 4 by consciousness.
        # At an unknown age a CAPD may turn up instead, and one that cannot be performed is 4.
        high = 4 if findings.age_years is None else 3
        missing = () if awake is False else ("ice_score",)
        return Domain(0, high, _because("ice_unknown", "ICE not known"), missing, warnings)
    if findings.ice_score is not None and not findings.ice:
        warnings = (*warnings, "ice_items_absent")
    worst_grade, best_grade = _ice_grade(low, awake), _ice_grade(high, awake)
    score = f"{low}" if low == high else f"{low} to {high}"
    text = f"ICE {score}"
    if worst_grade == best_grade == 4:
        text += ", unarousable"
    return Domain(
        best_grade,
        worst_grade,
        _because(f"ice_{best_grade}", text, "ice_score", "consciousness"),
        missing,
        warnings,
    )


def _ice_grade(score: int, awake: bool | None) -> int:
    """ICE 0 is 3 unless the patient is known to be unarousable, which consciousness grades too."""
    if score == 10:
        return 0
    if score >= 7:
        return 1
    if score >= 3:
        return 2
    return 4 if score == 0 and awake is False else 3


def ice_range(findings: Findings) -> tuple[int | None, int | None, tuple[str, ...]]:
    """The lowest and highest ICE that the charted items or total allow, and the items missing."""
    if findings.ice:
        known = {name: points for name, points in findings.ice.items() if points is not None}
        unknown = [name for name in ICE_ITEMS if name not in known]
        if known:
            low = int(sum(known.values()))
            high = low + sum(ICE_ITEMS[name] for name in unknown)
            if findings.ice_score is None or not unknown:
                return low, high, tuple(f"ice_{name}" for name in unknown)
    score = findings.ice_score
    if score is None:
        return None, None, ()
    # A comparator on a score is rare; the whole numbers that it allows are tried in turn.
    allowed = [
        n
        for n in range(11)
        if at_least(score, Decimal(n)) is not False and above(score, Decimal(n)) is not True
    ]
    missing = ("ice_score",) if len(allowed) > 1 else ()
    return (allowed[0], allowed[-1], missing) if allowed else (None, None, ())


def _capd(findings: Findings, warnings: tuple[str, ...]) -> Domain:
    names = ("capd_score", "capd_performed")
    if findings.capd_performed is False:
        reason = _because("capd_unable", "unable to perform the CAPD", "capd_performed")
        return Domain(4, 4, reason, (), (*warnings, "capd_unable"))
    positive = at_least(findings.capd_score, CAPD_GRADE_3)
    if positive:
        return Domain(3, 3, _because("capd_3", "CAPD of 9 or more", *names), (), warnings)
    some = above(findings.capd_score, Decimal(0))
    if findings.capd_score is None or positive is None or some is None:
        low, high = (1 if some else 0), (1 if positive is False else 3)
        if findings.capd_score is None:
            high = 4
        missing = ("capd_score",)
        return Domain(low, high, _because("capd_unknown", "CAPD not known"), missing, warnings)
    if some:
        reason = _because("capd_1", "CAPD of 1 to 8", *names)
        return Domain(1, 1, reason, (), (*warnings, "capd_low_totals_are_common"))
    return Domain(0, 0, _because("capd_0", "CAPD of 0", *names), (), warnings)


def arousable(findings: Findings) -> bool | None:
    """Can the patient be woken? As charted, or from the level of consciousness."""
    if findings.consciousness == "unarousable":
        return False
    if findings.arousable is not None:
        return findings.arousable
    return None if findings.consciousness is None else True


def consciousness(findings: Findings) -> Domain:
    """Depressed level of consciousness, unless sedation or something else explains it."""
    if findings.consciousness_other_cause:
        reason = _because(
            "sedated", "reduced consciousness has another cause", "consciousness_other_cause"
        )
        return Domain(0, 0, reason)
    level = findings.consciousness
    if level is None:
        if findings.arousable is False:
            return _depressed(findings, 4, "unarousable")
        high = 3 if findings.arousable else 4
        reason = _because("consciousness_unknown", "level of consciousness not known")
        return Domain(0, high, reason, ("consciousness",))
    points, text = CONSCIOUSNESS[level]
    contradictory = findings.arousable is not None and findings.arousable is (points == 4)
    if contradictory:
        points, text = 4, f"{text}; arousable is charted otherwise"
    if not points:
        return Domain(0, 0, _because("alert", text, "consciousness"))
    return _depressed(findings, points, text, ("arousable_contradictory",) if contradictory else ())


def _depressed(
    findings: Findings, points: int, text: str, warnings: tuple[str, ...] = ()
) -> Domain:
    if findings.consciousness_other_cause is None:
        warnings = (*warnings, "consciousness_other_cause_not_stated")
    reason = _because(f"consciousness_{points}", text, "consciousness")
    return Domain(points, points, reason, (), warnings)


def seizure(findings: Findings) -> Domain:
    """A seizure, clinical or only on EEG: 3 when it resolves rapidly, else 4."""
    if findings.seizure_other_cause:
        return Domain(
            0,
            0,
            _because("seizure_other_cause", "the seizure has another cause", "seizure_other_cause"),
        )
    if findings.seizure is None:
        return Domain(0, 4, _because("seizure_unknown", "seizures not known"), ("seizure",))
    if findings.seizure == "none":
        return Domain(0, 0, _because("no_seizure", "no seizure", "seizure"))
    warnings = () if findings.seizure_other_cause is False else ("seizure_other_cause_not_stated",)
    names = ("seizure", "seizure_seconds", "seizure_resolved", "seizure_without_recovery")
    prolonged = above(findings.seizure_seconds, PROLONGED_SEIZURE_S)
    if findings.seizure_without_recovery:
        if findings.seizure_resolved:
            warnings = (*warnings, "seizure_contradictory")
        reason = _because("seizure_without_recovery", "seizures without return to baseline", *names)
        return Domain(4, 4, reason, (), warnings)
    if prolonged:
        reason = _because("prolonged_seizure", "seizure longer than 5 minutes", *names)
        return Domain(4, 4, reason, (), warnings)
    if findings.seizure_resolved is False:
        warnings = (*warnings, "seizure_not_resolved")
    recovered = findings.seizure_resolved or findings.seizure_without_recovery is False
    missing = ("seizure_seconds",) if prolonged is None else ()
    if not recovered:
        missing = (*missing, "seizure_without_recovery")
        if findings.seizure_resolved is None:
            missing = (*missing, "seizure_resolved")
    text = "seizure on EEG" if findings.seizure == "electrographic" else "seizure"
    if missing:
        return Domain(3, 4, _because("seizure", text, *names), missing, warnings)
    return Domain(
        3, 3, _because("brief_seizure", f"{text} of 5 minutes or less", *names), (), warnings
    )


def motor(findings: Findings) -> Domain:
    """Deep focal weakness, such as hemiparesis or paraparesis."""
    if findings.motor_weakness_other_cause:
        return Domain(
            0,
            0,
            _because(
                "motor_other_cause", "the weakness has another cause", "motor_weakness_other_cause"
            ),
        )
    if findings.motor_weakness is None:
        return Domain(0, 4, _because("motor_unknown", "weakness not known"), ("motor_weakness",))
    if findings.motor_weakness == "none":
        return Domain(0, 0, _because("no_weakness", "no focal weakness", "motor_weakness"))
    stated = findings.motor_weakness_other_cause is False
    return Domain(
        4,
        4,
        _because("motor", "deep focal motor weakness", "motor_weakness"),
        (),
        () if stated else ("motor_weakness_other_cause_not_stated",),
    )


def edema(findings: Findings) -> Domain:
    """Cerebral edema on imaging; edema around a hemorrhage is not ICANS."""
    if findings.edema_from_hemorrhage or findings.edema_other_cause:
        return Domain(
            0,
            0,
            _because("edema_other_cause", "the edema has another cause", "edema_from_hemorrhage"),
        )
    if findings.cerebral_edema is None:
        return Domain(0, 4, _because("edema_unknown", "edema not known"), ("cerebral_edema",))
    points = EDEMA[findings.cerebral_edema]
    if not points:
        return Domain(0, 0, _because("no_edema", "no cerebral edema", "cerebral_edema"))
    stated = findings.edema_from_hemorrhage is False or findings.edema_other_cause is False
    reason = _because(
        f"edema_{points}", f"{findings.cerebral_edema} cerebral edema", "cerebral_edema"
    )
    return Domain(points, points, reason, (), () if stated else ("edema_cause_not_stated",))


def pressure(findings: Findings) -> Domain:
    """Signs of raised intracranial pressure; of the cranial nerves only the sixth counts."""
    if findings.icp_signs is None:
        return Domain(0, 4, _because("icp_unknown", "pressure signs not known"), ("icp_signs",))
    if not findings.icp_signs:
        return Domain(0, 0, _because("no_icp", "no sign of raised pressure", "icp_signs"))
    signs = ", ".join(sign.replace("_", " ") for sign in findings.icp_signs)
    return Domain(4, 4, _because("icp", f"raised intracranial pressure: {signs}", "icp_signs"))


def _assessed(findings: Findings) -> tuple[str, ...]:
    names = (
        "ice_score",
        "capd_score",
        "consciousness",
        "seizure",
        "motor_weakness",
        "cerebral_edema",
        "icp_signs",
    )
    return tuple(name for name in names if getattr(findings, name) is not None)


def _because(rule: str, text: str, *findings: str) -> Reason:
    return Reason(f"{SCALE}.{rule}", text, SOURCE, findings)


ICANS = Scale(
    name=SCALE,
    title=TITLE,
    edition=EDITION,
    source=SOURCE,
    warnings=WARNINGS,
    findings=Findings,
    grade=grade,
)
