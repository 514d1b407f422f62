"""Of two facts of a kind at one instant the worse counts, in whatever order they came."""

import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toxmon.grading import crs
from toxmon.grading.facts import Bounds
from toxmon.grading.kinds import KINDS, Kind, worse_of
from toxmon.grading.units import measure
from toxmon.grading.vital_kinds import COUNTED_VASOPRESSORS, NOT_VASOPRESSORS, VASOPRESSIN_LIKE


@pytest.mark.parametrize(
    ("name", "worse", "better"),
    [
        ("body_temperature", Decimal("39.0"), Decimal("36.5")),
        ("systolic_bp", Decimal(80), Decimal(120)),
        ("oxygen_saturation", Decimal(85), Decimal(97)),
        ("platelets", Decimal(10), Decimal(200)),
        ("ice_score", Decimal(3), Decimal(9)),
        ("capd_score", Decimal(9), Decimal(2)),
        ("weight", Decimal(70), Decimal(154)),
        ("oxygen_device", "non_rebreather", "nasal_cannula"),
        ("oxygen_device", "nasal_cannula", "blow_by"),
        ("ventilation_reason", "hypoxia", "airway_protection"),
        ("consciousness", "unarousable", "wakes_to_touch"),
        ("seizure", "clinical", "none"),
        ("cerebral_edema", "diffuse", "focal"),
        ("hypotension", True, False),
        ("seizure_without_recovery", True, False),
        ("seizure_resolved", False, True),
        ("capd_performed", False, True),
        ("edema_from_hemorrhage", False, True),
        ("vasopressors", ("norepinephrine",), ()),
        ("vasopressors", ("epinephrine", "norepinephrine"), ("vasopressin", "norepinephrine")),
        ("vasopressors", ("norepinephrine",), ("midodrine", "milrinone", "dobutamine")),
        ("vasopressors", ("vasopressin",), ("midodrine", "milrinone")),
        ("vasopressors", ("vasopressin", "norepinephrine"), ("norepinephrine",)),
        ("icp_signs", ("papilledema", "posturing"), ("cushing_triad",)),
        ("ferritin", Bounds(Decimal(40000), None, True, False), Decimal(50000)),
        ("ferritin", Decimal(650), Bounds(Decimal(0), Decimal(15), False, True)),
        ("crp", Bounds(Decimal(0), Decimal(5)), Bounds(Decimal(0), Decimal(5), False, True)),
        ("crp", Decimal(5), Bounds(Decimal(0), Decimal(5))),
        ("hypotension_answers_to_fluids", False, True),
        ("iec_hs_resolved", False, True),
        ("hemophagocytosis", True, False),
        ("iec_hs_severity", "life_threatening", "severe"),
        ("nk_activity", "absent", "low"),
        ("second_malignancy", "t_cell", "skin"),
        ("seizure_type", "generalized", "focal"),
        ("cranial_nerves", ("cn_6", "cn_7"), ("cn_12",)),
        ("licats_organs", ("skin",), ()),
        ("cartox_10_score", Decimal(2), Decimal(9)),
        ("papilledema_stage", Decimal(3), Decimal(1)),
        ("b_cells", Decimal(0), Decimal(40)),
        ("m_protein", Decimal("3.1"), Decimal("0.2")),
        ("csf_opening_pressure", Decimal(21), Decimal(14)),
        ("anc", Bounds(Decimal(0), Decimal(100), False, True), Decimal(50)),
        ("anc", Decimal(0), Bounds(Decimal(0), Decimal(100), False, True)),
        (
            "anc",
            Bounds(Decimal(0), Decimal(100), False, True),
            Bounds(Decimal(0), Decimal(200), False, True),
        ),
        ("anc", Bounds(Decimal(100), None), Bounds(Decimal(100), None, True, False)),
        (
            "anc",
            Bounds(Decimal(100), Decimal(200), False, True),
            Bounds(Decimal(100), Decimal(200)),
        ),
    ],
)
def test_the_worse_of_two(name, worse, better):
    assert worse_of(KINDS[name], worse, better) == worse
    assert worse_of(KINDS[name], better, worse) == worse


@pytest.mark.parametrize("name", ["body_temperature", "platelets", "weight"])
def test_one_number_written_in_two_ways_is_chosen_by_its_spelling(name):
    one, other = Decimal("38"), Decimal("38.0")
    assert str(worse_of(KINDS[name], one, other)) == str(worse_of(KINDS[name], other, one))


def intervals(kind: Kind) -> st.SearchStrategy[Bounds]:
    ends = st.none() | st.decimals(*kind.possible, places=1)
    return st.builds(Bounds, ends, ends, st.booleans(), st.booleans())


def values(kind: Kind) -> st.SearchStrategy:
    """Canonical values of a kind, numbers also written in several ways."""
    if kind.form == "number":
        return (
            st.integers(*map(int, kind.plausible)).map(Decimal)
            | st.decimals(*kind.possible, places=1)
            | intervals(kind)
        )
    if kind.form == "yes_no":
        return st.booleans()
    if kind.form == "code":
        return st.sampled_from(kind.codes)
    members = st.lists(st.sampled_from(kind.codes), unique=True)
    return members.map(lambda chosen: measure(kind, chosen, None).value)


@given(st.data())
def test_order_of_arrival_cannot_matter(data):
    kind = data.draw(st.sampled_from(list(KINDS.values())))
    a, b, c = (data.draw(values(kind)) for _ in range(3))
    first = worse_of(kind, a, b)
    assert first in (a, b)
    # Text tells 38 from 38.0, which are equal as numbers.
    assert str(first) == str(worse_of(kind, b, a))
    assert str(worse_of(kind, first, c)) == str(worse_of(kind, a, worse_of(kind, b, c)))
    assert str(worse_of(kind, a, a)) == str(a)


def crs_interval(**findings) -> tuple[int, int]:
    grade = crs.grade(crs.Findings(temperature_c=Decimal(39), **findings))
    return grade.low, grade.high


def test_the_worse_list_of_vasopressors_never_has_the_lower_grade():
    kind = KINDS["vasopressors"]
    drugs = [*COUNTED_VASOPRESSORS[:3], *VASOPRESSIN_LIKE, *NOT_VASOPRESSORS[:2]]
    lists = [
        tuple(drug for drug in kind.codes if drug in chosen)
        for count in range(len(drugs) + 1)
        for chosen in itertools.combinations(drugs, count)
    ]
    graded = {
        pressors: crs_interval(vasopressors=pressors, hypotension=True, oxygen_device="room_air")
        for pressors in lists
    }
    for a, b in itertools.combinations(lists, 2):
        assert graded[worse_of(kind, a, b)] == max(graded[a], graded[b]), (a, b)


@pytest.mark.parametrize("flow", [None, Decimal(3), Decimal(12)])
def test_the_worse_oxygen_device_never_has_the_lower_highest_grade(flow):
    kind = KINDS["oxygen_device"]
    highest = [
        crs_interval(
            hypotension=False, vasopressors=(), oxygen_device=device, oxygen_flow_l_min=flow
        )[1]
        for device in kind.codes
    ]
    assert highest == sorted(highest)


def test_the_worse_reason_for_ventilation_never_has_the_lower_grade():
    grades = [
        crs_interval(
            hypotension=False,
            vasopressors=(),
            oxygen_device="invasive_ventilation",
            ventilation_reason=reason,
        )
        for reason in KINDS["ventilation_reason"].codes
    ]
    assert grades == sorted(grades)
