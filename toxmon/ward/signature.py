"""Is a signature right, and if not, which part is wrong. A secret that is pasted is never kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from flask import Response, request

from toxmon.actions import proving, subscribing
from toxmon.actions.proving import ID
from toxmon.actions.webhooks import OVERLAP, Webhook, secret
from toxmon.channels import read_secret
from toxmon.store import tries
from toxmon.ward import door
from toxmon.ward.form import Form, posted
from toxmon.ward.integrate import HERE, MAY
from toxmon.ward.language import _, later
from toxmon.ward.shown import now
from toxmon.ward.words import when

PASTED = "pasted"
LONGEST = 200_000
SHOWN = 20_000
PARTS = {
    "header": later("a header is missing or cannot be read"),
    "timestamp": later("the timestamp"),
    "body": later("the body"),
    "secret": later("the secret"),
}


@door.page("/integrate/verify", *MAY)
def signature() -> Response:
    """Paste a message that came, and choose the secret."""
    return _page(Form(), None)


@door.page("/integrate/verify", *MAY, methods=("POST",))
def signature_proved() -> Response:
    """Say which part is wrong."""
    form = posted()
    text = request.form.get("headers", "")[:LONGEST]
    # A browser sends the ends of lines of a field as two signs, whatever was pasted.
    raw = request.form.get("body", "")[:LONGEST].replace("\r\n", "\n").encode("utf-8", "replace")
    if (file := request.files.get("file")) is not None and file.filename:
        raw = file.read(LONGEST)
    form.values["headers"], form.values["body"] = text, raw.decode("utf-8", "replace")
    if not text.strip():
        form.fault("headers", _("Headers: paste those of the message, one a line"))
    secrets = _secrets(form)
    pasted = form.values.pop("secret", None)  # It goes back to nobody, also not to its own page.
    del pasted
    if form.faults:
        return _page(form, None)
    headers = proving.read_headers(text)
    service = door.service()
    with service.store.reading():
        rows = tries.of_delivery(service.store, headers.get(ID, ""))
    bodies = [row["sent"].encode() for row in rows if row["sent"]]
    found = proving.prove(headers, raw, secrets, now(), tuple(dict.fromkeys(bodies)))
    if found.part == "secret" and (older := _older(form["which"])) is not None:
        ended, key = older
        if proving.prove(headers, raw, [("", key)], now(), (), timedelta(days=36_500)).valid:
            words = _("it was signed with the secret before the last change, which is not good "
                      "since %(when)s", when=when(ended, service.zone))  # fmt: skip
            found = replace(found, words=words)
    return _page(form, found)


def _older(endpoint_id: str) -> tuple[datetime, bytes] | None:
    """The secret before the last change and since when it is not good, where that is so."""
    found = next((each for each in _endpoints() if each.id == endpoint_id), None)
    if found is None or found.turned_at is None or now() < found.turned_at + OVERLAP:
        return None
    return found.turned_at + OVERLAP, secret(door.service(), found.id, found.turned - 1)


def _secrets(form: Form) -> list[tuple[str, bytes]]:
    """The secrets that are asked about, each with its name in words."""
    known = {each.id: each for each in _endpoints()}
    which = form.choice("which", _("Secret"), [PASTED, *known], required=True)
    if which is None:
        return []
    if which == PASTED:
        plain = read_secret(form["secret"].strip())
        if plain is None:
            form.fault("secret", _("Secret: paste one that begins with whsec_, whole"))
            return []
        return [(_("the pasted secret"), plain)]
    found, service = known[which], door.service()
    secrets = [(_("the secret in force"), secret(service, found.id, found.turned))]
    if (until := subscribing.until(found, now())) is not None:
        words = _("the secret before the last change, which is good for another %(span)s",
                  span=_span(until - now()))  # fmt: skip
        secrets.append((words, secret(service, found.id, found.turned - 1)))
    return secrets


def _span(left: timedelta) -> str:
    hours, rest = divmod(int(left.total_seconds()), 3600)
    return f"{hours} h {rest // 60} min"


def _endpoints() -> list[Webhook]:
    return list(subscribing.open_channels(door.service(), door.actor()))


def _page(form: Form, proof: proving.Proof | None) -> Response:
    part = None if proof is None or proof.valid else _(PARTS[proof.part])
    said = proof.said.decode("utf-8", "replace") if proof is not None else ""
    return door.render(
        "signature.html",
        422 if form.faults else 200,
        form=form,
        errors=form.faults,
        proof=proof,
        part=part,
        said=said[:SHOWN],
        cut=len(said) > SHOWN,
        options=[*((each.id, each.name) for each in _endpoints()), (PASTED, _("paste one"))],
        here=HERE,
    )
