"""May this dose be given: the word first, then the rules, the doses, and the acts that follow.

Every word and number is an answer of the rooms below; a script only asks again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from itertools import combinations
from typing import Any

from flask import Response, request

from toxmon.actions import Forbidden, dose_ledger, dose_rules, dosing, permissions
from toxmon.actions.dose_ledger import Ledger
from toxmon.actions.permissions import ASKED, FURTHEST, NotPermitted
from toxmon.dosing.giving import INDICATIONS
from toxmon.dosing.situation import RELEASED, RESERVED, Asked
from toxmon.dosing.steroids import EQUIVALENT_MG
from toxmon.protocol import Drug
from toxmon.ward import banner, door
from toxmon.ward.form import Form, posted
from toxmon.ward.language import _, later

TOCILIZUMAB = "tocilizumab"
ORDERING = ("physician", "pharmacist")
PHARMACIST = ("pharmacist",)
BESIDE = ("siltuximab", "anakinra", *EQUIVALENT_MG)
"""Drugs against IL-6 and IL-1, and steroids: what a reader asks for beside the doses."""
WORDS = {
    "yes": later("YES"),
    "not_yet": later("NOT YET"),
    "no": later("NO"),
    "check": later("CHECK"),
}
FOR = {
    "crs": "CRS",
    "icans": "ICANS",
    "iec_hs": "IEC-HS",
    "prophylaxis": later("prophylaxis"),
    "other": later("something else"),
}
STATES = {
    dose_rules.MET: later("met"),
    dose_rules.NOT_MET: later("not met"),
    dose_rules.NOT_KNOWN: later("not known"),
    dose_rules.NOT_ASKED: later("no dose asked"),
}
PLACES = {
    "doses_in_treatment": later("in this treatment"),
    "doses_in_24_h": later("in the last 24 h"),
    "doses_in_episode": later("in this episode of CRS"),
}
DONE = {
    "given": later("The dose was recorded."),
    "corrected": later("The record was corrected. The old one stays readable below."),
    "taken_back": later("The record was taken back. It stays readable below."),
    "reserved": later("The dose is reserved. Everybody sees it; it lapses by itself."),
    "released": later("The dose is released. It may be given."),
    "asked": later("The override was asked for. Another person must release it."),
    "returned": later("The dose was taken back. It counts no more."),
    "distinct": later("Kept: they are two doses."),
    "elsewhere": later("Kept: what is known of doses before arrival."),
}


@door.page("/p/<patient_id>/tocilizumab", *door.CLINICAL, methods=("GET", "POST"))
def tocilizumab(patient_id: str) -> Response:
    """May tocilizumab be given?"""
    return _page(patient_id, TOCILIZUMAB)


@door.page("/p/<patient_id>/dosing/<medication>", *door.CLINICAL, methods=("GET", "POST"))
def dosing_of(patient_id: str, medication: str) -> Response:
    """May another drug be given?"""
    return _page(patient_id, medication)


@door.page("/p/<patient_id>/dosing/<medication>/answer", *door.CLINICAL)
def answer_now(patient_id: str, medication: str) -> Response:
    """The word alone, as it stands now: what a page that is open asks for."""
    service = door.service()
    drug = dosing.drug_of(service, medication)
    answer = dosing.told(service, door.actor(), patient_id, medication)
    return door.render("dose_answer.html", drug=drug, **as_shown(answer, drug))


def _page(patient_id: str, medication: str) -> Response:
    drug = dosing.drug_of(door.service(), medication)
    if request.method == "GET":
        return drawn(patient_id, drug)
    form = posted()
    mg, at = _asked(form)
    indication = form.choice("indication", _("What for"), INDICATIONS)
    act = form["act"]
    if act != "check" and mg is None and not form.of("dose"):
        form.fault("dose", _("Dose in mg: write a number"))
    if form.faults:
        return drawn(patient_id, drug, form, status=422)
    if act == "check":
        asked = Asked(at=at or door.service().clock(), mg=mg, indication=indication)
        return drawn(patient_id, drug, form, asked)
    assert mg is not None, "an act has a dose"
    wanted = permissions.Wanted(
        mg=mg,
        at=at,
        indication=indication,
        reason=form.text("reason", _("Why"), required=act == ASKED),
        weight_confirmed=form["weight_confirmed"] == "1",
    )
    return _permit(patient_id, drug, form, wanted)


def _asked(form: Form) -> tuple[Decimal | None, datetime | None]:
    """The dose in mg and the time that were written."""
    service = door.service()
    at = form.instant("at", _("When"), service.zone, service.clock(), ahead=FURTHEST)
    return amount_mg(form), at


def amount_mg(form: Form, name: str = "dose") -> Decimal | None:
    """A dose in mg that was written, above nothing."""
    mg = form.number(name, _("Dose in mg"))
    if mg is not None and not 0 < mg < 10**6:
        form.fault(name, _("Dose in mg: write a number above 0"))
        return None
    return mg


def _permit(patient_id: str, drug: Drug, form: Form, wanted: permissions.Wanted) -> Response:
    state = form["act"]
    may = {RESERVED: ORDERING, RELEASED: PHARMACIST, ASKED: ORDERING}.get(state, ())
    check_role(may)
    if form.faults:  # An override without a reason: that is asked for on a page of its own.
        asked = Asked(at=wanted.at or door.service().clock(), mg=wanted.mg,
                      indication=wanted.indication)  # fmt: skip
        answer = dosing.told(door.service(), door.actor(), patient_id, drug.name, asked)
        if answer["allowed"]:
            return drawn(patient_id, drug, form, asked)
        return _stopped(patient_id, drug, form, answer, 422 if "reason" in form.values else 200)
    try:
        permissions.permit(
            door.service(), door.actor(), patient_id, drug.name, wanted, state, render_step,
            keyed=door.keyed(),
        )  # fmt: skip
    except NotPermitted as error:
        return _stopped(patient_id, drug, form, error.answer, 409)
    return door.go(f"{address(patient_id, drug)}?done={'asked' if state == ASKED else state}")


def _stopped(
    patient_id: str, drug: Drug, form: Form, answer: dict[str, Any], status: int
) -> Response:
    """The page between a dose that rules stand against and an override of them."""
    codes = {each["code"] for each in answer["reasons"]}
    return door.render(
        "dose_stop.html",
        status,
        patient=banner.of(patient_id),
        drug=drug,
        form=form,
        errors=form.faults,
        back=address(patient_id, drug),
        only_weight=codes == {"weight_changed"},
        may_override=door.actor().role in ORDERING,
        **as_shown(answer, drug),
    )


def check_role(roles: tuple[str, ...]) -> None:
    """Raises Forbidden for somebody of another role."""
    if door.actor().role not in roles:
        told = _(" or ").join(roles) if roles else _("nobody")
        raise Forbidden(_("This is done by: %(roles)s", roles=told))


def render_step(outcome: Any, permission: dict[str, Any], told: dict[str, Any]) -> bytes:
    """What is kept of a step under the key of its form."""
    return f'{{"permission":"{permission["id"]}"}}'.encode()


def address(patient_id: str, drug: Drug) -> str:
    """The page of a drug."""
    name = drug.name
    return f"/p/{patient_id}/{name if name == TOCILIZUMAB else f'dosing/{name}'}"


def drawn(
    patient_id: str,
    drug: Drug,
    form: Form | None = None,
    asked: Asked | None = None,
    *,
    status: int = 200,
    trouble: str | None = None,
) -> Response:
    """The page of a drug. `asked`: a dose that somebody has asked about, answered first."""
    service, actor = door.service(), door.actor()
    answer = dosing.told(service, actor, patient_id, drug.name)
    found = dose_ledger.ledger(service, actor, patient_id, drug.rules, _beside(drug))
    # A time that is asked about and all of today's are answered apart, so that neither is hidden.
    special = None
    if asked is not None:
        told = dosing.told(
            service, actor, patient_id, drug.name, asked, action="check.dosing"
        )  # fmt: skip
        special = as_shown(told, drug)
    _version, every = permissions.listed(service, actor, patient_id)
    mine = [each for each in every if each["medication"] == drug.name]
    held = {each["id"] for each in answer["held"]}
    waiting = [
        each
        for each in mine
        if each["id"] in held or (each["state"] == ASKED and not each["lapsed"])
    ]
    return door.render(
        "dose.html",
        status,
        patient=banner.of(patient_id),
        here="/pharmacy",
        drug=drug,
        form=form,
        errors=form.faults if form else (),
        special=special,
        ledger=found,
        pairs=list(_pairs(answer, found)),
        waiting=waiting,
        earlier=[each for each in mine if each not in waiting],
        own=actor,
        done=DONE.get(request.args.get("done", "")) if status == 200 else None,
        trouble=trouble,
        back=address(patient_id, drug),
        indications=[(each, _(FOR[each])) for each in INDICATIONS],
        others=sorted(
            (each.name, each.title)
            for each in service.protocols.drugs.values()
            if each.rules.policy.limits and each.name != drug.name
        ),
        may_reserve=actor.role in ORDERING,
        may_release=actor.role in PHARMACIST,
        **as_shown(answer, drug),
    )


def _beside(drug: Drug) -> tuple[str, ...]:
    return tuple(name for name in BESIDE if name != drug.name)


def as_shown(answer: dict[str, Any], drug: Drug) -> dict[str, Any]:
    """An answer as templates show it."""
    given = [each for each in answer["given"] if each["at"] is not None]
    refuses = [each for each in answer["by_policy"] if not each["allowed"]]
    return {
        "answer": answer,
        "word": WORDS[answer["verdict"]],
        "rules": dose_rules.rules(answer, drug),
        "used": dose_rules.used(answer, drug),
        "states": STATES,
        "places": PLACES,
        "last": given[-1] if given else None,
        "stricter": [each for each in refuses if answer["allowed"]],
        "limits": {
            each.name: [dose_rules.of_limit(limit) for limit in each.limits]
            for each in drug.rules.policies.values()
        },
    }


def _pairs(answer: dict[str, Any], found: Ledger) -> Iterator[tuple[Any, Any]]:
    """Records that may be one dose, two and two, as they stand."""
    stands = {each.root: each for each in found.entries if each.state == "given"}
    for group in answer["unreconciled"]:
        for one, other in combinations(group, 2):
            if one in stands and other in stands:
                yield stands[one], stands[other]
