"""The quick way through a schema gives what the schema itself gives, and leaves faults to it."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from marshmallow import Schema, ValidationError, fields, post_load, validate, validates

from tests.api.test_fuzz import with_another_value
from toxmon.api.acts import AttributionIn, DeathIn
from toxmon.api.doses import AdministrationIn, DistinctIn, DoseCorrectionIn, ElsewhereIn
from toxmon.api.dosing import CheckIn, LooseCheckIn
from toxmon.api.fields import Instant, Words
from toxmon.api.observations import CorrectionIn, ObservationSet, ReasonIn
from toxmon.api.patients import PatientIn
from toxmon.api.permissions import OverrideIn, ReleaseIn
from toxmon.api.quick_load import quickly
from toxmon.api.stock import CountIn
from toxmon.strict_json import Unreadable, read

AT = "2026-03-01T07:00:00Z"
SEED = 20260302


class Odd(Schema):
    """What a schema may have that ours have seldom."""

    renamed = Instant(data_key="from", required=True)
    moved = fields.Integer(attribute="elsewhere", validate=validate.Range(0, 9))
    given = fields.List(fields.String(), load_default=list)
    absent = fields.String()
    word = Words(5, load_default=None, allow_none=True)


class Hooked(Schema):
    """One that looks at a whole body."""

    word = fields.String()

    @validates("word")
    def _not_x(self, word: str, **kwargs: Any) -> None:
        if word == "x":
            raise ValidationError("is x")

    @post_load
    def _upper(self, data: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        return {name: each.upper() for name, each in data.items()}


BODIES: tuple[tuple[type[Schema], Any], ...] = (
    (Odd, {"from": AT, "moved": 3, "given": ["a"], "absent": "b", "word": "c"}),
    (Hooked, {"word": "y"}),
    (ObservationSet,
     {"effective_at": AT,
      "observations": [{"kind": "heart_rate", "value": 80, "unit": "/min"},
                       {"kind": "body_temperature", "value": 38.6, "unit": "Cel"}]}),
    (PatientIn,
     {"identifiers": [{"system": "urn:mrn", "value": "F"}], "unit": "bmt-1", "name": "Ada",
      "birth_date": "1961-05-02", "sex": "female"}),
    (AdministrationIn,
     {"medication": "tocilizumab", "given_at": AT, "route": "iv",
      "dose": {"value": 560, "unit": "mg"}}),
    (DoseCorrectionIn,
     {"medication": "tocilizumab", "given_at": AT, "dose": {"value": 560, "unit": "mg"},
      "status": "stopped", "reason": "x"}),
    (DistinctIn, {"doses": ["a", "b"], "reason": "x"}),
    (ElsewhereIn, {"medication": "tocilizumab", "answer": "none", "reason": "x"}),
    (CheckIn, {"dose": {"value": 560, "unit": "mg"}, "at": AT, "indication": "crs"}),
    (LooseCheckIn,
     {"weight_kg": 70, "weighed_at": AT, "age_years": 64, "requested_at": AT, "dose_mg": 560,
      "earlier_doses": [{"given_at": AT, "dose_mg": 560}, {"given_before": AT}],
      "indication": "crs", "treatment_began_at": AT}),
    (OverrideIn,
     {"dose": {"value": 0.56, "unit": "g"}, "at": AT, "indication": "crs", "reason": "x",
      "weight_confirmed": True}),
    (ReleaseIn, {"override": True, "reason": "x", "weight_confirmed": False}),
    (CountIn,
     {"unit": "bmt-1", "medication": "tocilizumab", "counted_at": AT, "note": "x",
      "counts": [{"strength": 80, "vials": 4}, {"strength": 400, "vials": 0}]}),
    (AttributionIn,
     {"sign": "fever", "cause": "pneumonia", "from": AT, "until": None, "reason": "x"}),
    (DeathIn, {"died_at": AT, "cause": "other", "reason": None}),
    (CorrectionIn, {"value": 17, "unit": "/min", "effective_at": AT, "reason": "x"}),
    (ReasonIn, {"reason": "x"}),
)  # fmt: skip


def outcome(load: Any, body: Any) -> Any:
    """What a load gives, or every fault with its place."""
    try:
        return load(body)
    except ValidationError as error:
        return error.messages, error.valid_data


@pytest.mark.parametrize(("schema", "body"), BODIES, ids=[case[0].__name__ for case in BODIES])
def test_the_quick_way_is_the_schema_s(schema: type[Schema], body: Any) -> None:
    ready, chance = schema(), random.Random(SEED)
    load = quickly(ready)
    good = ready.load(read(json.dumps(body).encode()))
    assert load(read(json.dumps(body).encode())) == good
    taken = 0
    for _ in range(300):
        try:
            sent = read(with_another_value(chance, body))
        except Unreadable:
            continue
        slow = outcome(ready.load, sent)
        assert outcome(load, sent) == slow, sent
        taken += isinstance(slow, dict)
    assert taken < 200, "almost nothing was broken"


@pytest.mark.parametrize("body", [None, [], "x", 1, True, {}, {"x": 1}, {"from": None}])
def test_what_is_no_body_is_told_by_the_schema(body: Any) -> None:
    ready = Odd()
    told = outcome(ready.load, body)
    assert isinstance(told, tuple)
    assert outcome(quickly(ready), body) == told


def test_a_schema_that_looks_at_the_whole_is_left_to_itself() -> None:
    ready = Hooked()
    assert quickly(ready)({"word": "y"}) == {"word": "Y"}
    assert outcome(quickly(ready), {"word": "x"}) == ({"word": ["is x"]}, {})


def test_each_body_has_defaults_of_its_own() -> None:
    load = quickly(Odd())
    one, two = load({"from": AT}), load({"from": AT})
    one["given"].append("x")
    assert two["given"] == []
    assert "absent" not in two
    assert "elsewhere" not in two
