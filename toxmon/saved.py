"""Values, facts and the state of a fold as plain JSON, and back, without loss.

A number travels as text, so that 38.0 stays 38.0; an instant as microseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import accumulate
from operator import is_
from typing import Any

import orjson

from toxmon.grading import crs_course, icans_course, iec_hs_course
from toxmon.grading.chart import Chart
from toxmon.grading.days import Days, Entry, plain_entry
from toxmon.grading.episode import Episode
from toxmon.grading.facts import Bounds, Fact, Value
from toxmon.grading.ledger import Closed, Ledger
from toxmon.grading.state import Given, State

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FORM = 2
"""The form of a saved state; a state in another form is folded again from the facts."""


MOST_KEPT = 1_000
_KEPT: dict[str, tuple[str, State]] = {}
"""States that were saved lately, by their text and with that of their ledger.

A patient who is charted is charted again soon. A state is a value that nobody changes, and both
texts have to be the same, so a state that another process has moved on is never taken for the
newest.
"""
_DUMPED: dict[int, tuple[Ledger, str, Sequence[int]]] = {}
"""Ledgers that were dumped lately, by identity: their text, and where each part of it ends.

A ledger is a value that nobody changes, and it is kept here, so that no other has its identity.
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


@lru_cache(maxsize=4_096)
def load_value(text: str) -> Value:
    """The value of `dump_value`. Nobody changes a value, and the same ones are charted all day."""
    return value_from_plain(orjson.loads(text))


def dump_state(state: State) -> str:
    """The state of a fold, all but its ledger, as the text that is stored."""
    plain = [
        FORM,
        _at(state.at),
        [_fact(state.chart.newest[kind]) for kind in sorted(state.chart.newest)],
        [_fact(state.chart.attributed[sign]) for sign in sorted(state.chart.attributed)],
        [_episode(state.crs.episode), _at(state.crs.drug_at)],
        [_episode(state.icans.episode)],
        [
            {name: _at(at) for name, at in sorted(state.iec_hs.met_since.items())},
            [_measured(each) for each in state.iec_hs.ferritins],
            state.iec_hs.peak_in_crs and _measured(state.iec_hs.peak_in_crs),
            state.iec_hs.neurotoxicity,
        ],
        {name: _at(at) for name, at in sorted(state.since.items())},
        {group: [_at(each.at), each.fact] for group, each in sorted(state.given.items())},
        dict(sorted(state.said.items())),
    ]
    return orjson.dumps(plain).decode()


def dump_ledger(ledger: Ledger, grown_from: Ledger | None = None) -> str:
    """The ledger of a fold as the text that is stored.

    `grown_from` is the one before it: what they share is not written anew where that was dumped.
    """
    was, known = grown_from or ledger, ["", "", "", ""]
    dumped = _DUMPED.get(id(was))
    if dumped is not None:
        _, text, ends = dumped
        known = [text[start + 1 : end] for start, end in zip((0, *ends), ends, strict=False)]
    before = known[0]
    if not before or ledger.before is not was.before:
        before = _dumps([_fact(ledger.before[kind]) for kind in sorted(ledger.before)])
    closed = ledger.closed
    parts = (
        before,
        _dump_days(ledger.anc, was.anc, known[1]),
        _dump_days(ledger.wbc, was.wbc, known[2]),
        _dump_days(ledger.platelets, was.platelets, known[3]),
        _dumps(closed and [closed.day, closed.kind, closed.fact]),
    )
    text = f"[{','.join(parts)}]"
    if was is not ledger:
        _DUMPED.pop(id(was), None)
    if len(_DUMPED) >= MOST_KEPT:
        _DUMPED.clear()
    # Each part has a bracket or a comma before it.
    ends = list(accumulate(len(part) + 1 for part in parts[:-1]))
    _DUMPED[id(ledger)] = ledger, text, ends
    return text


def _dump_days(days: Days, was: Days, known: str) -> str:
    """Days as text; `known` is the text of those that they `was`, or empty."""
    if known and days is was:
        return known
    entries, before = days.entries, was.entries
    if known and entries and before and all(map(is_, entries[:-1], before)):
        last = _dump_entry(entries[-1])
        if len(entries) == len(before) + 1:
            return f"{known[:-1]},{last}]"
        if len(entries) == len(before):
            return f"{known[: -1 - len(_dump_entry(before[-1]))]}{last}]"
    return _dumps(days.as_plain())


def _dump_entry(entry: Entry) -> str:
    return _dumps(plain_entry(entry))


def _dumps(plain: Any) -> str:
    return orjson.dumps(plain).decode()


def keep_at_hand(state: State, text: str, ledger: str) -> None:
    """Remember a state that was saved as these two texts."""
    if len(_KEPT) >= MOST_KEPT:
        _KEPT.clear()
    _KEPT[text] = ledger, state


def load_state(text: str, ledger: str | None) -> State:
    """The state of `dump_state` and `dump_ledger`. Raises OldForm."""
    if ledger is None:
        raise OldForm("state without a ledger")
    kept = _KEPT.get(text)
    if kept is not None and kept[0] == ledger:
        return kept[1]
    form, *rest = orjson.loads(text)
    if form != FORM:
        raise OldForm(f"state of form {form}")
    at, newest, attributed, crs, icans, iec_hs, since, given, said = rest
    return State(
        _instant(at),
        Chart(
            {plain[1]: _read_fact(plain) for plain in newest},
            {(fact := _read_fact(plain)).value[0]: fact for plain in attributed},  # type: ignore[index]
        ),
        crs_course.State(_read_episode(crs[0]), _instant(crs[1])),
        icans_course.State(_read_episode(icans[0])),
        iec_hs_course.State(
            {name: _known(each) for name, each in iec_hs[0].items()},
            tuple(_read_measured(each) for each in iec_hs[1]),
            iec_hs[2] and _read_measured(iec_hs[2]),
            iec_hs[3],
        ),
        {name: _known(each) for name, each in since.items()},
        {group: Given(_known(each[0]), each[1]) for group, each in given.items()},
        _ledger(ledger),
        said,
    )


def _ledger(text: str) -> Ledger:
    before, anc, wbc, platelets, closed = orjson.loads(text)
    return Ledger(
        {plain[1]: _read_fact(plain) for plain in before},
        Days.from_plain(anc),
        Days.from_plain(wbc),
        Days.from_plain(platelets),
        closed and Closed(*closed),
    )


def _measured(each: iec_hs_course.Measured) -> list[Any]:
    return [_at(each.at), str(each.value), each.fact]


def _read_measured(plain: list[Any]) -> iec_hs_course.Measured:
    return iec_hs_course.Measured(_known(plain[0]), Decimal(plain[1]), plain[2])


def _fact(fact: Fact) -> list[Any]:
    value = value_to_plain(fact.value)
    plain = [fact.id, fact.kind, value, _at(fact.effective_at), _at(fact.until)]
    if fact.normal is not None:
        plain.append([None if end is None else str(end) for end in fact.normal])
    return plain


def _read_fact(plain: list[Any]) -> Fact:
    id_, kind, value, effective_at, until, *normal = plain
    ends = tuple(None if end is None else Decimal(end) for end in normal[0]) if normal else None
    return Fact(
        id_,
        kind,
        value_from_plain(value),
        _known(effective_at),
        _instant(until),
        ends,  # type: ignore[arg-type]
    )


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


def _known(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


def _instant(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else EPOCH + timedelta(microseconds=microseconds)
