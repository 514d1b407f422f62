"""The MLLP server: a thread for each line, one message at a time on each, answered on the same.

An answer is written when the message is durable and not before. Told to stop, the server takes no
new line, ends the message in hand, answers it, and closes.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from toxmon.actions import Actor, NotFound, Service
from toxmon.clock import elapsed
from toxmon.ehr.hl7v2.frames import Frames, TooLarge, framed
from toxmon.ehr.hl7v2.receive import LARGEST, Port, receive
from toxmon.store import StoreError

log = logging.getLogger("toxmon.mllp")

MOST_LINES = 64
IDLE_S, HALF_S, ANSWER_S, HANDSHAKE_S = 3600.0, 30.0, 30.0, 10.0
LOOK_S = 0.5
TOKEN_LIVES_S = 2.0
"""How long a token that was good is not looked up again; a revoked one is dead after this."""
PIECE = 65_536
STOPPING_S = 20.0

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Where to listen, to whom, and how long a silence may last. No `allowed` is everybody."""

    host: str
    port: int
    allowed: Sequence[Network] = ()
    tls: ssl.SSLContext | None = None
    lines: int = MOST_LINES
    idle_s: float = IDLE_S
    half_s: float = HALF_S
    largest: int = LARGEST


@dataclass(slots=True)
class Counts:
    """What has come since the start."""

    messages: dict[str, int] = field(default_factory=dict)
    lines: int = 0
    refused_lines: int = 0
    discarded: int = 0


class Server:
    """Listens from the moment it is made; `run` answers until `stop`."""

    def __init__(
        self, service: Service, sender: Callable[[], Actor], port: Port, listening: Listening
    ) -> None:
        """`sender` finds the live token of who sends. Raises OSError for an address in use."""
        self._service, self._sender, self._port = service, sender, port
        self._listening = listening
        self._stopped = threading.Event()
        self._room = threading.Semaphore(listening.lines)
        self._lock = threading.Lock()
        self._known: tuple[Actor, float] | None = None
        self._threads: set[threading.Thread] = set()
        self.counts = Counts()
        family = socket.AF_INET6 if ":" in listening.host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((listening.host, listening.port))
            self._socket.listen(128)
        except OSError:
            self._socket.close()
            raise
        self._socket.settimeout(LOOK_S)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        host, port = self._socket.getsockname()[:2]
        return str(host), int(port)

    def run(self) -> None:
        """Answer until told to stop, then until every message in hand is answered."""
        while not self._stopped.is_set():
            try:
                line, peer = self._socket.accept()
            except TimeoutError:
                continue
            except OSError as error:  # Out of file handles and the like: the next one may do.
                if not self._stopped.is_set():
                    log.error("no line could be taken: %s", error)
                    self._stopped.wait(LOOK_S)
                continue
            self._open(line, str(peer[0]))
        self._socket.close()
        deadline = elapsed() + STOPPING_S
        with self._lock:
            open_ = list(self._threads)
        for thread in open_:
            thread.join(max(deadline - elapsed(), 0.0))

    def stop(self) -> None:
        """Take no new line, and end those that are open after the message in hand."""
        self._stopped.set()

    def _open(self, line: socket.socket, peer: str) -> None:
        if not self._may(peer):
            log.warning("a line from %s was refused: it is not allowed", peer)
            self.counts.refused_lines += 1
            line.close()
            return
        if not self._room.acquire(blocking=False):
            log.error("a line from %s was refused: %d are open", peer, self._listening.lines)
            self.counts.refused_lines += 1
            line.close()
            return
        thread = threading.Thread(target=self._serve, args=(line, peer), name="line", daemon=True)
        with self._lock:
            self.counts.lines += 1
            self._threads.add(thread)
        thread.start()

    def _may(self, peer: str) -> bool:
        allowed = self._listening.allowed
        if not allowed:
            return True
        address = ipaddress.ip_address(peer.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None) or address
        return any(mapped in network for network in allowed)

    def _serve(self, line: socket.socket, peer: str) -> None:
        frames = Frames(self._listening.largest)
        try:
            with self._secured(line) as secured:
                self._answer(secured, frames)
        except TooLarge:
            log.warning("a line from %s was closed: a frame is too large", peer)
        except TimeoutError:
            log.warning("a line from %s was closed: it came to a stop", peer)
        except (OSError, ssl.SSLError) as error:
            log.warning("a line from %s was lost: %s", peer, type(error).__name__)
        except Exception as error:  # noqa: BLE001 - another line goes on; words may quote a message
            log.error("a line from %s failed: %s", peer, type(error).__name__)
        finally:
            if frames.discarded:
                log.warning("%d bytes outside frames came from %s", frames.discarded, peer)
            with self._lock:
                self.counts.discarded += frames.discarded
                self._threads.discard(threading.current_thread())
            self._room.release()

    def _secured(self, line: socket.socket) -> socket.socket:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.settimeout(HANDSHAKE_S)
        tls = self._listening.tls
        try:
            return line if tls is None else tls.wrap_socket(line, server_side=True)
        except BaseException:
            line.close()
            raise

    def _answer(self, line: socket.socket, frames: Frames) -> None:
        """Read, take in, answer; until the other side has closed, is silent, or we stop."""
        heard = elapsed()
        while not self._stopped.is_set():
            line.settimeout(LOOK_S)
            try:
                data = line.recv(PIECE)
            except TimeoutError:
                silent = elapsed() - heard
                if silent > (self._listening.half_s if frames.half else self._listening.idle_s):
                    raise
                continue
            if not data:
                return
            if not frames.half:
                heard = elapsed()  # A frame has its time as a whole: dripping does not renew it.
            for body in frames.feed(data):
                heard = elapsed()
                if not self._take(line, body):
                    return
                if self._stopped.is_set():
                    return
            if frames.half and elapsed() - heard > self._listening.half_s:
                raise TimeoutError

    def _take(self, line: socket.socket, body: bytes) -> bool:
        """Take one message in and answer. Is the line to go on?"""
        try:
            actor = self._actor()
        except (NotFound, StoreError) as error:
            # Without an answer a sender tries again; a wrong one would be believed.
            log.error("a message was not taken: %s", error)
            return False
        answered = receive(self._service, actor, self._port, body)
        with self._lock:
            counts = self.counts.messages
            counts[answered.code] = counts.get(answered.code, 0) + 1
        line.settimeout(ANSWER_S)
        for answer in answered.answers:
            line.sendall(framed(answer))
        return True

    def _actor(self) -> Actor:
        """Who sends, by a token that lives."""
        with self._lock:
            if self._known is None or self._known[1] <= elapsed():
                self._known = (self._sender(), elapsed() + TOKEN_LIVES_S)
            return self._known[0]
