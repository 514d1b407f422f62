"""The rules of a drug as data: who may have how much, how often. Made from `protocols/drugs/`.

A drug has one or more named policies (a label, a guideline, a site in shortage); one is in force.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """Where a rule comes from. `verified`: the source named was read and says this."""

    source: str
    year: int
    verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The dose for a weight: `from_kg` inclusive, `below_kg` exclusive; None is unbounded.

    Either `mg_per_kg` or a fixed `mg`. `below_age_years` (exclusive) and `from_age_years`
    (inclusive) narrow it to ages; where one is set and the age is not known, it does not apply.
    """

    from_kg: Decimal | None = None
    below_kg: Decimal | None = None
    from_age_years: Decimal | None = None
    below_age_years: Decimal | None = None
    mg_per_kg: Decimal | None = None
    mg: Decimal | None = None
    cited: Cited


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit: `code` is the reason that a refusal names. A value of the kind that it needs.

    `interval`: `span`, at least, start to start; a dose exactly `span` later is allowed.
    `doses_in_24_h`: `count` starts in the half-open (t - span, t], the new one among them.
    `doses_in_treatment`, `doses_in_episode`: `count`.
    `dose_above_cap`: `mg`, at most, for each dose. `mg_in_24_h`: `mg` in the same window.
    """

    code: str
    span: timedelta | None = None
    count: int | None = None
    mg: Decimal | None = None
    cited: Cited


@dataclass(frozen=True, slots=True, kw_only=True)
class DosePolicy:
    """The limits of a drug by one source, under a name that a site can put in force."""

    name: str
    title: str
    bands: tuple[Band, ...]
    limits: tuple[Limit, ...]
    note: str | None = None

    def limit(self, code: str) -> Limit | None:
        """The limit of this code, or None where this policy sets none."""
        return next((each for each in self.limits if each.code == code), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What a site decides about a drug beside its limits; a proposal unless it cites a text.

    `weight_fresh_for`: an older weight makes no dose. `weight_change_percent`: a change of so much
    or more since the weight before is asked about. `tolerance_percent`: by how much a dose may be
    above the computed one for rounding to vials (0: not at all). `duplicate_within`: two records
    of the drug so close (inclusive) may be one dose. `before_infusion`: doses so long before the
    infusion count to the treatment. `reservation`: how long a reservation lasts.
    `chart_within`: a released dose that nobody charted by then is asked about.
    `stopped_counts`: does an infusion that was stopped count as a dose?
    `ask_doses_elsewhere`: must somebody have said that none was given before arrival?
    """

    weight_fresh_for: timedelta
    weight_change_percent: Decimal
    tolerance_percent: Decimal
    duplicate_within: timedelta
    before_infusion: timedelta
    reservation: timedelta
    chart_within: timedelta
    stopped_counts: bool
    ask_doses_elsewhere: bool
    cited: Cited


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugRules:
    """What the rules know of a drug. `names` are all its names in lower case, its own first.

    `indications` are the syndromes it is given for (crs, icans, iec_hs ...); empty asks none.
    `isolated` names syndromes that alone are no indication, with the words that say so.
    """

    name: str
    title: str
    names: tuple[str, ...]
    policies: Mapping[str, DosePolicy]
    in_force: str
    handling: Handling
    indications: tuple[str, ...] = ()
    isolated: Mapping[str, str] = field(default_factory=dict)
    indication_cited: Cited | None = None

    @property
    def policy(self) -> DosePolicy:
        """The policy in force."""
        return self.policies[self.in_force]

    def is_called(self, name: str) -> bool:
        """Is this one of its names? Capitals do not matter."""
        return name.casefold() in self.names
