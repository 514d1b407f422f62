"""Dates that nobody measures: of the label in force, in site dates, held back by neurotoxicity."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from tests.timeline import make
from tests.timeline.make import D
from toxmon.timeline.known import Known
from toxmon.timeline.obligations import Due, months_later, obligations
from toxmon.timeline.words import clock


def due(
    infused: date, on: date, known: Known | None = None, name: str = "cilta-cel",
    zone: str = "Europe/Berlin", hour: int = 12,
) -> dict[str, Due]:  # fmt: skip
    site = make.ZoneInfo(zone)
    at = datetime.combine(infused, time(hour), site).astimezone(UTC)
    now = datetime.combine(on, time(9), site).astimezone(UTC)
    found = obligations(
        known or Known(), make.product(name), make.treatment(at, zone), make.alarms(), now
    )
    assert len({each.id for each in found}) == len(found)
    return {each.id: each for each in found}


def test_the_label_of_the_infusions_day_holds() -> None:
    before = due(date(2025, 6, 20), date(2025, 7, 1))
    after = due(date(2025, 7, 20), date(2025, 7, 21))
    assert before["label:no_driving"].on == date(2025, 8, 15)  # 8 weeks
    assert before["label:proximity"].on == date(2025, 7, 18)  # 4 weeks
    assert after["label:no_driving"].on == date(2025, 8, 3)  # 2 weeks
    assert after["label:proximity"].on == date(2025, 8, 3)


def test_an_end_is_held_back_while_neurotoxicity_is_open() -> None:
    at = make.utc(2026, 3, 12, 9)
    known = Known(levels={"icans": make.level(1, at, episode=1)})
    infused, end = date(2026, 3, 1), date(2026, 3, 15)
    assert due(infused, date(2026, 3, 14), known)["label:no_driving"].state == "open"
    held = due(infused, end, known)["label:no_driving"]
    assert (held.on, held.state, held.blocked_by) == (end, "held_back", ("icans: grade 1",))
    assert due(infused, end)["label:no_driving"].state == "over"
    unknown = Known(levels={"icans": make.level(0, at, 4)})
    assert due(infused, end, unknown)["label:no_driving"].state == "held_back"
    over = Known(levels={"icans": make.level(0, at)})
    assert due(infused, end, over)["label:no_driving"].state == "over"


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2028, 2, 29), 48, date(2032, 2, 29)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
    ],
)
def test_months_later(day: date, months: int, expected: date) -> None:
    assert months_later(day, months) == expected


def test_vaccinations_and_the_watch_for_life() -> None:
    found = due(date(2028, 2, 29), date(2031, 6, 1))
    assert found["influenza_and_covid_vaccines"].on == date(2028, 5, 29)
    assert found["inactivated_vaccines"].on == date(2028, 8, 29)
    assert found["live_vaccines"].on == date(2029, 2, 28)
    assert found["live_vaccines"].unless is not None
    assert "CD4" in found["live_vaccines"].unless
    yearly = found["malignancy_watch"]
    assert (yearly.on, yearly.next_on) == (date(2029, 2, 28), date(2032, 2, 29))
    assert "malignancy_watch" not in due(date(2026, 1, 1), date(2026, 1, 2), name="teclistamab")


def test_the_neurologic_examinations_after_bcma_products() -> None:
    found = due(date(2026, 3, 1), date(2026, 3, 2))
    days = {key: each.on for key, each in found.items() if key.startswith("watch:late neuro")}
    assert sorted(days.values()) == [date(2026, 3, 31), date(2026, 5, 30), date(2026, 8, 28)]
    assert not [
        key for key in due(date(2026, 3, 1), date(2026, 3, 2), name="axi-cel") if "neuro" in key
    ]


@pytest.mark.hazard("H17")
@pytest.mark.parametrize("zone", make.ZONES)
def test_dates_are_the_sites_whatever_the_hour(zone: str) -> None:
    for hour in (0, 23):
        found = due(date(2026, 10, 20), date(2026, 10, 21), zone=zone, hour=hour)
        assert found["label:no_driving"].on == date(2026, 11, 3)


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    site = make.ZoneInfo("Europe/Berlin")
    first = make.utc(2026, 10, 25, 0, 30)
    assert clock(first, site) == "02:30 (first)"
    assert clock(first + D / 24, site) == "02:30 (second)"
    assert clock(make.utc(2026, 3, 29, 1, 30), site) == "03:30"
    assert clock(first, site, first + D) == "25 Oct 02:30 (first)"
