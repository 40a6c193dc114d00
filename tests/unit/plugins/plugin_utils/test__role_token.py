# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions of the role: they check the role's variables, because core does not do so any more, and get or end all tokens in one task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._redaction import MASKED_BY_CORE

from tests.unit.plugins.plugin_utils.core import USER, Core

if TYPE_CHECKING:
    from extensions.simulator import Simulator

CREDENTIAL = {"credential": "f59fb84e-c896-4d38-91f3-1eee401823b6"}


def run(core: Core, arguments: dict[str, Any] | None = None, **variables: Any) -> dict[str, Any]:
    result: dict[str, Any] = core.action("role_token", arguments or {}).run(None, variables)
    return result


def test_both_tokens_in_one_task(core: Core, sim: Simulator) -> None:
    result = run(core, token_fac_options=USER, token_forticwp_options=CREDENTIAL)
    assert (result["token_fac"]["server"], result["token_forticwp"]["server"]) == (sim.url, sim.url)
    assert not {"changed", "failed", "msg"} & {*result["token_fac"], *result["token_forticwp"]}
    assert result.get("_ansible_no_log") is (None if MASKED_BY_CORE else True)
    assert result["changed"] is False


def test_what_is_not_asked_for_is_empty(core: Core, sim: Simulator) -> None:
    assert run(core, token_fac_options=USER)["token_forticwp"] == {}
    assert run(core, token_forticwp_options=CREDENTIAL)["token_fac"] == {}
    assert (sim.counts["fac.login"], sim.counts["forticwp.credentials"]) == (1, 1)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "Neither token_fac_options nor token_forticwp_options is defined"),
        ({"token_fac_options": "text"}, "token_fac_options must be a dictionary. To set no options, write {}."),
        ({"token_fac_options": None}, "token_fac_options must be a dictionary."),
        ({"token_fac_options": ""}, "token_fac_options must be a dictionary."),
        ({"token_forticwp_options": ["x"]}, "token_forticwp_options must be a dictionary."),
        ({"token_fac_options": {**USER, "state": "absent"}}, "token_fac_options must not hold state"),
        ({"token_forticwp_options": {"access_token": "abc"}}, "token_forticwp_options must not hold access_token"),
        ({"token_fac_options": {**USER, "tiemout": 3}}, "Unknown option tiemout."),
        ({"token_forticwp_options": CREDENTIAL, "token_forticwp_resource_map": ["x"]}, "token_forticwp_resource_map must be true or false."),
        ({"token_forticwp_options": CREDENTIAL, "token_forticwp_resource_map": "perhaps"}, "token_forticwp_resource_map"),
        ({"token_forticwp_options": CREDENTIAL, "token_forticwp_company": ["x"]}, "token_forticwp_company must be text."),
        ({"token_forticwp_options": CREDENTIAL, "token_delegate_to": {"a": 1}}, "token_delegate_to must be text."),
        ({"token_fac_options": USER, "ansible_facts": {"token_fac_options": USER}}, "token_fac_options comes from the facts of"),
        ({"token_fac_options": USER, "token_fac": {"a": 1}, "ansible_facts": {"token_fac": {"a": 1}}}, "token_fac comes from the facts of"),
    ],
    ids=str,
)
def test_a_wrong_variable_is_named_and_nothing_is_sent(core: Core, sim: Simulator, variables: dict[str, Any], message: str) -> None:
    result = run(core, **variables)
    assert (result["failed"], result["changed"]) == (True, False)
    assert message in result["msg"]
    assert sim.requests == []


def test_what_is_omitted_is_not_set(core: Core, sim: Simulator) -> None:
    """Up to ansible-core 2.18 C(omit) is a text in the variables."""
    result = run(core, omit="__omit_place_holder__1", token_fac_options={**USER, "realm": "__omit_place_holder__1", "timeout": "__omit_place_holder__1"})
    assert result["token_fac"]["source"] == "login"


def test_arguments_do_not_count(core: Core, sim: Simulator) -> None:
    """They could only come from C(module_defaults)."""
    assert run(core, {"token_fac_options": {"server": "localhost:9"}}, token_fac_options=USER)["token_fac"]["server"] == sim.url


def test_the_map_stands_beside_the_token(core: Core, sim: Simulator) -> None:
    fact = run(core, token_forticwp_options=CREDENTIAL, token_forticwp_resource_map="yes")["token_forticwp"]
    assert {"access_token", "companies", "headers", "source"} <= set(fact)
    assert not {"changed", "failed", "msg"} & set(fact)
    assert run(core, token_forticwp_options=CREDENTIAL, token_forticwp_company=fact["company_id"])["token_forticwp"]["company_id"] == fact["company_id"]


@pytest.mark.parametrize("on_challenge", ["fail", "return"])
def test_a_challenge_fails_the_role_or_is_the_fact(core: Core, sim: Simulator, on_challenge: str) -> None:
    user = {**USER, "username": "ftm1", "password": "Ftm-Word-12345678", "on_challenge": on_challenge}
    result = run(core, token_fac_options=user)
    assert (result.get("failed", False), "challenge" in result) == ((True, True) if on_challenge == "fail" else (False, False))
    assert on_challenge == "fail" or result["token_fac"]["challenge"]["challenge"]


def revoke(core: Core, *, check_mode: bool = False, **variables: Any) -> dict[str, Any]:
    action = core.action("role_revoke", {})
    action._task.check_mode = check_mode
    result: dict[str, Any] = action.run(None, variables)
    return result


@pytest.mark.parametrize("check_mode", [False, True])
def test_all_tokens_end_in_one_task(core: Core, sim: Simulator, check_mode: bool) -> None:
    options = {"token_fac_options": USER, "token_forticwp_options": CREDENTIAL}
    facts = {name: fact for name, fact in run(core, **options).items() if name.startswith("token_")}
    result = revoke(core, check_mode=check_mode, **options, **facts)
    assert (result["changed"], result["ended"]) == (True, [] if check_mode else ["token_fac", "token_forticwp"])
    assert not result.get("_ansible_no_log")
    assert sim.counts["fac.revoke"] == (0 if check_mode else 1)
    after = run(core, **options)
    assert {after[name]["source"] for name in facts} == {"cache" if check_mode else "login"}


def test_nothing_to_end_is_fine(core: Core, sim: Simulator) -> None:
    for facts in ({}, {"token_fac": {}}, {"token_fac": {}, "token_forticwp": {}}):
        assert revoke(core, token_fac_options=USER, **facts)["ended"] == []
    assert revoke(core, token_fac_options=USER, token_fac={"challenge": {"method": "sms"}})["ended"] == ["token_fac"]
    assert sim.requests == []


def test_a_token_whose_options_are_not_known_is_only_taken_out_of_the_fact(core: Core, sim: Simulator) -> None:
    result = revoke(core, token_forticwp={"access_token": "x"})
    assert (result["changed"], result["ended"]) == (False, ["token_forticwp"])


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"token_fac_options": "server"}, "token_fac_options must be a dictionary. To set no options, write {}."),
        ({"token_fac_options": [1]}, "token_fac_options must be a dictionary."),
        ({"token_forticwp_options": "x", "token_forticwp": {"access_token": "x"}}, "token_forticwp_options must be a dictionary."),
        ({"token_fac": "hello"}, "token_fac must be a dictionary."),
        ({"token_delegate_to": ["a", "b"]}, "token_delegate_to must be text."),
        ({"token_fac_options": {**USER, "tiemout": 3}}, "Unknown option tiemout."),
        ({"token_fac_options": {**USER, "server": ""}}, "server is missing"),
    ],
    ids=str,
)
def test_what_is_wrong_for_revoke_is_named_and_nothing_is_sent(
    core: Core, sim: Simulator, variables: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FAC_SERVER", raising=False)
    result = revoke(core, **{"token_fac": {"access_token": "Some-Token-1"}, **variables})
    assert (result["failed"], result["changed"]) == (True, False)
    assert message in result["msg"]
    assert sim.requests == []


def test_the_options_may_all_come_from_elsewhere(core: Core, sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    fact = run(core, token_fac_options=USER)["token_fac"]
    monkeypatch.setenv("FAC_CLIENT_ID", USER["client_id"])
    assert revoke(core, token_fac=fact)["changed"] is True
