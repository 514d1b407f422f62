"""Runs tests against a module that was changed, in a fork of a process that has pytest loaded."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import CodeType, ModuleType

import hypothesis
import pytest

KILLED, SURVIVED, TIMED_OUT = "killed", "survived", "timed out"
EXAMPLES = 50
NO_SERVER = {"tests/grading", "tests/dosing"}
"""Folders whose tests need nothing of tests/conftest.py, which is long to load."""


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from its changed code."""

    def __init__(self, module: str, path: str, code: CodeType) -> None:
        self._module, self._path, self._code = module, path, code

    def find_spec(
        self, name: str, path: object = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self._module:
            return None
        return importlib.util.spec_from_file_location(name, self._path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, module.__dict__)


@dataclass
class Trial:
    """A fork at work; `done` asks how it ended."""

    pid: int
    began: float
    seconds: float

    def done(self) -> str | None:
        """How it ended, or None while it lasts; one that takes too long is ended."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid:
            return SURVIVED if os.waitstatus_to_exitcode(status) == 0 else KILLED
        if time.monotonic() - self.began > self.seconds:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            return TIMED_OUT
        return None


def start(
    files: Sequence[str], seconds: float, changed: tuple[str, str, CodeType] | None = None
) -> Trial:
    """Run test files, with a module changed if one is given."""
    pid = os.fork()
    if pid:
        return Trial(pid, time.monotonic(), seconds)
    _child(lambda: _run(files, changed))
    raise AssertionError("a fork goes no further")


def _child(run: Callable[[], int]) -> None:
    """Run, and leave without what the parent would do at its end."""
    code = 1
    try:
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        code = run()
    finally:
        os._exit(code)


def _run(files: Sequence[str], changed: tuple[str, str, CodeType] | None) -> int:
    hypothesis.settings.register_profile(
        "mutation",
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        # No smaller example is looked for: one that fails is enough.
        phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    hypothesis.settings.load_profile("mutation")
    if changed is not None:
        sys.meta_path.insert(0, _Changed(*changed))
    # Others' plugins take longer to load than most of these tests to run.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    apart = ["-p", "no:cacheprovider"]
    folders = {os.path.dirname(file) for file in files}
    if len(folders) == 1 and folders <= NO_SERVER:
        apart += ["--confcutdir", *folders]
    return int(pytest.main(["-q", "-x", "--assert=plain", *apart, *files]))
