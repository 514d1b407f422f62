"""Delayed and newer toxicities: present or not, since which day, and how bad as a clinician charts.

    | scale                  | severity   | what says that it is present                          |
    | ---------------------- | ---------- | ----------------------------------------------------- |
    | movement_neurocognitive | CTCAE 1-5 | parkinsonism, another movement disorder, a change of  |
    |                        |            | cognition or of personality                           |
    | cranial_nerve_palsy    | CTCAE 1-5  | a palsy of any nerve; a facial palsy is one           |
    | guillain_barre         | CTCAE 1-5  | the diagnosis                                         |
    | peripheral_neuropathy  | CTCAE 1-5  | the diagnosis, new or worse                           |
    | enterocolitis          | CTCAE 1-5  | the diagnosis; diarrhea alone only raises the thought |
    | licats                 | 1-4        | the diagnosis                                         |
    | second_malignancy      | none       | its kind                                              |

Nothing here is worked out from other findings: no consensus grades these, so the grade is the one
that was charted. Absent is 0; present without a severity is 1 to the highest; and a severity says
that it is present.

    | LICATS begins          | window       |
    | ---------------------- | ------------ |
    | on day 14 or earlier   | early        |
    | on day 15 to 30        | intermediate |
    | on day 31 or later     | late         |

Units: days after the infusion, which is day 0; severity in grades.
Bounds: as in the table; diarrhea without an infection raises the thought of enterocolitis after day
30, and not on it.
Sources: umbrella, Graham CE et al. Lancet Oncol 2025;26:e203-e213,
doi:10.1016/S1470-2045(24)00715-0; movement, Cohen AD et al. Blood Cancer J 2022,
doi:10.1038/s41408-022-00629-1; enterocolitis, Fortuna GG et al. Blood Cancer J 2024;14:180,
doi:10.1038/s41408-024-01167-8; LICATS, Hagen M et al. Lancet Rheumatol 2025,
doi:10.1016/S2665-9913(25)00091-8 (its grade 2 from memory). Their abstracts were read.
Read by us: what counts as present, the days of a month, malignancy without a grade (decision 0046).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from toxmon.grading.charted import WARNINGS, Charted, Findings
from toxmon.grading.facts import Number, at_least
from toxmon.grading.grade import Grade
from toxmon.grading.scale import Scale

CTCAE = "ctcae-5"
UMBRELLA = "Graham 2025, doi:10.1016/S1470-2045(24)00715-0"
MOST_LICATS = 4
EARLY_UNTIL_DAY = 14
INTERMEDIATE_UNTIL_DAY = 30
THINK_OF_ENTEROCOLITIS_AFTER_DAY = 30
FACIAL_NERVE = "cn_7"

THINK_OF_ENTEROCOLITIS = {
    "think_of_enterocolitis": "Diarrhea more than a month after the infusion, and no infection was "
    "found: think of enterocolitis due to the cells. This is no diagnosis.",
}
PRESENCE_ONLY = {
    "presence_only": "1 says that a second malignancy is charted. It has no grade.",
}

CHARTED_AS: Mapping[str, Mapping[str, str]] = {
    "movement_neurocognitive": {"severity": "movement_neurocognitive_grade"},
    "cranial_nerve_palsy": {
        "present": "cranial_nerve_palsy",
        "severity": "cranial_nerve_palsy_grade",
        "nerves": "cranial_nerves",
        "side": "palsy_side",
    },
    "guillain_barre": {"present": "guillain_barre", "severity": "guillain_barre_grade"},
    "peripheral_neuropathy": {
        "present": "peripheral_neuropathy",
        "severity": "peripheral_neuropathy_grade",
    },
    "enterocolitis": {"present": "enterocolitis", "severity": "enterocolitis_grade"},
    "licats": {"present": "licats", "severity": "licats_grade", "organs": "licats_organs"},
    "second_malignancy": {},
}
"""By scale: findings that go by another name as kinds of fact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement(Findings):
    """Movement and neurocognitive toxicity: any of the four signs says that it is present."""

    parkinsonism: bool | None = None
    movement_disorder: bool | None = None
    cognitive_change: bool | None = None
    personality_change: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Palsy(Findings):
    """Cranial nerve palsy; no `nerves` at all, (), says that none has a palsy."""

    facial_palsy: bool | None = None
    nerves: tuple[str, ...] | None = None
    side: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enterocolitis(Findings):
    """Enterocolitis; `day` is today, in days after the infusion."""

    diarrhea_grade: Number | None = None
    enteric_infection: bool | None = None
    day: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Licats(Findings):
    """LICATS, with the organs that it is in."""

    organs: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Malignancy:
    """A second malignancy, by its kind; "none" says that there is none."""

    second_malignancy: str | None = None
    onset_day: int | None = None


MOVEMENT = Charted("movement_neurocognitive", CTCAE, "Cohen 2022, doi:10.1038/s41408-022-00629-1")
PALSY = Charted("cranial_nerve_palsy", CTCAE, UMBRELLA)
BARRE = Charted("guillain_barre", CTCAE, UMBRELLA)
NEUROPATHY = Charted("peripheral_neuropathy", CTCAE, UMBRELLA)
BOWEL = Charted("enterocolitis", CTCAE, "Fortuna 2024, doi:10.1038/s41408-024-01167-8")
LOCAL = Charted(
    "licats", "hagen-2025", "Hagen 2025, doi:10.1016/S2665-9913(25)00091-8", MOST_LICATS
)
MALIGNANCY = Charted("second_malignancy", "presence", "FDA class warning of January 2024", 1)


def movement_neurocognitive(findings: Movement) -> Grade:
    """Parkinsonism, other movement disorders, changes of cognition and of personality."""
    signs = {
        "parkinsonism": findings.parkinsonism,
        "movement_disorder": findings.movement_disorder,
        "cognitive_change": findings.cognitive_change,
        "personality_change": findings.personality_change,
    }
    return MOVEMENT.grade(findings, signs, {"signs": [name for name, so in signs.items() if so]})


def cranial_nerve_palsy(findings: Palsy) -> Grade:
    """A palsy of any cranial nerve; a facial palsy is one of the seventh."""
    nerves, face = findings.nerves, findings.facial_palsy
    if face is None and nerves is not None:
        face = FACIAL_NERVE in nerves
    signs = {"facial_palsy": face, "nerves": None if nerves is None else bool(nerves)}
    named = [*(nerves or ())]
    if face and FACIAL_NERVE not in named:
        named.append(FACIAL_NERVE)
    return PALSY.grade(findings, signs, {"nerves": named, "side": findings.side})


def guillain_barre(findings: Findings) -> Grade:
    """Guillain-Barre syndrome."""
    return BARRE.grade(findings, {}, {})


def peripheral_neuropathy(findings: Findings) -> Grade:
    """Peripheral neuropathy, new or worse."""
    return NEUROPATHY.grade(findings, {}, {})


def enterocolitis(findings: Enterocolitis) -> Grade:
    """Enterocolitis due to the cells; unexplained late diarrhea only raises the thought of it."""
    answer = BOWEL.grade(findings, {}, {})
    late = findings.day is not None and findings.day > THINK_OF_ENTEROCOLITIS_AFTER_DAY
    diarrhea = at_least(findings.diarrhea_grade, Decimal(1))
    undecided = answer.more["present"] is None
    if undecided and late and diarrhea and findings.enteric_infection is False:
        return replace(answer, warnings=(*answer.warnings, "think_of_enterocolitis"))
    return answer


def licats(findings: Licats) -> Grade:
    """A local reaction in an organ that the autoimmune disease was in already."""
    organs = findings.organs
    signs = {} if organs is None else {"organs": bool(organs)}
    answer = LOCAL.grade(findings, signs, {"organs": [*(organs or ())]})
    return replace(answer, more={**answer.more, "window": window(answer.more["onset_day"])})


def window(onset_day: int | None) -> str | None:
    """When a LICATS began, as its paper divides it."""
    if onset_day is None:
        return None
    if onset_day <= EARLY_UNTIL_DAY:
        return "early"
    return "intermediate" if onset_day <= INTERMEDIATE_UNTIL_DAY else "late"


def second_malignancy(findings: Malignancy) -> Grade:
    """A second malignancy: 0 is none, 1 is any. There is no severity."""
    kind = findings.second_malignancy
    answer = MALIGNANCY.grade(
        Findings(present=None if kind is None else kind != "none", onset_day=findings.onset_day),
        {},
        {"kind": kind},
    )
    missing = ("second_malignancy",) if kind is None else ()
    return replace(
        answer,
        because=tuple(
            replace(
                reason,
                rule=f"second_malignancy.{kind or 'unknown'}",
                text=_kind_in_words(kind),
                findings=("second_malignancy",),
            )
            for reason in answer.because
        ),
        missing=missing,
        warnings=("presence_only",) if answer.low else (),
    )


def _kind_in_words(kind: str | None) -> str:
    if kind is None:
        return "not charted as present or absent"
    words = {"none": "no second malignancy", "t_cell": "second malignancy of T cells"}
    return words.get(kind, f"second malignancy, {kind.replace('_', ' ')}")


def _scale(
    charted: Charted,
    title: str,
    findings: type[Any],
    grade: Callable[[Any], Grade],
    warnings: Mapping[str, str],
) -> Scale:
    return Scale(
        name=charted.name,
        title=title,
        edition=charted.edition,
        source=charted.source,
        warnings=warnings,
        findings=findings,
        grade=grade,
    )


SCALES: tuple[Scale, ...] = (
    _scale(
        MOVEMENT,
        "Movement and neurocognitive toxicity",
        Movement,
        movement_neurocognitive,
        WARNINGS,
    ),
    _scale(PALSY, "Cranial nerve palsy", Palsy, cranial_nerve_palsy, WARNINGS),
    _scale(BARRE, "Guillain-Barre syndrome", Findings, guillain_barre, WARNINGS),
    _scale(NEUROPATHY, "Peripheral neuropathy", Findings, peripheral_neuropathy, WARNINGS),
    _scale(
        BOWEL,
        "Immune effector cell-associated enterocolitis",
        Enterocolitis,
        enterocolitis,
        {**WARNINGS, **THINK_OF_ENTEROCOLITIS},
    ),
    _scale(
        LOCAL,
        "Local immune effector cell-associated toxicity syndrome",
        Licats,
        licats,
        WARNINGS,
    ),
    _scale(MALIGNANCY, "Second malignancy", Malignancy, second_malignancy, PRESENCE_ONLY),
)
