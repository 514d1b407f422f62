"""Lists of alerts and the feed of their changes: the worst first, and nothing is passed over."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.api.conftest import pointers
from tests.api.test_alerts import AT, NURSE, done, feverish
from tests.api.test_lists import pages
from tests.conftest import Api, Clock
from toxmon.actions.sweep import sweep
from toxmon.timeline.matter import PRIORITIES

WRITERS, EACH = 8, 6


def overdue_ward(api: Api, clock: Clock) -> list[str]:
    """Patients with alerts of several priorities, raised at several times."""
    found = [feverish(api)[0]]
    clock.forward(minutes=7)
    found.append(feverish(api)[0])
    clock.forward(hours=9)
    sweep(api.service)
    return found


def test_the_most_urgent_comes_first_then_the_longest_standing(api: Api, clock: Clock) -> None:
    overdue_ward(api, clock)
    items = api.get("/alerts").body["items"]
    order = [(-PRIORITIES.index(each["priority"]), each["raised_at"], each["id"]) for each in items]
    assert order == sorted(order)
    assert len({each["priority"] for each in items}) > 1
    assert len({each["raised_at"] for each in items}) > 2


@pytest.mark.parametrize("limit", [1, 2, 3, 500])
def test_pages_have_every_alert_once(api: Api, clock: Clock, limit: int) -> None:
    overdue_ward(api, clock)
    whole = [each["id"] for each in api.get("/alerts?limit=500").body["items"]]
    paged = [each["id"] for page in pages(api, "/alerts", limit) for each in page]
    assert paged == whole
    assert len(set(paged)) == len(paged) > 3


def test_a_list_is_narrowed(api: Api, clock: Clock) -> None:
    mine, other = overdue_ward(api, clock)
    items = api.get("/alerts").body["items"]

    def ids(query: str, by: str = "nurse") -> list[str]:
        reply = api.get(f"/alerts?{query}", by=by)
        assert reply.status == 200, reply.body
        return [each["id"] for each in reply.body["items"]]

    assert ids(f"patient={mine}") == [each["id"] for each in items if each["patient_id"] == mine]
    assert ids(f"patient={other}") != []
    for priority in PRIORITIES:
        expected = [each["id"] for each in items if each["priority"] == priority]
        assert ids(f"priority={priority}") == expected
    taken = items[0]["id"]
    done(api, taken, "acknowledge", reason="x")
    assert ids("state=acknowledged") == [taken]
    assert taken not in ids("state=unacknowledged")
    assert taken in ids("state=open")
    assert ids("state=normal") == []
    assert ids("unit=bmt-1") == ids("")
    assert ids("unit=icu-2") == []


def test_what_is_over_is_in_all_and_not_in_open(api: Api) -> None:
    _, alert, fact = feverish(api)
    api.post(f"/observations/{fact}/retraction", {"reason": "another patient"})
    done(api, alert, "resolve", "physician", reason="another patient's value")
    assert api.get("/alerts").body["items"] == []
    for state in ("all", "normal"):
        (told,) = api.get(f"/alerts?state={state}").body["items"]
        assert (told["id"], told["state"]) == (alert, "normal")


def test_nobody_takes_silence_for_an_empty_list(api: Api) -> None:
    """A patient who is not there, or a unit out of reach, is told and is no list without items."""
    feverish(api)
    near = api.token("nurse", units=("bmt-1",))
    far_patient = api.patient("F1", unit="icu-2")
    for by, patient in (("nurse", "nobody"), (near, far_patient)):
        reply = api.get(f"/alerts?patient={patient}", by=by)
        assert (reply.status, reply.body["detail"]) == (404, "no such patient")
    for path in ("alerts", "checks", "board", "rosters"):
        reply = api.get(f"/{path}?unit=icu-2", by=near)
        assert (reply.status, "does not reach" in reply.body["detail"]) == (403, True), path


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("state=resolved", "/state"), ("priority=urgent", "/priority"), ("limit=0", "/limit"),
        ("cursor=x", "/cursor"), ("after=-1", "/after"), ("after=x", "/after"),
        ("after=0&state=open", "/state"), ("after=0&unit=bmt-1", "/unit"), ("open=1", "/open"),
        ("after=9223372036854775808", "/after"),
    ],
)  # fmt: skip
def test_what_a_list_cannot_be_asked_for(api: Api, query: str, place: str) -> None:
    reply = api.get(f"/alerts?{query}")
    assert reply.status == 422, reply.body
    assert pointers(reply) == [place]


def test_others_see_only_what_is_of_their_units(api: Api, clock: Clock) -> None:
    feverish(api)
    far = api.token("nurse", units=("icu-2",))
    assert api.get("/alerts", by=far).body["items"] == []
    told = api.get("/alerts?after=0", by=far).body
    # The feed goes on behind what was out of reach, or it would never come to what is within.
    assert (told["items"], told["last"] > 0) == ([], True)
    near = api.token("nurse", units=("bmt-1",))
    assert len(api.get("/alerts", by=near).body["items"]) == 1


def read_feed(api: Api, after: int, limit: int) -> tuple[list[dict[str, Any]], int]:
    found = []
    while True:
        told = api.get(f"/alerts?after={after}&limit={limit}", by="integration").body
        assert len(told["items"]) <= limit
        if not told["items"]:
            return found, told["last"]
        assert told["last"] == told["items"][-1]["seq"]
        found += told["items"]
        after = told["last"]


@pytest.mark.parametrize("limit", [1, 3, 500])
def test_the_feed_has_every_change_in_order(api: Api, clock: Clock, limit: int) -> None:
    overdue_ward(api, clock)
    (first, *_) = api.get("/alerts").body["items"]
    done(api, first["id"], "acknowledge", reason="going")
    found, last = read_feed(api, 0, limit)
    numbers = [each["seq"] for each in found]
    assert numbers == sorted(set(numbers))
    kept = api.service.store.query("select seq, id from alert_event order by seq")
    assert [each["id"] for each in found] == [row["id"] for row in kept]
    assert found[-1]["by"] == NURSE
    assert read_feed(api, last, limit) == ([], last)
    assert api.get(f"/alerts?after={last + 7}").body["last"] == last + 7


@pytest.mark.hazard("H55")
def test_the_feed_skips_nothing_while_eight_write(api: Api) -> None:
    """A number that is given before the commit, as a sequence gives it, would be passed over."""
    alerts = [feverish(api)[1] for _ in range(WRITERS)]
    reader = api.app.test_client()
    bearer = {"Authorization": f"Bearer {api.token('integration')}"}
    nurse = {"Authorization": f"Bearer {api.token('nurse')}"}
    over = threading.Event()
    seen: list[str] = []

    def poll() -> None:
        after = 0
        while True:
            ended = over.is_set()
            told = reader.get(f"/api/v1/alerts?after={after}&limit=5", headers=bearer).json
            seen.extend(each["id"] for each in told["items"])
            after = told["last"]
            if ended and not told["items"]:
                return

    def write(alert: str) -> list[int]:
        client = api.app.test_client()
        path = f"/api/v1/alerts/{alert}/note"
        return [
            client.post(path, json={"text": f"note {turn}"}, headers=nurse).status_code
            for turn in range(EACH)
        ]

    poller = threading.Thread(target=poll)
    poller.start()
    try:
        with ThreadPoolExecutor(WRITERS) as writers:
            assert list(writers.map(write, alerts)) == [[200] * EACH] * WRITERS
    finally:
        over.set()
        poller.join(timeout=60)
    kept = [row["id"] for row in api.service.store.query("select id from alert_event order by seq")]
    assert seen == kept
    assert len(seen) >= WRITERS * EACH


@pytest.mark.hazard("H15")
def test_a_transfer_takes_the_alerts_along(api: Api, clock: Clock) -> None:
    """The next step comes to the new ward; who looks there sees the alert, who does not cannot."""
    api.service.channels = ("pager",)
    for unit, person in (("bmt-1", "Noor"), ("icu-2", "Mika")):
        shift = {"unit": unit, "role": "charge_nurse", "person": person, "channel": "pager",
                 "from": AT, "until": "2026-03-01T20:00:00Z"}  # fmt: skip
        assert api.post("/rosters", shift).status == 201
    patient, alert, _ = feverish(api)
    moved = {"from": AT, "setting": "inpatient", "unit": "icu-2", "bed": "4"}
    assert api.post(f"/patients/{patient}/stays", moved).status == 201
    near, far = (api.token("nurse", units=(unit,)) for unit in ("bmt-1", "icu-2"))

    def listed(query: str = "", by: str = "nurse") -> set[str]:
        """Of the patient; that the roster has gaps tomorrow is another matter."""
        items = api.get(f"/alerts{query}", by=by).body["items"]
        return {each.get("alert_id") or each["id"] for each in items if each["patient_id"]}

    assert (listed("?unit=icu-2"), listed("?unit=bmt-1")) == ({alert}, set())
    assert (listed(by=far), listed(by=near)) == ({alert}, set())
    assert (listed("?after=0", by=far), listed("?after=0", by=near)) == ({alert}, set())
    assert api.get(f"/alerts/{alert}", by=near).status == 404
    told = api.get(f"/alerts/{alert}", by=far).body
    assert told["alert"]["unit"] == "icu-2"
    assert [to["person"] for to in told["next_step"]["to"]] == ["Mika"]
    clock.forward(minutes=4)
    sweep(api.service)
    life = api.get(f"/alerts/{alert}", by=far).body["items"]
    last = [each for each in life if each["event"] == "escalated"][-1]
    assert last["unit"] == "icu-2"
    assert [to["person"] for to in last["body"]["told"]] == ["Mika"]
