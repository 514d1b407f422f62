"""Products in several doses: schedules, delays, times after a dose, indications, other names."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from toxmon.protocol import ProtocolError, citations, load_protocols, read_product, show

HERE = Path(__file__).parent
TEXT = (HERE / "sample-engager.toml").read_text()
OLD = read_product((HERE / "sample-product.toml").read_text(), "sample-product.toml")
PRODUCT = read_product(TEXT, "sample-engager.toml")


def without(text, *names):
    """The text without any block of these names: [[name]], [name], [[name.inner]]."""
    for name in names:
        text = re.sub(rf"(?ms)^\[\[?{name}(\.\w+)?\]\]?\n.*?(?=^\[|\Z)", "", text)
    return text


def faults(text):
    with pytest.raises(ProtocolError) as error:
        read_product(text, "sample-engager.toml")
    return [(fault.place.rpartition(": ")[2], fault.what) for fault in error.value.faults]


def test_a_file_of_the_first_form_reads_as_before():
    assert OLD.costimulation == "none"
    assert OLD.aliases == OLD.schedules == OLD.dose_windows == OLD.cadences == ()
    assert OLD.investigational is None
    assert not OLD.repeated
    assert OLD.published[0].clock is None
    assert OLD.labels[0].span("proximity", "anything").value == timedelta(28)


def test_a_product_is_found_by_any_of_its_names(tmp_path):
    (tmp_path / "sample-engager.toml").write_text(TEXT)
    protocols = load_protocols(tmp_path)
    for name in ("sample-engager", "INVENTUM", "inv-001"):
        assert protocols.product(name).name == "sample-engager"
    assert protocols.product("inv") is None


@pytest.mark.parametrize("alias", ["Ide-Cel", "other"])
def test_a_name_belongs_to_one_product(tmp_path, alias):
    other = TEXT.replace("sample-engager", "other").replace('["Inventum", "INV-001"]', '["x"]')
    (tmp_path / "other.toml").write_text(other)
    (tmp_path / "sample-engager.toml").write_text(TEXT.replace("INV-001", alias))
    with pytest.raises(ProtocolError) as error:
        load_protocols(tmp_path)
    (fault,) = error.value.faults
    assert fault.place.endswith("sample-engager.toml: aliases[2]")
    assert fault.what == f"{alias.lower()} is called {alias!r} too"


def test_an_approved_product_needs_its_label_indication_age_and_dose():
    text = without(TEXT, "label", "age", "schedule", "observation", "restart")
    assert faults(text) == [
        ("age", "it is missing"),
        ("dose", "it is missing"),
        ("label", "it is missing"),
    ]
    text = without(TEXT, "indication").replace('indications = ["MCL"]\n', "")
    assert ("indication", "it is missing") in faults(text.replace('indications = ["ALL"]\n', ""))


def test_what_is_investigational_needs_none_of_them():
    text = without(TEXT, "label", "age", "schedule", "observation", "restart")
    flag = (
        'investigational = { value = %s, source = "Invented", year = 2025, '
        'source_kind = "news", verified = true }\n'
    )
    begin = text.index("clock_origin")
    product = read_product(text[:begin] + flag % "true" + text[begin:], "sample-engager.toml")
    assert product.label_on(date(2026, 1, 1)) is None
    page = show(product, date(2026, 1, 1))
    assert "Investigational: yes, in trials only." in page
    assert "No EU label was in force on 2026-01-01." in page
    assert len(faults(text[:begin] + flag % "false" + text[begin:])) == 3


def test_an_indication_has_a_span_of_its_own():
    (label,) = PRODUCT.labels
    assert label.span("daily_monitoring").value == timedelta(7)
    assert label.span("daily_monitoring", "MCL").value == timedelta(7)
    assert label.span("daily_monitoring", "ALL").value == timedelta(14)
    assert not label.span("daily_monitoring", "ALL").citation.verified
    assert label.span("no_driving", "ALL") is None
    assert len([each for each in citations(PRODUCT) if each.source == "Only label"]) == 4


def test_figures_of_another_indication_are_left_out():
    assert len(PRODUCT.figures("crs")) == 2
    assert len(PRODUCT.figures("crs", "MCL")) == 2
    (figure,) = PRODUCT.figures("crs", "ALL")
    assert figure.dose_number == 2


@pytest.mark.parametrize(
    ("last", "days", "action"),
    [
        ("step-up dose 1", 7, None),
        ("step-up dose 1", 8, "restart"),
        ("step-up dose 1", 400, "restart"),
        ("step-up dose 2", 7, None),
        ("step-up dose 2", 8, "repeat"),
        ("step-up dose 2", 28, "repeat"),
        ("step-up dose 2", 29, "restart"),
        ("weekly dose", 0, "go on"),
        ("weekly dose", 1, None),
        ("other dose", 8, None),
    ],
)
def test_a_delay_has_one_rule_or_none(last, days, action):
    (restart,) = PRODUCT.restarts
    rule = restart.rule(last, days)
    assert (rule.action if rule else None) == action


@pytest.mark.parametrize(
    ("dose", "hours", "inside"),
    [(1, 1, False), (1, 2, True), (2, 144, True), (2, 145, False), (3, 0, True), (3, 73, False)],
)
def test_a_window_that_names_the_dose_speaks_first(dose, hours, inside):
    window = PRODUCT.dose_window("crs", dose)
    assert window.holds(timedelta(hours=hours), dose) is inside
    assert PRODUCT.dose_window("icans", dose) is None


def test_a_window_says_nothing_of_other_doses():
    named = PRODUCT.dose_windows[1]
    assert named.holds(timedelta(hours=72), 2)
    assert not named.holds(timedelta(hours=72), 3)


def test_a_rule_from_the_first_day_on_is_told_as_up_to():
    text = TEXT.replace("from_day = 0, until_day = 0", "from_day = 0, until_day = 28")
    page = show(read_product(text, "sample-engager.toml"))
    assert "  up to 28 days after weekly dose: go on" in page


def test_a_schedule_keeps_both_counts_of_days():
    weekly, slow = PRODUCT.schedules
    assert [(step.label_day, step.day) for step in weekly.steps] == [
        ("cycle 1 day 1", 0),
        ("cycle 1 day 4", 3),
    ]
    assert weekly.step(2).label == "step-up dose 2"
    assert weekly.step(3) is None
    assert slow.steps[0].day is None


def test_a_schedule_says_for_every_step_how_long_it_runs_in():
    text = TEXT.replace('per = "kg"\n', 'per = "kg"\ninfusion = "6 h"\n')
    page = show(read_product(text, "sample-engager.toml"))
    assert "step-up dose 1, 0.06 mg/kg over 4 h" in page
    assert "step-up dose 2, 0.3 mg/kg over 6 h" in page


def test_all_of_it_is_on_the_page():
    page = " ".join(show(PRODUCT).split())
    for words in (
        "Also called: Inventum, INV-001. Class: bispecific T-cell engager. Target: none. "
        "Given: subcutaneous.",
        "Labels begin with day 1; schedules give both.",
        "US: investigational since 2025-01-01. Invented. [1]",
        "Version: revised 11/2025. [2]",
        "Daily monitoring: 7 d. [2] Daily monitoring, ALL: 14 d. Invented. [2] (not verified)",
        "Indication, MCL, EU, never: Nothing. [3]",
        "Age, everybody, EU, ALL: covered.",
        "Lymphodepletion, MCL, EU: nothing 1 mg x 1 days.",
        "Schedule, EU, weekly, MCL, always, from 10 kg and below 45 kg, subcutaneous",
        "1. cycle 1 day 1 (day 0 here): step-up dose 1, 0.06 mg/kg over 4 h",
        "2. cycle 1 day 4 (day 3 here): step-up dose 2, 0.3 mg/kg Steps",
        "Steps lie 2 d to 4 d apart, at most 7 d. Then 0.3 mg/kg weekly. Invented steps. [6]",
        "Steps lie at most 7 d apart. [6]",
        "Observe, EU, MCL, weekly: 48 h in hospital after both step-up doses. Invented stay. [7]",
        "8 to 28 days after step-up dose 2: give step-up dose 2 (repeat)",
        "29 days or more after step-up dose 2: give step-up dose 1 (restart)",
        "0 days after weekly dose: go on",
        "After a delay, EU, weekly. Invented delays. [7]",
        "Indication: MCL. Onset is counted from the most recent dose. Grade 1: 50.3%.",
        "Everybody, step-up dose 2 <3% 13.5 h",
        "Onset is counted from the start of that dose. Grade 3: 0.6-2%.",
        "What onset is counted from is not stated.",
        "Everybody, dose 1 11 h (-1 to 184)",
        "0 h to 72 h after the most recent dose: Cytokine release syndrome (CRS)",
        "2 h to 6 d after the most recent dose (doses 1, 2): Cytokine release syndrome (CRS)",
        "Invented for two doses. A range.",
        "vital signs: every 1 h at grade 2, 3 of Cytokine release syndrome (CRS); grace 15 min",
        "body_temperature, heart_rate; or systolic_bp Invented haste.",
    ):
        assert words in page


def test_a_dose_is_told_for_whom():
    text = (HERE / "sample-product.toml").read_text()
    text = text.replace("low = 10\n", 'low = 10\nfor_whom = "50 kg or less"\n')
    assert "Dose, 50 kg or less, US, never: 10 to 20, in cells." in show(
        read_product(text, "sample-product.toml")
    )
