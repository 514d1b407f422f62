"""The web server: granian, one process, a thread for each request it answers at once.

Chosen by measurement (decision 0019). granian runs the app in a child; if its parent is killed
outright the child must not go on answering, or a restarted server would find the port taken and
two would write.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import socket
import sys
import threading
from datetime import timedelta
from typing import Any

from flask import Flask

from toxmon.app import create_app
from toxmon.config import Config, read_config
from toxmon.ehr.cds_clients import load_clients
from toxmon.sources import load_sources
from toxmon.ward.oidc import load_provider
from toxmon.wiring import create_service, create_telling

PR_SET_PDEATHSIG = 1
BACKLOG = 1024


class PortTaken(Exception):
    """Somebody else answers there already."""


def serve(config: Config, host: str, port: int) -> None:
    """Answer until told to stop. Raises PortTaken."""
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    _check_port(host, port)
    server: Any = Server(
        "toxmon.server:load",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=1,
        blocking_threads=config.threads,
        backlog=BACKLOG,
        log_level=LogLevels.error,
        workers_kill_timeout=10,
        respawn_failed_workers=True,
    )
    server.serve()


def load() -> Flask:
    """The app, in the server's child."""
    _die_with_parent()
    config = read_config()
    service = create_service(config)
    app = create_app(
        service,
        load_clients(config.cds_clients),
        load_sources(config.sources),
        load_provider(config.oidc),
    )
    # What was loaded by now stays; a request leaves few cycles for the collector to find.
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    if config.scheduler:
        from toxmon.scheduler import watch

        app.extensions["toxmon_scheduler"] = watch(
            service,
            config.sweep_seconds,
            create_telling(config),
            config.heartbeat_url,
            timedelta(seconds=config.lease_seconds),
        )
    return app


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(
                f"{host}:{port} cannot be listened on: {error.strerror}. Choose another --port."
            ) from error


def _die_with_parent() -> None:
    """Linux kills this process with its parent; elsewhere a thread looks, twice a second."""
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    def look() -> None:
        while os.getppid() == parent:
            threading.Event().wait(0.5)
        os._exit(1)

    threading.Thread(target=look, name="parent", daemon=True).start()
