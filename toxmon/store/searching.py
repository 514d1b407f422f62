"""Pages of one patient's record in any order, as it stood when its first page was read.

A crawl sees what was on record `upto` one instant, however much is charted meanwhile: nothing is
passed over and nothing comes twice. A page costs the same however long the history is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from toxmon.store import EVER, NEVER, Row, Store, assessments, facts

EFFECTIVE, RECORDED = "effective_at", "recorded_at"
DOSE = "administration"
FEW = 6
"""More kinds than these are better asked for by what they are not: the record is then read in its
order, where each of the kinds would be looked up by itself."""
LAST = 2**62
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: behind the row of this instant and number."""

    at: datetime
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What is looked for in a patient's record, half-open spans of both clocks, and the order.

    `upto`: what was recorded later is not there. `by`: EFFECTIVE or RECORDED; then by number.
    """

    upto: datetime = EVER
    from_at: datetime = NEVER
    before_at: datetime = EVER
    recorded_from_at: datetime = NEVER
    recorded_before_at: datetime = EVER
    by: str = EFFECTIVE
    newest_first: bool = False
    after: Place | None = None


STANDS = """
    recorded_at <= :upto
    and not exists (select 1 from fact as later
                    where later.replaces_id = fact.id and later.recorded_at <= :upto)
"""
STANDS_AS_TOLD = """
    recorded_at <= :upto
    and not exists (select 1 from assessment as later
                    where later.treatment_id = assessment.treatment_id
                      and later.effective_at = assessment.effective_at
                      and later.scale = assessment.scale
                      and later.seq > assessment.seq and later.recorded_at <= :upto)
"""
SAME = """
    from assessment as same
    where same.treatment_id = assessment.treatment_id
      and same.effective_at = assessment.effective_at
      and same.scale = assessment.scale
"""
NUMBERED = (
    f"(select count(*) {SAME} and same.seq <= assessment.seq) as number, "
    f"(select same.id {SAME} order by same.seq limit 1) as first_id"
)
"""Which telling of its instant an assessment is, and the id of the first one."""


def standing_facts(
    store: Store,
    patient_id: str,
    bounds: Bounds,
    limit: int,
    *,
    kinds: Sequence[str] | None = None,
    but: Sequence[str] = (),
) -> list[Row]:
    """The newest of each chain of corrections: of these kinds, or of all `but` these."""
    return _facts(store, patient_id, bounds, limit, STANDS, kinds, but)


def all_facts(
    store: Store,
    patient_id: str,
    bounds: Bounds,
    limit: int,
    *,
    kinds: Sequence[str] | None = None,
    but: Sequence[str] = (),
) -> list[Row]:
    """Every fact that was charted, those that were corrected too."""
    return _facts(store, patient_id, bounds, limit, "recorded_at <= :upto", kinds, but)


def _facts(
    store: Store,
    patient_id: str,
    bounds: Bounds,
    limit: int,
    stands: str,
    kinds: Sequence[str] | None,
    but: Sequence[str],
) -> list[Row]:
    condition, order, params = _ordered(bounds)
    names: dict[str, Any] = {}

    def asked(where: str) -> str:
        return (
            f"select seq, {facts.COLUMNS} from fact where patient_id = :patient_id "  # noqa: S608
            f"and {where} and {condition} and {stands} order by {order} limit :limit"
        )

    if kinds is not None and not kinds:
        return []
    if kinds is not None:
        names = _named("kind", kinds)
        parts = [
            f"select * from ({asked(_is_of(name, kind))}) as of_{name}"  # noqa: S608
            for name, kind in names.items()
        ]
        sql = parts[0]
        if len(parts) > 1:
            every = " union all ".join(parts)
            sql = f"select * from ({every}) as found order by {order} limit :limit"  # noqa: S608
    else:
        names = _named("but", but)
        sql = asked(f"kind not in ({_listed(names)})" if names else "1 = 1")
    return store.query(sql, {"patient_id": patient_id, "limit": limit, **params, **names})


def _is_of(name: str, kind: str) -> str:
    """The condition of one kind. That it is no dose must be said, or its index is not used."""
    return f"kind = :{name}" if kind == DOSE else f"kind = :{name} and kind <> '{DOSE}'"


def standing_grades(
    store: Store,
    patient_id: str,
    bounds: Bounds,
    limit: int,
    *,
    scales: Sequence[str] | None = None,
) -> list[Row]:
    """What was told last of each instant and scale, with its `number` and `first_id`."""
    condition, order, params = _ordered(bounds)
    names = _named("scale", scales or ())
    if scales is not None and not scales:
        return []
    of_scales = f"scale in ({_listed(names)})" if names else "1 = 1"
    return store.query(
        f"select seq, {assessments.COLUMNS}, {NUMBERED} from assessment "  # noqa: S608
        f"where patient_id = :patient_id and {of_scales} and {condition} and {STANDS_AS_TOLD} "
        f"order by {order} limit :limit",
        {"patient_id": patient_id, "limit": limit, **params, **names},
    )


def told_of_instant(store: Store, assessment_id: str) -> list[Row]:
    """All that was ever told of the instant and scale of an assessment, the first one first."""
    return store.query(
        f"select seq, {assessments.COLUMNS}, {NUMBERED} from assessment "  # noqa: S608
        "where treatment_id = (select treatment_id from assessment where id = :id) "
        "and effective_at = (select effective_at from assessment where id = :id) "
        "and scale = (select scale from assessment where id = :id) order by seq",
        {"id": assessment_id},
    )


def newest_before(store: Store, treatment_id: str, scale: str, before: datetime) -> Row | None:
    """The last standing assessment of a scale before an instant, or None."""
    rows = store.query(
        f"select seq, {assessments.COLUMNS}, {NUMBERED} from assessment "  # noqa: S608
        "where treatment_id = :treatment_id and scale = :scale and effective_at < :before "
        f"and withdrawn = 0 and {STANDS_AS_TOLD} "
        "order by effective_at desc, seq desc limit 1",
        {"treatment_id": treatment_id, "scale": scale, "before": before, "upto": EVER},
    )
    return rows[0] if rows else None


def roots(store: Store, fact_ids: Iterable[str]) -> dict[str, Row]:
    """By the id of a fact, the first of its chain: its `id` and `kind`, and how many follow.

    The row has `before`: how many corrections led from the first one to the fact.
    """
    found: dict[str, Row] = {}
    at: dict[str, list[str]] = {each: [each] for each in fact_ids}
    steps = 0
    while at:
        rows = _named_facts(store, list(at))
        following: dict[str, list[str]] = {}
        for row in rows:
            asked = at[row["id"]]
            if row["replaces_id"] is None:
                found |= {
                    each: {"id": row["id"], "kind": row["kind"], "before": steps} for each in asked
                }
            else:
                following.setdefault(row["replaces_id"], []).extend(asked)
        at, steps = following, steps + 1
    return found


def _named_facts(store: Store, fact_ids: Sequence[str]) -> list[Row]:
    rows: list[Row] = []
    for start in range(0, len(fact_ids), AT_ONCE):
        names = _named("id", fact_ids[start : start + AT_ONCE])
        rows += store.query(
            f"select id, kind, replaces_id from fact where id in ({_listed(names)})",  # noqa: S608
            names,
        )
    return rows


def chain(store: Store, fact_id: str) -> list[Row]:
    """A fact and all that replaced it, one after the other; nothing when there is no such fact."""
    rows = store.query(
        f"""
        with recursive link(id, place) as (
            select id, 0 from fact where id = :id
            union all
            select fact.id, link.place + 1 from fact join link on fact.replaces_id = link.id
        )
        select seq, {", ".join(f"fact.{name}" for name in facts.COLUMNS.split(", "))}
        from fact join link on link.id = fact.id
        order by link.place
        """,  # noqa: S608 - a constant
        {"id": fact_id},
    )
    return rows


def described(store: Store, patient_id: str) -> list[Row]:
    """What was told of a patient, at the enrolment and anew, by the version that it made."""
    return store.query(
        """
        select 1 as version, name, birth_date, sex, recorded_at from patient where id = :id
        union all
        select version, name, birth_date, sex, recorded_at from demographic where patient_id = :id
        order by version
        """,
        {"id": patient_id},
    )


def numbers_of(store: Store, patient_id: str) -> list[Row]:
    """The identifiers of a patient, and since when it is known by each."""
    return store.query(
        "select system, value, recorded_at from identifier where patient_id = :id "
        "order by recorded_at, system, value",
        {"id": patient_id},
    )


def owner(store: Store, id_: str) -> str | None:
    """Whose a fact, an assessment or an alarm is, or None."""
    rows = store.query(
        "select patient_id from fact where id = :id "
        "union all select patient_id from assessment where id = :id "
        "union all select patient_id from alarm where id = :id",
        {"id": id_},
    )
    return rows[0]["patient_id"] if rows else None


def alarms_after(
    store: Store, patient_id: str, after: str, limit: int, rule: str | None = None
) -> list[Row]:
    """A patient's alarms, open or not, by id from the one after `after` on."""
    of_rule = "" if rule is None else "and rule = :rule"
    return store.query(
        "select id, patient_id, treatment_id, rule, priority, state, open, raised_at, changed_at, "  # noqa: S608
        "seq, scope, key, body from alarm "
        f"where patient_id = :patient_id and id > :after {of_rule} "
        "order by id limit :limit",
        {"patient_id": patient_id, "after": after, "limit": limit, "rule": rule},
    )


def lies(store: Store, patient_id: str) -> Row | None:
    """Where a patient lies and when the record was told last, or None."""
    rows = store.query(
        "select patient_id, unit, told_at, version, merged_into from head "
        "where patient_id = :patient_id",
        {"patient_id": patient_id},
    )
    return rows[0] if rows else None


def lying(store: Store, after: str, limit: int) -> list[Row]:
    """The same of all patients, by id from the one after `after` on."""
    return store.query(
        "select patient_id, unit, told_at, version, merged_into from head "
        "where patient_id > :after "
        "order by patient_id limit :limit",
        {"after": after, "limit": limit},
    )


def _ordered(bounds: Bounds) -> tuple[str, str, dict[str, Any]]:
    """The condition, the order and the parameters of a page."""
    by, after = bounds.by, bounds.after
    spans = {EFFECTIVE: [bounds.from_at, bounds.before_at]}
    spans[RECORDED] = [bounds.recorded_from_at, bounds.recorded_before_at]
    condition = (
        "effective_at >= :from_at and effective_at < :before_at "
        "and recorded_at >= :recorded_from_at and recorded_at < :recorded_before_at"
    )
    if by == RECORDED:  # What the index by the time of recording is asked for with.
        condition += " and seq > 0"
    params: dict[str, Any] = {"upto": bounds.upto}
    direction = " desc" if bounds.newest_first else ""
    if after is not None:
        beyond, bound = ("<", "<=") if bounds.newest_first else (">", ">=")
        # The plain bound is what an index can be entered by.
        condition += (
            f" and {by} {bound} :after_at"
            f" and ({by} {beyond} :after_at or ({by} = :after_at and seq {beyond} :after_seq))"
        )
        params |= {"after_at": after.at, "after_seq": after.seq}
    (params["from_at"], params["before_at"]) = spans[EFFECTIVE]
    (params["recorded_from_at"], params["recorded_before_at"]) = spans[RECORDED]
    return condition, f"{by}{direction}, seq{direction}", params


def _named(stem: str, values: Iterable[str]) -> dict[str, Any]:
    return {f"{stem}_{place}": value for place, value in enumerate(values)}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f":{name}" for name in names)
