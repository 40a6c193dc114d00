# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a kept token may cost, in counts: logins, connections, what is imported. Seconds are for make bench."""

from __future__ import annotations

import pathlib

import pytest

from tests.integration.harness import PASSWORDS, PLUGINS, Player

ENV = {"FAC_USERNAME": "luser1", "FAC_PASSWORD": PASSWORDS["luser1"], "ANSIBLE_LOOKUP_PLUGINS": str(PLUGINS / "lookup"), "ANSIBLE_FORKS": "1"}
TOKEN = "lookup('forti.oauth.fac_oauth_token')"
MODULE = "- forti.oauth.fac_oauth_token:\n"
OURS = "ansible_collections.forti.oauth.plugins."
FROM_BYTECODE = {"plugin_utils._lookup_base", "plugin_utils._cache.lookup_answers"}
OF_A_HIT = {"lookup", "lookup.fac_oauth_token", *FROM_BYTECODE}
OF_CORE = {"action", "modules"}  # where it looked for the tasks of the play
TO_TELL_CORE = {"module_utils", "module_utils._redaction"}  # where it masks secrets
SLOW = {"requests", "urllib3", "redis", "cryptography.hazmat.primitives.kdf.scrypt"}


def kept(name: str, value: str) -> str:
    return f'- set_fact: {{{name}: "{{{{ {value} }}}}"}}\n  no_log: true\n'


@pytest.mark.daily("run")
@pytest.mark.parametrize("cache", ["run", "directory"])
def test_a_hit_connects_to_nothing_and_loads_next_to_nothing(play: Player, tmp_path: pathlib.Path, cache: str) -> None:
    env = {**ENV, "FORTI_OAUTH_CACHE": "run" if cache == "run" else str(tmp_path / "kept")}
    outcome = play(kept("loaded", f"[{TOKEN}, lookup('loaded')][1]") + 2 * MODULE + kept("again", TOKEN), keep="loaded again", hosts=5, env=env)
    assert play.sim.counts["connections"] == play.sim.counts["fac.login"] == 1
    # The first host logs in, the others find what it has found.
    for loaded in outcome.of_all("loaded")[1:]:
        ours = {name.removeprefix(OURS) for name in loaded if name.startswith(OURS)}
        assert ours - TO_TELL_CORE - OF_CORE == OF_A_HIT
        assert {loaded[OURS + name] for name in FROM_BYTECODE} == {"_Loader"}  # which keeps what it compiles
        assert not SLOW & set(loaded)
    assert len(set(outcome.of_all("again"))) == 1


def test_a_worker_reads_no_documentation(play: Player) -> None:
    outcome = play(kept("definitions", f"[{TOKEN}, lookup('loaded', 'definitions')][1]"), keep="definitions", hosts=2, env=ENV)
    on_a_miss, on_a_hit = map(int, outcome.of_all("definitions"))
    assert on_a_miss and not on_a_hit, (
        "This ansible-core does not take option definitions by ConfigManager.initialize_plugin_configuration_definitions any more, "
        "so each template parses the lookup's documentation. See TokenLookup.__init_subclass__ in plugins/plugin_utils/_lookup_base.py."
    )


def test_of_those_who_ask_at_the_same_time_one_works(play: Player) -> None:
    outcome = play(kept("loaded", f"[{TOKEN}, lookup('loaded')][1]"), keep="loaded", hosts=5, env={**ENV, "ANSIBLE_FORKS": "5"})
    assert play.sim.counts["connections"] == play.sim.counts["fac.login"] == 1
    worked = [loaded for loaded in outcome.of_all("loaded") if OURS + "plugin_utils._token_provider" in loaded]
    assert len(worked) == len([loaded for loaded in outcome.of_all("loaded") if "requests" in loaded]) == 1


@pytest.mark.long
def test_a_hit_is_never_an_old_token(play: Player) -> None:
    """Whatever a task does to a token, the next template sees it."""
    tasks = kept("first", TOKEN)
    tasks += MODULE + "    force: true\n  run_once: true\n" + kept("forced", TOKEN)
    tasks += MODULE + "    state: absent\n  run_once: true\n" + kept("after_revoke", TOKEN)
    tasks += kept("scoped", TOKEN.replace(")", ", scope='read')")) + kept("header", TOKEN.replace(")", ", return_as='authorization')"))
    names = ["first", "forced", "after_revoke", "scoped"]
    outcome = play(tasks, keep=" ".join([*names, "header"]), hosts=3, env=ENV)
    for host in outcome.kept.values():
        assert len({host[name] for name in names}) == len(names)
        assert host["header"] == f"Bearer {host['after_revoke']}"
    assert all(len(set(outcome.of_all(name))) == 1 for name in names)
    assert play.sim.counts["fac.login"] == len(names)
