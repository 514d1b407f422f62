"""May this patient have a dose: the pharmacist's question in a terminal, answered words first."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

import click

from toxmon.cli.console import Misused, Wrong, read_here, service_over_a_record

if TYPE_CHECKING:
    from decimal import Decimal

    from toxmon.actions import Actor, Service

Plain = dict[str, Any]
WIDTH = 80
WORDS = {"yes": "YES", "not_yet": "NOT YET", "no": "NO", "check": "CHECK"}
COLORS = {"yes": "green", "not_yet": "yellow", "no": "red", "check": "yellow"}
PLACES = {
    "in_24_h": "in 24 h",
    "in_treatment": "in this treatment",
    "in_episode": "in this episode",
}
LIMITS = {
    "interval": "at least {span} from start to start",
    "doses_in_24_h": "at most {count} in any 24 h",
    "doses_in_treatment": "at most {count} in a treatment",
    "doses_in_episode": "at most {count} in an episode",
    "dose_above_cap": "at most {mg} mg a dose",
    "mg_in_24_h": "at most {mg} mg in any 24 h",
}


@click.command()
@click.argument("patient")
@click.option("--dose", "dose_mg", metavar="MG", help="The dose in mg; without it any dose.")
@click.option("--at", "at_text", metavar="TIME", help="When, RFC 3339; default is now.")
@click.option("--for", "indication", metavar="WHAT", help="crs, icans, prophylaxis, ...")
@click.option("--drug", default="tocilizumab", show_default=True, help="Another drug with rules.")
@click.option("--known-at", metavar="TIME", help="As it was known then.")
@click.option("--release", is_flag=True, help="Release the dose, by the token's pharmacist.")
@click.option("--token", metavar="TOKEN", help="Who releases it: a pharmacist's; - reads it.")
@click.option("--json", "as_json", is_flag=True, help="As the API tells it.")
def toci(
    patient: str,
    dose_mg: str | None,
    at_text: str | None,
    indication: str | None,
    drug: str,
    known_at: str | None,
    release: bool,
    token: str | None,
    as_json: bool,
) -> None:
    """May PATIENT have tocilizumab: when is the next, how many are left, why.

    PATIENT is an id, SYSTEM|VALUE, or a number that one patient alone has. The same words as
    POST /api/v1/patients/{id}/dosing/tocilizumab/check. Exit code 1: not allowed.
    """
    from toxmon.actions import Actor, NotFound, dosing
    from toxmon.api.dosing import INDICATIONS
    from toxmon.cli.patient import found_patient
    from toxmon.dosing.situation import Asked

    found = read_here(service_over_a_record())
    patient_id = found_patient(found, patient)
    mg, known = _milligrams(dose_mg), _instant(known_at, "--known-at")
    if indication is not None and indication not in INDICATIONS:
        raise Misused(f"--for: {indication!r} is none of {', '.join(INDICATIONS)}")
    if release and known is not None:
        raise Misused("--release: rests on what is known now; leave out --known-at")
    at = _instant(at_text, "--at") or known or found.clock()
    try:
        if release:
            plain = _released(
                found, patient_id, drug, mg, _instant(at_text, "--at"), indication, token
            )
        else:
            operator = Actor("operator", "operator at the terminal", "operator")
            asked = Asked(at=at, mg=mg, indication=indication)
            plain = dosing.told(found, operator, patient_id, drug, asked, known_at=known)
    except NotFound as error:
        raise Wrong(str(error)) from error
    if as_json:
        from toxmon.api.answers import to_json

        click.echo(to_json(plain))
    else:
        click.echo("\n".join(_lines(plain, found.zone)))
    if not plain["allowed"]:
        raise click.exceptions.Exit(1)


def _released(
    found: Service,
    patient_id: str,
    drug: str,
    mg: Decimal | None,
    at: datetime | None,
    indication: str | None,
    token: str | None,
) -> Plain:
    """Release a dose under the name of a pharmacist. Raises Wrong with every reason against it."""
    from toxmon.actions import Refused, permissions
    from toxmon.api.answers import to_json
    from toxmon.dosing.situation import RELEASED

    if mg is None:
        raise Misused("--release: say which dose with --dose MG")
    actor = _pharmacist(found, token)
    kept: list[Plain] = []

    def rendered(_: Any, permission: Plain, told: Plain) -> bytes:
        kept.append({**told, "released": permission})
        return to_json(permission)

    wanted = permissions.Wanted(mg=mg, at=at, indication=indication)
    try:
        permissions.permit(found, actor, patient_id, drug, wanted, RELEASED, rendered)
    except permissions.NotPermitted as error:
        return error.answer
    except Refused as error:
        raise Misused(str(error)) from error
    return kept[0]


def _pharmacist(found: Service, token: str | None) -> Actor:
    from toxmon.actions import tokens

    if not token:
        raise Misused("--release: name yourself with --token; toxmon token create makes one")
    if token == "-":  # noqa: S105 - a word for standard input, where a secret is not seen by others
        token = sys.stdin.readline()
    known = tokens.identify(found, token.strip())
    if known is None:
        raise Misused("--token: it is unknown, expired or revoked")
    if known[0].role != "pharmacist":
        raise Misused(f"--token: a dose is released by a pharmacist, not by a {known[0].role}")
    return known[0]


def _lines(plain: Plain, zone: tzinfo) -> Iterator[str]:
    verdict = plain["verdict"]
    released = plain.get("released")
    first = plain["says"].partition(". ")[0].rstrip(".")
    for line in _folded(first, "  "):
        yield click.style(line, fg=COLORS[verdict], bold=True)
    if released is not None:
        words = f"RELEASED by {released['by']}, permission {released['id']}"
        yield from (click.style(line, bold=True) for line in _folded(words, "  "))
    for reason in plain["reasons"]:
        yield from _folded(f"- {reason['detail']}", "  ")
    later = plain["next_allowed_at"]
    if verdict != "yes" and later is not None and _utc(later) > _utc(plain["asked"]["at"]):
        yield f"By time the next is allowed at {_clock(plain['next_allowed_at'], zone)}."
    yield ""
    left = plain["remaining"]
    if left:
        parts = [f"{count} {PLACES[name]}" for name, count in left.items()]
        yield f"Left before this one: {', '.join(parts)}."
    yield from _folded(_computed(plain, zone), "  ")
    yield ""
    yield "Doses counted" if plain["given"] or plain["held"] else "No dose is on record."
    for number, each in enumerate((*plain["given"], *plain["held"]), start=1):
        dose = f"{_amount(each['dose']['value'])} mg" if each["dose"] else "amount unknown"
        when = _clock(each["at"], zone) if each["at"] is not None else "time not known"
        state = "" if each["state"] == "given" else f"  [{each['state'].replace('_', ' ')}]"
        where = "in the last 24 h" if each["in_24_h"] else ""
        row = f"  {number:>2}  {when:<24} {dose:>10}  {each['by']}{state}  {where}"
        yield from _folded(row.rstrip(), " " * 6)
    for words_ in plain["explained"].values():
        yield from _folded(f"! {words_}", "  ")
    yield ""
    for policy in plain["by_policy"]:
        force = " (in force)" if policy["in_force"] else ""
        says = "yes" if policy["allowed"] else f"no: {', '.join(policy['codes'])}"
        rules = "; ".join(_limit(each) for each in policy["limits"])
        yield from _folded(f"{policy['name']}{force}: {says}. {rules}.", "  ")
    yield from _folded(f"Source: {plain['source']}.", "  ")
    yield from _folded(plain["note"], "  ")


def _computed(plain: Plain, zone: tzinfo) -> str:
    computed, by = plain["computed_dose"], plain["computed_from"]
    if computed is None or by is None:
        return "No dose is computed."
    if by["mg_per_kg"] is None:
        return f"The dose is {_amount(computed['value'])} mg."
    cap = f", cap {_amount(by['cap']['value'])} mg" if by["cap"] else ""
    return (
        f"The dose for the weight: {_amount(by['mg_per_kg'])} mg/kg x "
        f"{_amount(by['weight']['value'])} kg = {_amount(by['uncapped']['value'])} mg{cap}; "
        f"weighed {_clock(by['weighed_at'], zone)}."
    )


def _limit(each: Plain) -> str:
    shown = {name: _amount(value) if name == "mg" else value for name, value in each.items()}
    mark = "" if each["verified"] else " (not verified)"
    return LIMITS[each["code"]].format(**shown) + mark


def _amount(value: Any) -> str:
    from decimal import Decimal

    from toxmon.dosing.words import amount

    return amount(Decimal(str(value)))


def _clock(at: Any, zone: tzinfo) -> str:
    from toxmon.dosing.words import moment

    return moment(_utc(at), zone)


def _utc(at: Any) -> datetime:
    return at if isinstance(at, datetime) else datetime.fromisoformat(at)


def _folded(line: str, margin: str) -> list[str]:
    return textwrap.wrap(line, WIDTH, subsequent_indent=margin) or [""]


def _milligrams(text: str | None) -> Decimal | None:
    from decimal import Decimal, InvalidOperation

    if text is None:
        return None
    try:
        value = Decimal(text.removesuffix("mg").strip())
    except InvalidOperation:
        value = Decimal(0)
    if not value.is_finite() or not 0 < value < 10**6:
        raise Misused(f"--dose: {text!r} is not a dose in mg; write it as 560 or 358.8")
    return value


def _instant(text: str | None, option: str) -> datetime | None:
    from toxmon.api.fields import parse_instant

    if text is None:
        return None
    try:
        return parse_instant(text)
    except ValueError as error:
        raise Misused(f"{option}: {error}") from error
