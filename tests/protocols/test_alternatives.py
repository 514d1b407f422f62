"""Alternatives of one question that meet are refused; those that never meet are both in force."""

from pathlib import Path

import pytest
from marshmallow import ValidationError

from toxmon.protocol import ProtocolError, read_alarms
from toxmon.protocol.faults import Words, spread
from toxmon.protocol.form import faults_of

SAMPLE = (Path(__file__).parent / "sample-alarms.toml").read_text()
BLOCK = """
[[threshold]]
id = "{id}"
title = "Platelets"
kind = "platelets"
comparison = "<"
value = 10
unit = "10*9/L"
clear = 10
priority = "low"
policy = "platelets"
says = "Look."
source = "Invented"
year = 2025
source_kind = "policy"
verified = false
{more}
"""


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("", "", True),
        ('targets = ["BCMA"]', "", True),
        ('targets = ["BCMA"]', 'targets = ["CD19"]', False),
        ('targets = ["BCMA", "CD19"]', 'targets = ["cd19"]', True),
        ('classes = ["CAR T"]', 'classes = ["bispecific"]', False),
        ('classes = ["CAR T"]', 'classes = ["car t"]', True),
        ('targets = ["BCMA"]', 'classes = ["CAR T"]', True),
        ('until = "day 30"', 'from = "day 31"', False),
        ('until = "day 30"', 'from = "day 30"', True),
        ('from = "day 31"', 'until = "day 30"', False),
        ('from = "day 30"', 'until = "day 30"', True),
        ('from = "day 30"', 'until = "no end"', True),
    ],
)
def test_two_in_force_that_would_speak_of_one_product_on_one_day(one, other, meet):
    text = SAMPLE + BLOCK.format(id="first", more=one) + BLOCK.format(id="second", more=other)
    if not meet:
        assert len(read_alarms(text, "sample-alarms.toml").thresholds) == 6
        return
    with pytest.raises(ProtocolError) as error:
        read_alarms(text, "sample-alarms.toml")
    (fault,) = error.value.faults
    assert fault.place == "sample-alarms.toml: threshold[6].in_force"
    assert fault.what == "first is in force too and answers the same question, 'platelets'"


@pytest.mark.parametrize("comparison", ["<", ">"])
def test_it_may_be_over_on_the_bound_itself(comparison):
    text = SAMPLE + BLOCK.format(id="first", more="").replace('"<"', f'"{comparison}"')
    threshold = read_alarms(text, "sample-alarms.toml").thresholds[-1]
    assert threshold.clear == threshold.value


@pytest.mark.parametrize("turned", [False, True])
def test_a_list_and_a_block_in_it_may_both_be_at_fault(turned):
    faults = [
        (("steps",), Words("of the list", "a list")),
        (("steps", 1, "after"), Words("of the block", "a block")),
    ]
    with pytest.raises(ValidationError) as error:
        faults_of(reversed(faults) if turned else faults)
    assert sorted(spread(error.value.messages)) == [
        ("steps", "of the list"),
        ("steps[2].after", "of the block"),
    ]
