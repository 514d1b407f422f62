"""The form of `protocols/guidance/*.toml`: what one body advises, line by line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import validates_schema

from toxmon.protocol import guidance as made
from toxmon.protocol.dose_form import AdvisedForm
from toxmon.protocol.events import EVENTS
from toxmon.protocol.faults import Words
from toxmon.protocol.fields import (
    Choice,
    Day,
    LastDay,
    Many,
    Name,
    Number,
    Span,
    Text,
    Whole,
    YesNo,
    blocks,
    names,
    says,
)
from toxmon.protocol.figure_form import EVENT, NOTE
from toxmon.protocol.form import CitedForm, Form, Found, cited, faults_of

GRADES = Many(
    Whole(0, 4, metadata={"write": "1"}),
    **says("at which grades; 0 is while it is not there", "grades = [2, 3]"),
)


def _events(what: str, write: str, key: str) -> Many:
    """A list of events that may be left out; () then."""
    return Many(
        Choice(EVENTS, metadata={"write": '"crs"'}),
        metadata={"says": what, "write": write},
        load_default=(),
        data_key=key,
    )


class LineForm(CitedForm):
    """What the body says for an event at some grades. Support for a clinician, never an order."""

    makes = made.Line
    event = Choice(EVENTS, **EVENT)
    grades = GRADES
    section = Choice(made.SECTIONS, **says("which part of the care it is", 'section = "drug"'))
    topic = Name(
        **says("what it is about: sources are held against each other by it", 'topic = "steroid"')
    )
    position = Choice(
        made.POSITIONS,
        metadata={"says": "what is said of it; left out, advise", "write": 'position = "against"'},
        load_default="advise",
    )
    text = Text(**says("what the source advises", 'text = "Dexamethasone 10 mg every 6 h."'))
    doses = blocks(
        AdvisedForm,
        "the drugs that the text names, with their doses",
        'doses = [{ drug = "dexamethasone", amount = 10, every = "6 h" }]',
    )
    every = Span(**says("how often, of what is watched", 'every = "12 h"', needed=False))
    onset_before = Span(
        **says("only if it began sooner after the infusion", 'onset_before = "72 h"', needed=False)
    )
    onset_from = Span(**says("only if it began then or later", 'onset_from = "72 h"', needed=False))
    persistent_for = Span(
        **says("only if it has lasted longer", 'persistent_for = "72 h"', needed=False)
    )
    products = names("for these products only", 'products = ["axi-cel"]')
    targets = names("for products that bind one of these only", 'targets = ["BCMA"]')
    high_risk = YesNo(
        metadata={
            "says": "only for products that the body calls high-risk",
            "write": "high_risk = true",
        },
        load_default=False,
    )
    from_age = Number(**says("from this age on", "from_age = 18", needed=False))
    below_age = Number(**says("younger than this", "below_age = 18", needed=False))
    with_events = _events("only while these are there too", 'with = ["crs"]', "with")
    without = _events("only while none of these is there", 'without = ["crs"]', "without")
    given = names("only after one of these drugs was given", 'given = ["tocilizumab"]')
    from_day = Day(**says("from this day on", 'from_day = "day 1"', needed=False))
    until_day = LastDay(**says("to this day, inside", 'until_day = "day 30"', needed=False))
    only_if = Text(
        **says(
            "a condition that only a clinician can answer, as it follows the word if",
            'only_if = "it is no better after 24 h"',
            needed=False,
        )
    )
    note = Text(**NOTE)

    @validates_schema(skip_on_field_errors=False)
    def agrees(self, data: dict[str, Any], **_: Any) -> None:
        """No condition that nobody can meet; a line of a label stands with its product."""
        faults_of([*_never(data), *_misplaced(data)])


def _never(data: Mapping[str, Any]) -> Found:
    """Bounds between which nothing lies."""
    for low, high in (("onset_from", "onset_before"), ("from_age", "below_age")):
        if None not in (data.get(low), data.get(high)) and data[low] >= data[high]:
            words = Words(f"nothing lies between {low} and it", f"{high} above {low}")
            return [((high,), words)]
    first, last = data.get("from_day"), data.get("until_day")
    if first is not None and last is not None and last < first:
        return [(("until_day",), Words("it is before from_day", "a day after it"))]
    both = set(data.get("with_events") or ()) & set(data.get("without") or ())
    if both:
        return [(("without",), Words(f"{min(both)} stands in with too", "each in one of them"))]
    return []


def _misplaced(data: Mapping[str, Any]) -> Found:
    if data.get("section") == "label":
        what = "the lines of a label stand in [[management]] of the product"
        return [(("section",), Words(what, 'section = "drug"'))]
    return []


class NotReadForm(CitedForm):
    """What of the text was not read, so that its silence is not taken for an answer."""

    makes = made.NotRead
    event = Choice(EVENTS, **EVENT)
    grades = GRADES
    text = Text(**says("what was not read", 'text = "The page of grade 4 was not read."'))


class GuidanceForm(Form):
    """A whole file of one body's advice."""

    form = Choice(("guidance",), **says("what this file describes", 'form = "guidance"'))
    name = Name(**says("the name, the same as the file's", 'name = "asco-2021"'))
    title = Text(**says("the full name", 'title = "ASCO guideline, 2021"'))
    version = Whole(1, **says("raised by one with every change that matters", "version = 1"))
    body = Text(**says("whose advice it is, in a word", 'body = "ASCO"'))
    about = names(
        "words of the classes of product that the text is about; left out, every one",
        'about = ["CAR T cells"]',
    )
    high_risk = cited(
        Many(
            Text(metadata={"write": '"axi-cel"'}),
            **says("the products", 'value = ["axi-cel"]'),
        ),
        "the products that the body calls high-risk, as far as was read",
        'high_risk = { value = ["axi-cel"], source = "...", year = 2021, '
        'source_kind = "guideline", verified = true }',
    )
    lines = blocks(LineForm, "what it advises", "[[line]]", key="line")
    not_read = blocks(NotReadForm, "what of it was not read", "[[not_read]]")

    @validates_schema(skip_on_field_errors=False)
    def agrees(self, data: dict[str, Any], **_: Any) -> None:
        """There is something in it, and a line for high-risk products has a list of them."""
        found: Found = []
        if data.get("lines") == () and data.get("not_read") == ():
            found.append((("line",), Words("nothing stands in it", "[[line]] or [[not_read]]")))
        for place, line in enumerate(data.get("lines") or ()):
            if isinstance(line, made.Line) and line.high_risk and not data.get("high_risk"):
                words = Words("the file names no products of high risk", "[high_risk]")
                found.append((("line", place, "high_risk"), words))
        faults_of(found)
