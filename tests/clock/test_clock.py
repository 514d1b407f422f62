"""The clock of the system, and the beat that keeps time by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from freezegun import freeze_time

from tests.conftest import Api, Clock
from toxmon import clock
from toxmon.actions import Service
from toxmon.actions.lapse import SETTLING, lapse_due
from toxmon.scheduler import Watch
from toxmon.store import NEVER, assessments


def test_now_is_aware_and_in_utc() -> None:
    with freeze_time("2026-03-29 01:30:00"):
        assert clock.now() == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
        assert clock.now().utcoffset() == timedelta(0)


def test_a_token_dies_when_its_time_has_come(api: Api, service: Service) -> None:
    """The service asks the system's clock here, and not one that is turned by hand."""
    service.clock = clock.now
    with freeze_time("2026-03-01 08:00:00") as frozen:
        token = api.token("nurse", lasts=timedelta(hours=12))
        assert api.get("/patients", by=token).status == 200
        frozen.move_to("2026-03-01 20:00:00")
        api.app.extensions["toxmon_tokens"].clear()
        assert api.get("/patients", by=token).status == 401


def test_the_sweep_keeps_a_lapse_once_however_often_it_beats(
    api: Api, clock: Clock, service: Service
) -> None:
    patient = api.treated()
    clock.forward(hours=2)
    api.chart(patient, "2026-03-01T10:00:00Z", body_temperature=(38.5, "Cel"))
    treatment = api.get(f"/patients/{patient}/grades").body["treatment"]["id"]
    clock.forward(hours=6)
    watch = Watch(service, 15)
    for _ in range(3):
        assert watch.beat() <= 15
    standing = assessments.standing(service.store, treatment, NEVER)
    lapsed = [row["effective_at"] for row in standing if row["cause"] == '["lapsed"]']
    assert lapsed == [datetime(2026, 3, 1, 16, tzinfo=UTC)]


def test_the_sweep_leaves_a_record_that_is_being_typed_in(
    api: Api, clock: Clock, service: Service
) -> None:
    patient = api.treated()
    clock.forward(hours=9)
    api.chart(patient, "2026-03-01T10:00:00Z", body_temperature=(38.5, "Cel"))
    assert lapse_due(service) == 0
    clock.forward(seconds=SETTLING.total_seconds())
    assert lapse_due(service) == 1
