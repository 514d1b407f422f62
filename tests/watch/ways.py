"""The ways in which an alert might vanish, each as something that happens on a ward.

`@way(hazards, then=..., state=...)`: the hazards whose control it proves; events that it must have
added to the life of the alert, in this order, others between them; the state that it is in then.
Before each of them a patient has fever and is on norepinephrine two hours after ide-cel, the alert
of CRS grade 3 sounds, and Nora was paged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conftest import Reply
from tests.watch.bedside import FEVER, INFUSED, SHOCK, WELL, Bed
from toxmon.actions import Service
from toxmon.data import shipped
from toxmon.protocol import load_protocols

WHY = {"reason": "another patient"}


@dataclass
class Ward:
    """A bed with its alert, and what else a way to vanish may need."""

    bed: Bed
    alert_id: str
    shock: Reply
    infusion_id: str
    folder: Path
    notes: dict[str, Any] = field(default_factory=dict)

    def fact(self, kind: str) -> str:
        return self.bed.fact(self.shock, kind)

    def correct(self, kind: str, value: Any, **more: Any) -> None:
        self.bed.clock.forward(minutes=5)
        body = {"value": value, "reason": "a slip", **more}
        if kind == "body_temperature":
            body["unit"] = "Cel"
        self.bed.post(f"/observations/{self.fact(kind)}/corrections", body)

    def retract(self, kind: str) -> None:
        self.bed.clock.forward(minutes=5)
        self.bed.post(f"/observations/{self.fact(kind)}/retraction", WHY)

    def under(self, old: str, new: str, name: str) -> None:
        """From now on the server reads another file: `old` in the text of it is `new`."""
        text = (shipped("protocols") / name).read_text("utf-8")
        assert old in text, old
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(old, new), "utf-8")
        self.restarted(protocols=load_protocols(self.folder))

    def restarted(self, **more: Any) -> None:
        """The process has ended, and another one serves the same record."""
        before = self.bed.service
        again = Service(
            before.store, before.clock, before.key, more.get("protocols", before.protocols),
            before.zone, channels=before.channels,
        )  # fmt: skip
        service = self.bed.api.service
        for name in ("protocols", "_alarms", "_policies", "_products", "heard"):
            setattr(service, name, getattr(again, name))

    def spoil(self, sql: str) -> None:
        with self.bed.service.store.writing():
            self.bed.service.store.execute(sql)


@dataclass(frozen=True)
class Way:
    """One of them."""

    name: str
    hazards: tuple[str, ...]
    happens: Callable[[Ward], None]
    then: tuple[str, ...]
    state: str


WAYS: list[Way] = []


def way(
    *hazards: str, then: str = "", state: str = "unacknowledged"
) -> Callable[[Callable[[Ward], None]], Callable[[Ward], None]]:
    def listed(happens: Callable[[Ward], None]) -> Callable[[Ward], None]:
        WAYS.append(Way(happens.__name__, hazards, happens, tuple(then.split()), state))
        return happens

    return listed


SEEN_AGAIN = "returned_unacknowledged"


# What it rests on changes.


@way("H26", then="withdrawn escalated", state=SEEN_AGAIN)
def its_value_is_corrected_to_normal(ward: Ward) -> None:
    ward.correct("body_temperature", 36.8)


@way("H26", then="withdrawn", state="unacknowledged")
def a_value_of_it_is_corrected_and_a_lower_grade_is_left(ward: Ward) -> None:
    ward.correct("vasopressors", [])


@way("H26", then="acknowledged withdrawn", state=SEEN_AGAIN)
def its_value_is_corrected_after_somebody_took_it(ward: Ward) -> None:
    ward.bed.acknowledge(ward.alert_id)
    ward.correct("body_temperature", 36.8)


@way("H26", then="shelved withdrawn", state=SEEN_AGAIN)
def its_value_is_corrected_while_it_is_shelved(ward: Ward) -> None:
    ward.bed.act(ward.alert_id, "shelve", until=ward.bed.at(minutes=8), reason="blood culture")
    ward.correct("body_temperature", 36.8)


@way("H28", then="withdrawn", state=SEEN_AGAIN)
def its_value_is_taken_back(ward: Ward) -> None:
    ward.retract("body_temperature")


@way("H28", then="acknowledged withdrawn", state=SEEN_AGAIN)
def its_value_is_taken_back_after_somebody_took_it(ward: Ward) -> None:
    ward.bed.acknowledge(ward.alert_id)
    ward.retract("body_temperature")


@way("H11", "H28", then="withdrawn", state=SEEN_AGAIN)
def the_whole_set_was_another_patients(ward: Ward) -> None:
    for kind in WELL:
        ward.retract(kind)


@way("H26", then="withdrawn", state=SEEN_AGAIN)
def the_time_of_its_value_is_corrected_to_before_the_infusion(ward: Ward) -> None:
    ward.correct("body_temperature", 38.9, effective_at="2026-02-27T06:00:00Z")


@way("H26", then="withdrawn", state=SEEN_AGAIN)
def its_value_is_corrected_to_one_that_waits_for_a_person(ward: Ward) -> None:
    ward.correct("body_temperature", 28.9)


@way("H22")
def a_normal_value_of_before_comes_late(ward: Ward) -> None:
    ward.bed.vitals(at=ward.bed.at(minutes=-30))


@way("H22")
def a_batch_of_normal_history_is_imported(ward: Ward) -> None:
    entries = [{"kind": "body_temperature", "value": 36.6, "unit": "Cel"}]
    lines = [
        {
            "patient_id": ward.bed.patient_id,
            "effective_at": ward.bed.at(minutes=-minutes),
            "observations": entries,
        }
        for minutes in range(5, 100, 5)
    ]
    ward.bed.clock.forward(minutes=2)
    ward.bed.post("/observations/batch", lines, by="integration")


@way("H51")
def the_same_set_is_posted_three_times(ward: Ward) -> None:
    for _ in range(3):
        ward.bed.vitals(**SHOCK)


@way("H38")
def one_normal_set_is_charted(ward: Ward) -> None:
    ward.bed.clock.forward(minutes=10)
    ward.bed.vitals()


@way("H26", then="returned", state=SEEN_AGAIN)
def it_is_over_before_anybody_has_seen_it(ward: Ward) -> None:
    for hours in (2, 4, 12, 12, 24, 24, 24):
        ward.bed.clock.forward(hours=hours)
        ward.bed.vitals()
        ward.bed.sweep()


@way("H23", "H41")
def nobody_measures_for_two_days(ward: Ward) -> None:
    for _ in range(8):
        ward.bed.clock.forward(hours=6)
        ward.bed.sweep()


@way("H09", state=SEEN_AGAIN)
def the_signs_are_said_to_have_another_cause(ward: Ward) -> None:
    ward.bed.clock.forward(minutes=10)
    for sign in ("fever", "hypotension"):
        body = {"sign": sign, "cause": "pneumonia", "from": ward.bed.at(), "reason": "culture"}
        ward.bed.post("/patients/{patient}/attributions", body, by="physician")
    for _ in range(3):
        ward.bed.clock.forward(hours=2)
        ward.bed.vitals(**SHOCK)
        ward.bed.sweep()


@way("H24")
def tocilizumab_takes_the_fever_away(ward: Ward) -> None:
    body = {"medication": "tocilizumab", "given_at": ward.bed.at()}
    ward.bed.post("/patients/{patient}/administrations", body)
    ward.bed.clock.forward(hours=2)
    ward.bed.vitals(**{**SHOCK, "body_temperature": (36.6, "Cel")})


@way("H20")
def a_value_far_off_waits_for_a_person(ward: Ward) -> None:
    ward.bed.clock.forward(minutes=10)
    ward.bed.chart(body_temperature=(28.0, "Cel"))


# Where the patient is, and which course it is.


@way("H16", then="watch_ended", state="suppressed")
def the_patient_dies(ward: Ward) -> None:
    body = {"died_at": ward.bed.at(), "cause": "other"}
    ward.bed.post("/patients/{patient}/deaths", body, by="physician")


@way("H16", then="watch_ended watch_resumed escalated")
def the_death_was_another_patients(ward: Ward) -> None:
    body = {"died_at": ward.bed.at(), "cause": "other"}
    answer = ward.bed.post("/patients/{patient}/deaths", body, by="physician")
    ward.bed.clock.forward(minutes=5)
    fact = answer.body["observations"][0]["id"]
    ward.bed.post(f"/observations/{fact}/retraction", WHY, by="physician")


@way("H16", then="watch_ended", state="suppressed")
def the_watch_is_ended_by_name(ward: Ward) -> None:
    body = {"from": ward.bed.at(), "setting": "ended", "reason": "to another hospital"}
    ward.bed.post("/patients/{patient}/stays", body)


@way("H16", then="watch_ended watch_resumed escalated")
def the_end_of_the_watch_is_taken_back(ward: Ward) -> None:
    body = {"from": ward.bed.at(), "setting": "ended", "reason": "to another hospital"}
    answer = ward.bed.post("/patients/{patient}/stays", body)
    ward.bed.clock.forward(minutes=5)
    ward.bed.post(f"/observations/{answer.body['observations'][0]['id']}/retraction", WHY)


@way("H16", then="watch_ended watch_resumed escalated")
def the_patient_comes_back(ward: Ward) -> None:
    body = {"from": ward.bed.at(), "setting": "ended", "reason": "to another hospital"}
    ward.bed.post("/patients/{patient}/stays", body)
    ward.bed.clock.forward(hours=3)
    ward.bed.post("/patients/{patient}/stays", {"from": ward.bed.at(), "setting": "inpatient"})


@way("H16")
def the_patient_goes_home_as_an_outpatient(ward: Ward) -> None:
    body = {"from": ward.bed.at(), "setting": "outpatient"}
    ward.bed.post("/patients/{patient}/stays", body)


@way("H15", then="escalated")
def the_patient_is_moved_to_another_ward(ward: Ward) -> None:
    body = {"from": ward.bed.at(), "setting": "inpatient", "unit": "icu", "bed": "7"}
    ward.bed.post("/patients/{patient}/stays", body)
    ward.bed.pass_time(minutes=4)
    there = ward.bed.api.token("nurse", units=["icu"])
    assert ward.alert_id in {each["id"] for each in ward.bed.alerts(by=there)}


@way("H13")
def a_second_infusion_is_given(ward: Ward) -> None:
    ward.bed.clock.forward(hours=1)
    body = {"product": "cilta-cel", "infused_at": ward.bed.at()}
    ward.bed.post("/patients/{patient}/infusions", body)


@way("H13")
def another_course_begins_forty_days_later(ward: Ward) -> None:
    ward.bed.clock.forward(days=40)
    ward.bed.post(
        "/patients/{patient}/infusions", {"product": "teclistamab", "infused_at": ward.bed.at()}
    )
    ward.bed.sweep()


@way("H14", then="withdrawn", state=SEEN_AGAIN)
def day_zero_was_charted_wrongly(ward: Ward) -> None:
    ward.bed.post(f"/observations/{ward.infusion_id}/retraction", WHY)
    body = {"product": "ide-cel", "infused_at": "2026-02-28T06:00:00Z"}
    ward.bed.post("/patients/{patient}/infusions", body)
    ward.bed.sweep()
    anew = [each for each in ward.bed.alerts() if each["key"] == "crs#1"]
    assert [each["level"] for each in anew if each["id"] != ward.alert_id] == [3]


@way("H14", then="withdrawn", state=SEEN_AGAIN)
def the_infusion_was_of_another_product(ward: Ward) -> None:
    ward.bed.post(f"/observations/{ward.infusion_id}/retraction", WHY)
    ward.bed.post("/patients/{patient}/infusions", {"product": "cilta-cel", "infused_at": INFUSED})
    ward.bed.sweep()


@way("H14", then="withdrawn escalated", state=SEEN_AGAIN)
def the_infusion_was_another_patients(ward: Ward) -> None:
    ward.bed.post(f"/observations/{ward.infusion_id}/retraction", WHY)


@way("H43")
def every_check_is_paused(ward: Ward) -> None:
    body = {"from": ward.bed.at(), "until": ward.bed.at(hours=12), "reason": "in theatre"}
    ward.bed.post("/patients/{patient}/pauses", body)
    ward.bed.pass_time(minutes=10)


# What people do.


@way("H36", then="acknowledged lapsed escalated")
def an_acknowledgement_lapses(ward: Ward) -> None:
    ward.bed.acknowledge(ward.alert_id)
    ward.bed.pass_time(minutes=16)


@way("H36", then="acknowledged documented lapsed escalated")
def a_documented_one_lapses_too(ward: Ward) -> None:
    ward.bed.acknowledge(ward.alert_id, assessment="seen, fluids given")
    ward.bed.pass_time(minutes=61)


@way("H39", then="shelved shelf_ended escalated")
def shelving_ends(ward: Ward) -> None:
    ward.bed.act(ward.alert_id, "shelve", until=ward.bed.at(minutes=9), reason="culture")
    ward.bed.pass_time(minutes=10)


@way("H39", then="shelved worsened escalated")
def it_worsens_while_it_is_shelved(ward: Ward) -> None:
    ward.bed.act(ward.alert_id, "shelve", until=ward.bed.at(minutes=9), reason="culture")
    ward.bed.clock.forward(minutes=2)
    worse = {**SHOCK, "vasopressors": ["norepinephrine", "epinephrine"]}
    ward.bed.vitals(**worse)


@way("H36", "H39", then="acknowledged worsened escalated")
def it_worsens_after_somebody_took_it(ward: Ward) -> None:
    ward.bed.acknowledge(ward.alert_id)
    ward.bed.clock.forward(minutes=2)
    worse = {**SHOCK, "vasopressors": ["norepinephrine", "epinephrine"]}
    ward.bed.vitals(**worse)


@way("H39", then="out_of_service in_service escalated")
def it_was_out_of_service(ward: Ward) -> None:
    ward.bed.act(
        ward.alert_id, "out-of-service", by="physician",
        until=ward.bed.at(minutes=100), reason="pump replaced",
    )  # fmt: skip
    ward.bed.pass_time(minutes=101)


@way("H40", then="acknowledged handed_over lapsed escalated")
def a_hand_over_is_not_accepted(ward: Ward) -> None:
    ward.bed.acknowledge(ward.alert_id, assessment="stable on norepinephrine")
    ward.bed.act(ward.alert_id, "hand-over", to="Otto")
    ward.bed.pass_time(minutes=31)


@way("H40", then="acknowledged lapsed escalated")
def the_shift_of_who_has_it_ends_and_nobody_comes(ward: Ward) -> None:
    body = {
        "unit": "bmt-1", "role": "charge_nurse", "person": "nurse of the test", "channel": "pager",
        "from": ward.bed.at(hours=-8), "until": ward.bed.at(minutes=20),
    }  # fmt: skip
    ward.bed.post("/rosters", body)
    ward.bed.acknowledge(ward.alert_id, assessment="stable on norepinephrine")
    ward.bed.pass_time(minutes=21)


@way("H36", then="acknowledged noted", state="acknowledged")
def somebody_writes_a_note(ward: Ward) -> None:
    ward.bed.acknowledge(ward.alert_id)
    ward.bed.act(ward.alert_id, "note", text="family informed")


# What happens to toxmon.


@way("H32", then="escalated")
def the_server_is_started_again(ward: Ward) -> None:
    ward.restarted()
    ward.bed.pass_time(minutes=4)


@way("H29")
def the_protocol_of_the_product_is_changed(ward: Ward) -> None:
    ward.under("\nversion       = 1\n", "\nversion       = 2\n", "products/ide-cel.toml")
    ward.bed.vitals(**SHOCK)
    ward.bed.sweep()


@way("H29")
def the_policy_of_grading_is_changed(ward: Ward) -> None:
    ward.under("version = 3", "version = 4", "policy/default.toml")
    ward.bed.vitals(**SHOCK)
    ward.bed.sweep()


@way("H29")
def the_alarm_policy_makes_it_less_urgent(ward: Ward) -> None:
    old = '{ 1 = "medium", 2 = "high" }\nin_window   = { 1 = "high" }'
    ward.under(old, '{ 1 = "low", 3 = "high" }', "alarms/default.toml")
    ward.bed.vitals(**SHOCK)
    ward.bed.pass_time(minutes=10)
    assert ward.bed.alert()["priority"] == "high"


@way("H27", "H66", then="escalated")
def every_row_of_work_is_lost_and_repaired(ward: Ward) -> None:
    for sql in ("delete from alarm", "delete from watch", "update head set alarms = null"):
        ward.spoil(sql)
    assert any("repair" in words for words in ward.bed.findings())
    ward.notes["repair"] = True
    ward.bed.clock.forward(minutes=4)


@way("H27")
def the_rows_of_open_alarms_cannot_be_read(ward: Ward) -> None:
    ward.spoil("update head set alarms = '[[\"x\"]]'")
    ward.bed.vitals(**SHOCK)
    ward.bed.sweep()
    ward.notes["repair"] = True


@way("H18", then="escalated")
def the_clock_is_set_back_by_three_days(ward: Ward) -> None:
    ward.bed.clock.forward(days=-3)
    ward.bed.sweep()
    ward.bed.clock.forward(minutes=4)
    ward.bed.api.post(f"/alerts/{ward.alert_id}/note", {"text": "the clock is wrong"})
    ward.bed.clock.forward(days=3)
    ward.bed.sweep()


@way("H19", then="escalated")
def the_clock_jumps_ahead_and_comes_back(ward: Ward) -> None:
    ward.bed.clock.forward(hours=9)
    ward.bed.sweep()
    ward.bed.clock.forward(hours=-9)
    ward.bed.sweep()


@way("H41")
def the_feed_falls_silent(ward: Ward) -> None:
    for _ in range(15):
        ward.bed.clock.forward(minutes=10)
        body = {
            "effective_at": ward.bed.at(),
            "observations": [{"kind": "heart_rate", "value": 120, "unit": "/min"}],
        }
        ward.bed.post("/patients/{patient}/observations", body, by="integration")
    ward.bed.clock.forward(minutes=31)
    ward.bed.sweep()
    technical = [each for each in ward.bed.alerts() if each["rule"] == "technical:feed"]
    assert [each["priority"] for each in technical] == ["high"]


@way("H67")
def its_watch_is_given_up(ward: Ward) -> None:
    ward.spoil("update watch set alarms_edition = 'no such edition'")
    for _ in range(8):
        ward.bed.clock.forward(minutes=5)
        ward.bed.sweep()
    assert any(each["rule"] == "technical:scheduler" for each in ward.bed.alerts())
    ward.spoil("update watch set alarms_edition = null")
    ward.notes["repair"] = True


@way("H35", then="escalated escalated escalated escalated escalated escalated")
def the_chain_has_come_to_its_end(ward: Ward) -> None:
    ward.bed.pass_time(minutes=26)


@way("H40", then="escalated")
def nobody_is_on_the_roster(ward: Ward) -> None:
    shift = ward.bed.api.get("/rosters").body["items"][0]["id"]
    ward.bed.post(f"/rosters/{shift}/retraction", {"reason": "ill"})
    ward.bed.pass_time(minutes=4)


@way("H17")
def the_patient_has_a_birthday_and_the_clocks_change(ward: Ward) -> None:
    ward.bed.clock.forward(days=62)
    ward.bed.sweep()


@way("H16")
def every_window_of_the_product_closes(ward: Ward) -> None:
    ward.bed.clock.forward(days=400)
    ward.bed.sweep()


@way("H30")
def the_migrations_are_applied_again(ward: Ward) -> None:
    assert ward.bed.service.store.migrate() == []
    ward.restarted()
    ward.bed.sweep()


assert FEVER.keys() < SHOCK.keys() <= WELL.keys()
