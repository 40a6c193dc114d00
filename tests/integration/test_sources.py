# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where options come from: the call, module_defaults, variables, the environment, the task's environment, defaults."""

from __future__ import annotations

import json

import pytest

from tests.integration.harness import PASSWORDS, Player

FAC_ENV = {"FAC_USERNAME": "luser1", "FAC_PASSWORD": PASSWORDS["luser1"]}
LOOKUP = "- set_fact: {{r: \"{{{{ lookup('forti.oauth.{name}'{more}) }}}}\"}}\n  no_log: true\n"


def lookup(name: str = "fac_oauth_token", more: str = "") -> str:
    """Return a task that sets r to what a lookup returns."""
    return LOOKUP.format(name=name, more=f", {more}" if more else "")


def test_module_from_the_environment(play: Player) -> None:
    env = {**FAC_ENV, "FORTICWP_CREDENTIAL": PASSWORDS["credential"]}
    outcome = play("- {forti.oauth.fac_oauth_token: , register: a}\n- {forti.oauth.forticwp_token: , register: b}", keep="a b", env=env)
    assert outcome["a"]["access_token"] and outcome["b"]["access_token"]


def test_the_tasks_environment_wins(play: Player) -> None:
    outcome = play(
        """
- forti.oauth.fac_oauth_token:
  environment: {FAC_PASSWORD: "{{ secret.luser1 }}", FAC_SCOPE: read write}
  register: r
- forti.oauth.fac_oauth_token:
  register: after
  ignore_errors: true
""",
        keep="r after",
        env={**FAC_ENV, "FAC_PASSWORD": PASSWORDS["wrong"]},
    )
    assert outcome["r"]["scope"] == "read write"
    assert outcome["after"]["status"] == 401


def test_a_proxy_in_the_tasks_environment(play: Player) -> None:
    outcome = play(
        """
- forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}', retries: 0}
  environment: {https_proxy: "http://me:proxy-password-4711@localhost:1", no_proxy: ""}
  register: r
  ignore_errors: true
- forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}', retries: 0}
  register: without
""",
        keep="r without",
    )
    assert "was not reached: the proxy failed. Check https_proxy and no_proxy." in outcome["r"]["msg"]
    assert "proxy-password-4711" not in outcome["r"]["msg"]
    assert outcome["without"]["access_token"]


def test_module_defaults_of_the_groups(play: Player) -> None:
    outcome = play(
        """
- {forti.oauth.fac_oauth_token: , register: r}
- {forti.oauth.fac_oauth_token_info: {access_token: '{{ r.access_token }}'}, register: info}
- {forti.oauth.fac_oauth_token: {grant_type: refresh_token, refresh_token: '{{ r.refresh_token }}', username: '{{ omit }}', password: '{{ omit }}'}}
- {forti.oauth.forticwp_token: }
""",
        keep="r info",
        head="""
module_defaults:
  group/forti.oauth.fac: {server: "{{ lookup('env', 'FAC_SERVER') }}", client_id: ansible}
  forti.oauth.fac_oauth_token: {username: luser1, password: "{{ secret.luser1 }}"}
  group/forti.oauth.forticwp: {credential: "{{ secret.credential }}"}
""",
    )
    assert outcome["info"]["username"] == "luser1"


def test_module_defaults_with_another_grant(play: Player) -> None:
    """User and password that stand in module_defaults are no mixed-up grant."""
    outcome = play(
        """
- {forti.oauth.fac_oauth_token: , register: r}
- {forti.oauth.fac_oauth_token: {grant_type: refresh_token, refresh_token: '{{ r.refresh_token }}'}, register: refreshed}
""",
        keep="refreshed",
        head="module_defaults: {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}'}}",
    )
    assert outcome["refreshed"]["source"] == "refresh"
    assert "password" not in json.loads(play.sim.requests[-1]["body"])


def test_an_empty_variable_is_not_set(play: Player) -> None:
    empty = dict.fromkeys(["FAC_REALM", "FAC_CLIENT_SECRET", "FAC_VALIDATE_CERTS", "FAC_TIMEOUT", "FAC_METHOD", "FAC_CLIENT_CERT", "FORTI_OAUTH_CACHE"], "")
    outcome = play("- {forti.oauth.fac_oauth_token: , register: a}\n" + lookup(more="return_as='dict'"), keep="a r", env={**FAC_ENV, **empty})
    assert outcome["r"]["access_token"] == outcome["a"]["access_token"]
    assert set(json.loads(play.sim.requests[0]["body"])) == {"username", "password", "client_id", "grant_type"}


@pytest.mark.daily("lookup")
@pytest.mark.parametrize("kind", ["module", "lookup"])
def test_empty_validate_certs_does_not_switch_the_check_off(play: Player, kind: str) -> None:
    task = "- {forti.oauth.fac_oauth_token: {retries: 0}}" if kind == "module" else lookup(more="retries=0").replace("  no_log: true\n", "")
    outcome = play(task, env={**FAC_ENV, "FAC_VALIDATE_CERTS": "", "FAC_CA_PATH": "", "REQUESTS_CA_BUNDLE": ""}, fails=True)
    assert "presented a certificate that is not trusted" in outcome.output


def test_lookup_order_call_variable_environment(play: Player) -> None:
    env = {"FAC_USERNAME": "luser1", "FAC_PASSWORD": PASSWORDS["wrong"], "FAC_SCOPE": "from-environment"}
    variables = {"fac_oauth_password": PASSWORDS["luser1"], "fac_oauth_scope": "from-variable"}
    outcome = play(
        lookup(more="return_as='dict'").replace("r:", "a:") + lookup(more="return_as='dict', scope='from-call'"),
        keep="a r",
        env=env,
        variables=variables,
    )
    assert (outcome["a"]["scope"], outcome["r"]["scope"]) == ("from-variable", "from-call")


def test_lookup_from_variables_of_forticwp(play: Player) -> None:
    outcome = play(lookup("forticwp_token", "return_as='authorization'"), keep="r", variables={"forticwp_credential": PASSWORDS["credential"] + "\n"})
    assert outcome["r"].startswith("Bearer ey")


def test_lookup_returns(play: Player) -> None:
    outcome = play(
        lookup()
        + lookup(more="return_as='authorization'").replace("r:", "header:")
        + lookup(more="return_as='dict'").replace("r:", "all:")
        + "- set_fact: {listed: \"{{ query('forti.oauth.fac_oauth_token') }}\"}\n  no_log: true",
        keep="r header all listed",
        env=FAC_ENV,
    )
    token = outcome["r"]
    assert outcome["header"] == f"Bearer {token}"
    assert outcome["listed"] == [token]
    assert set(outcome["all"]) == {"access_token", "authorization", "token_type", "refresh_token", "scope", "expires_in", "expires_at", "source", "server"}
    assert outcome["all"]["source"] == "cache"


def test_lookup_in_a_template_file(play: Player, tmp_path: object) -> None:
    outcome = play(
        """
- copy: {content: "token={% raw %}{{ lookup('forti.oauth.fac_oauth_token') }}{% endraw %}", dest: "{{ playbook_dir }}/agent.j2"}
- template: {src: agent.j2, dest: "{{ playbook_dir }}/agent.conf", mode: "0600"}
  no_log: true
- set_fact: {r: "{{ lookup('file', playbook_dir ~ '/agent.conf') }}"}
  no_log: true
""",
        keep="r",
        env=FAC_ENV,
    )
    assert outcome["r"] == f"token={play.sim.secrets()[0]}" or outcome["r"].removeprefix("token=") in play.sim.secrets()


def test_templates_in_variables_are_filled_in(play: Player) -> None:
    variables = {"fac_oauth_username": "luser1", "fac_oauth_password": "{{ secret.luser1 }}", "fac_oauth_validate_certs": "{{ '' }}"}
    assert play(lookup(), keep="r", variables=variables)["r"] in play.sim.secrets()
