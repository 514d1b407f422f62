"""Values, facts and the state of a fold as plain JSON, and back, without loss.

A number travels as text, so that 38.0 stays 38.0; an instant as microseconds since 1970.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson

from toxmon.grading import crs_course, icans_course
from toxmon.grading.chart import Chart
from toxmon.grading.course import State
from toxmon.grading.episode import Episode
from toxmon.grading.facts import Bounds, Fact, Value

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FORM = 1
"""The form of a saved state; a state in another form is folded again from the facts."""


MOST_KEPT = 1_000
_KEPT: dict[str, State] = {}
"""States that were saved lately, by their text: a patient who is charted is charted again soon.

A state is a value that nobody changes, and the text is the key, so a state that another process
has moved on is never taken for the newest.
"""


class OldForm(Exception):
    """The state was saved by another version of toxmon."""


def value_to_plain(value: Value) -> Any:
    """A tagged list for a number, an interval or a list; text and yes/no as they are."""
    if isinstance(value, Decimal):
        return ["n", str(value)]
    if isinstance(value, Bounds):
        low, high = (None if end is None else str(end) for end in (value.low, value.high))
        return ["b", low, high, value.low_open, value.high_open]
    if isinstance(value, tuple):
        return ["l", *value]
    return value


def value_from_plain(plain: Any) -> Value:
    """The value of `value_to_plain`."""
    if not isinstance(plain, list):
        return plain
    tag, *rest = plain
    if tag == "n":
        return Decimal(rest[0])
    if tag == "b":
        low, high, low_open, high_open = rest
        return Bounds(
            None if low is None else Decimal(low),
            None if high is None else Decimal(high),
            low_open,
            high_open,
        )
    return tuple(rest)


def dump_value(value: Value) -> str:
    """A value as the text that is stored."""
    return orjson.dumps(value_to_plain(value)).decode()


def load_value(text: str) -> Value:
    """The value of `dump_value`."""
    return value_from_plain(orjson.loads(text))


def dump_state(state: State) -> str:
    """The state of a fold as the text that is stored."""
    plain = [
        FORM,
        _at(state.at),
        [_fact(state.chart.newest[kind]) for kind in sorted(state.chart.newest)],
        [_fact(state.chart.attributed[sign]) for sign in sorted(state.chart.attributed)],
        [_episode(state.crs.episode), _at(state.crs.drug_at)],
        [_episode(state.icans.episode)],
        state.said,
    ]
    text = orjson.dumps(plain).decode()
    if len(_KEPT) >= MOST_KEPT:
        _KEPT.clear()
    _KEPT[text] = state
    return text


def load_state(text: str) -> State:
    """The state of `dump_state`. Raises OldForm."""
    kept = _KEPT.get(text)
    if kept is not None:
        return kept
    form, *rest = orjson.loads(text)
    if form != FORM:
        raise OldForm(f"state of form {form}")
    at, newest, attributed, crs, icans, said = rest
    return State(
        _instant(at),
        Chart(
            {plain[1]: _read_fact(plain) for plain in newest},
            {(fact := _read_fact(plain)).value[0]: fact for plain in attributed},  # type: ignore[index]
        ),
        crs_course.State(_read_episode(crs[0]), _instant(crs[1])),
        icans_course.State(_read_episode(icans[0])),
        said,
    )


def _fact(fact: Fact) -> list[Any]:
    plain = value_to_plain(fact.value)
    return [fact.id, fact.kind, plain, _at(fact.effective_at), _at(fact.until)]


def _read_fact(plain: list[Any]) -> Fact:
    id_, kind, value, effective_at, until = plain
    at = _instant(effective_at)
    assert at is not None
    return Fact(id_, kind, value_from_plain(value), at, _instant(until))


EPISODE = tuple(field.name for field in fields(Episode))


def _episode(episode: Episode | None) -> list[Any] | None:
    if episode is None:
        return None
    values = (getattr(episode, name) for name in EPISODE)
    return [_at(each) if isinstance(each, datetime) else each for each in values]


def _read_episode(plain: list[Any] | None) -> Episode | None:
    if plain is None:
        return None
    read: dict[str, Any] = {
        name: _instant(value) if name.endswith(("_at", "since")) else value
        for name, value in zip(EPISODE, plain, strict=True)
    }
    return Episode(**read)


def _at(at: datetime | None) -> int | None:
    return None if at is None else (at - EPOCH) // MICROSECOND


def _instant(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else EPOCH + timedelta(microseconds=microseconds)
