"""The form of a drug's [[policy]]: its bands leave no weight out, its limits have their values."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations, pairwise
from typing import Any

from marshmallow import validates_schema

from toxmon.protocol import drug as made
from toxmon.protocol.faults import Words
from toxmon.protocol.fields import Choice, Name, Number, Span, Text, Whole, blocks, refused, says
from toxmon.protocol.figure_form import NOTE
from toxmon.protocol.form import CitedForm, Form, Found, faults_of

WRITE = {"span": 'span = "8 h"', "count": "count = 3", "mg": "mg = 800"}
NO_END = Decimal("Infinity")
AGES = {
    "from_age_years": says(
        "for patients of this age or older", "from_age_years = 18", needed=False
    ),
    "below_age_years": says("for younger patients only", "below_age_years = 18", needed=False),
}


class Positive(Number):
    """An exact number above zero."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Decimal:
        number = super()._deserialize(value, attr, data)
        if number == 0:
            raise refused("0 is not above zero", self.metadata["write"])
        return number


class BandForm(CitedForm):
    """The dose for a weight, and for an age where ages differ. One of `mg_per_kg` and `mg`."""

    makes = made.Band
    from_kg = Number(**says("from this weight on", "from_kg = 30", needed=False))
    below_kg = Positive(**says("below this weight", "below_kg = 30", needed=False))
    from_age_years = Number(**AGES["from_age_years"])
    below_age_years = Number(**AGES["below_age_years"])
    mg_per_kg = Positive(**says("mg for each kg", "mg_per_kg = 8", needed=False))
    mg = Positive(**says("a fixed dose in mg", "mg = 100", needed=False))
    note = Text(**NOTE)

    @validates_schema(skip_on_field_errors=False)
    def agrees(self, data: dict[str, Any], **_: Any) -> None:
        found: Found = age_faults(data)
        low, high = data.get("from_kg"), data.get("below_kg")
        if low is not None and high is not None and low >= high:
            found.append((("from_kg",), Words(f"{low} is not below {high}", f"below {high}")))
        doses = [data.get(key, 0) for key in ("mg_per_kg", "mg")]
        if all(dose is None for dose in doses):
            found.append((("mg_per_kg",), Words("the band has no dose", "mg_per_kg = 8")))
        elif None not in doses and 0 not in doses:
            words = Words("a dose is fixed or for each kg, not both", "mg_per_kg = 8 alone")
            found.append((("mg",), words))
        faults_of(found)


def age_faults(data: dict[str, Any]) -> Found:
    """A youngest age that is not below the oldest one."""
    low, high = data.get("from_age_years"), data.get("below_age_years")
    if low is None or high is None or low < high:
        return []
    return [(("from_age_years",), Words(f"{low} is not below {high}", f"below {high}"))]


class LimitForm(CitedForm):
    """One limit, with the one value that its code needs."""

    makes = made.Limit
    code = Choice(made.LIMITS, **says("the limit; see below", 'code = "interval"'))
    span = Span(**says("for `interval`", WRITE["span"], needed=False))
    count = Whole(1, **says("for limits of doses", WRITE["count"], needed=False))
    mg = Positive(**says("for limits of mg", WRITE["mg"], needed=False))
    note = Text(**NOTE)

    @validates_schema(skip_on_field_errors=False)
    def its_value(self, data: dict[str, Any], **_: Any) -> None:
        code = data.get("code")
        if code is None:
            return
        needed = made.VALUE_OF[code]
        found: Found = []
        for key in WRITE:
            given = data.get(key)
            if key == needed and key in data and given is None:
                found.append(((key,), Words(f"{code} is without its value", WRITE[key])))
            elif key != needed and given is not None:
                words = Words(f"{code} has no {key}", f"{WRITE[needed]} alone")
                found.append(((key,), words))
        faults_of(found)


class DosePolicyForm(Form):
    """Doses and limits that belong together: those of a label, a guideline, a site in shortage."""

    makes = made.DosePolicy
    name = Name(**says("the name, as `in_force` has it", 'name = "standard"'))
    title = Text(**says("whose rules they are", 'title = "ASCO 2021"'))
    note = Text(**NOTE)
    bands = blocks(BandForm, "the dose for a weight", "[[policy.band]]", key="band")
    limits = blocks(LimitForm, "a limit", "[[policy.limit]]", key="limit")

    @validates_schema(skip_on_field_errors=False)
    def agrees(self, data: dict[str, Any], **_: Any) -> None:
        """A limit once; no patient in two bands; no weight between bands that is in none."""
        limits, bands = data.get("limits") or (), data.get("bands") or ()
        found: Found = []
        seen: set[str] = set()
        for place, limit in enumerate(limits):
            if isinstance(limit, made.Limit):
                if limit.code in seen:
                    words = Words(f"{limit.code} is there already", "each limit once in a policy")
                    found.append((("limit", place, "code"), words))
                seen.add(limit.code)
        if all(isinstance(band, made.Band) for band in bands):
            found += _overlaps(bands) or _holes(bands)
            found += _above_cap(bands, limits)
        faults_of(found)


def _weights(band: made.Band) -> tuple[Decimal, Decimal]:
    return band.from_kg or Decimal(0), band.below_kg or NO_END


def _ages(band: made.Band) -> tuple[Decimal, Decimal]:
    return band.from_age_years or Decimal(0), band.below_age_years or NO_END


def _meet(one: tuple[Decimal, Decimal], other: tuple[Decimal, Decimal]) -> bool:
    return max(one[0], other[0]) < min(one[1], other[1])


def _overlaps(bands: tuple[made.Band, ...]) -> Found:
    found: Found = []
    for (first, one), (second, other) in combinations(enumerate(bands), 2):
        if _meet(_weights(one), _weights(other)) and _meet(_ages(one), _ages(other)):
            kg = max(_weights(one)[0], _weights(other)[0])
            words = Words(
                f"a patient of {kg} kg is in band {first + 1} too",
                "bands that meet without overlapping: below_kg = 30, then from_kg = 30",
            )
            found.append((("band", second), words))
    return found


def _holes(bands: tuple[made.Band, ...]) -> Found:
    """Weights that no band of an age speaks for, and ages between two that are spoken for.

    A policy may leave the youngest or the oldest out: a source for adults says nothing of children.
    """
    if not bands:
        return []
    edges = sorted({edge for band in bands for edge in _ages(band)})
    slabs = [
        (low, high, [band for band in bands if _meet(_ages(band), (low, high))])
        for low, high in pairwise(edges)
    ]
    for low, _, inside in slabs:
        if not inside:
            words = Words(f"no band speaks for patients of {low} years", "bands without a gap")
            return [(("band",), words)]
        reached = Decimal(0)
        for band in sorted(inside, key=_weights):
            begins, ends = _weights(band)
            if begins > reached:
                return [(("band",), _hole(reached, begins))]
            reached = ends
        if reached < NO_END:
            return [(("band",), _hole(reached, None))]
    return []


def _hole(low: Decimal, high: Decimal | None) -> Words:
    where = f"from {low} kg on" if high is None else f"from {low} to below {high} kg"
    return Words(f"no band speaks for patients {where}", "bands that leave no weight out")


def _above_cap(bands: tuple[made.Band, ...], limits: Any) -> Found:
    caps = [
        limit.mg
        for limit in limits
        if isinstance(limit, made.Limit) and limit.code == "dose_above_cap"
    ]
    return [
        (
            ("band", place, "mg"),
            Words(f"{band.mg} is above the cap of {cap}", "a dose that the limit allows"),
        )
        for cap in caps
        for place, band in enumerate(bands)
        if band.mg is not None and cap is not None and band.mg > cap
    ]
