"""Grade findings, a cohort, or a whole record, from a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import BinaryIO

import click

from toxmon.cli.console import Misused, Wrong


class Scale(click.ParamType[str]):
    """The name of a scale. What is none is answered with all there are."""

    name = "scale"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name, when there is such a scale."""
        from toxmon.scales import SCALES

        if value not in SCALES:
            self.fail(f"{value!r} is not a scale.\n\n{_listed()}", param, ctx)
        return value

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:
        """What is said when no scale is named."""
        return _listed()


def _listed() -> str:
    from toxmon.scales import SCALES

    width = max(map(len, SCALES))
    lines = [f"  {name:<{width}}  {each.scale.title}" for name, each in SCALES.items()]
    return "\n".join(["Scales:", *lines])


@click.command()
@click.argument("scale", type=Scale())
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--method", metavar="NAME|both", help="How a scale that counts by day is graded.")
@click.option("--ledger", is_flag=True, help="Tell the days too: counted, filled in, missing.")
@click.option("--json", "as_json", is_flag=True, help="Answers as JSON lines.")
def grade(scale: str, file: BinaryIO, method: str | None, ledger: bool, as_json: bool) -> None:
    """Grade findings from FILE by SCALE; - is standard input.

    FILE is one JSON object, JSON lines, or CSV with a finding a column. For the scales that count
    by day it may be CSV with a count a line, and is answered as CSV: id,day,anc_per_ul.
    """
    from toxmon.cli.graded import Asked, grade_file
    from toxmon.cohort import RULES, FileError

    rule = RULES.get(scale)
    if rule is None and (method or ledger):
        known = ", ".join(RULES)
        raise click.UsageError(f"--method and --ledger are for scales that count by day: {known}")
    methods: tuple[str, ...] = ()
    if rule is not None and method is not None:
        short = {each.rpartition("/")[2]: (each,) for each in rule.methods}
        named = {**short, **{each: (each,) for each in rule.methods}, "both": rule.methods}
        if method not in named:
            known = ", ".join((*rule.methods, "both"))
            raise click.BadParameter(
                f"{method!r} is none; known are {known}", param_hint="--method"
            )
        methods = named[method]
    try:
        grade_file(Asked(scale, methods, ledger, as_json), file)
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
