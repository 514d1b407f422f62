"""A read for one patient never looks at another's rows: every query of the room has an index.

What the planner would do is asked of the databases themselves, over a record of many patients. A
function that is added to one of the modules below must be called here too, or a test fails.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest

from tests.conftest import ADA
from tests.store.received import receive
from tests.store.rows import FEED, Ids, chart, full_record, is_sqlite, joined
from toxmon.actions import Service, infuse
from toxmon.actions.dose_records import distinct, elsewhere
from toxmon.actions.record import Charted
from toxmon.saved import dump_value
from toxmon.store import (
    EVER,
    NEVER,
    Row,
    Store,
    access,
    accounts,
    alarms,
    assessments,
    beats,
    cards,
    cohort_files,
    cohorts,
    deliveries,
    doses,
    editions,
    events,
    facts,
    feeds,
    folds,
    glass,
    held,
    identifiers,
    interfaces,
    links,
    merges,
    messages,
    newest,
    notified,
    origins,
    patients,
    posted,
    requests,
    resources,
    rosters,
    sessions,
    stocks,
    technicals,
    tokens,
    tries,
    watches,
    webhooks,
)
from toxmon.store.statements import update

MODULES = (
    access, accounts, alarms, assessments, beats, cards, cohort_files, cohorts, deliveries,
    doses, editions, events, facts, feeds, folds, glass, held, identifiers, interfaces, links,
    merges, messages, newest, notified, origins, patients, posted, requests, resources, rosters,
    sessions, stocks, technicals, tokens, tries, watches, webhooks,
)  # fmt: skip

ACROSS_PATIENTS = {
    "folds.due": "the sweep asks whose time has come",
    "patients.page": "the list of the patients",
    "patients.every_id": "verify and repair go over everybody",
    "patients.count": "how many there are",
    "tokens.every": "the list of the tokens",
    "folds.spans": "the days that all treatments were watched on",
    "watches.patients_of": "the board and the checks go over everybody of a unit",
    "watches.given_up": "how many are given up, of all",
    "alarms.page": "the list of the open alarms of every unit",
    "alarms.counted": "how many alarms are open, of all",
    "alarms.open_technical": "the open alarms that are of nobody",
    "alarms.open_of_rule": "the open alarms that are of nobody",
    "deliveries.claim": "the outbox asks what is to be posted",
    "deliveries.ready": "the outbox asks what is to be posted",
    "deliveries.give_up": "all that waits in a lane that reaches nobody",
    "events.after": "the feed of all changes",
    "events.newest": "one row from the end of the feed",
    "webhooks.every": "there are a handful, the ended ones too",
    "deliveries.due_channels": "the outbox asks what is to be posted",
    "deliveries.counts": "how much waits, of all",
    "deliveries.oldest": "how long the oldest waits, of all",
    "deliveries.next_due": "when the outbox is to be looked at again",
    "watches.claim": "the sweep asks whose time has come",
    "watches.next_due": "the sweep asks whose time comes next",
    "watches.overdue": "how much waits for the sweep, of all",
    "technicals.due": "the sweep asks whose time has come",
    "technicals.next_due": "the sweep asks whose time comes next",
    "rosters.between": "the shifts of all units of a span",
    "rosters.around": "the shifts of all units of the next hour",
    "alarms.technical_events": "verify makes the technical alarms again",
    "alarms.every_technical": "verify makes the technical alarms again",
    "alarms.events_after": "the feed of all changes",
    "feeds.every": "a ward has a handful of feeds",
    "feeds.every_now": "a ward has a handful of feeds",
    "feeds.heard_before": "a ward has a handful of feeds",
    "identifiers.holders": "a number typed by a person is looked for among all patients",
    "stocks.last": "the counts of a unit are of nobody",
    "stocks.written": "verify reads the counts again",
    "stocks.untreated": "the stock of a unit is for everybody who is about to be infused there",
    "beats.every": "there is one row for each part of the watch",
    "held.waiting": "what waits, of all",
    "held.counted": "what waits, of all",
    "held.unmapped": "what waits, of all",
    "held.of_keys": "statements are looked for by what their sender calls them",
    "messages.page": "what came, of all",
    "notified.gaps": "a hospital has a handful of subscriptions",
    "notified.unfetched": "a hospital has a handful of subscriptions",
    "interfaces.counted": "what every sender has sent",
    "interfaces.told_since": "what became of what every sender has sent",
    "interfaces.unreadable": "what could not be read, of all",
    "editions.every": "verify reads each protocol and policy that was ever kept",
    "accounts.every": "the list of the accounts",
    "accounts.every_id": "verify reads each account again",
    "alarms.closed_since": "what came off the list of the open alarms of every unit",
    "cohort_files.forget": "whatever file is too old goes, whoever asked for it",
    "cohorts.given": "a file is about everybody who was treated",
    "cohorts.infusions": "a file is about everybody who was treated",
    "cohorts.peaks": "a file is about everybody who was treated",
    "glass.every_id": "verify reads each opening again",
    "glass.reviewed": "the list of the openings, of whatever patient",
    "glass.waiting": "the list of the openings, of whatever patient",
    "identifiers.systems": "who gives numbers to all patients",
    "links.back": "the chain is looked through from its end, of all",
    "links.counted": "how many links there are, of all",
    "links.newest": "one row from the end of the chain",
    "links.on": "the chain is looked through, of all",
    "patients.by_unit": "how many lie in each unit, of all",
    "patients.lying_in": "the board goes over everybody of a unit",
    "patients.lying_in of any": "the board goes over everybody",
    "patients.numbered": "a number typed by a person is looked for among all patients",
    "posted.given_up": "what was given up on in a span, of all",
    "posted.lately": "what was posted in a span, of all",
    "posted.page": "what was posted, of all",
    "posted.page of what failed": "what was posted, of all",
    "sessions.forget": "sessions and attempts that are over go, whoever's they were",
}
"""What is about all patients by its nature, and why."""

BY_INDEX = {
    "folds.due": "fold_due",
    "watches.claim": "watch_due",
    "watches.next_due": "watch_due",
    "watches.overdue": "watch_due",
    "deliveries.claim": "delivery_",
    "deliveries.ready": "delivery_",
    "deliveries.due_channels": "delivery_",
    "deliveries.next_due": "delivery_due",
    "deliveries.oldest": "delivery_due",
    "alarms.page": "alarm_open",
    "alarms.counted": "alarm_open",
    "alarms.closed_since": "alarm_closed",
    "cohort_files.forget": "cohort_file_by_time",
    "rosters.between": "shift_by_time",
    "rosters.around": "shift_by_time",
    "stocks.last": "stock_of_unit",
    "facts.doses": "fact_dose",
    "facts.doses_called": "fact_dose",
    "facts.weights": "fact_of_dosing",
    "facts.permissions": "fact_of_dosing",
    "facts.said_of_doses": "fact_of_dosing",
}
"""What is asked of all at every turn, and the index that keeps what is over out of it.

A check of a dose costs the same however long the history of the patient is.
"""

MANY = 40
OWN_ROWS = 20
"""Nothing of the patient that is asked for has more rows in any table."""
AT = datetime(2026, 3, 1, tzinfo=UTC)
YEAR = timedelta(days=365)


@dataclass
class Asked:
    """One statement that a function of the room made."""

    function: str
    sql: str
    params: dict[str, Any]


class Listening:
    """A store that notes every statement on its way to the real one."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.function = ""
        self.asked: list[Asked] = []

    def query(self, sql: str, params: Any = None, *, of: str | None = None) -> list[Row]:
        self.asked.append(Asked(self.function, sql, dict(params or {})))
        return self.store.query(sql, params, of=of)

    def change(self, table: str, key: tuple[str, ...], row: Row, *, of: str | None = None) -> None:
        self.asked.append(Asked(self.function, update(table, key, tuple(row)), row))
        self.store.change(table, key, row, of=of)

    def execute(self, sql: str, params: Any = None) -> int:
        self.asked.append(Asked(self.function, sql, dict(params or {})))
        return self.store.execute(sql, params)

    def execute_later(self, sql: str, params: Any = None) -> None:
        self.asked.append(Asked(self.function, sql, dict(params or {})))
        self.store.execute_later(sql, params)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


def calls(ids: Ids, treatment: str) -> dict[str, Callable[[Any], Any]]:
    """Every function that asks or changes something, called for one patient."""
    mine, fact = ids.patient, ids.facts[1]
    bounds: dict[str, Any] = {
        "kind": "%", "acts": 0, "from_at": NEVER, "to_at": EVER, "after_at": NEVER, "after_seq": 0,
    }  # fmt: skip
    names, last = ("tocilizumab", "actemra"), 5
    links = {"after": 0, "actor": "%", "from_at": NEVER, "to_at": EVER}
    return {
        "access.newest": lambda s: access.newest(s),
        "access.page": lambda s: access.page(s, {**links, "patient": mine}, 10),
        "assessments.standing": lambda s: assessments.standing(s, treatment, NEVER),
        "assessments.history": lambda s: assessments.history(s, mine, "crs", NEVER, EVER),
        "assessments.levels": lambda s: assessments.levels(s, mine, ("crs", "icans")),
        "assessments.named": lambda s: assessments.named(s, ["x", "y"]),
        "assessments.of_version": lambda s: assessments.of_version(s, mine, 3),
        "editions.get": lambda s: editions.get(s, "no such digest"),
        "facts.get": lambda s: facts.get(s, fact),
        "facts.graded": lambda s: facts.graded(s, mine, NEVER, EVER),
        "facts.measured": lambda s: facts.measured(s, mine, ("anc", "platelets"), NEVER, EVER),
        "facts.standing_of_kind": lambda s: facts.standing_of_kind(s, mine, "infusion"),
        "facts.root": lambda s: facts.root(s, facts.get(s, fact)),  # type: ignore[arg-type]
        "facts.page": lambda s: facts.page(s, mine, bounds, 10),
        "facts.of_version": lambda s: facts.of_version(s, mine, 3),
        "facts.every": lambda s: facts.every(s, mine),
        "facts.quarantined": lambda s: facts.quarantined(s, mine),
        "facts.version_at": lambda s: facts.version_at(s, mine, EVER),
        "facts.doses": lambda s: facts.doses(s, mine, dump_value("tocilizumab"), EVER, last),
        "facts.doses_called": lambda s: facts.doses_called(
            s, mine, [dump_value(each) for each in names], EVER, last
        ),
        "facts.weights": lambda s: facts.weights(s, mine, EVER, last),
        "facts.permissions": lambda s: facts.permissions(s, mine, last),
        "facts.said_of_doses": lambda s: facts.said_of_doses(s, mine),
        "facts.course": lambda s: facts.course(s, mine, NEVER, EVER),
        "facts.doubted": lambda s: facts.doubted(s, mine),
        "facts.first_at": lambda s: facts.first_at(s, mine),
        "facts.last_of_kinds": lambda s: facts.last_of_kinds(s, mine, EVER, last),
        "newest.of_kinds": lambda s: newest.of_kinds(s, mine, ("anc", "weight"), EVER),
        "doses.ledger": lambda s: doses.ledger(s, mine, [dump_value(each) for each in names], last),
        "identifiers.systems": lambda s: identifiers.systems(s, last),
        "identifiers.holders": lambda s: identifiers.holders(s, "A1", last),
        "cards.get": lambda s: cards.get(s, ids.card),
        "cards.written": lambda s: cards.written(s, [ids.card]),
        "stocks.last": lambda s: stocks.last(s, "bmt-1", "tocilizumab"),
        "stocks.written": lambda s: stocks.written(s, [ids.count, "x"]),
        "stocks.untreated": lambda s: stocks.untreated(s, "bmt-1", "", last),
        "folds.advance": lambda s: folds.advance(s, treatment, "{}", 0, AT),
        "folds.advance_ledger": lambda s: folds.advance_ledger(s, treatment, "{}"),
        "folds.checkpoint_before": lambda s: folds.checkpoint_before(s, treatment, EVER),
        "folds.drop_checkpoints_from": lambda s: folds.drop_checkpoints_from(s, treatment, AT),
        "folds.newest": lambda s: folds.newest(s, mine, treatment),
        "folds.forget": lambda s: folds.forget(s, mine),
        "folds.due": lambda s: folds.due(s, EVER, EVER, 10),
        "patients.get": lambda s: patients.get(s, mine),
        "patients.identifiers": lambda s: patients.identifiers(s, mine),
        "patients.holder": lambda s: patients.holder(s, "urn:mrn", "A1"),
        "patients.page": lambda s: patients.page(s, "", 10),
        "patients.heads": lambda s: patients.heads(s, mine),
        "patients.advance": lambda s: patients.advance(s, mine, 99, AT),
        "patients.every_id": lambda s: patients.every_id(s),
        "patients.count": lambda s: patients.count(s),
        "patients.move": lambda s: patients.move(s, mine, "icu-2"),
        "patients.enrolled_in": lambda s: patients.enrolled_in(s, mine),
        "patients.given_to": lambda s: patients.given_to(s, "urn:mrn", "A1"),
        "patients.version": lambda s: patients.version(s, mine),
        "patients.enrolled": lambda s: patients.enrolled(s, mine),
        "patients.by_unit": lambda s: patients.by_unit(s),
        "patients.heads_in_short": lambda s: patients.heads_in_short(s, mine),
        "patients.lying_in": lambda s: patients.lying_in(s, "bmt-1"),
        "patients.lying_in of any": lambda s: patients.lying_in(s, None),
        "patients.named": lambda s: patients.named(s, [mine, "x"]),
        "patients.numbered": lambda s: patients.numbered(s, ["A1", "x"]),
        "patients.redescribed": lambda s: patients.redescribed(s, [{"id": mine}]),
        "patients.redescribed_in": lambda s: patients.redescribed_in(s, mine, 9),
        "requests.get": lambda s: requests.get(s, FEED.id, "A1-2"),
        "tokens.get": lambda s: tokens.get(s, ids.token),
        "tokens.every": lambda s: tokens.every(s),
        "editions.every": lambda s: editions.every(s),
        "folds.spans": lambda s: folds.spans(s),
        **watch_calls(ids, treatment),
        **sent_calls(ids),
        **people_calls(ids),
        **cohort_calls(ids, treatment),
    }


def people_calls(ids: Ids) -> dict[str, Callable[[Any], Any]]:
    """The same for people: their accounts, their sessions, and what they looked at."""
    mine = ids.patient
    everything = {"actor": "%", "action": "%", "from_at": NEVER, "to_at": EVER, "upto": 10**9}
    of_all = {**everything, "patient": "%", "after": 0, "before": 10**9}
    of_mine = {**of_all, "patient": mine}
    return {
        "accounts.get": lambda s: accounts.get(s, "crowd-1"),
        "accounts.named": lambda s: accounts.named(s, "eve.a1"),
        "accounts.of_subject": lambda s: accounts.of_subject(s, "crowd-1"),
        "accounts.every": lambda s: accounts.every(s),
        "accounts.digest": lambda s: accounts.digest(s, "crowd-1", "pin"),
        "accounts.written": lambda s: accounts.written(s, "no such row"),
        "accounts.ended": lambda s: accounts.ended(s, "crowd-1"),
        "accounts.every_id": lambda s: accounts.every_id(s),
        "sessions.found": lambda s: sessions.found(s, "crowd-1-1"),
        "sessions.change": lambda s: sessions.change(s, {"id": "crowd-1-1", "seen_at": AT}),
        "sessions.end_of_account": lambda s: sessions.end_of_account(s, "crowd-1", AT, ""),
        "sessions.forget": lambda s: sessions.forget(s, NEVER),
        "sessions.signed_in_since": lambda s: sessions.signed_in_since(s, "crowd-1", AT),
        "sessions.attempt": lambda s: sessions.attempt(s, "crowd-1"),
        "sessions.forget_attempt": lambda s: sessions.forget_attempt(s, "nobody"),
        "glass.get": lambda s: glass.get(s, "crowd-1-1"),
        "glass.open_to": lambda s: glass.open_to(s, "crowd-1", NEVER),
        "glass.of_patient": lambda s: glass.of_patient(s, mine, NEVER),
        "glass.waiting": lambda s: glass.waiting(s),
        "glass.reviewed": lambda s: glass.reviewed(s, 10),
        "glass.written": lambda s: glass.written(s, "crowd-1-1", False),
        "glass.written of a review": lambda s: glass.written(s, "crowd-1-1", True),
        "glass.every_id": lambda s: glass.every_id(s),
        "links.back": lambda s: links.back(s, of_all, 10),
        "links.back of a patient": lambda s: links.back(s, of_mine, 10),
        "links.on": lambda s: links.on(s, of_all, 10),
        "links.on of a patient": lambda s: links.on(s, of_mine, 10),
        "links.counted": lambda s: links.counted(s, of_all),
        "links.counted of a patient": lambda s: links.counted(s, of_mine),
        "links.newest": lambda s: links.newest(s),
    }


def cohort_calls(ids: Ids, treatment: str) -> dict[str, Callable[[Any], Any]]:
    """The same for files of many patients: what stands in them, and the files themselves."""
    mine = ids.patient
    return {
        "cohorts.infusions": lambda s: cohorts.infusions(s, EVER),
        "cohorts.peaks": lambda s: cohorts.peaks(s, "crs", EVER),
        "cohorts.gradings": lambda s: cohorts.gradings(s, treatment, EVER),
        "cohorts.readings": lambda s: cohorts.readings(s, mine, NEVER, EVER, EVER),
        "cohorts.doses": lambda s: cohorts.doses(s, mine, NEVER, EVER, EVER),
        "cohorts.given": lambda s: cohorts.given(s, [dump_value("tocilizumab")], EVER),
        "cohorts.numbers": lambda s: cohorts.numbers(s, mine, EVER),
        "cohorts.death": lambda s: cohorts.death(s, mine, EVER),
        "cohort_files.change": lambda s: cohort_files.change(s, {"id": "crowd-1", "done": 1}),
        "cohort_files.get": lambda s: cohort_files.get(s, "crowd-1"),
        "cohort_files.of_owner": lambda s: cohort_files.of_owner(s, "crowd-1", 10),
        "cohort_files.part": lambda s: cohort_files.part(s, "crowd-1", 1),
        "cohort_files.forget": lambda s: cohort_files.forget(s, NEVER),
    }


def sent_calls(ids: Ids) -> dict[str, Callable[[Any], Any]]:
    """The same for what other systems sent, and for records that were joined."""
    mine, fact = ids.patient, ids.facts[0]
    number = [{"system": "urn:mrn", "value": "A1"}]
    every = {"after": 0, "source": "%", "reason": "%", "patient": "%"}
    return {
        "held.get": lambda s: held.get(s, "x"),
        "held.ended": lambda s: held.ended(s, "x"),
        "held.waiting": lambda s: held.waiting(s, every, 10),
        "held.of_numbers": lambda s: held.of_numbers(s, number, ["unknown_patient"]),
        "held.of_keys": lambda s: held.of_keys(s, "lab", ["x", "y"]),
        "held.of_message": lambda s: held.of_message(s, "x"),
        "held.counted": lambda s: held.counted(s),
        "held.unmapped": lambda s: held.unmapped(s, 5),
        "messages.get": lambda s: messages.get(s, "x"),
        "messages.of_control": lambda s: messages.of_control(s, "lab", "hl7v2", "M-A1"),
        "messages.outcomes": lambda s: messages.outcomes(s, "x"),
        "messages.written": lambda s: messages.written(s, "x"),
        "messages.page": lambda s: messages.page(
            s, {"before": 99, "source": "%", "outcome": "%"}, 10
        ),
        "notified.before": lambda s: notified.before(s, "lab", "A1", 5),
        "notified.gaps": lambda s: notified.gaps(s),
        "notified.unfetched": lambda s: notified.unfetched(s),
        "origins.get": lambda s: origins.get(s, "lab", "x"),
        "origins.named": lambda s: origins.named(s, "lab", ["x", "y"]),
        "origins.of_resource": lambda s: origins.of_resource(s, "x"),
        "origins.of_fact": lambda s: origins.of_fact(s, fact),
        "origins.of_source": lambda s: origins.of_source(s, "running", f"{mine}|"),
        "origins.moved": lambda s: origins.moved(s, (fact, fact), (fact, fact), mine),
        "resources.versions": lambda s: resources.versions(s, ["x", "y"]),
        "resources.version": lambda s: resources.version(s, "x"),
        "resources.of_sender": lambda s: resources.of_sender(s, "lab", ["x"]),
        "interfaces.counted": lambda s: interfaces.counted(s),
        "interfaces.unreadable": lambda s: interfaces.unreadable(s),
        "interfaces.told_since": lambda s: interfaces.told_since(s, AT, 10),
        "merges.link": lambda s: merges.link(s, mine, None),
        "merges.merged_into": lambda s: merges.merged_into(s, mine),
        "merges.standing": lambda s: merges.standing(s, mine),
        "merges.last": lambda s: merges.last(s, mine, "x"),
        "merges.of_patient": lambda s: merges.of_patient(s, mine),
        "merges.moved": lambda s: merges.moved(s, "x"),
        "merges.twins": lambda s: merges.twins(s, mine, "x"),
        "merges.written": lambda s: merges.written(s, "x"),
    }


def watch_calls(ids: Ids, treatment: str) -> dict[str, Callable[[Any], Any]]:
    """The same for what is watched, told and posted."""
    mine, alarm, shift, feed = ids.patient, ids.alarm, ids.shift, ids.feed
    place = {"after_priority": 2, "after_at": NEVER, "after_id": ""}
    claim = {"id": "x", "epoch": 1}
    went = {"before": 10**9, "since": NEVER, "type": "%"}
    noted = {"due_at": None, "sent_at": AT, "dead_at": None, "outcome": None}
    return {
        "alarms.save_open": lambda s: alarms.save_open(s, mine, "[]"),
        "alarms.get": lambda s: alarms.get(s, alarm),
        "alarms.of_scope": lambda s: alarms.of_scope(s, treatment, ["crs", "crs#1"]),
        "alarms.of_patient": lambda s: alarms.of_patient(s, mine),
        "alarms.open_of_scope": lambda s: alarms.open_of_scope(s, treatment),
        "alarms.open_of_rule": lambda s: alarms.open_of_rule(s, "technical:feed"),
        "alarms.open_technical": lambda s: alarms.open_technical(s),
        "alarms.every_technical": lambda s: alarms.every_technical(s),
        "alarms.forget": lambda s: alarms.forget(s, "no such alarm"),
        "alarms.page": lambda s: alarms.page(s, {"open": 1, "unit": "bmt-1", **place}, 10),
        "alarms.page of a patient": lambda s: alarms.page(s, {"patient": mine, **place}, 10),
        "alarms.events_after": lambda s: alarms.events_after(s, 5, 10),
        "alarms.events_of": lambda s: alarms.events_of(s, alarm),
        "alarms.events_of_patient": lambda s: alarms.events_of_patient(s, mine, NEVER, EVER),
        "alarms.technical_events": lambda s: alarms.technical_events(s),
        "alarms.events_of_version": lambda s: alarms.events_of_version(s, mine, 3),
        "alarms.events_named": lambda s: alarms.events_named(s, ["a", "b"]),
        "alarms.closed_since": lambda s: alarms.closed_since(s, AT),
        "alarms.counted": lambda s: alarms.counted(s),
        "watches.advance": lambda s: watches.advance(s, {"treatment_id": treatment, "worst": 0}),
        "watches.forget": lambda s: watches.forget(s, "nobody"),
        "watches.claim": lambda s: watches.claim(s, NEVER, AT, 10),
        "watches.release": lambda s: watches.release(s, {"treatment_id": treatment, "tries": 0}),
        "watches.next_due": lambda s: watches.next_due(s),
        "watches.overdue": lambda s: watches.overdue(s, NEVER),
        "watches.given_up": lambda s: watches.given_up(s),
        "watches.patients_of": lambda s: watches.patients_of(s, "bmt-1", "", 10),
        "watches.known_keys": lambda s: watches.known_keys(s, ["a", "b"]),
        "watches.events": lambda s: watches.events(s, mine, NEVER, EVER),
        "watches.events_of_version": lambda s: watches.events_of_version(s, mine, 3),
        "rosters.get": lambda s: rosters.get(s, shift),
        "rosters.written": lambda s: rosters.written(s, shift),
        "rosters.between": lambda s: rosters.between(s, AT, AT + timedelta(days=3)),
        "feeds.get": lambda s: feeds.get(s, feed),
        "rosters.around": lambda s: rosters.around(s, AT),
        "feeds.every": lambda s: feeds.every(s),
        "feeds.every_now": lambda s: feeds.every_now(s),
        "feeds.heard_before": lambda s: feeds.heard_before(s, AT),
        "technicals.due": lambda s: technicals.due(s, NEVER),
        "technicals.next_due": lambda s: technicals.next_due(s),
        "deliveries.due_channels": lambda s: deliveries.due_channels(s, NEVER),
        "deliveries.claim": lambda s: deliveries.claim(s, "ward phone", NEVER, AT, 10),
        "deliveries.ready": lambda s: deliveries.ready(s, "ward phone", EVER, 10),
        "deliveries.give_up": lambda s: deliveries.give_up(s, "ward phone", NEVER, AT, "{}"),
        "deliveries.again": lambda s: deliveries.again(s, "no such message", AT, "{}"),
        "deliveries.get": lambda s: deliveries.get(s, "no such message"),
        "deliveries.of_channel": lambda s: deliveries.of_channel(s, "ward phone", 9, 10),
        "deliveries.last_number": lambda s: deliveries.last_number(s, "ward phone"),
        "events.after": lambda s: events.after(s, 5, {}, 10),
        "events.after of a patient": lambda s: events.after(s, 5, {"patient": mine}, 10),
        "events.newest": lambda s: events.newest(s),
        "events.versions": lambda s: events.versions(s, mine),
        "webhooks.every": lambda s: webhooks.every(s),
        "webhooks.get": lambda s: webhooks.get(s, ids.hook),
        "webhooks.named": lambda s: webhooks.named(s, "ehr-A1"),
        "webhooks.written": lambda s: webhooks.written(s, ids.hook, None),
        "webhooks.written of an event": lambda s: webhooks.written(s, "x", "y"),
        "deliveries.note": lambda s: deliveries.note(s, claim, noted),
        "deliveries.recipients": lambda s: deliveries.recipients(s, alarm),
        "deliveries.of_alarm": lambda s: deliveries.of_alarm(s, alarm),
        "deliveries.counts": lambda s: deliveries.counts(s),
        "deliveries.oldest": lambda s: deliveries.oldest(s),
        "posted.page": lambda s: posted.page(s, ["ward phone"], "", went, 10),
        "posted.page of what failed": lambda s: posted.page(s, ["ward phone"], "failing", went, 10),
        "posted.one": lambda s: posted.one(s, "no such message"),
        "posted.lately": lambda s: posted.lately(s, AT),
        "posted.given_up": lambda s: posted.given_up(s, ["ward phone"], AT, EVER, 10),
        "tries.add": lambda s: tries.add(s, a_try("crowd-1-1")),
        "tries.of_delivery": lambda s: tries.of_delivery(s, "crowd-1-1"),
        "deliveries.next_due": lambda s: deliveries.next_due(s),
        "beats.get": lambda s: beats.get(s, "sweep"),
        "beats.every": lambda s: beats.every(s),
    }


def a_try(delivery_id: str) -> Row:
    """A try of a message as `tries.add` takes it."""
    return {
        "delivery_id": delivery_id, "at": AT, "status": 503, "took_ms": 20, "says": "unavailable",
        "answered": None, "sent": None, "digest": None,
    }  # fmt: skip


def a_file(file_id: str) -> Row:
    """A file of a cohort as `cohort_files.add` takes it."""
    return {
        "id": file_id, "owner": file_id, "asked_at": AT, "wanted": "{}", "state": "ready",
        "done": 1, "total": 1, "beat_at": AT, "counts": "{}", "size": 1, "digest": None,
        "says": None,
    }  # fmt: skip


ONLY_ADD = {
    "access.add", "assessments.add", "editions.keep", "facts.add", "folds.put",
    "folds.add_checkpoint", "patients.add", "requests.add", "tokens.add", "tokens.end",
    "alarms.add_events", "alarms.put", "watches.put", "watches.add_events", "rosters.add",
    "feeds.put", "technicals.put", "deliveries.add", "beats.put", "cards.add", "stocks.add",
    "events.add", "webhooks.add", "webhooks.add_event", "messages.add", "messages.note",
    "held.add", "held.end", "origins.put", "notified.note", "merges.add", "patients.redescribe",
    "accounts.add", "accounts.add_standing", "accounts.add_secret", "accounts.end",
    "sessions.add", "sessions.put_attempt", "sessions.put_preference", "glass.add",
    "glass.add_review", "cohort_files.add", "cohort_files.add_part",
}  # fmt: skip


def functions(module: ModuleType) -> Iterator[str]:
    name = module.__name__.rpartition(".")[2]
    for each, found in inspect.getmembers(module, inspect.isfunction):
        if found.__module__ == module.__name__ and not each.startswith("_"):
            yield f"{name}.{each}"


def test_every_function_of_the_room_is_looked_at() -> None:
    called = {name.partition(" ")[0] for name in calls(Ids("", "", ("", ""), ""), "")}
    known = called | ONLY_ADD
    assert {name for module in MODULES for name in functions(module)} == known


@pytest.fixture
def asked(service: Service) -> tuple[Store, list[Asked]]:
    """Every statement, made over a record of many patients with many facts each."""
    store = service.store
    ids = full_record(service)
    joined(service)
    receive(service, "A1")
    _dose(service, ids)
    _crowd(store, ids)
    treatment = patients.heads(store, ids.patient)[0]["treatment_id"]
    listening = Listening(store)
    with store.writing():
        for name, call in calls(ids, treatment).items():
            listening.function = name
            before = len(listening.asked)
            call(listening)
            assert len(listening.asked) > before, name
    return store, listening.asked


def _dose(service: Service, ids: Ids) -> None:
    """Doses, a weight, and what was said of them: the facts that a check of a dose asks for."""
    now = service.clock()
    doses = []
    for minute in range(3):
        at = now - timedelta(hours=10, minutes=20 * minute)
        kept = chart(service, ids.patient, [infuse.administration("tocilizumab", at, {})])
        doses.append(kept.facts[0]["id"])
    said = [
        Charted(kind="weight", value=Decimal(70), effective_at=now - timedelta(hours=11)),
        distinct(service, ADA, ids.patient, doses[:2], "two bags"),
        elsewhere(service, "tocilizumab", "none", "asked"),
    ]
    chart(service, ids.patient, said)


def _crowd(store: Store, ids: Ids) -> None:
    """Other patients, as rows: the planner decides by how many there are."""
    some = {name: store.query(f"select * from {name} limit 1")[0] for name in (
        "patient", "identifier", "head", "fact", "assessment", "access", "fold",
        "request", "edition", "token", "watch", "alarm", "alert_event", "watch_event", "shift",
        "delivery", "feed", "stock_count", "told_card", "event", "webhook",
        "webhook_event", "message", "message_outcome", "held", "held_number", "held_end",
        "origin", "demographic", "merge", "moved_fact", "account", "account_standing",
        "account_secret", "account_end", "glass", "glass_review", "session",
        "preference")}  # fmt: skip
    rostered = store.query("select * from shift where replaces_id is not null")[0]
    last = store.query("select max(n) as n from access")[0]["n"]

    def add(table: str, **values: Any) -> None:
        # Elsewhere the database numbers the rows; of an alarm it is how often it has changed.
        given = table == "alarm"
        row = {name: value for name, value in some[table].items() if given or name != "seq"}
        store.insert(table, [row | values])

    with store.writing():
        for number in range(MANY):
            mine = f"crowd-{number}"
            add("patient", id=mine)
            add("identifier", patient_id=mine, value=mine)
            add("head", patient_id=mine, treatment_id=mine)
            add("fold", patient_id=mine, treatment_id=mine)
            add("edition", digest=mine)
            add("token", id=mine)
            add("request", key=mine)
            add("watch", treatment_id=mine, patient_id=mine)
            add("feed", actor=mine)
            add("told_card", id=mine, patient_id=mine)
            add("stock_count", id=mine, unit=mine)
            add("webhook", id=mine, name=mine)
            add("webhook_event", id=mine, webhook_id=mine)
            add("message", id=mine, control_id=mine)
            add("message_outcome", message_id=mine)
            add("demographic", patient_id=mine)
            add("merge", id=mine, gone_id=mine, into_id=mine, undoes_id=None)
            add("moved_fact", merge_id=mine)
            add("account", id=mine, name=mine, subject=mine)
            add("preference", account_id=mine)
            add("account_secret", id=mine, account_id=mine)
            add("account_end", account_id=mine)
            attempt = {"name": mine, "failures": 1, "began_at": AT, "until_at": None}
            store.insert("sign_in_attempt", [attempt])
            store.insert("cohort_file", [a_file(mine)])
            for turn in range(30):
                at = AT + timedelta(minutes=turn)
                name = f"{mine}-{turn}"
                replaces = f"{mine}-{turn - 1}" if turn % 3 == 1 else None
                add("fact", id=name, patient_id=mine, effective_at=at, version=turn + 2,
                    replaces_id=replaces, reason=replaces and "wrong")  # fmt: skip
                add("assessment", id=name, patient_id=mine, treatment_id=mine, effective_at=at)
                last_year = {"from_at": at - YEAR, "until_at": at - YEAR + timedelta(hours=8)}
                shift = {**rostered, "id": name, "replaces_id": None, "reason": None, **last_year}
                some["shift"] = shift
                add("shift")
                alarm = {"patient_id": mine, "treatment_id": mine}
                closed = {"open": 0, "state": "normal", "priority": turn % 3}
                add("alarm", id=name, scope=mine, key=name, **alarm, **closed)
                add("alert_event", id=name, alarm_id=name, **alarm, version=turn + 2)
                add("watch_event", key=name, **alarm, version=turn + 2)
                over = {"due_at": None, "sent_at": at}
                add("delivery", id=name, key=name, alarm_id=name, patient_id=mine, **over)
                add("event", id=name, patient_id=mine, version=turn + 2)
                sent = {"message_id": mine, "patient_id": mine}
                add("held", id=name, key=name, **sent)
                add("held_number", held_id=name, value=mine)
                add("held_end", held_id=name)
                add("merge", id=name, gone_id=mine, into_id=mine, undoes_id=name)
                add("origin", key=name, resource_id=name, fact_id=name, newest_id=name, **sent)
                folds.add_checkpoint(store, mine, at, "{}", "{}")
                add("glass", id=name, account_id=mine, patient_id=mine)
                add("glass_review", glass_id=name)
                add("account_standing", id=name, account_id=mine)
                if turn % 2:  # Of one account there are no more than OWN_ROWS.
                    add("session", id=name, account_id=mine, ended_at=None)
                store.insert("delivery_try", [a_try(name)])
                store.insert("cohort_part", [{"file_id": mine, "n": turn, "body": ""}])
                last += 1
                add("access", n=last, patient_id=mine, digest=name)
    if not is_sqlite(store):
        with store._pool.connection() as connection:  # type: ignore[attr-defined]
            connection.execute("analyze")


def test_no_statement_reads_what_it_was_not_asked_for(asked: tuple[Store, list[Asked]]) -> None:
    store, statements = asked
    scans = _scans_sqlite if is_sqlite(store) else _scans_postgres
    found = {}
    for each in statements:
        if each.function not in ACROSS_PATIENTS and (bad := scans(store, each)):
            found[each.function] = bad
    assert found == {}


def test_what_is_due_is_found_by_an_index(asked: tuple[Store, list[Asked]]) -> None:
    """However much was told, posted and closed in the years before."""
    store, statements = asked
    for name, index in BY_INDEX.items():
        plans = [str(_explained(store, each)) for each in statements if each.function == name]
        assert plans, name
        for plan in plans:
            assert index in plan or "SCAN CONSTANT" in plan, (name, plan)


def _explained(store: Store, each: Asked) -> Any:
    if is_sqlite(store):
        return store.query(f"explain query plan {each.sql}", each.params)
    with store.writing():
        connection = store._connected()  # type: ignore[attr-defined]
        connection.execute("set local enable_seqscan = off")
        rows = store.query(f"explain (analyze, format json) {each.sql}", each.params)
    return rows[0]["QUERY PLAN"][0]["Plan"]


OF_ITSELF = ("SCAN CONSTANT ROW", "SCAN chain", "SCAN (subquery-", "SCAN placed", "SCAN of_kind_")
"""How a step over what a statement has made itself begins: a chain of corrections, say.

What a subquery reads of the tables has its own steps, and these are looked at.
"""


def _scans_sqlite(store: Store, each: Asked) -> list[str]:
    """Steps that go over a whole table or index, or over a range of it that is nobody's own.

    `access.newest` takes one row from the end of an index, and `versions` is a subquery.
    """
    found = []
    for row in _explained(store, each):
        step = row["detail"]
        if step.startswith("SCAN") and "versions" not in step and not step.startswith(OF_ITSELF):
            found.append(step)
        if step.startswith("SEARCH") and "=?" not in step and "versions" not in step:
            found.append(step)
    return [] if each.function == "access.newest" else found


def _scans_postgres(store: Store, each: Asked) -> list[str]:
    """Nodes that read a table without a condition on an index, or threw most of it away."""
    found = []

    def look(node: dict[str, Any]) -> None:
        reads = "Relation Name" in node and node["Node Type"] != "ModifyTable"
        by_index = "Index Cond" in node or "Recheck Cond" in node
        thrown_away = node.get("Rows Removed by Filter", 0)
        if reads and (not by_index or thrown_away > OWN_ROWS):
            where = f"{node['Node Type']} on {node['Relation Name']}"
            found.append(f"{where}, {thrown_away} for nothing")
        for inner in node.get("Plans", ()):
            look(inner)

    look(_explained(store, each))
    return [] if each.function == "access.newest" else found
