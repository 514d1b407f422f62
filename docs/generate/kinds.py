"""Prints docs/reference/kinds.md from the closed lists of kinds, units and codes.

Run it from the top of the tree: `python docs/generate/kinds.py`. A test fails when the page is
stale.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

from toxmon.grading.clinical_kinds import (
    CHARTED_GRADES,
    DELAYED,
    FOLLOW_UP,
    HYPERINFLAMMATION,
    OF_OLDER_SCALES,
    PREVENTION,
)
from toxmon.grading.kinds import BEDSIDE, DENIED_LOINC, KINDS, LABORATORY, NEURO, VITAL, Kind
from toxmon.grading.unit_table import ACCEPTED, NOT_CONVERTED, SPELLINGS

PAGE = Path(__file__).parents[1] / "reference" / "kinds.md"

OPENING = """# Kinds

Printed by `docs/generate/kinds.py` from `toxmon/grading/`; do not edit.

What can be charted. A number carries its unit; everything else has none. The first unit is the
canonical one, in UCUM, into which the others are converted exactly.

- *Possible*: outside it a value is refused. Never negative; a part of a whole ends at 100 %; for
  vital signs, weight and height it reaches a little beyond what people survived; for a
  concentration to ten times the plausible limit, or less where blood has no room for more.
- *Plausible*: outside it a value is kept in quarantine: visible, counted, not graded, until
  somebody confirms or corrects it.
- *Worse*: of two values at one instant the worse counts. Where neither direction is worse, the
  lower counts, so that the order of arrival cannot matter.
- *Step*: how finely the value is usually charted. For display only; nothing is rounded before it
  is compared.
- *LOINC*: the accepted codes, the preferred one first. The code never implies the unit.

Instead of a number `"<0.1"`, `"<=0.1"`, `">40000"` and `">=40000"` may be sent: an interval, for
which a threshold answers yes, no or undecidable. Scores are counted, so they take no comparator,
and they may be sent without a unit.
"""


SECTIONS: tuple[tuple[str, Sequence[Kind]], ...] = (
    ("Vital signs and oxygen", VITAL),
    ("Neurology", NEURO),
    ("Of a set at the bedside", BEDSIDE),
    ("Laboratory", LABORATORY),
    ("Hyperinflammation, as a clinician finds it", HYPERINFLAMMATION),
    ("What the older scales ask for", OF_OLDER_SCALES),
    ("Delayed toxicities", DELAYED),
    ("Disease and follow-up", FOLLOW_UP),
    ("What immunoglobulin and prophylaxis ask for", PREVENTION),
    ("Grades that a clinician has charted", CHARTED_GRADES),
)


def page() -> str:
    """The whole page."""
    parts = [OPENING]
    for title, kinds in SECTIONS:
        parts.append(f"## {title}\n")
        parts += _numbers([kind for kind in kinds if kind.form == "number"])
        parts += _others([kind for kind in kinds if kind.form != "number"])
    parts += ["## Signs of a mistaken unit\n", *_slips(KINDS.values())]
    parts += ["## Units refused on purpose\n", *_not_converted()]
    parts += ["## Other spellings of units\n", *_spellings()]
    parts += ["## LOINC codes refused on purpose\n", *_denied()]
    return "\n".join(parts).rstrip("\n") + "\n"


def _numbers(kinds: Sequence[Kind]) -> Iterable[str]:
    if not kinds:
        return []
    head = ("Kind", "What", "Units", "Possible", "Plausible", "Worse", "Step", "LOINC")
    return _table(
        head,
        (
            (
                f"`{kind.name}`",
                kind.title,
                _code(ACCEPTED[kind.name]),
                _range(kind.possible),
                _range(kind.plausible),
                kind.worse or "neither",
                f"{kind.resolution}",
                ", ".join(kind.loinc) or "none",
            )
            for kind in kinds
        ),
    )


def _others(kinds: Sequence[Kind]) -> Iterable[str]:
    if not kinds:
        return []
    return _table(
        ("Kind", "What", "Value", "LOINC"),
        (
            (f"`{kind.name}`", kind.title, _value(kind), ", ".join(kind.loinc) or "none")
            for kind in kinds
        ),
    )


def _value(kind: Kind) -> str:
    if kind.form == "yes_no":
        return f"yes or no; {'yes' if kind.worse == 'higher' else 'no'} is worse"
    if kind.form == "list":
        return f"a list, `[]` for none, of {_code(kind.codes)}"
    return f"one of, mildest first: {_code(kind.codes)}"


def _slips(kinds: Iterable[Kind]) -> Iterable[str]:
    yield (
        "A value between these two, both exclusive, goes into quarantine, or is refused where it\n"
        "is not possible; the answer holds the words.\n"
    )
    yield from _table(
        ("Kind", "Above", "Below", "Words"),
        (
            (f"`{kind.name}`", f"{slip.above:f}", f"{slip.below:f} {kind.unit}", slip.words)
            for kind in kinds
            for slip in kind.slips
        ),
    )


def _not_converted() -> Iterable[str]:
    return _table(
        ("Kind", "Unit", "Why"),
        (
            (f"`{name}`", f"`{unit}`", why)
            for name, units in NOT_CONVERTED.items()
            for unit, why in units.items()
        ),
    )


def _spellings() -> Iterable[str]:
    yield (
        "Read only for kinds that accept the unit on the left. Spaces do not matter, both signs\n"
        "for micro are read as `u`, `×10⁹` as `x10^9`, and `l` as `L` for the liter; otherwise\n"
        "capitals count.\n"
    )
    yield from _table(
        ("Unit", "Also read"), ((f"`{unit}`", _code(also)) for unit, also in SPELLINGS.items())
    )


def _denied() -> Iterable[str]:
    return _table(("LOINC", "What it is, and what to send"), DENIED_LOINC.items())


def _range(limits: tuple[Decimal, Decimal] | None) -> str:
    return f"{limits[0]:f} to {limits[1]:f}" if limits else ""


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]
    return [*lines, ""]


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
