"""A thousand races for a dose: no limit is ever exceeded, and who loses is told why, and by whom.

On each database, 500 times, two to eight people reserve, release, take back and record doses of one
patient in the same instant, half of them at one server and half at another. Each patient comes to
four doses; after that nobody is permitted another one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random
from threading import Barrier
from typing import Any

import pytest

from tests.conftest import Api, Reply
from tests.dosing.race import (
    GAP,
    IN_A_TREATMENT,
    Act,
    Loser,
    Patient,
    RacingWard,
    Winner,
    above_a_limit,
    begin,
    give,
    racing_ward,
    release,
    take_back,
)
from toxmon.actions import Service, look_up, permissions
from toxmon.protocol import Protocols

RACES_OF_A_PATIENT = 25
PATIENTS = 20
"""On each of two databases: 500 races there, a thousand in all."""
# The fourth dose leaves two races for what may not be permitted any more.
WITH_A_DOSE = {4, 10, 16, 22}
CLIENTS = [2] * 10 + [3] * 5 + [4] * 2 + [5, 6, 8]
AHEAD = [timedelta(0)] * 4 + [timedelta(minutes=1), GAP - timedelta(seconds=1), GAP, 2 * GAP]


@pytest.fixture
def ward(database_url: str, protocols: Protocols) -> Iterator[RacingWard]:
    with racing_ward(database_url, protocols) as found:
        yield found


@pytest.mark.hazard("H46")
def test_a_thousand_races(ward: RacingWard) -> None:
    random = Random(20260301)
    outcomes: Counter[str] = Counter()
    for number in range(PATIENTS):
        # One in ten is infused: there everything is graded anew, which takes the longest.
        patient = ward.admit(infused=number % 10 == 0)
        for race in range(RACES_OF_A_PATIENT):
            if race % 5 == 0:
                ward.weigh(patient)
            if race in WITH_A_DOSE:
                found = race_with_a_dose(ward, patient, random)
            elif race % 5 == 3:
                found = race_for_a_reservation(ward, patient, random)
            else:
                found = race_for_a_dose(ward, patient, random)
            outcomes.update(type(each).__name__ for each in found)
            ward.clock.forward(hours=25)
        assert patient.doses == IN_A_TREATMENT
        assert len(ward.starts(patient)) == IN_A_TREATMENT
    assert outcomes["Winner"] > PATIENTS * RACES_OF_A_PATIENT * 0.9
    assert outcomes["Loser"] > PATIENTS * RACES_OF_A_PATIENT * 0.9


def race_for_a_dose(ward: RacingWard, patient: Patient, random: Random) -> list[Winner | Loser]:
    """Several want a dose, some of them for later."""
    now = ward.clock.now
    acts = [
        begin(patient, random.choice(["reserved"] * 4 + ["released"]), now + random.choice(AHEAD))
        for _ in range(random.choice(CLIENTS))
    ]
    found = ward.race(acts)
    won = finished(ward, patient, found)
    assert bool(won) == (patient.doses < IN_A_TREATMENT)
    for each in found:
        if isinstance(each, Loser):
            assert each.check is not None, each.says
            named = {fact for reason in each.check["reasons"] for fact in reason["facts"]}
            assert named, "who has lost is told to what"
            assert not won or named & set(won), "and to whom"
    return found


def race_for_a_reservation(
    ward: RacingWard, patient: Patient, random: Random
) -> list[Winner | Loser]:
    """One has reserved a dose; several release it or want another one, and one takes it back."""
    first = ward.race([begin(patient, "reserved")])[0]
    if patient.doses == IN_A_TREATMENT:
        assert isinstance(first, Loser)
        return [first]
    assert isinstance(first, Winner)
    reserved = first.told["id"]
    several = random.choice(CLIENTS)
    acts: list[Act] = [release(patient, reserved) for _ in range(several - several // 3)]
    acts += [begin(patient, "released") for _ in range(several // 3)]
    if random.random() < 0.2:
        acts[0] = take_back(patient, reserved)
    found = ward.race(acts)
    won = finished(ward, patient, found)
    assert won
    if acts[0].__qualname__.startswith("release"):
        assert won == [reserved], "one of those who released it, and nobody else"
    return found


def race_with_a_dose(ward: RacingWard, patient: Patient, random: Random) -> list[Winner | Loser]:
    """A nurse records that the dose was given while several release one: it is one dose."""
    now = ward.clock.now
    several = random.choice(CLIENTS)
    acts = [begin(patient, "released", now) for _ in range(several - 1)]
    acts.insert(random.randrange(several), give(patient, now))
    found = ward.race(acts)
    patient.doses += 1
    given = [each for each in found if isinstance(each, Winner) and "given" in each.told]
    assert len(given) == 1, "a dose that was given is always recorded"
    finished(ward, patient, [each for each in found if each not in given])
    assert len(ward.starts(patient)) == patient.doses
    return found


def finished(ward: RacingWard, patient: Patient, found: Sequence[Winner | Loser]) -> list[str]:
    """The permissions of those who won; no limit is exceeded. What is held is then taken back."""
    assert above_a_limit(ward.starts(patient)) is None
    won: list[str] = []
    for each in found:
        if isinstance(each, Winner):
            won.append(each.told["id"])
            if each.told["state"] == "released":
                ward.race([take_back(patient, each.told["id"])])
        else:
            assert each.says
    return won


def decided_before_the_lock(kept: Callable[..., Any]) -> Callable[..., Any]:
    """The fault that the lock is for: what limits say is read first and written afterwards."""
    meanwhile = Barrier(2)

    def unlocked(
        service: Service, actor: Any, patient_id: str, decide: Callable[..., Any], *more: Any
    ) -> Any:
        with service.store.reading():
            decided = decide(look_up.head(service, actor, patient_id), service.clock())
        meanwhile.wait(timeout=10)
        return kept(service, actor, patient_id, lambda heads, now: decided, *more)

    return unlocked


def test_without_the_lock_a_race_is_lost(ward: RacingWard, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test of the test above: it sees that two were permitted one dose."""
    monkeypatch.setattr(permissions, "_kept", decided_before_the_lock(permissions._kept))
    patient = ward.admit(infused=False)
    found = ward.race([begin(patient, "reserved"), begin(patient, "released")])
    assert [type(each) for each in found] == [Winner, Winner]
    assert above_a_limit(ward.starts(patient)) == "0:00:00 apart"


def test_over_http_who_loses_gets_a_conflict_with_the_record_of_who_has_won(api: Api) -> None:
    tokens = {role: api.token(role) for role in ("physician", "pharmacist", "nurse")}
    patient = api.patient()
    weight = api.chart(patient, "2026-03-01T08:00:00Z", weight=(70, "kg"))
    assert weight.status == 201, weight.body
    body = {"dose": {"value": 560, "unit": "mg"}}
    path = f"/patients/{patient}/dosing/tocilizumab"
    seen: Counter[int] = Counter()
    with ThreadPoolExecutor(8) as pool:
        for race in range(12):
            start = Barrier(8)

            def send(place: int, start: Barrier = start) -> Reply:
                mine = Api(api.app, api.app.test_client(), api.service, dict(tokens))
                start.wait(timeout=30)
                if place % 2:
                    return mine.post(f"{path}/releases", body, by="pharmacist")
                return mine.post(f"{path}/reservations", body, by="physician")

            replies = list(pool.map(send, range(8)))
            seen.update(each.status for each in replies)
            won = next(each.body["permission"] for each in replies if each.status == 201)
            for lost in (each.body for each in replies if each.status == 409):
                assert [each["code"] for each in lost["reasons"]] == ["interval"]
                assert [each["id"] for each in lost["check"]["held"]] == [won["id"]]
                assert lost["check"]["held"][0]["by"] == won["by"]
                assert lost["next_allowed_at"] == lost["check"]["next_allowed_at"]
            back = api.post(
                f"/patients/{patient}/permissions/{won['id']}/return", {"reason": f"race {race}"}
            )
            assert back.status == 201, back.body
    assert seen == {201: 12, 409: 12 * 7}
