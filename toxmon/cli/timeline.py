"""The course of a patient in a terminal: grades, doses and readings as lines of text, or as a file.

The lines are from the same picture that the page draws; a file is that picture itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from toxmon.cli.console import Misused, Wrong, read_here, service_over_a_record

if TYPE_CHECKING:
    from toxmon.actions import Service
    from toxmon.drawing import Lane, Picture, Series

WIDTH = 72
SIGNS = ".1234"
UNKNOWN = "?"
RANGES = ("24h", "72h", "7d", "14d", "d30", "all")


@click.command()
@click.argument("patient")
@click.option("--range", "name", type=click.Choice(RANGES), default="72h", show_default=True)
@click.option("--svg", type=click.Path(path_type=Path), help="Also draw it, as SVG.")
@click.option("--pdf", type=click.Path(path_type=Path), help="Also draw it, as PDF.")
@click.option("--json", "as_json", is_flag=True, help="The grades, doses and readings as JSON.")
def timeline(patient: str, name: str, svg: Path | None, pdf: Path | None, as_json: bool) -> None:
    """What happened to PATIENT: grades over time, doses, the latest readings.

    PATIENT is our id, SYSTEM|VALUE, or a number alone. The same picture as the page of the course.
    """
    found = read_here(service_over_a_record())
    picture = _picture(found, patient, name)
    if svg is not None or pdf is not None:
        _files(picture, svg, pdf)
    if as_json:
        click.echo(json.dumps(_plain(picture), ensure_ascii=False))
        return
    for line in lines(picture):
        click.echo(line)


def _picture(service: Service, patient: str, name: str) -> Picture:
    from toxmon.actions import Actor
    from toxmon.actions.course import course
    from toxmon.cli.patient import found_patient
    from toxmon.drawing.record import Seen
    from toxmon.drawing.stretch import stretch

    operator = Actor("operator", "operator at the terminal", "operator")
    read = course(service, operator, found_patient(service, patient), stretch(name))
    newest = read.treatment
    policy = (
        service.policy(newest.treatment["policy_edition"])
        if newest
        else service.protocols.policies[service.policy_name].policy
    )
    title = "Course over time" + (f", {newest.treatment['product']}" if newest else "")
    return Seen(read, service.zone, policy).picture(title)


def _files(picture: Picture, svg: Path | None, pdf: Path | None) -> None:
    from toxmon.drawing import draw, style

    if svg is not None:
        _write(svg, draw(picture, 1180, "course").encode())
    if pdf is not None:
        try:
            program = import_module("weasyprint")
        except (ImportError, OSError) as error:
            raise Misused(
                f"no PDF can be made here ({error}); install toxmon[pdf], or use --svg"
            ) from error
        drawn = draw(picture, 780, "course", styles=style.resolved())
        page = (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            f"<title>{click.unstyle(picture.title)}</title><style>@page{{size:A4;margin:10mm}}"
            "svg{display:block;width:100%;height:auto}h1{font:bold 12pt DejaVu Sans}</style></head>"
            f"<body><h1>Course over time</h1>{drawn}</body></html>"
        )
        _write(pdf, program.HTML(string=page).write_pdf(pdf_variant="pdf/ua-1"))


def _write(path: Path, body: bytes) -> None:
    try:
        path.write_bytes(body)
    except OSError as error:
        raise Misused(f"{path} cannot be written: {error.strerror}") from error
    click.echo(f"drawn in {path}", err=True)


def lines(picture: Picture) -> Iterator[str]:
    """The picture as text. Each sign of a lane is the highest certain grade of its stretch."""
    if picture.seconds <= 0:
        raise Wrong("the stretch has no length")
    yield f"{picture.title}, {picture.when(picture.start)} to {picture.when(picture.end)}"
    yield f"{'':<16}{_days(picture)}"
    for lane in picture.lanes:
        yield f"{lane.title:<16}{_signs(lane, picture)}  {lane.now}"
    for drug in dict.fromkeys(dose.drug for dose in picture.doses):
        row = [" "] * WIDTH
        given = [dose for dose in picture.doses if dose.drug == drug]
        for number, dose in enumerate(given, start=1):
            row[_place(picture, dose.at)] = str((dose.number or number) % 10)
        yield f"{drug.replace('_', ' ')[:15]:<16}{''.join(row)}  {len(given)} in view"
    yield f"{'':<16}. grade 0   {UNKNOWN} not gradable   blank: no grade"
    for series in picture.series:
        yield _series(series, picture)
    yield from picture.notes


def _signs(lane: Lane, picture: Picture) -> str:
    row = [" "] * WIDTH
    for segment in lane.segments:
        sign = UNKNOWN if segment.unknown else SIGNS[min(segment.low, len(SIGNS) - 1)]
        for place in range(_place(picture, segment.start), _place(picture, segment.end) + 1):
            # Of two grades in one place the higher is shown; a question never hides a grade.
            if (
                row[place] == " "
                or (sign != UNKNOWN and row[place] in f"{UNKNOWN}.")
                or (sign.isdecimal() and row[place].isdecimal() and sign > row[place])
            ):
                row[place] = sign
    return "".join(row)


def _days(picture: Picture) -> str:
    from toxmon.drawing.axis import Axis
    from toxmon.drawing.layout import Layout

    row = [" "] * (WIDTH + 8)
    end = -1
    axis = Axis(picture, Layout(WIDTH * 8 + 10, 0, 0, 0, 0, 0, 11, 0, 0))
    for tick in axis.ticks():
        place, label = int(tick.x / 8), tick.label
        if place > end and place + len(label) <= len(row):
            row[place : place + len(label)] = label
            end = place + len(label)
    return "".join(row).rstrip()


def _series(series: Series, picture: Picture) -> str:
    if series.latest_at is None:
        return f"{series.title:<16}not measured"
    when = picture.when(series.latest_at)
    before = f", was {series.previous}" if series.previous else ""
    values = [value for _, value in series.points]
    seen = f"; {len(values)} in view" + (
        f" from {min(values):g} to {max(values):g}" if values else ""
    )
    return f"{series.title:<16}{series.latest} {series.unit} ({when}){before}{seen}"


def _place(picture: Picture, at: datetime) -> int:
    share = (at - picture.start).total_seconds() / picture.seconds
    return min(max(int(share * WIDTH), 0), WIDTH - 1)


def _plain(picture: Picture) -> dict[str, Any]:
    return {
        "from": picture.start.isoformat(),
        "to": picture.end.isoformat(),
        "lanes": [
            {
                "title": lane.title,
                "now": lane.now,
                "segments": [
                    {
                        "from": each.start.isoformat(),
                        "to": each.end.isoformat(),
                        "low": each.low,
                        "high": each.high,
                        "because": each.words,
                    }
                    for each in lane.segments
                ],
            }
            for lane in picture.lanes
        ],
        "doses": [
            {"at": dose.at.isoformat(), "drug": dose.drug, "says": dose.words}
            for dose in picture.doses
        ],
        "series": [
            {
                "title": series.title,
                "unit": series.unit,
                "points": [[at.isoformat(), value] for at, value in series.points],
            }
            for series in picture.series
        ],
    }
