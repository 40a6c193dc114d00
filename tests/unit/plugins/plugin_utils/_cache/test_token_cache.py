# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token cache: one login for all who ask, in two tiers, and a failing store never fails the play."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import Refused, Unreachable
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_directory import DirectoryBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_files import RunBackend

from tests.unit.plugins.plugin_utils._cache.harness import LOGIN, CacheHarness, without_memory

NO_STORE = "The temporary folder of this run cannot be used: No space left on device. The play goes on without it; tokens are not shared by it."
After = Callable[[float], None]
Processes = Callable[[int, Callable[[], Any]], list[Any]]


def test_a_second_request_gets_the_cached_token(harness: CacheHarness) -> None:
    first, second = harness.ask(), harness.ask()
    assert harness.requests == ["login"]
    assert 3590 <= second["expires_in"] <= 3600
    assert second == {**first, "source": "cache", "expires_in": second["expires_in"], "expires_at": second["expires_at"]}


@pytest.mark.parametrize(
    "other", [{**LOGIN, "password": "q"}, {**LOGIN, "realm": "ad"}, {**LOGIN, "server": "https://other"}], ids=["password", "realm", "server"]
)
def test_other_options_get_another_token(harness: CacheHarness, other: dict[str, str]) -> None:
    assert [harness.token(), harness.token(other), harness.token()] == ["A1", "A2", "A1"]


@pytest.mark.parametrize(
    ("life", "min_validity", "count"),
    [
        pytest.param(3600, 60, 1, id="good"),
        pytest.param(3600, 3500, 1, id="good for as long as wanted"),
        pytest.param(100, 3600, 1, id="lives shorter than wanted, but fresh"),
        pytest.param(None, 31536000, 1, id="never expires"),
        pytest.param(0, 0, 2, id="dead on arrival"),
    ],
)
def test_min_validity(harness: CacheHarness, life: float | None, min_validity: int, count: int) -> None:
    harness.life, harness.refresh_token = life, None
    for _each in range(2):
        harness.ask(min_validity=min_validity)
    assert harness.requests == ["login"] * count


def test_a_token_that_ran_down_is_replaced(harness: CacheHarness, after: After) -> None:
    harness.refresh_token = None
    harness.ask()
    after(3550)
    assert harness.token(min_validity=40) == "A1"
    assert [harness.token() for _each in range(2)] == ["A2", "A2"]


def test_a_short_lived_token_is_renewed_when_20_percent_of_its_life_is_left(harness: CacheHarness, after: After) -> None:
    harness.life, harness.refresh_token = 50, None
    harness.ask()
    after(39)
    assert harness.token() == "A1"
    after(2)
    assert harness.token() == "A2"


def test_a_token_that_never_expires_is_kept(harness: CacheHarness, after: After) -> None:
    harness.life = None
    harness.ask(shared="shared")
    after(29 * 86400)
    again = harness.ask(shared="shared")
    assert (again["access_token"], again["expires_in"], again["expires_at"]) == ("A1", None, None)
    assert harness.ask(run="another", shared="shared")["access_token"] == "A1"


def test_without_tiers_nothing_is_kept(harness: CacheHarness) -> None:
    assert [harness.token(run=None) for _each in range(2)] == ["A1", "A2"]
    assert [path.name for path in harness.folder.iterdir()] == ["requests"]


def test_another_run_gets_the_shared_token(harness: CacheHarness) -> None:
    assert harness.ask(shared="shared")["source"] == "login"
    other = harness.ask(run="another", shared="shared")
    assert (other["access_token"], other["source"]) == ("A1", "cache")
    assert harness.token(run="alone") == "A2"


def test_a_shared_token_is_copied_into_the_runs_tier(harness: CacheHarness) -> None:
    harness.ask(shared="shared")
    harness.ask(run="another", shared="shared")
    shutil.rmtree(harness.folder / "shared")
    assert harness.token(run="another", shared="shared") == "A1"
    assert not (harness.folder / "shared").exists()


def test_the_newer_token_of_another_run_is_used_if_the_own_ran_down(harness: CacheHarness, after: After) -> None:
    harness.ask(shared="shared")
    after(3550)
    assert harness.token(run="another", shared="shared") == "A2"
    assert [harness.token(shared="shared") for _each in range(2)] == ["A2", "A2"]
    assert harness.requests == ["login", "refresh R1"]


def test_force_gets_one_new_token_for_a_task_and_keeps_it(harness: CacheHarness) -> None:
    harness.ask(shared="shared")
    assert [harness.token(request_id=task, shared="shared") for task in ("one", "one", "two", "two")] == ["A2", "A2", "A3", "A3"]
    assert harness.token() == harness.token(run="another", shared="shared") == "A3"
    assert harness.requests == ["login"] * 3


def test_a_login_that_fails_keeps_no_token_and_frees_the_locks(harness: CacheHarness) -> None:
    harness.login_fails = Unreachable("No answer.")
    with pytest.raises(Unreachable, match=r"^No answer\.$"):
        harness.ask(shared="shared")
    harness.login_fails = None
    assert harness.token(shared="shared", lock_timeout=0) == "A2"


def full(*_arguments: Any, **_more: Any) -> Any:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(("module", "name"), [("os", "mkdir"), ("os", "scandir"), ("os", "replace"), ("fcntl", "flock")])
def test_a_store_that_fails_costs_one_warning_and_no_token(harness: CacheHarness, module: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    warnings: list[str] = []
    harness.warn = warnings.append
    monkeypatch.setattr(f"{module}.{name}", full)
    harness.open_backend = lambda folder: DirectoryBackend(folder) if folder.endswith("shared") else RunBackend(folder)
    result = harness.ask(shared="shared")
    assert (result["access_token"], result["source"]) == ("A1", "login")
    shared = NO_STORE.replace("The temporary folder of this run", f"The directory {harness.folder / 'shared'}")
    # The run's own tier is opened first, and keeps what scrypt derived for the shared one.
    assert warnings == {"scandir": [shared]}.get(name, [NO_STORE, shared])


def test_a_shared_store_that_fails_leaves_the_runs_own(harness: CacheHarness) -> None:
    warnings: list[str] = []
    harness.warn = warnings.append
    harness.open_backend = lambda folder: DirectoryBackend(folder) if folder.endswith("shared") else RunBackend(folder)
    (harness.folder / "shared").mkdir(mode=0o755)
    assert [harness.token(shared="shared") for _each in range(2)] == ["A1", "A1"]
    said = "is not used: other users have access to it. Make it private (chmod 0700). The play goes on without it; tokens are not shared by it."
    assert warnings == [f"The directory {harness.folder / 'shared'} {said}"]


def test_a_corrupt_entry_is_a_miss(harness: CacheHarness) -> None:
    harness.ask(shared="shared")
    for path in (*(harness.folder / "run").glob("*.token"), *(harness.folder / "shared").glob("*.token")):
        path.write_bytes(b"\x01garbage")
    assert [harness.token(shared="shared") for _each in range(2)] == ["A2", "A2"]


def test_20_processes_log_in_once(harness: CacheHarness, in_processes: Processes) -> None:
    harness.takes = 0.3
    results = in_processes(20, lambda: harness.ask(shared="shared"))
    assert harness.requests == ["login"]
    assert {result["access_token"] for result in results} == {"A1"}
    assert sorted(result["source"] for result in results) == ["cache"] * 19 + ["login"]


def test_20_processes_of_as_many_runs_log_in_once(harness: CacheHarness, in_processes: Processes) -> None:
    harness.takes = 0.3
    harness.open_backend = lambda folder: DirectoryBackend(folder) if folder.endswith("shared") else RunBackend(folder)
    results = in_processes(20, lambda: harness.ask(run=f"run-{os.getpid()}", shared="shared"))
    assert harness.requests == ["login"]
    assert sorted(result["source"] for result in results) == ["cache"] * 19 + ["login"]


def test_20_processes_refresh_once(harness: CacheHarness, after: After, in_processes: Processes) -> None:
    harness.ask(shared="shared")
    after(3550)
    harness.takes = 0.3
    results = in_processes(20, lambda: harness.ask(shared="shared"))
    assert harness.requests == ["login", "refresh R1"]
    assert {result["access_token"] for result in results} == {"A2"}
    assert sorted(result["source"] for result in results) == ["cache"] * 19 + ["refresh"]


def test_20_processes_are_refused_once(harness: CacheHarness, in_processes: Processes) -> None:
    harness.takes, harness.login_fails = 0.3, Refused("Wrong password.", status=401)

    def refused() -> str:
        with pytest.raises(Exception, match="Wrong password") as caught:
            harness.ask(shared="shared")
        assert caught.value.details == {"status": 401}  # type: ignore[attr-defined]
        return str(caught.value)

    messages = [message for message in in_processes(20, refused) if message != "Wrong password."]
    assert [without_memory(message) for message in messages] == ["Wrong password."] * 19
    assert harness.requests == ["login"]


def test_20_processes_of_one_task_that_force_log_in_once(harness: CacheHarness, in_processes: Processes) -> None:
    harness.ask()
    harness.takes = 0.3
    results = in_processes(20, lambda: harness.ask(request_id="task"))
    assert {result["access_token"] for result in results} == {"A2"}


def test_20_lookups_that_force_at_the_same_time_share(harness: CacheHarness, in_processes: Processes) -> None:
    harness.takes = 0.3
    in_processes(20, lambda: harness.ask(request_id=str(os.getpid())))
    assert len(harness.requests) < 5  # the first, one for those who asked after it had begun, and some room for a slow machine


def test_no_file_holds_a_secret(harness: CacheHarness) -> None:
    harness.ask({**LOGIN, "password": "hunter2-hunter2"}, shared="shared")
    files = [path for name in ("run", "shared") for path in (harness.folder / name).rglob("*") if path.is_file()]
    kept = b"".join(path.name.encode() + path.read_bytes() for path in files)
    assert len([path for path in files if path.suffix == ".token"]) == 2
    assert not [secret for secret in (b"hunter2-hunter2", b'"A1"', b'"R1"') if secret in kept]
