"""Which tests are run of a sample, and how the laboratory sends them, its own range beside."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass

from toxmon.demo.entries import Observation, number

SCATTER = 0.03
"""One standard deviation of a result, as a share of it; none is more than two of them off."""
LEAST_SCATTER = {"hemoglobin": 0.012, "creatinine": 0.02}
"""Tests that scatter less, biologically and in the laboratory."""


@dataclass(frozen=True, slots=True)
class Test:
    """One test: digits after the point, unit, and the range of this laboratory for adults."""

    kind: str
    digits: int
    unit: str
    low: float | None
    high: float | None

    def result(self, value: float, rng: random.Random) -> Observation:
        """The value as it is measured and sent."""
        spread = LEAST_SCATTER.get(self.kind, SCATTER)
        off = max(-2.0, min(2.0, rng.gauss(0, 1)))
        measured = round(value * math.exp(spread * off), self.digits)
        shown = measured if self.digits else int(measured)
        return number(self.kind, shown, self.unit, self.low, self.high)


DAILY: tuple[Test, ...] = (
    Test("anc", 2, "10*3/uL", 1.8, 7.5),
    Test("alc", 2, "10*3/uL", 1.0, 4.0),
    Test("hemoglobin", 1, "g/dL", 12.0, 16.0),
    Test("platelets", 0, "10*3/uL", 150, 400),
    Test("crp", 1, "mg/L", None, 5.0),
    Test("ferritin", 0, "ng/mL", 30, 400),
    Test("ldh", 0, "U/L", 135, 225),
    Test("fibrinogen", 0, "mg/dL", 200, 400),
    Test("ast", 0, "U/L", 10, 40),
    Test("alt", 0, "U/L", 7, 45),
    Test("bilirubin_total", 1, "mg/dL", 0.2, 1.2),
    Test("creatinine", 2, "mg/dL", 0.6, 1.2),
)
WHITE_CELLS = Test("wbc", 2, "10*3/uL", 4.0, 10.5)
OF_A_STORM: tuple[Test, ...] = (
    Test("bilirubin_direct", 1, "mg/dL", None, 0.3),
    Test("triglycerides", 0, "mg/dL", None, 150),
    Test("pt", 1, "s", 11.0, 14.0),
    Test("aptt", 1, "s", 25.0, 36.0),
)
"""Asked for once ferritin climbs again; the sample is drawn fasting, before breakfast."""
IMMUNE: tuple[Test, ...] = (
    Test("igg", 0, "mg/dL", 700, 1600),
    Test("cd4", 0, "/uL", 400, 1500),
    Test("b_cells", 0, "/uL", 100, 500),
    Test("m_protein", 1, "g/dL", None, None),
)
"""m_protein only of patients who have one."""


def sample(
    values: Mapping[str, float], rng: random.Random, *, storm: bool, immune: bool
) -> tuple[Observation, ...]:
    """The results of one sample. `storm` and `immune` ask for the further tests."""
    panels = (DAILY, OF_A_STORM if storm else (), IMMUNE if immune else ())
    sent = [
        test.result(values[test.kind], rng)
        for panel in panels
        for test in panel
        if test.kind in values
    ]
    measured = {one["kind"]: one["value"] for one in sent}
    # Counted on the same tube: the parts never make more than the whole.
    whole = max(
        WHITE_CELLS.result(values["wbc"], rng)["value"],
        round(measured["anc"] + measured["alc"] + 0.02, 2),
    )
    sent.insert(0, number("wbc", whole, WHITE_CELLS.unit, WHITE_CELLS.low, WHITE_CELLS.high))
    if storm:
        sent.append({"kind": "triglycerides_fasting", "value": True})
    return tuple(sent)
