"""Every column of a file of a cohort, with what it means: the dictionary that travels with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

COURSES, READINGS, GRADINGS, DOSES = "courses", "readings", "gradings", "doses"
TABLES: Mapping[str, str] = {
    COURSES: "one line for each infusion that begins a treatment",
    READINGS: "one line for each value that was measured and counts",
    GRADINGS: "one line for each grade that was told",
    DOSES: "one line for each dose of a drug",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `always` cannot be left out; `of_person` is there only where numbers are."""

    name: str
    unit: str
    meaning: str
    always: bool = False
    of_person: bool = False


DAYS = "days since the infusion, a fraction of a day to 4 places; negative is before it"
STUDY = Column("study_id", "", "the patient; the same in every file of this site", always=True)
TREATMENT = Column(
    "treatment", "", "1 is the first treatment of a patient, 2 the next", always=True
)

COLUMNS: Mapping[str, tuple[Column, ...]] = {
    COURSES: (
        STUDY,
        TREATMENT,
        Column("numbers", "", "numbers of the patient at the hospital", True, of_person=True),
        Column("product", "", "what was infused, by the name of its protocol"),
        Column("product_edition", "", "SHA-256 of the protocol that it began under, 12 signs"),
        Column("policy_edition", "", "SHA-256 of the ward's policy that it began under, 12 signs"),
        Column("age_y", "a", "whole years at the infusion; 90 stands for 90 and more"),
        Column("sex", "", "female, male or other, as charted"),
        Column("followed_days", "d", "the last reading: " + DAYS),
        Column("readings", "", "how many readings there are"),
        Column("gradings", "", "how many gradings there are"),
        Column("crs_max", "", "the highest grade of CRS that is certain"),
        Column("crs_max_days", "d", "when that was first so: " + DAYS),
        Column("icans_max", "", "the highest grade of ICANS that is certain"),
        Column("icans_max_days", "d", "when that was first so: " + DAYS),
        Column("iec_hs_max", "", "the highest grade of IEC-HS that is certain"),
        Column("icaht_early_max", "", "the highest grade of early ICAHT that is certain"),
        Column("tocilizumab_doses", "", "how many doses of tocilizumab were charted"),
        Column("tocilizumab_first_days", "d", "the first of them: " + DAYS),
        Column("death_days", "d", "the death, if one was charted: " + DAYS),
    ),
    READINGS: (
        STUDY,
        TREATMENT,
        Column("days", "d", DAYS, always=True),
        Column("kind", "", "what was measured; its unit stands in the dictionary", always=True),
        Column("value", "", "a number, below or above one, between two, yes or no, or a code",
               always=True),
        Column("unit", "", "of the number, in UCUM"),
        Column("status", "", "final, confirmed by a person, or corrected"),
    ),
    GRADINGS: (
        STUDY,
        TREATMENT,
        Column("days", "d", DAYS, always=True),
        Column("scale", "", "which scale", always=True),
        Column("low", "", "the grade is at least this", always=True),
        Column("high", "", "the grade is at most this; more than low: findings were missing",
               always=True),
        Column("edition", "", "the published criteria by which it was graded"),
    ),
    DOSES: (
        STUDY,
        TREATMENT,
        Column("days", "d", DAYS, always=True),
        Column("drug", "", "the drug where toxmon knows it, else “other”", always=True),
        Column("amount", "", "how much was given"),
        Column("unit", "", "of the amount"),
        Column("status", "", "stopped where the dose was broken off"),
    ),
}  # fmt: skip
"""By table, in the order in which they stand."""

CHOSEN = [each.name for each in COLUMNS[COURSES] if not each.always]
"""The columns of courses that can be left out."""


def as_dated(name: str) -> str:
    """The name of a column of days where dates are asked for."""
    if name == "days":
        return "at"
    return name.removesuffix("_days") + "_at" if name.endswith("_days") else name
