"""Patients of the first month whose course is told and not drawn.

Counts in 10*3/uL, days after the infusion. A course is invented to show one thing, and fits the
figures of its product: when CRS begins, how long neutrophils stay low.
"""

from __future__ import annotations

import math

from toxmon.demo.curve import Curve
from toxmon.demo.draw import Event
from toxmon.demo.entries import Cause, Dose, found, score, word
from toxmon.demo.illness import Illness, Storm
from toxmon.demo.model import Story
from toxmon.demo.plan import BEFORE_HOURS, QUIET_ROUND_HOURS, Plan

ALWAYS = math.inf


def ward_until(*days: float) -> tuple[tuple[float, float], ...]:
    """A stay from before the infusion to the first of `days`, then from the next to the one after
    that, and so on."""
    hours = [BEFORE_HOURS, *(day * 24 for day in days)]
    return tuple(zip(hours[::2], hours[1::2], strict=True))


def filgrastim(*days: int) -> tuple[Dose, ...]:
    """5 ug/kg, as a syringe of 300 ug."""
    return tuple(Dose(day * 24 + 1.2, "filgrastim", 300, "ug", "sc") for day in days)


def platelets(*hours: float) -> tuple[Dose, ...]:
    """One unit each."""
    return tuple(Dose(hour, "platelets", 250, "mL", "iv") for hour in hours)


def long_neutropenia() -> Story:
    """Neutropenia from day 3 on, in a patient with few cells and much inflammation before.

    Early ICAHT: on day 20 at least 3, and 4 if it goes on. CAR-HEMATOTOX is high.
    """
    return Story(
        ill=Illness(Event(62.0, 110.0, 2), Event(130.0, 60.0, 2)),
        blood={
            "neutrophils": Curve.through(
                (-7, 1.02), (-5, 1.02), (-2, 0.9), (1, 0.75), (2, 0.64), (3, 0.38), (6, 0.19),
                (10, 0.145), (14, 0.15), (20, 0.2), (25, 0.3), (29, 0.6), (34, 1.3),
            ),
            "platelets": Curve.through(
                (-7, 66.0), (-5, 66.0), (0, 48.0), (5, 30.0), (9, 14.0), (14, 12.0), (20, 12.0),
                (28, 22.0), (45, 60.0),
            ),
            "hemoglobin": Curve.through((-7, 8.4), (9, 7.5), (20, 7.8), (40, 9.4)),
            "crp": 38.0,
            "ferritin": 2350.0,
        },
        plan=Plan(ward_until(9, 19.5, ALWAYS), tuple(range(9, 20)), QUIET_ROUND_HOURS),
        told=(
            *filgrastim(12, 14, 16, 18, 19, 20),
            *platelets(9 * 24 + 5.0, 13 * 24 + 5.0, 17 * 24 + 5.0, 20 * 24 - 6.0),
            Dose(10 * 24 + 6.0, "red_cells", 280, "mL", "iv"),
        ),
    )  # fmt: skip


def two_dips() -> Story:
    """Neutrophils come back in the third week and fall again: the biphasic course."""
    return Story(
        ill=Illness(Event(75.0, 90.0, 1), None),
        blood={
            "neutrophils": Curve.through(
                (-7, 2.9), (-5, 2.9), (-2, 2.2), (1, 1.3), (2, 0.8), (3, 0.43), (6, 0.22),
                (10, 0.2), (12, 0.43), (13, 0.8), (15, 1.9), (17, 2.4), (19, 1.9), (21, 1.1),
                (23, 0.62), (24, 0.4), (27, 0.28), (31, 0.32), (34, 0.9), (40, 1.9),
            ),
        },
        plan=Plan(
            ward_until(7),
            (7, 8, 10, 12, 13, 15, 17, 19, 21, 23, 24, 26, 27, 28, 30, 32, 35, 42, 49, 56, 60),
            QUIET_ROUND_HOURS,
        ),
        told=filgrastim(26, 27),
    )  # fmt: skip


def storm_suspected() -> Story:
    """Ferritin climbs again after CRS, with fibrinogen and platelets falling: IEC-HS is suspected.

    Nobody has confirmed it or ruled it out. Fluid has made the weight rise by more than 5 % on
    day 11, so that no dose comes from it before somebody has made sure.
    """
    return Story(
        ill=Illness(Event(30.0, 100.0, 2), None, storm=Storm(8.4, 12.8, 16_500)),
        blood={
            "neutrophils": Curve.through(
                (-7, 2.6), (-5, 2.6), (-2, 1.9), (1, 1.1), (3, 0.42), (6, 0.2), (9, 0.17),
                (13, 0.2), (17, 0.6), (21, 1.5), (40, 2.2),
            ),
            "ferritin": 420.0,
        },
        plan=Plan(ward_until(ALWAYS), (), QUIET_ROUND_HOURS),
        told=(
            found(11.3, word("splenomegaly", True)),
            *platelets(11 * 24 + 8.0),
        ),
        gains=(11, 0.075),
    )  # fmt: skip


def storm_confirmed() -> Story:
    """IEC-HS that a physician has confirmed and treats; the fever is charted as its own.

    Severe: it bled, and needed transfusions. Steroids are given for the fifth day.
    """
    anakinra = tuple(Dose(12 * 24 + 3.0 + 12 * n, "anakinra", 100, "mg", "sc") for n in range(12))
    steroid = tuple(Dose(12 * 24 + 4.0 + 24 * n, "dexamethasone", 10, "mg", "iv") for n in range(6))
    severe = (word("iec_hs_severity", "severe"), word("iec_hs_treated", True))
    return Story(
        ill=Illness(
            Event(78.0, 84.0, 2), None, storm=Storm(10.5, 14.2, 31_000, fever=True)
        ),
        blood={
            "neutrophils": Curve.through(
                (-7, 1.6), (-6, 1.6), (-2, 0.9), (1, 0.6), (3, 0.36), (7, 0.16), (12, 0.13),
                (17, 0.2), (22, 0.7), (28, 1.6),
            ),
            "platelets": Curve.through((-7, 88.0), (0, 62.0), (6, 38.0), (12, 34.0), (20, 40.0)),
            "ferritin": 780.0,
        },
        plan=Plan(ward_until(ALWAYS), (), QUIET_ROUND_HOURS),
        told=(
            found(12.1, word("iec_hs_confirmed", True), word("hemophagocytosis", True), *severe),
            Cause(
                12.1 * 24 + 0.2,
                10.5 * 24,
                "fever",
                "IEC-HS",
                "Fever since ferritin climbs again, marrow with hemophagocytosis, cultures sterile",
            ),
            *(found(day + 0.35, *severe) for day in (13, 14, 15, 16, 17)),
            *anakinra,
            *steroid,
            *platelets(12 * 24 + 6.0, 13 * 24 + 20.0, 15 * 24 + 6.0),
            Dose(13 * 24 + 7.5, "fibrinogen", 3000, "mg", "iv"),
        ),
    )  # fmt: skip


def facial_palsy() -> Story:
    """A facial palsy on the left since day 22, CTCAE grade 2: never a sign of ICANS."""
    prednisone = tuple(
        Dose(day * 24 + 2.0, "prednisone", 60, "mg", "oral") for day in range(22, 29)
    )
    return Story(
        ill=Illness(Event(178.0, 90.0, 2), None),
        plan=Plan(
            ward_until(1, 7, 11.5), (3, 5, 13, 15, 18, 21, 22, 24, 28, 35), QUIET_ROUND_HOURS
        ),
        told=(
            found(21, word("handwriting", "unchanged"), word("parkinsonism", False)),
            found(
                22,
                word("facial_palsy", True),
                word("cranial_nerves", ["cn_7"]),
                word("palsy_side", "left"),
                score("cranial_nerve_palsy_grade", 2),
                word("handwriting", "unchanged"),
                word("parkinsonism", False),
            ),
            *prednisone,
        ),
    )


def quiet_after_crs() -> Story:
    """CRS of grade 1 in the first days, over since."""
    return Story(ill=Illness(Event(27.0, 52.0, 1), None))


def quiet_all_along() -> Story:
    """No CRS and no ICANS, as in many."""
    return Story(ill=Illness())


def step_doses() -> Story:
    """CRS after the second step-up dose of an engager, low oxygen, answered by tocilizumab."""
    return Story(ill=Illness(Event(97.0, 46.0, 2), None))
