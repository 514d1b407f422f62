"""Settings that cannot be used: exit code 2, the name of the setting, and the reason."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from runpy import run_path

import pytest

from tests.cli.conftest import KEY, Operator
from toxmon.config import SETTINGS, ConfigError, read_config

Written = Callable[..., str]
ROOT = Path(__file__).parents[2]

# the variable, its value, what is said besides its name
REFUSED = (
    ("TOXMON_DATABASE_URL", "mysql://ward", "sqlite:///path"),
    ("TOXMON_DATABASE_URL", "sqlite://ward.db", "sqlite:///path"),
    ("TOXMON_DATABASE_URL", "sqlite:///", "sqlite:///path"),
    ("TOXMON_DATABASE_URL", "ward.db", "sqlite:///path"),
    ("TOXMON_DATABASE_URL", "", "sqlite:///path"),
    ("TOXMON_DATABASE_URL", "sqlite:///nowhere/ward.db", "there is no folder nowhere"),
    ("TOXMON_DATABASE_URL", "sqlite:///.", "is a folder"),
    ("TOXMON_SECRET_KEY", "x" * 31, "32 characters"),
    ("TOXMON_SITE_TIMEZONE", "Berlin", "Europe/Berlin"),
    ("TOXMON_SITE_TIMEZONE", "CEST", "IANA"),
    ("TOXMON_SITE_TIMEZONE", "Europe", "IANA"),
    ("TOXMON_SITE_TIMEZONE", "../../etc/passwd", "IANA"),
    ("TOXMON_SITE_TIMEZONE", "/etc/localtime", "IANA"),
    ("TOXMON_SITE_TIMEZONE", "", "IANA"),
    ("TOXMON_PROTOCOLS", "nowhere", "there is no folder nowhere"),
    ("TOXMON_POLICY", "nobody's", "there is no policy nobody's"),
    ("TOXMON_THREADS", "0", "from 1 to 128"),
    ("TOXMON_THREADS", "129", "from 1 to 128"),
    ("TOXMON_THREADS", "many", "from 1 to 128"),
    ("TOXMON_THREADS", "-1", "from 1 to 128"),
    ("TOXMON_THREADS", "1.5", "from 1 to 128"),
    ("TOXMON_THREADS", "٣", "from 1 to 128"),
    ("TOXMON_THREADS", "²", "from 1 to 128"),
    ("TOXMON_THREADS", "9" * 5_000, "from 1 to 128"),
    ("TOXMON_THREADS", "", "from 1 to 128"),
    ("TOXMON_SWEEP_SECONDS", "31", "from 1 to 30"),
    ("TOXMON_LEASE_SECONDS", "9", "from 10 to 600"),
    ("TOXMON_CHANNELS", "nowhere.toml", "there is no file nowhere.toml"),
    ("TOXMON_BASE_URL", "toxmon.site", "https://example.org"),
    ("TOXMON_HEARTBEAT_URL", "ftp://monitor", "https://example.org"),
    ("TOXMON_NOTIFY_NAMES", "true", "neither yes nor no"),
    ("TOXMON_WEBHOOK_ALLOW", "ehr.site", "neither host:port nor a network"),
    ("TOXMON_SCHEDULER", "true", "neither yes nor no"),
    ("TOXMON_SCHEDULER", "", "neither yes nor no"),
    ("TOXMON_DATABASE", "x", "is not a setting"),
    ("TOXMON_database_url", "x", "is not a setting"),
    ("TOXMON_CONFIG", "nowhere.toml", "nowhere.toml"),
    ("TOXMON_THREADS_FILE", "nowhere", "cannot read nowhere"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "words"), REFUSED, ids=[f"{case[0]}={case[1][:20]}" for case in REFUSED]
)
def test_a_setting_that_cannot_be_used(
    operator: Operator, name: str, value: str, words: str
) -> None:
    for command in (
        ("migrate",),
        ("token", "create", "--role", "nurse", "--name", "Ada"),
        ("serve",),
    ):
        said = operator.bad(2, *command, **{name: value})
        assert name in said
        assert words in said
    assert list(operator.folder.iterdir()) == [], "a refused configuration leaves nothing behind"


def test_a_secret_is_not_printed(operator: Operator) -> None:
    for name, value in (
        ("TOXMON_SECRET_KEY", "canary of keys"),
        ("TOXMON_DATABASE_URL", "mysql://ward:canary@host/ward"),
        ("TOXMON_DATABASE_URL", "postgresql://ward:canary@127.0.0.1:1/ward"),
    ):
        result = operator.run("migrate", **{name: value})
        assert result.exit_code in (1, 2)
        assert "canary" not in result.output


# what stands in toxmon.toml, what is said of it
FILES = (
    ('threads = "many"', "TOXMON_THREADS"),
    ("threads = 1.5", "threads is neither text nor a whole number"),
    ("threads = [1]", "threads is neither text nor a whole number"),
    ("[threads]\nmost = 1", "threads is neither text nor a whole number"),
    ("thread = 1", "thread is not a setting; known are"),
    ("THREADS = 1", "THREADS is not a setting; known are"),
    ("threads 1", "toxmon.toml"),
    ("threads = 1\nthreads = 2", "toxmon.toml"),
    (b"policy = '\xff'", "it is not UTF-8"),
)


@pytest.mark.parametrize(("content", "words"), FILES, ids=[str(case[0]) for case in FILES])
def test_a_file_that_cannot_be_used(
    operator: Operator, written: Written, content: str | bytes, words: str
) -> None:
    path = written("toxmon.toml", content)
    assert words in operator.bad(2, "migrate")
    assert words in operator.bad(2, "migrate", TOXMON_CONFIG=path)
    assert not operator.database.exists()


def test_the_environment_wins_over_the_file(operator: Operator, written: Written) -> None:
    written("toxmon.toml", 'threads = 4\nsweep_seconds = "7"\nscheduler = false\n')
    environment = {"TOXMON_DATABASE_URL": "sqlite:///x.db", "TOXMON_SECRET_KEY": KEY}
    found = read_config(environment)
    assert (found.threads, found.sweep_seconds, found.scheduler) == (4, 7, False)
    found = read_config({**environment, "TOXMON_THREADS": "9"})
    assert (found.threads, found.sweep_seconds) == (9, 7)
    elsewhere = written("other.toml", "threads = 2")
    found = read_config({**environment, "TOXMON_CONFIG": elsewhere})
    assert (found.threads, found.sweep_seconds) == (2, 15)


def test_a_secret_is_read_from_its_file(operator: Operator, written: Written) -> None:
    path = written("key", f"{KEY}\n")
    url = {"TOXMON_DATABASE_URL": "sqlite:///x.db"}
    assert read_config({**url, "TOXMON_SECRET_KEY_FILE": path}).secret_key == KEY.encode()
    both = {**url, "TOXMON_SECRET_KEY_FILE": path, "TOXMON_SECRET_KEY": KEY}
    with pytest.raises(ConfigError, match="TOXMON_SECRET_KEY_FILE"):
        read_config(both)
    short = written("short", "x")
    with pytest.raises(ConfigError, match="TOXMON_SECRET_KEY"):
        read_config({**url, "TOXMON_SECRET_KEY_FILE": short})
    bad = written("bad", b"\xff" * 40)
    with pytest.raises(ConfigError, match=r"TOXMON_SECRET_KEY_FILE.*UTF-8"):
        read_config({**url, "TOXMON_SECRET_KEY_FILE": bad})


def test_a_key_is_made_once_beside_the_database(tmp_path: Path) -> None:
    environment = {"TOXMON_DATABASE_URL": f"sqlite:///{tmp_path}/ward.db"}
    with ThreadPoolExecutor(16) as pool:
        keys = list(pool.map(lambda _: read_config(environment).secret_key, range(64)))
    assert len(set(keys)) == 1
    assert len(keys[0]) >= 32
    (path,) = tmp_path.iterdir()
    assert path.name == "ward.db.key"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert path.read_bytes() == keys[0]


def test_half_a_key_is_refused_and_not_made_anew(tmp_path: Path) -> None:
    """What a full disk or a careless copy left: another key would sign, and nobody could tell."""
    environment = {"TOXMON_DATABASE_URL": f"sqlite:///{tmp_path}/ward.db"}
    path = tmp_path / "ward.db.key"
    for content in (b"", b"\n", b"x" * 31):
        path.write_bytes(content)
        with pytest.raises(ConfigError, match="TOXMON_SECRET_KEY"):
            read_config(environment)
        assert path.read_bytes() == content


def test_postgresql_needs_a_key(tmp_path: Path) -> None:
    for scheme in ("postgresql", "postgres"):
        with pytest.raises(ConfigError, match="TOXMON_SECRET_KEY is needed with PostgreSQL"):
            read_config({"TOXMON_DATABASE_URL": f"{scheme}://ward@host/ward"})


def test_every_setting_has_a_default_that_can_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = read_config({})
    assert found.database_url == "sqlite:///toxmon.db"
    assert (found.policy, found.threads, found.zone.key) == ("default", 16, "UTC")
    given = {f"TOXMON_{each.name}": each.default for each in SETTINGS if each.default}
    assert read_config(given) == found


def test_what_is_not_ours_is_not_read(tmp_path: Path) -> None:
    environment = {"TOXMON_DATABASE_URL": f"sqlite:///{tmp_path}/x.db", "THREADS": "x", "TOXMO": ""}
    assert read_config(environment).threads == 16


def test_the_page_of_settings_is_not_stale() -> None:
    generator = run_path(str(ROOT / "docs" / "generate" / "settings.py"))
    assert generator["PAGE"].read_text("utf-8") == generator["page"](), (
        "run: python docs/generate/settings.py"
    )
