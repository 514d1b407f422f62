"""The feed of events: each change of a record once, in the order of commits, in one's own units."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest

from tests.conftest import ADA, Api, Clock
from tests.store.rows import chart, full_record
from toxmon.actions import Actor, Service, event_types, record
from toxmon.actions.record import Charted
from toxmon.actions.sweep import sweep
from toxmon.actions.technical import decide, matter
from toxmon.actions.verify import verify
from toxmon.store import events as rows

Item = dict[str, Any]


def feed(api: Api, asked: str = "", by: str = "nurse", limit: int = 100) -> list[Item]:
    """All of it, page by page; `next` is asked on with until nothing more comes."""
    found: list[Item] = []
    after = 0
    while True:
        answer = api.get(f"/events?after={after}&limit={limit}{asked}", by=by)
        assert answer.status == 200, answer.body
        assert answer.body["next"] >= after
        assert f"after={answer.body['next']}" in answer.headers["Link"]
        if not answer.body["items"] and answer.body["next"] == after:
            return found
        found += answer.body["items"]
        after = answer.body["next"]


def test_each_change_of_a_record_is_an_event(api: Api, clock: Clock) -> None:
    patient = api.treated()
    kept = api.chart(patient, "2026-03-01T07:00:00Z", body_temperature=(39.1, "Cel"))
    fact = kept.body["observations"][0]["id"]
    wrong = {"value": 38.1, "unit": "Cel", "reason": "typed wrong"}
    corrected = api.post(f"/observations/{fact}/corrections", wrong).body
    again = corrected["observations"][0]["id"] if "observations" in corrected else None
    items = feed(api)
    assert [item["type"] for item in items][:2] == ["patient.enrolled", "infusion.charted"]
    told = {item["type"] for item in items}
    assert {"facts.charted", "facts.corrected", "grade.changed", "alarm.raised"} <= told
    assert told <= set(event_types.TYPES)
    charted = next(item for item in items if item["type"] == "facts.charted")
    assert charted["data"] == {"facts": [fact], "count": 1, "kinds": ["body_temperature"]}
    assert (charted["unit"], charted["at"]) == ("bmt-1", "2026-03-01T07:00:00Z")
    correction = next(item for item in items if item["type"] == "facts.corrected")
    assert correction["data"]["replaces"] == [fact]
    assert again is None or correction["data"]["facts"] == [again]
    graded = [item["data"] for item in items if item["type"] == "grade.changed"]
    assert any(each["scale"] == "crs" and each["low"] == 1 for each in graded)
    # Each version is told, and the events of one are counted.
    version = api.get(f"/patients/{patient}").body["version"]
    assert sorted({item["version"] for item in items}) == list(range(1, version + 1))
    for number in range(1, version + 1):
        counted = [item["n"] for item in items if item["version"] == number]
        assert counted == list(range(1, len(counted) + 1))
    assert len({item["id"] for item in items}) == len(items)
    assert [item["seq"] for item in items] == sorted(item["seq"] for item in items)


def test_an_alarm_has_the_id_that_its_own_feed_gives_it(api: Api) -> None:
    patient = api.treated()
    api.chart(patient, "2026-03-01T07:00:00Z", body_temperature=(39.1, "Cel"))
    known = {item["id"] for item in api.get("/alerts?after=0").body["items"]}
    assert known
    assert {item["id"] for item in feed(api, "&type=alarm.*")} == known


def test_no_event_says_a_value_or_who_it_is(api: Api) -> None:
    """What a receiver of events learns without asking for more."""
    patient = api.patient(mrn="MRN-7731-QX", name="Wilhelmina Zweigenthal")
    api.post(f"/patients/{patient}/infusions",
             {"product": "ide-cel", "infused_at": "2026-03-01T06:00:00Z"})  # fmt: skip
    api.chart(patient, "2026-03-01T07:00:00Z", body_temperature=(39.17, "Cel"))
    text = orjson.dumps(feed(api)).decode()
    for secret in ("39.17", "MRN-7731", "Wilhelmina", "1961"):
        assert secret not in text


def test_time_alone_and_acts_are_told(api: Api, service: Service) -> None:
    ids = full_record(service)
    told = {item["type"] for item in feed(api)}
    assert {"check.missed", "alarm.escalated", "window.entered"} & told
    before = len(feed(api))
    path = f"/alerts/{ids.alarm}/acknowledge"
    assert api.post(path, {"reason": "going to the bedside"}).status == 200
    assert "alarm.acknowledged" in {item["type"] for item in feed(api)[before:]}
    assert [finding.what for finding in verify(service, lambda done, of: None)] == []


def test_a_sweep_is_told(api: Api, service: Service, clock: Clock) -> None:
    api.treated()
    before = len(feed(api))
    clock.forward(hours=10)
    assert sweep(service).done
    told = {item["type"] for item in feed(api)[before:]}
    assert {"check.missed", "alarm.raised"} <= told
    assert verify(service, lambda done, of: None) == []


def test_what_is_asked_for_narrows_it(api: Api) -> None:
    one, two = api.treated(), api.treated()
    api.chart(one, "2026-03-01T07:00:00Z", body_temperature=(39.1, "Cel"))
    everything = feed(api)
    assert feed(api, limit=2) == everything
    mine = feed(api, f"&patient={one}")
    assert mine == [item for item in everything if item["patient_id"] == one]
    graded = feed(api, f"&type=grade.changed&patient={two}")
    assert graded == [
        item for item in everything if item["patient_id"] == two and item["type"] == "grade.changed"
    ]
    assert feed(api, "&type=*") == everything


def test_only_of_ones_own_units(api: Api) -> None:
    api.patient(mrn="A1")
    elsewhere = api.patient(mrn="B1", unit="icu")
    token = api.token("nurse", units=("icu",))
    items = feed(api, by=token)
    assert {item["patient_id"] for item in items} == {elsewhere}
    other = feed(api)[0]["patient_id"]
    assert api.get(f"/events?patient={other}", by=token).status == 404
    # Nothing that this token may see has come, and the place still leads on.
    after = api.get("/events?after=0", by=token).body["next"]
    api.patient(mrn="A2")
    last = api.get(f"/events?after={after}", by=token).body
    assert last["items"] == []
    assert last["next"] > after


def test_technical_alarms_are_told_to_everybody(api: Api, service: Service) -> None:
    now = service.clock()
    so = matter(service, "technical:clock", "", 1, "The clock jumped", "by an hour", now)
    with service.store.writing():
        decide(service, None, [so], now)
    first, *_ = feed(api, by=api.token("nurse", units=("icu",)))
    assert (first["type"], first["patient_id"], first["version"]) == ("alarm.raised", None, None)


@pytest.mark.parametrize(
    ("asked", "field", "words"),
    [
        ("after=-1", "/after", "last `next`"),
        ("after=1e9", "/after", "last `next`"),
        ("after=9999999999999999999999", "/after", "last `next`"),
        ("limit=0", "/limit", ""),
        ("limit=501", "/limit", ""),
        ("type=grade", "/type", "grade.changed"),
        ("type=grade.%25", "/type", "grade.changed"),
        ("wait=3", "/wait", ""),
    ],
)
def test_what_cannot_be_asked(api: Api, asked: str, field: str, words: str) -> None:
    answer = api.get(f"/events?{asked}")
    assert answer.status == 422
    (error,) = answer.body["errors"]
    assert error["pointer"] == field
    assert words in error["detail"]


def test_it_is_for_who_may_see_patients(api: Api) -> None:
    for role in ("nurse", "physician", "pharmacist", "integration"):
        assert api.get("/events", by=role).status == 200
    for role in ("admin", "auditor"):
        assert api.get("/events", by=role).status == 403


WRITERS, EACH = 8, 12


@pytest.mark.hazard("H55")
@pytest.mark.conforms("feed")
def test_a_poller_misses_nothing_while_eight_write(api: Api, service: Service) -> None:
    """Every event that was written is seen once, and each patient's in its order."""
    patients = [api.patient(mrn=f"W{number}") for number in range(WRITERS)]
    now = service.clock()
    failed: list[BaseException] = []

    def write(patient_id: str, number: int) -> None:
        try:
            for turn in range(EACH):
                at = now - timedelta(minutes=EACH - turn)
                fact = Charted(kind="heart_rate", value=Decimal(80 + turn), effective_at=at)
                chart(service, patient_id, [fact], by=Actor(f"w{number}", "Writer", "nurse"))
        except BaseException as error:  # noqa: BLE001 - the test tells
            failed.append(error)

    threads = [
        threading.Thread(target=write, args=(patient_id, number))
        for number, patient_id in enumerate(patients)
    ]
    seen: list[Item] = []
    after = 0
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) or _behind(service, after):
        answer = api.get(f"/events?after={after}&limit=7").body
        seen += answer["items"]
        after = answer["next"]
    for thread in threads:
        thread.join()
    assert failed == []
    written = service.store.query("select id from event order by seq")
    assert [item["id"] for item in seen] == [row["id"] for row in written]
    assert len(seen) >= WRITERS * (EACH + 1)
    for patient_id in patients:
        versions = [item["version"] for item in seen if item["patient_id"] == patient_id]
        assert versions == sorted(versions)
        assert set(versions) == set(range(1, EACH + 2))


def _behind(service: Service, after: int) -> bool:
    return rows.newest(service.store) > after


def test_what_is_not_kept_is_not_told(api: Api, service: Service) -> None:
    """The event and its cause are one transaction."""
    patient = api.treated()
    before = rows.newest(service.store)
    fact = Charted(kind="heart_rate", value=Decimal(80), effective_at=service.clock())

    def breaks(outcome: Any) -> bytes:
        raise RuntimeError("the answer could not be made")

    with pytest.raises(RuntimeError):
        record.record(service, ADA, patient, [fact], breaks)
    assert rows.newest(service.store) == before
