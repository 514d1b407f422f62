"""The ward in a terminal: a board, what is due, what sounds. The same that the API tells.

Priorities and states stand in words and signs, so that nothing is lost without color.
"""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

import click

from toxmon.cli.console import Misused, Wrong, read_here, service_over_a_record
from toxmon.clock import elapsed

if TYPE_CHECKING:
    from toxmon.actions import Actor, Service

EVERY_S = 2.0
CLEAR = "\x1b[H\x1b[2J\x1b[3J"
NARROWEST = 40
SIGNS = {"high": "!!!", "medium": "!! ", "low": "!  "}
COLORS = {"high": "red", "medium": "yellow", "low": "cyan"}
NOT_MONITORED = "NOT MONITORED"

Plain = dict[str, Any]
Read = Callable[["Service", "Actor"], Plain]
Lines = Callable[[Plain, tzinfo], Iterable[str]]


def _unit(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--unit", help="One ward; default is every one."),
        click.option("--watch", is_flag=True, help="Draw it again every 2 seconds; Ctrl-C ends."),
        click.option("--json", "as_json", is_flag=True, help="As the API tells it."),
    ):
        command = option(command)
    return command


@click.command()
@_unit
def ward(unit: str | None, watch: bool, as_json: bool) -> None:
    """Everybody who is watched, the most urgent first.

    The same as GET /api/v1/board. On top stands what is wrong with the watch itself.
    """

    def read(found: Service, operator: Actor) -> Plain:
        from toxmon.api.board import plain_board

        return plain_board(found, operator, unit, found.clock())

    _show(read, _ward_lines, watch, as_json)


@click.command()
@_unit
def due(unit: str | None, watch: bool, as_json: bool) -> None:
    """What is due, late and overdue, the longest first.

    The same as GET /api/v1/checks.
    """

    def read(found: Service, operator: Actor) -> Plain:
        from toxmon.api.checks import plain_unit

        return plain_unit(found, operator, unit, None, found.clock())

    _show(read, _due_lines, watch, as_json)


@click.command()
@_unit
def alerts(unit: str | None, watch: bool, as_json: bool) -> None:
    """The open alerts, the most urgent first, then the longest standing.

    The same as GET /api/v1/alerts.
    """

    def read(found: Service, operator: Actor) -> Plain:
        from toxmon.api.alerts import every_open

        return every_open(found, operator, unit)

    _show(read, _alert_lines, watch, as_json)


def _show(read: Read, lines: Lines, watch: bool, as_json: bool) -> None:
    from toxmon.actions import Actor

    if watch and as_json:
        raise Misused("--watch draws on a terminal; leave out --json")
    found = read_here(service_over_a_record())
    operator = Actor("operator", "operator at the terminal", "operator")
    if as_json:
        _print_json(_read(read, found, operator))
    elif not watch:
        _print(_drawn(lines(_named(found, _read(read, found, operator)), found.zone)))
    else:
        try:
            _keep_drawing(read, lines, found, operator)
        except KeyboardInterrupt:
            click.echo("")


def _keep_drawing(read: Read, lines: Lines, found: Service, operator: Actor) -> None:
    """Draw it again and again. A record that cannot be reached is said, and asked for again."""
    while True:
        began = elapsed()
        try:
            drawn = _drawn(lines(_named(found, _read(read, found, operator)), found.zone))
        except Wrong as error:
            drawn = click.style(error.message, fg="red", bold=True)
        _print(drawn, anew=True)
        time.sleep(max(0.0, EVERY_S - (elapsed() - began)))


def _read(read: Read, found: Service, operator: Actor) -> Plain:
    from toxmon.store import StoreError

    try:
        return read(found, operator)
    except StoreError as error:
        raise Wrong(f"{NOT_MONITORED}: the record cannot be reached: {error}") from error


def _named(found: Service, plain: Plain) -> Plain:
    """With where and who in each item: a ward knows its patients by bed and number."""
    from toxmon.actions.ahead import of_heads
    from toxmon.api.checks import bed
    from toxmon.store import patients

    now = found.clock()
    known: dict[str, str] = {}
    with found.store.reading():
        for patient_id in {each["patient_id"] for each in plain["items"]} - {None}:
            heads = patients.heads(found.store, patient_id)
            numbers = [each["value"] for each in patients.identifiers(found.store, patient_id)]
            ahead = of_heads(found, patient_id, heads, now)
            lies_in = bed(ahead[-1], now) if ahead else None
            where = f"{heads[0]['unit']}/{lies_in}" if lies_in else heads[0]["unit"]
            known[patient_id] = f"{where} {(numbers or [patient_id[:8]])[0]}"
    items = [
        {**each, "who": known.get(each["patient_id"], "watch itself")} for each in plain["items"]
    ]
    return {**plain, "items": items}


def _print_json(plain: Plain) -> None:
    from toxmon.api.answers import to_json

    click.echo(to_json(plain))


def _print(drawn: str, *, anew: bool = False) -> None:
    if anew and sys.stdout.isatty():
        click.echo(CLEAR, nl=False)
    click.echo(drawn, color=False if os.environ.get("NO_COLOR") else None)


def _drawn(lines: Iterable[str]) -> str:
    """The lines, folded under themselves where they are wider than the terminal."""
    if not sys.stdout.isatty():  # Whoever reads it line by line finds an alert in one line.
        return "\n".join(lines)
    width = max(NARROWEST, shutil.get_terminal_size().columns)
    return "\n".join(folded for line in lines for folded in _folded(line, width))


def _folded(line: str, width: int) -> Iterator[str]:
    bare = click.unstyle(line)
    if len(bare) <= width:
        yield line
        return
    before, _, after = line.partition(bare)
    margin = " " * (len(bare) - len(bare.lstrip()) + 4)
    for each in textwrap.wrap(bare, width, subsequent_indent=margin):
        yield f"{before}{each}{after}"


def _ward_lines(plain: Plain, zone: tzinfo) -> Iterable[str]:
    yield click.style(f"Ward at {_clock(plain['at'], zone)}", bold=True)
    for reason in plain["not_monitored"]:
        said = reason if reason.startswith(NOT_MONITORED) else f"{NOT_MONITORED}: {reason}"
        yield click.style(said, fg="red", bold=True)
    yield from (_alert(each, zone, "watch itself") for each in plain["technical"])
    if not plain["items"]:
        yield "nobody is watched here"
    for place in plain["items"]:
        treatment = place["treatment"]
        grades = "  ".join(
            f"{scale.upper()} {level['says'] if level else 'not charted'}"
            for scale, level in place["grades"].items()
        )
        yield ""
        yield click.style(
            f"{place['who']:<24} {treatment['product']} day {treatment['day']}  {grades}", bold=True
        )
        yield from (_alert(each, zone) for each in place["alerts"])
        for check in place["waiting"]:
            yield _check(check, zone)
        if place["next"] is not None:
            check = place["next"]
            yield f"    next     {check['what']} at {_clock(check['due_at'], zone)}"


def _due_lines(plain: Plain, zone: tzinfo) -> Iterable[str]:
    if not plain["items"]:
        yield "nothing is due"
    for check in plain["items"]:
        yield f"{check['who']:<24}{_check(check, zone)}"


def _alert_lines(plain: Plain, zone: tzinfo) -> Iterable[str]:
    if not plain["items"]:
        yield "no alert is open"
    for each in plain["items"]:
        yield _alert(each, zone, each["who"])


def _alert(each: Plain, zone: tzinfo, who: str = "") -> str:
    priority = each["priority"]
    line = (
        f"    {SIGNS[priority]} {priority.upper():<6} {who + '  ' if who else ''}{each['title']}"
        f"  [{_state(each, zone)}] since {_clock(each['raised_at'], zone)}: {each['says']}"
    )
    return click.style(line, fg=COLORS[priority], bold=each["signal"] == "sounding")


def _state(each: Plain, zone: tzinfo) -> str:
    """The state, who has it until when, or when the next step of its chain is due."""
    state: str = each["state"].replace("_", " ")
    if (taken := each["acknowledgement"]) is not None and each["holder"] is not None:
        return f"{state} by {each['holder']} until {_clock(taken['until'], zone)}"
    if each["until"] is not None:
        return f"{state} until {_clock(each['until'], zone)}"
    if each["next_step_at"] is not None:
        return f"{state}, next step {_clock(each['next_step_at'], zone)}"
    return state


def _check(check: Plain, zone: tzinfo) -> str:
    missing = f", missing {', '.join(check['missing'])}" if check["missing"] else ""
    return f"    {check['state']:<8} {check['what']}, due {_clock(check['due_at'], zone)}{missing}"


def _clock(at: Any, zone: tzinfo) -> str:
    instant = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    return f"{instant.astimezone(zone):%d %b %H:%M}"
