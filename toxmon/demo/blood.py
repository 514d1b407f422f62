"""The blood of an invented patient from before lymphodepletion to a hundred days and more.

The marrow's cells follow curves of the days: what lymphodepletion and the cells' work leave of
them, and how they come back. Inflammation is added by CRS and by what follows it, so that values
of one day fit each other: ferritin climbs when CRP falls, fibrinogen falls only in a storm, white
cells are never fewer than neutrophils and lymphocytes together.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from toxmon.demo.curve import Curve, boosts
from toxmon.demo.illness import Illness

MONOCYTES = 0.09
"""Of neutrophils and lymphocytes together: what else is counted as white cells."""
PLATELETS_ADDED, PLATELETS_HALF_LIFE = 17.0, 1.2
"""One unit, in 10*3/uL and days."""
RED_CELLS_ADDED, RED_CELLS_HALF_LIFE = 1.6, 28.0
IMMUNOGLOBULIN_ADDED, IMMUNOGLOBULIN_HALF_LIFE = 430.0, 23.0
"""About 0.4 g/kg, in mg/dL and days."""


@dataclass(frozen=True, slots=True)
class Blood:
    """Cells in 10*3/uL but CD4 and B cells in /uL; proteins and enzymes as they are when well."""

    neutrophils: Curve
    lymphocytes: Curve
    hemoglobin: Curve
    platelets: Curve
    igg: Curve
    cd4: Curve
    b_cells: Curve
    crp: float
    ferritin: float
    ldh: float
    fibrinogen: float
    ast: float
    alt: float
    bilirubin: float
    creatinine: float
    m_protein: Curve | None = None

    def values(
        self, day: float, illness: Illness, given: Mapping[str, Sequence[float]]
    ) -> dict[str, float]:
        """By kind, what would be measured without error. `given` are days of doses by drug."""
        crs, storm = illness.of_crs(day), illness.of_storm(day)
        strength = illness.peak * crs
        neutrophils = self.neutrophils.at(day)
        lymphocytes = self.lymphocytes.at(day)
        platelets = self.platelets.at(day) * (1 - 0.55 * storm)
        platelets += boosts(day, given.get("platelets", ()), PLATELETS_ADDED, PLATELETS_HALF_LIFE)
        hemoglobin = self.hemoglobin.at(day) - 0.9 * storm
        hemoglobin += boosts(day, given.get("red_cells", ()), RED_CELLS_ADDED, RED_CELLS_HALF_LIFE)
        igg = self.igg.at(day) + boosts(
            day,
            given.get("immunoglobulin", ()),
            IMMUNOGLOBULIN_ADDED,
            IMMUNOGLOBULIN_HALF_LIFE,
        )
        found = {
            "anc": neutrophils,
            "alc": lymphocytes,
            "wbc": (neutrophils + lymphocytes) * (1 + MONOCYTES) + 0.02,
            "hemoglobin": hemoglobin,
            "platelets": platelets,
            "crp": self.crp + illness.crp(day) + 25 * storm,
            "ferritin": self.ferritin + illness.ferritin(day),
            "ldh": self.ldh + 45 * strength + 700 * storm,
            "fibrinogen": (self.fibrinogen + 30 * strength) * (1 - 0.7 * storm),
            "ast": self.ast + 11 * strength + 330 * storm,
            "alt": self.alt + 9 * strength + 280 * storm,
            "bilirubin_total": self.bilirubin + 0.05 * strength + 1.5 * storm,
            "bilirubin_direct": 0.3 * self.bilirubin + 0.9 * storm,
            "creatinine": self.creatinine * (1 + 0.08 * strength + 0.25 * storm),
            "triglycerides": 140 + 15 * strength + 230 * storm,
            "pt": 12.6 + 3.5 * storm,
            "aptt": 30.0 + 13 * storm,
            "igg": igg,
            "cd4": self.cd4.at(day),
            "b_cells": self.b_cells.at(day),
        }
        if self.m_protein is not None:
            found["m_protein"] = self.m_protein.at(day)
        return found


def drawn_blood(rng: random.Random, *, cells: bool, myeloma: bool) -> Blood:
    """What a patient's blood is like, from a seed. `cells`: after lymphodepletion and CAR T cells.

    Every draw is made whatever comes of it, so that one patient's others stay as they are.
    """
    neutrophils, platelets = rng.uniform(2.1, 3.6), rng.uniform(125, 215)
    lymphocytes, hemoglobin = rng.uniform(0.6, 1.2), rng.uniform(9.8, 11.9)
    later, deeper = rng.uniform(-1.0, 2.5), rng.uniform(0.75, 1.35)
    igg, protein = rng.uniform(430, 820), rng.uniform(0.8, 3.4)
    return Blood(
        neutrophils=_neutrophils(neutrophils, later, deeper) if cells else _mild(neutrophils),
        lymphocytes=_lymphocytes(lymphocytes, cells),
        hemoglobin=_hemoglobin(hemoglobin, cells),
        platelets=_platelets(platelets, deeper) if cells else _mild(platelets),
        igg=Curve.through((-7, igg), (0, 0.9 * igg), (30, 0.55 * igg), (90, 0.4 * igg)),
        cd4=_cd4(rng.uniform(210, 380), cells),
        b_cells=Curve.through((-7, 60.0), (-3, 12.0), (6, 0.3), (100, 0.3), (190, 25.0)),
        crp=rng.uniform(3, 11),
        ferritin=rng.uniform(160, 560),
        ldh=rng.uniform(165, 235),
        fibrinogen=rng.uniform(310, 390),
        ast=rng.uniform(18, 31),
        alt=rng.uniform(15, 33),
        bilirubin=rng.uniform(0.35, 0.8),
        creatinine=rng.uniform(0.68, 1.05),
        m_protein=_m_protein(protein) if myeloma else None,
    )


def _neutrophils(well: float, later: float, deeper: float) -> Curve:
    """Lymphodepletion on days -5 to -3, few from about day 3, back in the third week."""
    return Curve.through(
        (-7, well), (-5, well), (-2, 0.8 * well), (1, 0.45 * well), (3, 0.46), (6, 0.22 * deeper),
        (9, 0.18 * deeper), (11 + later, 0.42), (13 + later, 1.05), (16 + later, 2.2),
        (21 + later, 1.45), (28, 1.9), (60, 0.85 * well), (90, well),
    )  # fmt: skip


def _platelets(well: float, deeper: float) -> Curve:
    return Curve.through(
        (-7, well), (-5, well), (0, 0.75 * well), (5, 0.45 * well), (9, 0.26 * well / deeper),
        (13, 0.24 * well / deeper), (20, 0.4 * well), (30, 0.65 * well), (60, 0.85 * well),
    )  # fmt: skip


def _lymphocytes(well: float, cells: bool) -> Curve:
    """The CAR T cells are counted with the others; they are most about day 14."""
    if not cells:
        return Curve.through((-7, well), (0, well), (1, 0.25 * well), (8, 0.7 * well), (30, well))
    return Curve.through(
        (-7, well), (-5, well), (-2, 0.06), (4, 0.05), (8, 0.35), (13, 1.4), (18, 0.9), (30, 0.7),
        (90, well),
    )  # fmt: skip


def _hemoglobin(well: float, cells: bool) -> Curve:
    least = well - (1.7 if cells else 0.6)
    return Curve.through((-7, well), (-3, well - 0.3), (9, least), (20, least + 0.3), (60, well))


def _cd4(well: float, cells: bool) -> Curve:
    if not cells:
        return Curve.through((-7, well), (30, 0.8 * well))
    return Curve.through((-7, well), (-2, 20), (14, 90), (28, 120), (90, 165), (180, 260))


def _m_protein(before: float) -> Curve:
    return Curve.through(
        (-7, before), (0, before), (28, 0.35 * before), (60, 0.1 * before), (90, 0.03)
    )


def _mild(well: float) -> Curve:
    """Without lymphodepletion: a dip of the first week."""
    return Curve.through((-7, well), (0, well), (3, 0.62 * well), (9, 0.8 * well), (20, well))
