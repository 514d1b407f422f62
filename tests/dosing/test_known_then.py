"""What the record comes to say changes the answer now; what was told then is answered again.

A dose that is charted late, corrected or taken back is counted anew everywhere. The answer of an
earlier time, asked for with `known_at`, stays byte for byte what was on the screen then.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from tests.conftest import Api, Clock
from tests.dosing import second_check
from tests.dosing.second_check import Site, micros
from toxmon.actions.dosing import drug_of
from toxmon.actions.situations import breaches_of
from toxmon.dosing.situation import Asked, Given, Situation
from toxmon.store import patients

OF_TIME_AND_NUMBER = {
    "interval", "unknown_interval", "doses_in_24_h", "doses_in_treatment", "unreconciled",
}  # fmt: skip
STEPS = 18


@dataclass
class Bed:
    """A patient with a weight, whose doses are charted, corrected and taken back."""

    api: Api
    clock: Clock
    id: str = ""
    doses: dict[str, Given] = field(default_factory=dict)
    """By the id of the record that stands, the dose; its `fact` is the id of its first record."""
    distinct: set[tuple[str, str]] = field(default_factory=set)

    def begin(self) -> None:
        self.id = self.api.patient(mrn=f"K{next(self.api.numbers)}")
        self.ok("POST", f"/patients/{self.id}/observations", {
            "effective_at": self.clock.now.isoformat(),
            "observations": [{"kind": "weight", "value": 70, "unit": "kg"}],
        })  # fmt: skip

    def ok(self, method: str, path: str, body: Any = None, by: str = "nurse") -> Any:
        answer = self.api.call(method, path, body, by=by)
        assert answer.status in (200, 201), answer.body
        self.clock.forward(seconds=1)
        return answer.body

    def asked(self, known_at: datetime | None = None) -> Any:
        return self.api.get(self._path(known_at)).body

    def screen(self, known_at: datetime | None = None) -> bytes:
        """The answer as it was sent."""
        return self.api.get(self._path(known_at)).raw

    def _path(self, known_at: datetime | None) -> str:
        # An offset has a plus, which a query reads as a space.
        at = "" if known_at is None else f"?known_at={known_at:%Y-%m-%dT%H:%M:%S.%fZ}"
        return f"/patients/{self.id}/dosing/tocilizumab{at}"

    def codes(self) -> set[str]:
        return {each["code"] for each in self.asked()["reasons"]} & OF_TIME_AND_NUMBER

    def give(self, at: datetime, name: str = "tocilizumab", *, known: bool = True) -> str:
        """Chart a dose; `known` False: it was given at `at` at the latest."""
        when = {"given_at": at.isoformat()} if known else {"given_before": at.isoformat()}
        body = {"medication": name, "dose": {"value": 560, "unit": "mg"}, **when}
        made = self.ok("POST", f"/patients/{self.id}/administrations", body)
        fact: str = made["observations"][0]["id"]
        self.doses[fact] = Given(
            fact=fact, at=at if known else None, not_after=None if known else at, mg=None
        )
        return fact

    def correct(self, fact: str, at: datetime) -> str:
        body = {"given_at": at.isoformat(), "reason": "misread"}
        made = self.ok("POST", f"/administrations/{fact}/corrections", body)
        new: str = made["observations"][0]["id"]
        self.doses[new] = replace(self.doses.pop(fact), at=at, not_after=None)
        return new

    def retract(self, fact: str) -> None:
        body = {"reason": "another patient's"}
        self.ok("POST", f"/observations/{fact}/retraction", body)
        del self.doses[fact]

    def are_two(self, one: str, other: str) -> None:
        body = {"doses": [one, other], "reason": "two bags"}
        self.ok("POST", f"/patients/{self.id}/doses/distinct", body)
        first, second = sorted((self.doses[one].fact, self.doses[other].fact))
        self.distinct.add((first, second))

    def standing(self) -> Situation:
        """What stands, kept beside the record."""
        return Situation(
            doses=tuple(self.doses.values()), distinct=frozenset(self.distinct), syndromes={}
        )

    def recount(self) -> second_check.Second:
        """The second check of what stands."""
        return second_check.answer(Asked(at=self.clock.now), self.standing(), Site())

    def breaches(self) -> set[tuple[str, str]]:
        """What the record says was given beyond a limit: (dose, code)."""
        service = self.api.service
        rules = drug_of(service, "tocilizumab").rules
        with service.store.reading():
            heads = patients.heads(service.store, self.id)
            _, found = breaches_of(service, self.id, heads, rules, self.clock.now)
        return {(each.facts[0], each.code) for each in found}


@pytest.fixture
def bed(api: Api, clock: Clock) -> Bed:
    found = Bed(api, clock)
    found.begin()
    return found


def test_a_dose_charted_late_changes_the_answer_now_and_not_what_was_told(bed: Bed) -> None:
    at = bed.clock.forward(hours=12)
    told = bed.screen()
    assert bed.codes() == set()

    bed.clock.forward(minutes=30)
    late = bed.give(at - timedelta(hours=3))
    assert bed.codes() == {"interval"}
    assert bed.asked()["next_allowed_at"] == f"{at + timedelta(hours=5):%Y-%m-%dT%H:%M:%SZ}"
    assert bed.screen(at) == told
    assert bed.asked()["given"][0]["id"] == late


def test_a_correction_and_a_retraction_are_counted_anew(bed: Bed) -> None:
    start = bed.clock.now
    facts = [bed.give(start - timedelta(hours=hours)) for hours in (22, 15, 8)]
    bed.clock.now = start + timedelta(minutes=30)
    assert bed.codes() == {"doses_in_24_h"}
    earlier, told = bed.clock.now, bed.screen()

    bed.clock.forward(minutes=1)
    moved = bed.correct(facts[0], start - timedelta(hours=30))
    assert bed.codes() == set(), "it was yesterday's"
    assert bed.asked()["remaining"] == {"in_24_h": 1, "in_treatment": 1}

    bed.correct(moved, start - timedelta(hours=1))
    assert bed.codes() == {"interval", "doses_in_24_h"}
    bed.retract(facts[1])
    assert bed.codes() == {"interval"}
    assert bed.asked()["remaining"] == {"in_24_h": 1, "in_treatment": 2}
    assert bed.screen(earlier) == told


def test_a_dose_of_another_drug_corrected_to_this_one_counts(bed: Bed) -> None:
    start = bed.clock.now
    fact = bed.give(start, "siltuximab")
    assert bed.codes() == set()
    body = {"medication": "Tyenne", "reason": "the other bag"}
    made = bed.ok("POST", f"/administrations/{fact}/corrections", body)
    assert bed.codes() == {"interval"}
    back = {"medication": "siltuximab", "reason": "it was siltuximab"}
    path = f"/administrations/{made['observations'][0]['id']}/corrections"
    bed.ok("POST", path, back)
    assert bed.codes() == set()


def test_a_time_that_turns_up_answers_the_question(bed: Bed) -> None:
    start = bed.clock.forward(hours=4)
    fact = bed.give(start, known=False)
    assert bed.codes() == {"unknown_interval"}
    bed.correct(fact, start - timedelta(hours=20))
    assert bed.codes() == set()


@pytest.mark.parametrize("seed", range(4))
def test_any_history_is_recounted_and_every_answer_is_answered_again(bed: Bed, seed: int) -> None:
    """Doses, corrections, retractions and what people say of them, in any order."""
    random = Random(seed)
    told: dict[datetime, bytes] = {}
    for _ in range(STEPS):
        change_something(bed, random)
        answer = bed.asked()
        second = bed.recount()
        note = answer["given"]
        assert bed.codes() == set(second.codes) & OF_TIME_AND_NUMBER, note
        assert answer["remaining"] == {
            "in_24_h": second.left_24_h,
            "in_treatment": second.left_treatment,
        }, note
        following = answer["next_allowed_at"]
        assert (following and micros(datetime.fromisoformat(following))) == second.next_at, note
        assert bed.breaches() == second_check.broken(bed.standing(), Site(), {})
        told[bed.clock.now] = bed.screen()
        bed.clock.forward(minutes=random.choice([1, 20, 61, 200]))
    for at, answered in told.items():
        assert bed.screen(at) == answered, at


def change_something(bed: Bed, random: Random) -> None:
    ids = list(bed.doses)
    at = bed.clock.now - timedelta(minutes=random.choice([0, 0, 10, 25, 90, 480, 900, 1400]))
    if len(ids) < 2 or random.random() < 0.5:
        name = random.choice(["tocilizumab", "Actemra", "tocilizumab-aazg"])
        bed.give(at, name, known=random.random() < 0.85)
        return
    one, other = random.sample(ids, 2)
    doing = random.choice(["correct", "correct", "retract", "distinct"])
    if doing == "correct":
        bed.correct(one, at)
    elif doing == "retract":
        bed.retract(one)
    else:
        bed.are_two(one, other)


def test_what_was_reserved_then_is_told_again(bed: Bed) -> None:
    """A lease that has lapsed since, a release, and what was taken back."""
    body = {"dose": {"value": 560, "unit": "mg"}}
    path = f"/patients/{bed.id}/dosing/tocilizumab"
    made = bed.ok("POST", f"{path}/reservations", body, by="pharmacist")
    told = {bed.clock.now: bed.screen()}
    assert bed.codes() == {"interval"}
    for minutes in (5, 40):
        bed.clock.forward(minutes=minutes)
        told[bed.clock.now] = bed.screen()
    assert bed.codes() == set(), "it has lapsed"
    bed.clock.forward(minutes=1)
    made = bed.ok("POST", f"{path}/releases", body, by="pharmacist")
    told[bed.clock.now] = bed.screen()
    bed.clock.forward(hours=3)
    assert bed.codes() == {"interval"}, "a release does not lapse"
    back = f"/patients/{bed.id}/permissions/{made['permission']['id']}/return"
    bed.ok("POST", back, {"reason": "discharged"})
    assert bed.codes() == set()
    for at, answered in told.items():
        assert bed.screen(at) == answered, at


def test_a_fourth_dose_in_24_hours_is_recorded_and_told_until_it_is_none(
    api: Api, clock: Clock
) -> None:
    bed = Bed(api, clock, api.treated(at="2026-03-01T06:00:00Z"))
    start = clock.now
    clock.now = start + timedelta(hours=23)
    for hours in (0, 8, 16):
        bed.give(start + timedelta(hours=hours))
    assert open_alerts(bed) == []
    fourth = bed.give(start + timedelta(hours=22))
    (alert,) = open_alerts(bed)
    assert alert["priority"] == "high"
    assert "4 in 24 h" in alert["says"]
    assert "6 h after the one before" in alert["says"]
    # It was given at 24 h: neither too soon nor one too many.
    clock.now = start + timedelta(hours=25)
    bed.correct(fourth, start + timedelta(hours=24))
    assert bed.breaches() == set()
    (alert,) = open_alerts(bed)
    assert alert["state"] == "returned_unacknowledged", "who was told of it is told that it is none"


def open_alerts(bed: Bed) -> list[Any]:
    found = bed.api.get("/alerts?state=open&limit=200").body["items"]
    return [each for each in found if each["rule"] == "dose:breach"]
