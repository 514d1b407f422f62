"""Patients for the tests of advice, made from a few words."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from toxmon.guidance.advice import Advice, Syndrome, advise
from toxmon.guidance.case import Case, Standing, Weight
from toxmon.protocol import load_protocols

PROTOCOLS = load_protocols()
DOCUMENTS = tuple(PROTOCOLS.guidance.values())
INFUSED = datetime(2026, 3, 1, 6, tzinfo=UTC)
STANDING = re.compile(
    r"(?P<scale>\w+) (?P<low>\d)(?:\.\.(?P<high>\d))?(?P<open> open)?(?: @(?P<onset>\d+)h)?"
)


def standing(words: str) -> dict[str, Standing]:
    """Where scales stand: "crs 1..3 @10h; icans 0; iec_hs 0 open"."""
    found = {}
    for each in filter(None, (part.strip() for part in words.split(";"))):
        said = STANDING.fullmatch(each)
        assert said, f"cannot be read: {each!r}"
        low, onset = int(said["low"]), said["onset"]
        found[said["scale"]] = Standing(
            low=low,
            high=int(said["high"]) if said["high"] else low,
            is_open=bool(said["open"]),
            onset_at=INFUSED + timedelta(hours=int(onset)) if onset else None,
            says=f"grade {each}",
        )
    return found


def case(
    there: str,
    product: str = "",
    hour: str = "240",
    age: str = "64",
    kg: str = "70",
    given: str = "",
) -> Case:
    """A patient `hour` hours after the infusion. `kg`: "70", "70 old" (not fresh), "" (none)."""
    at = INFUSED + timedelta(hours=int(hour or 240))
    weight = None
    if kg:
        number, _, old = kg.partition(" ")
        weighed = at - timedelta(days=8 if old == "old" else 1)
        weight = Weight(
            kg=Decimal(number), at=weighed, fresh=old != "old", fresh_for=timedelta(days=7)
        )
    return Case(
        at=at,
        product=PROTOCOLS.product(product) if product else None,
        infused_at=INFUSED,
        day=(at.date() - INFUSED.date()).days,
        age_years=Decimal(age) if age else None,
        weight=weight,
        standing=standing(there),
        given=dict.fromkeys(given.split(), at),
        rules={"tocilizumab": PROTOCOLS.drugs["tocilizumab"].rules},
    )


def told(advice: Advice, scale: str) -> Syndrome:
    """The advice for one scale."""
    return next(each for each in (*advice.open, *advice.watched) if each.scale == scale)


def advised(patient: Case, scale: str | None = None) -> Advice:
    """The advice of the shipped documents."""
    return advise(patient, DOCUMENTS, None if scale is None else {scale})
