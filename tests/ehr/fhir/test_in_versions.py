"""Versions that come shuffled, twice, late: the record is the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ehr.fhir.sender import (
    Resource,
    Sender,
    bundle,
    dose,
    entry,
    numbered,
    observation,
    pressure,
    sender,
)
from tests.ehr.fhir.told import Hospital

ISSUED = "2026-03-01T07:4{}:00Z"


def versions(numbering: str) -> list[Resource]:
    """The history of four resources at their sender, each with three versions."""
    told: list[Resource] = []
    results = [("preliminary", 38.9), ("final", 38.2), ("corrected", 37.4)]
    for place, (status, value) in enumerate(results):
        told.append(
            observation(value, status=status, identifier=numbered("t"), **_said(numbering, place))
        )
        told.append(
            pressure(
                80 + place, 40, status=status, identifier=numbered("bp"), **_said(numbering, place)
            )
        )
    for place, status in enumerate(("preliminary", "final", "entered-in-error")):
        wrong = observation(120, "/min", "8867-4", status=status, identifier=numbered("w"))
        told.append(wrong | _said(numbering, place))
    for place, (status, mg) in enumerate((("in-progress", 400), ("completed", 560))):
        told.append(dose(mg, status=status, identifier=numbered("d"), **_said(numbering, place)))
    return told


def _said(numbering: str, place: int) -> Resource:
    if numbering == "versionId":
        return {"meta": {"versionId": str(place + 1)}}
    if numbering == "lastUpdated":
        return {"meta": {"lastUpdated": ISSUED.format(place)}}
    return {}


def record(ehr: Sender) -> dict[str, Any]:
    return {
        "values": {
            kind: ehr.values(kind)
            for kind in ("body_temperature", "systolic_bp", "diastolic_bp", "heart_rate")
        },
        "doses": [
            (each["value"], each["detail"]["dose"], each["detail"]["status"])
            for each in ehr.acts("administration")
        ],
        "crs": ehr.grade()["value"],
    }


EXPECTED = {
    "values": {
        "body_temperature": [37.4], "systolic_bp": [82], "diastolic_bp": [40], "heart_rate": [],
    },
    "doses": [("tocilizumab", {"value": "560", "unit": "mg"}, "completed")],
}  # fmt: skip


@pytest.mark.hazard("H51")
@pytest.mark.hazard("H54")
@settings(max_examples=8)
@given(data=st.data(), numbering=st.sampled_from(["status", "versionId", "lastUpdated"]))
def test_any_order_and_any_repeats_make_one_record(
    before_one: Hospital, data: st.DataObject, numbering: str
) -> None:
    told = versions(numbering)
    twice = data.draw(st.lists(st.sampled_from(told), max_size=5))
    shuffled = data.draw(st.permutations([*told, *twice]))
    parts = data.draw(st.sampled_from(["alone", "batch", "transaction"]))
    ehr = sender(before_one.api, before_one.clock)
    if parts == "alone":
        replies = [ehr.post(each) for each in shuffled]
    else:
        half = len(shuffled) // 2
        replies = [
            ehr.post(bundle(parts, *map(entry, some)))
            for some in (shuffled[:half], shuffled[half:])
        ]
    assert {reply.status for reply in replies} <= {200, 201, 202}
    found = record(ehr)
    assert {name: found[name] for name in EXPECTED} == EXPECTED


def test_what_comes_back_after_it_was_withdrawn_waits(before_one: Hospital) -> None:
    ehr = sender(before_one.api, before_one.clock)
    named = numbered("7")
    ehr.post(observation(status="entered-in-error", identifier=named, meta={"versionId": "2"}))
    late = ehr.post(observation(identifier=named, meta={"versionId": "1"}))
    assert "newer version" in late.body["issue"][0]["diagnostics"]
    newer = ehr.post(observation(identifier=named, meta={"versionId": "3"}))
    assert newer.status == 202
    assert ehr.values("body_temperature") == []


def test_a_part_of_an_older_version_that_comes_late_is_left_alone(before_one: Hospital) -> None:
    ehr = sender(before_one.api, before_one.clock)
    named = numbered("bp")
    ehr.post(pressure(84, identifier=named, meta={"versionId": "2"}))
    late = ehr.post(pressure(80, 40, identifier=named, meta={"versionId": "1"}))
    assert late.status == 200
    assert ehr.values("systolic_bp") + ehr.values("diastolic_bp") == [84]
