"""Grade findings, or a whole record, from a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from toxmon.cli.console import Misused, Wrong


@click.command()
@click.argument("scale")
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--json", "as_json", is_flag=True, help="Answers as JSON lines.")
def grade(scale: str, file: Any, as_json: bool) -> None:
    """Grade findings from FILE: one JSON object, JSON lines, or CSV; - is standard input."""
    from toxmon.findings_file import FileError, graded
    from toxmon.scales import SCALES

    if scale not in SCALES:
        known = ", ".join(SCALES)
        raise click.BadParameter(f"{scale!r} is not a scale; known are {known}", param_hint="SCALE")
    try:
        for answer in graded(scale, file.read()):
            if as_json:
                click.echo(json.dumps(answer))
            else:
                click.echo(_in_words(answer))
    except FileError as error:
        raise Wrong(str(error)) from error


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--product", help="If the file does not name it.")
@click.option("--plot", type=click.Path(path_type=Path), help="Also draw it, as SVG.")
@click.option("--json", "as_json", is_flag=True)
def course(file: Path, product: str | None, plot: Path | None, as_json: bool) -> None:
    """Grade a whole record from FILE (CSV or JSON lines) over time; no server is needed."""
    from toxmon import course_file
    from toxmon import plot as drawing

    try:
        record = course_file.read_record(file, product=product)
        steps = course_file.steps(record)
    except course_file.RecordError as error:
        raise Wrong(str(error)) from error
    if as_json:
        click.echo(json.dumps(course_file.as_json(record, steps)))
    else:
        click.echo(course_file.table(record, steps))
    if plot is not None:
        try:
            plot.write_text(drawing.svg(record, steps), encoding="utf-8")
        except OSError as error:
            raise Misused(f"{plot} cannot be written: {error.strerror}") from error
        click.echo(f"drawn in {plot}", err=True)


def _in_words(answer: dict[str, Any]) -> str:
    because = "; ".join(reason["text"] for reason in answer["because"])
    whose = f"{answer['id']}: " if "id" in answer else ""
    words = f"{whose}{answer['scale'].upper()} {answer['says']}: {because}"
    if answer["missing"]:
        words += f" (missing: {', '.join(answer['missing'])})"
    return words
