"""Which reserved or released dose a dose that was given has used up: one at the most, and its own.

What a dose uses up counts no more. Too little would count one dose as two and refuse a later one;
too much would forget a bag that somebody still holds, and permit another one beside it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.conftest import Api, Clock

BODY = {"dose": {"value": 560, "unit": "mg"}}


class Ward:
    """A patient with a weight, a pharmacist and a nurse."""

    def __init__(self, api: Api, clock: Clock) -> None:
        self.api, self.clock = api, clock
        self.id = api.patient()
        weighed = api.chart(self.id, clock.now.isoformat(), weight=(70, "kg"))
        assert weighed.status == 201, weighed.body

    def permit(self, what: str, at: datetime | None = None) -> str:
        body = BODY if at is None else {**BODY, "at": at.isoformat()}
        path = f"/patients/{self.id}/dosing/tocilizumab/{what}"
        made = self.api.post(path, body, by="pharmacist")
        assert made.status == 201, made.body
        found: str = made.body["permission"]["id"]
        return found

    def give(self, permission: str | None = None) -> None:
        body = {**BODY, "medication": "tocilizumab", "given_at": self.clock.now.isoformat()}
        made = self.api.post(
            f"/patients/{self.id}/administrations", {**body, "permission": permission}
        )
        assert made.status == 201, made.body

    def counts(self) -> tuple[int, list[str]]:
        """(doses given, permissions that are held)."""
        told = self.api.get(f"/patients/{self.id}/dosing/tocilizumab").body
        return len(told["given"]), [each["id"] for each in told["held"]]


@pytest.fixture
def ward(api: Api, clock: Clock) -> Ward:
    return Ward(api, clock)


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("what", ["reservations", "releases"])
def test_the_dose_that_was_released_is_one_dose(ward: Ward, what: str, named: bool) -> None:
    permission = ward.permit(what)
    assert ward.counts() == (0, [permission])
    ward.clock.forward(minutes=20)
    ward.give(permission if named else None)
    assert ward.counts() == (1, [])


def test_it_is_not_the_one_that_has_lapsed_before(ward: Ward) -> None:
    ward.permit("reservations")
    ward.clock.forward(hours=1)
    released = ward.permit("releases")
    assert ward.counts() == (0, [released])
    ward.clock.forward(minutes=10)
    ward.give()
    assert ward.counts() == (1, []), "one dose, and not two"


def test_it_is_not_the_one_that_is_released_for_the_evening(ward: Ward) -> None:
    evening = ward.clock.now + timedelta(hours=8)
    later = ward.permit("releases", evening)
    ward.clock.forward(minutes=5)
    ward.give()
    assert ward.counts() == (1, [later]), "the bag for the evening is still there"
    # Nobody gets a second one beside it.
    ward.clock.now = evening + timedelta(minutes=5)
    path = f"/patients/{ward.id}/dosing/tocilizumab/releases"
    assert ward.api.post(path, BODY, by="pharmacist").status == 409


def test_a_dose_that_names_its_own_uses_no_other(ward: Ward) -> None:
    first = ward.permit("releases")
    back = {"reason": "spilled"}
    returned = ward.api.post(f"/patients/{ward.id}/permissions/{first}/return", back)
    assert returned.status == 201, returned.body
    second = ward.permit("releases")
    ward.give(first)
    assert ward.counts() == (1, [second]), "it was charted for the bag that was taken back"


def test_two_records_of_one_dose_use_one(ward: Ward) -> None:
    evening = ward.clock.now + timedelta(hours=8)
    ward.permit("releases")
    later = ward.permit("releases", evening)
    ward.clock.forward(minutes=1)
    ward.give()
    ward.clock.forward(minutes=1)
    ward.give()
    given, held = ward.counts()
    assert given == 2
    assert held == [later]


def test_the_nearest_of_two_is_used(ward: Ward) -> None:
    evening = ward.clock.now + timedelta(hours=8)
    later = ward.permit("releases", evening)
    now = ward.permit("releases")
    ward.clock.forward(minutes=2)
    ward.give()
    assert ward.counts() == (1, [later])
    assert now != later
