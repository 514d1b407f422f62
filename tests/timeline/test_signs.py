"""Signs at their bounds: yes, no and not known, with the attributions of clinicians."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.timeline import make
from tests.timeline.courses import INFUSED
from tests.timeline.make import D, H, M
from toxmon.timeline.known import Known
from toxmon.timeline.signs import Bedside, Sign, sign

NOW = INFUSED + 5 * D
TREATMENT = make.treatment(INFUSED)


def look(name: str, known: Known) -> Sign:
    return sign(name, Bedside(known, make.policy(), TREATMENT, NOW))


def known(**values: Any) -> Known:
    plain = {
        kind: Decimal(value) if isinstance(value, int | float) and value is not True else value
        for kind, value in values.items()
        if value is not False
    }
    no = {kind: value for kind, value in values.items() if value is False}
    return Known(seen=make.seen(*(make.fact(k, NOW, v) for k, v in {**plain, **no}.items())))


@pytest.mark.parametrize(
    ("name", "values", "present"),
    [
        ("fever", {"body_temperature": Decimal("38.0")}, True),
        ("fever", {"body_temperature": Decimal("37.9")}, False),
        ("fever", {}, None),
        ("hypotension", {"systolic_bp": 89}, True),
        ("hypotension", {"systolic_bp": 90, "diastolic_bp": 60}, False),
        ("hypotension", {"systolic_bp": 95, "diastolic_bp": 49}, True),
        ("hypotension", {"hypotension": False, "systolic_bp": 80}, False),
        ("hypotension", {"hypotension": True, "systolic_bp": 120}, True),
        ("hypotension", {}, None),
        ("hypoxia", {"oxygen_saturation": 89}, True),
        ("hypoxia", {"oxygen_saturation": 97}, None),
        ("hypoxia", {"oxygen_saturation": 97, "oxygen_device": "room_air"}, False),
        ("hypoxia", {"oxygen_device": "nasal_cannula"}, True),
        ("hypoxia", {"oxygen_device": "nasal_cannula", "oxygen_flow": 0}, None),
        ("hypoxia", {"oxygen_device": "cpap", "ventilation_reason": "chronic",
                     "oxygen_saturation": 95}, False),
        ("neuro_change", {"ice_score": 9}, True),
        ("neuro_change", {"ice_score": 10}, None),
        ("neuro_change", {"ice_score": 10, "consciousness": "alert"}, False),
        ("neuro_change", {"consciousness": "wakes_to_voice"}, True),
        ("neuro_change", {"handwriting": "changed"}, True),
        ("neuro_change", {"seizure": "clinical"}, True),
        ("cytopenia", {"anc": 999}, True),
        ("cytopenia", {"anc": 1000, "platelets": 50, "hemoglobin": 8}, False),
        ("cytopenia", {"anc": 1000}, None),
        ("ferritin_rise", {"ferritin_rising": True}, True),
        ("ferritin_rise", {"ferritin": 5000}, None),
        ("diarrhea", {"diarrhea_grade": 1}, True),
        ("diarrhea", {"diarrhea_grade": 0}, False),
        ("facial_palsy", {"facial_palsy": True}, True),
        ("facial_palsy", {"facial_palsy": False}, False),
    ],
)  # fmt: skip
def test_a_sign(name: str, values: dict[str, Any], present: bool | None) -> None:
    assert look(name, known(**values)).present is present


def test_a_lower_pressure_after_a_no_reopens_the_question() -> None:
    seen = make.seen(
        make.fact("hypotension", NOW - H, False), make.fact("systolic_bp", NOW, Decimal(80))
    )
    assert look("hypotension", Known(seen=seen)).present is True


def test_a_mean_is_never_made_of_two_measurements() -> None:
    seen = make.seen(
        make.fact("diastolic_bp", NOW - H, Decimal(30)), make.fact("systolic_bp", NOW, Decimal(95))
    )
    assert look("hypotension", Known(seen=seen)).present is False


def test_another_cause_takes_the_sign_away_until_it_ends() -> None:
    hot = known(body_temperature=39)
    assert look("fever", replace(hot, attributed={"fever": None})).present is False
    assert look("fever", replace(hot, attributed={"fever": None})).found is True
    assert look("fever", replace(hot, attributed={"fever": NOW + M})).present is False
    assert look("fever", replace(hot, attributed={"fever": NOW})).present is True


def test_ferritin_twice_that_of_the_day_before() -> None:
    def rising(first: int, second: int, hours: int) -> bool | None:
        seen = make.seen(
            make.fact("ferritin", NOW - hours * H, Decimal(first)),
            make.fact("ferritin", NOW, Decimal(second)),
        )
        return look("ferritin_rise", Known(seen=seen)).present

    assert rising(500, 1000, 24) is True
    assert rising(500, 999, 24) is False
    assert rising(500, 1000, 25) is None


def test_a_palsy_does_not_heal_because_nobody_charts_it() -> None:
    for value, present in ((True, True), (False, None)):
        seen = make.seen(make.fact("facial_palsy", NOW - 30 * D, value))
        assert look("facial_palsy", Known(seen=seen)).present is present


def test_an_ice_below_the_one_before() -> None:
    seen = make.seen(
        make.fact("ice_score", NOW - 8 * H, Decimal(9)), make.fact("ice_score", NOW, Decimal(7))
    )
    assert look("neuro_change", Known(seen=seen)).present is True
