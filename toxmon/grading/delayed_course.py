"""Delayed and newer toxicities over time: charted present or absent, since when, how bad."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from toxmon.grading import delayed
from toxmon.grading.facts import Fact, Value
from toxmon.grading.grade import Grade
from toxmon.grading.moment import Moment
from toxmon.grading.scale import Scale

_BY_NAME: Mapping[str, Scale] = {scale.name: scale for scale in delayed.SCALES}


@dataclass(frozen=True, slots=True)
class Toxicity:
    """A scale, and by kind of fact the finding that it is charted for."""

    scale: str
    charted: Mapping[str, str]

    @property
    def moves(self) -> frozenset[str]:
        """The kinds of fact that can move it."""
        return frozenset(self.charted)


TOXICITIES: tuple[Toxicity, ...] = (
    Toxicity(
        "movement_neurocognitive",
        {
            "parkinsonism": "parkinsonism",
            "movement_disorder": "movement_disorder",
            "cognitive_change": "cognitive_change",
            "personality_change": "personality_change",
            "movement_neurocognitive_grade": "severity",
        },
    ),
    Toxicity(
        "cranial_nerve_palsy",
        {
            "cranial_nerve_palsy": "present",
            "facial_palsy": "facial_palsy",
            "cranial_nerves": "nerves",
            "palsy_side": "side",
            "cranial_nerve_palsy_grade": "severity",
        },
    ),
    Toxicity("guillain_barre", {"guillain_barre": "present", "guillain_barre_grade": "severity"}),
    Toxicity(
        "peripheral_neuropathy",
        {"peripheral_neuropathy": "present", "peripheral_neuropathy_grade": "severity"},
    ),
    Toxicity(
        "enterocolitis",
        {
            "enterocolitis": "present",
            "enterocolitis_grade": "severity",
            "diarrhea_grade": "diarrhea_grade",
            "enteric_infection": "enteric_infection",
        },
    ),
    Toxicity(
        "licats", {"licats": "present", "licats_grade": "severity", "licats_organs": "organs"}
    ),
    Toxicity("second_malignancy", {"second_malignancy": "second_malignancy"}),
)


def look(
    toxicity: Toxicity, moment: Moment, since: Mapping[str, datetime]
) -> tuple[Mapping[str, datetime], Grade | None]:
    """The answer, None while nothing of it was ever charted; and since when it is present.

    What was found present stays so until it is charted absent: a palsy does not heal because
    nobody looked. An absence is believed for the span of the ward's policy (decision 0010).
    """
    charted = {kind: fact for kind in toxicity.charted if (fact := moment.chart.newest.get(kind))}
    if not charted:
        return since, None
    held = {
        kind: fact
        for kind, fact in charted.items()
        if says_present(fact.value) or moment.chart.known(kind, moment.at) is not None
    }
    grade = _graded(toxicity, held, moment, since.get(toxicity.scale))
    if grade.low > 0 and toxicity.scale not in since:
        since = {**since, toxicity.scale: moment.at}
        grade = _graded(toxicity, held, moment, moment.at)
    elif grade.high == 0 and toxicity.scale in since:
        since = {scale: at for scale, at in since.items() if scale != toxicity.scale}
        grade = _graded(toxicity, held, moment, None)
    return since, grade


def says_present(value: Value) -> bool:
    """Does what was charted say that there is something? A side alone says neither."""
    if isinstance(value, Decimal):
        return value > 0
    if isinstance(value, tuple | bool):
        return bool(value)
    return value not in ("none", "left", "right", "both")


def _graded(
    toxicity: Toxicity, held: Mapping[str, Fact], moment: Moment, onset: datetime | None
) -> Grade:
    scale = _BY_NAME[toxicity.scale]
    found: dict[str, Any] = {toxicity.charted[kind]: fact.value for kind, fact in held.items()}
    names = scale.findings.__dataclass_fields__
    if onset is not None and "onset_day" in names:
        found["onset_day"] = moment.treatment.day(onset)
    if "day" in names:
        found["day"] = moment.day
    grade = scale.grade(scale.findings(**found))
    assert isinstance(grade, Grade)
    facts = tuple(fact.id for fact in held.values())
    kinds = {name: kind for kind, name in toxicity.charted.items()}
    return replace(
        grade,
        because=tuple(replace(reason, facts=facts) for reason in grade.because),
        missing=tuple(kinds.get(name, name) for name in grade.missing),
        stale=moment.chart.stale(toxicity.moves, moment.at),
    )
