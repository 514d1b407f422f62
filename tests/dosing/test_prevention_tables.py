"""Every row of the four tables of prevention, by the rules and by the shipped policies."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import combinations, product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dosing.prevention_tables import (
    ANSWERS,
    DAY,
    DOCUMENT,
    FRESH_FOR,
    PROTOCOLS,
    Row,
    listed,
    number,
    reading,
    rows,
)
from toxmon.dosing import immunoglobulin, prophylaxis, stock, vaccination
from toxmon.protocol.prevention import cited_of

ZONE = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
INFUSED = date(2026, 1, 15)


def every(page: str, *headings: str) -> list[Any]:
    """The rows under some headings of a page."""
    found = rows(page)
    return [
        pytest.param(row, id=f"{heading}: {row['case']}")
        for heading in headings or found
        for row in found[heading]
    ]


# Immunoglobulin.


def findings(row: Row) -> immunoglobulin.Findings:
    drawn = NOW - int(row["drawn"]) * DAY if row["drawn"] else NOW
    doses = (drawn - int(row["dose"]) * DAY,) if row.get("dose") else ()
    infections = []
    for each in listed(row.get("infections", ""), ";"):
        cause, days = each.rsplit(" ", 1)
        infections.append(immunoglobulin.Infection(
            at=NOW - int(days) * DAY, cause=cause,
            sinopulmonary=DOCUMENT.infection_words.is_sinopulmonary(cause),
        ))  # fmt: skip
        assert DOCUMENT.infection_words.is_infection(cause)
    protein = row.get("protein", "not igg")
    return immunoglobulin.Findings(
        igg=reading(row["igg"], drawn) if row["igg"] else None,
        doses=doses,
        infections=tuple(infections),
        paraprotein={"igg": True, "not igg": False}.get(protein),
        subtracted=True if row.get("subtracted") else None,
        m_protein=True if protein == "there" else None,
        myeloma=True,
    )


@pytest.mark.parametrize("row", every("immunoglobulin"))
def test_immunoglobulin(row: Row) -> None:
    policy = next(each for each in DOCUMENT.igg_policies if each.name == row["policy"])
    found, handling = findings(row), DOCUMENT.handling(FRESH_FOR)
    told = immunoglobulin.advice(policy, found, handling, NOW)
    assert told.answer is ANSWERS[row["answer"]], told
    assert list(told.missing) == listed(row["missing"])
    assert told.says
    if "warnings" in row:
        codes = immunoglobulin.warnings(found, handling, NOW)
        assert list(codes) == listed(row["warnings"])
        assert set(codes) <= immunoglobulin.WARNINGS.keys()


def test_every_policy_of_immunoglobulin_has_a_row() -> None:
    named = {row["policy"] for each in rows("immunoglobulin").values() for row in each}
    assert named == {each.name for each in DOCUMENT.igg_policies}


@pytest.mark.parametrize(
    ("last", "dose", "due"),
    [
        (None, None, date(2026, 2, 12)),  # day 28
        (date(2026, 1, 20), None, date(2026, 2, 12)),  # a level of the first days is not that one
        (date(2026, 2, 12), None, date(2026, 5, 12)),
        (date(2026, 5, 31), None, date(2026, 8, 31)),
        (date(2026, 5, 12), date(2026, 2, 12), date(2026, 6, 12)),  # a dose within three months
        (date(2026, 5, 13), date(2026, 2, 12), date(2026, 8, 13)),  # and a day more
    ],
)
def test_when_igg_is_measured_next(last: date | None, dose: date | None, due: date) -> None:
    assert immunoglobulin.measure_next(DOCUMENT.measuring, INFUSED, last, dose) == due


def test_the_dose_for_a_weight_is_exact() -> None:
    stanford = next(x for x in DOCUMENT.igg_policies if x.name == "igg_lt_400_and_infection")
    assert immunoglobulin.dose_for(stanford, Decimal("70.3")) == (Decimal(35150), Decimal(35150))
    hakan = DOCUMENT.igg_policies[0]
    assert (hakan.name, hakan.in_force) == ("igg_lt_400_prophylactic", True)
    assert immunoglobulin.dose_for(hakan, Decimal(70)) is None


# Prophylaxis.


def noon(day: int) -> datetime:
    """Noon at the site on a day of the treatment."""
    local = datetime.combine(INFUSED + timedelta(days=day), time(12), UTC)
    return local


def situation(row: Row) -> prophylaxis.Situation:
    day = int(row["day"])
    cd4 = tuple(
        reading(word, noon(int(on)))
        for word, on in (each.split() for each in listed(row.get("cd4", ""), ";"))
    )
    known = {
        each.removeprefix("no "): not each.startswith("no ")
        for each in listed(row.get("known", ""))
    }
    low, high = (int(each) for each in row.get("cytopenia", "0 4").split())
    return prophylaxis.Situation(
        infused_on=INFUSED,
        today=INFUSED + timedelta(days=day),
        zone=ZONE,
        anc=reading(row["anc"], noon(day)) if row.get("anc") else None,
        cd4=cd4,
        steroid_days=int(row.get("steroids") or 0),
        findings=known,
        cytopenia=(low, high),
    )


WHERE_IT_STANDS = (
    "Until CD4 is above 200",
    "Time and CD4, time or CD4",
    "From when",
)


@pytest.mark.parametrize("row", every("prophylaxis", *WHERE_IT_STANDS))
def test_prophylaxis(row: Row) -> None:
    (course,) = [each for each in DOCUMENT.courses_of(row["agent"]) if each.policy == row["policy"]]
    known, confirming = situation(row), DOCUMENT.confirming(FRESH_FOR)
    told = prophylaxis.standing(course, known, confirming, noon(known.day))
    found = {
        "begun": told.begun,
        "may_stop": told.may_stop,
        "indicated": told.indicated,
    }
    assert found == {name: ANSWERS[row[name]] for name in found}
    assert list(told.missing) == listed(row["missing"])
    if "next" in row:
        days = [f"{each.kind} {(each.on - INFUSED).days}" for each in told.next]
        assert days == listed(row["next"])


@pytest.mark.parametrize("row", every("prophylaxis", "What is not given for a while"))
def test_what_is_not_given_for_a_while(row: Row) -> None:
    found = prophylaxis.blocked(DOCUMENT.avoids_of(row["agent"]), situation(row))
    if not row["sure"]:
        assert found == ()
        return
    (one,) = found
    assert one.sure is ANSWERS[row["sure"]]
    assert one.until == (INFUSED + timedelta(days=int(row["until"])) if row["until"] else None)
    assert one.because
    assert one.instead == "atovaquone"


def test_lymphodepletion_begins_it_before_the_infusion() -> None:
    course = DOCUMENT.courses_of("hsv_vzv")[0]
    known = prophylaxis.Situation(
        infused_on=INFUSED, today=INFUSED - 3 * DAY, zone=ZONE, depleted_on=INFUSED - 5 * DAY
    )
    told = prophylaxis.standing(course, known, DOCUMENT.confirming(FRESH_FOR), noon(-3))
    assert (told.begun, told.begins_on) == (True, INFUSED - 5 * DAY)


# Vaccines.


@pytest.mark.parametrize("row", every("vaccination"))
def test_vaccination(row: Row) -> None:
    (rule,) = [x for x in DOCUMENT.vaccine_rules(row["kind"]) if x.policy == row["policy"]]
    today = date.fromisoformat(row["today"])
    now = datetime.combine(today, time(9), UTC)
    names = {
        "ig": "immunoglobulin",
        "anti_b": "anti_b_cell",
        "immuno": "immunosuppression",
        "transplant": "transplant",
    }
    last = {what: date.fromisoformat(row[col]) for col, what in names.items() if row.get(col)}
    counts = {kind: reading(row[kind], now - DAY) for kind in ("cd4", "b_cells") if row.get(kind)}
    known = vaccination.Situation(
        infused_on=date.fromisoformat(row["infused"]), today=today, last=last, counts=counts,
        fresh_for=FRESH_FOR,
    )  # fmt: skip
    told = vaccination.vaccination(rule, known, now)
    assert told.possible is ANSWERS[row["possible"]], told
    assert told.earliest == date.fromisoformat(row["earliest"])
    assert [each.what for each in told.blocked] == listed(row["blocked"])
    assert list(told.missing) == listed(row["missing"])


def test_a_count_that_is_too_old_is_not_known() -> None:
    (rule,) = [x for x in DOCUMENT.vaccine_rules("live") if x.policy == "hill_seo_2020"]
    known = vaccination.Situation(
        infused_on=INFUSED, today=NOW.date(), counts={"cd4": reading("100", NOW - 101 * DAY)},
        fresh_for=FRESH_FOR,
    )  # fmt: skip
    assert "cd4" in vaccination.vaccination(rule, known, NOW).missing


def test_sources_differ_on_three_or_six_months() -> None:
    known = vaccination.Situation(infused_on=INFUSED, today=date(2026, 5, 1))
    found = [vaccination.vaccination(x, known, NOW) for x in DOCUMENT.vaccine_rules("inactivated")]
    assert {each.earliest for each in found} == {date(2026, 4, 15), date(2026, 7, 15)}
    assert vaccination.differ(found)
    assert not vaccination.differ(found[:1])


# Stock.

POLICY = cited_of(DOCUMENT.at_hand_doses.citation)


@pytest.mark.parametrize("row", every("stock", "By the label of the date", "By region"))
def test_what_must_be_at_hand(row: Row) -> None:
    infused = PROTOCOLS.products[row["product"]] if row["product"] else None
    labels = [
        stock.AtHand(region=x.region, period=x.period, doses=x.doses, more_within=x.more_within,
                     cited=cited_of(x.citation))
        for x in (infused.at_hand if infused else ()) if x.drug == "tocilizumab"
    ]  # fmt: skip
    region = row.get("region") or (infused.region if infused else "")
    told = stock.required(labels, region, date.fromisoformat(row["infused"]), 2, POLICY)
    assert told.doses == int(row["doses"])
    assert (told.label is not None) is (row["by"] == "label")
    within = timedelta(hours=int(row["within"])) if row["within"] else None
    assert told.more_within == within


def vials(cell: str) -> dict[Decimal, int]:
    pairs = (each.split() for each in listed(cell, ";"))
    return {Decimal(size): int(count) for size, count in pairs}


@pytest.mark.parametrize("row", every("stock", "The vials of one dose"))
def test_the_vials_of_a_dose(row: Row) -> None:
    told = stock.drawn(Decimal(row["dose"]), [Decimal(each) for each in row["strengths"].split()])
    if row["vials"] == "none":
        assert told is None
        return
    assert told is not None
    assert dict(told.vials) == vials(row["vials"])
    assert told.wasted(Decimal(row["dose"])) >= 0


@pytest.mark.parametrize("row", every("stock", "Does it reach"))
def test_does_it_reach(row: Row) -> None:
    needs = [
        stock.Need(doses=1, mg=None if each == "?" else Decimal(each))
        for each in row["doses"].split()
    ]
    assert stock.enough(needs, vials(row["stock"]), Decimal(800)) is ANSWERS[row["answer"]]


def by_trying(doses: list[int], left: tuple[int, ...]) -> bool:
    """Can the doses be drawn? By giving each in turn every handful of the vials that are left."""
    if not doses:
        return True
    handfuls = {
        tuple(left[place] for place in chosen)
        for count in range(1, len(left) + 1)
        for chosen in combinations(range(len(left)), count)
    }
    for handful in handfuls:
        if sum(handful) >= doses[0]:
            after = list(left)
            for vial in handful:
                after.remove(vial)
            if by_trying(doses[1:], tuple(after)):
                return True
    return False


SIZES = st.sampled_from([80, 200, 400])


@settings(max_examples=60)
@given(st.lists(st.integers(1, 800), max_size=3), st.lists(SIZES, max_size=6))
def test_what_reaches_is_what_trying_everything_finds(doses: list[int], left: list[int]) -> None:
    cupboard = {Decimal(size): left.count(size) for size in left}
    found = stock.reaches([Decimal(each) for each in doses], cupboard)
    assert found is by_trying(doses, tuple(left))


@settings(max_examples=60)
@given(st.integers(1, 8_000), st.sets(SIZES, min_size=1))
def test_no_other_handful_wastes_less(tenths: int, sizes: set[int]) -> None:
    dose = Decimal(tenths) / 10
    told = stock.drawn(dose, [Decimal(size) for size in sizes])
    assert told is not None
    most = range(12)
    sums = {
        sum(count * size for count, size in zip(counts, sizes, strict=True))
        for counts in product(most, repeat=len(sizes))
    }
    assert told.mg == min(each for each in sums if each >= dose)


def test_without_a_cap_an_unknown_weight_leaves_it_open() -> None:
    needs = [stock.Need(doses=2, mg=None)]
    assert stock.enough(needs, {Decimal(400): 99}, None) is None


def test_number_reads_what_the_tables_write() -> None:
    assert number("350") == Decimal(350)
    with pytest.raises(AssertionError):
        number("about 350")
