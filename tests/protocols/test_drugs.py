"""The drugs: what the shipped files say, on their bounds, and what two drugs may not share."""

import tomllib
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from toxmon.data import shipped
from toxmon.dosing.drug import Cited
from toxmon.grading.medications import ANTICYTOKINES, GROUPS, STEROIDS
from toxmon.protocol import ProtocolError, check, citations, load_protocols, read_drug
from toxmon.protocol.drug import CODE_KINDS, LIMITS, VALUE_OF

HERE = Path(__file__).parent
SAMPLE_TEXT = (HERE / "sample-drug.toml").read_text()
SAMPLE = read_drug(SAMPLE_TEXT, "sample-drug.toml")
PROTOCOLS = load_protocols()
DRUGS = list(PROTOCOLS.drugs.values())
TOCILIZUMAB = PROTOCOLS.drugs["tocilizumab"]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
OF_THE_CARD = {
    *("tocilizumab", "siltuximab", "anakinra", "dexamethasone", "methylprednisolone"),
    *("hydrocortisone", "prednisone", "prednisolone", "levetiracetam", "filgrastim"),
    *("pegfilgrastim", "eltrombopag", "romiplostim", "immunoglobulin", "platelets", "fibrinogen"),
    *("ruxolitinib", "etoposide", "emapalumab"),
}
HAKAN = "doi:10.3389/fmed.2024.1413825"
ASCO = "doi:10.1200/JCO.21.01992"


def by_name(document):
    return document.name


def band_of(policy, kg, age=None):
    """The bands that hold for a weight, and for an age where they name one."""
    return [
        band
        for band in policy.bands
        if (band.from_kg or 0) <= kg
        and (band.below_kg is None or kg < band.below_kg)
        and (band.from_age_years is None or (age is not None and age >= band.from_age_years))
        and (band.below_age_years is None or (age is not None and age < band.below_age_years))
    ]


def test_a_whole_file_is_read_as_it_is_written():
    assert (SAMPLE.name, SAMPLE.version, SAMPLE.drug_class) == ("sample-drug", 5, "no class")
    assert SAMPLE.text == SAMPLE_TEXT
    assert SAMPLE.equivalent_mg.value == 4
    assert SAMPLE.regimen("first").every_most == 12 * HOUR
    assert SAMPLE.regimen("second").mg_per_kg == Decimal("2.5")
    assert SAMPLE.regimen("third") is None
    assert [SAMPLE.kind_of(code) for code in ("111", "333", "444")] == [
        "ingredient",
        "other_form",
        None,
    ]
    assert [(vial.mg, vial.ml) for vial in SAMPLE.vials] == [(80, 4)]
    assert [caution.text for caution in SAMPLE.cautions] == ["Look out."]


def test_the_rules_receive_what_the_file_says():
    rules = SAMPLE.rules
    assert rules.names == ("sample-drug", "samplex", "sample-abcd")
    assert (rules.indications, rules.isolated) == (("crs",), {"icans": "Not for this."})
    assert rules.indication_cited == Cited(source="Indications", year=2025, verified=True)
    assert list(rules.policies) == ["usual", "fixed"]
    assert rules.policy is rules.policies["usual"]
    light, heavy = rules.policy.bands
    assert (light.from_kg, light.below_kg, light.mg_per_kg, light.mg) == (None, 30, 12, None)
    assert (heavy.from_kg, heavy.below_kg, heavy.mg_per_kg) == (30, None, Decimal("8.5"))
    assert heavy.cited == Cited(source="Bands", year=2025, verified=False)
    assert [(each.code, each.span, each.count, each.mg) for each in rules.policy.limits] == [
        ("interval", 8 * HOUR, None, None),
        ("doses_in_24_h", DAY, 3, None),
        ("dose_above_cap", None, None, 800),
    ]
    assert rules.policies["fixed"].limit("mg_in_24_h").span == DAY
    assert [band.mg for band in rules.policies["fixed"].bands] == [100, 150, None]
    handling = rules.handling
    assert (handling.weight_fresh_for, handling.tolerance_percent) == (7 * DAY, 10)
    assert (handling.duplicate_within, handling.before_infusion) == (30 * MINUTE, timedelta())
    assert (handling.reservation, handling.chart_within) == (20 * MINUTE, 3 * HOUR)
    assert (handling.stopped_counts, handling.ask_doses_elsewhere) == (True, False)


def test_a_drug_without_an_indication_asks_none():
    start = SAMPLE_TEXT.index("indications = ")
    text = SAMPLE_TEXT[:start] + SAMPLE_TEXT[SAMPLE_TEXT.index("\n", start) :]
    drug = read_drug(text, "sample-drug.toml")
    assert (drug.indications, drug.rules.indications, drug.rules.indication_cited) == (
        None,
        (),
        None,
    )


def test_a_drug_needs_a_policy_but_a_policy_needs_no_dose_and_no_limit():
    start, end = SAMPLE_TEXT.index("[[policy]]"), SAMPLE_TEXT.index("[handling]")
    with pytest.raises(ProtocolError) as error:
        read_drug(SAMPLE_TEXT[:start] + SAMPLE_TEXT[end:], "sample-drug.toml")
    assert [(each.place, each.what) for each in error.value.faults] == [
        ("sample-drug.toml: policy", "it is missing")
    ]
    bare = '[[policy]]\nname = "usual"\ntitle = "Nothing"\n\n'
    drug = read_drug(SAMPLE_TEXT[:start] + bare + SAMPLE_TEXT[end:], "sample-drug.toml")
    assert (drug.rules.policy.bands, drug.rules.policy.limits) == ((), ())


def test_every_fault_of_the_bands_and_limits_is_told_at_once():
    text = SAMPLE_TEXT.replace("from_kg = 30", "from_kg = 31").replace("count = 3", "count = 0")
    text = text.replace('in_force = "usual"', 'in_force = "none"')
    with pytest.raises(ProtocolError) as error:
        read_drug(text, "x")
    # That no policy is called so cannot be said while one of them could not be read.
    assert [fault.place for fault in error.value.faults] == [
        "x: policy[1].band",
        "x: policy[1].limit[2].count",
    ]


def test_every_limit_needs_one_value():
    assert set(VALUE_OF) == set(LIMITS)


def site(tmp_path, **files):
    for name, text in files.items():
        (tmp_path / f"{name.replace('_', '-')}.toml").write_text(text)
    return tmp_path


def test_two_drugs_share_no_name(tmp_path):
    text = SAMPLE_TEXT.replace('aliases = ["Samplex"', 'aliases = ["ACTEMRA"')
    folder = site(tmp_path, sample_drug=text)
    with pytest.raises(ProtocolError) as error:
        load_protocols(folder)
    shipped_path = shipped("protocols") / "drugs" / "tocilizumab.toml"
    assert [(fault.place, fault.what, fault.instead) for fault in error.value.faults] == [
        (f"{path}: aliases[1]", f"{other} is called {name!r} too", "names that no other drug has")
        for path, other, name in (
            (shipped_path, "sample-drug", "Actemra"),
            (folder / "sample-drug.toml", "tocilizumab", "ACTEMRA"),
        )
    ]


def test_a_drug_has_no_name_of_a_product(tmp_path):
    text = SAMPLE_TEXT.replace('aliases = ["Samplex"', 'aliases = ["Abecma"')
    with pytest.raises(ProtocolError, match="ide-cel is called 'Abecma' too"):
        load_protocols(site(tmp_path, sample_drug=text))


def test_two_drugs_share_no_code(tmp_path):
    other = SAMPLE_TEXT.replace('"sample-drug"', '"sample-other"')
    other = other.replace('["Samplex", "sample-abcd"]', '["Otherx"]').replace("222", "444")
    folder = site(tmp_path, sample_drug=SAMPLE_TEXT, sample_other=other)
    assert [(fault.place, fault.what) for fault in check(folder)] == [
        (f"{folder}/sample-other.toml: rxnorm[1].codes[1]", "111 is a code of sample-drug too"),
        (f"{folder}/sample-other.toml: rxnorm[2].codes[2]", "333 is a code of sample-drug too"),
    ]


@pytest.mark.hazard("H50")
def test_a_site_puts_another_policy_in_force(tmp_path):
    text = (shipped("protocols") / "drugs" / "tocilizumab.toml").read_text("utf-8")
    line = next(each for each in text.splitlines() if each.startswith("in_force"))
    protocols = load_protocols(
        site(tmp_path, tocilizumab=text.replace(line, 'in_force="shortage"'))
    )
    assert protocols.drug("Actemra").rules.policy.name == "shortage"
    assert protocols.overrides[0].startswith("drug tocilizumab: ")


@pytest.mark.parametrize(
    "name",
    ["tocilizumab", "Actemra", "ROACTEMRA", "tocilizumab-aazg", "Tocilizumab-bavi", " Tyenne "],
)
def test_a_brand_and_a_biosimilar_are_the_same_drug(name):
    assert PROTOCOLS.drug(name) is TOCILIZUMAB


@pytest.mark.parametrize(
    "name",
    [
        *("sarilumab", "Kevzara", "tocilizuma", "tocilizumab, subcutaneous", "", "no drug"),
        *("CMV-IG", "Cytogam", "hepatitis B immune globulin", "ATG", "anti-D", "globulin"),
        *("lipegfilgrastim", "sargramostim", "GM-CSF", "rilonacept"),
    ],
)
def test_what_only_looks_like_a_drug_is_none(name):
    assert PROTOCOLS.drug(name) is None


@pytest.mark.parametrize("name", ["ivig", "Privigen", "gamunex-c", "OCTAGAM", "immune globulin"])
def test_immunoglobulin_has_many_names(name):
    assert PROTOCOLS.drug(name).name == "immunoglobulin"


def test_a_document_is_found_by_any_name_of_a_drug():
    assert PROTOCOLS.document("Actemra") is TOCILIZUMAB
    assert PROTOCOLS.document("Actemra", "drug") is TOCILIZUMAB
    assert PROTOCOLS.document("Actemra", "product") is None
    assert ("drug", TOCILIZUMAB) in list(PROTOCOLS.documents())


def test_every_drug_that_was_promised_is_there():
    assert set(PROTOCOLS.drugs) == OF_THE_CARD


def test_the_names_are_those_that_doses_are_charted_by():
    """What the rules of grading know by a name is one drug here, and by that name."""
    charted = {
        *(ANTICYTOKINES & OF_THE_CARD),
        *(STEROIDS - {"betamethasone"}),
        *("filgrastim", "pegfilgrastim"),
    }
    assert {PROTOCOLS.drug(name).name for name in charted} == charted
    for group in ("platelets", "immunoglobulin", "fibrinogen"):
        assert {PROTOCOLS.drug(name).name for name in GROUPS[group]} == {group}


@pytest.mark.parametrize("drug", DRUGS, ids=by_name)
def test_every_drug_has_rules_with_sources(drug):
    rules = drug.rules
    assert rules.names[0] == drug.name == drug.name.casefold()
    assert list(rules.names) == list(dict.fromkeys(name.casefold() for name in rules.names))
    assert rules.policy.name == drug.in_force
    assert set(rules.policies) == {policy.name for policy in drug.policies}
    for policy in rules.policies.values():
        for part in (*policy.bands, *policy.limits):
            assert part.cited.source
            assert 1990 <= part.cited.year <= 2026
    assert not rules.handling.cited.verified
    assert all(codes.kind in CODE_KINDS for codes in drug.codes)
    for other in drug.not_these:
        assert not drug.is_called(other)


@pytest.mark.parametrize("drug", DRUGS, ids=by_name)
def test_handling_is_our_proposal_and_the_same_for_every_drug(drug):
    assert (drug.handling.citation.source, drug.handling.citation.kind) == (
        "toxmon policy",
        "policy",
    )
    assert drug.rules.handling == TOCILIZUMAB.rules.handling


def test_only_what_was_read_is_verified():
    read = ("J Clin Oncol 2021;39:3978", "Front Med 2024;11:1413825", "Blood 2023;142:865")
    read += ("CIBMTR reporting guide", "ASH-SAP table", "follow-up table", "abstract")
    for drug in DRUGS:
        for citation in citations(drug):
            if citation.verified:
                assert any(source in citation.source for source in read), citation.source
                assert citation.kind != "policy"


# Tocilizumab.


@pytest.mark.parametrize("policy", ["standard", "us_label", "shortage", "cartox_2018"])
@pytest.mark.parametrize(
    ("kg", "mg_per_kg", "mg"),
    [
        ("0.5", 12, "6.0"),
        ("29.9", 12, "358.8"),
        ("29.999999", 12, "359.999988"),
        ("30.0", 8, "240.0"),
        ("30", 8, "240"),
        ("100", 8, "800"),
        ("250", 8, "2000"),
    ],
)
def test_the_dose_changes_at_30_kg(policy, kg, mg_per_kg, mg):
    (band,) = band_of(TOCILIZUMAB.rules.policies[policy], Decimal(kg))
    assert band.mg_per_kg == mg_per_kg
    assert band.mg_per_kg * Decimal(kg) == Decimal(mg)
    assert not band.cited.verified, "no source that was read says where the dose changes"


def limits(policy):
    return {
        each.code: each.span if each.code == "interval" else each.count or each.mg
        for each in TOCILIZUMAB.rules.policies[policy].limits
    }


def test_the_limits_of_tocilizumab_by_policy():
    four = {"interval": 8 * HOUR, "doses_in_treatment": 4, "dose_above_cap": 800}
    assert TOCILIZUMAB.in_force == "standard"
    assert limits("standard") == {**four, "doses_in_24_h": 3}
    assert limits("us_label") == four
    assert limits("shortage") == {**four, "doses_in_24_h": 3, "doses_in_episode": 2}
    assert limits("cartox_2018") == {**limits("standard"), "interval": 6 * HOUR}


def test_the_limits_in_force_were_read_in_two_sources_and_the_others_were_not():
    for limit in TOCILIZUMAB.rules.policy.limits:
        assert ASCO in limit.cited.source, limit.code
        assert HAKAN in limit.cited.source, limit.code
        assert limit.cited.verified
    label = TOCILIZUMAB.rules.policies["us_label"]
    assert not any(each.cited.verified for each in (*label.bands, *label.limits))
    for policy, code in (("shortage", "doses_in_episode"), ("cartox_2018", "interval")):
        limit = TOCILIZUMAB.rules.policies[policy].limit(code)
        assert "quoting" in limit.cited.source
        assert not limit.cited.verified


def test_tocilizumab_is_for_crs_and_not_for_icans_alone():
    rules = TOCILIZUMAB.rules
    assert rules.indications == ("crs",)
    assert rules.isolated == {"icans": "Tocilizumab is not indicated for isolated ICANS."}
    assert ASCO in rules.indication_cited.source
    assert any("diverticular" in caution.text for caution in TOCILIZUMAB.cautions)


def test_what_a_site_decides_about_tocilizumab():
    handling = TOCILIZUMAB.rules.handling
    assert handling.weight_fresh_for == 7 * DAY
    assert (handling.weight_change_percent, handling.tolerance_percent) == (5, 0)
    assert (handling.duplicate_within, handling.before_infusion) == (30 * MINUTE, 7 * DAY)
    assert (handling.reservation, handling.chart_within) == (30 * MINUTE, 2 * HOUR)
    assert (handling.stopped_counts, handling.ask_doses_elsewhere) == (True, False)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("612865", "ingredient"),
        ("1657974", "product"),
        ("1657982", "product"),
        ("2680299", "product"),
        ("1441527", "other_form"),
        ("1441530", "other_form"),
        ("2106073", "other_form"),
        ("2106075", "other_form"),
        ("1658132", None),
    ],
)
def test_a_code_of_tocilizumab(code, kind):
    assert TOCILIZUMAB.kind_of(code) == kind


# The other drugs.


@pytest.mark.parametrize(
    ("drug", "kg", "age", "mg"),
    [
        ("siltuximab", "70", None, "770"),
        ("anakinra", "70", "18", "100"),
        ("anakinra", "20", "17.9", "40"),
        ("anakinra", "49.9", "17", "99.8"),
        ("anakinra", "50", "17", "100"),
        ("anakinra", "20", None, None),
        ("levetiracetam", "49.9", "17", "499.0"),
        ("levetiracetam", "50", "17", "500"),
        ("levetiracetam", "90", "17", "500"),
        ("levetiracetam", "90", "18", None),
        ("filgrastim", "70", None, "0.350"),
        ("immunoglobulin", "70", None, "35000"),
    ],
)
def test_the_doses_of_other_drugs(drug, kg, age, mg):
    policy = PROTOCOLS.drugs[drug].rules.policy
    bands = band_of(policy, Decimal(kg), None if age is None else Decimal(age))
    doses = [band.mg if band.mg is not None else band.mg_per_kg * Decimal(kg) for band in bands]
    assert doses == ([] if mg is None else [Decimal(mg)])


def test_the_limits_of_anakinra_are_those_of_children_and_not_in_force():
    rules = PROTOCOLS.drugs["anakinra"].rules
    assert rules.policy.limits == ()
    assert {limit.code: limit.mg for limit in rules.policies["children"].limits} == {
        "dose_above_cap": 100,
        "mg_in_24_h": 400,
    }


def test_only_tocilizumab_has_limits_in_force():
    """A limit in force refuses and alarms: nothing that is printed as a usual dose is one."""
    assert [drug.name for drug in DRUGS if drug.rules.policy.limits] == ["tocilizumab"]


def test_steroids_weigh_as_much_as_dexamethasone():
    told = {drug.name: drug.equivalent_mg for drug in DRUGS if drug.equivalent_mg is not None}
    assert {name: cited.value for name, cited in told.items()} == {
        "dexamethasone": Decimal("0.75"),
        "methylprednisolone": 4,
        "prednisone": 5,
        "prednisolone": 5,
        "hydrocortisone": 20,
    }
    assert not any(cited.citation.verified for cited in told.values())


@pytest.mark.parametrize(
    ("drug", "regimen", "mg", "every", "verified"),
    [
        ("dexamethasone", "asco-crs-3", 10, 6 * HOUR, True),
        ("dexamethasone", "nccn-icans-3", 10, 6 * HOUR, False),
        ("dexamethasone", "review-icans", 10, 6 * HOUR, True),
        ("methylprednisolone", "asco-crs-4", 500, 12 * HOUR, True),
        ("methylprednisolone", "asco-icans-4", None, None, False),
        ("methylprednisolone", "review-icans-4", 1000, DAY, True),
        ("levetiracetam", "cartox-2017", 750, 12 * HOUR, True),
        ("levetiracetam", "asco-2021", None, None, True),
        ("levetiracetam", "nccn-adult", None, 12 * HOUR, False),
        ("fibrinogen", "asco-hlh", None, None, True),
    ],
)
def test_what_a_body_says(drug, regimen, mg, every, verified):
    found = PROTOCOLS.drugs[drug].regimen(regimen)
    assert (found.mg, found.every, found.citation.verified) == (mg, every, verified)


def test_seven_bodies_disagree_about_seizures_and_none_is_chosen():
    drug = PROTOCOLS.drugs["levetiracetam"]
    table = [each for each in drug.regimens if "ASH-SAP" in each.citation.source]
    assert len(table) == 7
    assert len({each.says for each in table}) > 4
    assert band_of(drug.rules.policy, Decimal(70), Decimal(40)) == []


@pytest.mark.parametrize(
    "name",
    [
        *("pegfilgrastim", "eltrombopag", "romiplostim", "platelets", "fibrinogen"),
        *("ruxolitinib", "etoposide", "emapalumab"),
    ],
)
def test_no_dose_is_invented(name):
    policies = PROTOCOLS.drugs[name].rules.policies.values()
    assert [(policy.bands, policy.limits) for policy in policies] == [((), ())]
    raw = tomllib.loads(PROTOCOLS.drugs[name].text)
    assert not [each for each in raw.get("regimen", ()) if {"mg", "mg_per_kg"} & each.keys()]
