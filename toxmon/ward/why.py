"""Why this grade: the sentence of each reason, the facts it rests on, what would change it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from flask import Response, jsonify, request

from toxmon.actions import NotFound, compare, explain
from toxmon.actions.explain import Explained
from toxmon.grading.clinical_kinds import CHARTED_SCALES
from toxmon.grading.published import PUBLISHED
from toxmon.store import EVER, NEVER, Row
from toxmon.ward import banner, door, shown, value, words
from toxmon.ward.language import _, later

MOST_TOLD = 40
SHORT = {
    "crs": "CRS", "icans": "ICANS", "iec_hs": "IEC-HS", "icaht_early": later("ICAHT (early)"),
    "icaht_late": later("ICAHT (late)"), "t_icaht_early": later("T-ICAHT (early)"),
    "t_icaht_late": later("T-ICAHT (late)"),
}  # fmt: skip


@door.page("/p/<patient_id>/why", *door.CLINICAL)
def why(patient_id: str) -> Response:
    """One scale at one moment, with everything that it rests on."""
    scale, at, known_at = _asked()
    service = door.service()
    found = explain.explain(service, door.actor(), patient_id, scale, at, known_at)
    if request.args.get("as") == "json":
        return jsonify({"patient_id": patient_id, "as_of": words.machine(at), "grade": found.grade})
    treatment = found.treatment
    return door.render(
        "why.html",
        patient=banner.of(patient_id),
        scale=scale,
        short=short(scale),
        title_of=PUBLISHED[scale].title,
        at=at,
        known_at=known_at,
        is_now=request.args.get("at") is None,
        grade=found.grade,
        found=found,
        reasons=_reasons(found),
        stale=_stale(found),
        missing=[value.title(name) for name in (found.grade or {}).get("missing", ())],
        changes=_changes(found),
        text=as_text(scale, at, found),
        protocol=treatment and service.product(treatment["product_edition"]),
        rules=treatment and service.policy(treatment["policy_edition"]),
        charted=_charted(patient_id, scale) if scale in CHARTED_SCALES else [],
        may_chart=scale in CHARTED_SCALES and door.actor().role in door.CHARTING,
        scales=[(name, short(name)) for name in SHORT],
    )


def short(scale: str) -> str:
    """What a scale is called where there is little room."""
    return _(SHORT[scale]) if scale in SHORT else PUBLISHED[scale].title


def as_text(scale: str, at: datetime, found: Explained) -> str:
    """The same as text, to be copied into a note. The reasons are those of the API."""
    zone = door.service().zone
    grade = found.grade
    if grade is None:
        return _("%(scale)s: nothing was charted", scale=short(scale))
    lines = [f"{short(scale)} {grade['says']}, {words.when(at, zone)} ({grade['edition']})"]
    for reason in _reasons(found):
        lines.append(f"- {reason['text']}")
        lines += [f"  {fact['title']} {fact['said']}, {fact['when']}" for fact in reason["facts"]]
    if grade["missing"]:
        names = ", ".join(value.title(name) for name in grade["missing"])
        lines.append(_("Missing: %(names)s", names=names))
    lines += [f"! {said}" for said in grade["explained"].values()]
    return "\n".join(lines)


def plain_fact(row: Row) -> dict[str, Any]:
    """A fact as a line of a page."""
    zone = door.service().zone
    return {
        "id": row["id"],
        "title": value.title(row["kind"]),
        "said": value.of_row(row),
        "at": row["effective_at"],
        "when": words.when(row["effective_at"], zone),
        "by": row["recorded_by"],
        "status": row["status"],
    }


def _asked() -> tuple[str, datetime, datetime | None]:
    scale = request.args.get("scale", "crs")
    if scale not in PUBLISHED:
        raise NotFound("there is no such scale")
    now = shown.now()
    at, known_at = (_instant(request.args.get(name)) for name in ("at", "known_at"))
    return scale, min(at or known_at or now, now), known_at


def _instant(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))
        # What cannot be told in UTC lies outside of any record.
        return found.astimezone(UTC) if found.tzinfo and 1900 < found.year < 9000 else _none()
    except (ValueError, OverflowError):
        return _none()


def _none() -> datetime:
    raise NotFound("this is no instant")


def _reasons(found: Explained) -> list[dict[str, Any]]:
    if found.grade is None:
        return []
    return [
        {
            **reason,
            "facts": [
                plain_fact(found.facts[each]) for each in reason["facts"] if each in found.facts
            ],
        }
        for reason in found.grade["because"]
    ]


def _stale(found: Explained) -> list[dict[str, Any]]:
    if found.grade is None:
        return []
    return [
        {
            "title": value.title(old["finding"]),
            "since": datetime.fromisoformat(old["since"]),
            "fact": plain_fact(found.facts[old["fact"]]) if old["fact"] in found.facts else None,
        }
        for old in found.grade["stale"]
    ]


def _charted(patient_id: str, scale: str) -> list[dict[str, Any]]:
    """The grades that clinicians have charted, the newest first, beside what was derived."""
    service, actor = door.service(), door.actor()
    found = compare.concordance(service, actor, patient_id, scale, NEVER, EVER)
    return [
        {"charted": each.charted.grade, "at": each.charted.at, "says": each.says()}
        for each in reversed(found.items)
    ]


def _changes(found: Explained) -> list[dict[str, Any]]:
    """The grades that were told, the newest first; of equal ones in a row the first."""
    standing: dict[datetime, Row] = {}
    for row in found.told:
        standing[row["effective_at"]] = row
    rows = [row for _at, row in sorted(standing.items()) if not row["withdrawn"]]
    first = [next(same) for _grade, same in groupby(rows, lambda row: (row["low"], row["high"]))]
    taken_back = [row for row in found.told if row["withdrawn"]]
    told = [
        {"at": row["effective_at"], "low": row["low"], "high": row["high"],
         "recorded_at": row["recorded_at"], "withdrawn": bool(row["withdrawn"]),
         "late": row["recorded_at"] - row["effective_at"] > timedelta(hours=1)}
        for row in [*first, *taken_back]
    ]  # fmt: skip
    told.sort(key=lambda each: (each["at"], each["recorded_at"]), reverse=True)
    return told[:MOST_TOLD]
