# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The broker: one login for all who ask, on two shelves, and no play that a full disk ends."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import Refused, Unreachable
from ansible_collections.forti.oauth.plugins.plugin_utils._store_directory import DirectoryStore
from ansible_collections.forti.oauth.plugins.plugin_utils._store_run import RunStore

from tests.unit.desk import LOGIN, Desk

NO_STORE = "The temporary folder of this run cannot be used: No space left on device. The play goes on without it; tokens are not shared by it."
After = Callable[[float], None]
Processes = Callable[[int, Callable[[], Any]], list[Any]]


def test_the_second_who_asks_gets_what_is_kept(desk: Desk) -> None:
    first, second = desk.ask(), desk.ask()
    assert desk.asked == ["login"]
    assert 3590 <= second["expires_in"] <= 3600
    assert second == {**first, "source": "cache", "expires_in": second["expires_in"], "expires_at": second["expires_at"]}


@pytest.mark.parametrize(
    "other", [{**LOGIN, "password": "q"}, {**LOGIN, "realm": "ad"}, {**LOGIN, "server": "https://other"}], ids=["password", "realm", "server"]
)
def test_other_options_get_another_token(desk: Desk, other: dict[str, str]) -> None:
    assert [desk.token(), desk.token(other), desk.token()] == ["A1", "A2", "A1"]


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
def test_min_validity(desk: Desk, life: float | None, min_validity: int, count: int) -> None:
    desk.life, desk.refresh_token = life, None
    for _each in range(2):
        desk.ask(min_validity=min_validity)
    assert desk.asked == ["login"] * count


def test_a_token_that_ran_down_is_replaced(desk: Desk, after: After) -> None:
    desk.refresh_token = None
    desk.ask()
    after(3550)
    assert desk.token(min_validity=40) == "A1"
    assert [desk.token() for _each in range(2)] == ["A2", "A2"]


def test_of_a_life_shorter_than_wanted_a_fifth_must_be_left(desk: Desk, after: After) -> None:
    desk.life, desk.refresh_token = 50, None
    desk.ask()
    after(39)
    assert desk.token() == "A1"
    after(2)
    assert desk.token() == "A2"


def test_a_token_that_never_expires_is_kept(desk: Desk, after: After) -> None:
    desk.life = None
    desk.ask(shared="shared")
    after(10**9)
    again = desk.ask(shared="shared")
    assert (again["access_token"], again["expires_in"], again["expires_at"]) == ("A1", None, None)
    assert desk.ask(run="another", shared="shared")["access_token"] == "A1"


def test_no_cache_keeps_nothing(desk: Desk) -> None:
    assert [desk.token(run=None) for _each in range(2)] == ["A1", "A2"]
    assert [path.name for path in desk.folder.iterdir()] == ["asked"]


def test_another_run_gets_what_is_shared(desk: Desk) -> None:
    assert desk.ask(shared="shared")["source"] == "login"
    other = desk.ask(run="another", shared="shared")
    assert (other["access_token"], other["source"]) == ("A1", "cache")
    assert desk.token(run="alone") == "A2"


def test_what_was_taken_over_is_the_runs_own(desk: Desk) -> None:
    desk.ask(shared="shared")
    desk.ask(run="another", shared="shared")
    shutil.rmtree(desk.folder / "shared")
    assert desk.token(run="another", shared="shared") == "A1"
    assert not (desk.folder / "shared").exists()


def test_a_newer_token_of_another_run_is_taken_where_the_own_ran_down(desk: Desk, after: After) -> None:
    desk.ask(shared="shared")
    after(3550)
    assert desk.token(run="another", shared="shared") == "A2"
    assert [desk.token(shared="shared") for _each in range(2)] == ["A2", "A2"]
    assert desk.asked == ["login", "refresh R1"]


def test_force_gets_one_new_token_for_a_task_and_keeps_it(desk: Desk) -> None:
    desk.ask(shared="shared")
    assert [desk.token(forced_by=task, shared="shared") for task in ("one", "one", "two", "two")] == ["A2", "A2", "A3", "A3"]
    assert desk.token() == desk.token(run="another", shared="shared") == "A3"
    assert desk.asked == ["login"] * 3


def test_a_login_that_fails_keeps_no_token_and_frees_the_locks(desk: Desk) -> None:
    desk.login_fails = Unreachable("No answer.")
    with pytest.raises(Unreachable, match=r"^No answer\.$"):
        desk.ask(shared="shared")
    desk.login_fails = None
    assert desk.token(shared="shared", patience=0) == "A2"


def full(*_arguments: Any, **_more: Any) -> Any:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(("module", "name"), [("os", "makedirs"), ("os", "listdir"), ("os", "replace"), ("fcntl", "flock")])
def test_a_store_that_fails_costs_one_warning_and_no_token(desk: Desk, module: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    warnings: list[str] = []
    desk.warn = warnings.append
    monkeypatch.setattr(f"{module}.{name}", full)
    desk.opened = lambda folder: DirectoryStore(folder) if folder.endswith("shared") else RunStore(folder)
    result = desk.ask(shared="shared")
    assert (result["access_token"], result["source"]) == ("A1", "login")
    shared = NO_STORE.replace("The temporary folder of this run", f"The directory {desk.folder / 'shared'}")
    # A token is written where others find it first.
    assert warnings == {"listdir": [shared], "replace": [shared, NO_STORE]}.get(name, [NO_STORE, shared])


def test_a_shared_store_that_fails_leaves_the_runs_own(desk: Desk) -> None:
    warnings: list[str] = []
    desk.warn = warnings.append
    desk.opened = lambda folder: DirectoryStore(folder) if folder.endswith("shared") else RunStore(folder)
    (desk.folder / "shared").mkdir(mode=0o755)
    assert [desk.token(shared="shared") for _each in range(2)] == ["A1", "A1"]
    said = "is not used: others may get at it. Give it to yourself alone (chmod 0700). The play goes on without it; tokens are not shared by it."
    assert warnings == [f"The directory {desk.folder / 'shared'} {said.replace('). The', ').. The')}"]


def test_an_entry_that_is_corrupt_is_none(desk: Desk) -> None:
    desk.ask(shared="shared")
    for path in (*(desk.folder / "run").glob("*.token"), *(desk.folder / "shared").glob("*.token")):
        path.write_bytes(b"\x01garbage")
    assert [desk.token(shared="shared") for _each in range(2)] == ["A2", "A2"]


def test_20_processes_log_in_once(desk: Desk, in_processes: Processes) -> None:
    desk.takes = 0.3
    results = in_processes(20, lambda: desk.ask(shared="shared"))
    assert desk.asked == ["login"]
    assert {result["access_token"] for result in results} == {"A1"}
    assert sorted(result["source"] for result in results) == ["cache"] * 19 + ["login"]


def test_20_processes_of_as_many_runs_log_in_once(desk: Desk, in_processes: Processes) -> None:
    desk.takes = 0.3
    desk.opened = lambda folder: DirectoryStore(folder) if folder.endswith("shared") else RunStore(folder)
    results = in_processes(20, lambda: desk.ask(run=f"run-{os.getpid()}", shared="shared"))
    assert desk.asked == ["login"]
    assert sorted(result["source"] for result in results) == ["cache"] * 19 + ["login"]


def test_20_processes_refresh_once(desk: Desk, after: After, in_processes: Processes) -> None:
    desk.ask(shared="shared")
    after(3550)
    desk.takes = 0.3
    results = in_processes(20, lambda: desk.ask(shared="shared"))
    assert desk.asked == ["login", "refresh R1"]
    assert {result["access_token"] for result in results} == {"A2"}
    assert sorted(result["source"] for result in results) == ["cache"] * 19 + ["refresh"]


def test_20_processes_are_refused_once(desk: Desk, in_processes: Processes) -> None:
    desk.takes, desk.login_fails = 0.3, Refused("Wrong password.", status=401)

    def refused() -> str:
        with pytest.raises(Exception, match="Wrong password") as caught:
            desk.ask(shared="shared")
        return str(caught.value.as_result())  # type: ignore[attr-defined]

    assert set(in_processes(20, refused)) == {"{'msg': 'Wrong password.', 'status': 401}"}
    assert desk.asked == ["login"]


def test_20_processes_of_one_task_that_force_log_in_once(desk: Desk, in_processes: Processes) -> None:
    desk.ask()
    desk.takes = 0.3
    results = in_processes(20, lambda: desk.ask(forced_by="task"))
    assert {result["access_token"] for result in results} == {"A2"}


def test_20_lookups_that_force_at_the_same_time_share(desk: Desk, in_processes: Processes) -> None:
    desk.takes = 0.3
    in_processes(20, lambda: desk.ask(forced_by=str(os.getpid())))
    assert len(desk.asked) < 5  # the first, one for those who asked after it had begun, and some room for a slow machine


def test_no_file_holds_a_secret(desk: Desk) -> None:
    desk.ask({**LOGIN, "password": "hunter2-hunter2"}, shared="shared")
    files = [path for name in ("run", "shared") for path in (desk.folder / name).rglob("*") if path.is_file()]
    kept = b"".join(path.name.encode() + path.read_bytes() for path in files)
    assert len([path for path in files if path.suffix == ".token"]) == 2
    assert not [secret for secret in (b"hunter2-hunter2", b'"A1"', b'"R1"') if secret in kept]
