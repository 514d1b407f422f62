"""The scales that are watched: what moves each of them, and in which order they are looked at."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date

import pytest

from tests.grading.charting import BEGIN, POLICY, at, charted, fact
from toxmon.grading import live
from toxmon.grading.grade import Grade
from toxmon.grading.kinds import KINDS
from toxmon.grading.ledger import Ledger
from toxmon.grading.moment import Moment
from toxmon.grading.state import Given, State
from toxmon.grading.treatment import Treatment

BY_NAME = {each.scale: each for each in live.LIVE}
NOW = Moment(
    at(0),
    charted(
        fact("body_temperature", 39),
        fact("ice_score", 5),
        fact("guillain_barre", True),
        fact("iec_hs_confirmed", True),
    ),
    Treatment(BEGIN, date(1960, 1, 1), UTC),
    POLICY,
    Ledger(),
    drug=True,
)


def test_the_order_in_which_they_are_looked_at() -> None:
    assert live.SCALES[:7] == (
        "crs", "icans", "iec_hs", "icaht_early", "icaht_late", "t_icaht_early", "t_icaht_late",
    )  # fmt: skip
    assert len(live.SCALES) == len(set(live.SCALES))
    assert {"icaht_early", "icaht_late", "t_icaht_early", "t_icaht_late"} == live.DERIVED_DAYS


# a scale, what moves it beside its kinds, and what does once it was told
MARKS: tuple[tuple[str, set[str], set[str]], ...] = (
    ("crs", {"administration", "attribution", "death", "birthday", "ended:crs"}, set()),
    ("icans", {"attribution", "death", "birthday", "ended:icans"}, set()),
    ("iec_hs", {"attribution", "death"}, {"fever:changed", "crs:moved", "icans:moved"}),
    ("icaht_early", {"anc:early", "wbc:early"}, {"ended:icaht_early"}),
    ("icaht_late", {"anc:late", "wbc:late"}, {"ended:icaht_late"}),
    ("t_icaht_early", {"platelets:early"}, {"ended:t_icaht_early"}),
    ("t_icaht_late", {"platelets:late"}, {"ended:t_icaht_late"}),
)


@pytest.mark.parametrize(("scale", "moves", "also"), MARKS)
def test_what_moves_a_scale(scale: str, moves: set[str], also: set[str]) -> None:
    found = BY_NAME[scale]
    assert {move for move in found.moves if move not in KINDS} == moves
    closing = {"disease_progression", "next_therapy", "follow_up_ended", "death"}
    assert found.also == (also | closing if "icaht" in scale else also)
    assert found.always is (scale in {"crs", "icans"})


def test_the_others_are_told_of_once_something_of_theirs_is_charted() -> None:
    assert not any(each.always or each.also for each in live.LIVE[7:])


def test_what_the_fold_keeps_in_mind() -> None:
    assert {"administration", "attribution", "death", "body_temperature", "igg"} <= live.GRADED
    assert {"anc", "wbc", "platelets", "next_therapy", "ldh"} <= live.GRADED
    assert "birthday" not in live.GRADED
    assert "anc:early" not in live.GRADED


def test_a_look_puts_what_it_changes_into_the_parts() -> None:
    parts: live.Parts = {}
    told: dict[str, Grade] = {}
    for scale in ("crs", "icans", "iec_hs", "guillain_barre", "icaht_early", "anemia"):
        grade = BY_NAME[scale].look(State(), NOW, parts, told)
        assert grade is not None
        assert grade.scale == scale
        told[scale] = grade
    assert set(parts) == {"crs", "icans", "iec_hs", "since"}
    assert parts["crs"].episode.treated_at == at(0)
    assert parts["icans"].episode.peak == 2
    assert parts["iec_hs"].neurotoxicity is True
    assert parts["since"] == {"guillain_barre": at(0)}
    assert told["icaht_early"].because[0].rule == "icaht_early.no_counts"
    assert BY_NAME["licats"].look(State(), NOW, parts, told) is None
    assert parts["since"] == {"guillain_barre": at(0)}


def test_iec_hs_asks_where_crs_stands_now() -> None:
    parts: live.Parts = {}
    BY_NAME["crs"].look(State(), NOW, parts, {})
    before = BY_NAME["iec_hs"].look(State(), NOW, {}, {})
    now = BY_NAME["iec_hs"].look(State(crs=parts["crs"]), NOW, {}, {})
    same = BY_NAME["iec_hs"].look(State(), NOW, parts, {})
    assert before is not None
    assert now is not None
    assert now == same
    assert "during_crs" in now.warnings
    assert "during_crs" not in before.warnings


def test_a_count_is_read_beside_what_was_given_now() -> None:
    now = replace(NOW, chart=charted(fact("platelets", 20)))
    given = {"platelets": Given(at(0), "transfusion")}
    look = BY_NAME["thrombocytopenia"].look
    seen = [
        look(State(), now, {}, {}),
        look(State(), now, {"given": given}, {}),
        look(State(given=given), now, {}, {}),
    ]
    assert ["platelets_transfused" in grade.warnings for grade in seen if grade] == [
        False, True, True,
    ]  # fmt: skip


# low and high of ICANS, and whether there is neurotoxicity
SURE = (((1, 4), True), ((2, 2), True), ((0, 0), False), ((0, 1), None), ((0, 4), None))


@pytest.mark.parametrize(("ends", "sure"), SURE)
def test_neurotoxicity_is_certain_icans_or_certainly_none(
    ends: tuple[int, int], sure: bool | None
) -> None:
    assert live.neurotoxic(Grade("icans", "edition", *ends, ())) is sure
    assert live.neurotoxic(None) is None
