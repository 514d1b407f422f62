"""Bounds on measured values: exactly at them, on the way back, as a rate, and after drugs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from tests.timeline import make
from tests.timeline.courses import INFUSED
from tests.timeline.make import D, H, M
from toxmon.grading.facts import Bounds, Value
from toxmon.protocol.alarms import Threshold
from toxmon.timeline.known import Dose, Known
from toxmon.timeline.signs import Bedside, signs
from toxmon.timeline.thresholds import Held, concerns, held, key_of

NOW = INFUSED + 35 * D
TREATMENT = make.treatment(INFUSED)


def threshold(name: str) -> Threshold:
    return next(each for each in make.alarms().thresholds if each.id == name)


def hold(
    each: Threshold, *values: tuple[Value, datetime], up: bool = False, known: Known | None = None
) -> Held:
    seen = make.seen(
        *(make.fact(each.kind, at, value, f"v{at}") for value, at in values),
        *(
            make.fact(kind, readings[-1].at, readings[-1].value)
            for kind, readings in (known.seen.readings.items() if known else ())
        ),
    )
    known = replace(known or Known(), seen=seen)
    bedside = Bedside(known, make.policy(), TREATMENT, NOW)
    raised = {key_of(each)} if up else set()
    return held(each, bedside, signs(bedside), make.alarms(), TREATMENT.day(NOW), raised)


@pytest.mark.parametrize(
    ("name", "value", "truth"),
    [
        ("igg_lt_400_prophylactic", "399.9", True),
        ("igg_lt_400_prophylactic", "400", False),
        ("igg_le_400", "400", True),
        ("igg_le_400", "400.1", False),
        ("pjp_cd4_le_200", "200", True),
        ("pjp_cd4_le_200", "201", False),
        ("g_csf_anc_lt_1000_after_day_30", "999", True),
        ("g_csf_anc_lt_500", "100", False),
        ("mold_anc_lt_500_after_day_28", "499", True),
        ("ferritin_gt_10000", "10000", False),
        ("ferritin_gt_10000", "10000.1", True),
        ("fibrinogen_lt_150", "150", False),
        ("fibrinogen_lt_100", "99", True),
        ("crp_ge_200", "200", True),
        ("platelets_lt_10", "9", True),
    ],
)
def test_at_the_bound(name: str, value: str, truth: bool) -> None:
    assert hold(threshold(name), (Decimal(value), NOW)).truth is truth


def test_an_interval_may_not_tell() -> None:
    igg = threshold("igg_lt_400_prophylactic")
    assert hold(igg, (Bounds(None, Decimal(30), high_open=True), NOW)).truth is True
    assert hold(igg, (Bounds(None, Decimal(500), high_open=True), NOW)).truth is None
    assert hold(igg, (Bounds(Decimal(400), None), NOW)).truth is False


def test_it_is_over_at_clear_and_only_for_an_alarm_that_is_up() -> None:
    ferritin = threshold("ferritin_gt_10000")
    assert ferritin.clear == 8000
    assert hold(ferritin, (Decimal(9000), NOW)).truth is False
    assert hold(ferritin, (Decimal(9000), NOW), up=True).truth is True
    assert hold(ferritin, (Decimal(8000), NOW), up=True).truth is False
    low = replace(threshold("fibrinogen_lt_150"), clear=Decimal(170))
    assert hold(low, (Decimal(169), NOW), up=True).truth is True
    assert hold(low, (Decimal(170), NOW), up=True).truth is False


@pytest.mark.parametrize(
    ("before", "hours", "now", "truth"),
    [
        ("500", 24, "1000", True),
        ("500", 24, "999.9", False),
        ("500", 25, "1000", None),
        ("500", 1, "1000", True),
        ("0", 12, "5", True),
    ],
)
def test_a_rise_within_a_span(before: str, hours: int, now: str, truth: bool | None) -> None:
    found = hold(
        threshold("ferritin_doubles_in_24_h"),
        (Decimal(before), NOW - hours * H), (Decimal(now), NOW),
    )  # fmt: skip
    assert found.truth is truth
    assert (found.before is not None) == (truth is True)


def test_a_fall_within_a_span() -> None:
    falls = replace(
        threshold("ferritin_doubles_in_24_h"), kind="platelets", comparison="falls",
        percent=Decimal(50),
    )  # fmt: skip
    for now, truth in (("50", True), ("50.1", False)):
        assert hold(falls, (Decimal(100), NOW - H), (Decimal(now), NOW)).truth is truth


def test_a_value_that_is_too_old_is_not_known() -> None:
    found = hold(threshold("crp_ge_200"), (Decimal(250), NOW - 36 * H))
    assert (found.truth, found.caveat) == (None, "too old to be used")
    assert hold(threshold("crp_ge_200")).truth is None


def test_crp_and_il6_say_nothing_after_tocilizumab_and_igg_nothing_after_immunoglobulin() -> None:
    def given(drug: str, at: datetime) -> Known:
        return Known(given={drug: Dose(fact="d", at=at, medication=drug)})

    crp = threshold("crp_ge_200")
    after = hold(crp, (Decimal(250), NOW), known=given("tocilizumab", NOW - H))
    assert after.truth is None
    assert after.caveat is not None
    assert "CRP is not made while IL-6 is blocked" in after.caveat
    # What was drawn before the dose still speaks, and so does a value long after it.
    assert hold(crp, (Decimal(250), NOW), known=given("tocilizumab", NOW + M)).truth is True
    assert hold(crp, (Decimal(250), NOW), known=given("tocilizumab", NOW - 14 * D)).truth is True
    igg = threshold("igg_lt_400_prophylactic")
    assert hold(igg, (Decimal(900), NOW), known=given("immunoglobulin", NOW - D)).truth is None


def test_igg_that_has_the_paraprotein_in_it_is_never_enough() -> None:
    igg = threshold("igg_lt_400_prophylactic")
    known = Known(seen=make.seen(make.fact("igg_paraprotein", NOW, True)))
    assert hold(igg, (Decimal(2500), NOW), known=known).truth is None
    assert hold(igg, (Decimal(300), NOW), known=known).truth is True


def test_needs_are_asked_beside_the_value() -> None:
    fever = threshold("neutropenic_fever")
    hot = Known(seen=make.seen(make.fact("body_temperature", NOW, Decimal("38.0"))))
    assert hold(fever, (Decimal(499), NOW), known=hot).truth is True
    assert hold(fever, (Decimal(500), NOW), known=hot).truth is False
    assert hold(fever, (Decimal(499), NOW)).truth is None
    steroids = replace(threshold("crp_ge_200"), needs=("steroids",))
    assert hold(steroids, (Decimal(250), NOW)).truth is False
    given = Known(given={"dexamethasone": Dose(fact="d", at=NOW - H, medication="dexamethasone")})
    assert hold(steroids, (Decimal(250), NOW), known=given).truth is True
    infected = threshold("igg_lt_400_and_infection")
    assert hold(infected, (Decimal(300), NOW)).truth is None


def test_whom_a_threshold_concerns() -> None:
    igg = threshold("igg_lt_400_prophylactic")
    assert concerns(igg, make.product("cilta-cel"))
    assert concerns(igg, make.product("teclistamab"))
    assert not concerns(igg, make.product("axi-cel"))
    assert not concerns(threshold("igg_le_400"), make.product("cilta-cel"))
    only = replace(igg, targets=(), classes=("CAR T",))
    assert concerns(only, make.product("axi-cel"))
    assert not concerns(only, make.product("teclistamab"))
