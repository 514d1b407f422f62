"""Play a recorded course: what would have alarmed, and what another policy would do to it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from toxmon.cli.console import Misused, Wrong, progress, protocols_at_hand
from toxmon.cli.watching import COLORS, SIGNS
from toxmon.clock import elapsed

if TYPE_CHECKING:
    from toxmon.course_record import Record
    from toxmon.protocol import Alarms
    from toxmon.replay import Burden, Played, Rang

CALLED = "escalated"
WORDS = {
    "raised": "new",
    "reopened": "new again",
    "worsened": "worse",
    "recurred": "back",
    "lapsed": "still so",
    "released": "heard again",
    "withdrawn": "value corrected",
    "returned": "over",
    "watch_ended": "watch ended",
}
"""The events that are printed, and how; --json has all of them."""
SAID = ("raised", "reopened", "worsened", "recurred", "withdrawn")
"""Those that say something new; the others are of an alert that was told."""
SHOWN_RULES = 8
FILES = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@click.argument("file", type=FILES)
@click.option("--product", help="What was infused, if the file does not say so.")
@click.option("--infused-at", metavar="TIME", help="And when: 2026-03-01T10:00:00+01:00.")
@click.option("--unit", default="ward", show_default=True, help="Whose chains are called.")
@click.option("--speed", type=float, help="Course time against real time; default: no waiting.")
@click.option(
    "--answer-after",
    default=5.0,
    show_default=True,
    metavar="MINUTES",
    help="So long an alert sounds until somebody takes it; 0 is nobody, ever.",
)
@click.option("--report", is_flag=True, help="The alarm load, instead of each event.")
@click.option(
    "--alarms",
    "others",
    multiple=True,
    type=FILES,
    help="An alarm policy to hold against yours, beside it in the report; may be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Every event, and the load.")
def replay(
    file: Path,
    product: str | None,
    infused_at: str | None,
    unit: str,
    speed: float | None,
    answer_after: float,
    report: bool,
    others: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Play a recorded course from FILE: what would have alarmed, and whom that would have called.

    FILE is what `toxmon course` reads. It is played through the real service, in a record of its
    own that is removed afterwards; nobody is told. Exit code 1: the file or a policy is wrong.
    """
    from toxmon import replay as playing
    from toxmon.course_file import RecordError, read_record

    if speed is not None and not 0 < speed < float("inf"):
        raise Misused(f"--speed {speed:g} is not above 0; at 3600 an hour passes in a second")
    if not 0 <= answer_after < float("inf"):
        raise Misused(f"--answer-after {answer_after:g} is no number of minutes from 0 on")
    protocols = protocols_at_hand()
    policies = [protocols.alarms["default"], *(_policy(path) for path in others)]
    try:
        course = _begun(read_record(file, product=product), infused_at)
    except RecordError as error:
        raise Wrong(str(error)) from error
    silent = as_json or report
    printer = Printer(course, silent)
    after = timedelta(minutes=answer_after) or None
    played = []
    for number, policy in enumerate(policies):
        first = number == 0
        try:
            one = playing.play(
                course,
                protocols,
                policy,
                answered_after=after,
                unit=unit,
                pace=_paced(speed) if first and speed else _at_once,
                say=printer if first else _nothing,
                progress=progress(f"Playing {policy.name}") if silent or not first else _at_once,
            )
        except playing.NotPlayable as error:
            raise Wrong(f"{file.name}: {error}") from error
        printer.flush()
        played.append(one)
    loads = [playing.burden(each, course.zone) for each in played]
    if as_json:
        click.echo(json.dumps(_plain(course, played, loads), default=datetime.isoformat))
        return
    if report or others:
        for line in _report(course, loads, answer_after):
            click.echo(line)


def _policy(path: Path) -> Alarms:
    from toxmon.protocol import ProtocolError, read_alarms

    try:
        return read_alarms(path.read_text(encoding="utf-8"), path.name)
    except UnicodeDecodeError as error:
        raise Wrong(f"{path.name}: this is not UTF-8 text") from error
    except ProtocolError as error:
        raise Wrong(str(error)) from error


def _begun(course: Record, infused_at: str | None) -> Record:
    """The record with the infusion that is said beside it. Raises Misused."""
    if infused_at is None:
        return course
    if course.infused_at is not None:
        raise Misused("--infused-at: the file names its infusion; leave the option out")
    try:
        at = datetime.fromisoformat(infused_at)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Misused(
            f"--infused-at {infused_at} is no time with an offset; write 2026-03-01T10:00:00+01:00"
        )
    return replace(course, infused_at=at)


def _paced(speed: float) -> Callable[[datetime], None]:
    began: list[tuple[float, datetime]] = []

    def wait(at: datetime) -> None:
        if not began:
            began.append((elapsed(), at))
        start, first = began[0]
        time.sleep(max(0.0, start + (at - first).total_seconds() / speed - elapsed()))

    return wait


def _at_once(*moment: Any) -> None:
    """No waiting, no bar."""


_nothing = _at_once


class Printer:
    """Prints events as they happen. What is told first joins the event that it belongs to."""

    def __init__(self, course: Record, silent: bool) -> None:
        self._course, self._silent = course, silent
        self._waiting: dict[str, Rang] = {}

    def __call__(self, rang: Rang) -> None:
        """Take one event; print it, or wait for whom it calls."""
        if any(rang.at > each.at for each in self._waiting.values()):
            self.flush()
        if rang.event == CALLED:
            before = self._waiting.pop(rang.alert_id, None)
            if before is not None:
                self._print(before, WORDS[before.event], rang.told)
            else:
                again = "told again" if rang.step == 0 else "nobody took it"
                self._print(rang, again, rang.told)
        elif rang.event in WORDS:
            if rang.alert_id in self._waiting:
                self.flush()
            self._waiting[rang.alert_id] = rang

    def flush(self) -> None:
        """Print what called nobody."""
        for each in self._waiting.values():
            self._print(each, WORDS[each.event], ())
        self._waiting.clear()

    def _print(self, rang: Rang, what: str, told: Sequence[str]) -> None:
        if self._silent:
            return
        local = rang.at.astimezone(self._course.zone)
        day = "" if rang.day is None else f"day {rang.day}"
        to = f"  -> {', '.join(role.replace('_', ' ') for role in told)}" if told else ""
        words = f": {rang.says}" if rang.event in SAID else ""
        line = (
            f"{local:%d %b %H:%M}  {day:<7} {self._course.name}  {SIGNS[rang.priority]} "
            f"{rang.priority.upper():<6}  {rang.title}  [{what}]{words}{to}"
        )
        loud = bool(told)
        click.echo(click.style(line, fg=COLORS[rang.priority] if loud else None, dim=not loud))


def _report(course: Record, loads: Sequence[Burden], answer_after: float) -> Iterable[str]:
    from toxmon.replay import BUDGET

    mine = loads[0]
    taken = f"taken after {answer_after:g} min" if answer_after else "taken by nobody"
    yield click.style(
        f"{course.name}: {mine.patient_days:.1f} patient-days after {course.product}, each alert "
        f"{taken}",
        bold=True,
    )
    names = [load.policy for load in loads]
    if len(set(names)) < len(names):
        names = [f"{name} ({number})" for number, name in enumerate(names, start=1)]
    yield _columns("", names)
    for title, of in (("alerts", "alerts"), ("calls", "calls"), ("steps further", "steps")):
        for priority in mine.alerts:
            cells = [load.a_day(getattr(load, of), priority) for load in loads]
            told = [f"{cells[0]:.2f}", *(_against(cells[0], each) for each in cells[1:])]
            yield _columns(f"{title} a day, {priority.upper()}", told)
    for priority, most in BUDGET.items():
        told = [f"{load.days_above[priority]} of {load.days}" for load in loads]
        yield _columns(f"days of more than {most} {priority.upper()} calls", told)
    shares = [load.night_share for load in loads]
    yield _columns(
        "calls at night, 22:00 to 06:00",
        ["-" if share is None else f"{share:.0%}" for share in shares],
    )
    yield ""
    yield click.style("What calls most often, as calls (alerts)", bold=True)
    others = [{key: (alerts, calls) for key, _, alerts, calls in load.rules} for load in loads[1:]]
    rules = list(mine.rules)
    known = {key for key, *_ in rules}
    for load in loads[1:]:
        rules += [(key, title, 0, 0) for key, title, *_ in load.rules if key not in known]
        known |= {key for key, *_ in load.rules}
    for place, (key, title, alerts, calls) in enumerate(rules):
        beside = [other.get(key, (0, 0)) for other in others]
        changed = any(each != (alerts, calls) for each in beside)
        if place < SHOWN_RULES or changed:
            told = [f"{calls} ({alerts})", *(f"{c} ({a})" for a, c in beside)]
            yield _columns(f"{title}{' *' if changed else ''}", told)
    if any(set(load.rules) != set(mine.rules) for load in loads):
        yield "* is another number under another policy"
    if course.aside:
        yield f"{len(course.aside)} implausible values were not played; `toxmon course` names them"


def _columns(title: str, cells: Iterable[str]) -> str:
    return f"  {title:<44}" + "".join(f"{cell:>20}" for cell in cells)


def _against(mine: float, other: float) -> str:
    if not mine:
        return f"{other:.2f}"
    return f"{other:.2f} ({(other - mine) / mine:+.0%})"


def _plain(course: Record, played: Sequence[Played], loads: Sequence[Burden]) -> dict[str, Any]:
    return {
        "name": course.name,
        "product": course.product,
        "infused_at": course.infused_at,
        "not_played": len(course.aside),
        "policies": [
            {
                "policy": one.policy,
                "load": {**asdict(load), "night_share": load.night_share},
                "events": [asdict(rang) for rang in one.rang],
            }
            for one, load in zip(played, loads, strict=True)
        ],
    }
