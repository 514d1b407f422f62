"""The demo's own server: its settings are its own, and a port that is taken is said so."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from toxmon import demo
from toxmon.app import create_app
from toxmon.demo.server import NotStarted, Server, refuse_taken


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_that_is_taken_is_a_sentence_and_exit_code_2(
    taken: int, capfd: pytest.CaptureFixture[str]
) -> None:
    assert demo.run(create_app, port=taken) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith(f"Port {taken} on 127.0.0.1 cannot be used: ")
    assert "choose another with --port" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("host", ["256.1.1.1", "no such host"])
def test_a_host_that_is_none_is_a_sentence(host: str) -> None:
    with pytest.raises(NotStarted, match=f"on {host} cannot be used"):
        refuse_taken(host, 8080)


@pytest.mark.parametrize("speed", [0.0, -1.0])
def test_a_speed_that_is_none_is_refused(speed: float, capfd: pytest.CaptureFixture[str]) -> None:
    assert demo.run(create_app, speed=speed) == 2
    assert "--speed" in capfd.readouterr().err


def test_it_takes_nothing_from_the_settings_of_a_real_ward(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TOXMON_DATABASE_URL", "postgresql://ward@host/record")
    monkeypatch.setenv("TOXMON_PROTOCOLS", "/ward/protocols")
    monkeypatch.setenv("TOXMON_CONFIG", "/ward/toxmon.toml")
    with Server("127.0.0.1", 8080) as server:
        theirs = {k: v for k, v in server.environment().items() if k.startswith("TOXMON_")}
        assert set(theirs) == {"TOXMON_DATABASE_URL", "TOXMON_SECRET_KEY"}
        assert theirs["TOXMON_DATABASE_URL"] == server.database_url
        assert "ward@host" not in str(theirs)


def test_its_folder_goes_with_it() -> None:
    with Server("127.0.0.1", 8080) as server:
        folder = Path(server.database_url.removeprefix("sqlite:///")).parent
        assert folder.is_dir()
    assert not folder.exists()


def test_an_address_of_ipv6_is_in_brackets() -> None:
    with Server("::1", 8080) as server:
        assert server.address == "http://[::1]:8080"
