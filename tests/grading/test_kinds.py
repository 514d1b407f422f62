"""The closed list of kinds: complete, consistent, with codes that are what they say."""

import dataclasses
import importlib.util
from pathlib import Path

import pytest

from tests.every import every
from toxmon.grading import crs, icans
from toxmon.grading.clinical_kinds import CHARTED_GRADES, CHARTED_SCALES, CLINICAL
from toxmon.grading.kinds import (
    BEDSIDE,
    BY_LOINC,
    DENIED_LOINC,
    KINDS,
    LABORATORY,
    NEURO,
    VITAL,
    loinc_check_digit,
)
from toxmon.grading.published import PUBLISHED
from toxmon.grading.unit_table import ACCEPTED, NOT_CONVERTED, SAME
from toxmon.grading.vital_kinds import COUNTED_VASOPRESSORS, NOT_VASOPRESSORS, VASOPRESSIN_LIKE

TOP = Path(__file__).parents[2]
EVERY_KIND = every("kind", KINDS.values(), ids=lambda kind: kind.name)

CANONICAL_UNITS = {
    "body_temperature": "Cel",
    "heart_rate": "/min",
    "respiratory_rate": "/min",
    "systolic_bp": "mm[Hg]",
    "diastolic_bp": "mm[Hg]",
    "mean_arterial_pressure": "mm[Hg]",
    "oxygen_saturation": "%",
    "oxygen_flow": "L/min",
    "fraction_inspired_oxygen": "%",
    "weight": "kg",
    "height": "cm",
    "seizure_duration": "s",
    "ferritin": "ng/mL",
    "crp": "mg/L",
    "il6": "pg/mL",
    "procalcitonin": "ng/mL",
    "soluble_cd25": "pg/mL",
    "soluble_cd25_units": "U/mL",
    "fibrinogen": "mg/dL",
    "d_dimer": "ng/mL{FEU}",
    "d_dimer_ddu": "ng/mL{DDU}",
    "inr": "1",
    "pt": "s",
    "aptt": "s",
    "ldh": "U/L",
    "ast": "U/L",
    "alt": "U/L",
    "bilirubin_total": "mg/dL",
    "bilirubin_direct": "mg/dL",
    "triglycerides": "mg/dL",
    "creatinine": "mg/dL",
    "lactate": "mmol/L",
    "glucose": "mg/dL",
    "igg": "mg/dL",
    "m_protein": "g/dL",
    "wbc": "/uL",
    "anc": "/uL",
    "alc": "/uL",
    "cd4": "/uL",
    "b_cells": "/uL",
    "hemoglobin": "g/dL",
    "platelets": "10*9/L",
    "csf_opening_pressure": "mm[Hg]",
}
HIGHEST_OF_SCORES = {
    "ice_orientation": 4,
    "ice_naming": 3,
    "ice_commands": 1,
    "ice_writing": 1,
    "ice_attention": 1,
    "ice_score": 10,
    "capd_score": 32,
    "cartox_10_score": 10,
    "cartox_head_of_state": 1,
    "papilledema_stage": 5,
    "licats_grade": 4,
    # CTCAE has five grades, and so has every scale that a clinician may have charted.
    "pulmonary_edema_grade": 5,
    "oliguria_grade": 5,
    "organ_toxicity_grade": 5,
    "transaminase_grade": 5,
    "movement_neurocognitive_grade": 5,
    "cranial_nerve_palsy_grade": 5,
    "guillain_barre_grade": 5,
    "peripheral_neuropathy_grade": 5,
    "diarrhea_grade": 5,
    "enterocolitis_grade": 5,
    "crs_grade_charted": 5,
    "icans_grade_charted": 5,
    "icaht_early_grade_charted": 5,
    "icaht_late_grade_charted": 5,
    "crs_lee_2014_grade_charted": 5,
    "crs_penn_grade_charted": 5,
    "crs_mskcc_grade_charted": 5,
    "crs_cartox_grade_charted": 5,
    "cres_grade_charted": 5,
}
YES_OR_NO = {
    "hypotension",
    "capd_performed",
    "seizure_resolved",
    "seizure_without_recovery",
    "edema_from_hemorrhage",
    "facial_palsy",
    "parkinsonism",
    "ferritin_rising",
    "hemophagocytosis",
    "splenomegaly",
    "hepatomegaly",
    "pulmonary_manifestation",
    "renal_insufficiency",
    "triglycerides_fasting",
    "known_immunosuppression",
    "hlh_molecular_diagnosis",
    "iec_hs_confirmed",
    "iec_hs_treated",
    "iec_hs_resolved",
    "cytopenia_new",
    "transfusion_indicated",
    "anemia_life_threatening",
    "constitutional_symptoms",
    "fluids_for_hypotension",
    "hypotension_answers_to_fluids",
    "vasopressor_high_dose",
    "vasopressor_refractory",
    "hospitalized_for_crs",
    "coagulopathy_needing_products",
    "status_epilepticus",
    "movement_disorder",
    "cognitive_change",
    "personality_change",
    "cranial_nerve_palsy",
    "guillain_barre",
    "peripheral_neuropathy",
    "enterocolitis",
    "enteric_infection",
    "licats",
    "disease_progression",
    "next_therapy",
    "follow_up_ended",
    "igg_paraprotein",
    "igg_m_protein_subtracted",
    "hbv_exposure",
    "prior_transplant",
    "prior_fungal_infection",
    "severe_mucositis",
    "severe_infection",
    "life_threatening_infection",
    "recurrent_severe_encapsulated_infection",
    "bacterial_infection_failing_antibiotics",
    "low_iga_and_igm",
    "poor_vaccine_response",
}
CODES = {
    "ice_not_assessed",
    "oxygen_device",
    "ventilation_reason",
    "consciousness",
    "seizure",
    "motor_weakness",
    "cerebral_edema",
    "handwriting",
    "nk_activity",
    "iec_hs_severity",
    "seizure_type",
    "palsy_side",
    "second_malignancy",
}
LISTS = {"not_taken", "vasopressors", "icp_signs", "cranial_nerves", "licats_organs"}

CODES_OF_A_FEED = {
    "8310-5": "body_temperature",
    "8332-9": "body_temperature",
    "8480-6": "systolic_bp",
    "8462-4": "diastolic_bp",
    "8478-0": "mean_arterial_pressure",
    "76214-6": "mean_arterial_pressure",
    "8867-4": "heart_rate",
    "9279-1": "respiratory_rate",
    "59408-5": "oxygen_saturation",
    "2708-6": "oxygen_saturation",
    "3150-0": "fraction_inspired_oxygen",
    "3151-8": "oxygen_flow",
    "107117-4": "oxygen_device",
    "29463-7": "weight",
    "8302-2": "height",
    "2276-4": "ferritin",
    "1988-5": "crp",
    "3255-7": "fibrinogen",
    "2532-0": "ldh",
    "1920-8": "ast",
    "1742-6": "alt",
    "1975-2": "bilirubin_total",
    "1968-7": "bilirubin_direct",
    "2571-8": "triglycerides",
    "5902-2": "pt",
    "6301-6": "inr",
    "14979-9": "aptt",
    "48065-7": "d_dimer",
    "48066-5": "d_dimer_ddu",
    "2160-0": "creatinine",
    "6690-2": "wbc",
    "751-8": "anc",
    "731-0": "alc",
    "718-7": "hemoglobin",
    "777-3": "platelets",
    "24467-3": "cd4",
    "2465-3": "igg",
    "26881-3": "il6",
    "76039-7": "soluble_cd25",
    "33959-8": "procalcitonin",
    "2524-7": "lactate",
}


# The list


def test_the_list_is_the_one_agreed():
    units = CANONICAL_UNITS | dict.fromkeys(HIGHEST_OF_SCORES, "{score}")
    assert set(KINDS) == {*units, *YES_OR_NO, *CODES, *LISTS}
    assert {name: kind.unit for name, kind in KINDS.items() if kind.unit} == units
    forms = {name: kind.form for name, kind in KINDS.items()}
    assert {name for name, form in forms.items() if form == "number"} == set(units)
    assert {name for name, form in forms.items() if form == "yes_no"} == YES_OR_NO
    assert {name for name, form in forms.items() if form == "code"} == CODES
    assert {name for name, form in forms.items() if form == "list"} == LISTS
    assert len(KINDS) == len([*VITAL, *NEURO, *BEDSIDE, *LABORATORY, *CLINICAL])


@EVERY_KIND
def test_a_kind_is_whole(kind):
    assert KINDS[kind.name] is kind
    assert kind.name == kind.name.lower()
    assert kind.title[0].isupper()
    with pytest.raises(dataclasses.FrozenInstanceError):
        kind.unit = "furlong"
    if kind.form == "number":
        (lowest, highest), (low, high) = kind.possible, kind.plausible
        assert 0 <= lowest <= low < high <= highest
        assert kind.resolution > 0
        assert not kind.codes
        for slip in kind.slips:
            assert slip.above < slip.below
            assert slip.below <= low or slip.above >= high or slip.above == lowest, slip
    else:
        assert (kind.unit, kind.possible, kind.plausible, kind.resolution) == (None,) * 4
        assert kind.name not in ACCEPTED
    assert bool(kind.codes) is (kind.form in ("code", "list"))
    assert len(set(kind.codes)) == len(kind.codes)
    assert set().union(*kind.classes) <= set(kind.codes)


def test_titles_are_different():
    assert len({kind.title for kind in KINDS.values()}) == len(KINDS)


@EVERY_KIND
def test_the_canonical_unit_is_accepted_first_and_changes_nothing(kind):
    if kind.form != "number":
        return
    units = ACCEPTED[kind.name]
    assert next(iter(units)) == kind.unit
    assert units[kind.unit] == SAME
    assert not set(units) & set(NOT_CONVERTED.get(kind.name, {}))


def test_scores_have_their_maxima():
    scores = {name: kind.possible for name, kind in KINDS.items() if kind.integer}
    assert scores == {name: (0, highest) for name, highest in HIGHEST_OF_SCORES.items()}
    items = {f"ice_{name}": highest for name, highest in icans.ICE_ITEMS.items()}
    assert items.items() <= HIGHEST_OF_SCORES.items()
    assert sum(items.values()) == HIGHEST_OF_SCORES["ice_score"] == 10


@pytest.mark.parametrize("scale", CHARTED_SCALES)
def test_every_grade_of_a_scale_may_be_charted_by_a_clinician(scale):
    kind = KINDS[f"{scale}_grade_charted"]
    assert kind in CHARTED_GRADES
    assert scale in PUBLISHED
    assert scale in kind.title
    assert len(CHARTED_GRADES) == len(CHARTED_SCALES)


def test_what_a_clinician_charts_has_no_code_of_a_laboratory():
    assert {kind.name for kind in CLINICAL if kind.loinc} == set()


def test_the_rules_and_the_kinds_speak_of_the_same_drugs_and_devices():
    assert set(COUNTED_VASOPRESSORS) == crs.VASOPRESSORS
    assert set(VASOPRESSIN_LIKE) == crs.VASOPRESSIN
    assert set(KINDS["vasopressors"].codes) == (
        crs.VASOPRESSORS | crs.VASOPRESSIN | set(NOT_VASOPRESSORS)
    )
    devices = set(KINDS["oxygen_device"].codes)
    assert devices >= crs.MASKS | crs.POSITIVE_PRESSURE
    assert set(KINDS["ventilation_reason"].codes) == crs.NOT_FOR_HYPOXIA | {"hypoxia"}
    assert tuple(icans.CONSCIOUSNESS) == KINDS["consciousness"].codes
    assert tuple(icans.EDEMA) == KINDS["cerebral_edema"].codes


# LOINC


@every("code", [*BY_LOINC, *DENIED_LOINC])
def test_every_code_has_a_right_check_digit(code):
    assert loinc_check_digit(code)


@pytest.mark.parametrize("code", ["8310-5", "718-7", "107117-4", "2276-4", "85354-9"])
def test_the_check_digit_finds_every_wrong_digit(code):
    stem, _, check = code.partition("-")
    for place in range(len(stem)):
        for digit in "0123456789":
            changed = f"{stem[:place]}{digit}{stem[place + 1 :]}-{check}"
            assert loinc_check_digit(changed) is (changed == code), changed
    for digit in "0123456789":
        assert loinc_check_digit(f"{stem}-{digit}") is (digit == check)


@pytest.mark.parametrize(
    "code",
    ["3150-6", "", "-", "8310", "8310-", "-5", "8310-55", "8310–5", "٨٣١٠-5", "8310-5\n", "a310-5"],
)
def test_what_is_no_code_has_no_right_check_digit(code):
    assert not loinc_check_digit(code)


def test_a_code_stands_for_one_kind():
    listed = [code for kind in KINDS.values() for code in kind.loinc]
    assert len(listed) == len(set(listed)) == len(BY_LOINC)
    assert not set(BY_LOINC) & set(DENIED_LOINC)


@pytest.mark.parametrize(("code", "name"), CODES_OF_A_FEED.items())
def test_a_code_of_a_feed_is_known(code, name):
    assert BY_LOINC[code] is KINDS[name]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("5901-4", "control"),
        ("13488-2", "control"),
        ("2529-6", "body fluid"),
        ("1971-1", "indirect"),
        ("33898-8", "indirect"),
        ("8123-2", "percentage"),
        ("770-8", "percentage"),
        ("736-9", "percentage"),
        ("20564-1", "blood gas"),
        ("8460-8", "standing"),
        ("8454-1", "standing"),
        ("3256-5", "antigen"),
        ("14634-0", "titer"),
        ("30451-9", "part of the neutrophils"),
        ("85354-9", "panel"),
    ],
)
def test_a_code_of_another_quantity_is_refused_in_words(code, words):
    assert words in DENIED_LOINC[code]


@pytest.mark.parametrize(("code", "words"), DENIED_LOINC.items())
def test_a_refused_code_says_what_to_send(code, words):
    instead = words.partition("send ")[2]
    assert instead
    named = [word.strip(",.") for word in instead.split()]
    codes = [word for word in named if "-" in word and word[0].isdigit()]
    assert all(code in BY_LOINC for code in codes), codes
    assert codes or any(name in KINDS for name in named) or "count itself" in instead


# The page


def test_the_page_of_kinds_is_not_stale():
    spec = importlib.util.spec_from_file_location("kinds_page", TOP / "docs/generate/kinds.py")
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    assert generator.PAGE == TOP / "docs/reference/kinds.md"
    assert generator.PAGE.read_text(encoding="utf-8") == generator.page(), (
        "run: python docs/generate/kinds.py"
    )
    for name in KINDS:
        assert f"`{name}`" in generator.page()
