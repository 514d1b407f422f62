"""Whatever is charted, done and left undone: no alert vanishes, and each is what a model says."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.conftest import Api, Clock
from tests.properties.alarm_model import (
    DOCUMENTED,
    SHELF_MOST,
    TAKEN,
    Model,
    Told,
    instant,
    may_be_acknowledged,
    may_be_resolved,
    may_be_shelved,
)
from tests.properties.ward import THREADS_DRAW
from tests.watch.bedside import SHOCK, Bed
from toxmon.actions.verify import _patient as findings_of

NUMBERS = count(1)
SETS: dict[str, tuple[int, dict[str, Any]]] = {
    "well": (0, {}),
    "fever": (1, {"body_temperature": (38.4, "Cel")}),
    "shock": (3, SHOCK),
    "low_pressure": (0, {"systolic_bp": (84, "mm[Hg]")}),
    "hypoxia": (0, {"oxygen_saturation": (86, "%")}),
}
BY = {"nurse": "nurse of the test", "physician": "physician of the test"}


class Ward(RuleBasedStateMachine):
    """People chart, correct, acknowledge and forget; time passes and is swept."""

    bed: Bed
    sets = Bundle("sets")
    which = st.integers(0, 9)

    @initialize()
    def admitted(self) -> None:
        self.bed.clock.forward(minutes=1)
        at = self.bed.at(hours=-2)
        api = self.bed.api
        api.numbers = NUMBERS
        self.bed.patient_id = api.treated("ide-cel", at)
        self.model = Model()
        feed = api.get("/alerts?after=0&limit=1").body
        while feed["items"]:
            feed = api.get(f"/alerts?after={feed['last']}&limit=500").body
        self.model.last = feed["last"]

    # At the bedside.

    @rule(target=sets, name=st.sampled_from(sorted(SETS)))
    def chart(self, name: str) -> tuple[str, str]:
        level, values = SETS[name]
        answer = self.bed.vitals(**values)
        self.model.level = level
        crs = [each for each in self.open() if each["rule"] == "crs"]
        if level:
            assert max((each["level"] for each in crs), default=0) >= level, "a rise waits"
        return self.bed.fact(answer, "body_temperature"), self.bed.fact(answer, "systolic_bp")

    @rule(charted=consumes(sets), temperature=st.sampled_from([36.4, 38.2, 39.6]))
    def correct(self, charted: tuple[str, str], temperature: float) -> None:
        body = {"value": temperature, "unit": "Cel", "reason": "a slip"}
        self.bed.post(f"/observations/{charted[0]}/corrections", body)

    @rule(charted=consumes(sets))
    def retract(self, charted: tuple[str, str]) -> None:
        for fact in charted:
            self.bed.post(f"/observations/{fact}/retraction", {"reason": "another bed"})

    # Acts.

    @rule(which=which, by=st.sampled_from(sorted(BY)), assessed=st.booleans())
    @precondition(lambda self: self.listed())
    def acknowledge(self, which: int, by: str, assessed: bool) -> None:
        alert = self.chosen(which)
        body = {"reason": "going", **({"assessment": "seen"} if assessed else {})}
        done = self.act(alert, "acknowledge", body, by, may_be_acknowledged(alert, BY[by]))
        if done and not done["closed_at"]:
            present = alert["condition"] != "recovered"
            spans = DOCUMENTED if assessed and present else TAKEN
            lasts = instant(done["acknowledgement"]["until"]) - self.bed.clock.now
            assert abs(lasts - spans[alert["priority"]]).total_seconds() < 1
            assert done["holder"] == BY[by]

    @rule(which=which, minutes=st.integers(1, 45))
    @precondition(lambda self: self.listed())
    def shelve(self, which: int, minutes: int) -> None:
        alert = self.chosen(which)
        most = SHELF_MOST.get(alert["priority"])
        body = {"until": self.bed.at(minutes=minutes), "reason": "culture"}
        short = most is None or minutes <= most.total_seconds() / 60
        self.act(alert, "shelve", body, "nurse", may_be_shelved(alert) and short)

    @rule(which=which)
    @precondition(lambda self: self.listed())
    def unshelve(self, which: int) -> None:
        alert = self.chosen(which)
        self.act(alert, "unshelve", {"reason": "now"}, "nurse", alert["signal"] == "shelved")

    @rule(which=which)
    @precondition(lambda self: self.listed())
    def resolve(self, which: int) -> None:
        alert = self.chosen(which)
        self.act(alert, "resolve", {"reason": "over"}, "physician", may_be_resolved(alert))

    @rule(which=which)
    @precondition(lambda self: self.listed())
    def note(self, which: int) -> None:
        self.act(self.chosen(which), "note", {"text": "family informed"}, "nurse", True)

    @rule(which=which)
    @precondition(lambda self: self.listed())
    def a_program_acknowledges(self, which: int) -> None:
        path = f"/alerts/{self.chosen(which)['id']}/acknowledge"
        assert self.bed.api.post(path, {"reason": "x"}, by="integration").status == 403

    # Time.

    @rule(minutes=st.sampled_from([1, 4, 11, 16, 31, 61, 200]))
    def pass_time(self, minutes: int) -> None:
        self.bed.clock.forward(minutes=minutes)

    @invariant()
    def is_as_the_model_says(self) -> None:
        self.bed.sweep()
        now = self.bed.clock.now
        for alert in self.listed("all"):
            self.model.reads(alert, self.bed.life(alert["id"]), now)
        feed = self.bed.api.get(f"/alerts?after={self.model.last}&limit=500").body
        self.model.last = feed["last"]
        mine = [each for each in feed["items"] if each["patient_id"] == self.bed.patient_id]
        self.model.fed += mine

    def teardown(self) -> None:
        if not hasattr(self, "model"):
            return
        lived = [each["seq"] for life in self.model.lives.values() for each in life]
        assert [each["seq"] for each in self.model.fed] == sorted(lived), "the feed has gaps"
        with self.bed.service.store.reading():
            assert list(findings_of(self.bed.service, self.bed.patient_id)) == []

    # What it is made of.

    def listed(self, state: str = "all") -> list[Told]:
        path = f"/alerts?state={state}&limit=200&patient={self.bed.patient_id}"
        found: list[Told] = self.bed.api.get(path).body["items"]
        return found

    def open(self) -> list[Told]:
        return self.listed("open")

    def chosen(self, which: int) -> Told:
        found = sorted(self.listed(), key=lambda each: each["key"])
        return found[which % len(found)]

    def act(self, alert: Told, what: str, body: Told, by: str, may: bool) -> Told | None:
        """Do it, and see that it is taken exactly if the model says so."""
        answer = self.bed.api.post(f"/alerts/{alert['id']}/{what}", body, by=by)
        assert (answer.status == 200) == may, (what, alert["state"], answer.body)
        assert answer.status in (200, 409, 422), answer.body
        found: Told = answer.body
        return found if may else None


@pytest.fixture
def bed(api: Api, clock: Clock) -> Bed:
    return Bed(api, clock)


@THREADS_DRAW
@pytest.mark.hazard("H26", "H36", "H39", "H55")
def test_the_life_of_alerts(bed: Bed) -> None:
    machine = type("WardOfThisTest", (Ward,), {"bed": bed})
    run_state_machine_as_test(
        machine,
        settings=settings(
            derandomize=True,
            max_examples=10,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
