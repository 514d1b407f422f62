"""What is due agrees with a second opinion that waits minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.timeline import make
from tests.timeline.make import D, H, M
from tests.timeline.second_check import Daily, Rolling
from toxmon.timeline.check import Check
from toxmon.timeline.known import Known, Pause
from toxmon.timeline.plan import plan

INFUSED = datetime(2026, 3, 27, 11, 20, tzinfo=UTC)
SAID = {"met": "done"}


def minutes(most: int) -> st.SearchStrategy[timedelta]:
    return st.integers(-600, most).map(lambda each: each * M)


@st.composite
def pauses(draw: st.DrawFn) -> list[Pause]:
    found = []
    for at in draw(st.lists(minutes(2400), max_size=2, unique=True)):
        begins = INFUSED + at
        found.append(make.pause(begins, begins + draw(st.integers(1, 900)) * M))
    return found


@given(
    every=st.sampled_from((30 * M, H, 90 * M, 4 * H, 8 * H, 12 * H)),
    grace=st.sampled_from((0 * M, 10 * M, 30 * M, 2 * H)),
    read=st.tuples(st.none() | minutes(2400), st.none() | minutes(2400)),
    last_day=st.sampled_from((0, 1, 3)),
    waits=pauses(),
    elapsed=st.integers(0, 3000),
)
@settings(max_examples=150)
def test_lines_below_a_day(every, grace, read, last_day, waits, elapsed) -> None:  # type: ignore[no-untyped-def]
    product = make.chart(
        make.watch("round", "heart_rate systolic_bp", every=every, grace=grace, last_day=last_day)
    )
    instants = [None if each is None else INFUSED + each for each in read]
    known = Known(
        seen=make.seen(
            *(
                make.fact(kind, at)
                for kind, at in zip(("heart_rate", "systolic_bp"), instants, strict=True)
                if at is not None
            )
        ),
        pauses=tuple(waits),
    )
    now = INFUSED + elapsed * M
    treatment = make.treatment(INFUSED, "Europe/Berlin")
    check = plan(known, product, treatment, make.alarms(), now).checks[0]
    second = Rolling(
        begins=INFUSED, ends=treatment.begins(last_day + 1), every=every, grace=grace,
        read_at=instants, pauses=[(each.from_at, each.until_at) for each in waits],
    )  # fmt: skip
    state, missed = second.at(now)
    if state == "done":
        state = "met" if all(instants) else "ended"
    assert (check.state, check.missed) == (state, missed)


@given(
    zone=st.sampled_from(make.ZONES),
    began=st.sampled_from(
        (date(2026, 3, 27), date(2026, 10, 23), date(2028, 2, 26), date(2025, 12, 29))
    ),
    hour=st.sampled_from((time(10), time(2, 30), time(0), time(23, 59))),
    infused=st.integers(0, 23),
    first=st.integers(0, 4),
    length=st.integers(0, 20),
    step=st.sampled_from((1, 2, 7)),
    grace=st.sampled_from((0 * H, 6 * H, 2 * D)),
    read=st.tuples(st.none() | st.integers(-5, 24), st.none() | st.integers(-5, 24)),
    elapsed=st.integers(0, 28 * 24 * 60),
)
@settings(max_examples=300)
def test_lines_in_days_of_the_site(  # type: ignore[no-untyped-def]
    zone, began, hour, infused, first, length, step, grace, read, elapsed
) -> None:
    site = make.ZoneInfo(zone)
    at = datetime.combine(began, time(infused, 10), site).astimezone(UTC)
    product = make.chart(
        make.watch(
            "blood", "anc platelets", every=step * D, grace=grace, first_day=first,
            last_day=first + length,
        )
    )  # fmt: skip
    shipped = make.alarms()
    alarms = make.alarms(labs_due=type(shipped.labs_due)(hour, shipped.labs_due.citation))
    days = [None if each is None else began + timedelta(days=each) for each in read]
    known = Known(
        seen=make.seen(
            *(
                make.fact(kind, datetime.combine(day, time(12, 5), site).astimezone(UTC))
                for kind, day in zip(("anc", "platelets"), days, strict=True)
                if day is not None
            )
        )
    )
    now = at + elapsed * M
    check = plan(known, product, make.treatment(at, zone), alarms, now).checks[0]
    second = Daily(
        first=began + timedelta(days=first), last=began + timedelta(days=first + length), step=step,
        grace=grace, hour=hour, zone=site, infused_at=at, read_on=days,
    )  # fmt: skip
    state, missed = second.at(now)
    if state == "done":
        state = "met" if all(days) else "ended"
    assert (check.state, check.missed) == (state, missed)
    _agrees(check, now)


def _agrees(check: Check, now: datetime) -> None:
    """What a check says of itself does not contradict itself."""
    if check.due_at is not None:
        assert check.overdue_at == check.due_at + check.grace
        assert (check.state in ("overdue", "paused")) == (
            bool(check.missed) or check.state == "paused"
        )
        assert (check.state == "next") == (now < check.due_at - 30 * M) or check.state == "paused"
