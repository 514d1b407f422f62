"""What a unit has at hand, what its patients need, and whether it reaches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from toxmon.actions import (
    Actor,
    Fault,
    Forbidden,
    Refused,
    Service,
    ahead,
    audit,
    infuse,
    look_up,
)
from toxmon.actions.ahead import Ahead
from toxmon.actions.opened import treatment_of
from toxmon.actions.record import FUTURE
from toxmon.actions.replay import Answer, Keyed, keep_answer, replayed
from toxmon.actions.weights import weight_at
from toxmon.dosing import stock, weight
from toxmon.dosing.dates import on
from toxmon.dosing.drug import DrugRules
from toxmon.dosing.situation import Computed, Situation, Weighing
from toxmon.grading.chart import ADMINISTRATION
from toxmon.grading.medications import GROUPS
from toxmon.grading.risk_course import LYMPHODEPLETION_SPAN
from toxmon.grading.treatment import Treatment
from toxmon.protocol import Product
from toxmon.protocol.prevention import Prevention, cited_of
from toxmon.saved import MICROSECOND, load_value
from toxmon.store import Row, facts, ids, stocks
from toxmon.timeline import windows

TOCILIZUMAB = "tocilizumab"
"""The drug that labels ask to have at hand; nothing is said of how much of another."""
CAP = "dose_above_cap"
AT_ONCE = 200

BECAUSE = {
    "no_rule": "nothing says how much of this drug must be at hand",
    "not_counted": "nobody has counted the vials of this unit",
    "weight_not_known": "the weight of a patient is missing or too old",
    "count_too_old": "the count is older than the site believes one",
    "given_since_the_count": "a dose was given since the count",
}
"""Why it is not known whether the stock is enough, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """The last count of a unit: vials by strength in mg."""

    vials: stock.Vials
    counted_at: datetime
    recorded_by: str
    note: str | None
    fresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AtHand:
    """What must be at hand for one patient. `dose` None: the weight is missing or too old."""

    required: stock.Required
    dose: Computed | None
    weight: Weighing | None
    stale: bool
    cap_mg: Decimal | None

    @property
    def need(self) -> stock.Need:
        """So many doses of so many mg."""
        return stock.Need(doses=self.required.doses, mg=self.dose.mg if self.dose else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A patient who may need the drug, and why: `crs_window`, `crs` or `planned`."""

    patient_id: str
    bed: str | None
    treatment: Row | None
    why: str
    at_hand: AtHand
    given_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnHand:
    """A unit's count against its patients. `enough` None is not known, `because` says why."""

    count: Count | None
    waiting: tuple[Waiting, ...]
    enough: bool | None
    because: tuple[str, ...]


def prevention_of(service: Service) -> Prevention:
    """The prevention policy of today."""
    return service.protocols.prevention["default"]


def count(
    service: Service,
    actor: Actor,
    sent: Row,
    render: Callable[[list[Row]], bytes],
    keyed: Keyed | None = None,
) -> Answer:
    """Keep a count (unit, medication, counts by strength, counted_at, note): all that is there.

    Raises Forbidden, and Refused naming each fault.
    """
    if not actor.may_see(sent["unit"]):
        raise Forbidden("this token does not reach that unit")
    store = service.store
    with store.writing():
        before = replayed(store, actor, keyed)
        if before is not None:
            return before
        now = service.clock()
        medication = infuse.called(service, sent["medication"])
        wrong = [*faults(service, sent, now), *_unnamed(service, sent, medication)]
        if wrong:
            raise Refused(*wrong)
        rows: list[Row] = [
            {
                "id": ids.new_id(now),
                "unit": sent["unit"],
                "medication": medication,
                "strength_mg": f"{each['strength']:f}",
                "vials": each["vials"],
                "counted_at": sent["counted_at"],
                "recorded_at": now,
                "recorded_by": actor.name,
                "note": sent["note"],
            }
            for each in sent["counts"]
        ]
        stocks.add(store, rows)
        detail = {"counts": [row["id"] for row in rows]}
        audit.note(service, actor, now, "stock", detail=detail, rows=rows)
        answer = Answer(201, render(rows))
        keep_answer(store, actor, keyed, answer, now)
    return answer


def faults(service: Service, sent: Row, now: datetime) -> list[Fault]:
    """What is wrong with those fields of a count that are there: the drug, the time."""
    found = []
    drug, counted_at = sent.get("medication"), sent.get("counted_at")
    if drug is not None and service.protocols.drug(drug) is None:
        names = ", ".join(sorted(service.protocols.drugs))
        found.append(Fault("/medication", f"is no known drug; send one of: {names}"))
    if counted_at is not None and counted_at > now + FUTURE:
        found.append(Fault("/counted_at", "lies in the future; send when it was counted"))
    return found


def _unnamed(service: Service, sent: Row, medication: str) -> Iterator[Fault]:
    """Strengths that were there at the last count and of which this one says nothing."""
    named = {each["strength"] for each in sent["counts"]}
    for row in stocks.last(service.store, sent["unit"], medication):
        # What is not named is not known to be gone: silence must not empty a cupboard.
        if row["vials"] and Decimal(row["strength_mg"]) not in named:
            words = f"says nothing of the vials of {row['strength_mg']} mg that were counted last; "
            yield Fault("/counts", f"{words}send 0 if there are none")


def last_count(service: Service, unit: str, medication: str, now: datetime) -> Count | None:
    """The last count of a drug in a unit, if there is one."""
    rows = stocks.last(service.store, unit, medication)
    if not rows:
        return None
    return Count(
        vials={Decimal(row["strength_mg"]): row["vials"] for row in rows},
        counted_at=rows[0]["counted_at"],
        recorded_by=rows[0]["recorded_by"],
        note=rows[0]["note"],
        fresh=now - rows[0]["counted_at"] <= prevention_of(service).count_fresh_for.value,
    )


def at_hand(
    service: Service,
    product: Product | None,
    course: Treatment | None,
    weighed: Weighing | None,
    at: datetime,
) -> AtHand:
    """How many doses of tocilizumab for this patient, and of how much, by the weight at `at`.

    Without a product (before the infusion) the label is not known and the policy speaks.
    """
    document = prevention_of(service)
    drug = service.protocols.drug(TOCILIZUMAB)
    if drug is None:
        raise LookupError(f"there are no rules for {TOCILIZUMAB} in protocols/drugs")
    rules: DrugRules = drug.rules
    blocks = product.at_hand if product is not None else ()
    labels = [
        stock.AtHand(
            region=each.region,
            period=each.period,
            doses=each.doses,
            more_within=each.more_within,
            cited=cited_of(each.citation),
            note=each.note,
        )
        for each in blocks
        if each.drug == TOCILIZUMAB
    ]
    doses = document.at_hand_doses
    day = on(course.infused_at if course is not None else at, service.zone)
    age = course.age_years(at) if course is not None else None
    limit = rules.policy.limit(CAP)
    return AtHand(
        required=stock.required(
            labels, product.region if product else "", day, doses.value, cited_of(doses.citation)
        ),
        dose=weight.computed(
            rules.policy, Situation(weight=weighed, age_years=age), at, rules.handling
        ),
        weight=weighed,
        stale=weighed is not None and weight.is_stale(weighed, at, rules.handling),
        cap_mg=limit.mg if limit is not None else None,
    )


def of_unit(service: Service, actor: Actor, unit: str, medication: str, now: datetime) -> OnHand:
    """A unit's last count of a drug against what its patients in window need."""
    treated = [*_treated(service, actor, unit, now)] if medication == TOCILIZUMAB else []
    with service.store.reading():
        counted = last_count(service, unit, medication, now)
        planned = [*_planned(service, unit, now)] if medication == TOCILIZUMAB else []
    waiting = [*treated, *planned]
    look_up.note_reading(service, actor, "list.stock")
    if medication != TOCILIZUMAB:
        return OnHand(count=counted, waiting=(), enough=None, because=("no_rule",))
    enough, because = _enough(counted, waiting)
    return OnHand(count=counted, waiting=tuple(waiting), enough=enough, because=because)


def _enough(counted: Count | None, waiting: list[Waiting]) -> tuple[bool | None, tuple[str, ...]]:
    if counted is None:
        return None, ("not_counted",)
    caps = [each.at_hand.cap_mg for each in waiting]
    cap = caps[0] if caps else None
    enough = stock.enough([each.at_hand.need for each in waiting], counted.vials, cap)
    unsure = {
        "weight_not_known": enough is None and any(each.at_hand.dose is None for each in waiting),
        "count_too_old": not counted.fresh,
        "given_since_the_count": any(
            each.given_at is not None and each.given_at > counted.counted_at for each in waiting
        ),
    }
    because = tuple(code for code, true in unsure.items() if true)
    # Of an old count nothing is known: vials were used, or a delivery came. Since a fresh one
    # vials can only have been used, so that a "no" stands and a "yes" does not.
    if not counted.fresh or (enough and "given_since_the_count" in because):
        return None, because
    return enough, because


def _treated(service: Service, actor: Actor, unit: str, now: datetime) -> Iterator[Waiting]:
    """Patients who were infused and whose CRS may begin, or has begun."""
    for row, found in ahead.of_unit(service, actor, unit, now):
        if found.known.over(now):
            continue
        product = service.product(found.treatment["product_edition"])
        course = treatment_of(row, found.treatment, service.zone)
        why = _why(product, course, found, now)
        if why is None:
            continue
        weighed = weight_at(service, row["patient_id"], now)
        planned = why == "planned"
        given = found.known.given.get(TOCILIZUMAB)
        stay = found.known.stay(now)
        yield Waiting(
            patient_id=row["patient_id"],
            bed=stay.bed if stay is not None else None,
            treatment=found.treatment,
            why=why,
            at_hand=at_hand(
                service, None if planned else product, None if planned else course, weighed, now
            ),
            given_at=given.at if given is not None else None,
        )


def _why(product: Product, course: Treatment, found: Ahead, now: datetime) -> str | None:
    known = found.known
    crs = known.levels.get("crs")
    if crs is not None and crs.low > 0:
        return "crs"
    # A product without a window is held to be in it: nobody has said when its CRS is over.
    if windows.inside(product, course, known.doses, "crs", now) is not False:
        return "crs_window"
    depleted = known.given.get("lymphodepletion")
    if depleted is not None and depleted.at > course.infused_at:
        return "planned" if now - depleted.at <= LYMPHODEPLETION_SPAN else None
    return None


def _planned(service: Service, unit: str, now: datetime) -> Iterator[Waiting]:
    """Patients without an infusion whose lymphodepletion has begun."""
    after = ""
    while True:
        rows = stocks.untreated(service.store, unit, after, AT_ONCE)
        for row in rows:
            given = facts.measured(
                service.store,
                row["patient_id"],
                [ADMINISTRATION],
                now - LYMPHODEPLETION_SPAN,
                now + MICROSECOND,
            )
            if any(load_value(each["value"]) in GROUPS["lymphodepletion"] for each in given):
                weighed = weight_at(service, row["patient_id"], now)
                yield Waiting(
                    patient_id=row["patient_id"],
                    bed=None,
                    treatment=None,
                    why="planned",
                    at_hand=at_hand(service, None, None, weighed, now),
                    given_at=None,
                )
        if len(rows) < AT_ONCE:
            return
        after = rows[-1]["patient_id"]
