"""What is known of a patient when advice is looked up: product, day, age, weight, syndromes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from toxmon.dosing.drug import DrugRules
from toxmon.protocol.product import Product

EVENTS_OF: Mapping[str, tuple[str, ...]] = {
    "crs": ("crs",),
    "icans": ("icans", "neurotoxicity", "seizure"),
    "iec_hs": ("iec_hs", "hlh_mas"),
    "icaht_early": ("icaht_early",),
    "icaht_late": ("icaht_late",),
    "t_icaht_early": ("t_icaht_early",),
    "t_icaht_late": ("t_icaht_late",),
    "movement_neurocognitive": ("parkinsonism", "delayed_neurotoxicity"),
    "cranial_nerve_palsy": ("cranial_nerve_palsy", "delayed_neurotoxicity"),
    "guillain_barre": ("guillain_barre", "delayed_neurotoxicity"),
    "peripheral_neuropathy": ("peripheral_neuropathy", "delayed_neurotoxicity"),
    "enterocolitis": ("enterocolitis",),
}
"""The events that speak of a scale, its own first. What a label counts is often wider (0079)."""

SCALE_OF: Mapping[str, str] = {
    **{events[0]: scale for scale, events in EVENTS_OF.items()},
    "neurotoxicity": "icans",
    "hlh_mas": "iec_hs",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a scale stands: `low`..`high`; `onset_at` and `is_open` of its episode, if it has one.

    `says` and `missing` are the words of the grade, for whoever reads the advice.
    """

    low: int
    high: int
    is_open: bool = False
    onset_at: datetime | None = None
    says: str = ""
    missing: tuple[str, ...] = ()

    @property
    def is_there(self) -> bool | None:
        """Is the syndrome there? None: it is not excluded. Unknown is not no."""
        if self.low >= 1 or self.is_open:
            return True
        return False if self.high == 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """A weight in kg, at `at`. Not `fresh`: it is older than the policy allows for a dose."""

    kg: Decimal
    at: datetime
    fresh: bool
    fresh_for: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that advice looks at, at the instant `at`. None is not known.

    `given` is the last dose of each drug in this treatment. `rules` are the dose rules in force,
    by the drug's own name; a drug that has them gets its amount from them and from nowhere else.
    """

    at: datetime
    product: Product | None = None
    infused_at: datetime | None = None
    day: int | None = None
    age_years: Decimal | None = None
    weight: Weight | None = None
    standing: Mapping[str, Standing] = field(default_factory=dict)
    given: Mapping[str, datetime] = field(default_factory=dict)
    rules: Mapping[str, DrugRules] = field(default_factory=dict)

    def is_there(self, event: str) -> bool | None:
        """Is the syndrome of an event there? None: nobody knows."""
        standing = self.standing.get(SCALE_OF.get(event, event))
        return None if standing is None else standing.is_there
