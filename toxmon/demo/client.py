"""A small client of toxmon's own HTTP API: one kept-alive connection, bearer token, JSON."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any
from urllib.parse import urlencode, urlsplit

BASE = "/api/v1"
RETRIES = 5


class Refused(Exception):
    """The server answered with a problem. `status` and the problem document say which."""

    def __init__(self, status: int, problem: Any, asked: str) -> None:
        self.status = status
        self.problem = problem
        super().__init__(f"{asked} was answered with {status}: {in_words(problem)}")


class Unreachable(Exception):
    """No server answered."""


def in_words(problem: Any) -> str:
    """A problem document as one line: its title, its detail, and every fault it points at."""
    if not isinstance(problem, Mapping):
        return str(problem)[:500]
    parts = [str(problem[key]) for key in ("title", "detail") if problem.get(key)]
    for error in problem.get("errors") or ():
        parts.append(f"{error.get('pointer', '')} {error.get('detail', '')}".strip())
    return "; ".join(parts)


class Client:
    """Posts and reads as one caller. Not shared between threads: a connection is one talk.

    A 503 is tried again after the time that the server names, and a connection that the server
    closed between two requests is opened again. Both are harmless for a POST with a key, which
    the server keeps once however often it is sent.
    """

    def __init__(
        self,
        address: str,
        token: str,
        timeout: float = 30.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        parts = urlsplit(address)
        if not parts.hostname:
            raise ValueError(f"{address!r} is not an address such as http://127.0.0.1:8080")
        self._sleep = sleep
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        self._connection = http.client.HTTPConnection(
            parts.hostname, parts.port or 80, timeout=timeout
        )

    def post(self, path: str, body: Any, key: str | None = None) -> Any:
        """Post `body` to `path` below /api/v1. `key` is its idempotency key.

        Raises Refused for an answer that is not a success, Unreachable when nobody answers.
        """
        return self._ask("POST", path, json.dumps(body).encode(), key)

    def get(self, path: str, **query: str) -> Any:
        """Read `path` below /api/v1. Raises like `post`."""
        return self._ask("GET", f"{path}?{urlencode(query)}" if query else path, None, None)

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(self, method: str, path: str, body: bytes | None, key: str | None) -> Any:
        headers = {**self._headers, **({"Idempotency-Key": key} if key else {})}
        asked = f"{method} {BASE}{path}"
        may_repeat = method == "GET" or key is not None
        for attempt in range(RETRIES):
            last = attempt == RETRIES - 1
            try:
                self._connection.request(method, BASE + path, body=body, headers=headers)
                response = self._connection.getresponse()
                content = response.read()
            except (http.client.HTTPException, OSError) as error:
                # The half-read connection is of no more use, whatever happens next.
                self._connection.close()
                if last or not may_repeat:
                    raise Unreachable(f"{asked}: {str(error) or type(error).__name__}") from error
                self._sleep(0.1 * 2**attempt)
                continue
            if response.status == 503 and may_repeat and not last:
                self._sleep(_seconds(response.headers.get("Retry-After")))
                continue
            answer = _document(content)
            if not 200 <= response.status < 300:
                raise Refused(response.status, answer, asked)
            return answer
        raise AssertionError("the last attempt returns or raises")


def _seconds(retry_after: str | None) -> float:
    """How long the server asks to wait; a second where it names none, ten at the most."""
    return min(float(retry_after), 10.0) if retry_after and retry_after.isdigit() else 1.0


def _document(content: bytes) -> Any:
    """The JSON of an answer; text where a proxy or a crash answered with something else."""
    try:
        return json.loads(content) if content else None
    except ValueError:
        return content.decode("utf-8", "replace")
