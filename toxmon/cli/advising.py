"""`toxmon guidance PATIENT`: what guidelines advise now, in words and within 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from typing import Any

import click

from toxmon.cli.console import Wrong, read_here, service_over_a_record
from toxmon.cli.patient import found_patient

WIDTH = 80
NOT_VERIFIED = "not verified"
CERTAINTY = {"certain": "", "at_lowest": " (at the lowest grade)", "possible": " (possible)"}

Plain = dict[str, Any]


@click.command()
@click.argument("patient")
@click.option("--scale", help="Only these, with commas between them, for every possible grade.")
@click.option("--json", "as_json", is_flag=True, help="As the API tells it.")
def guidance(patient: str, scale: str | None, as_json: bool) -> None:
    """What guidelines and labels advise for PATIENT now, side by side.

    PATIENT is an id, SYSTEM|VALUE, or a number that only one patient has. The same as
    GET /api/v1/patients/PATIENT/guidance. Support for a clinician, never an order.
    """
    from toxmon.actions import Actor, NotFound, Refused
    from toxmon.api.answers import to_json
    from toxmon.api.guidance import asked_scales, told
    from toxmon.cli.console import Misused

    found = read_here(service_over_a_record())
    operator = Actor("operator", "operator at the terminal", "operator")
    try:
        plain = told(found, operator, found_patient(found, patient), asked_scales(scale))
    except NotFound as error:
        raise Wrong(str(error)) from error
    except Refused as error:
        raise Misused(f"--scale: {error.faults[0].detail}") from error
    if as_json:
        click.echo(to_json(plain))
    else:
        click.echo("\n".join(line.rstrip() for line in lines(plain, found.zone)))


def lines(plain: Plain, zone: tzinfo) -> Iterator[str]:
    """The whole answer as a page."""
    sources = Sources()
    treatment = plain["treatment"]
    about = f", {treatment['product']} day {treatment['day']}" if treatment else ""
    yield f"Guidance at {_clock(plain['as_of'], zone)}{about}"
    yield from _wrapped(plain["summary"])
    yield from _wrapped(plain["says"])
    yield from _patient(plain["patient"], zone)
    for syndrome in plain["open"]:
        yield from _syndrome(syndrome, sources)
    if plain["watched"]:
        yield ""
        yield "WHILE IT IS NOT KNOWN TO BE THERE"
        for syndrome in plain["watched"]:
            yield from _watched(syndrome, sources)
    yield ""
    yield "Sources"
    yield from sources.listed()


class Sources:
    """Numbers the sources of the page in the order in which they are cited."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, int, str, bool], int] = {}

    def mark(self, source: Plain) -> str:
        """The mark of a source: "[3]", and whether it was read."""
        key = (source["source"], source["year"], source["kind"], source["verified"])
        number = self._numbers.setdefault(key, len(self._numbers) + 1)
        return f"[{number}]" if source["verified"] else f"[{number}, {NOT_VERIFIED}]"

    def listed(self) -> Iterator[str]:
        """All of them."""
        for (source, year, kind, verified), number in self._numbers.items():
            state = "verified" if verified else NOT_VERIFIED
            yield from _wrapped(f"[{number}] {source}. {year}, {kind}, {state}.", "", "     ")


def _patient(patient: Plain, zone: tzinfo) -> Iterator[str]:
    weight, age = patient["weight"], patient["age_years"]
    years = "age not known" if age is None else f"{age} years"
    if patient["no_weight"]:
        yield from _wrapped(f"{years}; {patient['no_weight'].upper()}")
    else:
        yield from _wrapped(f"{years}, {weight['says']} weighed {_clock(weight['at'], zone)}")
    for drug, at in patient["given"].items():
        yield from _wrapped(f"{drug} was last given {_clock(at, zone)}")


def _watched(syndrome: Plain, sources: Sources) -> Iterator[str]:
    """A syndrome that is not known to be there: of most there is no more than a sentence."""
    if syndrome["sections"]:
        yield from _syndrome({**syndrome, "ruled_out": []}, sources)
    else:
        yield ""
        yield from _wrapped(f"{syndrome['title']}: {syndrome['says']}", "", "  ")


def _syndrome(syndrome: Plain, sources: Sources) -> Iterator[str]:
    yield ""
    title = "\n".join(_wrapped(f"{syndrome['title']}: {syndrome['says']}"))
    yield title
    yield "-" * max(len(line) for line in title.splitlines())
    if (hours := syndrome["hours_after_infusion"]) is not None:
        yield f"began {hours:g} h after the infusion"
    if not syndrome["sections"]:
        yield "No source speaks of this."
    several = len(syndrome["grades"]) > 1
    for section in syndrome["sections"]:
        yield ""
        yield section["section"].upper()
        for line in section["lines"]:
            yield from _line(line, several, sources)
    yield from _differences(syndrome["differences"], several, sources)
    if syndrome["ruled_out"]:
        yield ""
        yield "NOT FOR THIS PATIENT"
        for line in syndrome["ruled_out"]:
            yield from _line(line, several, sources)
    if syndrome["not_read"]:
        yield ""
        yield "NOT READ"
        for each in syndrome["not_read"]:
            mark = sources.mark(each["source"])
            yield from _wrapped(f"{each['body']}: {each['text']} {mark}", "  ", "    ")


def _line(line: Plain, several: bool, sources: Sources) -> Iterator[str]:
    grades = ""
    if several:
        named = ", ".join(str(grade) for grade in line["at_grades"])
        grades = f" grade {named}{CERTAINTY[line['certainty']]}"
    position = "" if line["position"] == "advise" else f" ({line['position']})"
    head = f"{line['body']}{grades}{position}: {line['text']} {sources.mark(line['source'])}"
    yield from _wrapped(head, "  ", "    ")
    words = {"holds": "holds", "does_not_hold": "does NOT hold", "not_known": "not known here"}
    for condition in line["conditions"]:
        yield from _wrapped(f"if {condition['says']}: {words[condition['state']]}", "    ")
    for dose in line["doses"]:
        yield from _dose(dose)
    if line["counts"]:
        yield from _wrapped(f"The source counts: {line['counts']}.", "    ")
    if line["note"]:
        yield from _wrapped(line["note"], "    ")


def _dose(dose: Plain) -> Iterator[str]:
    """What the dose is for this patient. One that is the same for everybody stands in the text."""
    amount = dose["for_patient"]
    if amount is not None and amount["weighed_at"] is not None:
        words = f"-> {dose['drug']} {amount['says']} for this patient ({amount['basis']})"
        yield from _wrapped(words, "    ", "       ")
    elif dose["why_not"]:
        yield from _wrapped(f"-> {dose['drug']}: {dose['why_not']}", "    ", "       ")
    if dose["limits"] and dose["drug"] == "tocilizumab":
        yield "       limits, what is left, next: toxmon toci PATIENT"


def _differences(found: Iterable[Plain], several: bool, sources: Sources) -> Iterator[str]:
    for place, each in enumerate(found):
        if not place:
            yield ""
            yield "WHERE THEY DIFFER"
        grade = f", grade {', '.join(map(str, each['grades']))}" if several else ""
        yield from _wrapped(f"{each['topic'].replace('_', ' ')}{grade}", "  ")
        for side in each["sides"]:
            words = f"{side['body']}: {side['says']} {sources.mark(side['source'])}"
            yield from _wrapped(words, "    ", "      ")


def _wrapped(words: str, first: str = "", later: str | None = None) -> list[str]:
    return textwrap.wrap(
        words,
        WIDTH,
        initial_indent=first,
        subsequent_indent=first if later is None else later,
        break_on_hyphens=False,
    )


def _clock(at: Any, zone: tzinfo) -> str:
    when: datetime = at
    return f"{when.astimezone(zone):%Y-%m-%d %H:%M}"
