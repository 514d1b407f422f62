"""What facts, time and acts change in the watch of a patient: gathered, decided, kept.

Runs inside the transaction of its cause, so that a grade, its alarm and the row that tells
somebody are kept together or not at all.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import orjson

from toxmon.actions import (
    Service,
    dose_matters,
    feeds,
    knowing,
    memories,
    occurrences,
    record_matters,
    remade,
    technical,
)
from toxmon.actions.knowing import OldForm
from toxmon.actions.opened import treatment_of
from toxmon.actions.refold import Regraded
from toxmon.actions.register import Register, Standing
from toxmon.alerting.alarm import WITHDRAWN, Event
from toxmon.grading.kinds import KINDS
from toxmon.protocol import Alarms
from toxmon.store import Row, StoreError, facts, patients, watches
from toxmon.timeline import matters
from toxmon.timeline.known import Known
from toxmon.timeline.live import Looked
from toxmon.timeline.matter import PRIORITIES, Matter
from toxmon.timeline.plan import Plan, plan

log = logging.getLogger("toxmon.watch")

URGENT = 2
"""A grade from which on a patient is looked at before others after an outage."""

BREATH = timedelta(seconds=1)

Observed = Callable[[Known], tuple[Matter, ...]]


def watched(
    service: Service,
    patient_id: str,
    head: Row,
    treatments: Sequence[Row],
    rows: Sequence[Row],
    regraded: Regraded,
    version: int,
    now: datetime,
) -> Watch:
    """The watch after facts. A fault of ours in it never keeps a fact from being kept.

    It is told: the sweep looks at that patient at once, and gives it up with an alarm if it fails.
    """
    watch = Watch(service, patient_id, head, version, now)
    try:
        watch.after_facts(treatments, rows, regraded)
    except StoreError:
        raise
    except Exception:
        log.exception("the watch of patient %s failed and is tried again", patient_id)
        watch = Watch(service, patient_id, head, version, now)
        watch.begin_again()
    return watch


class Watch:
    """The watch of one patient inside one transaction. Only inside `writing`."""

    def __init__(
        self, service: Service, patient_id: str, head: Row, version: int, now: datetime
    ) -> None:
        self.service = service
        self.store = service.store
        self.patient_id = patient_id
        self.head = head
        self.version = version
        self.now = now
        self.register = Register(
            service,
            now,
            remade.beside_head(service, patient_id, head["alarms"]),
            unit=head["unit"],
            patient_id=patient_id,
            version=version,
        )
        self.occurred: list[Row] = []
        self.over = False
        """Is the patient not watched any more?"""

    @property
    def rows(self) -> list[Row]:
        """What was kept, as the audit chain signs it."""
        return [*self.register.rows, *self.occurred]

    # Causes.

    def after_facts(
        self, treatments: Sequence[Row], rows: Sequence[Row], regraded: Regraded
    ) -> None:
        """Facts were charted, corrected or taken back, and the grades brought up to date."""
        replaced = regraded.replaced
        if regraded.laid_out:
            watches.forget(self.store, self.patient_id)
            treatments = patients.heads(self.store, self.patient_id)
        begun = [row for row in treatments if row["treatment_id"] is not None]
        if regraded.laid_out:
            begun = [{**row, "alarms_edition": self._edition(row)} for row in begun]
            self._orphans(begun, replaced, rows)
        corrected = record_matters.corrections(replaced, rows)
        for treatment in begun:
            touched = any(knowing.is_of(row, treatment) for row in (*rows, *replaced))
            if treatment is begun[-1] or touched or regraded.laid_out:
                known = self._known_after(treatment, rows, replaced, regraded)
                found = self._look(treatment, known, begun, regraded, corrected)
                if treatment["watched_at"] is not None and treatment["watched_at"] <= self.now:
                    self._occurrences(treatment, known, found)  # The sweep had not come yet.
            else:
                # What was charted may be what the late watch of this one waits for.
                row = {"treatment_id": treatment["treatment_id"], "next_at": self.now}
                watches.advance(self.store, row, of=self.patient_id)
        if begun and not self.over:
            self._record_itself(begun[-1], rows, replaced, corrected)
            self._doses(begun, rows, replaced, corrected)
        self._keep()

    def after_time(self, treatments: Sequence[Row], regraded: Regraded) -> None:
        """Time has passed: what grew old, what is due, what lapsed, who is told next."""
        begun = [row for row in treatments if row["treatment_id"] is not None]
        for treatment in begun:
            known = self._known_after(treatment, (), (), regraded)
            found = self._look(treatment, known, begun, regraded, {})
            self._occurrences(treatment, known, found)
        self._keep()

    def after_act(
        self, standing: Standing, events: Iterable[Event], treatments: Sequence[Row]
    ) -> None:
        """A person has acted on an alarm; what follows at once follows in the same transaction."""
        scope, treatment_id = standing.scope, standing.treatment_id
        self.register.apply(scope, treatment_id, events, {standing.alarm.key: standing})
        self.after_time(treatments, Regraded())

    # Gather.

    def _edition(self, treatment: Row) -> str | None:
        """The edition of the alarm policy that a treatment began under; None is today's."""
        infusion = facts.get(self.store, treatment["treatment_id"])
        detail = orjson.loads(infusion["detail"]) if infusion and infusion["detail"] else {}
        edition: str | None = detail.get("alarms_edition")
        return edition

    def _known_after(
        self,
        treatment: Row,
        rows: Sequence[Row],
        replaced: Sequence[Row],
        regraded: Regraded,
    ) -> Known:
        """What is known of a treatment now."""
        service, patient_id = self.service, self.patient_id
        try:
            if treatment["known"] is None:
                raise OldForm
            known = knowing.load(treatment["known"])
        except OldForm:
            known = knowing.gathered(service, patient_id, treatment)
            return knowing.every_level(service, known, patient_id, self.head, treatment, self.now)
        mine = [row for row in rows if knowing.is_of(row, treatment)]
        new = [row for row in mine if row["replaces_id"] is None]
        product = service.product(treatment["product_edition"])
        known = knowing.with_facts(known, new, product, service.zone)
        corrected = {row["kind"] for row in mine if row["replaces_id"] is not None}
        corrected |= {row["kind"] for row in replaced if knowing.is_of(row, treatment)}
        if measured := sorted(corrected & KINDS.keys()):
            known = knowing.seen_again(service, known, patient_id, treatment, measured)
        touched = {row["kind"] for row in (*rows, *replaced)}
        if touched & knowing.REARRANGING or corrected & set(knowing.ACT_KINDS):
            known = knowing.with_acts(service, known, patient_id, treatment)
        return knowing.with_levels(
            known,
            regraded.grades_of.get(treatment["treatment_id"], {}),
            [row for row in regraded.rows if row["treatment_id"] == treatment["treatment_id"]],
            self.now,
            self._policy(treatment).rise.within,
        )

    def _policy(self, treatment: Row) -> Alarms:
        return self.service.alarms(treatment["alarms_edition"])

    # Decide.

    def _look(
        self,
        treatment: Row,
        known: Known,
        begun: Sequence[Row],
        regraded: Regraded,
        corrected: Mapping[str, str],
    ) -> Plan:
        """Look at one treatment: what is due, what is the matter, what that means for alarms."""
        service, treatment_id = self.service, treatment["treatment_id"]
        policy = self._policy(treatment)
        product = service.product(treatment["product_edition"])
        course = treatment_of(self.head, treatment, service.zone)
        graded = service.policy(treatment["policy_edition"])
        older = treatment is not begun[-1]
        seen = knowing.with_later(known, begun[-1]) if older else known
        stay = seen.stay(self.now)
        self.register.bed = stay.bed if stay is not None else None
        with memories.taken(treatment_id) as memory:
            found = plan(seen, product, course, policy, self.now, older=older, memory=memory)
            up = self.register.open(treatment_id)
            raised = frozenset(key for key, each in up.items() if each.alarm.level > 0)

            def observed(known: Known) -> tuple[Matter, ...]:
                return matters.observe(
                    known, found, product, course, graded, policy, self.now, raised, older=older
                )

            if older:
                now_so = observed(seen)
                changes_at = matters.next_at(seen, course, graded, policy, self.now)
            else:
                looked = Looked(seen, product, course, graded, policy, self.now, memory)
                now_so = looked.live(found, raised)
                changes_at = looked.next_at()
        # What goes on after all is heard again before it is followed.
        over = knowing.why_over(seen, self.now)
        self.over = over is not None
        self.register.watch_is_over(treatment_id, treatment_id, over)
        passed = self._passed(treatment_id, seen, now_so, regraded, observed)
        if passed:
            self.register.decide(treatment_id, treatment_id, passed, policy, corrected)
        told, until = feeds.stood_for(service, self.head["unit"], now_so, raised, self.now)
        self.register.decide(treatment_id, treatment_id, told, policy, corrected)
        scopes = {treatment_id}
        if treatment is begun[-1]:  # The newest looks after those whose own treatment is gone.
            scopes |= self.register.scopes() - {row["treatment_id"] for row in begun}
        for standing in [each for scope in scopes for each in self.register.open(scope).values()]:
            self.register.pass_time(standing)
        ends = [found.next_at, changes_at, until, *map(self.register.next_at, scopes)]
        self._save(treatment, known, ends)
        return found

    def _passed(
        self,
        treatment_id: str,
        known: Known,
        now_so: Sequence[Matter],
        regraded: Regraded,
        observed: Observed,
    ) -> list[Matter]:
        """What was worse between the last look and now, and is over: it was never told."""
        rows = [
            row
            for row in regraded.rows
            if row["treatment_id"] == treatment_id and not row["withdrawn"] and row["low"] > 0
        ]
        level = {matter.key: matter.level or 0 for matter in now_so}
        worst: dict[str, Matter] = {}
        for row in rows:
            current = known.levels.get(row["scale"])
            body = orjson.loads(row["body"])
            episode = body["episode"]["number"] if body.get("episode") else None
            if (
                current is not None
                and current.low >= row["low"]
                and (episode is None or current.episode == episode)
            ):
                continue
            level_then = knowing.level_of(body, row["effective_at"])
            then = replace(known, levels={**known.levels, row["scale"]: level_then})
            for matter in observed(then):
                if matter.rule == row["scale"] and (matter.level or 0) > level.get(matter.key, 0):
                    level[matter.key] = matter.level or 0
                    worst[matter.key] = replace(matter, over=True, at=row["effective_at"])
        return list(worst.values())

    def _orphans(self, begun: Sequence[Row], replaced: Sequence[Row], rows: Sequence[Row]) -> None:
        """Alarms of a treatment whose infusion was taken back lose their ground, and stay."""
        scopes = {row["treatment_id"] for row in begun}
        words = "; ".join(record_matters.corrections(replaced, rows).values())
        for standing in list(self.register.found.values()):
            known, gone = standing.scope in scopes, standing.alarm.condition == WITHDRAWN
            if not known and not gone and standing.alarm.closed_at is None:
                self.register.withdraw(standing, words or "its treatment is not on record any more")
                self.register.pass_time(standing)

    def _record_itself(
        self,
        newest: Row,
        rows: Sequence[Row],
        replaced: Sequence[Row],
        corrected: Mapping[str, str],
    ) -> None:
        """Matters of the record itself: a value that waits for a person, a moved day 0."""
        treatment_id = newest["treatment_id"]
        policy = self._policy(newest)
        steps = record_matters.observe(
            self.service, self.patient_id, rows, replaced, policy, self.now
        )
        for so in steps:
            self.register.decide(treatment_id, treatment_id, so, policy, corrected)
        if steps:
            for standing in list(self.register.open(treatment_id).values()):
                self.register.pass_time(standing)

    def _doses(
        self,
        begun: Sequence[Row],
        rows: Sequence[Row],
        replaced: Sequence[Row],
        corrected: Mapping[str, str],
    ) -> None:
        """Doses that went beyond a limit, and records that may be one dose."""
        drugs = dose_matters.drugs_touched(self.service, (*rows, *replaced))
        if not drugs:
            return
        policy = self._policy(begun[-1])
        for drug in drugs:
            dose_matters.follow(self.register, drug, begun, corrected, policy)
        for standing in list(self.register.open(begun[-1]["treatment_id"]).values()):
            self.register.pass_time(standing)

    def _occurrences(self, treatment: Row, known: Known, found: Plan) -> None:
        """Keep what was missed and which windows were crossed, each of them once."""
        course = treatment_of(self.head, treatment, self.service.zone)
        product = self.service.product(treatment["product_edition"])
        rows = occurrences.found(treatment, course, product, known, found, self.now)
        keys = [row["key"] for row in rows]
        before = watches.known_keys(self.store, keys, of=self.patient_id)
        new = {"patient_id": self.patient_id, "version": self.version, "recorded_at": self.now}
        self.occurred += [{**row, **new} for row in rows if row["key"] not in before]

    # Keep.

    def _save(self, treatment: Row, known: Known, ends: Iterable[datetime | None]) -> None:
        treatment_id = treatment["treatment_id"]
        worst = max(
            (
                PRIORITIES.index(each.alarm.priority)
                for each in self.register.open(treatment_id).values()
            ),
            default=0,
        )
        if any(level.low >= URGENT for level in known.levels.values()):
            worst = len(PRIORITIES) - 1
        row = {
            "treatment_id": treatment_id,
            "known": knowing.dump(known, treatment["known"]),
            "next_at": self._next(ends),
            "worst": worst,
        }
        if treatment["epoch"] is not None:
            watches.advance(self.store, row, of=self.patient_id)
            if treatment["tries"]:  # It goes well again, whatever it was.
                well = {"treatment_id": treatment_id, "tries": 0, "dead_at": None}
                watches.release(self.store, well, of=self.patient_id)
            if treatment["dead_at"]:
                technical.monitored_again(self.service, self.head["unit"], treatment_id, self.now)
            return
        self._begin(row, treatment["alarms_edition"])

    def _begin(self, row: Row, edition: str | None) -> None:
        begun = {"patient_id": self.patient_id, "alarms_edition": edition}
        unclaimed = {"lease_at": None, "epoch": 0, "tries": 0, "dead_at": None}
        watches.put(self.store, {**row, **begun, **unclaimed})

    def begin_again(self) -> None:
        """Let the sweep look at once at each treatment, and make what is known anew."""
        for row in patients.heads(self.store, self.patient_id):
            if row["treatment_id"] is not None:
                fresh = {"treatment_id": row["treatment_id"], "known": None, "worst": URGENT}
                edition = row["alarms_edition"] or self._edition(row)
                self._begin({**fresh, "next_at": self.now}, edition)

    def _next(self, ends: Iterable[datetime | None]) -> datetime | None:
        """The first of these instants; one that has passed is looked at again, but not at once."""
        first = min((end for end in ends if end is not None), default=None)
        return None if first is None else max(first, self.now + BREATH)

    def _keep(self) -> None:
        self.register.keep()
        watches.add_events(self.store, self.occurred)
