"""A saved state of an older version is folded again, and nobody has to do anything for it."""

from __future__ import annotations

import pytest

from tests.actions.weeks import (
    DAY_31,
    chart,
    findings,
    grades,
    history,
    interval,
    on,
    sweep,
)
from tests.conftest import Api, Clock
from toxmon.actions import refold


def old_form(api: Api, patient: str, *tables: str) -> None:
    """As a state was saved before there was a ledger."""
    mine = "treatment_id in (select treatment_id from fold where patient_id = :id)"
    with api.service.store.writing():
        for table in tables:
            api.service.store.execute_later(
                f"update {table} set state = '[1]', ledger = null where {mine}", {"id": patient}
            )


def test_an_old_saved_state_is_folded_again_by_the_next_fact(api: Api, clock: Clock) -> None:
    patient = api.treated()
    for day in range(3, 9):
        chart(api, clock, patient, on(day), anc=(300, "/uL"))
    old_form(api, patient, "fold", "checkpoint")
    assert [finding.what for finding in findings(api)] == [
        "its saved state cannot be read; repair folds it again"
    ]
    assert interval(grades(api, patient)["icaht_early"]) == (1, 4)
    body = chart(api, clock, patient, on(9), anc=(300, "/uL"))
    assert interval(body["grades"]["icaht_early"]) == (2, 4)
    assert [change["scale"] for change in body["changes"]] == ["icaht_early"]
    assert findings(api) == []


def test_an_old_saved_state_is_folded_again_by_the_sweep(api: Api, clock: Clock) -> None:
    patient = api.treated()
    for day in range(3, 27):
        chart(api, clock, patient, on(day), anc=(300, "/uL"))
    old_form(api, patient, "fold", "checkpoint")
    before = len(history(api, patient, "icaht_early"))
    clock.now = on(33)
    sweep(api, clock)
    rows = history(api, patient, "icaht_early")
    assert [(each["at"], each["cause"]) for each in rows[before:]] == [(DAY_31, ["lapsed"])]
    assert findings(api) == []


def test_an_old_checkpoint_is_passed_over(
    api: Api, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refold, "CHECKPOINT_EVERY", 4)
    patient = api.treated()
    for day in range(3, 20):
        chart(api, clock, patient, on(day), anc=(300, "/uL"))
    rows = api.service.store.query("select state from checkpoint")
    assert len(rows) > 2
    old_form(api, patient, "checkpoint")
    body = chart(api, clock, patient, on(14, 20), anc=(2000, "/uL"), platelets=(15, "10*9/L"))
    # The lowest of a day counts, so the neutrophils are as they were, and the platelets are new.
    assert {change["scale"] for change in body["changes"]} >= {"t_icaht_early", "thrombocytopenia"}
    assert "icaht_early" not in {change["scale"] for change in body["changes"]}
    assert interval(grades(api, patient)["icaht_early"]) == (3, 4)
    assert findings(api) == []
