"""Weeks of counts at a moment: what closes a window, what is asked, and how the blood recovers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date
from decimal import Decimal
from typing import Any

import pytest

from tests.grading.charting import BEGIN, POLICY, at, charted, fact
from toxmon.grading import icaht, icaht_course, recovery_course
from toxmon.grading.chart import Chart
from toxmon.grading.days import Days
from toxmon.grading.facts import Fact
from toxmon.grading.grade import Grade
from toxmon.grading.ledger import Closed, Ledger
from toxmon.grading.moment import Moment
from toxmon.grading.treatment import Treatment

D = Decimal
DAY = 24
TREATMENT = Treatment(BEGIN, date(1960, 1, 1), UTC)


def days(count: str, first: int, last: int) -> Days:
    found = Days()
    for day in range(first, last + 1):
        found = found.with_value(day, D(count), f"f{day}")
    return found


ANC = days("300", 0, 9)
PLATELETS = days("15", 0, 4)
LEDGER = Ledger(anc=ANC, platelets=PLATELETS)


def moment(day: float, ledger: Ledger = LEDGER, treatment: Treatment = TREATMENT) -> Moment:
    return Moment(at(day * DAY), Chart(), treatment, POLICY, ledger)


def test_each_window_has_its_own_counts() -> None:
    answers = icaht_course.with_ledger(moment(9))
    assert list(answers) == ["icaht_early", "icaht_late", "t_icaht_early", "t_icaht_late"]
    assert [grade.scale for grade in answers.values()] == list(answers)
    assert answers["icaht_early"].low == 2
    assert answers["icaht_early"].more["longest_run_days"]["le_500"] == 10
    assert answers["t_icaht_early"].because[0].rule == "t_icaht_early.days_lt_20"
    assert all("ledger" in grade.more for grade in answers.values())
    for scale, window in icaht_course.WINDOWS.items():
        plain = window(moment(9))
        assert "ledger" not in plain.more
        assert (plain.low, plain.high) == (answers[scale].low, answers[scale].high)
        assert window(moment(9)) == plain
        assert icaht_course.MOST_KEPT == 1000


def test_a_method_is_of_the_scale_that_it_is_named_for() -> None:
    answers = icaht_course.with_ledger(moment(9), {"icaht_early": icaht.STRICT})
    methods = {scale: grade.more["method"] for scale, grade in answers.items()}
    assert methods.pop("icaht_early") == icaht.STRICT
    assert icaht.STRICT not in methods.values()
    assert icaht_course.early(moment(9), method=icaht.STRICT).more["method"] == icaht.STRICT
    assert icaht_course.early(moment(9)).more["method"] != icaht.STRICT


def test_when_the_next_window_closes() -> None:
    ends = (at(31 * DAY - 8), at(101 * DAY - 8))
    assert icaht_course.next_change(LEDGER, TREATMENT, at(0)) == ends
    assert icaht_course.next_change(LEDGER, TREATMENT, ends[0]) == ends[1:]
    assert icaht_course.next_change(LEDGER, TREATMENT, ends[1]) == ()
    again = replace(TREATMENT, ended_at=at(50 * DAY))
    assert icaht_course.next_change(LEDGER, again, at(0)) == (*ends, at(50 * DAY))
    closed = replace(LEDGER, closed=Closed(20, "death", "d"))
    assert icaht_course.next_change(closed, again, at(0)) == ()


def test_what_closes_a_window_is_told() -> None:
    ended = replace(TREATMENT, ended_at=at(12 * DAY))
    assert icaht_course.followed(moment(20)) == (None, None)
    assert icaht_course.followed(moment(11.99, treatment=ended)) == (None, None)
    assert icaht_course.followed(moment(12, treatment=ended)) == (12, True)
    closed = replace(LEDGER, closed=Closed(9, "next_therapy", "n"))
    assert icaht_course.followed(moment(20, closed, ended)) == (9, True)
    grade = icaht_course.early(moment(20, closed))
    assert grade.more["cut"] == {"day": 9, "by": "next_therapy", "fact": "n"}
    assert grade.value == 4, "it was never above 500"
    assert "cut" not in icaht_course.early(moment(20)).more
    assert icaht_course.early(moment(9)).high == 4
    assert icaht_course.early(moment(40, Ledger(anc=days("2000", 0, 30)))).value == 0


def test_answers_that_are_kept_do_not_grow_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[tuple[Any, ...], tuple[Days, Grade]] = {}
    monkeypatch.setattr(icaht_course, "_GRADED", kept)
    monkeypatch.setattr(icaht_course, "MOST_KEPT", 2)
    for day in range(5):
        icaht_course.early(moment(day))
        assert len(kept) == day % 2 + 1
    first = icaht_course.early(moment(4))
    assert icaht_course.early(moment(4)) is first
    assert icaht_course.early(moment(5)) is not first
    assert icaht_course.early_platelets(moment(4)).scale == "t_icaht_early"
    other = Ledger(anc=days("2000", 0, 4))
    assert icaht_course.early(moment(4, other)) != first


def given(drug: str, hours: float) -> Fact:
    return fact("administration", drug, hours)


def test_recovery_counts_doses_of_g_csf_and_reads_what_is_known() -> None:
    doses = [given("filgrastim", 1), given("pegfilgrastim", 2), given("tocilizumab", 3)]
    doses += [given("ivig", -5), fact("weight", 80)]
    known = (fact("igg", 350), fact("cd4", 150), fact("b_cells", 0), fact("m_protein", 1))
    chart = charted(*known, fact("igg_paraprotein", True))
    now = Moment(at(5 * DAY), chart, TREATMENT, POLICY, LEDGER)
    found = recovery_course.recovered(now, doses)
    assert found["neutrophils"]["g_csf_doses"] == 2
    only_other = recovery_course.recovered(now, [given("tocilizumab", 3)])
    assert only_other["neutrophils"]["g_csf_doses"] == 0
    assert only_other["immune"] == recovery_course.recovered(now, [])["immune"]
    written = fact("note", "filgrastim")
    assert recovery_course.recovered(now, [written])["neutrophils"]["g_csf_doses"] == 0
    bare = recovery_course.recovered(replace(now, chart=Chart()), [])
    assert bare["neutrophils"]["g_csf_doses"] == 0
    for kind in ("igg", "cd4", "b_cells", "m_protein", "igg_paraprotein"):
        without = charted(*(each for each in known if each.kind != kind))
        if kind != "igg_paraprotein":
            without = charted(fact("igg_paraprotein", True), chart=without)
        changed = recovery_course.recovered(replace(now, chart=without), doses)
        assert changed["immune"] != found["immune"], kind
    without_ig = recovery_course.recovered(now, [each for each in doses if each.value != "ivig"])
    assert without_ig["immune"] != found["immune"]
    assert set(found) == {"neutrophils", "immune"}


def test_the_neutrophils_are_followed_to_where_the_window_was_closed() -> None:
    closed = replace(LEDGER, closed=Closed(3, "next_therapy", "n"))
    found = [
        recovery_course.recovered(moment(9, ledger), [])["neutrophils"]
        for ledger in (LEDGER, closed)
    ]
    assert found[0] != found[1]
