"""What is wrong with every other body: 422, every fault with its place, and nothing is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.conftest import SHIFT, Ward, kept
from tests.api.test_bodies import ACTS
from tests.every import every

AT = "2026-03-01T07:00:00Z"
LATER = "2026-03-01T08:05:01Z"
SOON = "2026-03-01T08:05:00Z"
LONG = "x" * 100_000


def patient(**more: Any) -> dict[str, Any]:
    return {"identifiers": [{"system": "urn:mrn", "value": "NEW"}], "unit": "bmt-1", **more}


def identified(*pairs: Any) -> dict[str, Any]:
    return patient(identifiers=list(pairs))


def infusion(**more: Any) -> dict[str, Any]:
    return {"product": "ide-cel", "infused_at": AT, **more}


def dose(**more: Any) -> dict[str, Any]:
    return {"medication": "tocilizumab", "given_at": AT, **more}


def amount(value: Any, unit: Any = "mg") -> dict[str, Any]:
    return dose(dose={"value": value, "unit": unit})


def attribution(**more: Any) -> dict[str, Any]:
    return {"sign": "fever", "cause": "pneumonia", "from": AT, "reason": "the film", **more}


def death(**more: Any) -> dict[str, Any]:
    return {"died_at": AT, "cause": "other", **more}


def correction(**more: Any) -> dict[str, Any]:
    return {"value": 18, "unit": "/min", "reason": "misread", **more}


def pause(**more: Any) -> dict[str, Any]:
    end = "2026-03-01T12:00:00Z"
    return {"from": AT, "until": end, "checks": [], "reason": "in theatre", **more}


def stay(**more: Any) -> dict[str, Any]:
    return {"from": AT, "setting": "inpatient", "unit": "bmt-1", "bed": "12", **more}


def shift(**more: Any) -> dict[str, Any]:
    return {**SHIFT, "from": AT, "until": SOON, **more}


def dose_correction(**more: Any) -> dict[str, Any]:
    return {"status": "stopped", "reason": "the line came out", **more}


def distinct(*doses: Any) -> dict[str, Any]:
    return {"doses": list(doses), "reason": "two bags"}


def elsewhere(**more: Any) -> dict[str, Any]:
    return {"medication": "tocilizumab", "answer": "none", "reason": "asked", **more}


def wanted(**more: Any) -> dict[str, Any]:
    return {"dose": {"value": 560, "unit": "mg"}, "reason": "CRS 4", **more}


def mass(value: Any, unit: Any = "mg") -> dict[str, Any]:
    return wanted(dose={"value": value, "unit": unit})


def loose(**more: Any) -> dict[str, Any]:
    return {"weight_kg": 70, "earlier_doses": [], "requested_at": AT, **more}


def vials(**more: Any) -> dict[str, Any]:
    counts = [{"strength": 80, "vials": 4}]
    return {"unit": "bmt-1", "medication": "tocilizumab", "counts": counts, "counted_at": AT,
            **more}  # fmt: skip


def until(**more: Any) -> dict[str, Any]:
    return {"until": SOON, "reason": "x", **more}


def ice(**points: Any) -> dict[str, Any]:
    return {"ice": points}


ITEM = {"system": "urn:mrn", "value": "NEW"}
NOBODY = "01980000-0000-7000-8000-000000000000"

# Routes by the end of their path, where that is not one word.
DOSE = "administrations/corrections"
CHECK, RESERVE, RELEASE, OVERRIDE = (
    f"dosing/tocilizumab/{step}" for step in ("check", "reservations", "releases", "overrides")
)
LOOSE = "/dosing/tocilizumab/check"

# name, which route, what is sent, the places of its faults
FAULTS: tuple[tuple[str, str, Any, tuple[str, ...]], ...] = (
    ("nothing", "patients", {}, ("/identifiers", "/unit")),
    ("no_identifier", "patients", identified(), ("/identifiers",)),
    ("21_identifiers", "patients",
     identified(*({**ITEM, "value": str(n)} for n in range(21))), ("/identifiers",)),
    ("an_identifier_twice", "patients", identified(ITEM, ITEM), ("/identifiers/1",)),
    ("identifiers_as_text", "patients", patient(identifiers="A1"), ("/identifiers",)),
    ("an_identifier_as_text", "patients", identified(ITEM, "A1"), ("/identifiers/1",)),
    ("an_identifier_as_number", "patients", identified({**ITEM, "value": 1}),
     ("/identifiers/0/value",)),
    ("an_identifier_without_system", "patients", identified({"value": "1"}),
     ("/identifiers/0/system",)),
    ("a_bar_in_a_system", "patients", identified({**ITEM, "system": "a|b"}),
     ("/identifiers/0/system",)),
    ("a_blank_identifier", "patients", identified({**ITEM, "value": " "}),
     ("/identifiers/0/value",)),
    ("an_identifier_too_long", "patients", identified({**ITEM, "value": "1" * 101}),
     ("/identifiers/0/value",)),
    ("a_blank_unit", "patients", patient(unit=" "), ("/unit",)),
    ("a_unit_of_null", "patients", patient(unit=None), ("/unit",)),
    ("a_unit_that_is_a_list", "patients", patient(unit=["bmt-1"]), ("/unit",)),
    ("a_unit_too_long", "patients", patient(unit=LONG), ("/unit",)),
    ("a_name_that_is_an_object", "patients", patient(name={"family": "x"}), ("/name",)),
    ("a_name_too_long", "patients", patient(name=LONG), ("/name",)),
    ("a_sex_that_is_none", "patients", patient(sex="f"), ("/sex",)),
    ("a_sex_of_true", "patients", patient(sex=True), ("/sex",)),
    ("an_unknown_field", "patients", patient(mrn="A1"), ("/mrn",)),
    ("a_birth_tomorrow", "patients", patient(birth_date="2026-03-02"), ("/birth_date",)),
    ("a_birth_in_Rome", "patients", patient(birth_date="0190-05-02"), ("/birth_date",)),
    ("a_birth_in_the_year_0", "patients", patient(birth_date="0000-05-02"), ("/birth_date",)),
    ("a_birth_on_30_February", "patients", patient(birth_date="1961-02-30"), ("/birth_date",)),
    ("a_birth_by_time", "patients", patient(birth_date="1961-05-02T00:00:00Z"), ("/birth_date",)),
    ("a_birth_by_number", "patients", patient(birth_date=19610502), ("/birth_date",)),
    ("a_birth_by_week", "patients", patient(birth_date="1961-W18-2"), ("/birth_date",)),
    ("a_birth_without_dashes", "patients", patient(birth_date="19610502"), ("/birth_date",)),
    ("a_birth_in_other_digits", "patients", patient(birth_date="١٩٦١-05-02"), ("/birth_date",)),
    ("several_at_once", "patients",
     {"identifiers": [{}, {**ITEM, "kind": 1}], "birth_date": "2026-03-02", "sex": 1, "x": 1},
     ("/identifiers/0/system", "/identifiers/0/value", "/identifiers/1/kind", "/unit",
      "/birth_date", "/sex", "/x")),
    ("nothing", "infusions", {}, ("/product", "/infused_at")),
    ("an_unknown_product", "infusions", infusion(product="car-t"), ("/product",)),
    ("a_product_in_capitals", "infusions", infusion(product="Ide-cel"), ("/product",)),
    ("a_product_that_is_a_policy", "infusions", infusion(product="default"), ("/product",)),
    ("a_product_that_is_a_path", "infusions", infusion(product="../ide-cel"), ("/product",)),
    ("a_product_of_null", "infusions", infusion(product=None), ("/product",)),
    ("a_product_too_long", "infusions", infusion(product=LONG), ("/product",)),
    ("a_dose_that_is_a_number", "infusions", infusion(dose=450), ("/dose",)),
    ("several_at_once", "infusions",
     {"product": "x", "infused_at": LATER, "dose": {"value": -1, "unit": "cells"}, "y": 0},
     ("/product", "/infused_at", "/dose/value", "/dose/unit", "/y")),
    ("nothing", "administrations", {}, ("/medication", "/given_at")),
    ("no_medication", "administrations", dose(medication="  "), ("/medication",)),
    ("a_medication_too_long", "administrations", dose(medication=LONG), ("/medication",)),
    ("a_medication_by_number", "administrations", dose(medication=612865), ("/medication",)),
    ("an_unknown_route", "administrations", dose(route="by mouth"), ("/route",)),
    ("a_dose_of_nothing", "administrations", amount(0), ("/dose/value",)),
    ("a_dose_below_nothing", "administrations", amount(-560), ("/dose/value",)),
    ("a_dose_of_true", "administrations", amount(True), ("/dose/value",)),
    ("a_dose_in_quotes", "administrations", amount("560"), ("/dose/value",)),
    ("a_dose_of_null", "administrations", amount(None), ("/dose/value",)),
    ("a_dose_beyond_all", "administrations", amount(10**12), ("/dose/value",)),
    ("a_dose_of_4000_digits", "administrations", amount(int("5" * 4_000)), ("/dose/value",)),
    ("a_dose_next_to_nothing", "administrations", amount(1e-300), ("/dose/value",)),
    ("a_dose_in_an_unknown_unit", "administrations", amount(560, "MG"), ("/dose/unit",)),
    ("a_dose_without_a_unit", "administrations", dose(dose={"value": 560}), ("/dose/unit",)),
    ("a_dose_with_more", "administrations", dose(dose={"value": 5, "unit": "mg", "per": "kg"}),
     ("/dose/per",)),
    ("both_of_a_dose", "administrations", amount(-1, "mgs"), ("/dose/value", "/dose/unit")),
    ("no_time_at_all", "administrations", dose(given_at=None), ("/given_at",)),
    ("two_times", "administrations", dose(given_before=AT), ("/given_at",)),
    ("a_latest_time_to_come", "administrations", dose(given_at=None, given_before=LATER),
     ("/given_before",)),
    ("an_unknown_status", "administrations", dose(status="given"), ("/status",)),
    ("a_permission_by_number", "administrations", dose(permission=1), ("/permission",)),
    ("several_at_once", "administrations",
     dose(medication=" ", route="nose", given_at=None, given_before=LATER),
     ("/medication", "/route", "/given_before")),
    ("nothing", DOSE, {}, ("/reason",)),
    ("nothing_to_correct", DOSE, {"reason": "x"}, ("",)),
    ("a_time_to_come", DOSE, dose_correction(given_at=LATER), ("/given_at",)),
    ("a_rate", DOSE, dose_correction(dose={"value": 8, "unit": "mg/h"}), ("/dose/unit",)),
    ("several_at_once", DOSE, {"status": "x", "given_at": LATER, "medication": " "},
     ("/status", "/given_at", "/medication", "/reason")),
    ("nothing", "doses/distinct", {}, ("/doses", "/reason")),
    ("one_dose", "doses/distinct", distinct("x"), ("/doses",)),
    ("three_doses", "doses/distinct", distinct("x", "y", "z"), ("/doses",)),
    ("doses_by_number", "doses/distinct", distinct(1, None), ("/doses/0", "/doses/1")),
    ("doses_of_nobody", "doses/distinct", distinct(NOBODY, NOBODY), ("/doses/0", "/doses/1")),
    ("nothing", "doses/elsewhere", {}, ("/medication", "/answer", "/reason")),
    ("a_drug_without_rules", "doses/elsewhere", elsewhere(medication="aspirin"), ("/medication",)),
    ("an_unknown_answer", "doses/elsewhere", elsewhere(answer="yes"), ("/answer",)),
    ("an_answer_of_false", "doses/elsewhere", elsewhere(answer=False), ("/answer",)),
    ("an_unknown_field", CHECK, {"mg": 560}, ("/mg",)),
    ("a_dose_as_a_number", CHECK, {"dose": 560}, ("/dose",)),
    ("a_dose_of_null", CHECK, {"dose": {"value": None, "unit": None}},
     ("/dose/value", "/dose/unit")),
    ("an_unknown_indication", CHECK, {"indication": "fever"}, ("/indication",)),
    ("several_at_once", CHECK,
     {"dose": {"value": -8, "unit": "mg/kg"}, "at": "2026-03-01", "indication": 1},
     ("/dose/value", "/dose/unit", "/at", "/indication")),
    ("nothing", RESERVE, {}, ("/dose",)),
    ("a_dose_of_null", RESERVE, wanted(dose=None), ("/dose",)),
    ("a_dose_for_each_kg", RESERVE, mass(8, "mg/kg"), ("/dose/unit",)),
    ("a_time_gone_by", RESERVE, wanted(at="2026-03-01T07:44:59Z"), ("/at",)),
    ("a_time_in_two_days", RESERVE, wanted(at="2026-03-02T08:00:01Z"), ("/at",)),
    ("a_naive_time", RESERVE, wanted(at="2026-03-01T08:00:00"), ("/at",)),
    ("one_for_yes", RESERVE, wanted(weight_confirmed=1), ("/weight_confirmed",)),
    ("nothing", RELEASE, {}, ("/dose",)),
    ("a_dose_of_nothing", RELEASE, mass(0), ("/dose/value",)),
    ("a_dose_in_quotes", RELEASE, mass("560"), ("/dose/value",)),
    ("yes_in_quotes", RELEASE, wanted(weight_confirmed="true"), ("/weight_confirmed",)),
    ("nothing", OVERRIDE, {}, ("/dose", "/reason")),
    ("a_blank_reason", OVERRIDE, wanted(reason=" "), ("/reason",)),
    ("no_reason", OVERRIDE, wanted(reason=None), ("/reason",)),
    ("an_override_of_1", "permissions/release", {"override": 1, "reason": "x"}, ("/override",)),
    ("an_override_without_reason", "permissions/release", {"override": True}, ("/reason",)),
    ("several_at_once", "permissions/release",
     {"override": None, "reason": " ", "weight_confirmed": "no", "dose": 1},
     ("/override", "/reason", "/weight_confirmed", "/dose")),
    ("nothing", "permissions/return", {}, ("/reason",)),
    ("a_reason_too_long", "permissions/return", {"reason": "x" * 501}, ("/reason",)),
    ("nothing", LOOSE, {}, ("/requested_at",)),
    ("no_list", LOOSE, loose(earlier_doses="none"), ("/earlier_doses",)),
    ("201_doses", LOOSE, loose(earlier_doses=[{}] * 201), ("/earlier_doses",)),
    ("a_dose_by_its_time", LOOSE, loose(earlier_doses=[{}, AT]), ("/earlier_doses/1",)),
    ("a_dose_with_a_wrong_time", LOOSE, loose(earlier_doses=[{"given_at": "08:00"}]),
     ("/earlier_doses/0/given_at",)),
    ("a_weight_of_nobody", LOOSE, loose(weight_kg=70_000), ("/weight_kg",)),
    ("a_weight_in_quotes", LOOSE, loose(weight_kg="70"), ("/weight_kg",)),
    ("an_age_of_nobody", LOOSE, loose(age_years=131), ("/age_years",)),
    ("a_naive_time", LOOSE, loose(requested_at="2026-03-01T08:00:00"), ("/requested_at",)),
    ("several_at_once", LOOSE,
     {"weight_kg": 0.1, "age_years": 999, "dose_mg": 0, "earlier_doses": [{"at": AT}],
      "indication": "x", "requested_at": None},
     ("/weight_kg", "/age_years", "/dose_mg", "/earlier_doses/0/at", "/indication",
      "/requested_at")),
    ("nothing", "stock", {}, ("/unit", "/medication", "/counts", "/counted_at")),
    ("no_strength", "stock", vials(counts=[]), ("/counts",)),
    ("five_strengths", "stock",
     vials(counts=[{"strength": 80 + n, "vials": 1} for n in range(5)]), ("/counts",)),
    ("a_strength_twice", "stock", vials(counts=[{"strength": 80, "vials": 1}] * 2), ("/counts",)),
    ("vials_below_nothing", "stock", vials(counts=[{"strength": 80, "vials": -1}]),
     ("/counts/0/vials",)),
    ("half_a_vial", "stock", vials(counts=[{"strength": 80, "vials": 0.5}]), ("/counts/0/vials",)),
    ("vials_of_true", "stock", vials(counts=[{"strength": True, "vials": True}]),
     ("/counts/0/strength", "/counts/0/vials")),
    ("a_drug_without_rules", "stock", vials(medication="aspirin"), ("/medication",)),
    ("a_time_to_come", "stock", vials(counted_at=LATER), ("/counted_at",)),
    ("several_at_once", "stock",
     vials(counts=[{"strength": 9}], medication="aspirin", counted_at=LATER, unit=" "),
     ("/counts/0/strength", "/counts/0/vials", "/medication", "/counted_at", "/unit")),
    ("nothing", "attributions", {}, ("/sign", "/cause", "/from", "/reason")),
    ("an_unknown_sign", "attributions", attribution(sign="cough"), ("/sign",)),
    ("a_cause_of_blanks", "attributions", attribution(cause="   "), ("/cause",)),
    ("a_reason_of_null", "attributions", attribution(reason=None), ("/reason",)),
    ("a_reason_too_long", "attributions", attribution(reason="x" * 501), ("/reason",)),
    ("an_end_before_its_beginning", "attributions", attribution(until="2026-03-01T06:00:00Z"),
     ("/until",)),
    ("an_end_at_its_beginning", "attributions", attribution(until=AT), ("/until",)),
    ("a_naive_end", "attributions", attribution(until="2026-03-01T09:00:00"), ("/until",)),
    ("several_at_once", "attributions",
     attribution(sign=1, until="2026-03-01T06:00:00Z", **{"from": LATER}),
     ("/sign", "/until", "/from")),
    ("nothing", "deaths", {}, ("/died_at", "/cause")),
    ("an_unknown_cause", "deaths", death(cause="sepsis"), ("/cause",)),
    ("a_cause_in_a_list", "deaths", death(cause=["crs"]), ("/cause",)),
    ("several_at_once", "deaths", death(cause=None, died_at=LATER), ("/cause", "/died_at")),
    ("nothing", "corrections", {}, ("/value", "/reason")),
    ("no_reason", "corrections", {"value": 18, "unit": "/min"}, ("/reason",)),
    ("a_reason_of_blanks", "corrections", correction(reason=" \t"), ("/reason",)),
    ("a_value_of_null", "corrections", correction(value=None), ("/value",)),
    ("another_kind", "corrections", correction(kind="heart_rate"), ("/kind",)),
    ("an_impossible_value", "corrections", correction(value=-1), ("/value",)),
    ("a_comma_for_a_point", "corrections", correction(value="18,5"), ("/value",)),
    ("no_unit", "corrections", {"value": 18, "reason": "x"}, ("/unit",)),
    ("a_unit_by_number", "corrections", correction(unit=60), ("/unit",)),
    ("a_time_to_come", "corrections", correction(effective_at=LATER), ("/effective_at",)),
    ("a_time_before_birth", "corrections", correction(effective_at="1960-03-01T00:00:00Z"),
     ("/effective_at",)),
    ("several_at_once", "corrections",
     {"value": True, "unit": "bpm", "effective_at": LATER, "kind": "x"},
     ("/value", "/unit", "/effective_at", "/kind", "/reason")),
    ("a_wrong_value_and_time", "corrections", correction(value=-1, effective_at=LATER),
     ("/value", "/effective_at")),
    ("nothing", "confirmation", {}, ("/reason",)),
    ("a_value", "confirmation", {"reason": "seen", "value": 95}, ("/value",)),
    ("nothing", "retraction", {}, ("/reason",)),
    ("a_reason_that_is_true", "retraction", {"reason": True}, ("/reason",)),
    ("nothing", "pauses", {}, ("/from", "/until", "/reason")),
    ("no_end", "pauses", pause(until=None), ("/until",)),
    ("an_end_before_it_begins", "pauses", pause(until="2026-03-01T06:59:59Z"), ("/until",)),
    ("an_end_when_it_begins", "pauses", pause(until=AT), ("/until",)),
    ("an_end_in_eight_days", "pauses", pause(until="2026-03-09T07:00:00Z"), ("/until",)),
    ("an_unknown_check", "pauses", pause(checks=["vital signs", "tea"]), ("/checks/1",)),
    ("a_check_too_many", "pauses", pause(checks=["vital signs"] * 51), ("/checks",)),
    ("a_check_by_number", "pauses", pause(checks=[1]), ("/checks/0",)),
    ("checks_of_text", "pauses", pause(checks="vital signs"), ("/checks",)),
    ("checks_of_null", "pauses", pause(checks=None), ("/checks",)),
    ("a_blank_reason", "pauses", pause(reason=" "), ("/reason",)),
    ("nothing", "stays", {}, ("/from", "/setting")),
    ("an_unknown_setting", "stays", stay(setting="hotel"), ("/setting",)),
    ("a_blank_unit", "stays", stay(unit=" "), ("/unit",)),
    ("a_long_bed", "stays", stay(bed="1" * 51), ("/bed",)),
    ("an_end_without_why", "stays", stay(setting="ended"), ("/reason",)),
    ("nothing", "rosters", {}, ("/unit", "/role", "/person", "/from", "/until")),
    ("an_unknown_role", "rosters", shift(role="gardener"), ("/role",)),
    ("an_unknown_channel", "rosters", shift(channel="pigeon"), ("/channel",)),
    ("an_end_before_it_begins", "rosters", shift(until="2026-03-01T06:00:00Z"), ("/until",)),
    ("a_year", "rosters", shift(until="2027-03-01T06:00:00Z"), ("/until",)),
    ("several_at_once", "rosters", shift(role="x", channel="y", until=AT),
     ("/role", "/channel", "/until")),
    ("no_reason", "roster_corrections", shift(), ("/reason",)),
    ("an_unknown_role", "roster_corrections", shift(role="x", reason="x"), ("/role",)),
    ("nothing", "roster_retraction", {}, ("/reason",)),
    ("nothing", "acknowledge", {}, ("/reason",)),
    ("a_blank_reason", "acknowledge", {"reason": " "}, ("/reason",)),
    ("an_end_that_is_past", "acknowledge", until(until=AT), ("/until",)),
    ("an_end_tomorrow", "acknowledge", until(until="2026-03-02T08:00:00Z"), ("/until",)),
    ("an_end_without_zone", "acknowledge", until(until="2026-03-01T08:05:00"), ("/until",)),
    ("nothing", "shelve", {}, ("/until", "/reason")),
    ("no_end", "shelve", {"reason": "x"}, ("/until",)),
    ("an_end_of_null", "shelve", until(until=None), ("/until",)),
    ("an_end_that_is_past", "shelve", until(until=AT), ("/until",)),
    ("an_end_tomorrow", "shelve", until(until="2026-03-02T08:00:00Z"), ("/until",)),
    ("nothing", "unshelve", {}, ("/reason",)),
    ("nothing", "note", {}, ("/text",)),
    ("a_blank_text", "note", {"text": " "}, ("/text",)),
    ("an_assessment_of_text", "note", {"text": "x", "assessment": "yes"}, ("/assessment",)),
    ("an_assessment_of_0", "note", {"text": "x", "assessment": 0}, ("/assessment",)),
    ("nothing", "resolve", {}, ("/reason",)),
    ("nothing", "hand-over", {}, ("/to",)),
    ("to_oneself", "hand-over", {"to": "physician of the test"}, ("/to",)),
    ("an_unknown_field", "accept", {"reason": "x"}, ("/reason",)),
    ("nothing", "out-of-service", {}, ("/until", "/reason")),
    ("an_end_that_is_past", "out-of-service", until(until=AT), ("/until",)),
    ("an_end_next_month", "out-of-service", until(until="2026-04-02T08:00:00Z"), ("/until",)),
    ("nothing", "in-service", {}, ("/reason",)),
    ("an_unknown_finding", "crs", {"temperature": 38.6}, ("/temperature",)),
    ("an_odd_finding", "crs", {"a/b~c": 1}, ("/a~1b~0c",)),
    ("a_text_for_a_number", "crs", {"temperature_c": "38,5"}, ("/temperature_c",)),
    ("true_for_a_number", "crs", {"temperature_c": True}, ("/temperature_c",)),
    ("an_impossible_number", "crs", {"temperature_c": 386}, ("/temperature_c",)),
    ("one_for_yes", "crs", {"hypotension": 1}, ("/hypotension",)),
    ("yes_in_quotes", "crs", {"prior_crs_fever": "yes"}, ("/prior_crs_fever",)),
    ("a_text_for_a_list", "crs", {"vasopressors": "norepinephrine"}, ("/vasopressors",)),
    ("an_unknown_device", "crs", {"oxygen_device": "mask"}, ("/oxygen_device",)),
    ("a_flow_below_nothing", "crs", {"oxygen_flow_l_min": -1}, ("/oxygen_flow_l_min",)),
    ("several_at_once", "crs", {"temperature_c": "x", "hypotension": "y", "oxygen_device": 1,
                                "z": None},
     ("/temperature_c", "/hypotension", "/oxygen_device", "/z")),
    ("an_unknown_item", "icans", ice(reading=1), ("/ice/reading",)),
    ("an_odd_item", "icans", ice(**{"a/b": 1}), ("/ice/a~1b",)),
    ("an_item_above_its_most", "icans", ice(orientation=5), ("/ice/orientation",)),
    ("an_item_of_true", "icans", ice(writing=True), ("/ice/writing",)),
    ("an_item_that_is_compared", "icans", ice(orientation="<3"), ("/ice/orientation",)),
    ("items_as_a_number", "icans", {"ice": 10}, ("/ice",)),
    ("items_as_a_list", "icans", {"ice": [4, 3, 1, 1, 1]}, ("/ice",)),
    ("items_that_do_not_sum", "icans", {"ice_score": 3, **ice(orientation=4)}, ("/ice_score",)),
    ("an_age_below_nothing", "icans", {"age_years": -1}, ("/age_years",)),
    ("an_age_of_nobody", "icans", {"age_years": 131}, ("/age_years",)),
    ("an_age_of_true", "icans", {"age_years": True}, ("/age_years",)),
    ("an_age_in_words", "icans", {"age_years": "60"}, ("/age_years",)),
    ("an_age_beyond_all", "icans", {"age_years": int("6" * 4_000)}, ("/age_years",)),
    ("several_at_once", "icans", {"age_years": -1, "capd_score": 33, **ice(naming=9, x=1)},
     ("/age_years", "/capd_score", "/ice/naming", "/ice/x")),
    ("a_wrong_total_and_more", "icans", {"ice_score": 3, "seizure": "yes", **ice(orientation=4)},
     ("/ice_score", "/seizure")),
)  # fmt: skip

# A bedside time in each body that has one: the field, and what is sent besides.
TIMES = (
    ("infusions", "infused_at", infusion()),
    ("administrations", "given_at", dose()),
    ("attributions", "from", attribution()),
    ("deaths", "died_at", death()),
    ("pauses", "from", pause()),
    ("stays", "from", stay()),
    ("corrections", "effective_at", correction()),
    (DOSE, "given_at", dose_correction()),
)


def path_of(ward: Ward, route: str) -> tuple[str, str]:
    """(the path, who may use it)."""
    if route in ("crs", "icans"):
        return f"/grade/{route}", "nurse"
    if route in ("corrections", "retraction"):
        return f"/observations/{ward.fact}/{route}", "nurse"
    if route == "confirmation":
        return f"/observations/{ward.doubted}/{route}", "nurse"
    if route in ACTS:
        return f"/alerts/{ward.alert}/{route}", "physician"
    if route.startswith("roster_"):
        return f"/rosters/{ward.shift}/{route.removeprefix('roster_')}", "nurse"
    if route == DOSE:
        return f"/administrations/{ward.dose}/corrections", "nurse"
    if route.startswith("permissions/"):
        step = route.removeprefix("permissions/")
        return f"/patients/{ward.patient}/permissions/{ward.permission}/{step}", "pharmacist"
    if route == LOOSE:
        return LOOSE, "integration"
    if route == RELEASE:
        return f"/patients/{ward.patient}/{RELEASE}", "pharmacist"
    if route in ("patients", "rosters", "stock"):
        return f"/{route}", "nurse"
    return f"/patients/{ward.patient}/{route}", "physician"


@every("case", FAULTS, ids=lambda case: f"{case[1]}-{case[0]}")
def test_every_fault_is_told_with_its_place(
    ward: Ward, case: tuple[str, str, Any, tuple[str, ...]]
) -> None:
    _, route, body, places = case
    before = kept(ward.api.service)
    path, role = path_of(ward, route)
    raw = json.dumps(body).encode()
    reply = ward.api.post(path, raw=raw, by=role)
    ward.refused(reply, 422, *places)
    assert LONG[:200] not in reply.raw.decode()
    assert kept(ward.api.service) == before
    ward.chart_well()


def test_there_is_a_fault_for_every_route() -> None:
    assert {case[1] for case in FAULTS} == {
        "patients", "infusions", "administrations", "attributions", "deaths", "corrections",
        "confirmation", "retraction", "crs", "icans", "pauses", "stays", "rosters",
        "roster_corrections", "roster_retraction", *ACTS, DOSE, "doses/distinct",
        "doses/elsewhere", CHECK, RESERVE, RELEASE, OVERRIDE, "permissions/release",
        "permissions/return", LOOSE, "stock",
    }  # fmt: skip


@pytest.mark.parametrize(("route", "field", "body"), TIMES, ids=[case[0] for case in TIMES])
@pytest.mark.parametrize(
    "text", ["2026-03-01T07:00:00", LATER, "1961-05-01T12:00:00Z", "2026-02-30T07:00:00Z", 1, None]
)
def test_a_wrong_time_is_told_in_every_body(
    ward: Ward, route: str, field: str, body: dict[str, Any], text: Any
) -> None:
    if text is None and route.endswith("corrections"):  # There null says that the time was right.
        return
    before = kept(ward.api.service)
    path, role = path_of(ward, route)
    reply = ward.api.post(path, {**body, field: text}, by=role)
    # A pause since before somebody's birth is too long as well.
    long = ("/until",) if route == "pauses" and str(text).startswith("1961") else ()
    ward.refused(reply, 422, f"/{field}", *long)
    assert kept(ward.api.service) == before
