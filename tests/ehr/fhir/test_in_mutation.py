"""Resources with something wrong in them, a thousand times: an answer in words, never our fault."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import orjson
import pytest

from tests.ehr.fhir.sender import Resource, Sender, bundle, entry, sender
from tests.ehr.fhir.test_in_examples import EXAMPLES
from tests.ehr.fhir.told import Hospital

SEEDS = [
    name
    for name in EXAMPLES
    if name.startswith(("Observation/f20", "Observation/blood", "Observation/sat", "Medication",
                        "Encounter/e", "Patient/pat", "Patient/example", "Procedure/example",
                        "DeviceUse", "Adverse", "Condition/example"))
]  # fmt: skip
ODD: list[Any] = [
    None, True, False, 0, -1, 1.5, 10**40, "", " ", "x", "2026-03-01", "2026-03-01T07:00:00Z",
    "9" * 5000,
    [], {}, [[]], [None], [{}], {"": 1}, {"reference": 7}, {"reference": "Patient/"},
    {"reference": "#"}, {"reference": "urn:uuid:x"}, {"reference": "http://[::1"},
    {"reference": "Patient?identifier=%00|%ff"}, {"coding": [{"code": "8310-5"}]},
    {"value": 1e300, "unit": "Cel"}, {"value": "1"}, {"start": "0001-01-01T00:00:00+14:00"},
    "\u2028", "a\u0301", "Patient/\u00e9", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00Z",
]  # fmt: skip
ROUNDS = 700


@pytest.fixture(scope="module")
def ehr(before_one: Hospital) -> Sender:
    found = sender(before_one.api, before_one.clock)
    found.number = "T1"
    return found


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a resource."""
    found = [path] if path else []
    if isinstance(value, dict | list):
        for name, each in value.items() if isinstance(value, dict) else enumerate(value):
            found += places(each, (*path, name))
    return found


def spoiled(resource: Resource, dice: random.Random) -> Resource:
    """The resource with one to three places changed, left out, doubled or moved."""
    changed = copy.deepcopy(resource)
    for _ in range(dice.randint(1, 3)):
        path = dice.choice(places(changed))
        if path[0] == "text":
            continue
        holder: Any = changed
        for step in path[:-1]:
            holder = holder[step]
        kind = dice.random()
        if kind < 0.55:
            holder[path[-1]] = copy.deepcopy(dice.choice(ODD))
        elif kind < 0.75:
            del holder[path[-1]]
        elif kind < 0.9:
            holder[path[-1]] = [copy.deepcopy(holder[path[-1]])] * dice.randint(1, 2)
        elif isinstance(holder, dict):
            holder[dice.choice(["valueString", "subject", "status", "value", "x"])] = "x"
    return changed


def written(resource: Resource) -> bytes:
    """As JSON, with numbers that are too large for a reader of 64 bits."""
    return json.dumps(resource).encode()


def test_no_resource_is_our_fault(ehr: Sender) -> None:
    dice = random.Random(20260301)
    seen: set[int] = set()
    for turn in range(ROUNDS):
        name = dice.choice(SEEDS)
        resource = spoiled(orjson.loads(EXAMPLES[name]), dice)
        if turn % 3 == 0:
            kind = dice.choice(["transaction", "batch"])
            sent = bundle(kind, entry(resource, url=name.split("/")[0]))
            reply = ehr.send("POST", "/fhir", raw=written(spoiled(sent, dice)))
        elif turn % 3 == 1:
            reply = ehr.send("POST", f"/fhir/{name.split('/')[0]}", raw=written(resource))
        else:
            reply = ehr.send("PUT", f"/fhir/{name}", raw=written(resource))
        assert reply.status < 500, resource
        if reply.status >= 400:
            assert reply.body["resourceType"] == "OperationOutcome"
            assert all(issue["diagnostics"] for issue in reply.body["issue"])
        seen.add(reply.status)
    assert {200, 201, 202, 400, 422} <= seen, seen


def test_no_bytes_are_our_fault(ehr: Sender) -> None:
    dice = random.Random(7)
    raw = EXAMPLES["Observation/blood-pressure"]
    for _ in range(150):
        changed = bytearray(raw)
        for _ in range(dice.randint(1, 4)):
            changed[dice.randrange(len(changed))] = dice.randrange(256)
        reply = ehr.send("POST", "/fhir/Observation", raw=bytes(changed))
        assert reply.status < 500, changed
