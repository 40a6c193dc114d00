# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plays that keep their tokens in Redis Sentinel and Redis Cluster; and a failover in the middle of a login."""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Iterator

import pytest

from tests.integration.harness import Player
from tests.tools.redis_cluster import RedisCluster
from tests.tools.redis_group import RedisGroup
from tests.tools.redis_sentinel import SENTINEL_PASSWORD, RedisSentinel
from tests.tools.redis_server import PASSWORD, program

pytest.importorskip("redis", reason="it needs redis, which is not installed")
if program() is None:
    pytest.skip("there is no redis-server on this machine: Sentinel and Cluster were not tried", allow_module_level=True)

LOGIN = "- forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}'}\n  register: fac\n"
KINDS = [pytest.param(RedisSentinel, id="sentinel"), pytest.param(RedisCluster, id="cluster")]
WITH_TLS = [pytest.param(functools.partial(kind.values[0], tls=True), id=f"{kind.id} with TLS") for kind in KINDS]


@pytest.fixture(params=KINDS)
def group(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[RedisGroup]:
    with request.param(tmp_path) as running:
        yield running


def kill_master(group: RedisGroup) -> None:
    if isinstance(group, RedisCluster):
        group.kill_master("{forti_oauth}:")
    else:
        group.kill_master()  # type: ignore[attr-defined]


@pytest.mark.daily("sentinel-over before the answer")
@pytest.mark.parametrize("delay", [pytest.param(6, id="over before the answer"), pytest.param(1, id="not over yet")])
def test_a_failover_in_a_login_costs_at_most_one_more(play: Player, group: RedisGroup, delay: float) -> None:
    env = {"FORTI_OAUTH_CACHE": group.url}
    play.sim.fault("/api/v1/oauth/token/", delay=delay)
    with play.started(LOGIN, env=env, hosts=3) as run:
        run.wait_until(lambda: [key for key in group.keys() if ":lock:" in key], "the lock is held")  # noqa: SIM118
        kill_master(group)
        group.failed_over()
        assert run.end() == 0, run.output[-3000:]
    assert play.sim.counts["fac.login"] == 1
    later = [play(LOGIN, env=env, hosts=3) for _each in range(2)]
    assert play.sim.counts["fac.login"] <= 2
    assert "cannot be used" not in later[-1].output
    assert not [output for output in (run.output, *(outcome.output for outcome in later)) if PASSWORD in output or SENTINEL_PASSWORD in output]


@pytest.mark.daily("cluster")
@pytest.mark.parametrize("group", [*KINDS, *WITH_TLS], indirect=True)
def test_one_login_for_two_runs(play: Player, group: RedisGroup) -> None:
    for _run in range(2):
        play(LOGIN, env={"FORTI_OAUTH_CACHE": group.url}, hosts=2)
    assert play.sim.counts["fac.login"] == 1
    shown = play("- forti.oauth.token_store_info: {}\n  register: kept\n", env={"FORTI_OAUTH_CACHE": group.url}, keep="kept")
    assert shown["kept"]["count"] == 1
    play("- forti.oauth.token_store: {state: absent}\n  register: gone\n", env={"FORTI_OAUTH_CACHE": group.url})
    assert not [key for key in group.keys() if ":token:" in key]  # noqa: SIM118
