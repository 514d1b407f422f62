"""Chart the statements of one message, or hold them: patient, meaning, version, fact."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from toxmon.actions import Actor, Fault, Refused, Service, record
from toxmon.actions.received import (
    CHARTED,
    CORRECTED,
    DUPLICATE,
    HELD,
    NOTED,
    OUTDATED,
    WITHDRAWN,
    Result,
    end_of,
    signed,
)
from toxmon.actions.record import RETRACTED, Charted
from toxmon.actions.statement import (
    Case,
    as_charted,
    by_patient,
    editions_of,
    in_doubt,
    same,
    taken_back,
)
from toxmon.grading.doubts import contradictions
from toxmon.intake import following, hold
from toxmon.intake.code_map import CodeMap
from toxmon.intake.following import Stood, content_key, digest_of, follows
from toxmon.intake.hold import Hold
from toxmon.intake.reading import read
from toxmon.intake.report import (
    GONE,
    OBSERVATION,
    PENDING,
    WRONG_PATIENT,
    Report,
    dump_report,
)
from toxmon.store import Row, facts, held, ids, origins, patients

STATUS_ONLY = "status_only"
"""A report that sends a new state and no value leaves the value as it is."""


class Taker:
    """Takes the reports of one message, inside `writing`. `again`: the held row that is read anew.

    Afterwards `held` has the ids of what waits, `held_rows` what the audit chain signs of them,
    `ended` the ids of what waits no longer, `alarmed` whether somebody is to be told, `charted`
    the facts.
    """

    def __init__(
        self,
        service: Service,
        actor: Actor,
        source: str,
        message_id: str,
        now: datetime,
        *,
        strict: bool = False,
        again: Row | None = None,
    ) -> None:
        self._service, self._actor, self._source = service, actor, source
        self._message_id, self._now, self._strict = message_id, now, strict
        self._again = again
        self._codes: CodeMap = service.codes(source)
        self._patients: dict[Any, str | Hold] = {}
        self._resources: dict[str, str] = {}
        self.held: list[str] = []
        self.held_rows: list[Row] = []
        self.ended: list[str] = []
        self.alarmed = False
        self.charted: list[Row] = []

    def take(self, reports: Sequence[Report]) -> tuple[Result, ...]:
        """Chart or hold each report; the results are in their order."""
        cases = [
            Case(place, report, report.key or content_key(report), digest_of(report))
            for place, report in enumerate(reports)
        ]
        left = cases
        while left:  # A statement that stands there twice is taken twice, one after the other.
            turn: list[Case] = []
            later: list[Case] = []
            keys: set[str] = set()
            for case in left:
                (later if case.key in keys else turn).append(case)
                keys.add(case.key)
            self._turn(turn)
            left = later
        return tuple(self._result(case) for case in cases)

    def _turn(self, cases: list[Case]) -> None:
        store = self._service.store
        known = origins.named(store, self._source, [case.key for case in cases])
        faults: list[Fault] = []
        for case in cases:
            case.before = known.get(case.key)
            if case.before is not None and case.report.resource:
                # A part that is new belongs to the resource that its other parts are of.
                self._resources.setdefault(case.report.resource, case.before["resource_id"])
            self._decide(case)
        self._doubt(cases)
        for patient_id, mine in by_patient(cases).items():
            faults += self._chart(patient_id, mine)
        if faults:
            raise Refused(*dict.fromkeys(faults))
        self._hold([case for case in cases if case.hold is not None])
        waited = {
            row["key"]: row
            for row in held.of_keys(store, self._source, [case.key for case in cases])
            if row["id"] not in self.held
        }
        for case in cases:
            self._keep_origin(case)
            if case.key in waited and case.outcome in (CHARTED, CORRECTED, WITHDRAWN, HELD):
                self._end(waited[case.key], case)

    # Decide.

    def _decide(self, case: Case) -> None:
        report, before = case.report, case.before
        stood = None
        if before is not None:
            stood = Stood(before["state"], before["said_at"], before["ordinal"], before["digest"])
        follow = follows(report, None if self._again is not None else stood)
        if follow == following.SAME:
            case.outcome = DUPLICATE
            return
        if follow == following.OLDER:
            case.outcome = OUTDATED
            return
        if before is not None and before["newest_id"] is not None:
            case.fact = facts.get(self._service.store, before["newest_id"])
        if report.state in GONE:
            self._withdraw(case)
            return
        if report.state == PENDING:
            case.outcome = NOTED
            return
        if follow == following.REVIVED:
            self._wait(case, Hold(hold.CAME_AFTER_WITHDRAWAL, "look which of the two is true"))
            return
        if report.detail.get(STATUS_ONLY):
            if case.fact is not None:
                case.outcome = NOTED
                case.patient_id = case.fact["patient_id"]
            else:
                self._wait(case, Hold(hold.NO_VALUE, "a new state of a result that never came"))
            return
        self._read(case)

    def _withdraw(self, case: Case) -> None:
        case.outcome = WITHDRAWN
        fact = case.fact
        if fact is None:
            return
        case.patient_id = fact["patient_id"]
        if fact["status"] == RETRACTED:
            return
        if fact["replaced_by"] is not None:
            newest = self._newest(fact)
            if newest["status"] != RETRACTED:
                words = f"{self._source} withdraws a value that was corrected here"
                self._wait(case, Hold(hold.CORRECTED_HERE, words))
            return
        why = "for another patient" if case.report.state == WRONG_PATIENT else "by its sender"
        case.charted = [taken_back(fact, f"withdrawn {why}, {self._source}")]

    def _read(self, case: Case) -> None:
        found = self._patient(case.report)
        if isinstance(found, Hold):
            self._wait(case, found)
            return
        case.patient_id = found
        meant = read(case.report, self._codes, self._service.protocols)
        if isinstance(meant, Hold):
            self._wait(case, meant)
            return
        fact = case.fact
        if fact is not None and fact["replaced_by"] is not None:
            words = f"{self._source} changes a value that was corrected or taken back here"
            self._wait(case, Hold(hold.CORRECTED_HERE, words))
            return
        charted = as_charted(self._service, case.report, meant, self._source, self._message_id)
        if fact is None or fact["status"] == RETRACTED:
            case.charted, case.outcome = [charted], CHARTED
        elif fact["patient_id"] != found:
            back = taken_back(fact, f"sent for another patient, {self._source}")
            case.retracted_from = fact["patient_id"]
            case.charted, case.outcome = [back, charted], CORRECTED
        elif same(fact, charted):
            case.outcome = NOTED
        else:
            reason = f"corrected by its sender, {self._source}"
            charted = record.replacing(charted, fact, reason)
            if charted.doubt:
                charted = in_doubt(charted, charted.doubt)
            case.charted, case.outcome = [charted], CORRECTED

    def _patient(self, report: Report) -> str | Hold:
        """Whom a report is about, within reach of its sender, or why nobody can say."""
        asked = report.patient_id or report.patient
        if asked not in self._patients:
            self._patients[asked] = self._find(report)
        return self._patients[asked]

    def _find(self, report: Report) -> str | Hold:
        store = self._service.store
        if report.patient_id is not None:
            found = {report.patient_id}
        else:
            holders = (patients.holder(store, each.system, each.value) for each in report.patient)
            found = {holder for holder in holders if holder is not None}
        if len(found) > 1:
            return Hold(hold.PATIENTS_DISAGREE, "look whose it is; merge, or mend the numbers")
        for patient_id in found:
            heads = patients.heads(store, patient_id)
            if heads and self._actor.may_see(heads[0]["unit"]):
                return patient_id
            if heads:
                return Hold(hold.OUT_OF_REACH, "give the sender's token that unit, or move nothing")
        if not report.patient:
            return Hold(hold.UNKNOWN_PATIENT, "it names no patient on record")
        systems = ", ".join(sorted({each.system for each in report.patient}))
        return Hold(hold.UNKNOWN_PATIENT, f"nobody on record has its number of {systems}")

    def _newest(self, fact: Row) -> Row:
        while fact["replaced_by"] is not None:
            following_one = facts.get(self._service.store, fact["replaced_by"])
            if following_one is None:
                break
            fact = following_one
        return fact

    @staticmethod
    def _wait(case: Case, why: Hold) -> None:
        case.outcome, case.hold, case.charted = HELD, why, []

    def _doubt(self, cases: list[Case]) -> None:
        """Values of one instant that cannot be true together wait in quarantine."""
        together: dict[tuple[str, datetime], list[Case]] = defaultdict(list)
        for case in cases:
            new = case.charted[-1] if case.charted else None
            if case.report.what == OBSERVATION and new is not None and new.status != RETRACTED:
                together[case.patient_id or "", new.effective_at].append(case)
        for mine in together.values():
            if len(mine) < 2:
                continue
            doubted = contradictions(
                {case.charted[-1].kind: case.charted[-1].value for case in mine}
            )
            for case in mine:
                doubt = doubted.get(case.charted[-1].kind)
                if doubt and case.charted[-1].doubt is None:
                    case.charted[-1] = in_doubt(case.charted[-1], doubt)

    # Keep.

    def _chart(self, patient_id: str, mine: list[tuple[Case, Charted]]) -> list[Fault]:
        """Chart what concerns one patient. Returns what refuses the whole, where it is strict."""
        store = self._service.store
        heads = patients.heads(store, patient_id)
        now = record.after(heads[0]["told_at"], self._service.clock())
        good: list[tuple[Case, Charted]] = []
        for case, charted in mine:
            try:
                record.check_times([charted], now, heads[0]["birth_date"], self._service.zone)
            except Refused as error:
                if self._strict:
                    return [Fault(case.report.place, each.detail) for each in error.faults]
                self._wait(case, Hold(hold.TIME_REFUSED, error.faults[0].detail))
                continue
            good.append((case, charted))
        # A fact that is moved goes back in one record only if it comes into the other.
        good = [(case, charted) for case, charted in good if case.outcome != HELD]
        if not good:
            return []
        outcome = record.keep(
            self._service,
            self._actor,
            patient_id,
            [charted for _, charted in good],
            action="take_in",
            heads=heads,
            began_under=editions_of(good),
        )
        self.alarmed = self.alarmed or bool(outcome.alarms)
        self.charted += outcome.facts
        for (case, _), row in zip(good, outcome.facts, strict=True):
            case.rows.append(row)
            case.version = outcome.version
        return []

    def _hold(self, cases: list[Case]) -> None:
        rows: list[Row] = []
        numbers: list[Row] = []
        for case, id_ in zip(cases, ids.new_ids(self._now, len(cases)), strict=True):
            report, why = case.report, case.hold
            assert why is not None
            if self._again is not None and self._again["reason"] == why.reason:
                continue  # It waits already, and for the same.
            first = report.codings[0] if report.codings else None
            rows.append(
                {
                    "id": id_,
                    "message_id": self._message_id,
                    "source": self._source,
                    "key": case.key,
                    "patient_id": case.patient_id,
                    "reason": why.reason,
                    "words": why.words,
                    "system": first.system if first else None,
                    "code": first.code if first else None,
                    "display": (first.display if first else None) or report.text,
                    "report": dump_report(report),
                    "recorded_at": self._now,
                }
            )
            told = {(each.system, each.value) for each in report.patient}
            numbers += [{"held_id": id_, "system": s, "value": v} for s, v in sorted(told)]
        if rows:
            held.add(self._service.store, rows, numbers)
            self.held += [row["id"] for row in rows]
            self.held_rows += signed(self._service, [row["id"] for row in rows])

    def _end(self, row: Row, case: Case) -> None:
        again, why = self._again, case.hold
        if again is not None and why is not None and why.reason == again["reason"]:
            return  # It goes on waiting, for the same.
        outcome = case.outcome if case.outcome in (CHARTED, CORRECTED) else "superseded"
        fact_id = case.rows[-1]["id"] if case.rows else None
        end = end_of(row["id"], outcome, self._actor, self._now, fact_id=fact_id)
        held.end(self._service.store, [end])
        self.ended.append(row["id"])

    def _keep_origin(self, case: Case) -> None:
        if case.outcome in (DUPLICATE, OUTDATED):
            return
        report, before = case.report, case.before
        newest = case.rows[-1]["id"] if case.rows else before and before["newest_id"]
        fact_id = before["fact_id"] if before else None
        if case.rows and (fact_id is None or case.rows[-1]["replaces_id"] is None):
            fact_id = case.rows[-1]["id"]
        resource_id = (before and before["resource_id"]) or self._resource(report, fact_id)
        if report.resource:
            self._resources[report.resource] = resource_id
        row: Row = {
            "source": self._source,
            "key": case.key,
            "resource_id": resource_id,
            "patient_id": case.patient_id or (before and before["patient_id"]),
            "fact_id": fact_id,
            "newest_id": newest,
            "state": report.state,
            "said_at": report.said_at,
            "ordinal": report.ordinal,
            "digest": case.digest,
            "message_id": self._message_id,
        }
        moved = before is not None and before["patient_id"] != row["patient_id"]
        origins.put(self._service.store, row, None if moved else row["patient_id"])
        case.before = row

    def _resource(self, report: Report, fact_id: str | None) -> str:
        known = self._resources.get(report.resource) if report.resource else None
        return known or fact_id or ids.new_id(self._now)

    def _result(self, case: Case) -> Result:
        row = case.before
        return Result(
            outcome=case.outcome,
            fact_id=row["fact_id"] if row else None,
            resource_id=row["resource_id"] if row else None,
            patient_id=case.patient_id or (row["patient_id"] if row else None),
            version=case.version,
            hold=case.hold,
        )
