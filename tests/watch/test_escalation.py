"""Who is told when: the chain, exactly, until somebody answers; and never a storm."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.conftest import Api, Clock
from tests.watch.bedside import FEVER, SHOCK, Bed
from toxmon.store import deliveries

HIGH_CHAIN = [
    (0, ["bedside_nurse"]),
    (3, ["charge_nurse"]),
    (6, ["on_call_physician"]),
    (10, ["consultant", "ward_phone"]),
    (15, ["consultant", "ward_phone"]),
    (20, ["consultant", "ward_phone"]),
]
"""Minutes after it began to sound, and whom: reliability of the shipped alarm policy."""
ROLES = ("bedside_nurse", "charge_nurse", "on_call_physician", "consultant", "ward_phone")


@pytest.fixture
def called(bed: Bed) -> Bed:
    """The bed, on a ward where every role is on call by pager all month."""
    for role in ROLES:
        on_call(bed, role, f"{role} A", until=bed.at(days=30))
    return bed


def on_call(bed: Bed, role: str, person: str, **more: Any) -> str:
    body = {
        "unit": "bmt-1", "role": role, "person": person, "channel": "pager",
        "from": bed.at(hours=-1), **more,
    }  # fmt: skip
    found: str = bed.post("/rosters", body).body["id"]
    return found


def escalated(bed: Bed, alert_id: str) -> list[tuple[int, list[str]]]:
    """(minutes since it was raised, roles) of each step that was taken."""
    life = bed.life(alert_id)
    began = datetime.fromisoformat(life[0]["recorded_at"])
    return [
        (
            round((datetime.fromisoformat(each["recorded_at"]) - began) / timedelta(minutes=1)),
            each["body"]["roles"],
        )
        for each in life
        if each["event"] == "escalated"
    ]


def told(bed: Bed, alert_id: str) -> list[tuple[str, str]]:
    """Who was paged, in order."""
    rows = deliveries.of_alarm(bed.service.store, alert_id)
    return [(row["channel"], row["recipient"]) for row in rows]


@pytest.mark.hazard("H35")
def test_an_alert_that_nobody_answers_goes_up_the_chain_to_the_second(called: Bed) -> None:
    called.vitals(**SHOCK)
    alert = called.alert()
    called.pass_time(minutes=21)
    assert escalated(called, alert["id"]) == HIGH_CHAIN
    life = [each for each in called.life(alert["id"]) if each["event"] == "escalated"]
    for each in life:
        told_at = datetime.fromisoformat(each["recorded_at"])
        due_at = datetime.fromisoformat(each["body"]["at"])
        assert timedelta(0) <= told_at - due_at <= timedelta(seconds=2)
        # Whom it came to stands with the step, for the roster of that moment.
        assert [one["person"] for one in each["body"]["told"]] == [
            f"{role} A" for role in each["body"]["roles"]
        ]
    assert told(called, alert["id"]) == [
        ("pager", f"{role} A") for _, roles in HIGH_CHAIN for role in roles
    ]


@pytest.mark.hazard("H32", "H35")
def test_steps_that_fell_into_an_outage_reach_everybody_whom_they_would_have(called: Bed) -> None:
    called.vitals(**SHOCK)
    alert = called.alert()
    called.clock.forward(minutes=8)  # Nobody sweeps.
    called.pass_time(minutes=13)
    steps = escalated(called, alert["id"])
    assert steps[0] == (0, ["bedside_nurse"])
    assert steps[1] == (8, ["on_call_physician", "charge_nurse"])
    assert steps[2:] == HIGH_CHAIN[3:]
    late = [each for each in called.life(alert["id"]) if each["event"] == "escalated"][1]
    assert late["body"]["missed"] == 1
    assert 5 * 60 - 1 <= late["body"]["late_seconds"] <= 5 * 60


@pytest.mark.hazard("H35", "H36")
def test_an_answer_stops_the_chain_and_its_end_begins_it_anew(called: Bed) -> None:
    called.vitals(**SHOCK)
    alert = called.alert()
    called.pass_time(minutes=4)
    called.acknowledge(alert["id"])
    called.pass_time(minutes=14)
    assert escalated(called, alert["id"]) == HIGH_CHAIN[:2]
    called.pass_time(minutes=7)
    assert [(minutes - 19, roles) for minutes, roles in escalated(called, alert["id"])[2:]] == (
        HIGH_CHAIN[:3]
    )


@pytest.mark.hazard("H36")
def test_a_program_cannot_answer(called: Bed) -> None:
    called.vitals(**SHOCK)
    alert = called.alert()
    answer = called.api.post(
        f"/alerts/{alert['id']}/acknowledge", {"reason": "seen"}, by="integration"
    )
    assert answer.status == 403
    assert called.alert()["signal"] == "sounding"


@pytest.mark.hazard("H40")
def test_a_gap_of_the_roster_is_told_ahead_and_the_fallback_is_paged_in_it(bed: Bed) -> None:
    gap_at = bed.clock.now + timedelta(hours=19)
    on_call(bed, "charge_nurse", "Carla", until=bed.at(days=7))
    on_call(bed, "bedside_nurse", "Nora", until=gap_at.isoformat())
    gaps = bed.api.get("/rosters").body["gaps"]
    assert [(each["role"], each["unit"]) for each in gaps] == [("bedside_nurse", "bmt-1")]
    assert bed.alert("technical:roster")["says"].startswith("nobody is on call in bmt-1")
    bed.clock.now = gap_at + timedelta(minutes=1)
    bed.vitals(**SHOCK)
    life = bed.life(bed.alert()["id"])
    assert [each["body"]["told"] for each in life if each["event"] == "escalated"] == [
        [
            {"role": "bedside_nurse", "person": None, "channel": None},
            {"role": "charge_nurse", "person": "Carla", "channel": "pager"},
        ]
    ]


@pytest.mark.hazard("H15")
def test_a_step_after_a_transfer_reaches_the_new_ward(called: Bed) -> None:
    on_call(called, "charge_nurse", "Ida of the ICU", unit="icu", until=called.at(days=7))
    called.vitals(**SHOCK)
    alert = called.alert()
    body = {"from": called.at(), "setting": "inpatient", "unit": "icu", "bed": "7"}
    called.post("/patients/{patient}/stays", body)
    called.pass_time(minutes=4)
    assert told(called, alert["id"])[-1] == ("pager", "Ida of the ICU")


@pytest.mark.hazard("H38")
def test_two_hours_of_flapping_are_one_alert(bed: Bed) -> None:
    bed.chart(**FEVER)
    for minute in range(120):
        bed.clock.forward(minutes=1)
        bed.chart(oxygen_saturation=(89 if minute % 2 else 93, "%"))
    alerts = [each for each in bed.alerts("all") if each["rule"] in ("crs", "sign:hypoxia")]
    assert sorted(each["rule"] for each in alerts) == ["crs"]
    life = bed.life(alerts[0]["id"])
    rises = [each["event"] for each in life if each["event"] in ("worsened", "recurred")]
    assert len(rises) <= 1
    bed.acknowledge(alerts[0]["id"])
    bed.clock.forward(minutes=1)
    bed.vitals(**SHOCK, oxygen_saturation=(84, "%"), oxygen_device="high_flow_nasal_cannula")
    after = bed.alert()
    assert (after["signal"], after["id"]) == ("sounding", alerts[0]["id"])


@pytest.mark.hazard("H39")
def test_a_shelf_survives_a_restart_and_a_step_of_the_clock_and_then_it_rings(bed: Bed) -> None:
    bed.vitals(**SHOCK)
    alert = bed.alert()
    most = bed.api.post(
        f"/alerts/{alert['id']}/shelve", {"until": bed.at(minutes=11), "reason": "culture"}
    )
    assert most.status == 422
    for _ in range(3):
        bed.act(alert["id"], "shelve", until=bed.at(minutes=9), reason="culture")
        bed.service.heard.clear()
        bed.clock.forward(hours=-2)
        bed.sweep()
        assert bed.alert()["signal"] == "shelved"
        bed.clock.forward(hours=2)
        bed.pass_time(minutes=10)
        assert bed.alert()["signal"] == "sounding"
    again = {"until": bed.at(minutes=9), "reason": "culture"}
    assert bed.api.post(f"/alerts/{alert['id']}/shelve", again).status == 409


@pytest.mark.hazard("H37")
def test_a_storm_pages_each_patient_once_at_most_for_each_alert(api: Api, clock: Clock) -> None:
    api.service.channels = ("pager",)
    ward = Bed(api, clock)
    patients = [api.treated("ide-cel") for _ in range(40)]
    ward.patient_id = patients[0]
    for role in ROLES:
        on_call(ward, role, f"{role} A", until=ward.at(days=1))
    for each in patients:
        answer = api.chart(
            each,
            ward.at(),
            body_temperature=(39.4, "Cel"),
            systolic_bp=(80, "mm[Hg]"),
            vasopressors=["norepinephrine"],
            oxygen_saturation=(84, "%"),
            oxygen_device="room_air",
            consciousness="unarousable",
            anc=(200, "/uL"),
            fibrinogen=(90, "mg/dL"),
        )
        assert answer.status == 201, answer.body
    sounding = [each for each in ward.alerts() if each["signal"] == "sounding"]
    high = [each for each in sounding if each["priority"] == "high"]
    # Each of them is told at once, in the same transaction; what another one tells of is silent.
    assert {each["patient_id"] for each in high} == set(patients)
    for each in high:
        assert len(told(ward, each["id"])) == 1
    assert all(each["inhibited_by"] is None for each in high)
