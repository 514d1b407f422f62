"""Is the record whole, and do the grades follow from it? Folds everything again from nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import orjson

from toxmon.actions import Service, accounts, audit, glass, held, received, remade, tokens
from toxmon.actions.begin_record import written
from toxmon.actions.merging import MERGES
from toxmon.actions.opened import as_fact, opening_state, treatment_of
from toxmon.grading.course import GRADED, digest, fold
from toxmon.saved import OldForm, dump_ledger, dump_state, load_state
from toxmon.store import (
    EVER,
    NEVER,
    Row,
    access,
    alarms,
    assessments,
    cards,
    editions,
    events,
    facts,
    merges,
    patients,
    rosters,
    stocks,
    watches,
    webhooks,
)
from toxmon.store import tokens as token_rows

PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be, and where."""

    where: str
    what: str


def verify(service: Service, progress: Callable[[int, int], None]) -> list[Finding]:
    """Every finding: of the engine, the audit chain, the versions, the grades.

    `progress` is told (patients done, patients in all).
    """
    store = service.store
    findings = [Finding("database", words) for words in store.check()]
    with store.reading():
        findings += chain(service)
        findings += _editions(service)
        findings += _alarms(service, None, "technical alarms")
    ids = patients.every_id(store)
    for done, patient_id in enumerate(ids, start=1):
        with store.reading():
            findings += _patient(service, patient_id)
        progress(done, len(ids))
    return findings


def chain(service: Service) -> Iterator[Finding]:
    """Links that are missing, out of order, changed, or whose rows were changed."""
    previous, expected, after = access.FIRST, 1, 0
    made: set[str] = set()
    bounds = {"patient": "%", "actor": "%", "from_at": NEVER, "to_at": EVER}
    while rows := access.page(service.store, {**bounds, "after": after}, PAGE):
        for link in rows:
            where = f"audit {link['n']}"
            if link["n"] != expected:
                yield Finding(where, f"link {expected} is missing before it")
            if link["previous"] != previous and link["n"] == expected:
                yield Finding(where, "does not follow from the link before it")
            if link["digest"] != audit.seal(service.key, link):
                # What it tells of cannot be looked for by it.
                yield Finding(where, "was changed, or was signed with another key")
            elif link["content"] and link["content"] != audit.content(_written(service, link)):
                yield Finding(where, "the rows that it tells of were changed, added to or removed")
            elif link["action"] == "token.create":
                made.add(orjson.loads(link["detail"])["token"])
            elif link["action"].startswith("account."):
                made.update(orjson.loads(link["detail"]).get("rows", ()))
            elif link["action"] == "glass.open":
                made.add(orjson.loads(link["detail"])["glass"])
            previous, expected, after = link["digest"], link["n"] + 1, link["n"]
    for row in token_rows.every(service.store):
        if row["id"] not in made:
            yield Finding(f"token {row['id']}", "has no link in the audit chain")
    for row_id in accounts.unnoted(service.store, made):
        yield Finding(f"account row {row_id}", "has no link in the audit chain")
    for row_id in glass.unnoted(service.store, made):
        yield Finding(f"opened patient {row_id}", "has no link in the audit chain")


def _written(service: Service, link: Row) -> list[Row]:
    """The rows that an act added, as they are now."""
    store, patient_id, version = service.store, link["patient_id"], link["version"]
    if link["action"] == "enrol":
        # A patient moves and is described anew; what was signed is what it was enrolled with.
        row = patients.enrolled(store, patient_id)
        return written(row, row["identifiers"]) if row else []
    if link["action"] in ("receive", "reread"):
        return received.written(service, orjson.loads(link["detail"]))
    if link["action"] == held.DISMISS:
        return held.written(service, orjson.loads(link["detail"]))
    if link["action"] in ("token.create", "token.revoke"):
        return tokens.written(store, orjson.loads(link["detail"])["token"], link["action"])
    if link["action"].startswith("account."):
        return accounts.written(store, orjson.loads(link["detail"]))
    if link["action"] in ("glass.open", "glass.review"):
        return glass.written(store, link["action"], orjson.loads(link["detail"])["glass"])
    if link["action"] == "stock":
        return stocks.written(store, orjson.loads(link["detail"])["counts"])
    if link["action"] == "card.tell":
        return cards.written(store, orjson.loads(link["detail"])["cards"])
    if link["action"] == "roster":
        return rosters.written(store, orjson.loads(link["detail"])["shift"])
    if link["action"] in MERGES:
        return merges.written(store, orjson.loads(link["detail"])["merge"])
    if link["action"].startswith("webhook."):
        told = orjson.loads(link["detail"])
        return webhooks.written(store, told["webhook"], told.get("event"))
    if patient_id is None:
        named = orjson.loads(link["detail"]).get("events", ())
        return alarms.events_named(store, named) if named else []
    return [
        *facts.of_version(store, patient_id, version),
        *assessments.of_version(store, patient_id, version),
        *alarms.events_of_version(store, patient_id, version),
        *watches.events_of_version(store, patient_id, version),
        *(patients.redescribed_in(store, patient_id, version) if of_person(link) else ()),
    ]


def of_person(link: Row) -> bool:
    """Does the act tell anew who the patient is?"""
    return bool(link["action"] == "redescribe")


def _editions(service: Service) -> Iterator[Finding]:
    """The protocols and policies that treatments began under, letter for letter."""
    for row in editions.every(service.store):
        if hashlib.sha256(row["text"].encode()).hexdigest() != row["digest"]:
            where = f"edition {row['name']} {row['version']}"
            yield Finding(where, "is not the text that its digest is of")


def _patient(service: Service, patient_id: str) -> Iterator[Finding]:
    store, where = service.store, f"patient {patient_id}"
    heads = patients.heads(store, patient_id)
    if not heads:
        yield Finding(where, "has no head")
        return
    versions = _noted_versions(service, patient_id)
    if versions != list(range(1, heads[0]["version"] + 1)):
        yield Finding(
            where,
            f"its versions have gaps: {len(versions)} acts are on record, "
            f"and it stands at version {heads[0]['version']}",
        )
    unnoted = {row["version"] for row in facts.every(store, patient_id)} - set(versions)
    if unnoted:
        yield Finding(where, f"facts of version {min(unnoted)} have no link in the audit chain")
    told = events.versions(store, patient_id)
    if told and told != list(range(told[0], heads[0]["version"] + 1)):
        yield Finding(where, "a version of it has no event: who follows the feed has missed it")
    yield from _alarms(service, patient_id, where)
    for row in heads:
        if row["treatment_id"] is not None:
            yield from _treatment(service, patient_id, row)


def _alarms(service: Service, patient_id: str | None, where: str) -> Iterator[Finding]:
    """The alarms on the list against the fold of their events."""
    try:
        for id_, words in remade.differing(service, patient_id):
            yield Finding(where, f"alerts {id_} {words}")
    except remade.UNREADABLE as error:
        yield Finding(where, f"the events of its alarms cannot be read: {error}")


def _noted_versions(service: Service, patient_id: str) -> list[int]:
    bounds = {"patient": patient_id, "actor": "%", "from_at": NEVER, "to_at": EVER, "after": 0}
    versions: list[int] = []
    while rows := access.page(service.store, bounds, PAGE):
        versions += [row["version"] for row in rows if row["version"] is not None]
        bounds["after"] = rows[-1]["n"]
    return versions


def _treatment(service: Service, patient_id: str, row: Row) -> Iterator[Finding]:
    """The grades on record against the fold of all facts from nothing."""
    store, where = service.store, f"patient {patient_id}, treatment {row['treatment_id']}"
    if row["epoch"] is None:
        yield Finding(where, "is not watched; repair watches it again")
    elif row["dead_at"] is not None:
        yield Finding(where, "its watch was given up; repair sets it going again")
    treatment = treatment_of(row, row, service.zone)
    policy = service.policy(row["policy_edition"])
    standing = assessments.standing(store, row["treatment_id"], NEVER)
    rows = facts.graded(store, patient_id, row["infused_at"], row["next_at"] or EVER)
    new = [as_fact(each) for each in rows if each["kind"] in GRADED]
    try:
        saved = load_state(row["state"], row["ledger"])
    except (OldForm, orjson.JSONDecodeError):
        yield Finding(where, "its saved state cannot be read; repair folds it again")
        return
    last = max(
        [
            saved.at or row["infused_at"],
            *(fact.effective_at for fact in new),
            *(each["effective_at"] for each in standing),
        ]
    )
    folded = fold(
        opening_state(service, patient_id, treatment, policy), new, last, treatment, policy
    )
    told = {(each["scale"], each["effective_at"]): each["short"] for each in standing}
    found = {(step.scale, step.at): digest(step.grade, step.episode) for step in folded.steps}
    for key in sorted(told.keys() | found.keys()):
        if told.get(key) != found.get(key):
            scale, at = key
            words = (
                "is on record otherwise than"
                if key in told and key in found
                else ("is on record, but not" if key in told else "is not on record, but")
            )
            yield Finding(where, f"{scale} at {at.isoformat()} {words} graded from nothing")
    same = dump_state(saved) == dump_state(folded.state)
    if not same or dump_ledger(saved.ledger) != dump_ledger(folded.state.ledger):
        yield Finding(where, "its saved state is not what all facts give; repair folds it again")
