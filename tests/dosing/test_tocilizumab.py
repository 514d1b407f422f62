"""Every row of `tocilizumab.md` is what the check answers, and the second check too."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

import pytest

from tests.dosing import second_check
from tests.dosing.dose_tables import Row, names, rows
from tests.dosing.hand_rules import BY_HAND, at_site, site_of
from tests.dosing.second_check import micros
from tests.every import every
from toxmon.dosing.check import check
from toxmon.dosing.drug import DrugRules
from toxmon.protocol import load_protocols

ROWS = rows()


def _shipped() -> DrugRules:
    drug = load_protocols().drug("tocilizumab")
    assert drug is not None
    return drug.rules


SHIPPED = _shipped()


def named(row: Row) -> str:
    return f"{row.heading}: {row.case}"


def in_utc(at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone(UTC)


@pytest.mark.parametrize("row", ROWS, ids=named)
@pytest.mark.parametrize("source", [BY_HAND, SHIPPED], ids=["by hand", "shipped"])
def test_row(row: Row, source: DrugRules) -> None:
    rules = at_site(source, row.policy, row.site)
    answer = check(row.asked, row.situation, rules)

    assert {reason.code for reason in answer.reasons} == row.reasons
    assert answer.allowed == row.allowed
    # In UTC: an instant that the clock on the wall shows twice equals none of another zone.
    assert in_utc(answer.next_allowed_at) == in_utc(row.next_at)
    left = {
        "left_24_h": answer.remaining_in_24_h,
        "left_treatment": answer.remaining_in_treatment,
        "left_episode": answer.remaining_in_episode,
    }
    assert left == {**left, **row.left}
    assert (answer.computed and answer.computed.mg) == row.computed_mg
    assert set(answer.warnings) == row.warnings
    assert len(answer.warnings) == len(set(answer.warnings)), "a warning is given once"
    assert answer.policy == row.policy
    for reason in answer.reasons:
        assert reason.detail
        assert reason.source
        assert set(reason.facts) <= {each.fact for each in row.situation.doses} | {
            each.permission for each in row.situation.held
        }


@every("row", ROWS, ids=named)
def test_second_check_on_row(row: Row) -> None:
    site = site_of(at_site(BY_HAND, row.policy, row.site))
    answer = second_check.answer(row.asked, row.situation, site)

    assert answer.codes == row.reasons
    assert answer.allowed == row.allowed
    assert answer.next_at == (None if row.next_at is None else micros(row.next_at))
    left = {
        "left_24_h": answer.left_24_h,
        "left_treatment": answer.left_treatment,
        "left_episode": answer.left_episode,
    }
    assert left == {**left, **row.left}
    assert answer.mg == (None if row.computed_mg is None else Fraction(row.computed_mg))


@pytest.mark.parametrize(("name", "same"), names())
def test_names(name: str, same: bool) -> None:
    assert SHIPPED.is_called(name) is same


def test_every_reason_is_in_a_row() -> None:
    found = {code for row in ROWS for code in row.reasons}
    assert found == {
        "interval", "unknown_interval", "doses_in_24_h", "doses_in_treatment", "doses_in_episode",
        "unreconciled", "dose_above_cap", "dose_above_weight", "weight_missing", "weight_stale",
        "indication", "doses_elsewhere",
    }  # fmt: skip
