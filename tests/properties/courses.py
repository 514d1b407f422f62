"""Courses of one patient, drawn by Hypothesis: what is said, when it was so, when it is told.

Instants lie on a grid of hours, as the spans of the policy do: so findings meet at one instant, and
arrive at the very instant at which another lapses, far more often than on a ward.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from toxmon.grading.chart import ADMINISTRATION, ATTRIBUTION, DEATH
from toxmon.grading.facts import Value

INFUSED_AT = datetime(2026, 3, 1, 6, tzinfo=UTC)
BORN = "1961-05-02"
LAST_HOUR = 60
INFUSION = "infusion"
RETRACTED = "entered-in-error"

NUMBERS: dict[str, tuple[str, ...]] = {
    "body_temperature": ("36.5", "37.9", "38", "38.6", "40.1"),
    "systolic_bp": ("80", "89", "90", "124"),
    "diastolic_bp": ("40", "60"),
    "mean_arterial_pressure": ("60", "65", "82"),
    "oxygen_saturation": ("85", "89", "90", "97"),
    "oxygen_flow": ("0", "2", "6", "6.1", "15"),
    "ice_score": ("10", "9", "6", "2", "0"),
    "ice_orientation": ("4", "1"),
    "ice_naming": ("3", "0"),
    "ice_writing": ("1", "0"),
    "capd_score": ("0", "4", "12"),
    "seizure_duration": ("60", "300", "301"),
    "heart_rate": ("70", "140"),
    "anc": ("90", "100", "450", "500", "500.5", "2000"),
    "wbc": ("300", "3000"),
    "platelets": ("15", "20", "40", "120"),
    "hemoglobin": ("7.5", "9"),
    "ferritin": ("400", "900", "12000"),
    "fibrinogen": ("120", "300"),
    "ast": ("30", "400"),
    "creatinine": ("0.8", "3.1"),
    "ldh": ("180", "900"),
    "crp": ("4", "120"),
    "igg": ("150", "700"),
    "cd4": ("40", "350"),
    "m_protein": ("0", "2.1"),
    "peripheral_neuropathy_grade": ("1", "3"),
}
WORDS: dict[str, tuple[Any, ...]] = {
    "oxygen_device": (
        "room_air", "nasal_cannula", "high_flow_nasal_cannula", "simple_mask", "bipap",
        "invasive_ventilation",
    ),
    "ventilation_reason": ("hypoxia", "airway_protection", "chronic"),
    "hypotension": (True, False),
    "vasopressors": ((), ("norepinephrine",), ("epinephrine", "norepinephrine"), ("vasopressin",)),
    "consciousness": ("alert", "wakes_to_voice", "unarousable"),
    "seizure": ("none", "clinical"),
    "seizure_resolved": (True, False),
    "seizure_without_recovery": (True, False),
    "motor_weakness": ("none", "deep_focal"),
    "cerebral_edema": ("none", "focal", "diffuse"),
    "edema_from_hemorrhage": (True, False),
    "icp_signs": ((), ("papilledema",)),
    "ferritin_rising": (True, False),
    "iec_hs_confirmed": (True, False),
    "iec_hs_severity": ("mild", "severe"),
    "facial_palsy": (True, False),
    "disease_progression": (True, False),
    "next_therapy": (True, False),
    "second_malignancy": ("none", "t_cell"),
}  # fmt: skip
DRUGS = (
    "tocilizumab", "acetaminophen", "dexamethasone", "cetirizine", "platelets", "filgrastim",
    "immunoglobulin", "fludarabine",
)  # fmt: skip
SIGNS = ("fever", "hypotension", "hypoxia", "consciousness", "seizure", "iec_hs")
CAUSES = ("pneumonia", "sedation", "crs")
DEATHS = ("crs", "icans", "iec_hs", "other")

OTHER_UNITS: dict[str, tuple[str, Any]] = {
    "body_temperature": ("[degF]", lambda number: number * 9 / 5 + 32),
    "oxygen_flow": ("mL/min", lambda number: number * 1000),
    "oxygen_saturation": ("1", lambda number: number / 100),
    "seizure_duration": ("min", lambda number: number / 60),
}
"""Another unit for a kind, and the exact step into it. Seconds go into minutes without a rest
only for 60 and 300; `in_another_unit` leaves the others."""


@dataclass(frozen=True)
class Saying:
    """One thing that somebody says. `delay` hours pass until it is told.

    `replaces` names the saying that it corrects, confirms or takes back.
    """

    name: str
    kind: str
    value: Value | None
    at: datetime
    until: datetime | None = None
    status: str = "final"
    replaces: str | None = None
    delay: int = 0

    def __repr__(self) -> str:
        """In short, and in hours, as a failing example is read."""
        hour = (self.at - INFUSED_AT) / timedelta(hours=1)
        words = f"{self.name}: {self.kind}={self.value} at {hour:g} h, told {self.delay} h later"
        if self.until:
            words += f", until {(self.until - INFUSED_AT) / timedelta(hours=1):g} h"
        return f"<{words}, {self.status} of {self.replaces}>" if self.replaces else f"<{words}>"


@dataclass(frozen=True)
class Course:
    """Everything that is ever said of one patient."""

    sayings: tuple[Saying, ...]
    asked: tuple[datetime, ...] = field(default=())
    """Instants at which the grades are asked for."""


def at(hour: float) -> datetime:
    """An instant on the grid, in hours after the first infusion."""
    return INFUSED_AT + timedelta(hours=hour)


hours = st.integers(0, LAST_HOUR)
FAR = (24 * 8, 24 * 29, 24 * 30, 24 * 31, 24 * 40, 24 * 99, 24 * 101)
"""Days on which windows of weeks close, and before them."""
over_weeks = st.one_of(hours, hours, st.integers(-48, -1), st.sampled_from(FAR))
"""Hours before the infusion too: a baseline is drawn there."""
delays = st.sampled_from((0, 0, 0, 0, 1, 5, 12, 30))


@st.composite
def measurements(draw: st.DrawFn) -> tuple[str, Value]:
    """A kind and a canonical value of it."""
    kind = draw(st.sampled_from((*NUMBERS, *WORDS)))
    if kind in NUMBERS:
        return kind, Decimal(draw(st.sampled_from(NUMBERS[kind])))
    return kind, draw(st.sampled_from(WORDS[kind]))


@st.composite
def acts(draw: st.DrawFn) -> tuple[str, Value, int | None]:
    """A kind, a value, and the hours until it ends."""
    kind = draw(st.sampled_from((ADMINISTRATION, ADMINISTRATION, ATTRIBUTION, ATTRIBUTION, DEATH)))
    if kind == ADMINISTRATION:
        return kind, draw(st.sampled_from(DRUGS)), None
    if kind == DEATH:
        return kind, draw(st.sampled_from(DEATHS)), None
    value = (draw(st.sampled_from(SIGNS)), draw(st.sampled_from(CAUSES)))
    return kind, value, draw(st.sampled_from((None, 2, 6, 24)))


@st.composite
def facts(draw: st.DrawFn, name: str, within: st.SearchStrategy[int] = over_weeks) -> Saying:
    """A measurement, sometimes one in quarantine, or an act."""
    when = at(draw(within))
    if draw(st.integers(0, 5)) == 0:
        kind, value, lasts = draw(acts())
        until = None if lasts is None else when + timedelta(hours=lasts)
        return Saying(name, kind, value, when, until, delay=draw(delays))
    kind, value = draw(measurements())
    doubted = draw(st.integers(0, 9)) == 0
    status = "quarantined" if doubted else "final"
    return Saying(name, kind, value, when, status=status, delay=draw(delays))


@st.composite
def changes(draw: st.DrawFn, name: str, of: Saying) -> Saying:
    """A correction, a confirmation or a retraction of a saying."""
    how = draw(st.sampled_from(("value", "time", "retract")))
    if of.status == "quarantined" and draw(st.booleans()):
        how = "confirm"
    new: dict[str, Any] = {"value": of.value, "at": of.at, "status": "corrected"}
    if how == "retract":
        new |= {"value": None, "status": RETRACTED}
    elif how == "confirm":
        new |= {"status": "confirmed"}
    elif how == "time":
        new |= {"at": at(draw(hours))}
    elif of.kind in NUMBERS:
        new |= {"value": Decimal(draw(st.sampled_from(NUMBERS[of.kind])))}
    elif of.kind in WORDS:
        new |= {"value": draw(st.sampled_from(WORDS[of.kind]))}
    until = of.until if of.until is None or of.until > new["at"] else None
    return Saying(
        name, of.kind, new["value"], new["at"], until, new["status"], of.name, draw(delays)
    )  # fmt: skip


@st.composite
def infusions(draw: st.DrawFn) -> list[Saying]:
    """One infusion or two, told at once or late; sometimes its time is corrected, or it was none.

    Two never stand at the same instant: nothing would say which of them the facts belong to.
    """
    first = Saying("infusion 1", INFUSION, "ide-cel", at(0), delay=draw(delays))
    said = [first]
    standing = first
    if draw(st.integers(0, 3)) == 0:
        moved = at(draw(st.integers(-3, 12)))
        standing = Saying(
            "infusion 1 corrected", INFUSION, "ide-cel", moved, None, "corrected", first.name,
            draw(delays),
        )  # fmt: skip
        said.append(standing)
    if draw(st.booleans()):
        second = Saying(
            "infusion 2", INFUSION, "cilta-cel", at(draw(st.integers(13, 50))), delay=draw(delays)
        )
        said.append(second)
        if draw(st.integers(0, 3)) == 0:
            change = Saying(
                "infusion 2 corrected", INFUSION, "cilta-cel", at(draw(st.integers(13, 50))), None,
                "corrected", second.name, draw(delays),
            )  # fmt: skip
            said.append(change)
    if draw(st.integers(0, 7)) == 0:
        gone = draw(st.sampled_from([each for each in said if not _replaced(each, said)]))
        said.append(
            Saying(
                "infusion none", INFUSION, None, gone.at, None, RETRACTED, gone.name, draw(delays)
            )
        )
    return said


def _replaced(saying: Saying, said: Sequence[Saying]) -> bool:
    return any(each.replaces == saying.name for each in said)


@st.composite
def courses(draw: st.DrawFn, least: int = 1, most: int = 14) -> Course:
    """A whole course."""
    said = draw(infusions())
    for number in range(draw(st.integers(least, most))):
        said.append(draw(facts(f"fact {number}")))
    for number in range(draw(st.integers(0, 4))):
        open_ = [
            each
            for each in said
            if each.kind != INFUSION and each.status != RETRACTED and not _replaced(each, said)
        ]
        if open_:
            said.append(draw(changes(f"change {number}", draw(st.sampled_from(open_)))))
    asked = draw(
        st.lists(
            st.one_of(st.integers(-2, LAST_HOUR + 40), st.sampled_from(FAR)),
            min_size=3,
            max_size=6,
            unique=True,
        )
    )
    return Course(tuple(said), tuple(sorted({at(hour) for hour in asked})))


def live(course: Course) -> list[tuple[datetime, list[Saying]]]:
    """What is told when, if each is told `delay` hours after it was so or could be known.

    Sayings of one bedside instant that are told at the same time go together, as one set.
    """
    told: dict[str, datetime] = {}
    posts: dict[tuple[Any, ...], list[Saying]] = {}
    for saying in course.sayings:
        earliest = max(saying.at, told[saying.replaces]) if saying.replaces else saying.at
        told[saying.name] = earliest + timedelta(hours=saying.delay)
        own = (saying.name,) if saying.replaces or saying.kind == INFUSION else ()
        posts.setdefault((told[saying.name], len(told) if own else 0, saying.at, own), []).append(
            saying
        )
    return [(key[0], post) for key, post in sorted(posts.items(), key=lambda item: item[0])]


def shuffled(course: Course, order: Sequence[int]) -> list[Saying]:
    """The sayings one by one in another order; a correction waits for what it corrects."""
    told: set[str | None] = {None}
    waiting = [course.sayings[place] for place in order]
    found = []
    while waiting:
        ready = next(saying for saying in waiting if saying.replaces in told)
        waiting.remove(ready)
        told.add(ready.name)
        found.append(ready)
    return found
