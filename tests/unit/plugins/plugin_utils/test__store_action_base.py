# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the actions for a store share: which store, what a person may know of its entries, and how it fails."""

from __future__ import annotations

import json
import math
import os
import pathlib
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.forti.oauth.plugins.plugin_utils._store_action_base import shown

from tests.unit.plugins.plugin_utils.core import USER, Core

if TYPE_CHECKING:
    from extensions.simulator import Simulator

ODD: list[Any] = [math.nan, math.inf, 1e300, 10**400, -(10**20), "soon", [], {}]
NOTHING = {"kind": None, "service": None, "server": None, "client_id": None, "expires_at": None, "kept_until": None}


@pytest.fixture
def store(core: Core, tmp_path: pathlib.Path) -> str:
    """A directory with the token of one user."""
    cache = str(tmp_path / "shared")
    core.task("fac_oauth_token", {**USER, "cache": cache})
    return cache


@pytest.mark.parametrize(
    ("header", "result"),
    [
        pytest.param({}, NOTHING, id="corrupt"),
        pytest.param(
            {"kind": "token", "service": "fac", "server": "https://s", "client_id": "c", "expires_at": 12.5, "keep_until": 99.5},
            {
                "kind": "token",
                "service": "fac",
                "server": "https://s",
                "client_id": "c",
                "expires_at": "1970-01-01T00:00:12Z",
                "kept_until": "1970-01-01T00:01:39Z",
            },
            id="a token",
        ),
        pytest.param({"kind": "token", "expires_at": None, "keep_until": None}, {**NOTHING, "kind": "token"}, id="never expires"),
        *(pytest.param({"expires_at": value, "keep_until": value}, NOTHING, id=str(value)[:20]) for value in ODD),
    ],
)
def test_what_a_person_may_know_of_an_entry(header: dict[str, Any], result: dict[str, Any]) -> None:
    assert shown(header) == result


PLANTED: list[Any] = [
    "\x1b[31mtoken",
    "token\n",
    "\x9b2Jtoken",
    "tok\u202een",
    "token ",
    "TOKEN",
    "https://evil.example.com/\x1b]0;owned\x07",
    "https://s\n",
    "https://[fe80::1%\x1b[31m]",
    "https://user:hunter2@s",
    "http://s",
    "s",
    "https://S",
    "https://s/path",
    "https://größe",
    "{{ lookup('pipe', 'id') }}",
    "x" * 5000,
    "",
    5,
    True,
    None,
    ["token"],
    {"token": 1},
]


@pytest.mark.parametrize("value", PLANTED, ids=lambda value: ascii(value)[:30])
@pytest.mark.parametrize("name", ["kind", "server"])
def test_what_somebody_has_planted_in_a_header_is_not_shown(name: str, value: Any) -> None:
    assert shown({name: value}) == NOTHING


@pytest.mark.parametrize("kind", ["token", "failure", "ended", "answer", "derived", "hung"])
@pytest.mark.parametrize("server", ["https://s", "https://fac.example.com:8443", "https://[::1]:8443"])
def test_what_the_collection_writes_is_shown(kind: str, server: str) -> None:
    assert shown({"kind": kind, "server": server}) == {**NOTHING, "kind": kind, "server": server}


def test_a_header_that_somebody_has_planted_is_listed_as_corrupt(core: Core, store: str) -> None:
    planted = json.dumps({"format": 3, "kind": ["\x1b[31m"], "server": "https://s\x1b[31m", "expires_at": "\x1b", "keep_until": {}}).encode()
    pathlib.Path(store, "00.token").write_bytes(planted + b"\n" + b"x" * 100)
    pathlib.Path(store, "01.token").write_bytes(planted + b" " * 5000)
    result = core.task("token_store_info", {"cache": store})
    assert (result["count"], result["entries"].count(NOTHING)) == (3, 2)
    assert "\x1b" not in str(result["entries"])


@pytest.mark.parametrize("cache", ["run", "directory"])
def test_the_entries_of_a_store_are_listed_without_a_secret(core: Core, sim: Simulator, store: str, cache: str) -> None:
    result = core.task("token_store_info", {"cache": "run" if cache == "run" else store})
    assert (result["changed"], result["count"]) == (False, len(result["entries"]))
    assert NOTHING["kind"] not in {entry["kind"] for entry in result["entries"]}  # that would be one that cannot be read
    assert {entry["server"] for entry in result["entries"]} == {sim.url}
    (entry,) = (entry for entry in result["entries"] if entry["kind"] == "token")
    assert entry["expires_at"] < entry["kept_until"]  # it has a refresh token
    assert result["where"] == ("the temporary folder of this run" if cache == "run" else f"the directory {store}")
    assert not [secret for secret in (*sim.secrets(), USER["password"]) if secret in str(result)]


def test_a_corrupt_entry_is_listed_and_removed_like_the_others(core: Core, store: str) -> None:
    pathlib.Path(store, "00.token").write_bytes(b"\x01garbage")
    assert NOTHING in core.task("token_store_info", {"cache": store})["entries"]
    assert core.task("token_store", {"cache": store})["count"] == 2
    assert core.task("token_store_info", {"cache": store})["count"] == 0


def test_removing_all_entries_is_a_change_once(core: Core, sim: Simulator, store: str) -> None:
    outcomes = [core.task("token_store", {"cache": store}, check_mode=check_mode) for check_mode in (True, False, False)]
    assert [(outcome["changed"], outcome["count"]) for outcome in outcomes] == [(True, 1), (True, 1), (False, 0)]
    core.task("token_store", {"cache": "run"})
    core.task("fac_oauth_token", {**USER, "cache": store})
    assert sim.counts["fac.login"] == 2


def test_only_the_entries_of_a_server_are_removed(core: Core, sim: Simulator, store: str) -> None:
    assert core.task("token_store", {"cache": store, "server": "other.example.com"})["count"] == 0
    assert core.task("token_store", {"cache": store, "server": sim.host})["count"] == 1


@pytest.mark.parametrize("action", ["token_store", "token_store_info"])
def test_a_directory_that_does_not_exist_is_empty_and_not_made(core: Core, tmp_path: pathlib.Path, action: str) -> None:
    result = core.task(action, {"cache": str(tmp_path / "none")})
    assert (result["changed"], result["count"], result["where"]) == (False, 0, f"the directory {tmp_path / 'none'}")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("action", ["token_store", "token_store_info"])
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param({"cache": "none"}, "cache none keeps nothing, so there is no store to look into.", id="cache none"),
        pytest.param({"cache": "http://:hunter2@host/"}, "cache must be run (keep tokens for this run)", id="no store"),
        pytest.param({"cache": "run", "tiemout": 3}, "Unknown option tiemout.", id="unknown option"),
    ],
)
def test_an_error_of_the_options_fails_the_task(core: Core, action: str, arguments: dict[str, Any], said: str) -> None:
    result = core.task(action, arguments)
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"].startswith(said)
    assert "hunter2" not in str(result)


def test_nothing_is_removed_where_no_store_is_named(core: Core) -> None:
    result = core.task("token_store", {})
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"] == "cache is missing. Set it, or the variable forti_oauth_cache, or the environment variable FORTI_OAUTH_CACHE."


def test_who_names_no_store_is_told_that_nothing_is_kept_between_runs(core: Core) -> None:
    core.task("fac_oauth_token", USER)
    result = core.task("token_store_info", {})
    assert result["msg"].startswith("Nothing is kept between runs, because cache is not set. If other tasks name a store, name it here, too.")
    assert (result["where"], result["count"] > 0) == ("the temporary folder of this run", True)
    assert not result.get("failed")


@pytest.mark.parametrize("action", ["token_store", "token_store_info"])
def test_a_store_that_cannot_be_used_fails_the_task(core: Core, store: str, action: str) -> None:
    os.chmod(store, 0o755)
    result = core.task(action, {"cache": store})
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"] == f"the directory {store} is not used: other users have access to it. Make it private (chmod 0700)."


def test_the_environment_of_the_task_names_the_store(core: Core, store: str) -> None:
    assert core.task("token_store_info", {}, environment={"FORTI_OAUTH_CACHE": store})["count"] == 1
    assert "FORTI_OAUTH_CACHE" not in os.environ
