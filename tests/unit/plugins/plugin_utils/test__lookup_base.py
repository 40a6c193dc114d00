# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lookups share: one question has one answer, as long as it is good, and one lookup of all gets it."""

from __future__ import annotations

import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from ansible.errors import AnsibleLookupError
from ansible_collections.forti.oauth.plugins.plugin_utils import _lookup_miss
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_files import RunBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.negative_cache import NegativeCache
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.tier import Tier

from tests.unit.conftest import Processes
from tests.unit.plugins.plugin_utils._cache.harness import without_any_memory
from tests.unit.plugins.plugin_utils.core import PLUGINS, USER, Core

if TYPE_CHECKING:
    from extensions.simulator import Simulator

TWO_LOOKUPS = """
import json, sys
from ansible.plugins.loader import init_plugin_loader, lookup_loader
init_plugin_loader([sys.argv[1]])
from ansible import constants
constants.DEFAULT_LOCAL_TMP = sys.argv[2]
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
answers = []
for options in json.loads(sys.argv[3]):
    loader = DataLoader()
    lookup = lookup_loader.get("forti.oauth.fac_oauth_token", loader=loader, templar=Templar(loader, variables={}))
    answers += lookup.run([], variables={}, **options)
fast = [name for name in sys.modules if name.endswith("_cache.lookup_answers")]
print(json.dumps({"answers": answers, "fast": bool(fast)}))
"""


def hit(core: Core, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Any:
    """Return the value of a lookup that must find its answer."""

    def missed(*_arguments: Any, **_more: Any) -> Any:
        raise AssertionError("The lookup did not find its answer.")

    with monkeypatch.context() as changed:
        changed.setattr(_lookup_miss, "get_token", missed)
        return core.lookup(**options)


def test_the_second_lookup_with_the_same_question_finds_the_answer(core: Core, sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    token = core.lookup(**USER)
    assert hit(core, monkeypatch, **USER) == token
    assert sim.counts["fac.login"] == 1


def test_the_answer_of_the_process_that_logged_in_is_found_by_the_next_process(
    core: Core, sim: Simulator, monkeypatch: pytest.MonkeyPatch, in_processes: Processes
) -> None:
    (token,) = in_processes(1, functools.partial(core.lookup, **USER))
    assert in_processes(1, lambda: hit(core, monkeypatch, **USER)) == [token]
    assert sim.counts["fac.login"] == 1


def test_8_processes_with_the_same_question_log_in_once(core: Core, sim: Simulator, in_processes: Processes) -> None:
    sim.settings(latency=0.2)
    assert len(set(in_processes(8, functools.partial(core.lookup, **USER)))) == 1
    assert len(sim.requests) == sim.counts["fac.login"] == 1


def test_8_processes_with_the_same_question_are_refused_once(core: Core, sim: Simulator, in_processes: Processes) -> None:
    sim.settings(latency=0.2)

    def refused() -> str:
        with pytest.raises(AnsibleLookupError) as caught:
            core.lookup(**{**USER, "password": "wrong-wrong-wrong"})
        return str(caught.value)

    messages = in_processes(8, refused)
    assert len({without_any_memory(message) for message in messages}) == 1
    assert len([message for message in messages if "not asked again for" in message]) == 7
    assert len(sim.requests) == 1


def test_8_processes_that_wait_for_a_server_that_is_down_do_not_each_ask_it(core: Core, sim: Simulator, in_processes: Processes) -> None:
    sim.settings(latency=0.2)
    sim.fault("/api/v1/oauth/token/", status=503, times=None)

    def fails() -> str:
        with pytest.raises(AnsibleLookupError) as caught:
            core.lookup(**USER, retries=0)
        return str(caught.value)

    assert len({without_any_memory(message, refused=False) for message in in_processes(8, fails)}) == 1
    assert len(sim.requests) <= 4  # the first, one for those who waited for it, and some room for a slow machine


def test_8_processes_that_force_at_the_same_time_share_a_token(core: Core, sim: Simulator, in_processes: Processes) -> None:
    sim.settings(latency=0.2)
    in_processes(8, lambda: core.lookup(**USER, force=True))
    assert sim.counts["fac.login"] <= 4  # the first, one for those who waited for it, and some room for a slow machine


def test_a_lookup_with_force_never_finds_an_answer(core: Core, sim: Simulator) -> None:
    tokens = [core.lookup(**USER, force=force) for force in (False, True, True)]
    assert len(set(tokens)) == sim.counts["fac.login"] == 3
    assert core.lookup(**USER) == tokens[-1]


@pytest.mark.parametrize("change", [{"state": "absent"}, {"force": True}], ids=["revoked", "forced"])
def test_an_answer_is_never_older_than_what_a_task_does_to_the_token(core: Core, sim: Simulator, change: dict[str, Any]) -> None:
    old = core.lookup(**USER)
    core.task("fac_oauth_token", {**USER, **change})
    assert core.lookup(**USER) != old
    assert sim.counts["fac.login"] == 2


def test_an_answer_is_lost_if_another_process_changes_the_cache_after_the_token_was_stored(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    changes: list[str] = []

    def followed(owner: type, name: str) -> Callable[..., None]:
        change = getattr(owner, name)

        def changed(*arguments: Any) -> None:
            change(*arguments)
            if name == "put":  # others can find the token from now on
                RunBackend().write("00" * 16, b"another process, such as one that revokes", keep_until=None)
            changes.append(name)

        return changed

    for owner, name in ((Tier, "put"), (NegativeCache, "clear")):
        monkeypatch.setattr(owner, name, followed(owner, name))
    plugin = core.lookup_plugin()
    plugin.run([], variables={}, **USER)
    assert sorted(changes) == ["clear", "put"]
    assert plugin._answers([], {}, USER).get() is None


@pytest.mark.parametrize(
    ("options", "variables", "environment"),
    [
        pytest.param({"scope": "read"}, {}, {}, id="an option"),
        pytest.param({}, {"fac_oauth_scope": "read"}, {}, id="a variable"),
        pytest.param({}, {}, {"FAC_SCOPE": "read"}, id="an environment variable"),
    ],
)
def test_another_question_gets_another_answer(
    core: Core, sim: Simulator, monkeypatch: pytest.MonkeyPatch, options: dict[str, str], variables: dict[str, str], environment: dict[str, str]
) -> None:
    first = core.lookup(**USER)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert core.lookup(None, variables, **USER, **options) != first
    assert sim.counts["fac.login"] == 2


@pytest.mark.parametrize("variables", [{"unrelated": "x"}, {"forti_oauthcache": "x"}], ids=str)
def test_a_variable_that_no_option_reads_is_no_part_of_the_question(core: Core, sim: Simulator, variables: dict[str, str]) -> None:
    assert core.lookup(**USER) == core.lookup(None, variables, **USER)
    assert len(sim.requests) == 1


def test_the_next_lookup_gets_source_cache_and_the_seconds_that_are_left(core: Core) -> None:
    first, second = (core.lookup(**USER, return_as="dict") for _each in range(2))
    assert (first["source"], second["source"]) == ("login", "cache")
    assert first["expires_in"] - 5 <= second["expires_in"] <= first["expires_in"]
    moving = ("source", "expires_in")
    assert {name: first[name] for name in first if name not in moving} == {name: second[name] for name in second if name not in moving}


def test_an_error_is_a_lookup_error_without_what_led_to_it(core: Core) -> None:
    with pytest.raises(AnsibleLookupError, match=r"username, password and client_id are missing: grant_type password needs them") as caught:
        core.lookup()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_question_that_cannot_be_put_in_words_is_answered_all_the_same(core: Core, sim: Simulator) -> None:
    plugin = core.lookup_plugin()
    assert plugin._answers([], {}, {"scope": object()}) is None
    assert plugin._answers([], {}, {"scope": "read"}) is not None
    (token,) = plugin.run([], variables={}, **{**USER, "timeout": {3}.pop()})
    assert token
    assert sim.counts["fac.login"] == 1


@pytest.mark.parametrize("options", [USER, {**USER, "return_as": "dict"}], ids=["access_token", "dict"])
def test_without_the_file_lookup_answers_a_lookup_gives_the_same_answers(sim: Simulator, tmp_path: pathlib.Path, options: dict[str, Any]) -> None:
    outcomes = []
    for fast in (True, False):
        sim.reset()
        root = tmp_path / f"fast-{fast}"
        copy = root / "ansible_collections" / "forti" / "oauth" / "plugins"
        shutil.copytree(PLUGINS, copy, ignore=shutil.ignore_patterns("__pycache__"))
        if not fast:
            (copy / "plugin_utils" / "_cache" / "lookup_answers.py").unlink()
        (root / "tmp").mkdir(mode=0o700)
        command = [sys.executable, "-c", TWO_LOOKUPS, str(root), str(root / "tmp"), json.dumps([options, options])]
        environment = {**os.environ, "FAC_SERVER": sim.host, "FAC_CA_PATH": str(sim.ca)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        outcome = json.loads(done.stdout)
        assert outcome["fast"] is fast
        assert sim.counts["fac.login"] == 1
        outcomes.append([shape(answer) for answer in outcome["answers"]])
    assert outcomes[0] == outcomes[1]


def shape(answer: Any) -> Any:
    """Return what two tokens have in common."""
    if isinstance(answer, dict):
        return {name: value for name, value in answer.items() if name in ("source", "token_type", "server", "scope")}, sorted(answer)
    return len(answer)
