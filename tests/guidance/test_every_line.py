"""Every line of every document reaches some patient with its source, and holds what it promises."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.guidance.make import DOCUMENTS, INFUSED, PROTOCOLS, advised, case, told
from toxmon.guidance.advice import CERTAIN
from toxmon.guidance.case import EVENTS_OF, SCALE_OF, Case, Standing, Weight
from toxmon.guidance.conditions import DOES_NOT, HOLDS
from toxmon.guidance.lines import Sourced, sourced
from toxmon.guidance.plain import plain_advice
from toxmon.protocol import Product
from toxmon.protocol.advised_words import plain

PRODUCTS = [each for each in PROTOCOLS.products.values() if each.management]
SPOKEN_OF = {event for events in EVENTS_OF.values() for event in events}


def every_line() -> Iterator[tuple[Sourced, int, Product | None]]:
    """Each line at each of its grades, with a product that has it where it is a label's."""
    for each in sourced(DOCUMENTS, None):
        for grade in each.line.grades:
            yield each, grade, None
    for product in PRODUCTS:
        for each in sourced((), product):
            if each.line.event in SPOKEN_OF:
                yield from ((each, grade, product) for grade in each.line.grades if grade < 5)


def scale_of(event: str) -> str:
    return next(scale for scale, events in EVENTS_OF.items() if event in events)


def met(each: Sourced, grade: int, product: Product | None) -> Case:
    """A patient who meets every condition that a chart can meet."""
    line = each.line
    if product is None:
        named = [*line.products, *(["axi-cel"] if line.high_risk else []), "ide-cel"]
        product = PROTOCOLS.products[named[0]]
    onset = INFUSED + (line.onset_from or timedelta(hours=1))
    day = line.from_day or 0
    at = max(INFUSED + timedelta(days=day), onset + (line.persistent_for or timedelta()))
    at += timedelta(hours=1)
    standing = {scale_of(line.event): Standing(low=grade, high=grade, onset_at=onset)}
    standing |= {SCALE_OF[event]: Standing(low=1, high=1) for event in line.with_events}
    standing |= {SCALE_OF[event]: Standing(low=0, high=0) for event in line.without}
    age = line.from_age if line.from_age is not None else Decimal(9)
    return replace(
        case(""), at=at, day=(at.date() - INFUSED.date()).days, product=product,
        age_years=age, standing=standing, given=dict.fromkeys(line.given, at),
    )  # fmt: skip


LINES = list(every_line())


def test_there_are_lines_of_every_kind() -> None:
    assert len(LINES) > 200
    assert {each.body for each, _, _ in LINES} >= {"ASCO", "NCCN digest", "cilta-cel label"}


@pytest.mark.parametrize("name", sorted({each.id.split("#")[0] for each, _, _ in LINES}))
def test_every_line_is_reached_and_cited(name: str) -> None:
    for each, grade, product in LINES:
        if each.id.split("#")[0] != name:
            continue
        patient, scale = met(each, grade, product), scale_of(each.line.event)
        advice = advised(patient, scale)
        found = [line for line in told(advice, scale).lines if line.sourced.id == each.id]
        assert len(found) == 1, (each.id, grade)
        assert found[0].certainty == CERTAIN
        open_ = {c.says for c in found[0].conditions if c.state != HOLDS}
        assert open_ <= {each.line.only_if}, each.id
        citation = each.line.citation
        source = {
            "source": citation.source, "year": citation.year, "kind": citation.kind,
            "verified": citation.verified,
        }  # fmt: skip
        (syndrome,) = (*(said := plain_advice(advice, "p"))["open"], *said["watched"])
        shown = [
            line
            for section in syndrome["sections"]
            for line in section["lines"]
            if line["id"] == each.id
        ]
        assert [(line["text"], line["source"]) for line in shown] == [(each.line.text, source)]


def test_every_text_that_was_not_read_is_told() -> None:
    for document in DOCUMENTS:
        for each in document.not_read:
            scale, grade = scale_of(each.event), each.grades[0]
            patient = replace(case(""), standing={scale: Standing(low=grade, high=grade)})
            assert (document, each) in told(advised(patient, scale), scale).not_read


def test_every_number_of_a_dose_stands_in_the_text_of_its_line() -> None:
    checked = 0
    for each, _, _ in LINES:
        for dose in each.line.doses:
            numbers = (dose.amount, dose.amount_high, dose.cap, dose.cap_day)
            written = set(re.findall(r"\d+(?:\.\d+)?", each.line.text))
            wanted = {plain(number) for number in numbers if number is not None}
            assert wanted <= written, (each.id, wanted - written)
            checked += bool(wanted)
    assert checked > 90


def test_no_line_of_a_document_is_told_of_a_text_as_verified_that_was_not_read() -> None:
    for each, _, _ in LINES:
        citation = each.line.citation
        told_by_others = ("memory", "digest", "third party", "second-hand", "our placing")
        if any(word in citation.source for word in told_by_others):
            assert not citation.verified, each.id


grades = st.tuples(st.integers(0, 4), st.integers(0, 4)).map(sorted)
hours = st.none() | st.integers(0, 500)
standings = st.dictionaries(
    st.sampled_from(list(EVENTS_OF)),
    st.builds(
        lambda pair, onset: Standing(
            low=pair[0],
            high=pair[1],
            onset_at=None if onset is None else INFUSED + timedelta(hours=onset),
        ),
        grades,
        hours,
    ),
    max_size=4,
)
weights = st.none() | st.builds(
    lambda kg, fresh: Weight(kg=kg, at=INFUSED, fresh=fresh),
    st.decimals(3, 200, places=1),
    st.booleans(),
)
cases = st.builds(
    lambda standing, weight, product, age, day: replace(
        case(""),
        at=INFUSED + timedelta(days=day, hours=1),
        day=day,
        product=product,
        standing=standing,
        weight=weight,
        age_years=age,
        rules={},
    ),
    standings,
    weights,
    st.none() | st.sampled_from(list(PROTOCOLS.products.values())),
    st.none() | st.integers(0, 90).map(Decimal),
    st.integers(0, 400),
)


@settings(max_examples=25)
@given(cases)
def test_what_holds_at_any_grade_holds_at_each_one(patient: Case) -> None:
    advice = advised(patient)
    for syndrome in advice.open:
        at_each = [
            {
                each.sourced.id
                for each in told(
                    advised(
                        replace(
                            patient,
                            standing={
                                **patient.standing,
                                syndrome.scale: replace(
                                    patient.standing[syndrome.scale],
                                    low=grade, high=grade, is_open=True,
                                ),
                            },
                        )
                    ),
                    syndrome.scale,
                ).lines
            }
            for grade in syndrome.grades
        ]  # fmt: skip
        certain = {each.sourced.id for each in syndrome.lines if each.certainty == CERTAIN}
        assert certain == set.intersection(*at_each)
        assert {each.sourced.id for each in syndrome.lines} == set.union(*at_each)


@settings(max_examples=25)
@given(cases)
def test_doses_sources_and_conditions(patient: Case) -> None:
    advice = advised(patient)
    fresh = patient.weight is not None and patient.weight.fresh
    for syndrome in (*advice.open, *advice.watched):
        for each in syndrome.ruled_out:
            assert any(condition.state == DOES_NOT for condition in each.conditions)
            assert each.doses == ()
        for each in syndrome.lines:
            assert all(condition.state != DOES_NOT for condition in each.conditions)
            assert set(each.at_grades) <= set(syndrome.grades)
            for dose in each.doses:
                if dose.advised.per_kg:
                    assert (dose.low is not None) == (fresh and not dose.checked)
                if dose.low is not None and dose.advised.cap is not None:
                    assert dose.high is not None
                    assert dose.low <= dose.high <= dose.advised.cap
        for difference in syndrome.differences:
            bodies = {side.held.sourced.body for side in difference.sides}
            assert len(bodies) > 1
            applying = {each.sourced.id for each in syndrome.lines}
            assert {side.held.sourced.id for side in difference.sides} <= applying
            pairs = combinations(difference.sides, 2)
            assert any(one.says != other.says for one, other in pairs)
