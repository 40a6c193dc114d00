# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One login for a whole run: hosts, forks, tasks, templates, strategies."""

from __future__ import annotations

import pathlib

import pytest

from tests.integration.harness import Player

LOGIN = "{username: luser1, password: '{{ secret.luser1 }}'}"
TASK = f"- {{forti.oauth.fac_oauth_token: {LOGIN}, register: r}}\n"
LOOKUP = "lookup('forti.oauth.fac_oauth_token', username='luser1', password=secret.luser1"


@pytest.mark.daily("strategy: linear", "strategy: free")
@pytest.mark.parametrize(
    "head",
    ["strategy: linear", "strategy: free", "strategy: host_pinned", "serial: 3", "serial: 1"],
)
def test_one_login_for_all_hosts_tasks_and_templates(play: Player, head: str) -> None:
    outcome = play(
        TASK + f'- set_fact: {{same: "{{{{ {LOOKUP}) == r.access_token }}}}"}}\n' + TASK,
        keep="r same",
        hosts=8,
        head=head,
        arguments=("--forks", "8"),
    )
    assert play.sim.counts["fac.login"] == play.sim.counts["fac.token"] == 1
    assert len({result["access_token"] for result in outcome.of_all("r")}) == 1
    assert all(outcome.of_all("same"))
    assert {result["source"] for result in outcome.of_all("r")} == {"cache"}


def test_lookup_first_then_module(play: Player) -> None:
    outcome = play(
        f"- set_fact: {{first: \"{{{{ {LOOKUP}, return_as='dict') }}}}\"}}\n  no_log: true\n" + TASK,
        keep="r first",
    )
    assert (outcome["first"]["source"], outcome["r"]["source"]) == ("login", "cache")
    assert outcome["first"]["access_token"] == outcome["r"]["access_token"]


def test_in_loops_with_run_once_and_delegated(play: Player) -> None:
    play(
        f"""
- {{forti.oauth.fac_oauth_token: {LOGIN}, loop: [1, 2, 3]}}
- {{forti.oauth.fac_oauth_token: {LOGIN}, run_once: true}}
- {{forti.oauth.fac_oauth_token: {LOGIN}, delegate_to: localhost}}
- {{forti.oauth.fac_oauth_token: {LOGIN}, delegate_to: host001, become: false}}
""",
        hosts=3,
    )
    assert play.sim.counts["fac.token"] == 1


def test_check_mode_gets_the_token_too(play: Player) -> None:
    outcome = play(TASK, keep="r", arguments=("--check", "--diff"))
    assert outcome["r"]["access_token"]
    assert outcome["r"]["changed"] is False


def test_other_options_are_another_token(play: Player) -> None:
    outcome = play(
        """
- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}'}, register: a}
- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}', scope: write}, register: b}
- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}', client_id: fcare}, register: c}
- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.wrong }}'}, register: d, ignore_errors: true}
""",
        keep="a b c d",
    )
    assert len({outcome[name]["access_token"] for name in "abc"}) == 3
    assert outcome["d"]["failed"] and outcome["d"]["status"] == 401


def test_a_token_that_ends_soon_is_replaced(play: Player) -> None:
    short = "{username: luser1, password: '{{ secret.luser1 }}', client_id: ansible%s}"
    outcome = play(
        f"""
- {{forti.oauth.fac_oauth_token: {short % ""}, register: a}}
- {{forti.oauth.fac_oauth_token: {short % ", min_validity: 35000"}, register: b}}
- ansible.builtin.wait_for: {{timeout: 2}}
- {{forti.oauth.fac_oauth_token: {short % ", min_validity: 35998"}, register: c}}
""",
        keep="a b c",
    )
    assert [outcome[name]["source"] for name in "abc"] == ["login", "cache", "refresh"]


def test_a_short_life_is_used_all_the_same(play: Player) -> None:
    short = "- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}', client_id: short}, register: r}\n"
    play(short + short, hosts=3)
    assert play.sim.counts["fac.login"] == 1


def test_force_and_no_cache(play: Player) -> None:
    outcome = play(
        """
- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}'}, register: a}
- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}', force: true}, register: b}
- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}'}, register: c}
- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}', cache: none}, register: d}
""",
        keep="a b c d",
    )
    assert [outcome[name]["source"] for name in "abcd"] == ["login", "login", "cache", "login"]
    assert outcome["c"]["access_token"] == outcome["b"]["access_token"]


def test_forced_by_many_hosts_at_once(play: Player) -> None:
    forced = "- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}', force: true}}"
    play(forced, hosts=6, head="serial: 3")
    assert play.sim.counts["fac.login"] == 1


def test_refreshed_by_hand_is_what_everybody_gets(play: Player) -> None:
    outcome = play(
        TASK
        + """
- {forti.oauth.fac_oauth_token: {grant_type: refresh_token, refresh_token: '{{ r.refresh_token }}'}, register: newer}
- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}'}, register: again}
- {forti.oauth.fac_oauth_token_info: {access_token: '{{ again.access_token }}'}, register: info}
""",
        keep="newer again info",
        hosts=3,
    )
    assert play.sim.counts["fac.login"] == play.sim.counts["fac.refresh"] == 1
    for host in outcome.kept.values():
        assert host["again"]["access_token"] == host["newer"]["access_token"]
        assert host["info"]["valid"]


def test_nothing_is_left_behind(play: Player) -> None:
    play(TASK + "- forti.oauth.forticwp_token: {credential: '{{ secret.credential }}'}", hosts=2)
    assert [path for path in pathlib.Path(play.environment["HOME"]).rglob("*") if path.is_file()] == []


def test_two_peoples_codes_are_two_tokens(play: Player) -> None:
    options = "client_id: portal, client_secret: '{{{{ secret.portal }}}}', grant_type: authorization_code, code: '{{{{ {0} }}}}'"
    task = f"- {{{{forti.oauth.fac_oauth_token: {{{{{options}}}}}, register: r_{{0}}}}}}\n"
    codes = {name: play.sim.code(client_id="portal", username=name) for name in ("luser1", "remote1")}
    outcome = play("".join(task.format(name) for name in codes), keep="r_luser1 r_remote1", hosts=3, variables=codes)
    for host in outcome.kept.values():
        assert host["r_luser1"]["access_token"] != host["r_remote1"]["access_token"]
    assert play.sim.counts["fac.login"] == 2
