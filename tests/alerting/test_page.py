"""docs/alarms.md cannot lie: its drawings and its table are the transitions that the code makes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import product

from tests.alerting.room import HERE, HOUR, POLICY, Room
from tests.alerting.steps import BEFORE, STEPS, taken
from toxmon.alerting import acts, life
from toxmon.alerting.alarm import EVENTS, STATES, Alarm

PAGE = HERE.parents[1] / "docs" / "alarms.md"
Transition = tuple[str, str, str]


def rooms() -> Iterator[Room]:
    """Every two steps from every state, and what needs two alarms or two persons."""
    for prepare in BEFORE.values():
        for step, then in product(STEPS, STEPS):
            room = Room()
            prepare(room)
            taken(room, step)
            taken(room, then)
            yield room
    for level in (0, 1):
        room = Room()
        room.see(room.fever(1))
        room.see(room.crs(2), room.fever(1))
        room.level(0)
        room.see(room.fever(level))
        room.now += HOUR
        room.see(room.fever(level), room.crs(0))
        yield room
    room = Room()
    room.see(room.crs(2), room.fever(1))
    room.see(room.crs(1, priority="medium"), room.fever(2, priority="high"))
    room.acknowledge(key="sign:fever")
    room.hand_over(key="sign:fever")
    room.act(acts.accept, POLICY, key="sign:fever", by="Ben")
    yield room
    room = Room()
    room.see(room.crs(2), room.fever(1))
    room.acknowledge(key="sign:fever")
    yield room
    room = Room()
    room.see(room.fever(1))
    room.acknowledge(key="sign:fever")
    room.see(room.crs(2))
    room.wait(HOUR)
    yield room
    room = Room()
    room.level(2, over=True)
    room.acknowledge()
    room.level(3, over=True)
    yield room


@cache
def transitions() -> set[Transition]:
    found = set()
    for room in rooms():
        alarms: dict[str, Alarm] = {}
        for event in room.events:
            before = alarms.get(event.key)
            after = alarms[event.key] = life.applied(before, event, POLICY)
            found.add(("normal" if before is None else before.state, event.kind, after.state))
    return found


def grouped(found: set[Transition]) -> dict[tuple[str, str], str]:
    """The events that lead from a state to another, in the order in which they are named."""
    moves = {(one, other) for one, _, other in found if one != other}
    return {
        (one, other): ", ".join(kind for kind in EVENTS if (one, kind, other) in found)
        for one, other in sorted(moves, key=lambda move: tuple(map(STATES.index, move)))
    }


def mermaid(found: set[Transition]) -> str:
    lines = [f"    {one} --> {other}: {kinds}" for (one, other), kinds in grouped(found).items()]
    return "\n".join(["stateDiagram-v2", "    [*] --> normal", *lines])


def drawing(found: set[Transition]) -> str:
    lines = []
    for state in STATES:
        lines.append(f"[{state}]")
        moves = [(other, kinds) for (one, other), kinds in grouped(found).items() if one == state]
        for place, (other, kinds) in enumerate(moves):
            corner = "`" if place == len(moves) - 1 else "|"
            lines.append(f"  {corner}-- {kinds} --> [{other}]")
    return "\n".join(lines)


def table(found: set[Transition]) -> str:
    head = ("event", "from", "to")
    rows = [
        (kind, one, other)
        for kind in EVENTS
        for one in STATES
        for other in STATES
        if (one, kind, other) in found
    ]
    wide = [max(len(row[place]) for row in [head, *rows]) for place in range(3)]

    def line(cells: tuple[str, ...]) -> str:
        return "| " + " | ".join(c.ljust(w) for c, w in zip(cells, wide, strict=True)) + " |"

    return "\n".join([line(head), line(tuple("-" * each for each in wide)), *map(line, rows)])


def test_the_drawings_and_the_table_are_what_the_code_does() -> None:
    page, found = PAGE.read_text("utf-8"), transitions()
    blocks = dict(re.findall(r"^```(mermaid|text)\n(.*?)\n```", page, flags=re.M | re.S))
    assert blocks["mermaid"] == mermaid(found)
    assert blocks["text"] == drawing(found)
    assert table(found) in page


def test_every_event_and_every_state_is_walked() -> None:
    found = transitions()
    assert {kind for _, kind, _ in found} == set(EVENTS)
    assert {state for one, _, other in found for state in (one, other)} == set(STATES)
    assert set(life.CHANGES) == set(EVENTS) - {"raised"}


def test_into_normal_leads_nothing_but_an_act_or_a_recovery_in_hand() -> None:
    into = {(one, kind) for one, kind, other in transitions() if other == "normal" != one}
    assert {kind for _, kind in into} == {"acknowledged", "resolved", "returned"}
    assert {one for one, kind in into if kind == "returned"} == {"acknowledged"}


def test_the_page_says_of_every_event_what_it_is() -> None:
    page = PAGE.read_text("utf-8")
    assert [kind for kind in EVENTS if f"`{kind}`" not in page] == []
