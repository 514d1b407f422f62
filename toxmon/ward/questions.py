"""What is asked once before a set is kept: a likely slip, a missing reason, somebody else's set.

One page has every question. Whoever answers it sends a digest of what was asked along, so that
values that were changed since are asked about again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import orjson

from toxmon.grading.unusual import OUT_BY_TEN, unusual
from toxmon.store import NEVER, Row, facts
from toxmon.ward import door, value, words
from toxmon.ward.asked import BOXES, NEEDED
from toxmon.ward.before import Before
from toxmon.ward.form import Form
from toxmon.ward.language import _
from toxmon.ward.sheet import TYPED, Sheet, in_celsius

TOGETHER = timedelta(minutes=5)
NEARBY = timedelta(hours=2)
MOST_READ = 300


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to be looked at again; `name` is its field, empty for the whole set.

    `own`: it has an answer of its own, and "It is correct" is none.
    """

    name: str
    words: str
    own: bool = False


def of_values(
    form: Form, sheet: Sheet, before: Before, age_years: Decimal | None
) -> list[Question]:
    """What is unlikely in the values themselves."""
    found = []
    doubts = sheet.doubts
    if sheet.fahrenheit is not None:
        says = _(
            "Temperature %(found)s: Fahrenheit? That is %(cel)s °C.",
            found=words.number(sheet.fahrenheit),
            cel=words.number(round(in_celsius(sheet.fahrenheit), 1)),
        )
        found.append(Question("temperature", says, own=True))
    for box in BOXES:
        typed = sheet.values.get(box.kind)
        if not isinstance(typed, Decimal):
            continue
        last = before.last.get(box.kind)
        known = last.value if last is not None and isinstance(last.value, Decimal) else None
        age = sheet.at - last.at if last is not None and last.at <= sheet.at else None
        why = unusual(box.kind, typed, known, age, age_years)
        if why is None and box.kind not in doubts:
            continue
        says = _("Check: %(what)s %(said)s", what=value.title(box.kind).lower()
                 if box.kind != "oxygen_saturation" else value.title(box.kind),
                 said=value.said(box.kind, typed))  # fmt: skip
        if last is not None and age is not None:
            says += _(", was %(last)s %(ago)s", last=last.said, ago=words.ago(last.at, sheet.at))
        if why == OUT_BY_TEN:
            says += "; " + _("is the point in the right place?")
        elif box.kind in doubts:
            says += f"; {_doubt(box.kind, doubts[box.kind])}"
        found.append(Question(box.name, f"{says.rstrip('.')}."))
    if any(name in form.many["not_taken"] for name in NEEDED) and not form["why_not"]:
        says = _("Temperature or blood pressure was not taken, and CRS cannot be graded without "
                 "it. Say why.")  # fmt: skip
        found.append(Question("why_not", says, own=True))
    return found


def _doubt(kind: str, said: str) -> str:
    """Why the record doubts a value, with the kind named as people name it."""
    return said.replace(kind, value.title(kind).lower())


def of_others(patient_id: str, sheet: Sheet) -> Question | None:
    """Has somebody else saved a set within the last minutes? Only inside `reading`."""
    service, me = door.service(), door.actor().name
    now = service.clock()
    bounds = {
        "kind": "%",
        "acts": 0,
        "from_at": sheet.at - NEARBY,
        "to_at": now,
        "after_at": NEVER,
        "after_seq": 0,
    }
    rows = facts.page(service.store, patient_id, bounds, MOST_READ)
    theirs = [row for row in rows if _typed(row, me) and now - row["recorded_at"] < TOGETHER]
    if not theirs:
        return None
    newest = max(theirs, key=lambda row: row["recorded_at"])
    says = _(
        "%(name)s saved a set at %(clock)s. Add yours as a separate set?",
        name=newest["recorded_by"],
        clock=words.at(newest["recorded_at"], service.zone),
    )
    return Question("", says)


def _typed(row: Row, me: str) -> bool:
    """Was it typed into a sheet, by somebody else? What devices send is no set of a nurse."""
    if row["recorded_by"] == me or row["sent"] is None or row["replaced_by"] is not None:
        return False
    return bool(orjson.loads(row["sent"]).get("source") == TYPED)


def digest(asked: Iterable[Question]) -> str:
    """What was asked, in short; how long ago a value was changes while somebody reads."""
    told = (f"{each.name}: {each.words.partition(', was')[0]}" for each in asked if not each.own)
    text = "\n".join(told)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
