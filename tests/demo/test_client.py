"""The client keeps its connection, signs in, and says in words what a server answers."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from toxmon.demo.client import Client, Refused, Unreachable, in_words


class Asked:
    """What a server was asked, and what it answers, one after the other."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.close_after_answer = False


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def address(asked: Asked) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.requests.append(
                {
                    "method": self.command,
                    "path": self.path,
                    "headers": dict(self.headers),
                    "body": body,
                    "from": self.client_address,
                }
            )
            status, headers, content = asked.answers.pop(0)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)
            # The client is not told: it finds out when it asks again.
            self.close_connection = asked.close_after_answer

        def do_POST(self) -> None:
            self.answer()

        def do_GET(self) -> None:
            self.answer()

        def log_message(self, *args: Any) -> None:
            """A test prints nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_posts_json_with_its_token_and_key(asked: Asked, address: str) -> None:
    asked.answers = [(201, {}, b'{"id": "p1"}')]
    with Client(address, "tmk_x") as client:
        assert client.post("/patients", {"name": "Å"}, key="k1") == {"id": "p1"}
    (request,) = asked.requests
    assert request["path"] == "/api/v1/patients"
    assert request["headers"]["Authorization"] == "Bearer tmk_x"
    assert request["headers"]["Idempotency-Key"] == "k1"
    assert json.loads(request["body"]) == {"name": "Å"}


def test_it_reads_with_a_query(asked: Asked, address: str) -> None:
    asked.answers = [(200, {}, b"{}")]
    with Client(address, "t") as client:
        client.get("/patients/p1/grades", as_of="2026-03-01T10:00:00+01:00")
    assert asked.requests[0]["path"] == (
        "/api/v1/patients/p1/grades?as_of=2026-03-01T10%3A00%3A00%2B01%3A00"
    )


def test_one_connection_serves_many_requests(asked: Asked, address: str) -> None:
    asked.answers = [(201, {}, b"{}")] * 5
    with Client(address, "t") as client:
        for n in range(5):
            client.post("/patients", {}, key=str(n))
    assert len({request["from"] for request in asked.requests}) == 1


def test_a_connection_that_the_server_closed_is_opened_again(asked: Asked, address: str) -> None:
    asked.close_after_answer = True
    asked.answers = [(201, {}, b"{}")] * 3
    with Client(address, "t", sleep=lambda seconds: None) as client:
        for n in range(3):
            client.post("/patients", {}, key=str(n))
    assert len(asked.requests) == 3


def test_503_is_asked_again_after_the_time_that_is_named(asked: Asked, address: str) -> None:
    waited: list[float] = []
    busy = (503, {"Retry-After": "2"}, b"{}")
    asked.answers = [busy, busy, (201, {}, b'{"ok": 1}')]
    with Client(address, "t", sleep=waited.append) as client:
        assert client.post("/patients", {}, key="k") == {"ok": 1}
    assert waited == [2.0, 2.0]
    assert len({request["headers"]["Idempotency-Key"] for request in asked.requests}) == 1


def test_503_of_a_post_without_a_key_is_not_repeated(asked: Asked, address: str) -> None:
    asked.answers = [(503, {}, b"{}")]
    with Client(address, "t") as client, pytest.raises(Refused) as refused:
        client.post("/patients", {})
    assert refused.value.status == 503


def test_a_problem_is_told_with_every_fault(asked: Asked, address: str) -> None:
    problem = {
        "title": "Unprocessable",
        "detail": "nothing was kept",
        "errors": [{"pointer": "/unit", "detail": "is missing"}, {"detail": "too long"}],
    }
    asked.answers = [(422, {}, json.dumps(problem).encode())]
    with Client(address, "t") as client, pytest.raises(Refused) as refused:
        client.post("/patients", {}, key="k")
    assert str(refused.value) == (
        "POST /api/v1/patients was answered with 422: "
        "Unprocessable; nothing was kept; /unit is missing; too long"
    )


def test_an_answer_that_is_not_json_is_told_as_it_is(asked: Asked, address: str) -> None:
    asked.answers = [(502, {}, b"<h1>Bad gateway</h1>")]
    with Client(address, "t") as client, pytest.raises(Refused, match="Bad gateway"):
        client.get("/patients")
    assert in_words("x" * 900) == "x" * 500


def test_nobody_there_is_said() -> None:
    waited: list[float] = []
    client = Client("http://127.0.0.1:1", "t", sleep=waited.append)
    with pytest.raises(Unreachable, match="GET /api/v1/patients"):
        client.get("/patients")
    assert len(waited) == 4


def test_an_address_without_a_host_is_refused() -> None:
    with pytest.raises(ValueError, match="is not an address"):
        Client("127.0.0.1:8080", "t")
