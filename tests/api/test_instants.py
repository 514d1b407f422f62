"""Times: what is read, what is refused, and where the future and a birth begin.

The ward's clock says 08:00 UTC on 1 March 2026; its patient was born on 2 May 1961.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.api.conftest import Ward, kept, pointers
from tests.conftest import Api, Clock
from tests.every import every

# what is sent, what the answer says it is not
NO_INSTANT: tuple[tuple[Any, str], ...] = (
    ("2026-03-01T07:00:00", "has no offset"),
    ("2026-03-01T07:00:00.5", "has no offset"),
    ("2026-03-01 07:00:00", "has no offset"),
    ("2026-03-01T07:00:00-00:00", "-00:00"),
    ("2026-03-01T07:00:00.000-00:00", "-00:00"),
    ("2016-12-31T23:59:60Z", "calendar"),
    ("2026-03-01T07:00:60Z", "calendar"),
    ("2026-03-01T24:00:00Z", "calendar"),
    ("2026-03-01T07:60:00Z", "calendar"),
    ("2026-02-30T07:00:00Z", "calendar"),
    ("2026-02-29T07:00:00Z", "calendar"),
    ("2026-13-01T07:00:00Z", "calendar"),
    ("2026-00-01T07:00:00Z", "calendar"),
    ("2026-03-00T07:00:00Z", "calendar"),
    ("0000-03-01T07:00:00Z", "calendar"),
    ("0001-01-01T00:00:00+14:00", "calendar"),
    ("9999-12-31T23:59:59-14:00", "calendar"),
    ("2026-03-01T07:00:00+24:00", "calendar"),
    ("2026-03-01T07:00:00+99:99", "calendar"),
    ("0001-01-01T00:00:00Z", "year"),
    ("1899-12-31T23:59:59Z", "year"),
    ("2200-01-01T00:00:00Z", "year"),
    ("9999-12-31T23:59:59Z", "year"),
    ("10000-03-01T07:00:00Z", "instant"),
    ("-2026-03-01T07:00:00Z", "instant"),
    ("+002026-03-01T07:00:00Z", "instant"),
    ("2026-3-1T7:00:00Z", "instant"),
    ("20260301T070000Z", "instant"),
    ("2026-W09-7T07:00:00Z", "instant"),
    ("2026-060T07:00:00Z", "instant"),
    ("2026-03-01T07:00Z", "instant"),
    ("2026-03-01T07Z", "instant"),
    ("2026-03-01", "instant"),
    ("07:00:00Z", "instant"),
    ("2026-03-01 07:00:00Z", "instant"),
    ("2026-03-01T07:00:00 Z", "instant"),
    (" 2026-03-01T07:00:00Z", "instant"),
    ("2026-03-01T07:00:00Z\n", "instant"),
    ("2026-03-01T07:00:00+0100", "instant"),
    ("2026-03-01T07:00:00+01", "instant"),
    ("2026-03-01T07:00:00+1:00", "instant"),
    ("2026-03-01T07:00:00+01:00:00", "instant"),
    ("2026-03-01T07:00:00\N{MINUS SIGN}01:00", "instant"),
    ("2026-03-01T07:00:00 CET", "instant"),
    ("2026-03-01T07:00:00+01:00[Europe/Berlin]", "instant"),
    ("2026-03-01T07:00:00.Z", "instant"),
    ("2026-03-01T07:00:00,5Z", "instant"),
    ("2026-03-01T07:00:00.0123456789Z", "instant"),
    ("٢٠٢٦-03-01T07:00:00Z", "instant"),
    ("03/01/2026 07:00:00", "instant"),
    ("01.03.2026 07:00", "offset"),
    ("now", "instant"),
    ("", "instant"),
    ("Z" * 100_000, "instant"),
    ("0" * 100_000, "offset"),
    (1772348400, "instant"),
    (1772348400000, "instant"),
    (1772348400.5, "instant"),
    (True, "instant"),
    ([2026, 3, 1], "instant"),
    ({"year": 2026}, "instant"),
)

# what is sent, how it is told again
INSTANTS = (
    ("2026-03-01T07:00:00Z", "2026-03-01T07:00:00Z"),
    ("2026-03-01t07:00:00z", "2026-03-01T07:00:00Z"),
    ("2026-03-01T07:00:00+00:00", "2026-03-01T07:00:00Z"),
    ("2026-03-01T08:00:00+01:00", "2026-03-01T07:00:00Z"),
    ("2026-03-01T12:45:00+05:45", "2026-03-01T07:00:00Z"),
    ("2026-02-28T19:00:00-12:00", "2026-03-01T07:00:00Z"),
    ("2026-03-01T20:59:00+14:00", "2026-03-01T06:59:00Z"),
    ("2026-03-01T07:00:00.5Z", "2026-03-01T07:00:00.500000Z"),
    ("2026-03-01T07:00:00.123456Z", "2026-03-01T07:00:00.123456Z"),
    ("2026-03-01T07:00:00.123456999Z", "2026-03-01T07:00:00.123456Z"),
    ("2026-03-01T07:59:59.9999999+00:00", "2026-03-01T07:59:59.999999Z"),
    # 29 March 2026 has no 02:30 in Berlin; an offset says what is meant all the same.
    ("2025-03-30T02:30:00+01:00", "2025-03-30T01:30:00Z"),
    ("2024-02-29T07:00:00Z", "2024-02-29T07:00:00Z"),
)


def at(effective_at: Any) -> dict[str, Any]:
    one = {"kind": "heart_rate", "value": 80, "unit": "/min"}
    return {"effective_at": effective_at, "observations": [one]}


@every("case", NO_INSTANT)
def test_what_is_no_instant_is_refused(ward: Ward, case: tuple[Any, str]) -> None:
    sent, words = case
    before = kept(ward.api.service)
    reply = ward.api.post(f"/patients/{ward.patient}/observations", at(sent))
    ward.refused(reply, 422, "/effective_at")
    assert words in reply.body["errors"][0]["detail"]
    assert kept(ward.api.service) == before
    ward.chart_well()


@pytest.mark.parametrize("case", INSTANTS, ids=[case[0] for case in INSTANTS])
def test_an_instant_is_told_in_utc(ward: Ward, case: tuple[str, str]) -> None:
    sent, told = case
    reply = ward.api.post(f"/patients/{ward.patient}/observations", at(sent))
    assert reply.status == 201, reply.body
    mine = reply.body["observations"][0]["id"]
    items: list[Any] = []
    cursor = ""
    while cursor is not None:
        page = ward.api.get(f"/patients/{ward.patient}/observations?limit=500{cursor}").body
        items += page["items"]
        cursor = page["next"] and f"&cursor={page['next']}"
    assert [item["effective_at"] for item in items if item["id"] == mine] == [told]


@pytest.mark.parametrize(
    ("ahead", "status"),
    [
        (timedelta(minutes=5), 201),
        (timedelta(minutes=5, microseconds=1), 422),
        (timedelta(minutes=5, seconds=1), 422),
        (timedelta(days=1), 422),
        (timedelta(days=36525), 422),
    ],
)
def test_the_future_begins_after_5_minutes(
    api: Api, clock: Clock, ahead: timedelta, status: int
) -> None:
    path = f"/patients/{api.patient()}/observations"
    before = kept(api.service)
    sent = (clock.forward(minutes=1) + ahead).isoformat()
    reply = api.post(path, at(sent))
    assert reply.status == status, reply.body
    if status == 422:
        assert pointers(reply) == ["/effective_at"]
        assert "future" in reply.body["errors"][0]["detail"]
        assert kept(api.service) == before


def test_what_was_before_the_birth_is_refused(ward: Ward) -> None:
    path = f"/patients/{ward.patient}/observations"
    before = kept(ward.api.service)
    reply = ward.api.post(path, at("1961-05-01T21:59:59Z"))
    ward.refused(reply, 422, "/effective_at")
    assert "birth" in reply.body["errors"][0]["detail"]
    assert kept(ward.api.service) == before
    assert ward.api.post(path, at("1961-05-02T12:00:00Z")).status == 201


# the site's zone, the last instant before its 2 May 1961, the first of it
MIDNIGHTS = (
    ("Pacific/Auckland", "1961-05-01T11:59:59.999999Z", "1961-05-01T12:00:00Z"),
    ("America/Los_Angeles", "1961-05-02T06:59:59.999999Z", "1961-05-02T07:00:00Z"),
    ("Europe/Berlin", "1961-05-01T22:59:59.999999Z", "1961-05-01T23:00:00Z"),
)


@pytest.mark.parametrize(("zone", "before", "first"), MIDNIGHTS, ids=[m[0] for m in MIDNIGHTS])
def test_the_day_of_birth_begins_at_the_site_s_own_midnight(
    api: Api, zone: str, before: str, first: str
) -> None:
    """In every body: of a set, of an act, of a line of a batch, and beside another fault."""
    api.service.zone = ZoneInfo(zone)
    patient = api.patient()
    path = f"/patients/{patient}/observations"
    kept_before = kept(api.service)
    early = api.post(path, at(before))
    assert (early.status, pointers(early)) == (422, ["/effective_at"])
    both = api.post(path, at(before) | {"observations": []})
    assert sorted(pointers(both)) == ["/effective_at", "/observations"]
    given = {"medication": "vitamin k", "given_at": before}
    act = api.post(f"/patients/{patient}/administrations", given)
    assert (act.status, pointers(act)) == (422, ["/given_at"])
    line = {"patient_id": patient, **at(before)}
    wrong = {**line, "observations": []}
    for told in api.post("/observations/batch", [line, wrong]).body:
        assert told["status"] == 422
        assert told["errors"][0]["pointer"] in ("/effective_at", "/observations")
        assert "birth" in told["errors"][-1]["detail"]
    assert kept(api.service) == kept_before
    assert api.post(path, at(first)).status == 201
    assert api.post("/observations/batch", [{**line, **at(first)}]).body[0]["status"] == 201


def test_a_birth_in_an_hour_that_the_clocks_skipped(api: Api) -> None:
    """On 15 October 2017 São Paulo had no midnight: the day began at 01:00, which is 03:00Z."""
    api.service.zone = ZoneInfo("America/Sao_Paulo")
    path = f"/patients/{api.patient(birth_date='2017-10-15')}/observations"
    assert api.post(path, at("2017-10-15T02:59:59Z")).status == 422
    assert api.post(path, at("2017-10-15T03:00:00Z")).status == 201


def test_who_has_no_date_of_birth_may_be_as_old_as_anybody(ward: Ward) -> None:
    path = f"/patients/{ward.untreated}/observations"
    assert ward.api.post(path, at("1900-01-01T00:00:00Z")).status == 201


@pytest.mark.parametrize("name", ["as_of", "known_at"])
@pytest.mark.parametrize("sent", ["2026-03-01T07:00:00", "yesterday", "2026-02-30T07:00:00Z", ""])
def test_a_moment_that_is_asked_for_is_an_instant(ward: Ward, name: str, sent: str) -> None:
    ward.refused(ward.api.get(f"/patients/{ward.patient}/grades?{name}={sent}"), 422, f"/{name}")


def test_an_offset_is_read_from_a_query_too(ward: Ward) -> None:
    path = f"/patients/{ward.patient}/grades?as_of=2026-03-01T08:30:00%2B01:00"
    assert ward.api.get(path).body["as_of"] == "2026-03-01T07:30:00Z"
    # A plus that is not encoded is a blank, and a blank is no offset.
    ward.refused(ward.api.get(path.replace("%2B", "+")), 422, "/as_of")


@pytest.mark.parametrize("year", ["1900", "2199"])
def test_grades_can_be_asked_for_at_the_ends_of_time(ward: Ward, year: str) -> None:
    for query in (f"as_of={year}-12-31T23:59:59Z", f"known_at={year}-12-31T23:59:59Z"):
        assert ward.api.get(f"/patients/{ward.patient}/grades?{query}").status == 200
