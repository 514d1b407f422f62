"""What is known of a patient when a dose is asked about: doses, permissions, weight, syndromes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal

RESERVED, RELEASED = "reserved", "released"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A dose that was given, as it is charted. `fact` is the id of its first record.

    `at` is its start; None is not known, and then `not_after` is the latest that it can have
    been, or None. `mg` None: the amount is not known, or not in a unit of mass. `stopped`: the
    infusion was not finished. By whichever route and under whichever name it was given, it counts.
    """

    fact: str
    at: datetime | None
    mg: Decimal | None
    not_after: datetime | None = None
    route: str | None = None
    by: str = ""
    stopped: bool = False
    permission: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A dose that is reserved or released and not yet charted as given; it counts as given."""

    permission: str
    state: str
    at: datetime
    mg: Decimal
    by: str
    since: datetime
    until_at: datetime | None = None
    """When a reservation lapses; a release does not lapse: it is given, or taken back by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """A weight in kg, at `at`."""

    kg: Decimal
    at: datetime
    fact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Syndrome:
    """Where a syndrome stands: an interval of grades, and the onset of its open episode."""

    low: int
    high: int
    onset_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that a check looks at. Doses are those of one drug, whoever charted them.

    `began_at` is the infusion that the treatment began with, None where there is none; `ended_at`
    the next one. `distinct` are pairs of doses (ids, in order) that a person has said are two.
    `none_elsewhere`: has a person said that no dose was given before arrival? None: nobody.
    `syndromes` None: nobody has looked whether there is one (a question without a record).
    `now` is when it is asked, None the time asked about: a reservation that has lapsed by then
    counts no more. `zone` is that of the site, for words alone.
    """

    doses: tuple[Given, ...] = ()
    held: tuple[Held, ...] = ()
    weight: Weighing | None = None
    weight_before: Weighing | None = None
    age_years: Decimal | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None
    distinct: frozenset[tuple[str, str]] = frozenset()
    none_elsewhere: bool | None = None
    syndromes: dict[str, Syndrome] | None = None
    now: datetime | None = None
    zone: tzinfo = UTC
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A dose that somebody would give at `at`. `mg` None asks whether any may be given.

    `indication` is what the asker says it is for: a syndrome, or "prophylaxis"; None: not said.
    """

    at: datetime
    mg: Decimal | None = None
    indication: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why not: a code, words for a tired reader, the source, the doses that it rests on."""

    code: str
    detail: str
    source: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A dose that was counted, and where: `given`, `possibly_the_same`, `reserved`, `released`."""

    id: str
    at: datetime | None
    mg: Decimal | None
    state: str
    by: str
    in_24_h: bool | None
    in_treatment: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """The dose for the weight: exact, not rounded. `mg` is after the cap, `uncapped` before."""

    mg: Decimal
    uncapped: Decimal
    mg_per_kg: Decimal | None
    kg: Decimal | None
    cap_mg: Decimal | None
    weighed_at: datetime | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """May this dose be given? Every reason at once, or none.

    `next_allowed_at`: the earliest instant, not before the one asked, at which no limit of time
    stands against a dose; None when no time helps, or none can be named. `remaining` are doses
    left before this one, at the least; None where the policy sets no such limit. `warnings` are
    codes, `said` words them.
    """

    policy: str
    allowed: bool
    reasons: tuple[Reason, ...]
    next_allowed_at: datetime | None
    remaining_in_24_h: int | None
    remaining_in_treatment: int | None
    remaining_in_episode: int | None
    computed: Computed | None
    counted: tuple[Counted, ...]
    unreconciled: tuple[tuple[str, ...], ...]
    warnings: tuple[str, ...]
    said: dict[str, str]
