"""Accounts of people and tokens of programs: who has one, made, changed and ended by an admin.

A password that is made here is shown once, on the page that answers; it is kept nowhere.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection

from flask import Response, request

from toxmon.actions import Conflicting, Refused, accounts, tokens
from toxmon.actions.tokens import ROLES
from toxmon.store import Row
from toxmon.store import tokens as token_rows
from toxmon.ward import door, shown
from toxmon.ward.form import Form, posted
from toxmon.ward.language import _

ADMIN = ("admin",)
EVERY, SOME = "every", "some"
FIELDS = {"/name": "name", "/shown": "shown", "/role": "role", "/units": "units"}


@door.page("/admin/users", *ADMIN, methods=("GET", "POST"))
def users() -> Response:
    """Who has an account; and a new one."""
    service, actor = door.service(), door.actor()
    accounts.check_admin(actor)
    form, made = posted(), None
    if request.method == "POST":
        units = _units(form)
        if not form.faults:
            password = new_password()
            try:
                row = accounts.create(
                    service, form["name"], form["shown"], form["role"], units, password, actor
                )
                made, form = (row, password), Form()
            except Refused as error:
                form.take(error.faults, FIELDS)
            except Conflicting as error:
                _take(form, error)
    return _listed("users.html", form, made=made)


@door.page("/admin/users/<account_id>", *ADMIN, methods=("GET", "POST"))
def user(account_id: str) -> Response:
    """One account: its name, role and wards; a new password; its end."""
    service, actor = door.service(), door.actor()
    accounts.check_admin(actor)
    row = accounts.one(service, account_id)
    form, password = posted(), None
    if request.method == "POST":
        try:
            if form["act"] == "change":
                units = _units(form)
                if not form.faults:
                    accounts.change(service, account_id, form["shown"], form["role"], units, actor)
            elif form["act"] == "password":
                password = new_password()
                accounts.set_password(service, account_id, password, actor)
            elif form["act"] == "end" and form["sure"] == "yes":
                accounts.end(service, account_id, actor)
            else:
                form.fault("sure", _("Disable: tick that you are sure"))
        except Refused as error:
            form.take(error.faults, FIELDS)
        except Conflicting as error:
            _take(form, error)
        if not form.faults and password is None:
            return door.go(f"/admin/users/{account_id}")
    else:
        form = _as_it_is(row)
    return door.render(
        "user.html",
        422 if form.faults else 200,
        form=form,
        errors=form.faults,
        row=row,
        password=None if form.faults else password,
        roles=_roles(),
        reaches=_reaches(),
        here="/admin",
    )


@door.page("/admin/tokens", *ADMIN, methods=("GET", "POST"))
def bearer_tokens() -> Response:
    """Tokens of programs: which there are; one that is ended is worth nothing within 2 seconds."""
    service, actor = door.service(), door.actor()
    accounts.check_admin(actor)
    if request.method == "POST":
        tokens.revoke(service, posted()["token"], actor)
        return door.go("/admin/tokens")
    return door.render("tokens.html", rows=token_rows.every(service.store), here="/admin")


def new_password() -> str:
    """A password that can be read out: 96 bits in four parts."""
    return "-".join(secrets.token_hex(3) for _each in range(4))


def _listed(template: str, form: Form, **more: object) -> Response:
    return door.render(
        template,
        422 if form.faults else 200,
        form=form,
        errors=form.faults,
        rows=accounts.every(door.service()),
        roles=_roles(),
        reaches=_reaches(),
        here="/admin",
        **more,
    )


def _units(form: Form) -> Collection[str] | None:
    """The wards that were chosen; None is every one."""
    reach = form.choice("reach", _("Wards"), (EVERY, SOME), required=True)
    named = [each.strip() for each in form["units"].split(",") if each.strip()]
    if reach == EVERY and named:
        form.fault("units", _("Which wards: leave it empty, or choose “these wards”"))
    if reach == SOME and not named:
        form.fault("units", _("Which wards: write at least one"))
    form.choice("role", _("Role"), ROLES, required=True)
    return named if reach == SOME else None


def _as_it_is(row: Row) -> Form:
    units = accounts.units_of(row)
    return Form({
        "shown": row["shown"], "role": row["role"],
        "reach": EVERY if units is None else SOME, "units": ", ".join(units or ()),
    })  # fmt: skip


def _take(form: Form, error: Conflicting) -> None:
    if error.fault is not None:
        form.take([error.fault], FIELDS)
    else:
        form.fault("", str(error))


def _roles() -> list[tuple[str, str]]:
    return [(role, _(shown.ROLES[role])) for role in ROLES]


def _reaches() -> list[tuple[str, str]]:
    return [(SOME, _("these wards")), (EVERY, _("every ward"))]
