"""What a unit has at hand: counts, and whether they reach for its patients."""

from __future__ import annotations

from typing import Any

from tests.api.conftest import kept, pointers
from tests.conftest import Api, Clock, Reply
from toxmon.actions.verify import verify

AT = "2026-03-01T07:30:00Z"
VIALS = [{"strength": 80, "vials": 4}, {"strength": 400, "vials": 2}]


def body(**more: Any) -> dict[str, Any]:
    return {
        "unit": "bmt-1", "medication": "tocilizumab", "counts": VIALS, "counted_at": AT, **more,
    }  # fmt: skip


def counted(api: Api, **more: Any) -> Reply:
    reply = api.post("/stock", body(**more), by="pharmacist")
    assert reply.status == 201, reply.body
    return reply


def on_hand(api: Api, unit: str = "bmt-1", by: str = "pharmacist") -> dict[str, Any]:
    reply = api.get(f"/stock?unit={unit}", by=by)
    assert reply.status == 200, reply.body
    found: dict[str, Any] = reply.body
    return found


def weigh(api: Api, patient: str, kg: float, at: str = AT) -> None:
    assert api.chart(patient, at, weight=(kg, "kg")).status == 201


def test_nobody_has_counted(api: Api) -> None:
    weigh(api, api.treated(), 70)
    told = on_hand(api)
    assert (told["counted"], told["enough"], told["because"]) == (
        None, "not_known", ["not_counted"],
    )  # fmt: skip
    assert told["need"] == {"doses": 2, "at_least_mg": 1120, "at_most_mg": 1120}


def test_two_doses_for_70_kg_to_the_vial(api: Api) -> None:
    patient = api.treated()
    weigh(api, patient, 70)
    counted(api)
    told = on_hand(api)
    assert told["counted"]["total_mg"] == 1120
    assert (told["enough"], told["because"]) == ("yes", [])
    (one,) = told["items"]
    assert (one["patient_id"], one["why"], one["doses"], one["dose"]["value"]) == (
        patient, "crs_window", 2, 560,
    )  # fmt: skip
    assert one["vials"] == [{"strength": 400, "vials": 1}, {"strength": 80, "vials": 2}]
    fewer = [{"strength": 80, "vials": 3}, {"strength": 400, "vials": 2}]
    counted(api, counts=fewer, counted_at="2026-03-01T07:40:00Z")
    assert on_hand(api)["enough"] == "no"


def test_a_weight_that_is_not_known_leaves_the_need_open(api: Api) -> None:
    weigh(api, api.treated(), 70)
    unknown = api.treated()
    counted(api)
    told = on_hand(api)
    assert told["need"] == {"doses": 4, "at_least_mg": 1120, "at_most_mg": 2720}
    assert (told["enough"], told["because"]) == ("not_known", ["weight_not_known"])
    (one,) = [each for each in told["items"] if each["patient_id"] == unknown]
    assert (one["dose"], one["vials"], one["weight"]) == (None, None, "missing")
    plenty = [{"strength": 80, "vials": 4}, {"strength": 400, "vials": 6}]
    counted(api, counts=plenty, counted_at="2026-03-01T07:50:00Z")
    assert on_hand(api)["enough"] == "yes"  # even if that patient needs the cap
    none = [{"strength": 80, "vials": 0}, {"strength": 400, "vials": 1}]
    counted(api, counts=none, counted_at="2026-03-01T07:55:00Z")
    assert on_hand(api)["enough"] == "no"


def test_an_old_weight_makes_no_dose(api: Api, clock: Clock) -> None:
    patient = api.treated()
    weigh(api, patient, 70)
    clock.forward(days=10)
    counted(api, counted_at=clock().isoformat())
    told = on_hand(api)
    for one in told["items"]:
        assert (one["dose"], one["weight"], one["kg"]) == (None, "stale", 70)
    assert told["enough"] != "no" or told["items"] == []


def test_an_old_count_and_a_dose_since_are_not_believed(api: Api, clock: Clock) -> None:
    patient = api.treated()
    weigh(api, patient, 70)
    counted(api)
    given = {"medication": "Actemra", "given_at": "2026-03-01T07:45:00Z",
             "dose": {"value": 560, "unit": "mg"}, "route": "iv"}  # fmt: skip
    assert api.post(f"/patients/{patient}/administrations", given).status == 201
    told = on_hand(api)
    assert (told["enough"], told["because"]) == ("not_known", ["given_since_the_count"])
    assert told["items"][0]["last_given_at"] == "2026-03-01T07:45:00Z"
    counted(api, counted_at="2026-03-01T07:50:00Z")
    assert on_hand(api)["enough"] == "yes"
    clock.forward(hours=24)
    told = on_hand(api)
    assert (told["counted"]["fresh"], told["enough"]) == (False, "not_known")
    assert told["because"] == ["count_too_old"]
    assert told["explained"].keys() == {"count_too_old"}


def test_who_waits_for_an_infusion_counts_and_who_is_long_past_it_does_not(
    api: Api, clock: Clock
) -> None:
    planned = api.patient("PLAN-1")
    api.patient("NOT-TREATED")
    begun = {"medication": "fludarabine", "given_at": "2026-02-27T09:00:00Z"}
    assert api.post(f"/patients/{planned}/administrations", begun).status == 201
    weigh(api, planned, 100)
    api.treated("ide-cel", at="2025-06-01T06:00:00Z")  # nine months ago
    far = api.patient("FAR", unit="icu-2")
    assert api.post(f"/patients/{far}/administrations", begun).status == 201
    (one,) = on_hand(api)["items"]
    assert (one["patient_id"], one["why"], one["product"]) == (planned, "planned", None)
    assert (one["doses"], one["by"], one["dose"]["value"]) == (2, "policy", 800)
    clock.forward(days=13)
    assert on_hand(api)["items"] == []


def test_what_a_count_does_not_take(api: Api, clock: Clock) -> None:
    counted(api)
    before = kept(api.service)

    def refused(places: list[str], **more: Any) -> None:
        reply = api.post("/stock", body(**more), by="pharmacist")
        assert reply.status == 422, reply.body
        assert pointers(reply) == places

    refused(["/counts"], counts=[{"strength": 400, "vials": 2}])  # where are those of 80 mg?
    refused(["/medication"], medication="chicken soup", counts=VIALS)
    refused(["/counted_at"], counted_at="2026-03-02T07:00:00Z")
    refused(["/counts"], counts=[])
    refused(["/counts"], counts=[VIALS[0], VIALS[0]])
    refused(["/counts/0/vials"], counts=[{"strength": 80, "vials": -1}])
    refused(["/counts/0/vials"], counts=[{"strength": 80, "vials": 1.5}])
    refused(["/counts/0/strength"], counts=[{"strength": 9, "vials": 1}])
    refused(["/counts/0/strength"], counts=[{"strength": 80.25, "vials": 1}])
    refused(["/counts/0/strength"], counts=[{"strength": "80", "vials": 1}])
    refused(["/unit", "/counted_at"], unit=" ", counted_at="today")
    late = "2026-03-02T07:00:00Z"
    refused(["/unit", "/medication", "/counted_at"], unit=" ", medication="soup", counted_at=late)
    assert kept(api.service) == before
    gone = [{"strength": 80, "vials": 0}, {"strength": 400, "vials": 2}]
    counted(api, counts=gone, counted_at="2026-03-01T07:40:00Z")
    # What was counted as gone need not be named again.
    counted(api, counts=[{"strength": 400, "vials": 2}], counted_at="2026-03-01T07:50:00Z")


def test_a_brand_is_the_drug_and_the_newest_count_holds(api: Api) -> None:
    first = counted(api, medication="Actemra", note="after delivery")
    assert first.body["medication"] == "tocilizumab"
    more = [{"strength": 80, "vials": 9}, {"strength": 400, "vials": 2}]
    counted(api, counts=more, counted_at="2026-03-01T07:20:00Z")  # told late, counted before
    told = on_hand(api)["counted"]
    assert (told["note"], told["vials"]) == ("after delivery", first.body["vials"])
    again = counted(api, counts=more)  # counted in the same minute, told later
    assert on_hand(api)["counted"]["vials"] == again.body["vials"]


def test_a_count_sent_twice_is_kept_once(api: Api) -> None:
    key = {"Idempotency-Key": "count-1"}
    first = api.post("/stock", body(), by="pharmacist", headers=key)
    before = kept(api.service)
    again = api.post("/stock", body(), by="pharmacist", headers=key)
    assert (again.status, again.body) == (201, first.body)
    assert kept(api.service) == before


def test_another_drug_is_counted_and_not_judged(api: Api) -> None:
    counted(api, medication="siltuximab")
    reply = api.get("/stock?unit=bmt-1&medication=siltuximab", by="pharmacist")
    assert (reply.body["enough"], reply.body["because"]) == ("not_known", ["no_rule"])
    assert reply.body["counted"]["total_mg"] == 1120
    assert on_hand(api)["counted"] is None


def test_a_count_is_of_the_units_within_reach(api: Api) -> None:
    far = api.token("pharmacist", units=("icu-2",))
    assert api.post("/stock", body(), by=far).status == 403
    assert api.get("/stock?unit=bmt-1", by=far).status == 403
    assert pointers(api.get("/stock", by=far)) == ["/unit"]
    counted(api)
    assert on_hand(api, "icu-2", by=far)["counted"] is None


def test_who_does_not_count(api: Api) -> None:
    for role in ("physician", "integration", "auditor", "admin"):
        assert api.post("/stock", body(), by=role).status == 403
    assert api.post("/stock", body(), by="nurse").status == 201


def test_the_chain_has_what_was_counted(api: Api) -> None:
    ids = counted(api).body["ids"]
    (link,) = [each for each in api.get("/audit", by="auditor").body["items"]
               if each["action"] == "stock"]  # fmt: skip
    assert link["detail"] == {"counts": ids}
    assert verify(api.service, lambda done, of: None) == []
