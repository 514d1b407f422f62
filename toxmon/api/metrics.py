"""What this deployment counts, as Prometheus reads it. No patient is in any of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from flask import Response, current_app

from toxmon import __version__
from toxmon.actions import burden
from toxmon.actions.burden import BOUNDS_S, Burden
from toxmon.api import door
from toxmon.store import Unavailable
from toxmon.timeline.matter import PRIORITIES

blueprint = door.blueprint("metrics", "Metrics")
blueprint.url_prefix = ""

COUNTER, GAUGE = "counter", "gauge"
Sample = tuple[Mapping[str, object], float]


@blueprint.route("/metrics")
@door.answers(200, {"type": "string"}, "Prometheus text", "text/plain")
def metrics() -> Response:
    """Requests, commits, and how much the alarms ask of the ward."""
    lines = [*_process(), *_alarms()]
    text = "\n".join(lines) + "\n"
    return Response(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def _process() -> Iterator[str]:
    counts: dict[tuple[str, str], int] = current_app.extensions["toxmon_counts"]
    yield from _family(
        "requests_total",
        COUNTER,
        "Requests that this process answered, by route and status class.",
        [({"route": route, "status": status}, n) for (route, status), n in sorted(counts.items())],
    )
    commits, turns = door.service().store.counted()
    words = "Durable commits of this process; each may be of several turns."
    yield from _family("commits_total", COUNTER, words, [({}, commits)])
    words = "Turns at writing that were committed."
    yield from _family("turns_total", COUNTER, words, [({}, turns)])
    yield from _family("info", GAUGE, "Version of toxmon.", [({"version": __version__}, 1)])


def _alarms() -> Iterator[str]:
    service = door.service()
    counted: Burden = current_app.extensions["toxmon_burden"]
    try:
        counted.catch_up(service)
        now = burden.waiting(service)
    except Unavailable:
        # What cannot be counted is left out; that it is gone is itself a sign.
        return
    yield from _family(
        "alerts_raised_total",
        COUNTER,
        "Alerts that began, by priority; against patient days this is the alarm load.",
        _by_priority(counted.raised),
    )
    words = "Days on which treatments were watched, all patients together."
    yield from _family("patient_days", GAUGE, words, [({}, round(now.patient_days, 3))])
    yield from _family(
        "alerts_acknowledged_total",
        COUNTER,
        "Alerts that somebody took by name, by priority.",
        _by_priority(counted.acknowledged),
    )
    yield from _family(
        "alerts_acknowledged_before_escalation_total",
        COUNTER,
        "Those of them that were taken before a second step of their chain.",
        _by_priority(counted.before_escalation),
    )
    yield from _histogram(counted)
    yield from _family(
        "alerts_lapsed_total",
        COUNTER,
        "Acknowledgements that ended without an assessment, and why.",
        [({"reason": reason}, n) for reason, n in sorted(counted.again.items())],
    )
    yield from _family(
        "alerts_open",
        GAUGE,
        "Alerts that are open now, by unit, priority and state.",
        [
            (
                {
                    "unit": row["unit"] or "",
                    "priority": PRIORITIES[row["priority"]],
                    "state": row["state"],
                },
                row["n"],
            )
            for row in now.open
        ],
    )
    for name, words, value in (
        ("unswept", "Treatments whose time has come and that wait for the sweep.", now.unswept),
        ("oldest_unswept_seconds", "How long the oldest of them waits.", now.oldest_unswept_s),
        ("undelivered", "Messages that wait to be delivered.", now.undelivered),
        ("oldest_undelivered_seconds", "How long the oldest waits.", now.oldest_undelivered_s),
        ("watches_given_up", "Treatments that nothing watches until a person acts.", now.given_up),
    ):
        yield from _family(name, GAUGE, words, [({}, value)])


def _by_priority(counts: Mapping[str, int]) -> list[Sample]:
    return [({"priority": name}, counts.get(name, 0)) for name in PRIORITIES]


def _histogram(counted: Burden) -> Iterator[str]:
    name = "toxmon_alert_acknowledged_seconds"
    yield f"# HELP {name} From the beginning of an alert until somebody took it."
    yield f"# TYPE {name} histogram"
    for priority in PRIORITIES:
        label = f'priority="{priority}"'
        for bound in BOUNDS_S:
            yield f'{name}_bucket{{{label},le="{bound}"}} {counted.within[priority, bound]}'
        yield f'{name}_bucket{{{label},le="+Inf"}} {counted.acknowledged[priority]}'
        yield f"{name}_sum{{{label}}} {counted.seconds[priority]}"
        yield f"{name}_count{{{label}}} {counted.acknowledged[priority]}"


def _family(name: str, kind: str, words: str, samples: Iterable[Sample]) -> Iterator[str]:
    full = f"toxmon_{name}"
    yield f"# HELP {full} {words}"
    yield f"# TYPE {full} {kind}"
    for labels, value in samples:
        listed = ",".join(f'{label}="{_escaped(str(each))}"' for label, each in labels.items())
        yield f"{full}{{{listed}}} {value:.15g}" if listed else f"{full} {value:.15g}"


def _escaped(text: str) -> str:
    """A label's value as the text format has it: a ward may be called anything."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
