"""Courses of patients as Hypothesis draws them: facts, grades, pauses, stays and doses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from tests.timeline import make
from toxmon.dosing.steroids import Days, SteroidDose, with_dose
from toxmon.grading.facts import Fact, Value
from toxmon.timeline.known import SETTINGS, Dose, Known, Level, followed

VALUES: dict[str, tuple[Value, ...]] = {
    "body_temperature": (Decimal("36.9"), Decimal("38.0"), Decimal("39.4")),
    "heart_rate": (Decimal(88),),
    "respiratory_rate": (Decimal(18),),
    "systolic_bp": (Decimal(80), Decimal(120)),
    "oxygen_saturation": (Decimal(85), Decimal(97)),
    "oxygen_device": ("room_air", "nasal_cannula"),
    "vasopressors": ((), ("norepinephrine",)),
    "ice_score": (Decimal(10), Decimal(7)),
    "consciousness": ("alert", "wakes_to_voice"),
    "seizure": ("none", "clinical"),
    "motor_weakness": ("none",),
    "handwriting": ("unchanged", "changed"),
    "facial_palsy": (True, False),
    "parkinsonism": (False,),
    "wbc": (Decimal(900),),
    "anc": (Decimal(200), Decimal(700), Decimal(2000)),
    "alc": (Decimal(100),),
    "hemoglobin": (Decimal("6.9"), Decimal(10)),
    "platelets": (Decimal(8), Decimal(90)),
    "ferritin": (Decimal(500), Decimal(1200), Decimal(11000)),
    "crp": (Decimal(250), Decimal(5)),
    "igg": (Decimal(300), Decimal(400), Decimal(700)),
    "cd4": (Decimal(200), Decimal(201)),
    "weight": (Decimal(70),),
    "diarrhea_grade": (Decimal(0), Decimal(2)),
    "glucose": (Decimal(100), Decimal(251)),
}
INFUSED = datetime(2026, 3, 27, 11, 20, tzinfo=UTC)


@dataclass(frozen=True)
class Course:
    """A product, a site, what is known, and when somebody looks."""

    product: str
    zone: str
    known: Known
    facts: tuple[Fact, ...]
    now: datetime


@st.composite
def steroids(draw: st.DrawFn, instants: st.SearchStrategy[datetime], zone: str) -> Days:
    """Days with steroids: single doses, and one a day for some days."""
    days: Days = ()
    for place, begins in enumerate(draw(st.lists(instants, max_size=2, unique=True))):
        for number in range(draw(st.integers(1, 7))):
            amount = draw(st.sampled_from((Decimal(10), Decimal(10), Decimal(4), None)))
            dose = SteroidDose(
                fact=f"s{place}-{number}", at=begins + number * make.D, drug="dexamethasone",
                amount=amount, unit=draw(st.sampled_from(("mg", "mg", "mg/kg"))),
            )  # fmt: skip
            days = with_dose(days, dose, make.ZoneInfo(zone))
    return days


@st.composite
def courses(draw: st.DrawFn, products: tuple[str, ...] = ()) -> Course:
    """A course of one of these products, or of any."""
    days = draw(st.sampled_from((2, 16, 60, 400)))
    instants = st.integers(-600, days * 24 * 60).map(lambda each: INFUSED + each * make.M)
    drawn = draw(
        st.lists(
            st.tuples(st.sampled_from(sorted(VALUES)), instants, st.integers(0, 2)), max_size=25
        )
    )
    facts = tuple(
        make.fact(kind, at, VALUES[kind][which % len(VALUES[kind])], f"f{place}")
        for place, (kind, at, which) in enumerate(drawn)
    )
    levels: dict[str, Level] = {}
    for scale in draw(st.sets(st.sampled_from(("crs", "icans", "iec_hs", "icaht_early")))):
        for at in sorted(draw(st.lists(instants, min_size=1, max_size=3, unique=True))):
            low = draw(st.integers(0, 4))
            high = draw(st.integers(low, 4))
            levels[scale] = followed(levels.get(scale), make.level(low, at, high, episode=1))
    waits = []
    for begins in draw(st.lists(instants, max_size=2, unique=True)):
        what = draw(st.sampled_from(((), ("vital signs",), ("blood count",))))
        waits.append(make.pause(begins, begins + draw(st.integers(1, 4000)) * make.M, *what))
    stays = [
        make.stay(at, draw(st.sampled_from(SETTINGS)))
        for at in draw(st.lists(instants, max_size=2, unique=True))
    ]
    doses = tuple(
        Dose(fact=f"d{place}", at=INFUSED + timedelta(hours=hours), medication="dose")
        for place, hours in enumerate(sorted(draw(st.sets(st.integers(24, 600), max_size=3))))
    )
    zone = draw(st.sampled_from(make.ZONES))
    return Course(
        product=draw(st.sampled_from(products or tuple(sorted(make.protocols().products)))),
        zone=zone,
        known=Known(
            seen=make.seen(*facts), levels=levels, pauses=tuple(waits), stays=tuple(stays),
            doses=doses, died_at=draw(st.none() | st.none() | instants),
            steroids=draw(st.just(()) | steroids(instants, zone)),
        ),
        facts=facts,
        now=draw(instants),
    )  # fmt: skip
