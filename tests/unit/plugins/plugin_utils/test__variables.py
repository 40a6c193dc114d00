# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that come from variables: which count, before what, and which are refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest
from ansible.errors import AnsibleError, AnsibleUndefinedVariable
from ansible_collections.forti.oauth.plugins.module_utils._argspec import (
    FAC_TOKEN,
    FAC_TOKEN_INFO,
    FAC_VERIFIES_WITH,
    FORTICWP_RESOURCE_MAP_INFO,
    FORTICWP_TOKEN,
    ONE_TIME,
    TOKEN_STORE,
    Spec,
)
from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError
from ansible_collections.forti.oauth.plugins.plugin_utils._variables import taken_from_variables, with_variables

from tests.unit.plugins.plugin_utils.core import USER, Core

if TYPE_CHECKING:
    from extensions.simulator import Simulator

OF_SERVICES = {"fac_oauth": FAC_TOKEN, "fac_oauth info": FAC_TOKEN_INFO, "forticwp": FORTICWP_TOKEN, "forticwp map": FORTICWP_RESOURCE_MAP_INFO}
PASSWORD = {"fac_oauth_password": USER["password"]}
GIVEN = {name: value for name, value in USER.items() if name != "password"}


class Encrypted(str):
    """A value that is encrypted in the playbook, as cores up to 2.18 have it."""

    __ENCRYPTED__ = True


def merged(given: Mapping[str, Any], known: Mapping[str, Any], *, spec: Spec = FAC_TOKEN) -> dict[str, Any]:
    """Return the options. A template is filled in with its own name in capitals."""
    return with_variables(spec, given, known=known, template=lambda value: value.upper() if isinstance(value, str) and "{{" in value else value)


def run(core: Core, arguments: dict[str, Any], variables: dict[str, Any], name: str = "fac_oauth_token") -> dict[str, Any]:
    """Run a task that has these variables."""
    action = core.action(name, arguments)
    action._templar.available_variables = variables
    result: dict[str, Any] = action.run(None, variables)
    return result


@pytest.mark.parametrize("of", OF_SERVICES)
def test_every_lasting_option_has_its_variable_and_no_other_one_has(of: str) -> None:
    prefix, spec = of.partition(" ")[0], OF_SERVICES[of]
    named = {name: "forti_oauth_cache" if name == "cache" else f"{prefix}_{name}" for name in spec}
    lasting = (FAC_VERIFIES_WITH if spec is FAC_TOKEN_INFO else set(spec)) - ONE_TIME
    assert taken_from_variables(spec, {}) == {name: named[name] for name in lasting}
    assert set(merged({}, dict.fromkeys(named.values(), "x"), spec=spec)) == lasting


def test_a_store_has_the_variable_of_the_option_cache_alone() -> None:
    assert taken_from_variables(TOKEN_STORE, {}) == {"cache": "forti_oauth_cache"}


@pytest.mark.parametrize("own", ["call", 0, False], ids=repr)
def test_the_call_goes_before_the_variable(own: Any) -> None:
    assert merged({"retries": own}, {"fac_oauth_retries": 7}) == {"retries": own}


@pytest.mark.parametrize("own", ["", None], ids=repr)
def test_what_the_call_leaves_empty_comes_from_the_variable(own: Any) -> None:
    assert merged({"realm": own, "scope": "s"}, {"fac_oauth_realm": "corp"}) == {"realm": "corp", "scope": "s"}


@pytest.mark.parametrize("held", ["", None], ids=repr)
def test_an_empty_variable_is_not_set(held: Any) -> None:
    assert merged({"realm": "corp", "scope": None}, {"fac_oauth_scope": held, "fac_oauth_username": held}) == {"realm": "corp", "scope": None}


@pytest.mark.parametrize("held", [False, 0, "no", ["x"]], ids=repr)
def test_a_value_goes_on_as_it_is_for_the_spec_to_judge(held: Any) -> None:
    assert merged({}, {"fac_oauth_validate_certs": held})["validate_certs"] is held


def test_a_template_is_filled_in_and_only_where_it_is_taken() -> None:
    assert merged({"realm": "r"}, {"fac_oauth_scope": "{{ mine }}", "fac_oauth_realm": "{{ not_mine }}"}) == {"realm": "r", "scope": "{{ MINE }}"}
    filled: list[Any] = []
    with_variables(FAC_TOKEN, {"realm": "r"}, known={"fac_oauth_realm": "x", "fac_oauth_scope": "s", "other": "o"}, template=filled.append)
    assert filled == ["s"]


def test_an_encrypted_variable_is_plain_text() -> None:
    (value,) = merged({}, {"fac_oauth_password": Encrypted("hunter2")}).values()
    assert (type(value), value) == (str, "hunter2")


def test_variables_of_the_other_service_do_not_count() -> None:
    known = {"forticwp_server": "cwp.example.com", "FAC_SERVER": "upper.example.com", "fac_server": "no.example.com", "server": "bare.example.com"}
    assert merged({}, known) == {}


@pytest.mark.parametrize("name", ["fac_oauth_server", "fac_oauth_validate_certs", "forti_oauth_cache"])
def test_a_fact_is_refused_by_name_before_it_is_filled_in(name: str) -> None:
    known = {name: "{{ evil }}", "ansible_facts": {name: "{{ evil }}"}, "inventory_hostname": "web1"}
    with pytest.raises(OptionError, match=f"^{name} comes from the facts of web1, or from set_fact with cacheable"):
        with_variables(FAC_TOKEN, {}, known=known, template=pytest.fail)


def test_a_fact_that_the_call_makes_no_use_of_is_fine() -> None:
    known = {"fac_oauth_server": "evil", "ansible_facts": {"fac_oauth_server": "evil"}}
    assert merged({"server": "mine"}, known) == {"server": "mine"}


def test_the_arguments_of_the_call_are_not_changed() -> None:
    given = {"realm": "r"}
    merged(given, {"fac_oauth_scope": "s"})
    assert given == {"realm": "r"}


def test_a_module_takes_its_password_from_a_variable(core: Core, sim: Simulator) -> None:
    result = run(core, GIVEN, PASSWORD)
    assert (result["source"], sim.counts["fac.login"]) == ("login", 1)


def test_a_module_prefers_the_variable_to_the_environment(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAC_PASSWORD", "wrong-word-4711")
    assert run(core, GIVEN, PASSWORD)["source"] == "login"
    assert run(core, GIVEN, {})["status"] == 401


def test_a_module_refuses_a_variable_of_the_facts_and_sends_nothing(core: Core, sim: Simulator) -> None:
    result = run(core, GIVEN, {**PASSWORD, "ansible_facts": PASSWORD, "inventory_hostname": "web1"})
    assert (result["failed"], sim.requests) == (True, [])
    assert result["msg"].startswith("fac_oauth_password comes from the facts of web1,")
    assert USER["password"] not in str(result)


def test_a_user_of_a_variable_gives_way_to_the_iam_user_of_the_task(core: Core) -> None:
    """It is not the task that names two users."""
    robot = {"client_id": "ansible", "iam_account": "acme", "iam_user": "robot", "password": "Robot-Word-12345678"}
    assert run(core, robot, {"fac_oauth_username": "luser1"})["source"] == "login"


def test_the_store_of_a_variable_is_the_one_that_is_listed(core: Core, tmp_path: Any) -> None:
    store = {"forti_oauth_cache": str(tmp_path / "store")}
    run(core, USER, store)
    listed = run(core, {}, store, name="token_store_info")
    assert (listed["where"], listed["count"]) == (f"the directory {tmp_path / 'store'}", 1)
    assert "msg" not in listed
    assert [(entry["service"], entry["client_id"]) for entry in listed["entries"]] == [("fac", "ansible")]


def failing(exc: Exception) -> Any:
    """Return what fills in a template, and fails."""

    def template(_value: Any) -> Any:
        raise exc

    return template


@pytest.mark.parametrize(
    ("exc", "reason"),
    [
        (AnsibleUndefinedVariable("'nosuch' is undefined"), "'nosuch' is undefined"),
        (AnsibleError("hunter2 has no filter"), "its template has an error"),
    ],
    ids=["undefined", "a fault"],
)
def test_a_variable_that_cannot_be_filled_in_is_named(exc: Exception, reason: str) -> None:
    with pytest.raises(OptionError) as caught:
        with_variables(FAC_TOKEN, {}, known={"fac_oauth_realm": "{{ x }}"}, template=failing(exc))
    assert str(caught.value) == f"The variable fac_oauth_realm cannot be evaluated: {reason}."


def test_an_omitted_variable_is_not_set() -> None:
    """Up to ansible-core 2.18 omit is a text in the variables; later a template that ends in it fails, or gives a value of a type of its own."""

    class OmitType:
        pass

    class AnsibleValueOmittedError(AnsibleError):
        pass

    known = {"fac_oauth_realm": "{{ x }}", "omit": "__omit_place_holder__1"}
    for template in (lambda _value: known["omit"], lambda _value: OmitType(), failing(AnsibleValueOmittedError("omitted"))):
        assert with_variables(FAC_TOKEN, {}, known=known, template=template) == {}


@pytest.mark.parametrize("empty", ["\n", "\r\n", "", None])
def test_a_line_end_alone_gives_way_to_the_variable(empty: Any) -> None:
    assert merged({"realm": empty}, {"fac_oauth_realm": "corp"})["realm"] == "corp"


def test_a_fact_of_an_option_that_the_module_ignores_is_no_matter() -> None:
    known = {"forti_oauth_cache": "none", "fac_oauth_password": "p", "ansible_facts": {"forti_oauth_cache": "none", "fac_oauth_password": "p"}}
    assert merged({}, known, spec=FAC_TOKEN_INFO) == {}
    with pytest.raises(OptionError, match=r"^fac_oauth_password comes from the facts|^forti_oauth_cache comes from the facts"):
        merged({}, known)
