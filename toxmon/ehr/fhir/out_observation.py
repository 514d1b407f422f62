"""Observations of a patient: charted facts and grades that were told, in one order.

What each scale answers now is found only by its own category, or by its id: beside the grades
that were told it would be a second telling of the newest of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from toxmon.actions import look_up
from toxmon.ehr.fhir import out_fact, out_grade
from toxmon.ehr.fhir.codes_out import (
    CATEGORIES,
    CATEGORY,
    NOW,
    TOLD,
    category_of,
    code_of_kind,
    code_of_scale,
    coding,
)
from toxmon.ehr.fhir.crawl import Page, Place, by_id, instant, number, placed
from toxmon.ehr.fhir.read import Found, Reader, Resource
from toxmon.ehr.fhir.search import ALWAYS, Asked
from toxmon.grading.course import SCALES
from toxmon.grading.kinds import KINDS
from toxmon.grading.published import PUBLISHED
from toxmon.store import Row, facts, patients, searching

ACTS = (
    "infusion", "administration", "attribution", "death", "pause", "stay", "permission",
    "dose_distinct", "doses_elsewhere", "card_feedback",
)  # fmt: skip
"""Facts that are no observations."""
FACTS, GRADES = 0, 1
"""Which comes first of what has the same time."""


def page(reader: Reader, lies: Row, asked: Asked, after: Place | None, room: int) -> Page:
    """Observations of a patient from a place on."""
    if asked.ids is not None:
        return by_id(_by_ids(reader, lies, asked), after, room)
    if _asks_for_now(asked):
        return by_id(_matching(asked, current(reader, lies["patient_id"])), after, room)
    kinds, scales = _kinds(asked), _scales(asked)
    begun = placed(after, instant, number, number)
    store, patient_id = reader.service.store, lies["patient_id"]
    rows: list[tuple[int, Row]] = []
    if kinds is None or kinds:
        bounds_ = _bounds(asked, lies, begun, FACTS)
        few, but = _few_or_but(kinds)
        found = searching.standing_facts(store, patient_id, bounds_, room + 1, kinds=few, but=but)
        rows += ((FACTS, row) for row in found)
    if scales:
        some = None if len(scales) == len(SCALES) else scales
        bounds = _bounds(asked, lies, begun, GRADES)
        told = searching.standing_grades(store, patient_id, bounds, room + 1, scales=some)
        rows += ((GRADES, row) for row in told)
    by, newest_first = order(asked)
    rows.sort(key=lambda each: (each[1][by], each[0], each[1]["seq"]), reverse=newest_first)
    shown = rows[:room]
    place = None
    if len(rows) > room:
        of, row = shown[-1]
        place = [row[by].isoformat(), of, row["seq"]]
    return Page(_matching(asked, resources(reader, shown)), place)


def _few_or_but(kinds: list[str] | None) -> tuple[list[str] | None, Sequence[str]]:
    """A few kinds as they are; many of them as all but the others."""
    if kinds is None:
        return None, ACTS
    if len(kinds) <= searching.FEW:
        return kinds, ()
    return None, [*ACTS, *(kind for kind in KINDS if kind not in kinds)]


def order(asked: Asked) -> tuple[str, bool]:
    """By which clock a search is sorted, and whether the newest comes first.

    Who asks what is new since some time reads from there on, and not the whole record.
    """
    sort = asked.sort or ("" if asked.updated == ALWAYS else "_lastUpdated")
    by = searching.RECORDED if sort.endswith("_lastUpdated") else searching.EFFECTIVE
    return by, sort.startswith("-")


def _bounds(asked: Asked, lies: Row, begun: list[Any] | None, of: int) -> searching.Bounds:
    """What is read of one of the two, behind a place in the order of both."""
    by, newest_first = order(asked)
    after = None
    if begun is not None:
        at, which, seq = begun
        if of != which:  # One of the two comes wholly before the other at this instant.
            seq = searching.LAST if of < which else -1
        after = searching.Place(at, seq)
    return bounds(asked, lies["told_at"], by, newest_first, after)


def bounds(
    asked: Asked,
    upto: datetime,
    by: str,
    newest_first: bool,
    after: searching.Place | None,
) -> searching.Bounds:
    """The spans of a search."""
    return searching.Bounds(
        upto=upto,
        from_at=asked.date.from_at,
        before_at=asked.date.before_at,
        recorded_from_at=asked.updated.from_at,
        recorded_before_at=asked.updated.before_at,
        by=by,
        newest_first=newest_first,
        after=after,
    )


def resources(reader: Reader, rows: Sequence[tuple[int, Row]]) -> list[Resource]:
    """The Observations of rows of facts and grades, in their order."""
    store = reader.service.store
    bodies = [row["body"] for of, row in rows if of == GRADES]
    rest_on = [fact for body in bodies for fact in out_grade.facts_named(body)]
    corrected = [row["id"] for of, row in rows if of == FACTS and row["replaces_id"]]
    roots = searching.roots(store, dict.fromkeys((*corrected, *rest_on)))
    made = []
    for of, row in rows:
        if of == GRADES:
            made.append(out_grade.told(row, roots))
        elif row["kind"] in KINDS:
            root = roots.get(row["id"], {"id": row["id"], "before": 0})
            made.append(out_fact.observation(row, root["id"], root["before"] + 1))
    return made


def current(reader: Reader, patient_id: str) -> list[Resource]:
    """What every scale answers now."""
    known = reader.computed.get(("current", patient_id))
    if known is None:
        graded = graded_now(reader, patient_id)
        known = []
        if graded.treatment is not None:
            roots = roots_of(reader, graded)
            treatment_id = graded.treatment["treatment_id"]
            known = [
                out_grade.current(patient_id, treatment_id, scale, body, reader.now, roots)
                for scale, body in graded.grades.items()
            ]
        reader.computed["current", patient_id] = known
    found: list[Resource] = known
    return found


def graded_now(reader: Reader, patient_id: str) -> look_up.Graded:
    """The answers of every scale at the time of asking, once for each answer."""
    known = reader.computed.get(("graded", patient_id))
    if known is None:
        heads = patients.heads(reader.service.store, patient_id)
        known = look_up.graded(reader.service, patient_id, heads, reader.now)
        reader.computed["graded", patient_id] = known
    found: look_up.Graded = known
    return found


def roots_of(reader: Reader, graded: look_up.Graded) -> dict[str, Row]:
    """The beginnings of the chains of all facts that the answers rest on."""
    named = [fact for body in graded.grades.values() for fact in out_grade.facts_of(body)]
    return searching.roots(reader.service.store, dict.fromkeys(named))


def versions(reader: Reader, id_: str) -> list[Found]:
    """Every version of an Observation, the first one first; none when there is no such one."""
    store = reader.service.store
    if "." in id_:
        return _now(reader, id_)
    chain = searching.chain(store, id_)
    if chain:
        if chain[0]["replaces_id"] is not None or chain[0]["kind"] not in KINDS:
            return []
        patient_id = chain[0]["patient_id"]
        reader.lies(patient_id)
        return [Found(patient_id, each) for each in out_fact.versions(chain)]
    rows = searching.told_of_instant(store, id_)
    if not rows or rows[0]["id"] != id_:
        return []
    reader.lies(rows[0]["patient_id"])
    made = resources(reader, [(GRADES, row) for row in rows])
    return [Found(rows[0]["patient_id"], each) for each in made]


def _now(reader: Reader, id_: str) -> list[Found]:
    treatment_id, _, scale = id_.partition(".")
    fact = facts.get(reader.service.store, treatment_id)
    if fact is None or scale.replace("-", "_") not in PUBLISHED:
        return []
    patient_id = fact["patient_id"]
    reader.lies(patient_id)
    made = current(reader, patient_id)
    return [Found(patient_id, each) for each in made if each["id"] == id_]


def _by_ids(reader: Reader, lies: Row, asked: Asked) -> list[Resource]:
    found = []
    for id_ in asked.ids or ():
        whose = searching.owner(reader.service.store, id_.partition(".")[0])
        if whose == lies["patient_id"]:
            found += [each.resource for each in versions(reader, id_)[-1:]]
    return _matching(asked, found)


def _matching(asked: Asked, found: Sequence[Resource]) -> list[Resource]:
    return [each for each in found if asked.matches(each)]


def _asks_for_now(asked: Asked) -> bool:
    return any(
        token.code == NOW and token.system in (None, CATEGORIES)
        for any_of in asked.tokens.get("category", ())
        for token in any_of
    )


def _wanted(asked: Asked, codes: list[dict[str, Any]], categories: list[dict[str, Any]]) -> bool:
    """Could something of these codes and categories match?"""
    for name, codings in (("code", codes), ("category", categories)):
        for any_of in asked.tokens.get(name, ()):
            if not any(token.is_in(codings) for token in any_of):
                return False
    return True


CODINGS = {
    kind.name: (code_of_kind(kind)["coding"], [coding(CATEGORY, category_of(kind))])
    for kind in KINDS.values()
}
"""By kind, the codes and the category that its Observations have."""


def _kinds(asked: Asked) -> list[str] | None:
    """The kinds that are looked for; None is every kind."""
    if not {"code", "category"} & asked.tokens.keys():
        return None
    return [name for name, known in CODINGS.items() if _wanted(asked, *known)]


def _scales(asked: Asked) -> list[str]:
    """The watched scales that are looked for."""
    categories = [coding(CATEGORY, "survey"), coding(CATEGORIES, TOLD)]
    return [scale for scale in SCALES if _wanted(asked, code_of_scale(scale)["coding"], categories)]
