"""The files that toxmon ships: without fault, complete in their sources, stable in their digest."""

import re
import tomllib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from runpy import run_path

import pytest

from toxmon.data import shipped
from toxmon.grading.kinds import KINDS
from toxmon.protocol import SOURCE_KINDS, check, citations, load_protocols, read

PROTOCOLS = load_protocols()
FILES = sorted(p for p in shipped("protocols").rglob("*.toml") if p.parent.name != "codes")
PRODUCTS = list(PROTOCOLS.products.values())
DOCUMENTS = [document for _, document in PROTOCOLS.documents()]
CITATION = {"source", "year", "source_kind", "verified"}
CAR_T = [product for product in PRODUCTS if not product.repeated]
ONLY_BY_NAME = {
    *("form", "name", "title", "version", "class", "target", "costimulation", "region"),
    *("aliases", "not_these", "in_force", "route", "clock_origin", "body"),
}
NEVER_GROWS_OLD = {
    *("not_taken", "ice_not_assessed"),  # They grade nothing.
    *("height", "disease_progression", "follow_up_ended", "hlh_molecular_diagnosis"),
    *(
        "iec_hs_confirmed",
        "igg_paraprotein",
        "hbv_exposure",
        "prior_transplant",
        "prior_fungal_infection",
        "low_iga_and_igm",
        "poor_vaccine_response",
        "igg_m_protein_subtracted",
        "known_immunosuppression",
        "next_therapy",
    ),
}
SHIPPED = {
    *("ide-cel", "cilta-cel", "axi-cel", "brexu-cel", "tisa-cel", "liso-cel", "obe-cel"),
    *("teclistamab", "elranatamab", "talquetamab", "linvoseltamab", "epcoritamab", "glofitamab"),
    *("mosunetuzumab", "mosunetuzumab-sc", "odronextamab", "blinatumomab", "tarlatamab"),
    *("anito-cel", "arlo-cel", "gc012f", "generic-car-t"),
}
INVESTIGATIONAL = {"anito-cel", "arlo-cel", "gc012f", "generic-car-t"}


def by_name(product):
    return product.name


def test_the_shipped_folder_is_without_fault():
    assert check(shipped("protocols")) == []
    assert sorted(path.stem for path in FILES) == sorted(
        document.name for _, document in PROTOCOLS.documents()
    )
    assert PROTOCOLS.overrides == ()


def test_every_product_that_was_promised_is_there():
    assert set(PROTOCOLS.products) == SHIPPED
    assert {p.name for p in PRODUCTS if p.investigational is not None} == INVESTIGATIONAL
    assert PROTOCOLS.product("Tecvayli").name == "teclistamab"
    assert PROTOCOLS.product("abecma").name == "ide-cel"
    assert PROTOCOLS.product("Lunsumio VELO").name == "mosunetuzumab-sc"
    assert PROTOCOLS.product("CART-ddBCMA").name == "anito-cel"


def in_name_only(path):
    """Where a name or a title is no more than that: at the top, and of a drug's policies."""
    return path == "" or re.fullmatch(r"\.policy\[\d+\]", path)


def numbers_without_source(value, path="", cited=False):
    """Every number, date, yes-or-no and span that no table around it gives a source."""
    if isinstance(value, dict):
        cited = cited or value.keys() >= CITATION
        for key, inner in value.items():
            if key not in CITATION and not (in_name_only(path) and key in ONLY_BY_NAME):
                yield from numbers_without_source(inner, f"{path}.{key}", cited)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from numbers_without_source(inner, f"{path}[{number}]", cited)
    elif not cited and (not isinstance(value, str) or any(sign.isdigit() for sign in value)):
        yield path


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_number_has_source_year_and_verified(path):
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    assert list(numbers_without_source(raw)) == []


def test_the_walk_finds_a_number_without_source():
    bare = {"version": 1, "label": [{"proximity": "14 d", "rems": {"value": True, "source": "x"}}]}
    assert list(numbers_without_source(bare)) == [".label[0].proximity", ".label[0].rems.value"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=by_name)
def test_what_comes_from_memory_or_second_hand_says_so(document):
    told = list(citations(document))
    assert told
    for citation in told:
        assert citation.kind in SOURCE_KINDS
        if "memory" in citation.source and citation.verified:
            pytest.fail(f"{citation.source} is marked as verified")
        if "quoting" in citation.source:
            assert citation.kind == "secondary"
            assert not citation.verified


@pytest.mark.parametrize("document", DOCUMENTS, ids=by_name)
def test_the_digest_is_that_of_the_text(document):
    assert document.digest == sha256(document.text.encode()).hexdigest()


def test_the_files_read_the_same_every_time():
    read.cache_clear()
    assert load_protocols() == PROTOCOLS


def test_the_same_text_is_read_once_and_another_one_again():
    policy = PROTOCOLS.policies["default"]
    again = read(policy.text, "policy/default.toml")
    assert again is read(policy.text, "policy/default.toml")
    assert read(f"{policy.text}\n", "policy/default.toml").digest != again.digest


REMS_UNTIL_2025 = ["ide-cel", "cilta-cel", "axi-cel", "brexu-cel", "tisa-cel", "liso-cel"]


@pytest.mark.parametrize("name", REMS_UNTIL_2025)
def test_the_label_changed_on_26_june_2025(name):
    product = PROTOCOLS.products[name]
    before, after = product.label_on(date(2025, 6, 25)), product.label_on(date(2025, 6, 26))
    assert before.rems.value
    assert not after.rems.value
    assert (before.proximity.value, after.proximity.value) == (timedelta(28), timedelta(14))
    assert (before.no_driving.value, after.no_driving.value) == (timedelta(56), timedelta(14))
    assert after.daily_monitoring.value == timedelta(7)
    assert after.monitoring.value == timedelta(14)
    assert product.label_on(date(2015, 1, 1)) is None


def test_daily_monitoring_before_the_change_differed_by_product_and_indication():
    def days(name, indication=None):
        label = PROTOCOLS.products[name].label_on(date(2025, 1, 1))
        span = label.span("daily_monitoring", indication)
        return None if span is None else span.value.days

    names = [p.name for p in CAR_T if p.name not in INVESTIGATIONAL]
    assert {name: days(name) for name in names} == {
        "ide-cel": 7,
        "cilta-cel": 10,
        "axi-cel": 7,
        "brexu-cel": 7,
        "tisa-cel": None,
        "liso-cel": None,
        "obe-cel": 14,
    }
    assert (days("brexu-cel", "MCL"), days("brexu-cel", "ALL")) == (7, 14)


@pytest.mark.parametrize("product", PRODUCTS, ids=by_name)
def test_what_is_not_approved_has_no_label_and_the_rest_has_one_today(product):
    label = product.label_on(date(2026, 11, 21))
    assert (label is None) == (product.name in INVESTIGATIONAL)
    assert product.label_on(date(2010, 1, 1)) is None


def test_cilta_cel_warns_of_enterocolitis_since_october_2025():
    product = PROTOCOLS.products["cilta-cel"]
    warning = "immune effector cell-associated enterocolitis"
    assert warning not in product.label_on(date(2025, 9, 30)).boxed.value
    assert warning in product.label_on(date(2025, 11, 1)).boxed.value


@pytest.mark.parametrize("product", CAR_T, ids=by_name)
def test_late_events_have_windows_of_their_own(product):
    late = {window.event for window in product.windows if window.course == "late"}
    assert late >= {"iec_hs", "icaht_late", "hypogammaglobulinemia", "second_malignancy"}
    if "BCMA" in product.target:
        assert late >= {"parkinsonism", "cranial_nerve_palsy", "enterocolitis"}
    assert product.window("second_malignancy").holds(36_500)
    assert product.window("myelitis") is None


@pytest.mark.parametrize("product", PRODUCTS, ids=by_name)
def test_every_product_has_windows_for_crs_and_icans_made_by_us(product):
    for event in ("crs", "icans"):
        window = product.window(event)
        assert window.course == "early"
        assert window.holds(0) or product.name == "cilta-cel"
        assert not window.holds(100)
    for window in (*product.windows, *product.dose_windows):
        assert window.citation.kind == "policy", window.event
        assert window.citation.source.startswith("toxmon policy")
    for line in (*product.watches, *product.cadences):
        assert line.citation.kind == "policy", line.what


@pytest.mark.parametrize("product", PRODUCTS, ids=by_name)
def test_a_grade_of_crs_or_icans_calls_for_more(product):
    often = {cadence.event for cadence in product.cadences}
    assert often >= {"crs", "icans"}
    for cadence in product.cadences:
        usual = [watch.every for watch in product.watches if watch.every is not None]
        assert all(cadence.every < every for every in usual if every >= timedelta(hours=12))


@pytest.mark.parametrize("product", PRODUCTS, ids=by_name)
def test_what_is_watched_is_seen_again_before_it_is_stale(product):
    """A finding of the first two weeks that is charted in time, grace included, stays known."""
    fresh_for = PROTOCOLS.policies["default"].policy.fresh_for
    for watch in product.watches:
        if watch.every is not None and watch.every <= timedelta(hours=24):
            for kind in watch.kinds:
                assert watch.every + watch.grace <= fresh_for[kind], (watch.what, kind)


def test_the_default_policy_is_what_the_rules_receive():
    policy = PROTOCOLS.policies["default"].policy
    assert policy.fresh_for["body_temperature"] == timedelta(hours=6)
    assert policy.fresh_for["ice_score"] == timedelta(hours=14)
    assert policy.fresh_for["vasopressors"] == policy.fresh_for["oxygen_device"]
    assert policy.fresh_for["vasopressors"] == timedelta(hours=12)
    assert policy.quiet_period == timedelta(hours=24)
    assert policy.hypoxia_saturation_below == 90
    assert (policy.name, policy.version) == ("default", 3)
    assert policy.digest == PROTOCOLS.policies["default"].digest


def test_every_kind_grows_old_but_those_that_were_thought_of():
    assert set(KINDS) - set(PROTOCOLS.policies["default"].policy.fresh_for) == NEVER_GROWS_OLD


@pytest.mark.parametrize(
    ("age", "systolic", "mean"),
    [
        ("0.05", 60, None),
        ("0.5", 70, None),
        ("1", 72, None),
        ("1.99", 72, None),
        ("9.9", 88, None),
        ("10", 90, None),
        ("17.9", 90, None),
        ("18", 90, 65),
        ("80", 90, 65),
    ],
)
def test_hypotension_is_read_by_age(age, systolic, mean):
    bound = PROTOCOLS.policies["default"].policy.pressure_bound(Decimal(age))
    assert (bound.systolic_below, bound.mean_below) == (systolic, mean)


def test_the_page_about_the_form_is_not_stale():
    root = Path(__file__).parents[2]
    generator = run_path(str(root / "docs" / "generate" / "protocols.py"))
    assert (root / "protocols" / "README.md").read_text(encoding="utf-8") == generator["page"](), (
        "run: python docs/generate/protocols.py"
    )


def test_no_year_lies_in_the_future_of_the_files():
    latest = datetime(2026, 12, 31, tzinfo=UTC).year
    assert all(citation.year <= latest for p in PRODUCTS for citation in citations(p))
