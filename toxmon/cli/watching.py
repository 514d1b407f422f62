"""The ward in a terminal: a board, what is due, what sounds. The same that the API tells."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import click

from toxmon.cli.console import Misused, Wrong, service_over_a_record
from toxmon.clock import elapsed

EVERY_S = 2.0
CLEAR = "\x1b[H\x1b[2J\x1b[3J"
SIGNS = {"high": "!!!", "medium": "!! ", "low": "!  "}
COLORS = {"high": "red", "medium": "yellow", "low": "cyan"}


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
    """Everybody who is watched, the most urgent first."""
    _show(lambda found: _board(found, unit), _ward_lines, watch, as_json)


@click.command()
@_unit
def due(unit: str | None, watch: bool, as_json: bool) -> None:
    """What is due, late and overdue, the longest first."""
    _show(lambda found: _board(found, unit), _due_lines, watch, as_json, "waiting")


@click.command()
@_unit
def alerts(unit: str | None, watch: bool, as_json: bool) -> None:
    """The open alerts, the most urgent first."""
    _show(lambda found: _board(found, unit), _alert_lines, watch, as_json, "alerts")


def _show(
    read: Callable[[Any], dict[str, Any]],
    lines: Callable[[dict[str, Any], Any], Iterable[str]],
    watch: bool,
    as_json: bool,
    only: str | None = None,
) -> None:
    if watch and as_json:
        raise Misused("--watch draws on a terminal; leave out --json")
    found = service_over_a_record()
    while True:
        began = elapsed()
        plain = read(found)
        if as_json:
            chosen = plain if only is None else _only(plain, only)
            click.echo(json.dumps(chosen, default=datetime.isoformat, indent=1))
            return
        text = "\n".join(lines(plain, found.zone))
        click.echo(f"{CLEAR if watch else ''}{text}")
        if not watch:
            return
        try:
            time.sleep(max(0.0, EVERY_S - (elapsed() - began)))
        except KeyboardInterrupt:
            return


def _only(plain: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """One part of the board as a flat list."""
    return [
        {"patient_id": place["patient_id"], "unit": place["unit"], "bed": place["bed"], **each}
        for place in plain["items"]
        for each in place[name]
    ] + (plain["technical"] if name == "alerts" else [])


def _board(found: Any, unit: str | None) -> dict[str, Any]:
    from toxmon.actions import Actor
    from toxmon.actions.board import board
    from toxmon.api.board import plain_place
    from toxmon.api.told import plain_alert
    from toxmon.store import StoreError

    operator = Actor("operator", "operator at the terminal", "operator")
    now = found.clock()
    try:
        places, technical = board(found, operator, unit, now)
    except StoreError as error:
        raise Wrong(f"NOT MONITORING: the record cannot be reached: {error}") from error
    return {
        "at": now,
        "items": [plain_place(found, place, now) for place in places],
        "technical": [plain_alert(standing, row) for standing, row in technical],
    }


def _ward_lines(plain: dict[str, Any], zone: Any) -> Iterable[str]:
    yield click.style(f"Ward at {_clock(plain['at'], zone)}", bold=True)
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
            f"{_who(place):<24} {treatment['product']} day {treatment['day']}  {grades}", bold=True
        )
        yield from (_alert(each, zone) for each in place["alerts"])
        for check in place["waiting"]:
            yield _check(check, zone)
        if place["next"] is not None:
            check = place["next"]
            yield f"    next     {check['what']} at {_clock(check['due_at'], zone)}"


def _due_lines(plain: dict[str, Any], zone: Any) -> Iterable[str]:
    waiting = [(place, check) for place in plain["items"] for check in place["waiting"]]
    order = ("overdue", "late", "due")
    waiting.sort(key=lambda one: (order.index(one[1]["state"]), one[1]["due_at"]))
    if not waiting:
        yield "nothing is due"
    for place, check in waiting:
        yield f"{_who(place):<24}{_check(check, zone)}"


def _alert_lines(plain: dict[str, Any], zone: Any) -> Iterable[str]:
    found = [(place, each) for place in plain["items"] for each in place["alerts"]]
    order = list(SIGNS)
    found.sort(key=lambda one: (order.index(one[1]["priority"]), one[1]["raised_at"]))
    yield from (_alert(each, zone, "watch itself") for each in plain["technical"])
    if not found and not plain["technical"]:
        yield "no alert is open"
    for place, each in found:
        yield _alert(each, zone, _who(place))


def _who(place: dict[str, Any]) -> str:
    """Where and who; the board hangs in the ward, so the number and no name."""
    number = place["identifiers"][0]["value"] if place["identifiers"] else place["patient_id"][:8]
    where = f"{place['unit']}/{place['bed']}" if place["bed"] else place["unit"]
    return f"{where} {number}"


def _alert(each: dict[str, Any], zone: Any, who: str = "") -> str:
    priority = each["priority"]
    state = each["state"].replace("_", " ")
    line = (
        f"    {SIGNS[priority]} {priority.upper():<6} {who + '  ' if who else ''}{each['title']}"
        f"  [{state}] since {_clock(each['raised_at'], zone)}: {each['says']}"
    )
    return click.style(line, fg=COLORS[priority], bold=each["signal"] == "sounding")


def _check(check: dict[str, Any], zone: Any) -> str:
    missing = f", missing {', '.join(check['missing'])}" if check["missing"] else ""
    return f"    {check['state']:<8} {check['what']}, due {_clock(check['due_at'], zone)}{missing}"


def _clock(at: Any, zone: Any) -> str:
    instant = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    return f"{instant.astimezone(zone):%d %b %H:%M}"
