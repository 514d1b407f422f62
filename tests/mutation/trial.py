"""Runs tests against a module that was changed, in a fork of a process that has pytest loaded."""

from __future__ import annotations

import gc
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import CodeType, ModuleType

import hypothesis
import hypothesis.strategies
import pytest

KILLED, SURVIVED, TIMED_OUT = "killed", "survived", "timed out"
BROKEN = 255
"""How a fork exits in which not even the tests could be run."""
EXAMPLES = 50
NO_SERVER = {"tests/grading", "tests/dosing", "tests/course"}
"""Folders whose tests need nothing of tests/conftest.py, which is long to load."""
UNNEEDED = ("cacheprovider", "logging", "doctest", "unraisableexception", "threadexception")
"""Plugins of pytest that cost something with each test and tell no right grade from a wrong one."""
SELDOM = 100_000
"""So many objects more until garbage is looked for."""


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
    files: Sequence[str]
    by: str | None = None
    """The file whose tests noticed the change, once it is done."""

    def done(self) -> str | None:
        """How it ended, or None while it lasts; one that takes too long is ended."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid:
            code = os.waitstatus_to_exitcode(status)
            if code == 0:
                return SURVIVED
            self.by = self.files[code - 1] if 0 < code <= len(self.files) else None
            return KILLED
        if time.monotonic() - self.began > self.seconds:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            return TIMED_OUT
        return None


def start(
    files: Sequence[str], seconds: float, changed: tuple[str, str, CodeType] | None = None
) -> Trial:
    """Run test files in this order up to the first that fails, with a module changed if given."""
    pid = os.fork()
    if pid:
        return Trial(pid, time.monotonic(), seconds, files)
    _child(lambda: _run(files, changed))
    raise AssertionError("a fork goes no further")


def _child(run: Callable[[], int]) -> None:
    """Run, and leave without what the parent would do at its end."""
    code = BROKEN
    try:
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        code = run()
    finally:
        os._exit(code)


def _run(files: Sequence[str], changed: tuple[str, str, CodeType] | None) -> int:
    """0 where every file passes, else the place of the first that does not, counted from one."""
    gc.set_threshold(SELDOM)
    if changed is not None:
        sys.meta_path.insert(0, _Changed(*changed))
    # Others' plugins take longer to load than most of these tests to run.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    apart = [word for plugin in UNNEEDED for word in ("-p", f"no:{plugin}")]
    for place, file in enumerate(files, 1):
        folder = os.path.dirname(file)
        cut = ["--confcutdir", folder] if folder in NO_SERVER else []
        if pytest.main(["-q", "-x", "-s", "--assert=plain", *apart, *cut, file]) != 0:
            return place
    return 0


def warm(modules: Iterable[str]) -> None:
    """Load what is not ours once, here, so that no fork has to."""
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
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError:
            # Whoever imports it can do without it, or a test says that it is missing.
            continue
    _drawn()
    gc.freeze()


@hypothesis.given(hypothesis.strategies.integers())
def _drawn(_number: int) -> None:
    """Nothing is tried: Hypothesis loads much of itself only when it draws for the first time."""
