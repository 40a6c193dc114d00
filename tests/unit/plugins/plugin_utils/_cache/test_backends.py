# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option cache: which store each value names, and what is said of one that names none."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from ansible import constants as C
from ansible_collections.forti.oauth.plugins.module_utils import _secrets
from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError
from ansible_collections.forti.oauth.plugins.plugin_utils import _stores
from ansible_collections.forti.oauth.plugins.plugin_utils._shelf import Shelf
from ansible_collections.forti.oauth.plugins.plugin_utils._store import NoStore
from ansible_collections.forti.oauth.plugins.plugin_utils._store_directory import DirectoryStore
from ansible_collections.forti.oauth.plugins.plugin_utils._store_run import RunStore
from ansible_collections.forti.oauth.plugins.plugin_utils._stores import named_store, shared_store, shelves

NO_STORE = (
    "cache must be run (keep tokens for this run), none (keep nothing), a directory such as ~/.cache/forti_oauth, or redis://host:6379/0 (rediss:// for TLS)."
)
IDENTITY = {"server": "https://s", "password": "p"}


@pytest.fixture(autouse=True)
def home(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A home of its own, which is the folder that the play stands in, too."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    monkeypatch.setattr(C, "DEFAULT_LOCAL_TMP", str(tmp_path / "local"))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home)
    return home


def keep(shelf: Shelf) -> None:
    shelf.keep({}, IDENTITY, "token", keep_until=None)


def made(folder: pathlib.Path) -> list[str]:
    """Return the folders in which a store was made."""
    return sorted(str(path.parent.relative_to(folder)) for path in folder.rglob("salt"))


@pytest.mark.parametrize(
    ("cache", "folders"),
    [
        ("run", ["local/forti_oauth"]),
        ("none", []),
        ("~/tokens", ["home/tokens", "local/forti_oauth"]),
        ("./tokens", ["home/tokens", "local/forti_oauth"]),
        ("a/b/", ["home/a/b", "local/forti_oauth"]),
        ("~", ["home", "local/forti_oauth"]),
        ("../tokens", ["local/forti_oauth", "tokens"]),
        ("~/run", ["home/run", "local/forti_oauth"]),
    ],
)
def test_where_tokens_are_kept(cache: str, folders: list[str], tmp_path: pathlib.Path) -> None:
    run, shared = shelves(cache, warn=pytest.fail)
    assert made(tmp_path) == []
    keep(run)
    keep(shared)
    assert made(tmp_path) == folders


@pytest.mark.parametrize(
    "cache",
    [
        "tokens",
        "Run",
        "NONE",
        "redis",
        ".",
        "http://:hunter2@host:6379/0",
        "https://host/0",
        "unix:///run/redis.sock",
        "REDIS://host/0",
        "://host",
        "file:///tmp/tokens",
        "~/file",
        "./file",
        "~/file/",
    ],
)
@pytest.mark.parametrize("use", [lambda cache: shelves(cache, warn=pytest.fail), shared_store, named_store], ids=["shelves", "shared", "named"])
def test_what_names_no_store_is_refused_and_not_repeated(use: Callable[[str], Any], cache: str, home: pathlib.Path) -> None:
    (home / "file").touch()
    with pytest.raises(OptionError) as caught:
        use(cache)
    assert str(caught.value) == NO_STORE
    assert made(home.parent) == []


def test_nothing_kept_is_no_store_to_look_into() -> None:
    with pytest.raises(OptionError):
        named_store("none")


def test_a_store_that_is_named() -> None:
    assert (type(named_store("~/tokens")), named_store("~/tokens").entries()) == (NoStore, [])
    os.mkdir(os.path.join(os.environ["HOME"], "tokens"), 0o700)
    run, directory = named_store("run"), named_store("~/tokens")
    assert (type(run), type(directory)) == (RunStore, DirectoryStore)
    assert directory.where == f"the directory {os.environ['HOME']}/tokens"


@pytest.mark.parametrize("url", ["redis://:hunter2@host/0", "rediss://user:hunter2@host/0?ssl_ca_certs=/ca.pem"])
def test_redis_is_opened_when_it_is_used_and_its_password_is_a_secret(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    opened: list[str] = []
    monkeypatch.setattr(_secrets, "_register_secrets", told.extend)

    def open_redis(known: str) -> RunStore:
        opened.append(known)
        return RunStore()

    monkeypatch.setattr(_stores, "_redis_store", open_redis)
    _run, shared = shelves(url, warn=pytest.fail)
    assert (told, opened) == (["hunter2"], [])
    keep(shared)
    assert opened == [url]


def test_a_url_that_cannot_be_read_says_so_when_it_is_used() -> None:
    _run, shared = shelves("redis://:hunter2@[::1/0", warn=pytest.fail)
    with pytest.raises(OptionError, match=r"^cache is no URL of Redis\."):
        keep(shared)


def test_a_failure_names_its_store(home: pathlib.Path) -> None:
    warnings: list[str] = []
    (home / "tokens").mkdir()
    (home / "tokens").chmod(0o755)
    _run, shared = shelves("~/tokens", warn=warnings.append)
    keep(shared)
    assert [warning.split(":")[0] for warning in warnings] == [f"The directory {home}/tokens is not used"]


@pytest.mark.parametrize("cache", ["run", "./tokens", "redis://127.0.0.1:1/0"])
def test_a_hit_in_the_runs_store_imports_no_other(cache: str, tmp_path: pathlib.Path) -> None:
    code = f"""
import sys
from ansible import constants
constants.DEFAULT_LOCAL_TMP = {str(tmp_path / "local")!r}
from ansible_collections.forti.oauth.plugins.plugin_utils._stores import shelves
run, shared = shelves({cache!r}, warn=print)
run.keep({{"x": 1}}, {IDENTITY!r}, "token", keep_until=None)
assert run.read({IDENTITY!r}, "token") == {{"x": 1}}
print(sorted(name for name in sys.modules if name in ("redis", "requests") or name.endswith(("_store_redis", "_store_directory"))))
"""
    collections = pathlib.Path(_stores.__file__).parents[5]
    environment = {**os.environ, "PYTHONPATH": str(collections)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
