"""Any order of values, time and acts: the alarms do what the model in plain words does."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.alerting.model import OUT, SHELF, Model
from tests.alerting.room import BEGAN, Room, minutes
from toxmon.alerting import acts
from toxmon.alerting.acts import NotPossible
from toxmon.alerting.plain import dump_alarm, load_alarm

PERSONS = {"acknowledged", "resolved"}


class Alarms(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.room, self.model = Room(), Model()

    @property
    def now(self) -> int:
        return int((self.room.now - BEGAN) / minutes(1))

    def refused(self, act: Callable[[], object]) -> bool:
        self.model.time(self.now)
        try:
            act()
        except NotPossible:
            return True
        return False

    @rule(level=st.sampled_from([0, 0, 1, 2, 3, None]))
    def see(self, level: int | None) -> None:
        # Unknown is not in the alarm's power to end: neither may it bring one back to normal.
        before = self.model.state()
        self.model.seen(level, self.now)
        self.room.level(level)
        if level is None:
            assert (before == "normal") == (self.model.state() == "normal")

    @rule(span=st.sampled_from([1, 5, 9, 10, 15, 30, 59, 60, 61, 240]))
    def wait(self, span: int) -> None:
        self.room.wait(minutes(span))
        self.model.time(self.now)

    @precondition(lambda self: self.model.open is not None)
    @rule(by=st.sampled_from(["Ada", "Ben"]))
    def acknowledge(self, by: str) -> None:
        state, holder = self.model.state(), self.room.alarm.holder
        refused = self.refused(lambda: self.room.acknowledge(by=by))
        state = self.model.state() if state != "normal" else state
        held = state == "acknowledged" and holder == by
        assert refused == (state in ("normal", "out_of_service") or held)
        if not refused:
            self.model.acknowledge(self.now)

    @precondition(lambda self: self.model.open is not None)
    @rule()
    def document(self) -> None:
        refused = self.refused(
            lambda: self.room.act(acts.document, self.room.policy, text="assessed")
        )
        assert refused == (self.model.state() != "acknowledged")
        if not refused:
            self.model.document(self.now)

    @precondition(lambda self: self.model.open is not None)
    @rule()
    def shelve(self) -> None:
        span = SHELF.get(self.model.urgent, 10)
        refused = self.refused(lambda: self.room.shelve(minutes(span)))
        sounds = self.model.state() in ("unacknowledged", "returned_unacknowledged")
        assert refused == (not sounds or self.model.shelved >= 3)
        if not refused:
            self.model.silent, self.model.silent_until = "shelved", self.now + span
            self.model.shelved += 1

    @precondition(lambda self: self.model.open is not None)
    @rule()
    def unshelve(self) -> None:
        refused = self.refused(lambda: self.room.act(acts.unshelve, reason="back"))
        assert refused == (self.model.state() != "shelved")
        if not refused:
            self.model.ring()

    @precondition(lambda self: self.model.open is not None)
    @rule()
    def take_out(self) -> None:
        refused = self.refused(lambda: self.room.take_out(minutes(OUT)))
        assert refused == (self.model.state() in ("normal", "out_of_service"))
        if not refused:
            self.model.ring()
            self.model.silent, self.model.silent_until = "out_of_service", self.now + OUT

    @precondition(lambda self: self.model.open is not None)
    @rule()
    def resolve(self) -> None:
        refused = self.refused(lambda: self.room.resolve())
        assert refused == (not self.model.open or self.model.present)
        if not refused:
            self.model.open = False
            self.model.ring()

    @invariant()
    def the_model_agrees(self) -> None:
        alarm = self.room.alarms.get("crs#1")
        if alarm is None:
            assert self.model.open is None
            return
        assert alarm.state == self.model.state()
        assert alarm.level == self.model.held or not alarm.open
        assert alarm.peak >= alarm.level

    @invariant()
    def the_events_alone_make_the_same_alarm(self) -> None:
        assert self.room.rebuilt() == self.room.alarms
        for alarm in self.room.alarms.values():
            assert load_alarm(dump_alarm(alarm)) == alarm

    @invariant()
    def nobody_is_called_twice_for_one_step(self) -> None:
        paged = [(event.at, event.key) for event in self.room.events if event.kind == "escalated"]
        for alarm in self.room.alarms.values():
            chain = self.room.policy.chain("A", alarm.priority)
            room = Room()
            room.alarms, room.now = dict(self.room.alarms), self.room.now
            assert room.pass_time() == [], (paged, chain)

    @invariant()
    def only_a_person_brings_it_back_to_normal(self) -> None:
        persons = [each.by for each in self.room.events if each.kind in PERSONS]
        ends = [each for each in self.room.alarms.values() if not each.open]
        assert not ends or persons
        assert "toxmon" not in persons
        for alarm in ends:
            if self.room.events[-1].kind == "returned" and self.room.events[-1].at == self.room.now:
                assert alarm.acknowledgement is not None


Alarms.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestAlarms = Alarms.TestCase
