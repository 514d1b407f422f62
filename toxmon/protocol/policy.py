"""What a ward decides for itself: the form of `protocols/policy/*.toml` and what is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from marshmallow import validates_schema

from toxmon.grading.policy import Policy, PressureBound
from toxmon.protocol.citation import Citation, Cited
from toxmon.protocol.faults import Words
from toxmon.protocol.fields import (
    Choice,
    Kind,
    Many,
    Name,
    Number,
    Span,
    Text,
    Whole,
    blocks,
    says,
)
from toxmon.protocol.figure_form import NOTE
from toxmon.protocol.form import CitedForm, Form, Found, cited, faults_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How long findings of some kinds stay true."""

    kinds: tuple[str, ...]
    value: timedelta
    note: str | None
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class PressureBounds:
    """Bounds of blood pressure for some ages, youngest first."""

    who: str
    bands: tuple[PressureBound, ...]
    note: str | None
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDocument:
    """One version of a policy: with its sources for a reader, and as `policy` for the rules."""

    name: str
    title: str
    version: int
    fresh_for: tuple[Freshness, ...]
    quiet_period: Cited[timedelta]
    masking: Cited[timedelta]
    hypotension: tuple[PressureBounds, ...]
    hypoxia_saturation_below: Cited[Decimal]
    policy: Policy
    digest: str
    text: str


class FreshnessForm(CitedForm):
    """How long findings of some kinds stay true; a kind that is not named never grows old."""

    makes = Freshness
    kinds = Many(
        Kind(metadata={"write": '"body_temperature"'}),
        **says("the kinds of observation", 'kinds = ["body_temperature", "heart_rate"]'),
    )
    value = Span(**says("how long they stay true", 'value = "6 h"'))
    note = Text(**NOTE)


class BandForm(Form):
    """The bounds of one age band, exclusive: a pressure on the bound is not low."""

    makes = PressureBound
    below_age_years = Number(
        **says(
            "for patients younger than this; left out in the last band",
            "below_age_years = 10",
            needed=False,
        )
    )
    systolic_below = Number(
        **says(
            "hypotension below this systolic pressure in mm[Hg]",
            "systolic_below = 90",
            needed=False,
        )
    )
    mean_below = Number(
        **says("hypotension below this mean pressure in mm[Hg]", "mean_below = 65", needed=False)
    )

    @validates_schema(skip_on_field_errors=False)
    def something(self, data: dict[str, Any], **_: Any) -> None:
        if all(data.get(key, 0) is None for key in ("systolic_below", "mean_below")):
            words = Words("neither a systolic nor a mean pressure is given", "systolic_below = 90")
            faults_of([(("systolic_below",), words)])


class PressureForm(CitedForm):
    """Pressures that read provisionally as hypotension where no clinician charted a finding."""

    makes = PressureBounds
    who = Text(**says("for whom", 'who = "adults"'))
    bands = blocks(
        BandForm, "the bounds, youngest first", "bands = [{ systolic_below = 90 }]", needed=True
    )
    note = Text(**NOTE)


CITE = 'source = "our choice", year = 2026, source_kind = "policy", verified = false }'


class PolicyForm(Form):
    """A whole file of a policy."""

    form = Choice(("policy",), **says("what this file describes", 'form = "policy"'))
    name = Name(**says("the name, the same as the file's", 'name = "default"'))
    title = Text(**says("the full name", 'title = "Shipped policy"'))
    version = Whole(1, **says("raised by one with every change that matters", "version = 1"))
    fresh_for = blocks(
        FreshnessForm,
        "how long a finding stays true; a kind that is not named never grows old",
        "[[fresh_for]]",
        needed=True,
    )
    quiet_period = cited(
        Span(**says("for how long", 'value = "24 h"')),
        "how long every sign of CRS must have been known absent before the episode ends",
        f'quiet_period = {{ value = "24 h", {CITE}',
        needed=True,
    )
    masking = cited(
        Span(**says("for how long", 'value = "24 h"')),
        "how long an antipyretic, a steroid or an anticytokine given before any fever may hide one",
        f'masking = {{ value = "24 h", {CITE}',
        needed=True,
    )
    hypotension = blocks(
        PressureForm,
        "pressures that read provisionally as hypotension where no clinician charted a finding",
        "[[hypotension]]",
        needed=True,
    )
    hypoxia_saturation_below = cited(
        Number(0, 100, **says("in percent", "value = 90")),
        "saturation on room air that reads provisionally as hypoxia",
        f"hypoxia_saturation_below = {{ value = 90, {CITE}",
        needed=True,
    )

    @validates_schema(skip_on_field_errors=False)
    def agrees(self, data: dict[str, Any], **_: Any) -> None:
        """A kind once; ages rising over all bands, and the last one for everybody older."""
        faults_of(_kinds_twice(data) + _ages_disordered(data))


def _kinds_twice(data: dict[str, Any]) -> Found:
    found: Found = []
    known: set[str] = set()
    for place, group in enumerate(data.get("fresh_for") or ()):
        if not isinstance(group, Freshness):
            continue
        for number, kind in enumerate(group.kinds):
            if kind in known:
                words = Words(f"{kind} has a span already", "each kind in one [[fresh_for]] only")
                found.append((("fresh_for", place, "kinds", number), words))
            known.add(kind)
    return found


def _ages_disordered(data: dict[str, Any]) -> Found:
    groups = data.get("hypotension") or ()
    if not all(isinstance(group, PressureBounds) for group in groups):
        return []
    found: Found = []
    bands = [
        (("hypotension", place, "bands", number, "below_age_years"), band.below_age_years)
        for place, group in enumerate(groups)
        for number, band in enumerate(group.bands)
    ]
    before = Decimal(0)
    for number, (path, age) in enumerate(bands, start=1):
        if number == len(bands) and age is not None:
            words = Words("nobody speaks for older patients", "a last band without it")
            found.append((path, words))
        if number < len(bands) and age is None:
            words = Words("only the last band of all is without an age", "below_age_years = 18")
            found.append((path, words))
        if age is not None and age <= before:
            words = Words(f"{age} is not above {before} of the band before", "ages that rise")
            found.append((path, words))
        before = before if age is None else age
    return found


def as_policy(data: dict[str, Any], digest: str) -> Policy:
    """What the rules need of a policy that was read."""
    return Policy(
        name=data["name"],
        version=data["version"],
        digest=digest,
        fresh_for={kind: group.value for group in data["fresh_for"] for kind in group.kinds},
        quiet_period=data["quiet_period"].value,
        masking=data["masking"].value,
        hypotension=tuple(band for group in data["hypotension"] for band in group.bands),
        hypoxia_saturation_below=data["hypoxia_saturation_below"].value,
    )
