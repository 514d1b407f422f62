"""Engines of other makers that messages go to, as they are installed: Alertmanager and Alerta."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from tests.faults.watched import awaited
from tests.postgres import PostgresServer
from tests.running import free_port

ALERTA = ("alerta-server==9.1.0", "psycopg2-binary==2.9.11")
KEY = "a-key-of-alerta-for-a-test-0123456789"
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


@contextmanager
def alertmanager(folder: Path) -> Iterator[str]:
    """The address of a real Alertmanager, of Debian's package; it is installed where root may."""
    program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if program is None and os.geteuid() == 0:
        command = "apt-get update -qq && apt-get install -y -qq --no-install-recommends "
        # What it starts by itself is not wanted: the test has one of its own.
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        subprocess.run(
            ["/bin/sh", "-c", command + "prometheus-alertmanager"],
            check=True, env=environment, **QUIET,
        )  # fmt: skip
        program = shutil.which("prometheus-alertmanager")
    assert program, "install Alertmanager: apt-get install prometheus-alertmanager"
    port = free_port()
    config = folder / "alertmanager.yml"
    config.write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n", "utf-8")
    process = subprocess.Popen(
        [
            program, f"--config.file={config}", f"--storage.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=",
        ],
        **QUIET,
    )  # fmt: skip
    with _until_it_answers(process, f"http://127.0.0.1:{port}/-/ready"):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def alerta(cached: Path, server: PostgresServer) -> Iterator[str]:
    """The address of a real Alerta over a database of its own.

    It is installed once into a folder that is kept, for it needs other versions than toxmon.
    """
    home = cached / "alerta"
    installed = home / "bin" / "alertad"
    if not (home / "whole").exists():
        uv = [sys.executable, "-m", "uv"]
        venv = [*uv, "venv", "-q", "--clear", "--python", sys.executable, str(home)]
        subprocess.run(venv, check=True)
        python = str(home / "bin" / "python")
        subprocess.run([*uv, "pip", "install", "-q", "--python", python, *ALERTA], check=True)
        (home / "whole").touch()
    url = server.fresh_database()
    port = free_port()
    environment = {
        **os.environ, "DATABASE_URL": url, "AUTH_REQUIRED": "True", "SECRET_KEY": "s" * 40,
        "ADMIN_USERS": "admin@toxmon.test", "FLASK_APP": "alerta", "PLUGINS": "reject",
    }  # fmt: skip
    made = [str(installed), "key", "-u", "admin@toxmon.test", "-K", KEY, "--text", "a test"]
    subprocess.run(made, check=True, env=environment, **QUIET)
    command = [str(installed), "run", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, **QUIET)
    with _until_it_answers(process, f"http://127.0.0.1:{port}/management/healthcheck"):
        yield f"http://127.0.0.1:{port}"
    server.drop(url)


def read(url: str, **headers: str) -> Any:
    """The JSON at an address."""
    request = urllib.request.Request(url, headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return orjson.loads(answer.read())


@contextmanager
def _until_it_answers(process: subprocess.Popen[bytes], url: str) -> Iterator[None]:
    def answers() -> bool:
        assert process.poll() is None, "it has ended"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    try:
        awaited(answers, f"{url} does not answer", 60)
        yield
    finally:
        process.terminate()
        process.wait(20)
