"""Every change of state: one verb, one transaction, gather, decide, keep."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any

from toxmon.channels import Destination
from toxmon.clock import Clock
from toxmon.grading.policy import Policy
from toxmon.intake.code_map import NOTHING_MAPPED, CodeMap
from toxmon.protocol import Alarms, Product, Protocols, read_alarms, read_policy, read_product
from toxmon.store import Store, editions


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with what was sent: where (a JSON pointer), and what to send instead."""

    pointer: str
    detail: str


class Refused(Exception):
    """What was sent cannot be taken; nothing was kept. Carries every fault at once."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(f"{fault.pointer}: {fault.detail}" for fault in faults))
        self.faults = faults


class NotFound(Exception):
    """There is nothing of that name that this actor may see."""


class Conflicting(Exception):
    """It contradicts what is on record; `fault` names the place if there is one."""

    def __init__(self, detail: str, fault: Fault | None = None) -> None:
        super().__init__(detail)
        self.fault = fault


class Stale(Exception):
    """The record has come to another version than the sender had read."""


class Forbidden(Exception):
    """This role may not do that."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person by account or token, or a program. `units` None is every unit.

    `opened` are patients of other units that were opened to this person in an emergency.
    """

    id: str
    name: str
    role: str
    units: frozenset[str] | None = None
    opened: frozenset[str] = frozenset()

    def may_see(self, unit: str, patient_id: str | None = None) -> bool:
        """Is a patient of this unit within reach, or this one patient?"""
        return self.units is None or unit in self.units or patient_id in self.opened


SYSTEM = Actor("system", "toxmon", "system")


@dataclass(slots=True)
class Service:
    """What every action needs. `key` signs the audit chain and digests tokens.

    `channels` are the names by which persons are reached, `destinations` what goes through them,
    `listening` those that are told whoever is on call. `wake` asks the sweep of this process to
    look again soon. `refuses` says why no message may go to an address, or None; `base_url` is
    where people open toxmon. `code_maps`: what each source's own codes mean; `default`
    is of every source, `shipped` is ours.
    """

    store: Store
    clock: Clock
    key: bytes
    protocols: Protocols
    zone: tzinfo
    policy_name: str = "default"
    alarms_name: str = "default"
    channels: Collection[str] = ()
    listening: tuple[Destination, ...] = ()
    destinations: tuple[Destination, ...] = ()
    code_maps: Mapping[str, CodeMap] = field(default_factory=dict)
    wake: Callable[[], None] = lambda: None
    refuses: Callable[[str], str | None] = lambda url: "the server allows no address"
    base_url: str = ""
    locks_after: timedelta = timedelta(minutes=5)
    """A screen at which nobody was for so long is locked."""
    heard: dict[str, datetime] = field(default_factory=dict)
    """When each feed was last noted as heard, by this process."""
    looked: dict[tuple[str, str], datetime] = field(default_factory=dict)
    """When somebody's looking at a screen was last noted, by this process."""
    glances: dict[str, Any] = field(default_factory=dict)
    """What boards of this process say of each patient, while it stands (`actions/glance.py`)."""
    subscribed: tuple[float, tuple[Destination, ...]] | None = None
    """Webhooks made over HTTP as this process read them, and until when it goes by that."""
    _alarms: dict[str, Alarms] = field(default_factory=dict)
    _policies: dict[str, Policy] = field(default_factory=dict)
    _products: dict[str, Product] = field(default_factory=dict)

    def codes(self, source: str) -> CodeMap:
        """What the codes of a source mean: by its own map, the site's, then ours."""
        found = self.code_maps.get("shipped", NOTHING_MAPPED)
        for name in ("default", source):
            if name in self.code_maps:
                found = self.code_maps[name].over(found)
        return found

    def policy(self, digest: str) -> Policy:
        """The policy of an edition, as the treatment began under it."""
        policy = self._policies.get(digest)
        if policy is None:
            row = editions.get(self.store, digest)
            if row is None:
                raise LookupError(f"policy edition {digest} is not in the record")
            policy = read_policy(row["text"], f"edition {digest[:12]}").policy
            self._policies[digest] = policy
        return policy

    @property
    def alarms_now(self) -> Alarms:
        """The alarm policy of today: whom to tell, and when."""
        return self.protocols.alarms[self.alarms_name]

    def alarms(self, digest: str | None) -> Alarms:
        """The alarm policy of an edition, as the treatment began under it; None is today's."""
        if digest is None or digest == self.alarms_now.digest:
            return self.alarms_now
        found = self._alarms.get(digest)
        if found is None:
            row = editions.get(self.store, digest)
            if row is None:
                raise LookupError(f"edition {digest} of the alarm policy is not in the record")
            found = self._alarms[digest] = read_alarms(row["text"], f"edition {digest[:12]}")
        return found

    def product(self, digest: str) -> Product:
        """The protocol of an edition, as the treatment began under it."""
        product = self._products.get(digest)
        if product is None:
            row = editions.get(self.store, digest)
            if row is None:
                raise LookupError(f"protocol edition {digest} is not in the record")
            product = read_product(row["text"], f"edition {digest[:12]}")
            self._products[digest] = product
        return product
