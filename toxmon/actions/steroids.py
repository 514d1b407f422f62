"""The steroids of a patient, in dexamethasone equivalents: each day, each episode, the treatment.

And what is watched because of them. `as_of` is the time at the bedside, `known_at` what anybody
could have known then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from toxmon.actions import Actor, Service, knowing, look_up
from toxmon.actions.beginnings import as_known, begun_at
from toxmon.actions.moments import moment_of
from toxmon.actions.opened import as_fact, plain_grades, treatment_of
from toxmon.actions.steroid_doses import steroid_dose
from toxmon.dosing import steroids as pure
from toxmon.dosing.steroids import SteroidDay, SteroidDose, Total, between, days_of, total
from toxmon.grading.chart import ADMINISTRATION
from toxmon.protocol.alarms import SteroidWatch
from toxmon.saved import MICROSECOND
from toxmon.store import EVER, NEVER, Row, assessments, facts
from toxmon.timeline.known import Known
from toxmon.timeline.matter import Matter
from toxmon.timeline.seen import Seen
from toxmon.timeline.steroid_line import RULE, on_since
from toxmon.timeline.steroids import steroid_matters
from toxmon.timeline.syndromes import Placed
from toxmon.timeline.table import table

SCALES = ("crs", "icans")
"""Syndromes that come in episodes."""

SAYS = (
    "Sums are for display and reminders, never to convert an order. What nobody charted is not in "
    "them, each record counts as one dose, and local routes do not count."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposed:
    """The steroids of an episode. `ended_at` None: it is open."""

    scale: str
    number: int
    onset_at: datetime
    ended_at: datetime | None
    total: Total


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What is watched because of steroids: at which level, why, and where its numbers are from."""

    watch: SteroidWatch
    level: int | None
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Steroids:
    """The steroids of a patient as of a moment. Without a treatment all that is on record counts.

    `doses` and `days` are those of the treatment and of the 30 days before it; `total` is from
    the infusion on, `before` of the days before it.
    """

    version: int
    treatment: Row | None
    doses: tuple[SteroidDose, ...]
    days: tuple[SteroidDay, ...]
    total: Total
    before: Total
    episodes: tuple[Exposed, ...]
    watched: tuple[Watched, ...]


def steroids(
    service: Service,
    actor: Actor,
    patient_id: str,
    as_of: datetime,
    known_at: datetime | None = None,
) -> Steroids:
    """The exposure of a patient. Raises NotFound; that it was read is noted."""

    def read(heads: Sequence[Row]) -> Steroids:
        version, treatments = as_known(service, patient_id, heads, known_at)
        treatment = begun_at(treatments, as_of)
        return _of(service, patient_id, heads[0], version, treatment, as_of, known_at)

    return look_up.reading(service, actor, patient_id, "read.steroids", read)


def _of(
    service: Service,
    patient_id: str,
    head: Row,
    version: int,
    treatment: Row | None,
    as_of: datetime,
    known_at: datetime | None,
) -> Steroids:
    known, until = known_at or EVER, as_of + MICROSECOND
    since, began = NEVER, NEVER
    if treatment is not None:
        began = treatment["infused_at"]
        since, until = began - knowing.BEFORE, min(until, treatment["next_at"] or EVER)
    weights = _weights(service, patient_id, until, known)
    rows = facts.standing_of_kind(service.store, patient_id, ADMINISTRATION, known)
    plain = [
        dose
        for row in rows
        if knowing.counts(row) and since <= row["effective_at"] < until
        if (dose := steroid_dose(row)) is not None
    ]
    doses = tuple(_weighed(dose, weights) for dose in plain)
    episodes: tuple[Exposed, ...] = ()
    watched: tuple[Watched, ...] = ()
    if treatment is not None:
        told = _told(service, patient_id, treatment, as_of, known)
        state, _ = moment_of(service, patient_id, head, treatment, as_of, known_at)
        grades = plain_grades(state, SCALES)
        spans = _episodes([*(orjson.loads(row["body"]) for row in told), *grades.values()])
        episodes = tuple(
            Exposed(
                scale=scale,
                number=number,
                onset_at=onset_at,
                ended_at=ended_at,
                total=total(days_of(between(doses, onset_at, ended_at), service.zone)),
            )
            for (scale, number), (onset_at, ended_at) in sorted(spans.items())
        )
        watched = _watched(service, head, treatment, plain, weights, told, grades, as_of)
    return Steroids(
        version=version,
        treatment=treatment,
        doses=doses,
        days=days_of(doses, service.zone),
        total=total(days_of(between(doses, began, None), service.zone)),
        before=total(days_of(between(doses, since, began), service.zone)),
        episodes=episodes,
        watched=watched,
    )


Weights = Sequence[tuple[datetime, Decimal, Row]]


def _weights(service: Service, patient_id: str, before: datetime, known: datetime) -> Weights:
    rows = facts.measured(service.store, patient_id, ["weight"], NEVER, before, known)
    values = [(row, as_fact(row).value) for row in rows]
    # A weight that is known only as "above 70" makes no dose.
    return [(row["effective_at"], kg, row) for row, kg in values if isinstance(kg, Decimal)]


def _weighed(dose: SteroidDose, weights: Weights) -> SteroidDose:
    """A dose in mg/kg with the last weight before it."""
    if dose.unit != pure.PER_KG:
        return dose
    known = [kg for at, kg, _ in weights if at <= dose.at]
    return replace(dose, kg=known[-1]) if known else dose


def _told(
    service: Service, patient_id: str, treatment: Row, as_of: datetime, known: datetime
) -> list[Row]:
    """The grades of the treatment that stood to somebody at `known`, in bedside order."""
    newest: dict[tuple[str, datetime], Row] = {}
    for scale in SCALES:
        for row in assessments.history(
            service.store, patient_id, scale, treatment["infused_at"], as_of
        ):
            if row["treatment_id"] == treatment["treatment_id"] and row["recorded_at"] <= known:
                newest[scale, row["effective_at"]] = row
    return [row for row in newest.values() if not row["withdrawn"]]


def _episodes(
    answers: Sequence[dict[str, Any]],
) -> dict[tuple[str, int], tuple[datetime, datetime | None]]:
    """By scale and number, from when until when; the last answer of an episode counts."""
    found: dict[tuple[str, int], tuple[datetime, datetime | None]] = {}
    for answer in answers:
        if (episode := answer.get("episode")) is not None:
            ended = episode["ended_at"]
            found[answer["scale"], episode["number"]] = (
                datetime.fromisoformat(episode["onset_at"]),
                None if ended is None else datetime.fromisoformat(ended),
            )
    return found


def _watched(
    service: Service,
    head: Row,
    treatment: Row,
    doses: Sequence[SteroidDose],
    weights: Weights,
    told: Sequence[Row],
    grades: dict[str, dict[str, Any]],
    as_of: datetime,
) -> tuple[Watched, ...]:
    """What the policy of the treatment watches, as the watch itself would find it."""
    alarms = service.alarms(treatment["alarms_edition"])
    product = service.product(treatment["product_edition"])
    course = treatment_of(head, treatment, service.zone)
    days: pure.Days = ()
    for dose in doses:
        days = pure.with_dose(days, dose, service.zone)
    weighed = [as_fact(row) for _, _, row in weights]
    known = Known(seen=Seen().charted(weighed), steroids=days)
    known = knowing.with_levels(known, grades, told, as_of, alarms.rise.within)
    placed = Placed(product, course, known, alarms, as_of)
    every = frozenset(each.rule for each in alarms.steroid_watches)
    found = {
        each.rule: each
        for each in steroid_matters(known, placed, table(product, alarms), (), every)
    }
    return tuple(
        _glucose(each, known, as_of) if each.rule == RULE else _as_watched(each, found[each.rule])
        for each in alarms.steroid_watches
    )


def _as_watched(watch: SteroidWatch, matter: Matter) -> Watched:
    return Watched(watch=watch, level=matter.level, says=matter.says)


def _glucose(watch: SteroidWatch, known: Known, as_of: datetime) -> Watched:
    """Whether glucose is asked for; whether it was measured stands in the checks."""
    asked = on_since(known, watch.within, as_of) is not None
    words = watch.says.strip() if asked else "no steroid was given lately."
    return Watched(watch=watch, level=int(asked), says=f"{watch.title}: {words}")
