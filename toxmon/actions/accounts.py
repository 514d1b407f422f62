"""Accounts of people: made, changed, disabled, given a password or a PIN.

Nothing of an account is ever edited: a new role is a new row, and the newest counts. A secret is
kept as an Argon2id digest of a digest that is keyed with the service's key, so a stolen table says
nothing even of a PIN of four digits (decision 0100).
"""

from __future__ import annotations

import hmac
import re
import secrets
import threading
import unicodedata
from collections.abc import Collection

import orjson
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error

from toxmon.actions import (
    SYSTEM,
    Actor,
    Conflicting,
    Fault,
    Forbidden,
    NotFound,
    Refused,
    Service,
    audit,
)
from toxmon.actions.tokens import ROLES
from toxmon.store import Row, Store, accounts, sessions
from toxmon.store.ids import new_id

PASSWORD, PIN = "password", "pin"
SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 256
LONGEST_NAME = 64
NAME = re.compile(r"[^\W_][\w.@+-]*")
PIN_FORM = re.compile(r"[0-9]{4,6}", re.ASCII)
"""Shorter than any password, so what somebody typed is one or the other."""
RUNS = "01234567890 98765432109"
COMMON = frozenset(
    {"password", "12345678", "123456789", "1234567890", "qwertyui", "qwertyuiop", "11111111"}
    | {"password1", "passw0rd", "iloveyou", "sunshine", "football", "toxmon123", "welcome1"}
)
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""As OWASP advises for Argon2id: about 20 ms, and 19 MiB for each that is worked out."""
AT_ONCE = threading.BoundedSemaphore(2)
"""More at once would only take the processors from those who read grades."""


def create(
    service: Service,
    name: str,
    shown: str,
    role: str,
    units: Collection[str] | None,
    password: str | None,
    by: Actor = SYSTEM,
    *,
    subject: str | None = None,
) -> Row:
    """Make an account, and give it as it stands. Raises Refused with every fault, Conflicting.

    Without a password nobody signs in to it here; `subject` is who it is at a provider.
    """
    name, shown = folded(name), _spaced(shown)
    found = [*_name_faults(name), *_standing_faults(shown, role, units)]
    if password is not None:
        found += password_faults(password, name, shown)
    if found:
        raise Refused(*found)
    digest = None if password is None else digested(service, PASSWORD, password)
    with service.store.writing():
        now = service.clock()
        if accounts.named(service.store, name) is not None:
            words = "is taken; choose another name to sign in with"
            raise Conflicting("this name is taken", Fault("/name", words))
        _refuse_shown(service.store, shown, None)
        account_id = audit.ACCOUNT + secrets.token_hex(8)
        said = {"recorded_at": now, "recorded_by": by.name}
        rows: list[Row] = [{"id": account_id, "name": name, "subject": subject, **said}]
        accounts.add(service.store, rows[0])
        rows.append(_stand(service, account_id, shown, role, units, said))
        if digest is not None:
            rows.append(_keep_secret(service, account_id, PASSWORD, digest, said))
        _note(service, by, "account.create", account_id, rows, role=role)
        made = accounts.get(service.store, account_id)
    assert made is not None
    return made


def change(
    service: Service,
    account_id: str,
    shown: str,
    role: str,
    units: Collection[str] | None,
    by: Actor = SYSTEM,
) -> Row:
    """Let an account be another from now on. Raises Refused, NotFound, Conflicting."""
    shown = _spaced(shown)
    if found := _standing_faults(shown, role, units):
        raise Refused(*found)
    with service.store.writing():
        now = service.clock()
        old = live(service, account_id)
        if (old["shown"], old["role"], old["units"]) == (shown, role, _units_text(units)):
            return old
        _refuse_shown(service.store, shown, account_id)
        said = {"recorded_at": now, "recorded_by": by.name}
        row = _stand(service, account_id, shown, role, units, said)
        _note(service, by, "account.change", account_id, [row], role=role)
        made = accounts.get(service.store, account_id)
    assert made is not None
    return made


def end(service: Service, account_id: str, by: Actor = SYSTEM) -> None:
    """Disable an account: its sessions are over at once. Raises NotFound, Conflicting."""
    if by.id == account_id:
        raise Conflicting("nobody disables their own account; let another administrator do it")
    with service.store.writing():
        now = service.clock()
        live(service, account_id)
        row = {"account_id": account_id, "recorded_at": now, "recorded_by": by.name}
        accounts.end(service.store, row)
        sessions.end_of_account(service.store, account_id, now, "")
        detail = {"of_account": account_id}
        audit.note(service, by, now, "account.end", detail=detail, rows=[row])


def set_password(
    service: Service, account_id: str, password: str, by: Actor = SYSTEM, *, keep: str = ""
) -> None:
    """Give an account a new password; every session of it but `keep` is over.

    Raises Refused, NotFound, Conflicting.
    """
    row = live(service, account_id)
    if row["subject"] is not None:
        raise Conflicting("this person signs in at the hospital's provider, and has no password")
    if found := password_faults(password, row["name"], row["shown"]):
        raise Refused(*found)
    _set(service, account_id, PASSWORD, password, by)
    with service.store.writing():
        now = service.clock()
        sessions.end_of_account(service.store, account_id, now, keep)
        sessions.forget_attempt(service.store, tried(service, row["name"]))


def set_pin(service: Service, account_id: str, pin: str, by: Actor = SYSTEM) -> None:
    """Give an account a PIN, by which it unlocks and switches. Raises Refused, NotFound."""
    live(service, account_id)
    if PIN_FORM.fullmatch(pin) is None:
        raise Refused(Fault("/pin", "is not a PIN; choose 4 to 6 digits"))
    if len(set(pin)) == 1 or pin in RUNS:
        raise Refused(Fault("/pin", "is easily guessed; do not repeat one digit or count"))
    _set(service, account_id, PIN, pin, by)


def every(service: Service) -> list[Row]:
    """All accounts as they stand, oldest first, without their secrets."""
    return [{**row, "units": units_of(row)} for row in accounts.every(service.store)]


def one(service: Service, account_id: str) -> Row:
    """An account, also one that is disabled. Raises NotFound."""
    row = accounts.get(service.store, account_id)
    if row is None:
        raise NotFound("no such account")
    return row


def check_admin(actor: Actor) -> None:
    """Raises Forbidden for who may not give others what they have not: reach of every unit."""
    if actor.role != "admin" or actor.units is not None:
        raise Forbidden("accounts and tokens are kept by an administrator of every unit")


def live(service: Service, account_id: str) -> Row:
    """An account that is not disabled. Raises NotFound, Conflicting."""
    row = one(service, account_id)
    if row["ended_at"] is not None:
        raise Conflicting("this account is disabled")
    return row


def actor_of(row: Row, opened: frozenset[str] = frozenset()) -> Actor:
    """Who acts when this account does. `opened`: patients of elsewhere that it may see now."""
    units = units_of(row)
    account_id = row["account_id"] if "account_id" in row else row["id"]
    reach = None if units is None else frozenset(units)
    return Actor(account_id, row["shown"], row["role"], reach, opened)


def units_of(row: Row) -> list[str] | None:
    """The units within reach of an account; None is every one."""
    return None if row["units"] is None else list(orjson.loads(row["units"]))


def is_right(service: Service, account_id: str | None, kind: str, secret: str) -> bool:
    """Is this the secret of an account? It takes as long where there is no account."""
    kept = None if account_id is None else accounts.digest(service.store, account_id, kind)
    with AT_ONCE:
        try:
            HASHER.verify(kept or _nobody(), _peppered(service, kind, secret))
        except Argon2Error:
            return False
    return kept is not None


def has_pin(service: Service, account_id: str) -> bool:
    """Has this person set a PIN?"""
    return accounts.digest(service.store, account_id, PIN) is not None


def digested(service: Service, kind: str, secret: str) -> str:
    """What is kept of a secret."""
    with AT_ONCE:
        return HASHER.hash(_peppered(service, kind, secret))


def tried(service: Service, name: str) -> str:
    """What is kept of a name that somebody typed: it may be a password, in the wrong field."""
    return hmac.digest(service.key, f"tried:{folded(name)}".encode(), "sha256").hex()


def folded(name: str) -> str:
    """A name as it is compared: Ada, ADA and ada are one."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def written(store: Store, detail: Row) -> list[Row]:
    """The rows that an act of this room added, as they are now: the audit chain has signed them."""
    if "rows" not in detail:
        return accounts.ended(store, detail["of_account"])
    return [row for row_id in detail["rows"] for row in accounts.written(store, row_id)]


def unnoted(store: Store, noted: Collection[str]) -> list[str]:
    """The ids of rows that no act in the audit chain tells of."""
    return [row_id for row_id in accounts.every_id(store) if row_id not in noted]


def password_faults(password: str, name: str, shown: str) -> list[Fault]:
    """What is wrong with a new password."""
    if len(password) < SHORTEST_PASSWORD:
        words = f"is too short; use at least {SHORTEST_PASSWORD} characters"
    elif len(password) > LONGEST_PASSWORD:
        words = f"is too long; use at most {LONGEST_PASSWORD} characters"
    elif password.casefold() in COMMON | {name, shown.casefold()} or len(set(password)) < 3:
        words = "is easily guessed; choose one that is not a name, a row of keys or one character"
    else:
        return []
    return [Fault("/password", words)]


def _name_faults(name: str) -> list[Fault]:
    if not name:
        return [Fault("/name", "is missing; write what the person types to sign in")]
    if len(name) > LONGEST_NAME:
        return [Fault("/name", f"is too long; use at most {LONGEST_NAME} characters")]
    if NAME.fullmatch(name) is None:
        words = "has a character that no name has; use letters, digits and . @ + - _"
        return [Fault("/name", words)]
    return []


def _standing_faults(shown: str, role: str, units: Collection[str] | None) -> list[Fault]:
    found = []
    if not 1 <= len(shown) <= 80 or not shown.isprintable():
        words = "has 1 to 80 printable characters; write the name as the record shall show it"
        found.append(Fault("/shown", words))
    if role not in ROLES:
        found.append(Fault("/role", f'"{role[:40]}" is no role; use one of {", ".join(ROLES)}'))
    for unit in units or ():
        if not 1 <= len(unit) <= 64 or not unit.isprintable() or unit != unit.strip():
            found.append(Fault("/units", "has a name that no unit has; 1 to 64 characters each"))
            break
    if units is not None and not units:
        found.append(Fault("/units", "is empty; name a unit, or leave it out for every one"))
    return found


def _refuse_shown(store: Store, shown: str, but: str | None) -> None:
    """Two people of one name could not be told apart in the record."""
    for row in accounts.every(store):
        if row["shown"].casefold() == shown.casefold() and row["id"] != but:
            words = "is shown for another person; add an initial, so that they can be told apart"
            raise Conflicting("this name is shown for another person", Fault("/shown", words))


def _stand(
    service: Service,
    account_id: str,
    shown: str,
    role: str,
    units: Collection[str] | None,
    said: Row,
) -> Row:
    row = {
        "id": new_id(said["recorded_at"]),
        "account_id": account_id,
        "shown": shown,
        "role": role,
        "units": _units_text(units),
        **said,
    }
    accounts.add_standing(service.store, row)
    return row


def _set(service: Service, account_id: str, kind: str, secret: str, by: Actor) -> None:
    digest = digested(service, kind, secret)
    with service.store.writing():
        live(service, account_id)
        said = {"recorded_at": service.clock(), "recorded_by": by.name}
        row = _keep_secret(service, account_id, kind, digest, said)
        sessions.forget_attempt(service.store, tried(service, f"pin of {account_id}"))
        _note(service, by, "account.secret", account_id, [row], kind=kind)


def _keep_secret(service: Service, account_id: str, kind: str, digest: str, said: Row) -> Row:
    row = {
        "id": new_id(said["recorded_at"]),
        "account_id": account_id,
        "kind": kind,
        "digest": digest,
        **said,
    }
    accounts.add_secret(service.store, row)
    return row


def _note(
    service: Service, by: Actor, action: str, account_id: str, rows: list[Row], **more: str
) -> None:
    detail = {"of_account": account_id, "rows": [row["id"] for row in rows], **more}
    audit.note(service, by, rows[0]["recorded_at"], action, detail=detail, rows=rows)


def _units_text(units: Collection[str] | None) -> str | None:
    return None if units is None else orjson.dumps(sorted(set(units))).decode()


def _spaced(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _peppered(service: Service, kind: str, secret: str) -> str:
    plain = f"{kind}:{unicodedata.normalize('NFKC', secret)}".encode(errors="surrogatepass")
    return hmac.digest(service.key, plain, "sha256").hex()


_NOBODY: list[str] = []


def _nobody() -> str:
    """A digest that no secret has, as dear to compare as any."""
    if not _NOBODY:
        _NOBODY.append(HASHER.hash(secrets.token_hex(32)))
    return _NOBODY[0]
