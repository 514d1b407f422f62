"""The load generator, a process of its own: `python -m benchmarks.load < plan`.

One thread, one selector, requests that were made before and answers that are read no further than
their status and length: it needs a few per cent of a core, so that the server is what is measured.
Every connection sends its own requests in turn, the next when the last was answered. A patient
belongs to one connection, so bedside times arrive in order.

The plan is JSON: port, seconds, warm_up, once (each request once, instead of for some seconds),
connections (a list of requests for each, in Latin-1).
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

from benchmarks.bodies import NOW

PATIENCE_S = 30.0
LARGEST_READ = 1 << 18


class WrongAnswer(Exception):
    """The server answered something that is no success."""


class Connection:
    """One connection with its requests."""

    def __init__(self, port: int, requests: list[str]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.requests = [text.encode("latin-1") for text in requests]
        self.sent = 0
        self.began = 0
        self.read = b""
        self.needed = 0

    def send(self) -> None:
        """Send the next request, with the time of now as bedside time."""
        told = datetime.now(UTC).isoformat(timespec="microseconds").encode()
        message = self.requests[self.sent % len(self.requests)].replace(NOW, told)
        self.sent += 1
        self.read, self.needed = b"", 0
        self.began = time.perf_counter_ns()
        self.socket.sendall(message)

    def answered(self) -> bool:
        """Read what is there; is the answer complete? Raises WrongAnswer, ConnectionError."""
        got = self.socket.recv(LARGEST_READ)
        if not got:
            raise ConnectionError("the server closed the connection")
        self.read = self.read + got if self.read else got
        if not self.needed:
            end = self.read.find(b"\r\n\r\n")
            if end < 0:
                return False
            head = self.read[:end].lower()
            place = head.find(b"content-length:")
            if place < 0:
                raise WrongAnswer(f"no length in {head!r}")
            self.needed = end + 4 + int(head[place + 15 :].split(b"\r\n", 1)[0])
        if len(self.read) < self.needed:
            return False
        if self.read[9:10] != b"2":
            raise WrongAnswer(self.read[:1_000].decode("utf-8", "replace"))
        return True


def run(plan: dict[str, Any]) -> dict[str, float]:
    """Send the load, and say how many were answered, how fast, and what it cost to send them."""
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        connections = []
        for requests in plan["connections"]:
            connection = Connection(plan["port"], requests)
            stack.enter_context(connection.socket)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connections.append(connection)
        return _send(plan, connections, selector)


def _send(
    plan: dict[str, Any], connections: list[Connection], selector: selectors.BaseSelector
) -> dict[str, float]:
    once: bool = plan["once"]
    latencies: list[int] = []
    cpu = time.process_time()
    start = time.perf_counter_ns()
    counted_from = start if once else start + int(plan["warm_up"] * 1e9)
    end = counted_from + int(plan["seconds"] * 1e9)
    last, all_answered, busy = start, 0, len(connections)
    for connection in connections:
        connection.send()
    while busy:
        ready = selector.select(PATIENCE_S)
        if not ready:
            raise TimeoutError(f"no answer within {PATIENCE_S:.0f} s")
        for key, _ in ready:
            connection = key.data
            if not connection.answered():
                continue
            now = time.perf_counter_ns()
            all_answered += 1
            if once or counted_from <= now < end:
                latencies.append(now - connection.began)
                last = now
            if connection.sent < len(connection.requests) if once else now < end:
                connection.send()
            else:
                busy -= 1
    spent = time.process_time() - cpu
    over = (time.perf_counter_ns() - start) / 1e9
    if not latencies:
        raise TimeoutError("nothing was answered within the measured time")
    latencies.sort()
    return {
        "answered": all_answered,
        "per_second": len(latencies) / ((last - counted_from) / 1e9),
        "p50_ms": latencies[len(latencies) // 2] / 1e6,
        "p99_ms": latencies[min(len(latencies) * 99 // 100, len(latencies) - 1)] / 1e6,
        "generator": spent / over,
    }


if __name__ == "__main__":
    print(json.dumps(run(json.load(sys.stdin))))
