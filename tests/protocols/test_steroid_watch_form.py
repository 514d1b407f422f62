"""The form of [[steroid_watch]]: each rule has its own numbers, and what is shipped."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from toxmon.dosing.steroids import KEPT_DAYS
from toxmon.protocol import ProtocolError, load_protocols, read_alarms
from toxmon.protocol.alarm_rules import RULES, STEROID_RULES
from toxmon.protocol.alarms import Alarms
from toxmon.protocol.alarms_page import watched
from toxmon.protocol.steroid_form import MOST_DAYS

SAMPLE = (Path(__file__).parent / "sample-alarms.toml").read_text()
CITED = 'source = "Ours"\nyear = 2025\nsource_kind = "policy"\nverified = false\n'
GLUCOSE = 'rule = "steroid:glucose"\nwithin = "24 h"\nevery = "6 h"\ngrace = "1 h"'
TAPER = (
    'rule = "steroid:taper"\nwithin = "7 d"\ndays = 4\ngap_days = 1\n'
    'stopped_after = "36 h"\nimproved_for = "24 h"'
)
FUNGAL = 'rule = "steroid:fungal"\nwithin = "7 d"\ndays = 4\ngap_days = 0'
H, D = timedelta(hours=1), timedelta(days=1)


def read(*blocks: str) -> Alarms:
    text = SAMPLE
    for block in blocks:
        text += f'\n[[steroid_watch]]\n{block}\ntitle = "One"\nsays = "Look."\n{CITED}'
    return read_alarms(text, "sample-alarms.toml")


def refused(*blocks: str) -> list[tuple[str, str, str]]:
    with pytest.raises(ProtocolError) as error:
        read(*blocks)
    return [
        (fault.place.partition(": ")[2], fault.what, fault.instead) for fault in error.value.faults
    ]


def test_a_policy_without_any_is_read_as_before() -> None:
    assert read().steroid_watches == ()
    assert read().steroid_watch("steroid:taper") is None


def test_every_rule_is_read_and_told() -> None:
    found = read(GLUCOSE, TAPER, FUNGAL)
    glucose, taper, fungal = found.steroid_watches
    assert (glucose.every, glucose.grace, glucose.within, glucose.days) == (6 * H, H, 24 * H, None)
    assert (taper.stopped_after, taper.improved_for) == (36 * H, 24 * H)
    assert found.steroid_watch("steroid:fungal") is fungal
    assert watched(glucose) == "every 6 h, grace 1 h; until 24 h after the last dose"
    assert watched(fungal) == (
        "steroids on 4 days or more, none without; until 7 d after the last dose"
    )


@pytest.mark.parametrize(
    ("block", "place", "what", "write"),
    [
        (GLUCOSE.replace('every = "6 h"\n', ""), "every", "'steroid:glucose' needs it",
         'every = "6 h"'),
        (f"{GLUCOSE}\ndays = 4", "days", "'steroid:glucose' does not go with it",
         "leave out days"),
        (FUNGAL.replace("days = 4", "days = 0"), "days", "0 is below 1", "days = 4"),
        (FUNGAL.replace("days = 4", "days = 31"), "days", "31 is above 30", "days = 4"),
        (FUNGAL.replace("gap_days = 0", ""), "gap_days", "'steroid:fungal' needs it",
         "gap_days = 1"),
        (TAPER.replace("7 d", "36 h"), "within", "it would be over before anything is stopped",
         "longer than stopped_after"),
        (FUNGAL.replace("fungal", "fungus"), "rule", "'steroid:fungus' is not known here",
         "steroid:fungal"),
        (FUNGAL.replace('"7 d"', '"7"'), "within", "'7' is not a span of time", 'within = "24 h"'),
    ],
)  # fmt: skip
def test_what_is_refused(block: str, place: str, what: str, write: str) -> None:
    assert refused(block) == [(f"steroid_watch[1].{place}", what, write)]


def test_two_of_one_rule_are_refused() -> None:
    found = refused(FUNGAL, FUNGAL)
    assert found == [
        (
            "steroid_watch[2].rule",
            "another [[steroid_watch]] is for steroid:fungal already",
            "one of them only",
        )
    ]


def test_what_is_shipped() -> None:
    alarms = load_protocols().alarms["default"]
    assert {each.rule for each in alarms.steroid_watches} == set(STEROID_RULES)
    assert STEROID_RULES.keys() <= RULES.keys()
    for rule in (*STEROID_RULES, "dose:unreconciled"):
        assert alarms.matter(rule) is not None
    glucose = alarms.steroid_watch("steroid:glucose")
    fungal = alarms.steroid_watch("steroid:fungal")
    cmv = alarms.steroid_watch("steroid:cmv")
    assert glucose is not None
    assert fungal is not None
    assert cmv is not None
    assert (glucose.every, glucose.within) == (6 * H, 24 * H)
    # More than 3 days, and 5 days or more.
    assert (fungal.days, cmv.days) == (4, 5)
    unreconciled = alarms.matter("dose:unreconciled")
    assert unreconciled is not None
    assert unreconciled.of(1) == "high"


def test_no_policy_counts_more_days_than_are_kept_in_mind() -> None:
    assert MOST_DAYS == KEPT_DAYS
