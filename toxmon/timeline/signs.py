"""Which signs are present now: yes, no, or not known, from findings that are still fresh.

A sign that a clinician has put down to another cause is told as absent while that holds: somebody
has it in hand. `found` keeps what the findings themselves say, for thresholds that need a fever
whatever its cause. Bounds: fever at 38.0 Cel or more (Lee 2019, doi:10.1016/j.bbmt.2018.12.758);
cytopenia at the bounds of CTCAE v5 grade 3; the rest is the policy's (decision 0068).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from toxmon.grading.facts import Bounds, Number, above, at_least, below, either
from toxmon.grading.medications import STEROIDS
from toxmon.grading.policy import Policy
from toxmon.grading.treatment import Treatment
from toxmon.timeline.known import Known
from toxmon.timeline.seen import Reading

FEVER_AT = Decimal("38.0")
ICE_FULL = Decimal(10)
CYTOPENIA = {"anc": Decimal(1000), "platelets": Decimal(50), "hemoglobin": Decimal(8)}
"""Below these CTCAE v5 grades 3: /uL, 10*9/L, g/dL; exclusive."""
FERRITIN_TIMES = Decimal(2)
FERRITIN_WITHIN = timedelta(hours=24)
NO_SUPPORT = ("room_air", "blow_by")
NOT_FOR_HYPOXIA = ("chronic", "procedure", "airway_protection")
STEROID_SPAN = timedelta(hours=72)

TITLES = {
    "fever": "Fever",
    "hypotension": "Low blood pressure",
    "hypoxia": "Needs oxygen, or low saturation",
    "neuro_change": "Change in the neurologic examination",
    "cytopenia": "Low blood counts",
    "ferritin_rise": "Ferritin rising fast",
    "diarrhea": "Diarrhea",
    "facial_palsy": "Facial palsy",
}
ATTRIBUTED_AS = {
    "fever": ("fever",),
    "hypotension": ("hypotension",),
    "hypoxia": ("hypoxia",),
    "ferritin_rise": ("iec_hs",),
}


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign. `present` respects attributions, `found` is what the findings say."""

    name: str
    present: bool | None
    found: bool | None
    at: datetime | None
    readings: tuple[tuple[str, Reading], ...] = ()

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts that it rests on."""
        return tuple(dict.fromkeys(reading.fact for _, reading in self.readings))


class Bedside:
    """What is known of a patient at `now`, for the rules of the signs."""

    __slots__ = ("_fresh", "known", "now", "policy", "treatment")

    def __init__(self, known: Known, policy: Policy, treatment: Treatment, now: datetime) -> None:
        self.known = known
        self.policy = policy
        self.treatment = treatment
        self.now = now
        self._fresh: dict[str, Reading | None] = {}

    def fresh(self, kind: str) -> Reading | None:
        """The newest reading of a kind while it holds true."""
        if kind in self._fresh:
            return self._fresh[kind]
        newest = self.known.seen.newest(kind)
        if newest is not None:
            span = self.policy.fresh_for.get(kind)
            if span is not None and self.now >= newest.at + span:
                newest = None
        self._fresh[kind] = newest
        return newest

    def attributed(self, sign: str) -> bool:
        """Has a clinician put it down to another cause, and does that still hold?"""
        if sign not in self.known.attributed:
            return False
        until = self.known.attributed[sign]
        return until is None or self.now < until


Found = tuple[bool | None, list[tuple[str, Reading]]]


def number(reading: Reading | None) -> Number | None:
    """The number of a reading, if it has one."""
    value = None if reading is None else reading.value
    return value if isinstance(value, Decimal | Bounds) else None


def fever(bedside: Bedside) -> Found:
    """38.0 Cel or more, inclusive."""
    reading = bedside.fresh("body_temperature")
    found = at_least(number(reading), FEVER_AT)
    return found, [] if reading is None else [("body_temperature", reading)]


def hypotension(bedside: Bedside) -> Found:
    """As a clinician charts it, else below the policy's bounds for the age.

    A lower pressure that was measured after a "no" reopens the question; a better one does not
    close a "yes".
    """
    finding = bedside.fresh("hypotension")
    pressures = {
        kind: reading
        for kind in ("systolic_bp", "diastolic_bp", "mean_arterial_pressure")
        if (reading := bedside.fresh(kind)) is not None
    }
    newest = max((reading.at for reading in pressures.values()), default=None)
    pressures = {kind: each for kind, each in pressures.items() if each.at == newest}
    low: bool | None = None
    bound = bedside.policy.pressure_bound(bedside.treatment.age_years(bedside.now))
    if bound is not None:
        systolic = number(pressures.get("systolic_bp"))
        mean = number(pressures.get("mean_arterial_pressure"))
        diastolic = number(pressures.get("diastolic_bp"))
        if mean is None and isinstance(systolic, Decimal) and isinstance(diastolic, Decimal):
            mean = (systolic + 2 * diastolic) / 3
        for value, limit in ((systolic, bound.systolic_below), (mean, bound.mean_below)):
            if value is not None and limit is not None:
                lower = below(value, limit)
                low = lower if low is None and lower is not None else either(low, lower)
    if finding is not None and isinstance(finding.value, bool):
        newer = newest is not None and newest > finding.at
        if finding.value or not (low and newer):
            return finding.value, [("hypotension", finding)]
    return low, sorted(pressures.items())


def hypoxia(bedside: Bedside) -> Found:
    """Oxygen by any device for hypoxia, or a saturation below the policy's bound."""
    device = bedside.fresh("oxygen_device")
    saturation = bedside.fresh("oxygen_saturation")
    reason = bedside.fresh("ventilation_reason")
    low = below(number(saturation), bedside.policy.hypoxia_saturation_below)
    used = [] if saturation is None else [("oxygen_saturation", saturation)]
    if device is None:
        # Whether oxygen is given is not known: a good saturation does not say that none is.
        return (True if low else None), used
    supported: bool | None = device.value not in NO_SUPPORT
    if supported and device.value == "nasal_cannula":
        flow = number(bedside.fresh("oxygen_flow"))
        supported = True if flow is None else above(flow, Decimal(0))
    if supported and reason is not None and reason.value in NOT_FOR_HYPOXIA:
        supported = False
    return either(supported, low), [("oxygen_device", device), *used]


def neuro_change(bedside: Bedside) -> Found:
    """ICE below 10 or below the one before, another level of consciousness, handwriting changed."""
    answers: list[bool | None] = []
    used: list[tuple[str, Reading]] = []
    ice = bedside.fresh("ice_score")
    if ice is not None:
        before = bedside.known.seen.readings["ice_score"][-2:-1]
        last = before[0].value if before else None
        fell = below(number(ice), last) if isinstance(last, Decimal) else False
        answers.append(either(below(number(ice), ICE_FULL), fell))
        used.append(("ice_score", ice))
    for kind, normal in (
        ("consciousness", "alert"),
        ("handwriting", "unchanged"),
        ("seizure", "none"),
        ("motor_weakness", "none"),
    ):
        reading = bedside.fresh(kind)
        if reading is not None:
            answers.append(reading.value != normal)
            used.append((kind, reading))
    asked = bool(ice) and bedside.fresh("consciousness") is not None
    return _any(answers if asked else [*answers, None]), used


def cytopenia(bedside: Bedside) -> Found:
    """A count below the bound of CTCAE v5 grade 3, in any lineage."""
    answers: list[bool | None] = []
    used: list[tuple[str, Reading]] = []
    for kind, bound in CYTOPENIA.items():
        reading = bedside.fresh(kind)
        answers.append(below(number(reading), bound))
        if reading is not None:
            used.append((kind, reading))
    return _any(answers), used


def ferritin_rise(bedside: Bedside) -> Found:
    """As a clinician charts it, or twice a value of the 24 hours before (decision 0068)."""
    judged = bedside.fresh("ferritin_rising")
    newest = bedside.fresh("ferritin")
    risen: bool | None = None
    used: list[tuple[str, Reading]] = []
    if newest is not None:
        for reading in bedside.known.seen.readings["ferritin"]:
            if newest.at - FERRITIN_WITHIN <= reading.at < newest.at:
                value, low = newest.value, reading.value
                if isinstance(value, Decimal) and isinstance(low, Decimal) and low > 0:
                    rose = value >= FERRITIN_TIMES * low
                    risen = rose if risen is None else risen or rose
                    if rose and not used:
                        used = [("ferritin", reading), ("ferritin", newest)]
    if judged is not None and isinstance(judged.value, bool):
        return (judged.value or bool(risen)), [("ferritin_rising", judged), *used]
    return risen, used


def diarrhea(bedside: Bedside) -> Found:
    """A CTCAE grade of 1 or more, as charted."""
    reading = bedside.fresh("diarrhea_grade")
    found = at_least(number(reading), Decimal(1))
    return found, [] if reading is None else [("diarrhea_grade", reading)]


def facial_palsy(bedside: Bedside) -> Found:
    """Charted present, and then until it is charted absent (decision 0052)."""
    reading = bedside.known.seen.newest("facial_palsy")
    if reading is None or not isinstance(reading.value, bool):
        return None, []
    if not reading.value and bedside.fresh("facial_palsy") is None:
        return None, [("facial_palsy", reading)]
    return reading.value, [("facial_palsy", reading)]


RULES: dict[str, Callable[[Bedside], Found]] = {
    "fever": fever,
    "hypotension": hypotension,
    "hypoxia": hypoxia,
    "neuro_change": neuro_change,
    "cytopenia": cytopenia,
    "ferritin_rise": ferritin_rise,
    "diarrhea": diarrhea,
    "facial_palsy": facial_palsy,
}
NAMES = tuple(RULES)
RESTS_ON: dict[str, tuple[str, ...]] = {
    "fever": ("body_temperature",),
    "hypotension": ("hypotension", "systolic_bp", "diastolic_bp", "mean_arterial_pressure"),
    "hypoxia": ("oxygen_device", "oxygen_saturation", "ventilation_reason", "oxygen_flow"),
    "neuro_change": ("ice_score", "consciousness", "handwriting", "seizure", "motor_weakness"),
    "cytopenia": tuple(CYTOPENIA),
    "ferritin_rise": ("ferritin_rising", "ferritin"),
    "diarrhea": ("diarrhea_grade",),
    "facial_palsy": ("facial_palsy",),
}
"""The kinds that each rule reads. Beside them: freshness, the age, attributions."""


def sign(name: str, bedside: Bedside) -> Sign:
    """One sign as it stands now."""
    found, readings = RULES[name](bedside)
    if not readings:
        return Sign(name, found, found, None)
    present = found
    if found and any(bedside.attributed(each) for each in ATTRIBUTED_AS.get(name, ())):
        present = False
    at = max((reading.at for _, reading in readings), default=None)
    return Sign(name, present, found, at, tuple(readings))


def signs(bedside: Bedside) -> dict[str, Sign]:
    """Every sign by name."""
    return {name: sign(name, bedside) for name in NAMES}


def changes_at(name: str, bedside: Bedside) -> datetime | None:
    """The next instant at which time alone may change a sign: a finding grows old, a birthday."""
    now, fresh_for, seen = bedside.now, bedside.policy.fresh_for, bedside.known.seen
    edges = [
        reading.at + span
        for kind in RESTS_ON[name]
        if (span := fresh_for.get(kind)) is not None and (reading := seen.newest(kind)) is not None
    ]
    edges += [
        until
        for each in ATTRIBUTED_AS.get(name, ())
        if (until := bedside.known.attributed.get(each)) is not None
    ]
    if name == "hypotension" and (birthday := bedside.treatment.next_birthday(now)) is not None:
        edges.append(birthday)
    return min((at for at in edges if at > now), default=None)


def on_steroids(known: Known, now: datetime) -> bool:
    """Was a steroid given in the last 72 hours? What nobody charted was not given."""
    return any(
        name in STEROIDS and dose.at <= now < dose.at + STEROID_SPAN
        for name, dose in known.given.items()
    )


def _any(answers: Iterable[bool | None]) -> bool | None:
    found: bool | None = False
    for answer in answers:
        found = either(found, answer)
    return found
