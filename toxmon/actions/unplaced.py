"""Patients whom nothing places, and merges that were refused: they wait for a person, like results.

They wait as statements of their own, so that they are listed, read again and dismissed with the
others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from toxmon.actions import Actor, Service
from toxmon.actions.arrivals import arrive
from toxmon.actions.mergings import REFUSED, merge_told
from toxmon.actions.received import (
    CHARTED,
    HELD,
    Arrival,
    Arrived,
    Merging,
    Result,
    end_of,
    numbers_of,
    signed,
)
from toxmon.intake.hold import MERGE_REFUSED, Hold
from toxmon.intake.report import MERGING, PATIENT, Identifier, Report, dump_report
from toxmon.store import Row, held, ids

ENDED = "superseded"


def of_arrival(arrival: Arrival) -> Report:
    """A patient who waits, as a statement."""
    born = arrival.birth_date.isoformat() if arrival.birth_date else None
    told = {"name": arrival.name, "birth_date": born, "sex": arrival.sex, "ward": arrival.ward}
    return Report(
        what=PATIENT, patient=arrival.identifiers, key=_key(PATIENT, arrival), detail=told
    )


def of_merging(merging: Merging) -> Report:
    """A merge that waits, as a statement."""
    told = {"kind": merging.kind, "gone": numbers_of(merging.gone), "reason": merging.reason}
    numbers = "|".join(f"{each.system}#{each.value}" for each in (*merging.gone, *merging.into))
    return Report(what=MERGING, patient=merging.into, key=f"{MERGING}:{numbers}", detail=told)


class Unplaced:
    """What of one message waits so. Afterwards `held` has the ids, `rows` what is signed of them.

    Only inside `writing`.
    """

    def __init__(self, service: Service, actor: Actor, source: str, message_id: str) -> None:
        self._service, self._actor = service, actor
        self._source, self._message_id = source, message_id
        self.held: list[str] = []
        self.rows: list[Row] = []

    def arrivals(self, arrivals: Sequence[Arrival], arrived: Sequence[Arrived]) -> None:
        """Hold those that have no place; those that have one now wait no longer."""
        for came, there in zip(arrivals, arrived, strict=True):
            report = of_arrival(came)
            if there.hold is not None:
                self._wait(report, there.hold)
            elif there.created or there.changed:
                self._end(report.key or "")

    def mergings(self, mergings: Sequence[Merging], merged: Sequence[Row]) -> None:
        """Hold those that were refused."""
        for told, done in zip(mergings, merged, strict=True):
            report = of_merging(told)
            if done["outcome"] == REFUSED:
                self._wait(report, Hold(MERGE_REFUSED, str(done.get("words"))))
            else:
                self._end(report.key or "")

    def _wait(self, report: Report, why: Hold) -> None:
        store, now = self._service.store, self._service.clock()
        key = report.key or ""
        if any(row["reason"] == why.reason for row in held.of_keys(store, self._source, [key])):
            return  # It waits for the same already.
        id_ = ids.new_id(now)
        row = {
            "id": id_,
            "message_id": self._message_id,
            "source": self._source,
            "key": key,
            "patient_id": None,
            "reason": why.reason,
            "words": why.words,
            "system": None,
            "code": None,
            "display": None,
            "report": dump_report(replace(report, place="")),
            "recorded_at": now,
        }
        numbers = {(each.system, each.value) for each in report.patient}
        told = [{"held_id": id_, "system": s, "value": v} for s, v in sorted(numbers)]
        held.add(store, [row], told)
        self.held.append(id_)
        self.rows += signed(self._service, [id_])

    def _end(self, key: str) -> None:
        waited = held.of_keys(self._service.store, self._source, [key])
        end(self._service, self._actor, waited)


def end(service: Service, actor: Actor, waited: Sequence[Row]) -> None:
    """These wait no longer: what they ask for is so. Only inside `writing`."""
    now = service.clock()
    held.end(service.store, [end_of(row["id"], ENDED, actor, now) for row in waited])


def again(service: Service, actor: Actor, row: Row, report: Report, now: datetime) -> Result:
    """Place a patient, or merge, once more. Only inside `writing`."""
    if report.what == PATIENT:
        born = report.detail.get("birth_date")
        arrival = Arrival(
            identifiers=report.patient,
            name=report.detail.get("name"),
            birth_date=date.fromisoformat(born) if born else None,
            sex=report.detail.get("sex"),
            ward=report.detail.get("ward"),
        )
        there = arrive(service, actor, arrival, service.codes(row["source"]), now)
        why, patient_id = there.hold, there.patient_id
    else:
        done = merge_told(service, actor, _merging(report), now)
        refused = done["outcome"] == REFUSED
        why = Hold(MERGE_REFUSED, str(done.get("words"))) if refused else None
        patient_id = done.get("into_id")
    if why is not None:
        return Result(outcome=HELD, hold=why)
    end(service, actor, [row])
    return Result(outcome=CHARTED, patient_id=patient_id)


def _merging(report: Report) -> Merging:
    gone = tuple(Identifier(**each) for each in report.detail["gone"])
    told = report.detail
    return Merging(kind=told["kind"], gone=gone, into=report.patient, reason=told["reason"])


def _key(what: str, arrival: Arrival) -> str:
    numbers = sorted(f"{each.system}#{each.value}" for each in arrival.identifiers)
    return f"{what}:{'|'.join(numbers)}"
