"""Doses on the ward keep the limits, and each case that is pointed at is there."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from toxmon.demo.mishaps import mishaps
from toxmon.demo.pointing import SHOWN, THREE_DOSES
from toxmon.demo.scenes import scenes
from toxmon.demo.ward import backfill, invent
from toxmon.dosing.breaches import breaches
from toxmon.dosing.counting import unreconciled
from toxmon.dosing.situation import Given, Situation, Weighing
from toxmon.protocol import load_protocols
from toxmon.protocol.product import Product

NOW = datetime(2026, 3, 20, 14, 5, tzinfo=UTC)
Products = Mapping[str, Product]


@pytest.mark.parametrize("seed", range(4))
def test_no_dose_of_tocilizumab_goes_beyond_a_limit_when_it_is_told(
    products: Products, seed: int
) -> None:
    """With what was told before it, and the weight that was told last."""
    rules = load_protocols(None).drugs["tocilizumab"].rules
    doses: dict[str, list[Given]] = {}
    weights: dict[str, dict[str, Weighing]] = {}
    weighed: dict[str, Weighing] = {}
    patients = invent(products, seed, NOW)
    for one in backfill(patients, NOW, seed):
        who = one.patient.mrn
        for sent in one.body.get("observations", ()):
            if sent["kind"] == "weight":
                weighed[who] = Weighing(kg=Decimal(str(sent["value"])), at=one.at, fact=one.key)
        if one.body.get("medication") != "tocilizumab":
            continue
        mg = Decimal(one.body["dose"]["value"])
        doses.setdefault(who, []).append(Given(fact=one.key, at=one.at, mg=mg))
        weights.setdefault(who, {})[one.key] = weighed[who]
    assert sum(map(len, doses.values())) > 10
    for patient in patients:
        situation = Situation(
            doses=tuple(doses.get(patient.mrn, ())), began_at=patient.infused_at, now=NOW, zone=UTC
        )
        assert breaches(situation, rules, weights.get(patient.mrn, {})) == ()
        twice = unreconciled(situation, rules.handling, NOW)
        assert len(twice) == (patient.shows == "charted_twice")


@pytest.mark.parametrize("seed", range(12))
def test_whoever_is_shown_by_the_clock_plays_no_other_part(products: Products, seed: int) -> None:
    patients = invent(products, seed, NOW)
    wrong, parts = mishaps(patients, NOW), scenes(patients, NOW)
    used = {one.patient.mrn for one in (*wrong.before, *wrong.after)}
    used |= {one.mrn for one in parts.players}
    shown = {one.mrn for one in patients if one.course.plan.by_the_clock}
    assert len(shown) == 3
    assert not used & shown
    assert parts.in_theatre.course.plan.in_hospital(parts.in_theatre.hours(NOW))


def test_each_case_that_is_pointed_at_is_there_once(products: Products) -> None:
    patients = invent(products, 1, NOW)
    assert Counter(one.shows for one in patients if one.shows) == dict.fromkeys(
        (THREE_DOSES, *SHOWN), 1
    )


@pytest.mark.parametrize("seed", range(4))
def test_a_weight_is_told_before_what_was_charted_after_it(products: Products, seed: int) -> None:
    """A dose rests on it."""
    newest: dict[int, datetime] = {}
    for one in backfill(invent(products, seed, NOW), NOW, seed):
        kinds = {sent["kind"] for sent in one.body.get("observations", ())}
        before = newest.get(one.patient.number, one.at)
        assert "weight" not in kinds or one.at >= before
        newest[one.patient.number] = max(before, one.at)
