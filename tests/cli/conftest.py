"""Commands as an operator runs them: in this process, over a record of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from toxmon.cli import main

KEY = "a key for tests, thirty-two bytes or more"


@dataclass
class Operator:
    """Somebody at a terminal in a folder, with settings in the environment."""

    folder: Path
    environment: dict[str, str | None]

    @property
    def database(self) -> Path:
        url = self.environment["TOXMON_DATABASE_URL"]
        assert url is not None
        return Path(url.partition(":///")[2])

    def run(self, *words: str, stdin: bytes | str | None = None, **settings: str) -> Result:
        """A command, with more settings if there are any; `_X` unsets X."""
        environment = {**self.environment, **settings}
        result = CliRunner(env=environment).invoke(main, [str(word) for word in words], input=stdin)
        # Whatever is wrong is a sentence: click turns only its own errors into exit codes.
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def good(self, *words: str, **more: Any) -> str:
        """What a command that succeeds prints."""
        result = self.run(*words, **more)
        assert result.exit_code == 0, result.output
        return result.stdout

    def bad(self, code: int, *words: str, **more: Any) -> str:
        """What a command that fails with this code says, all on standard error."""
        result = self.run(*words, **more)
        assert result.exit_code == code, (result.exit_code, result.output)
        assert "Traceback" not in result.output
        return result.stderr

    def json(self, *words: str, **more: Any) -> Any:
        """What a command prints as JSON; it prints nothing else."""
        return json.loads(self.good(*words, "--json", **more))


@pytest.fixture
def operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    """An operator in an empty folder, with a database named that is not there yet."""
    monkeypatch.chdir(tmp_path)
    for name in ("CONFIG", "PROTOCOLS", "POLICY", "SECRET_KEY", "SECRET_KEY_FILE", "THREADS"):
        monkeypatch.delenv(f"TOXMON_{name}", raising=False)
    url = f"sqlite:///{tmp_path / 'ward.db'}"
    return Operator(tmp_path, {"TOXMON_DATABASE_URL": url, "TOXMON_SECRET_KEY": KEY})


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., str]:
    """Write a file and give its path."""

    def write(name: str, content: str | bytes) -> str:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return write
