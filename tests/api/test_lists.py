"""Lists by pages: everything once, in order, also when something is added meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Api, Clock


def pages(api: Api, path: str, limit: int, by: str = "nurse") -> list[list[dict[str, Any]]]:
    """All pages of a list, as a program reads them."""
    found = []
    cursor = ""
    while cursor is not None:
        mark = "&" if "?" in path else "?"
        reply = api.get(f"{path}{mark}limit={limit}{cursor}", by=by)
        assert reply.status == 200, reply.body
        found.append(reply.body["items"])
        assert len(found[-1]) <= limit
        assert len(found) < 200, "a cursor leads nowhere"
        cursor = reply.body["next"] and f"&cursor={reply.body['next']}"
    return found


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 500])
def test_patients_come_once_and_in_order(api: Api, limit: int) -> None:
    ids = [api.patient(f"P{number}") for number in range(7)]
    found = [each["id"] for page in pages(api, "/patients", limit) for each in page]
    assert sorted(found) == sorted(ids)
    assert found == sorted(found)


def test_treated_patients_are_as_many_as_one_asks_for(api: Api) -> None:
    treated = [api.treated(), api.treated(), api.treated(at="2026-03-01T07:00:00Z")]
    assert len(set(treated)) == 3
    numbers = [each["identifiers"][0]["value"] for each in api.get("/patients").body["items"]]
    assert len(set(numbers)) == 3


@pytest.mark.parametrize("limit", [1, 2, 5, 11, 12])
def test_observations_come_in_bedside_order(api: Api, clock: Clock, limit: int) -> None:
    """Several of one instant among them: the cursor must not stop at, or skip, any of these."""
    patient = api.patient()
    clock.forward(hours=4)
    for minute in (40, 10, 10, 30, 20):
        api.chart(
            patient, f"2026-03-01T09:{minute}:00Z", heart_rate=(80, "/min"), seizure="none"
        )  # fmt: skip
    api.chart(patient, "2026-03-01T09:10:00Z", heart_rate=(81, "/min"))
    path = f"/patients/{patient}/observations"
    read = [each for page in pages(api, path, limit) for each in page]
    assert len({each["id"] for each in read}) == len(read) == 11
    times = [each["effective_at"] for each in read]
    assert times == sorted(times)


def test_what_is_added_behind_the_cursor_is_not_missed(api: Api, clock: Clock) -> None:
    patient = api.patient()
    clock.forward(hours=4)
    for minute in range(10, 14):
        api.chart(patient, f"2026-03-01T09:{minute}:00Z", heart_rate=(80, "/min"))
    path = f"/patients/{patient}/observations"
    first = api.get(f"{path}?limit=2").body
    api.chart(patient, "2026-03-01T09:10:30Z", heart_rate=(99, "/min"))
    api.chart(patient, "2026-03-01T09:12:30Z", heart_rate=(98, "/min"))
    rest = api.get(f"{path}?limit=10&cursor={first['next']}").body
    assert [each["value"] for each in rest["items"]] == [80, 98, 80]
    assert rest["next"] is None


def test_a_list_can_be_narrowed(api: Api, clock: Clock) -> None:
    patient = api.treated()
    clock.forward(hours=4)
    for minute in (10, 20, 30):
        at = f"2026-03-01T09:{minute}:00Z"
        api.chart(patient, at, heart_rate=(minute, "/min"), seizure="none")
    path = f"/patients/{patient}/observations"

    def values(query: str) -> list[Any]:
        return [each["value"] for page in pages(api, f"{path}?{query}", 2) for each in page]

    assert values("kind=heart_rate") == [10, 20, 30]
    assert values("kind=heart_rate&from=2026-03-01T09:20:00Z") == [20, 30]
    assert values("kind=heart_rate&to=2026-03-01T09:20:00Z") == [10, 20]
    assert values("kind=heart_rate&from=2026-03-01T09:20:00Z&to=2026-03-01T09:20:00Z") == [20]
    assert values("kind=heart_rate&from=2026-03-01T09:30:00Z&to=2026-03-01T09:10:00Z") == []
    # A pattern of the database is no pattern here, and an act is no observation.
    assert values("kind=weight") == []
    assert len(values("from=2026-03-01T06:00:00Z")) == 6


@pytest.mark.parametrize("limit", [2, 3, 500])
def test_the_audit_comes_in_order_without_a_gap(api: Api, limit: int) -> None:
    patient = api.patient()
    for minute in range(10, 15):
        api.chart(patient, f"2026-03-01T07:{minute}:00Z", heart_rate=(80, "/min"))
    end = len(api.get("/audit?limit=500", by="auditor").body["items"])
    read = [each["n"] for page in pages(api, "/audit", limit, by="auditor") for each in page]
    # Each reading adds a link, so that by pages of one nobody would ever come to an end.
    assert read[:end] == list(range(1, end + 1))
    assert read == sorted(set(read))
    mine = api.get(f"/audit?patient={patient}&limit=500", by="auditor").body["items"]
    assert [each["action"] for each in mine] == ["enrol", *["chart"] * 5]


def test_a_patient_is_found_by_any_of_its_identifiers(api: Api) -> None:
    both = [{"system": "urn:mrn", "value": "A|1"}, {"system": "http://b/c", "value": "Ä 2"}]
    patient = api.patient(identifiers=both)
    for query in ("urn:mrn|A|1", "urn:mrn%7CA%7C1", "http://b/c|%C3%84%202"):
        found = api.get(f"/patients?identifier={query}").body["items"]
        assert [each["id"] for each in found] == [patient]
    for query in ("urn:mrn|A", "urn:mrn|a|1", "urn:MRN|A|1", "urn:mrn|", "|A|1"):
        assert api.get(f"/patients?identifier={query}").body == {"items": [], "next": None}
