"""The alarm policy: what the shipped one says, and what its parts answer on their bounds."""

from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path
from runpy import run_path

import pytest

from toxmon.grading.kinds import KINDS
from toxmon.grading.laboratory_course import TESTS
from toxmon.grading.live import SCALES
from toxmon.protocol import ProtocolError, citations, load_protocols, read_alarms
from toxmon.protocol.alarm_rules import (
    NEEDS,
    NEVER_SILENT,
    PRIORITIES,
    RATE_SPAN,
    ROLES,
    RULES,
    SIGNS,
)
from toxmon.protocol.threshold_form import DRUGS
from toxmon.timeline import matter, seen, signs, thresholds

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PROTOCOLS = load_protocols()
DEFAULT = PROTOCOLS.alarms["default"]
SAMPLE_TEXT = (HERE / "sample-alarms.toml").read_text()
SAMPLE = read_alarms(SAMPLE_TEXT, "sample-alarms.toml")
BY_ID = {threshold.id: threshold for threshold in DEFAULT.thresholds}
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def test_a_whole_file_is_read_as_it_is_written():
    assert (SAMPLE.name, SAMPLE.version, SAMPLE.fallback_role.value) == (
        "sample-alarms",
        4,
        "consultant",
    )
    assert SAMPLE.labs_due.value == time(9, 30)
    spans = (SAMPLE.due_soon, SAMPLE.told_late, SAMPLE.hand_over, SAMPLE.look_ahead)
    assert [cited.value for cited in spans] == [20 * MINUTE, 8 * HOUR, 45 * MINUTE, 4 * DAY]
    assert SAMPLE.feed_silent.value == 90 * MINUTE
    assert SAMPLE.out_of_service_most.value == 3 * HOUR
    assert (SAMPLE.rise.grades, SAMPLE.rise.within, SAMPLE.rise.priority) == (3, 4 * HOUR, "medium")
    assert SAMPLE.causes("sign:fever").causes == ("infection", "bleeding")
    assert SAMPLE.causes("icans") is None
    assert SAMPLE.uninterpretable[0].after == ("tocilizumab",)
    assert SAMPLE.outpatient[0].every == 12 * HOUR
    assert [(each.day, each.month) for each in SAMPLE.obligations] == [(28, None), (None, 6)]
    assert SAMPLE.text == SAMPLE_TEXT


@pytest.mark.parametrize(
    ("level", "inside", "priority"),
    [
        (0, False, "low"),
        (1, False, "low"),
        (1, True, "medium"),
        (2, False, "low"),
        (2, True, "medium"),
        (3, False, "high"),
        (3, True, "high"),  # the window names level 1 only, and takes nothing away above it
        (5, False, "high"),
    ],
)
def test_a_level_has_the_priority_of_the_next_lower_one_that_is_named(level, inside, priority):
    assert SAMPLE.matter("crs").of(level, inside) == priority


def test_a_unit_has_its_own_chain_where_it_has_one():
    assert SAMPLE.chain("5 West", "high").repeat == 5 * MINUTE
    assert SAMPLE.chain("6 East", "high").repeat == 6 * MINUTE
    assert SAMPLE.chain("5 West", "medium").unit == "*"


def test_technical_alarms_go_their_own_way_or_that_of_the_patients():
    assert SAMPLE.chain("6 East", "high", technical=True).steps[0].roles == ("technical",)
    assert SAMPLE.chain("5 West", "high", technical=True).steps[0].roles == ("technical",)
    assert SAMPLE.chain("6 East", "medium", technical=True) == SAMPLE.chain("6 East", "medium")


@pytest.mark.parametrize(
    ("threshold", "value", "crossed"),
    [
        ("igg_lt_400_prophylactic", "399.9", True),
        ("igg_lt_400_prophylactic", "400", False),
        ("igg_le_400", "400", True),
        ("igg_le_400", "400.1", False),
        ("igg_lt_400_and_infection", "400", False),
        ("pjp_cd4_le_200", "200", True),
        ("pjp_cd4_le_200", "201", False),
        ("antiviral_cd4_le_200", "200", True),
        ("antibacterial_anc_lt_500", "499", True),
        ("antibacterial_anc_lt_500", "500", False),
        ("neutropenic_fever", "500", False),
        ("ferritin_gt_10000", "10000", False),
        ("ferritin_gt_10000", "10001", True),
        ("crp_ge_200", "200", True),
        ("crp_ge_200", "199.9", False),
        ("fibrinogen_lt_150", "150", False),
        ("fibrinogen_lt_100", "99", True),
        ("ferritin_doubles_in_24_h", "99999", None),
    ],
)
def test_a_value_on_the_line(threshold, value, crossed):
    assert BY_ID[threshold].crossed(Decimal(value)) is crossed


@pytest.mark.parametrize(
    ("threshold", "day", "counts"),
    [
        ("mold_anc_lt_500_after_day_28", 28, False),
        ("mold_anc_lt_500_after_day_28", 29, True),
        ("g_csf_anc_lt_500", 30, True),
        ("g_csf_anc_lt_500", 31, False),
        ("g_csf_anc_lt_1000_after_day_30", 30, False),
        ("g_csf_anc_lt_1000_after_day_30", 31, True),
        ("igg_lt_400_prophylactic", 0, True),
        ("igg_lt_400_prophylactic", 10_000, True),
    ],
)
def test_a_threshold_counts_on_its_days(threshold, day, counts):
    assert BY_ID[threshold].on(day) is counts


def test_one_rule_for_igg_is_in_force_and_it_is_for_bcma():
    rules = [each for each in DEFAULT.thresholds if each.policy == "igg"]
    assert {each.id: each.in_force for each in rules} == {
        "igg_lt_400_prophylactic": True,
        "igg_le_400": False,
        "igg_lt_400_and_infection": False,
    }
    assert BY_ID["igg_lt_400_prophylactic"].targets == ("BCMA",)
    assert BY_ID["igg_lt_400_prophylactic"].needs == ()
    assert BY_ID["igg_lt_400_and_infection"].needs == ("infection",)


def test_a_fever_with_neutropenia_is_sepsis_until_shown_otherwise():
    fever = BY_ID["neutropenic_fever"]
    assert (fever.needs, fever.priority) == (("fever",), "high")
    assert fever.says.startswith("Sepsis until shown otherwise")


def test_every_threshold_is_of_a_number_in_the_unit_of_its_kind():
    for threshold in DEFAULT.thresholds:
        kind = KINDS[threshold.kind]
        assert kind.form == "number", threshold.id
        if threshold.value is not None:
            assert threshold.unit == kind.unit, threshold.id
            low, high = kind.possible
            assert low <= threshold.value <= high, threshold.id
        else:
            assert threshold.within <= RATE_SPAN, threshold.id


def test_what_is_read_after_il_6_is_blocked_is_not_interpretable():
    told = {
        (kind, drug)
        for each in DEFAULT.uninterpretable
        for kind in each.kinds
        for drug in each.after
    }
    assert {("crp", "tocilizumab"), ("il6", "tocilizumab"), ("igg", "immunoglobulin")} <= told


def test_prophylaxis_ends_only_when_cd4_was_above_200_for_four_weeks():
    for name in ("pjp_cd4_le_200", "antiviral_cd4_le_200"):
        assert (BY_ID[name].hold, BY_ID[name].clear) == (28 * DAY, None)


def test_what_a_threshold_and_a_span_may_name_is_what_the_timeline_can_answer():
    assert set(SIGNS) == set(signs.TITLES)
    assert set(NEEDS) - set(SIGNS) - set(SCALES) == {"infection", "steroids"}
    assert set(thresholds.GROUPS) <= DRUGS


def test_everything_that_can_alarm_has_priorities():
    assert {each.rule for each in DEFAULT.matters} == set(RULES)
    assert set(NEVER_SILENT) <= set(RULES)


def test_every_scale_that_is_watched_is_a_matter_or_a_laboratory_value():
    laboratory = {test.scale for test in TESTS}
    assert set(SCALES) - laboratory <= set(RULES)
    assert laboratory.isdisjoint(RULES)


@pytest.mark.parametrize(
    ("rule", "level", "outside", "inside"),
    [
        ("crs", 1, "medium", "high"),
        ("crs", 2, "high", "high"),
        ("crs", 5, "high", "high"),
        ("icans", 1, "medium", "high"),
        ("icans", 2, "high", "high"),
        ("iec_hs", 1, "high", "high"),
        ("icaht_early", 2, "low", "low"),
        ("icaht_early", 3, "medium", "medium"),
        ("t_icaht_late", 4, "medium", "medium"),
        ("guillain_barre", 1, "high", "high"),
        ("check", 1, "medium", "medium"),
        ("check", 2, "high", "high"),
        ("check:days", 1, "low", "low"),
        ("unconfirmed", 1, "medium", "medium"),
        ("record:quarantine", 1, "medium", "medium"),
        ("record:infusion", 1, "medium", "medium"),
        ("technical:feed", 1, "high", "high"),
        ("dose:breach", 1, "high", "high"),
        ("sign:fever", 1, "medium", "high"),
    ],
)
def test_the_priorities_that_were_proposed(rule, level, outside, inside):
    priorities = DEFAULT.matter(rule)
    assert (priorities.of(level), priorities.of(level, inside=True)) == (outside, inside)


def test_no_window_ever_makes_anything_less_urgent():
    for each in (*DEFAULT.matters, *SAMPLE.matters):
        for level in range(1, 6):
            outside, inside = each.of(level), each.of(level, inside=True)
            assert PRIORITIES.index(inside) >= PRIORITIES.index(outside)


def test_every_sign_has_other_causes_to_look_for_outside_its_window():
    assert all(DEFAULT.causes(f"sign:{sign}") for sign in SIGNS)
    assert "infection and sepsis" in DEFAULT.causes("crs").causes


@pytest.mark.hazard("H35")
def test_unanswered_an_alarm_of_high_priority_reaches_the_consultant_in_ten_minutes():
    chain = DEFAULT.chain("any ward", "high")
    assert [(step.after, step.roles) for step in chain.steps] == [
        (0 * MINUTE, ("bedside_nurse",)),
        (3 * MINUTE, ("charge_nurse",)),
        (6 * MINUTE, ("on_call_physician",)),
        (10 * MINUTE, ("consultant", "ward_phone")),
    ]
    assert chain.repeat == 5 * MINUTE


def test_an_alarm_of_medium_priority_goes_on_within_the_hour():
    chain = DEFAULT.chain("any ward", "medium")
    assert [step.after // MINUTE for step in chain.steps] == [0, 15, 30, 60]


@pytest.mark.hazard("H39")
def test_silence_is_short_and_counted():
    told = {
        each.priority: (
            each.acknowledged // MINUTE,
            each.shelved_most // MINUTE,
            each.shelved_times,
        )
        for each in DEFAULT.spans
    }
    assert told["high"] == (15, 10, 3)
    assert told["medium"] == (60, 30, 3)
    assert set(told) == set(PRIORITIES)
    assert DEFAULT.spans_of("high").acknowledged_most == 30 * MINUTE


def test_the_spans_of_the_site():
    assert DEFAULT.labs_due.value == time(10, 0)
    assert DEFAULT.told_late.value == 12 * HOUR
    assert DEFAULT.hand_over.value == 30 * MINUTE
    assert DEFAULT.look_ahead.value == 72 * HOUR
    assert DEFAULT.feed_silent.value == 30 * MINUTE
    assert DEFAULT.out_of_service_most.value == 2 * HOUR
    assert (DEFAULT.rise.grades, DEFAULT.rise.within, DEFAULT.rise.priority) == (
        2,
        6 * HOUR,
        "high",
    )


def test_every_role_that_is_called_is_known():
    called = {role for chain in DEFAULT.chains for step in chain.steps for role in step.roles}
    assert called | {DEFAULT.fallback_role.value} <= set(ROLES)


def test_every_line_of_out_patients_is_one_of_a_product():
    lines = {
        line.what
        for product in PROTOCOLS.products.values()
        for line in (*product.watches, *product.cadences)
    }
    assert {each.what for each in DEFAULT.outpatient} <= lines


def test_what_has_a_date():
    told = {each.id: (each.day, each.month, each.every_months) for each in DEFAULT.obligations}
    assert told["influenza_and_covid_vaccines"] == (None, 3, None)
    assert told["inactivated_vaccines"] == (None, 6, None)
    assert told["live_vaccines"] == (None, 12, None)
    assert told["malignancy_watch"] == (None, 12, 12)
    assert told["handwriting_baseline"] == (0, None, None)


def test_only_the_source_at_hand_is_verified():
    sources = {each.source for each in citations(DEFAULT) if each.verified}
    assert sources == {"Hakan et al., Front Med 2024;11:1413825, doi:10.3389/fmed.2024.1413825"}
    ours = [each for each in citations(DEFAULT) if each.source.startswith("toxmon policy")]
    assert {(each.kind, each.verified) for each in ours} == {("policy", False)}


def test_the_closed_lists_are_those_of_the_timeline():
    assert PRIORITIES == matter.PRIORITIES
    assert RATE_SPAN == seen.RATE_SPAN


def test_a_chain_with_several_faults_tells_them_all():
    steps = 'steps = [{ after = "0 min", roles = ["bedside_nurse"] }, { after = "4 min"'
    assert steps in SAMPLE_TEXT
    text = SAMPLE_TEXT.replace(
        f'{steps}, roles = ["consultant", "ward_phone"] }}]',
        'steps = [{ after = "2 h", roles = ["technical"] }, '
        '{ after = "1 h", roles = ["technical"] }]',
    )
    with pytest.raises(ProtocolError) as error:
        read_alarms(text, "sample-alarms.toml")
    assert [(fault.place.partition(": ")[2], fault.what) for fault in error.value.faults] == [
        ("chain[1].steps", "HIGH would never escalate: nobody but technical is ever called"),
        ("chain[1].steps[1].after", "an alarm of high priority would be told to nobody for 2 h"),
        ("chain[1].steps[1].after", "2 h is too late for an alarm of high priority"),
        ("chain[1].steps[2].after", "1 h is not after the step before, 2 h"),
    ]


def test_a_block_with_a_fault_is_not_told_as_missing_too():
    text = SAMPLE_TEXT.replace('rule = "icans"', 'rule = "icnas"')
    text = text.replace('shelved_most = "4 h"', 'shelved_most = "4"')
    text = text.replace('repeat = "12 h"', 'repeat = "12"')
    with pytest.raises(ProtocolError) as error:
        read_alarms(text, "sample-alarms.toml")
    assert [fault.place.partition(": ")[2] for fault in error.value.faults] == [
        "matter[2].rule",
        "spans[3].shelved_most",
        "chain[3].repeat",
    ]


def test_the_printed_page_is_what_the_file_says():
    printed = run_path(str(ROOT / "docs" / "generate" / "alarms.py"))
    page = printed["page"]()
    assert (ROOT / "docs" / "reference" / "alarms.md").read_text(encoding="utf-8") == page
    for each in (*DEFAULT.thresholds, *DEFAULT.obligations):
        assert f"`{each.id}`" in page
    for citation in citations(DEFAULT):
        assert f"] {citation.source}. {citation.year}, {citation.kind}." in page
