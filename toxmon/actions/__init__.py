"""Every change of state: one verb, one transaction, gather, decide, keep."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import tzinfo

from toxmon.clock import Clock
from toxmon.grading.policy import Policy
from toxmon.protocol import Product, Protocols, read_policy, read_product
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
    """Who acts: a person or a program, by its token. `units` None is every unit."""

    id: str
    name: str
    role: str
    units: frozenset[str] | None = None

    def may_see(self, unit: str) -> bool:
        """Is a patient of this unit within reach?"""
        return self.units is None or unit in self.units


SYSTEM = Actor("system", "toxmon", "system")


@dataclass(slots=True)
class Service:
    """What every action needs. `key` signs the audit chain and digests tokens."""

    store: Store
    clock: Clock
    key: bytes
    protocols: Protocols
    zone: tzinfo
    policy_name: str = "default"
    _policies: dict[str, Policy] = field(default_factory=dict)
    _products: dict[str, Product] = field(default_factory=dict)

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
