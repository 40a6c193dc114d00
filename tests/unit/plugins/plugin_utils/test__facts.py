# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A managed host never steers: a variable whose value is that of a fact of the same name is refused, and everything else is not."""

from __future__ import annotations

import math
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError
from ansible_collections.forti.oauth.plugins.plugin_utils._facts import is_fact, problem_with, refuse_facts

NAMES = ("fac_oauth_server", "fac_oauth_validate_certs", "fac_oauth_ca_path")
EVIL = "https://evil.example.com"
VALUES = [EVIL, "", False, True, 0, 30, None, [], ["x"], {"server": EVIL}, {}]


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("name", NAMES)
def test_a_variable_that_a_fact_sets_is_refused_by_name_with_its_host(name: str, value: Any) -> None:
    variables = {name: value, "ansible_facts": {name: value, "os": "x"}, "inventory_hostname": "web1", "other": 1}
    with pytest.raises(OptionError) as caught:
        refuse_facts(NAMES, variables)
    assert str(caught.value) == (
        f"{name} comes from the facts of web1, or from set_fact with cacheable. A host must not choose it. "
        "Set it in the inventory, in vars or in the task, or run with ANSIBLE_INJECT_FACT_VARS=False."
    )
    assert caught.value.details == {}


def test_the_value_is_not_repeated() -> None:
    with pytest.raises(OptionError) as caught:
        refuse_facts(["fac_oauth_password"], {"fac_oauth_password": "hunter2", "ansible_facts": {"fac_oauth_password": "hunter2"}})
    assert "hunter2" not in str(caught.value)
    assert "from the facts of the host, or" in str(caught.value)


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"fac_oauth_server": EVIL}, id="no facts"),
        pytest.param({"fac_oauth_server": EVIL, "ansible_facts": None}, id="facts are null"),
        pytest.param({"fac_oauth_server": EVIL, "ansible_facts": {}}, id="facts are empty"),
        pytest.param({"fac_oauth_server": "mine", "ansible_facts": {"fac_oauth_server": EVIL}}, id="another value, such as from vars"),
        pytest.param({"ansible_facts": {"fac_oauth_server": EVIL}}, id="facts are not injected"),
        pytest.param({"fac_oauth_server": EVIL, "ansible_facts": {"other": EVIL}}, id="a fact of another name"),
        pytest.param({"unrelated": 1, "ansible_facts": {"unrelated": 1}}, id="no option"),
        pytest.param({"fac_oauth_server": EVIL, "ansible_facts": {"fac_oauth_server": [EVIL]}}, id="a fact that holds the value"),
    ],
)
def test_what_no_fact_sets_is_fine(variables: dict[str, Any]) -> None:
    refuse_facts(NAMES, variables)
    assert not [name for name in NAMES if is_fact(name, variables)]


def test_the_first_of_several_is_named() -> None:
    facts = dict.fromkeys(NAMES[1:], "x")
    with pytest.raises(OptionError, match=f"^{NAMES[1]} comes from the facts of the host"):
        refuse_facts(iter(NAMES), {**facts, "ansible_facts": facts})


@pytest.mark.parametrize(
    ("value", "fact"),
    [
        pytest.param(math.nan, math.nan, id="a number that is not equal to itself"),
        pytest.param({"server": EVIL, "x": [float("nan")]}, {"server": EVIL, "x": [float("nan")]}, id="one inside"),
        pytest.param({"server": EVIL}, {"server": EVIL, "_ansible_x": 1}, id="a key that core takes out of the variable"),
        pytest.param({"a": [{"b": EVIL}]}, {"a": [{"b": EVIL, "_ansible_x": 1}]}, id="such a key deep inside"),
    ],
)
def test_no_value_hides_that_it_is_a_facts(value: Any, fact: Any) -> None:
    assert problem_with(["token_fac"], {"token_fac": value, "ansible_facts": {"token_fac": fact}})


@pytest.mark.parametrize("other", ["ansible_fac_oauth_server", "fac_ansible_oauth_server", "fac_oauth_serveransible_"])
def test_a_second_fact_whose_name_becomes_the_same_hides_nothing(other: str) -> None:
    assert problem_with(["fac_oauth_server"], {"fac_oauth_server": EVIL, other: "x", "ansible_facts": {"fac_oauth_server": "x"}})
