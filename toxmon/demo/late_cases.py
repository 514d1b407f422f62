"""Patients after the first month whose course is told and not drawn: late toxicities, recovery.

Counts in 10*3/uL, days after the infusion. They come to visits, and to the ward when ill.
"""

from __future__ import annotations

from toxmon.demo.curve import Curve
from toxmon.demo.draw import Event
from toxmon.demo.early_cases import ALWAYS, filgrastim, ward_until
from toxmon.demo.entries import LABORATORY, Cause, ChartSet, Dose, found, number, score, word
from toxmon.demo.illness import Illness
from toxmon.demo.model import Story
from toxmon.demo.plan import QUIET_ROUND_HOURS, Plan

TWICE_A_WEEK = (14, 17, 21, 24, 28, 31)
NOTHING_LATE = (
    word("facial_palsy", False),
    word("parkinsonism", False),
    word("handwriting", "unchanged"),
)
"""What a physician looks for at each visit after a product that aims at BCMA."""


def late_neutropenia() -> Story:
    """Neutrophils that were back fall again after day 31: late ICAHT of grade 3 on day 45."""
    return Story(
        ill=Illness(Event(112.0, 120.0, 2), Event(152.0, 110.0, 3)),
        blood={
            "neutrophils": Curve.through(
                (-7, 2.7), (-5, 2.7), (-2, 1.9), (1, 1.2), (2, 0.8), (3, 0.41), (6, 0.2),
                (9, 0.16), (11, 0.36), (12, 0.75), (14, 1.6), (17, 2.3), (24, 2.4), (30, 1.9),
                (35, 1.15), (38, 0.8), (41, 0.44), (45, 0.33), (49, 0.3), (56, 0.9), (70, 1.9),
            ),
        },
        plan=Plan(
            ward_until(11, 43, ALWAYS), (12, *TWICE_A_WEEK, 35, 38, 41, 42), QUIET_ROUND_HOURS
        ),
        told=filgrastim(42, 43, 44, 45, 46, 47),
    )  # fmt: skip


def relapse() -> Story:
    """A relapse on day 40 cuts the late window: what is counted after it is another story."""
    return Story(
        ill=Illness(Event(66.0, 100.0, 1), Event(140.0, 40.0, 1)),
        blood={
            "neutrophils": Curve.through(
                (-7, 2.8), (-5, 2.8), (-2, 2.0), (1, 1.2), (3, 0.43), (6, 0.22), (9, 0.2),
                (11, 0.43), (12, 0.8), (14, 1.6), (20, 2.1), (31, 1.35), (36, 0.89), (40, 1.12),
                (44, 0.4), (48, 0.09), (56, 0.06), (70, 0.8),
            ),
            "platelets": Curve.through(
                (-7, 170.0), (-5, 170.0), (0, 130.0), (9, 46.0), (20, 95.0), (40, 120.0),
                (48, 24.0), (60, 16.0),
            ),
        },
        plan=Plan(
            ward_until(8),
            (9, 10, 11, 12, *TWICE_A_WEEK, 33, 36, 40, 43, 46, 48, 50, 53, 55, 57, 60),
            QUIET_ROUND_HOURS,
        ),
        told=(
            found(40, word("disease_progression", True)),
            found(43.1, word("next_therapy", True)),
            Dose(43 * 24 + 4.0, "polatuzumab_vedotin", 130, "mg", "iv"),
        ),
    )  # fmt: skip


def parkinsonism() -> Story:
    """The handwriting changes, and on day 41 there is parkinsonism: movement and personality."""
    return Story(
        ill=Illness(Event(163.0, 118.0, 2), Event(197.0, 66.0, 1)),
        plan=Plan(
            ward_until(1, 6, 12),
            (3, 5, *TWICE_A_WEEK, 35, 38, 41, 43, 45, 49, 56),
            QUIET_ROUND_HOURS,
        ),
        told=(
            *(found(day, *NOTHING_LATE) for day in (24, 31)),
            found(38, word("handwriting", "changed"), word("parkinsonism", False)),
            found(
                41,
                word("parkinsonism", True),
                word("movement_disorder", True),
                word("personality_change", True),
                word("cognitive_change", False),
                score("movement_neurocognitive_grade", 3),
                word("handwriting", "changed"),
                word("facial_palsy", False),
            ),
        ),
    )


def enterocolitis() -> Story:
    """Diarrhea on day 88 that no infection explains, enterocolitis by biopsy on day 92.

    Months after a product that aims at BCMA: IgG is low again since the one dose of
    immunoglobulin, CD4 comes back, two infections of the airways, and drugs that prevent others.
    """
    return Story(
        ill=Illness(Event(189.0, 60.0, 1), None),
        blood={
            "igg": Curve.through((-7, 540.0), (28, 310.0), (94, 317.0)),
            "cd4": Curve.through((-7, 260.0), (-2, 20.0), (14, 80.0), (67, 120.0), (94, 190.0)),
        },
        plan=Plan(
            ward_until(1, 7, 11, 92, ALWAYS),
            (3, 5, *TWICE_A_WEEK, 35, 42, 49, 56, 60, 67, 74, 81, 88, 90),
            QUIET_ROUND_HOURS,
        ),
        told=(
            *(found(day, *NOTHING_LATE) for day in (31, 60)),
            Dose(31 * 24 + 2.0, "ivig", 30, "g", "iv"),
            *(Dose(day * 24 + 1.5, "aciclovir", 800, "mg", "oral") for day in (1, 31, 60, 94)),
            *(Dose(day * 24 + 1.8, "co-trimoxazole", 960, "mg", "oral") for day in (31, 60, 94)),
            _infection(49, "pneumonia", "Consolidation on the X-ray, better with an antibiotic"),
            _infection(74, "sinusitis", "Pain over the sinuses and pus, better with an antibiotic"),
            ChartSet(67 * 24 + 1.0, (number("cd4", 120, "/uL"),), LABORATORY),
            ChartSet(
                94 * 24 + 1.0,
                (number("igg", 380, "mg/dL", 700, 1600), number("cd4", 190, "/uL", 400, 1500)),
                LABORATORY,
            ),
            found(88, score("diarrhea_grade", 2), word("enteric_infection", False), *NOTHING_LATE),
            found(
                92,
                word("enterocolitis", True),
                score("enterocolitis_grade", 3),
                score("diarrhea_grade", 3),
                word("enteric_infection", False),
            ),
            *(
                Dose(day * 24 + 3.0, "methylprednisolone", 80, "mg", "iv")
                for day in (92, 93, 94, 95, 96)
            ),
        ),
    )


def _infection(day: int, cause: str, reason: str) -> Cause:
    """A fever at home since the day before a visit, over a week later."""
    hour = day * 24 + 1.0
    return Cause(hour, hour - 24, "fever", cause, reason, until=hour + 144)
