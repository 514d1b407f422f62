"""Correct a fact, confirm it or take it back, with what rests on it in the record itself."""

from __future__ import annotations

from collections.abc import Callable

from toxmon.actions import Actor, NotFound, Service, running
from toxmon.actions.record import Charted, Render, keep, refuse_replaced
from toxmon.actions.replay import Answer, Keyed, keep_answer, replayed
from toxmon.store import Row, facts, patients


def correct(
    service: Service,
    actor: Actor,
    fact_id: str,
    replacement: Callable[[Row], Charted],
    render: Render,
    *,
    action: str = "correct",
    keyed: Keyed | None = None,
    at_version: int | None = None,
) -> Answer:
    """Replace one fact by `replacement(the fact)`, which may be its retraction.

    The lists of what ran are charted anew with an infusion of a vasopressor, in the same version.
    Raises NotFound, Conflicting when it was replaced or retracted before, Refused.
    """
    store = service.store
    with store.writing():
        # Gather.
        fact = facts.get(store, fact_id)
        heads = patients.heads(store, fact["patient_id"]) if fact else []
        if fact is None or not heads or not actor.may_see(heads[0]["unit"], fact["patient_id"]):
            raise NotFound("no such observation")
        before = replayed(store, actor, keyed)
        if before is not None:
            return before
        patient_id = fact["patient_id"]
        refuse_replaced(fact)

        # Decide.
        charted = [replacement(fact)]
        told_by, lists = "", None
        # Another drug may have been meant: it may run now and not before.
        if running.is_running(fact) or running.runs(charted[0].detail or {}):
            told_by = running.told_by(service, fact)
            lists = running.lists(service, patient_id, told_by, corrected=(fact, charted[0]))
            charted += lists.charted

        # Keep.
        outcome = keep(
            service, actor, patient_id, charted, action=action, at_version=at_version, heads=heads
        )
        if lists is not None:
            running.note(service, patient_id, lists, outcome.facts[1:], told_by)
        answer = Answer(201, render(outcome))
        keep_answer(store, actor, keyed, answer, outcome.recorded_at)
    if outcome.alarms:  # Somebody is to be told now, and not at the next look at the time.
        service.wake()
    return answer
