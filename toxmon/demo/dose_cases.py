"""Patients by whom doses, limits and guidance are shown.

What is to be seen of them rests on hours, so their hours pass by the clock. Hours are those after
the infusion; the beds in ward.py say at which of them the visitor comes.
"""

from __future__ import annotations

from toxmon.demo.draw import Event
from toxmon.demo.early_cases import ALWAYS, ward_until
from toxmon.demo.entries import EHR, NURSE, Dose
from toxmon.demo.illness import Illness
from toxmon.demo.model import Story
from toxmon.demo.plan import QUIET_ROUND_HOURS, Plan

WEIGHT_KG, DOSE_MG = 72.0, 560
"""The dose is within 8 mg/kg of whatever the scales show on a day: at least 71 kg."""
TWICE_HOUR = 368.0


def tocilizumab(hour: float, mg: float = DOSE_MG, by: str = NURSE) -> Dose:
    """One dose."""
    return Dose(hour, "tocilizumab", mg, "mg", "iv", by)


def dexamethasone(*hours: float) -> tuple[Dose, ...]:
    """10 mg each."""
    return tuple(Dose(hour, "dexamethasone", 10, "mg", "iv") for hour in hours)


def three_doses() -> Story:
    """CRS of grade 3 in spite of three doses of tocilizumab in the last 24 h: no fourth by now.

    Seen about hour 129: the next is allowed at hour 136.5, and one is left in the treatment.
    """
    return Story(
        ill=Illness(Event(61.0, 160.0, 3), None),
        plan=Plan(by_the_clock=True),
        weight_kg=WEIGHT_KG,
        told=tuple(tocilizumab(hour) for hour in (112.0, 120.25, 128.5)),
    )


def severe_icans() -> Story:
    """ICANS of grade 3 after a CRS that is over, dexamethasone every 6 h: seen about hour 182."""
    every_6_hours = tuple(175.5 + 6 * n for n in range(8))
    return Story(
        ill=Illness(Event(92.0, 60.0, 2), Event(138.0, 114.0, 3)),
        plan=Plan(by_the_clock=True),
        told=dexamethasone(157.5, 169.5, *every_6_hours),
    )


def icans_alone() -> Story:
    """ICANS of grade 2 under a continuous infusion, the CRS over: nothing for tocilizumab."""
    return Story(
        ill=Illness(Event(20.0, 24.0, 1), Event(62.0, 60.0, 2)),
        plan=Plan(by_the_clock=True),
    )


def charted_twice() -> Story:
    """An outpatient of step-up dosing who is admitted for the first full dose and has a fever.

    One dose of tocilizumab, or two: the ordering system and the nurse have charted it a minute and
    10 mg apart, and nobody has said yet which it is.
    """
    return Story(
        ill=Illness(Event(357.0, 44.0, 1), None),
        plan=Plan(ward_until(1, 14, ALWAYS), (3, 7, 10), QUIET_ROUND_HOURS),
        weight_kg=WEIGHT_KG,
        told=(
            tocilizumab(TWICE_HOUR, DOSE_MG - 10, EHR),
            tocilizumab(TWICE_HOUR + 1 / 60),
        ),
    )
