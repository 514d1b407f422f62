"""Who is at the screen: signed in, locked, unlocked, switched, signed out.

A session lies in the database and its cookie is only a random name of it, so what is ended here
is ended everywhere at once. A glance at it writes nothing; that somebody is still there is noted
once a minute (decision 0100).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from toxmon.actions import Actor, Service, accounts, audit
from toxmon.actions.accounts import PASSWORD, PIN
from toxmon.store import Row, glass, sessions
from toxmon.store import accounts as account_rows

LASTS = timedelta(hours=12)
"""A shift; after it the person signs in anew, however busy."""
DISPLAY_LASTS = timedelta(days=90)
"""A display on a wall shows one board and nothing else; nobody signs in at it every morning."""
NOTED_EVERY = timedelta(minutes=1)
"""How often it is written down that somebody is there."""
MOST_FAILURES = 5
WITHIN = timedelta(minutes=5)
SHORTEST_WAIT = timedelta(minutes=1)
KEPT = timedelta(days=1)
PROVIDER = "provider"
WRONG = "the name or the password is wrong"
NOT_THEIRS = "that is not the PIN or password"
PIN_OVER = "the PIN was wrong too often; use the password"


class SignInRefused(Exception):
    """Nobody was signed in or unlocked. `until`: before it nothing is tried, when there is one."""

    def __init__(self, words: str, until: datetime | None = None) -> None:
        super().__init__(words)
        self.until = until


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody at a screen. `form_key` must come back with every form of theirs.

    `over` is only what `known` may give: whose it was, and nothing that it may do.
    """

    id: str
    actor: Actor
    name: str
    form_key: str
    opened_at: datetime
    until_at: datetime
    locked: bool
    over: bool = False
    display: bool = False
    by_provider: bool = False
    language: str | None = None
    theme: str | None = None


def sign_in(service: Service, name: str, password: str) -> tuple[str, Session]:
    """(the cookie, the session) of somebody who knows the password. Raises SignInRefused."""
    row = _proven(service, name, PASSWORD, password)
    return open_for(service, row["id"], PASSWORD)


def switch(
    service: Service, session: Session | None, name: str, secret: str
) -> tuple[str, Session]:
    """Let another person sign in on the same device; the session before is over.

    A PIN is enough for who has signed in with more than a PIN within the last 12 hours.
    Raises SignInRefused.
    """
    if accounts.PIN_FORM.fullmatch(secret) is None:
        row, method = _proven(service, name, PASSWORD, secret), PASSWORD
    else:
        row, method = _proven(service, name, PIN, secret), PIN
    opened = open_for(service, row["id"], method)
    if session is not None:
        end(service, session, "session.switch")
    return opened


def open_for(
    service: Service, account_id: str, method: str, *, display: bool = False
) -> tuple[str, Session]:
    """(the cookie, the session) of somebody who was recognized. Raises NotFound, Conflicting."""
    cookie = secrets.token_urlsafe(32)
    session_id = _digest(service, cookie)
    with service.store.writing():
        now = service.clock()
        accounts.live(service, account_id)
        sessions.forget(service.store, now - KEPT)
        row: Row = {
            "id": session_id,
            "account_id": account_id,
            "method": method,
            "form_key": secrets.token_urlsafe(24),
            "display": int(display),
            "opened_at": now,
            "until_at": now + (DISPLAY_LASTS if display else LASTS),
            "seen_at": now,
            "locked_at": None,
            "ended_at": None,
        }
        sessions.add(service.store, row)
        kept = sessions.found(service.store, session_id)
        assert kept is not None
        session = _session(service, kept, now)
        detail = {"session": session_id[:12], "method": method}
        audit.note(service, session.actor, now, "session.open", detail=detail)
    return cookie, session


def found(service: Service, cookie: str, *, touch: bool = True) -> Session | None:
    """The session of a cookie, or None when it is over. A poll passes `touch=False`."""
    row = _row(service, cookie)
    now = service.clock()
    session = None if row is None else _session(service, row, now)
    if row is None or session is None or session.over:
        return None
    # A short time to lock must not pass between two notes.
    if touch and not session.locked and now - row["seen_at"] >= _noted_every(service):
        with service.store.writing():
            sessions.change(service.store, {"id": row["id"], "seen_at": now})
    return session


def known(service: Service, cookie: str) -> Session | None:
    """Whose cookie this is or was, also after the session is over; None is nobody's."""
    row = _row(service, cookie)
    return None if row is None else _session(service, row, service.clock())


def lock(service: Service, session: Session) -> None:
    """Lock a session until its person comes back."""
    with service.store.writing():
        now = service.clock()
        sessions.change(service.store, {"id": session.id, "locked_at": now})
        _note(service, session, now, "session.lock")


def unlock(service: Service, session: Session, secret: str) -> Session:
    """Go on with a session, by its person's PIN or password. Raises SignInRefused."""
    is_pin = accounts.PIN_FORM.fullmatch(secret) is not None
    _proven(service, session.name, PIN if is_pin else PASSWORD, secret, of=session)
    return resume(service, session)


def prove(service: Service, session: Session, password: str) -> None:
    """Raises SignInRefused when this is not the password of who is signed in."""
    _proven(service, session.name, PASSWORD, password, of=session)


def resume(service: Service, session: Session) -> Session:
    """Go on with a locked session whose person was recognized. Raises SignInRefused."""
    with service.store.writing():
        now = service.clock()
        row = sessions.found(service.store, session.id)
        if row is None or _session(service, row, now).over:
            raise SignInRefused("this session is over; sign in")
        changed = {"seen_at": now, "locked_at": None}
        sessions.change(service.store, {"id": session.id, **changed})
        unlocked = _session(service, {**row, **changed}, now)
        _note(service, session, now, "session.unlock")
    return unlocked


def end(service: Service, session: Session, action: str = "session.end") -> None:
    """Sign out: the cookie is worth nothing from now on."""
    with service.store.writing():
        now = service.clock()
        sessions.change(service.store, {"id": session.id, "ended_at": now})
        _note(service, session, now, action)


def sealed(service: Service, parts: Sequence[str]) -> str:
    """What proves that these texts passed through here, and were not changed meanwhile."""
    plain = b"carried:" + orjson.dumps(list(parts))
    return hmac.digest(service.key, plain, "sha256").hex()


def prefer(service: Service, session: Session, language: str | None, theme: str | None) -> None:
    """Keep which language and theme a person wants, on every device."""
    row = {"account_id": session.actor.id, "language": language, "theme": theme}
    with service.store.writing():
        sessions.put_preference(service.store, row)


def _proven(
    service: Service, name: str, kind: str, secret: str, *, of: Session | None = None
) -> Row:
    """The account that this name and secret are of. Raises SignInRefused, and counts it."""
    # PostgreSQL could not even be asked for a name with a NUL in it.
    row = None if "\x00" in name else account_rows.named(service.store, accounts.folded(name))
    if row is not None and row["ended_at"] is not None:
        row = None
    # Who is unknown is counted alike, or the answers would tell which names there are.
    whose = accounts.folded(name) if row is None else row["id"]
    key = accounts.tried(service, name if kind == PASSWORD else f"pin of {whose}")
    words = WRONG if of is None else NOT_THEIRS
    _refuse_early(service, key, kind)
    right = accounts.is_right(service, None if row is None else row["id"], kind, secret)
    if right and kind == PIN and of is None:
        assert row is not None
        since = service.clock() - LASTS
        if not sessions.signed_in_since(service.store, row["id"], since):
            raise SignInRefused("the PIN is not enough today yet; use the password once")
    until = None
    with service.store.writing():
        now = service.clock()
        # Others may have tried meanwhile: no more are let through than one after the other.
        _refuse_early(service, key, kind)
        if right:
            sessions.forget_attempt(service.store, key)
        else:
            until = _count(service, key, kind, now)
            if row is not None:
                _note_refusal(service, row, kind, now)
    if not right:
        raise _refused(kind, until) if until else SignInRefused(words)
    assert row is not None
    if kind == PASSWORD:
        with service.store.writing():
            pins = accounts.tried(service, f"pin of {row['id']}")
            sessions.forget_attempt(service.store, pins)
    return row


def _refuse_early(service: Service, key: str, kind: str) -> None:
    found = sessions.attempt(service.store, key)
    if found is not None and found["until_at"] and found["until_at"] > service.clock():
        raise _refused(kind, found["until_at"])


def _refused(kind: str, until: datetime) -> SignInRefused:
    if kind == PIN:
        return SignInRefused(PIN_OVER)
    return SignInRefused("it was wrong too often; wait until the time shown, then try again", until)


def _count(service: Service, key: str, kind: str, now: datetime) -> datetime | None:
    """Count a failure; until when nothing more is tried, or None."""
    old = sessions.attempt(service.store, key)
    # Wrong PINs add up until the password was right; four digits bear no other rule.
    fresh = old is None or (kind == PASSWORD and now - old["began_at"] >= WITHIN)
    failures = 1 if old is None or fresh else old["failures"] + 1
    began = now if old is None or fresh else old["began_at"]
    until = None
    if failures >= MOST_FAILURES:
        until = now + LASTS if kind == PIN else max(began + WITHIN, now + SHORTEST_WAIT)
    row = {"name": key, "failures": failures, "began_at": began, "until_at": until}
    sessions.put_attempt(service.store, row)
    return until


def _note_refusal(service: Service, row: Row, kind: str, now: datetime) -> None:
    detail = {"of_account": row["id"], "kind": kind}
    audit.note(service, NOBODY, now, "session.refuse", detail=detail)


NOBODY = Actor("nobody", "somebody unknown", "none")


def _row(service: Service, cookie: str) -> Row | None:
    if not 40 <= len(cookie) <= 64 or not cookie.isascii():
        return None
    return sessions.found(service.store, _digest(service, cookie))


def _session(service: Service, row: Row, now: datetime) -> Session:
    # Who reaches every unit needs nothing opened.
    opened = () if row["units"] is None else glass.open_to(service.store, row["account_id"], now)
    gone = row["ended_at"] is not None or row["disabled_at"] is not None
    idle = now - row["seen_at"] >= service.locks_after and not row["display"]
    return Session(
        id=row["id"],
        actor=accounts.actor_of(row, frozenset(opened)),
        name=row["name"],
        form_key=row["form_key"],
        opened_at=row["opened_at"],
        until_at=row["until_at"],
        locked=row["locked_at"] is not None or idle,
        over=gone or row["until_at"] <= now,
        display=bool(row["display"]),
        by_provider=row["subject"] is not None,
        language=row["language"],
        theme=row["theme"],
    )


def _noted_every(service: Service) -> timedelta:
    return min(NOTED_EVERY, service.locks_after / 4)


def _note(service: Service, session: Session, now: datetime, action: str) -> None:
    audit.note(service, session.actor, now, action, detail={"session": session.id[:12]})


def _digest(service: Service, cookie: str) -> str:
    return hmac.digest(service.key, f"session:{cookie}".encode(), "sha256").hex()
