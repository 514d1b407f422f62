"""A drug as its file tells it: names, codes, dose policies, handling, what its sources advise.

`rules` is what the rules of dosing receive of it (toxmon/dosing/drug.py). Pure data. Decision 0077.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from toxmon.dosing import drug as rules
from toxmon.protocol.citation import Citation, Cited

DAY = timedelta(hours=24)
LIMITS = {
    "interval": "at least so long from start to start; a dose exactly so much later is allowed",
    "doses_in_24_h": "at most so many starts in any 24 hours; a dose 24 hours ago has left",
    "doses_in_treatment": "at most so many doses in one treatment",
    "doses_in_episode": "at most so many doses in one episode",
    "dose_above_cap": "at most so many mg in one dose",
    "mg_in_24_h": "at most so many mg in any 24 hours",
}
VALUE_OF = {
    "interval": "span",
    "doses_in_24_h": "count",
    "doses_in_treatment": "count",
    "doses_in_episode": "count",
    "dose_above_cap": "mg",
    "mg_in_24_h": "mg",
}
"""The one value that a limit is written with."""

IN_A_DAY = ("doses_in_24_h", "mg_in_24_h")
CODE_KINDS = {
    "ingredient": "the drug itself",
    "product": "a product that is counted as a dose of the drug",
    "other_form": "a product of the drug in a form or by a route that is no such dose",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """RxNorm codes of the drug, of one of CODE_KINDS."""

    kind: str
    codes: tuple[str, ...]
    title: str
    note: str | None
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The dose for a weight and an age, as toxmon.dosing.drug.Band reads it."""

    from_kg: Decimal | None
    below_kg: Decimal | None
    from_age_years: Decimal | None
    below_age_years: Decimal | None
    mg_per_kg: Decimal | None
    mg: Decimal | None
    note: str | None
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit; `code` is one of LIMITS, and VALUE_OF says which value it has."""

    code: str
    span: timedelta | None
    count: int | None
    mg: Decimal | None
    note: str | None
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class DosePolicy:
    """Doses and limits that belong together, under a name that a site can put in force."""

    name: str
    title: str
    note: str | None
    bands: tuple[Band, ...]
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What a site decides beside the limits; each value is explained in toxmon.dosing.drug."""

    weight_fresh_for: timedelta
    weight_change_percent: Decimal
    tolerance_percent: Decimal
    duplicate_within: timedelta
    before_infusion: timedelta
    reservation: timedelta
    chart_within: timedelta
    stopped_counts: bool
    ask_doses_elsewhere: bool
    note: str | None
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolated:
    """A syndrome that alone is no indication, and the words that say so."""

    syndrome: str
    says: str
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """What to look at before the drug is given."""

    text: str
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Regimen:
    """What one body says of the drug for one purpose: a dose, or a position without one.

    `every` to `every_most` is how often; `until` how long, in words. Ages as in Band. It is read
    by people; what may be given is a matter of the policy in force.
    """

    name: str
    by: str
    purpose: str
    says: str
    mg: Decimal | None
    mg_per_kg: Decimal | None
    cap_mg: Decimal | None
    every: timedelta | None
    every_most: timedelta | None
    until: str | None
    from_age_years: Decimal | None
    below_age_years: Decimal | None
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Vial:
    """What one vial holds."""

    mg: Decimal
    ml: Decimal | None
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Drug:
    """One version of one drug. `digest` is the SHA-256 of `text`, the file as it was read.

    `equivalent_mg` of a steroid weigh as much as 0.75 mg of dexamethasone. `not_these` are names
    of other drugs that are easily taken for this one.
    """

    name: str
    title: str
    version: int
    drug_class: str
    aliases: tuple[str, ...]
    not_these: tuple[str, ...]
    in_force: str
    policies: tuple[DosePolicy, ...]
    handling: Handling
    indications: Cited[tuple[str, ...]] | None
    isolated: tuple[Isolated, ...]
    codes: tuple[Codes, ...]
    equivalent_mg: Cited[Decimal] | None
    cautions: tuple[Caution, ...]
    regimens: tuple[Regimen, ...]
    vials: tuple[Vial, ...]
    rules: rules.DrugRules
    digest: str
    text: str

    def is_called(self, name: str) -> bool:
        """Is this its name, or one of its other names? Capitals and blanks around do not matter."""
        return self.rules.is_called(name.strip())

    def regimen(self, name: str) -> Regimen | None:
        """The regimen of this name, None if there is none."""
        return next((each for each in self.regimens if each.name == name), None)

    def kind_of(self, code: str) -> str | None:
        """Which of CODE_KINDS an RxNorm code is; None if it is none of this drug's."""
        return next((each.kind for each in self.codes if code in each.codes), None)


def as_rules(data: dict[str, Any]) -> rules.DrugRules:
    """What the rules need of a drug that was read."""
    indications: Cited[tuple[str, ...]] | None = data["indications"]
    called = (data["name"], *data["aliases"])
    return rules.DrugRules(
        name=data["name"],
        title=data["title"],
        names=tuple(dict.fromkeys(name.casefold() for name in called)),
        policies={each.name: _policy(each) for each in data["policies"]},
        in_force=data["in_force"],
        handling=_handling(data["handling"]),
        indications=indications.value if indications is not None else (),
        isolated={each.syndrome: each.says for each in data["isolated"]},
        indication_cited=None if indications is None else _cited(indications.citation),
    )


def _policy(policy: DosePolicy) -> rules.DosePolicy:
    return rules.DosePolicy(
        name=policy.name,
        title=policy.title,
        bands=tuple(_band(band) for band in policy.bands),
        limits=tuple(
            rules.Limit(
                code=limit.code,
                span=DAY if limit.code in IN_A_DAY else limit.span,
                count=limit.count,
                mg=limit.mg,
                cited=_cited(limit.citation),
            )
            for limit in policy.limits
        ),
        note=policy.note,
    )


def _band(band: Band) -> rules.Band:
    return rules.Band(
        from_kg=band.from_kg,
        below_kg=band.below_kg,
        from_age_years=band.from_age_years,
        below_age_years=band.below_age_years,
        mg_per_kg=band.mg_per_kg,
        mg=band.mg,
        cited=_cited(band.citation),
    )


def _handling(handling: Handling) -> rules.Handling:
    return rules.Handling(
        weight_fresh_for=handling.weight_fresh_for,
        weight_change_percent=handling.weight_change_percent,
        tolerance_percent=handling.tolerance_percent,
        duplicate_within=handling.duplicate_within,
        before_infusion=handling.before_infusion,
        reservation=handling.reservation,
        chart_within=handling.chart_within,
        stopped_counts=handling.stopped_counts,
        ask_doses_elsewhere=handling.ask_doses_elsewhere,
        cited=_cited(handling.citation),
    )


def _cited(citation: Citation) -> rules.Cited:
    return rules.Cited(source=citation.source, year=citation.year, verified=citation.verified)
