# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule 8: a token that was ended is ended for all: in the run, in a directory, in Redis, whether it was named by its text or by its options."""

from __future__ import annotations

import pathlib

import pytest

from tests.integration.harness import Player
from tests.integration.trust.hanging import held, lock_of

LOGIN = "username: luser1, password: '{{ secret.luser1 }}'"
GET = f"- {{forti.oauth.fac_oauth_token: {{{LOGIN}}}, register: %s}}\n"
LOOK = "- {set_fact: {looked: \"{{ lookup('forti.oauth.fac_oauth_token', username='luser1', password=secret.luser1) }}\"}, no_log: true}\n"
BY_TEXT = "- {forti.oauth.fac_oauth_token: {state: absent, access_token: '{{ %s.access_token }}'%s}, register: ended}\n"
BY_OPTIONS = f"- {{forti.oauth.fac_oauth_token: {{state: absent, {LOGIN}%s}}, register: ended}}\n"


@pytest.fixture(params=["directory", "redis"])
def env(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> dict[str, str]:
    """The environment of a run that keeps its tokens in a store."""
    cache = str(tmp_path / "tokens") if request.param == "directory" else request.getfixturevalue("redis_server").url
    return {"FORTI_OAUTH_CACHE": cache}


@pytest.mark.daily("directory-by its options")
@pytest.mark.parametrize("end", [BY_TEXT % ("a", ""), BY_OPTIONS % ""], ids=["by its text", "by its options"])
def test_get_end_get_again(play: Player, env: dict[str, str], end: str) -> None:
    first = play(GET % "a" + LOOK + end + GET % "b" + LOOK, keep="a b looked ended", hosts=2, env=env)
    assert sum(result["changed"] for result in first.of_all("ended")) == 1
    (dead,), (live,) = ({result["access_token"] for result in first.of_all(name)} for name in "ab")
    assert dead != live
    assert set(first.of_all("looked")) == {live}
    assert play.sim.counts["fac.revoke"] == 1
    second = play(GET % "c", keep="c", env=env)
    assert (second["c"]["access_token"], second["c"]["source"]) == (live, "cache")


@pytest.mark.daily("redis-by its text")
@pytest.mark.parametrize("end", [BY_TEXT % ("a", ""), BY_OPTIONS % ""], ids=["by its text", "by its options"])
def test_a_later_run_logs_in(play: Player, env: dict[str, str], end: str) -> None:
    first = play(GET % "a" + end, keep="a", env=env)
    second, third = (play(GET % "r", keep="r", env=env) for _run in range(2))
    assert (second["r"]["source"], third["r"]["source"]) == ("login", "cache")
    assert second["r"]["access_token"] == third["r"]["access_token"] != first["a"]["access_token"]


@pytest.mark.daily("directory")
def test_who_ends_it_without_naming_the_store_does_not_get_it_from_there(play: Player, env: dict[str, str]) -> None:
    """The run knows that it is ended, although the store does not."""
    outcome = play(GET % "a" + BY_TEXT % ("a", ", cache: run") + GET % "b", keep="a b ended", env=env)
    assert outcome["ended"]["changed"]
    assert outcome["b"]["access_token"] != outcome["a"]["access_token"]


@pytest.mark.daily("directory")
def test_whoever_ends_it_without_the_check_or_from_elsewhere_ends_it_for_all(play: Player, env: dict[str, str], python39: str) -> None:
    more = "validate_certs: false"
    outcome = play(
        GET % "a" + BY_TEXT % ("a", f", {more}") + GET % "b" + BY_TEXT.replace("}, register", "}, delegate_to: jump, register") % ("b", "") + GET % "c",
        keep="a b c",
        delegate_to="localhost",
        env={**env, "ANSIBLE_PYTHON_INTERPRETER": python39},
    )
    assert len({outcome[name]["access_token"] for name in "abc"}) == 3
    assert play.sim.counts["fac.revoke"] == 2
    later = play(GET % "d", keep="d", env=env)
    assert later["d"]["access_token"] == outcome["c"]["access_token"]


def test_who_keeps_nothing_ends_it_in_the_run_all_the_same(play: Player) -> None:
    outcome = play(GET % "a" + LOOK + BY_TEXT % ("a", ", cache: none") + LOOK + GET % "b", keep="a b looked")
    assert outcome["looked"] == outcome["b"]["access_token"] != outcome["a"]["access_token"]


@pytest.mark.long
def test_a_store_whose_lock_hangs_is_told_all_the_same(play: Player, tmp_path: pathlib.Path) -> None:
    """Who ends a token needs no lock to say so."""
    store = tmp_path / "tokens"
    env = {"FORTI_OAUTH_CACHE": str(store)}
    quick = "push_timeout: 0, retries: 0, timeout: 2"
    lock = lock_of(play, GET % "a", store, env)
    first = play(GET % "a", keep="a", env=env)
    with held(lock):
        ended = play(BY_OPTIONS % f", {quick}", keep="ended", env=env)
    assert ended["ended"]["changed"]
    second = play(GET % "b", keep="b", env=env)
    assert second["b"]["source"] == "login" and second["b"]["access_token"] != first["a"]["access_token"]


@pytest.mark.long
def test_the_last_example_of_the_guide(play: Player, env: dict[str, str]) -> None:
    """It ends a token by its text, in a task that names nothing else, and says that it is forgotten."""
    play(GET % "fac" + BY_TEXT % ("fac", ""), env=env)
    outcome = play(GET % "fac" + "- {forti.oauth.fac_oauth_token_info: {access_token: '{{ fac.access_token }}'}, register: info}\n", keep="info", env=env)
    assert outcome["info"]["valid"]
