# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A managed host never steers: a lookup, and a task of the role, refuse a variable that the host's facts set, and send nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from ansible.errors import AnsibleLookupError
from ansible_collections.forti.oauth.plugins.plugin_utils._role_action_base import ROLE_VARIABLES

from tests.unit.plugins.plugin_utils.core import USER, Core

if TYPE_CHECKING:
    from extensions.simulator import Simulator

EVIL = "evil.example.com"


def of_facts(name: str, value: Any) -> dict[str, Any]:
    """Return the variables of a host whose facts set this one. Core injects facts as variables."""
    return {name: value, "ansible_facts": {name: value, "distribution": "x"}, "inventory_hostname": "web1"}


def refused(name: str) -> str:
    return f"^{name} comes from the facts of web1, or from set_fact with cacheable\\. A host must not choose it\\. "


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fac_oauth_server", EVIL),
        ("fac_oauth_validate_certs", False),
        ("fac_oauth_ca_path", "/tmp/evil.pem"),
        ("fac_oauth_username", "evil"),
        ("fac_oauth_password", "hunter2-hunter2"),
        ("fac_oauth_client_id", "evil"),
        ("forti_oauth_cache", "redis://evil.example.com/0"),
    ],
)
def test_a_lookup_refuses_an_option_that_a_fact_sets(core: Core, sim: Simulator, name: str, value: Any) -> None:
    own = {option: USER[option] for option in USER if name != f"fac_oauth_{option}"}
    with pytest.raises(AnsibleLookupError, match=refused(name)) as caught:
        core.lookup(None, of_facts(name, value), **own)
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert str(value) not in str(caught.value) or value is False
    assert sim.requests == []


def test_a_fact_is_refused_before_an_answer_that_is_kept_is_looked_for(core: Core, sim: Simulator) -> None:
    variables = {"fac_oauth_server": sim.host, "inventory_hostname": "web1"}
    core.lookup(None, variables, **USER)
    with pytest.raises(AnsibleLookupError, match=refused("fac_oauth_server")):
        core.lookup(None, {**variables, "ansible_facts": {"fac_oauth_server": sim.host}}, **USER)
    assert len(sim.requests) == 1


def test_each_lookup_looks_at_the_variables_of_its_own_service(core: Core, sim: Simulator) -> None:
    variables = of_facts("forticwp_server", EVIL)
    with pytest.raises(AnsibleLookupError, match=refused("forticwp_server")):
        core.lookup(None, variables, name="forticwp_token", credential="c")
    assert core.lookup(None, variables, **USER)
    with pytest.raises(AnsibleLookupError, match=refused("forti_oauth_cache")):
        core.lookup(None, of_facts("forti_oauth_cache", "/tmp/evil"), name="forticwp_token", credential="c")
    assert [request["path"] for request in sim.requests] == ["/api/v1/oauth/token/"]


def test_an_option_of_the_call_itself_is_never_in_question(core: Core, sim: Simulator) -> None:
    assert core.lookup(None, of_facts("fac_oauth_server", EVIL), **USER, server=sim.host)
    assert core.lookup(None, of_facts("fac_oauth_password", "x"), **USER, server=sim.host)
    assert sim.counts["fac.login"] == 1


@pytest.mark.parametrize("empty", ["", None], ids=["empty text", "none"])
def test_an_option_of_the_call_that_is_empty_is_not_set_and_hides_no_fact(core: Core, sim: Simulator, empty: str | None) -> None:
    with pytest.raises(AnsibleLookupError, match=refused("fac_oauth_server")):
        core.lookup(None, of_facts("fac_oauth_server", EVIL), **USER, server=empty)
    assert sim.requests == []


@pytest.mark.parametrize(
    ("variables", "facts"),
    [
        pytest.param({"fac_oauth_scope": "read"}, {}, id="no facts"),
        pytest.param({"fac_oauth_scope": "read"}, {"fac_oauth_scope": "write"}, id="vars go before the fact"),
        pytest.param({}, {"fac_oauth_server": EVIL}, id="facts are not injected"),
        pytest.param({"fac_oauth_scope": "read"}, {"scope": "read", "fac_oauth": "x", "fac_oauth_": "x"}, id="facts of other names"),
        pytest.param({"fac_oauth_nonsense": "x"}, {"fac_oauth_nonsense": "x"}, id="no option"),
        pytest.param({"fac_oauth_state": "absent"}, {"fac_oauth_state": "absent"}, id="an option that lookups have not"),
    ],
)
def test_what_no_fact_sets_is_used(core: Core, sim: Simulator, variables: dict[str, Any], facts: dict[str, Any]) -> None:
    assert core.lookup(None, {**variables, "ansible_facts": facts, "inventory_hostname": "web1"}, **USER)
    assert sim.counts["fac.login"] == 1
    assert json.loads(sim.requests[0]["body"]).get("scope") == variables.get("fac_oauth_scope")


@pytest.mark.parametrize("name", ROLE_VARIABLES)
@pytest.mark.parametrize("action", ["role_token", "role_revoke"])
def test_the_role_refuses_a_variable_of_its_own_that_a_fact_sets(core: Core, sim: Simulator, action: str, name: str) -> None:
    variables = {"token_fac_options": {**USER, "server": sim.host}, "token_fac": {"access_token": "x"}, **of_facts(name, {"server": EVIL})}
    result = core.action(action, {}).run(None, variables)
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"].startswith(f"{name} comes from the facts of web1, or from set_fact with cacheable. A host must not choose it. ")
    assert sim.requests == []


def test_where_the_role_asks_from_is_one_of_them() -> None:
    assert {"token_delegate_to", "token_fac_options", "token_forticwp_options"} <= set(ROLE_VARIABLES)


def test_a_task_of_the_role_whose_variables_no_fact_sets_runs(core: Core) -> None:
    variables = {**of_facts("fac_oauth_nonsense", EVIL), "token_delegate_to": "mine", "token_fac_options": USER}
    variables["ansible_facts"]["token_delegate_to"] = EVIL
    assert core.action("role_token", {}).run(None, variables)["token_fac"]["source"] == "login"


@pytest.mark.parametrize(("action", "arguments"), [("fac_oauth_token", USER), ("role_token", {})], ids=["task", "role"])
@pytest.mark.parametrize("name", ["fac_oauth_server", "fac_oauth_ca_path", "forti_oauth_cache"])
def test_a_task_refuses_a_variable_of_an_option_that_a_fact_sets(core: Core, sim: Simulator, name: str, action: str, arguments: dict[str, Any]) -> None:
    result = core.action(action, arguments).run(None, {"token_fac_options": USER, **of_facts(name, EVIL)})
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"].startswith(f"{name} comes from the facts of web1, or from set_fact with cacheable. A host must not choose it. ")
    assert sim.requests == []


def test_a_task_of_its_own_has_no_variables_in_question(core: Core) -> None:
    assert core.action("fac_oauth_token", USER).run(None, of_facts("token_delegate_to", EVIL))["source"] == "login"
