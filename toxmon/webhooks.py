"""Signed messages to other programs: Standard Webhooks 1.0, to places that the server allows.

A hospital's systems stand on private addresses, so those cannot be forbidden. Instead nothing may
be reached that TOXMON_WEBHOOK_ALLOW does not name; loopback only where it names loopback, and
link-local and multicast addresses never. A name is resolved once, every answer is checked, and the
checked address is connected to: a name that answers otherwise a moment later gains nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from urllib.parse import urlsplit

import certifi
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse

from toxmon import __version__, clock

CONNECT_S = 3.0
TOTAL_S = 15.0
"""From the first look at the name to the end of the answer's head, however slowly it drips."""
GONE = 410
BEGINNING, BEGINS_S = 300, 0.3
"""How much of an answer is kept for who looks why it said no, and how long that is waited for."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class NotAllowed(Exception):
    """The server's configuration does not let a message go there."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a post: the status, or None and why there is none."""

    status: int | None
    words: str
    retry_after_s: float | None = None
    """When the receiver asks to be left alone for a while, how long."""
    began: str = ""
    """How the answer began, for a person who asks why it said no."""

    @property
    def ok(self) -> bool:
        """Has the receiver taken it? A redirect is not followed, and is no yes."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Allowed:
    """Where messages may go: `host:port` by name, or networks on any port."""

    places: frozenset[tuple[str, int]]
    networks: tuple[Network, ...]

    def refuses(self, host: str, port: int, address: Address) -> str | None:
        """Why that address of that host may not be reached; None when it may."""
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        if address.is_link_local or address.is_multicast or address.is_unspecified:
            return "an address that is never reached (link-local, multicast or none)"
        within = [each for each in self.networks if address in each]
        named = (host, port) in self.places
        if address.is_loopback:
            of_loopback = any(each.is_loopback for each in within)
            literal = named and host in ("localhost", str(address))
            return None if of_loopback or literal else "loopback, which is not allowed by name"
        return None if named or within else "not in TOXMON_WEBHOOK_ALLOW"


NOWHERE = Allowed(frozenset(), ())


def read_allowed(text: str) -> Allowed:
    """A list of host:port, addresses and networks, parted by blanks or commas. Or ValueError."""
    places, networks = set(), []
    for entry in text.replace(",", " ").split():
        try:
            networks.append(ipaddress.ip_network(entry))
            continue
        except ValueError:
            host, _, port = entry.rpartition(":")
        if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
            raise ValueError(f'"{entry}" is neither host:port nor a network such as 10.1.0.0/16')
        places.add((host.strip("[]").lower(), int(port)))
    return Allowed(frozenset(places), tuple(networks))


def signed(
    secrets: Sequence[bytes], message_id: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """The headers of Standard Webhooks: one signature for each secret, so that they can rotate.

    What is signed is `id.timestamp.body` by HMAC-SHA256; the timestamp is that of this attempt, in
    seconds; the id stays the same however often it is sent.
    """
    said = f"{message_id}.{timestamp}.".encode() + body
    signatures = (
        base64.b64encode(hmac.new(secret, said, hashlib.sha256).digest()).decode()
        for secret in secrets
    )
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{each}" for each in signatures),
    }


def post(
    url: str,
    body: bytes,
    headers: dict[str, str],
    allowed: Allowed,
    *,
    total_s: float = TOTAL_S,
    resolve: Callable[[str, int], Iterable[str]] | None = None,
) -> Answered:
    """POST, once, to a checked address. Never raises for what the receiver or the way there does.

    Of the answer only the status counts; of its body no more is read than has come with its head.
    """
    sent = {
        "Content-Type": "application/json",
        "User-Agent": f"toxmon/{__version__}",
        "Connection": "close",
        **headers,
    }
    return ask(
        "POST", url, total_s=total_s, body=body, headers=sent, allowed=allowed, resolve=resolve
    )


def ask(
    method: str,
    url: str,
    *,
    total_s: float,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    allowed: Allowed | None = None,
    resolve: Callable[[str, int], Iterable[str]] | None = None,
) -> Answered:
    """One request. Without `allowed` any address may be reached: the operator's own."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    port = parts.port or (443 if parts.scheme == "https" else 80)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        address = _checked(parts.scheme, host, port, allowed, resolve or resolved)
    except NotAllowed as error:
        return Answered(None, str(error))
    except (OSError, UnicodeError):
        return Answered(None, f"the name {host} could not be resolved")
    connection = _connection(parts.scheme, host, port, address, total_s)
    late = threading.Event()
    wires: list[socket.socket] = []

    def cut() -> None:
        # A receiver that answers a byte a second never lets a read time out.
        late.set()
        for wire in wires:
            try:
                socket.socket.shutdown(wire, socket.SHUT_RDWR)
            except OSError:  # It has ended by itself.
                pass

    timer = threading.Timer(total_s, cut)
    timer.daemon = True
    timer.start()
    try:
        named = host if parts.port is None else f"{host}:{port}"
        connection.connect()
        # Kept here: the connection lets go of it when the answer has begun.
        wires.append(connection.sock)
        connection.timeout = total_s  # It stands; the answer may take as long as the whole.
        connection.request(
            method,
            path,
            body=body,
            headers={"Host": named, **(headers or {})},
            preload_content=False,
        )
        with connection.getresponse() as response:
            status = response.status
            wait = response.headers.get("Retry-After")
            began = "" if late.is_set() else _began(response, wires[0])
        if not late.is_set():  # A head that was cut off reads like one that ended.
            return Answered(status, f"answered {status}", retry_after(wait), began)
        return Answered(None, f"no answer within {total_s:g} s")
    except (HTTPError, HTTPException, OSError, ValueError) as error:
        if late.is_set() or isinstance(error, TimeoutError):
            return Answered(None, f"no answer within {total_s:g} s")
        # Only the kind of error: its words may quote the address, which is a secret.
        return Answered(None, f"could not be reached or understood ({type(error).__name__})")
    finally:
        timer.cancel()
        connection.close()


def refusal(
    url: str,
    allowed: Allowed,
    resolve: Callable[[str, int], Iterable[str]] | None = None,
) -> str | None:
    """Why no message may go to an address, by what its name resolves to now; None when it may."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        _checked(parts.scheme, host, port, allowed, resolve or resolved)
    except NotAllowed as error:
        return str(error)
    except (OSError, UnicodeError):
        return f"the name {host} could not be resolved"
    return None


def retry_after(text: str | None, now: datetime | None = None) -> float | None:
    """Seconds that a Retry-After asks for: a number, or a date of HTTP. None: it says nothing."""
    if text is None:
        return None
    if text.strip().isascii() and text.strip().isdigit() and len(text) < 10:
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if at.tzinfo is None:
        return None
    return max(0.0, (at - (now or clock.now())).total_seconds())


def resolved(host: str, port: int) -> list[str]:
    """Every address that a name has now. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def _began(response: HTTPResponse, wire: socket.socket) -> str:
    """The first characters of an answer, if they are there at once: what cannot be read is none."""
    try:
        wire.settimeout(BEGINS_S)
        text = response.read1(BEGINNING, decode_content=False).decode("utf-8", "replace")
    except (HTTPError, HTTPException, OSError, ValueError):
        return ""
    return "".join(each if each.isprintable() else " " for each in text).strip()


def _checked(
    scheme: str,
    host: str,
    port: int,
    allowed: Allowed | None,
    resolve: Callable[[str, int], Iterable[str]],
) -> str:
    """The address to connect to, after every one of the name's was checked. Raises NotAllowed."""
    addresses = [ipaddress.ip_address(each.partition("%")[0]) for each in resolve(host, port)]
    if not addresses:
        raise NotAllowed(f"the name {host} has no address")
    for address in addresses:
        refusal = allowed.refuses(host, port, address) if allowed is not None else None
        if refusal is not None:
            raise NotAllowed(f"{host}:{port} may not be reached: {refusal}")
        if allowed is not None and scheme == "http" and not address.is_private:
            raise NotAllowed(f"{host}:{port} is outside of the site and needs https")
    return str(addresses[0])


def _connection(
    scheme: str, host: str, port: int, address: str, total_s: float
) -> HTTPConnection | HTTPSConnection:
    """To the address that was checked, under the name that the certificate must have."""
    timeout = min(CONNECT_S, total_s)
    if scheme != "https":
        found: HTTPConnection = HTTPConnection(address, port, timeout=timeout)
    else:
        context = ssl.create_default_context(cafile=certifi.where())
        context.load_default_certs()  # A hospital signs its own; the machine knows by whom.
        found = HTTPSConnection(
            address,
            port,
            timeout=timeout,
            ssl_context=context,
            server_hostname=host,
            assert_hostname=host,
        )
    return found
