"""What of an alarm policy concerns a product, looked up once; and matters that are nobody's alarm.

Most matters of most patients are certainly not so, or not known, and have no alarm that is up.
They are told all the same, and without words, so that they cost next to nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from toxmon.protocol.alarms import Alarms, Priorities, Threshold
from toxmon.protocol.product import Product
from toxmon.timeline.matter import LOW, NO_TIME, Matter
from toxmon.timeline.thresholds import concerns, key_of

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Since when nothing is so that is told without words."""
POLICY = "toxmon policy"


class Table:
    """The rules of one policy for one product."""

    __slots__ = ("_quiet", "alarms", "kind_of", "product", "rules", "thresholds")

    def __init__(self, product: Product, alarms: Alarms) -> None:
        self.product = product
        self.alarms = alarms
        self.rules: dict[str, Priorities] = {each.rule: each for each in alarms.matters}
        self.thresholds: dict[str, list[tuple[str, Threshold]]] = {}
        for each in alarms.thresholds:
            if concerns(each, product):
                self.thresholds.setdefault(each.kind, []).append((key_of(each), each))
        self.kind_of = {key: kind for kind, group in self.thresholds.items() for key, _ in group}
        self._quiet: dict[tuple[str, int | None], Matter] = {}

    def quiet(self, key: str, rule: str, level: int | None, title: str) -> Matter:
        """A matter that is not so, or not known, and whose alarm is not up."""
        known = self._quiet.get((key, level))
        if known is None:
            known = self._quiet[key, level] = Matter(
                key=key,
                rule=rule,
                level=level,
                at=NEVER,
                priority=self.priority(rule, 1),
                title=title,
                says=f"{title}: {'not known' if level is None else 'no'}.",
                source=self.source(rule),
                hold=self.hold(rule),
            )
        return known

    def priority(self, rule: str, level: int, inside: bool = False) -> str:
        """How urgent a level is."""
        rules = self.rules.get(rule)
        return LOW if rules is None else rules.of(level, inside)

    def hold(self, rule: str) -> timedelta:
        """How long a lower level must have been seen before an alarm follows it."""
        rules = self.rules.get(rule)
        return NO_TIME if rules is None else rules.hold

    def source(self, rule: str) -> str:
        """Where a rule's numbers come from."""
        rules = self.rules.get(rule)
        return POLICY if rules is None else rules.citation.source


_TABLES: dict[tuple[int, int], Table] = {}
MOST_KEPT = 200


def table(product: Product, alarms: Alarms) -> Table:
    """The table of a product and a policy; made once, for both are loaded once."""
    key = (id(product), id(alarms))
    known = _TABLES.get(key)
    if known is None or known.product is not product or known.alarms is not alarms:
        if len(_TABLES) >= MOST_KEPT:
            _TABLES.clear()
        known = _TABLES[key] = Table(product, alarms)
    return known
