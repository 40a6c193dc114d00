# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation, as ansible-doc shows it, says what the argument specs do."""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest
import yaml
from ansible_collections.forti.oauth.plugins.module_utils._argspec import (
    DOCTOR_INFO,
    FAC_TOKEN,
    FAC_TOKEN_INFO,
    FORTICWP_RESOURCE_MAP_INFO,
    FORTICWP_TOKEN,
    ROLE_TOKEN,
    TOKEN_STORE,
    TOKEN_STORE_INFO,
    Spec,
    environment_variables,
    variables,
)
from ansible_collections.forti.oauth.plugins.plugin_utils._lookup_miss import definitions_of

from tests.unit.documentation import COLLECTION

OF_SERVICES = {
    "forticwp_token": FORTICWP_TOKEN,
    "forticwp_resource_map_info": FORTICWP_RESOURCE_MAP_INFO,
    "fac_oauth_token": FAC_TOKEN,
    "fac_oauth_token_info": FAC_TOKEN_INFO,
}
OF_STORES = {"token_store": TOKEN_STORE, "token_store_info": TOKEN_STORE_INFO}
MODULES: dict[str, Spec] = {**OF_SERVICES, **OF_STORES, "doctor_info": DOCTOR_INFO, "role_token": {}, "role_revoke": {}}
PREFIXES = {"forticwp_token": "forticwp", "fac_oauth_token": "fac_oauth"}
ROLE = {"token_forticwp_options": "forticwp_token", "token_fac_options": "fac_oauth_token"}

Shown = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def shown(known: dict[str, dict[str, Any]]) -> Shown:
    return {(kind, name): known[kind][name] for kind in ("module", "lookup") for name in known[kind]}


@pytest.fixture(scope="module")
def role(known: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {name: point["options"] for name, point in known["role"]["token"]["entry_points"].items()}


def documented(option: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": option.get("type", "str"),
        "default": option.get("default"),
        "choices": option.get("choices"),
        "required": option.get("required", False),
        "aliases": option.get("aliases", []),
    }


def sources(option: dict[str, Any]) -> dict[str, Any]:
    """Return where an option's value comes from, as the documentation and the definitions for core write it."""
    return {
        "env": [env["name"] for env in option.get("env", [])],
        "vars": [var["name"] for var in option.get("vars", [])],
        "ini": [(ini["section"], ini["key"]) for ini in option.get("ini", [])],
        "aliases": option.get("aliases", []),
    }


def in_lookups(spec: Spec) -> Spec:
    """Return the options of a lookup: it ends no token, and has no second task to answer a challenge in.

    None is required by core, whose words for a missing one would come before the collection's own.
    """
    return {name: {**option, "required": False} for name, option in spec.items() if name not in ("state", "access_token", "on_challenge")}


def plain(description: str | list[str]) -> str:
    """Return a description without markup."""
    text = description if isinstance(description, str) else " ".join(description)
    return re.sub(r"\b[A-Z]+\(([^)]*)\)", r"\1", text)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_documents_its_options(shown: Shown, name: str) -> None:
    options = dict(shown["module", name]["doc"]["options"])
    if name in OF_SERVICES:
        assert max(options) == "z_result_key"  # the action plugin's; a reader sees it last
        assert documented(options.pop("z_result_key")) == documented({"type": "str"})
    assert {key: documented(option) for key, option in options.items()} == {key: documented(option) for key, option in MODULES[name].items()}


@pytest.mark.parametrize("name", PREFIXES)
def test_a_lookup_documents_its_options(shown: Shown, name: str) -> None:
    options = dict(shown["lookup", name]["doc"]["options"])
    choices = ["access_token", "authorization", "dict"]
    assert documented(options.pop("return_as")) == documented({"default": "access_token", "choices": choices})
    assert {key: documented(option) for key, option in options.items()} == {key: documented(option) for key, option in in_lookups(MODULES[name]).items()}


@pytest.mark.parametrize("name", PREFIXES)
def test_a_lookup_reads_the_variables_of_the_spec(shown: Shown, name: str) -> None:
    options = shown["lookup", name]["doc"]["options"]
    found = {key: (read["env"], read["vars"]) for key, read in ((key, sources(option)) for key, option in options.items())}
    known = variables(MODULES[name])
    expected: dict[str, tuple[list[str], list[str]]] = {"return_as": ([], [])}
    for key, option in in_lookups(MODULES[name]).items():
        variable = "forti_oauth_cache" if key == "cache" else f"{PREFIXES[name]}_{key}"
        assert key not in known or known[key] == variable
        expected[key] = (option["fallback"][1][:1], [variable]) if key in known else ([], [])
    assert found == expected


@pytest.mark.parametrize("name", PREFIXES)
def test_a_lookup_reads_from_ansible_cfg_what_lasts_and_is_no_secret(shown: Shown, name: str) -> None:
    options = shown["lookup", name]["doc"]["options"]
    expected = {
        key: ("forti_oauth" if key == "cache" else PREFIXES[name], key)
        for key in ("server", "client_id", "cache", "ca_path", "validate_certs", "timeout", "retries")
        if key in MODULES[name]
    }
    assert {key: [(ini["section"], ini["key"]) for ini in option["ini"]] for key, option in options.items() if option.get("ini")} == {
        key: [place] for key, place in expected.items()
    }


@pytest.mark.parametrize("name", PREFIXES)
def test_core_is_told_the_sources_that_a_lookup_documents_but_for_variables(shown: Shown, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in environment_variables(MODULES[name]):
        monkeypatch.setenv(variable, "set")  # core is not told of an environment variable that is not set
    lookup = importlib.import_module(f"ansible_collections.forti.oauth.plugins.lookup.{name}").LookupModule
    told = {key: sources(definition) for key, definition in definitions_of(lookup).items()}
    documented_there = {key: sources(option) for key, option in shown["lookup", name]["doc"]["options"].items() if key != "return_as"}
    assert told == {key: {**known, "vars": []} for key, known in documented_there.items()}  # modules have them too, so core does not read them


@pytest.mark.parametrize("name", PREFIXES)
def test_core_is_told_of_no_environment_variable_that_is_empty_or_not_set(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(sorted(environment_variables(MODULES[name]))[0], "")
    lookup = importlib.import_module(f"ansible_collections.forti.oauth.plugins.lookup.{name}").LookupModule
    assert not [key for key, definition in definitions_of(lookup).items() if definition.get("env")]


@pytest.mark.parametrize("name", PREFIXES)
def test_a_lookup_describes_its_options_as_the_module_does(shown: Shown, name: str) -> None:
    of_module, of_lookup = (shown[kind, name]["doc"]["options"] for kind in ("module", "lookup"))
    assert {key: of_lookup[key]["description"] for key in of_lookup if key in of_module} == {
        key: of_module[key]["description"] for key in of_lookup if key in of_module
    }


@pytest.mark.parametrize(("kind", "name"), [*(("module", name) for name in MODULES), *(("lookup", name) for name in PREFIXES)])
def test_each_says_what_it_is(shown: Shown, kind: str, name: str) -> None:
    documentation = shown[kind, name]
    needs = () if name not in {**OF_SERVICES, **PREFIXES} else ("requirements",)
    assert all(documentation["doc"][part] for part in ("short_description", "description", "author", "version_added", *needs))
    assert yaml.safe_load(documentation["examples"])
    assert all(value["description"] and (value["type"] == "list" or value["returned"]) for value in documentation["return"].values())


# ansible-core before 2.20 has no fragments for return values, so these stand in each module.
@pytest.mark.parametrize("value", ["access_token", "authorization", "token_type", "refresh_token", "expires_in", "expires_at", "source", "server"])
def test_the_token_modules_describe_a_return_value_alike(shown: Shown, value: str) -> None:
    assert shown["module", "fac_oauth_token"]["return"][value] == shown["module", "forticwp_token"]["return"][value]


@pytest.mark.parametrize("value", ["status", "error_description"])
def test_all_modules_of_a_service_describe_a_failure_alike(shown: Shown, value: str) -> None:
    described = [shown["module", name]["return"][value] for name in OF_SERVICES]
    assert described == described[:1] * len(described)


@pytest.mark.parametrize("name", OF_SERVICES)
def test_a_module_names_its_group(shown: Shown, name: str) -> None:
    group = "forticwp" if name.startswith("forticwp") else "fac"
    attributes = shown["module", name]["doc"]["attributes"]
    assert attributes["action_group"]["membership"] == [f"forti.oauth.{group}"]
    assert (attributes["check_mode"]["support"], attributes["async"]["support"]) == ("full", "none")


@pytest.mark.parametrize("name", OF_STORES)
def test_a_module_for_a_store_is_in_no_group(shown: Shown, name: str) -> None:
    attributes = shown["module", name]["doc"]["attributes"]
    assert {attribute: known["support"] for attribute, known in attributes.items()} == {
        "action": "full",
        "async": "none",
        "check_mode": "full",
        "diff_mode": "none",
    }


def test_a_store_is_described_as_the_option_cache_is(shown: Shown) -> None:
    described = [shown["module", name]["doc"]["options"]["cache"]["description"] for name in OF_STORES]
    assert described[0] == described[1]


def test_the_action_groups_hold_every_module_of_a_service() -> None:
    runtime = yaml.safe_load((COLLECTION / "meta" / "runtime.yml").read_text())
    modules = sorted(path.stem for path in (COLLECTION / "plugins" / "modules").glob("[a-z]*.py"))
    assert sorted(MODULES) == modules
    assert runtime["action_groups"] == {"fac": ["fac_oauth_token", "fac_oauth_token_info"], "forticwp": ["forticwp_resource_map_info", "forticwp_token"]}


def test_every_module_has_its_action_plugin_and_every_lookup_its_module() -> None:
    def names(folder: str) -> set[str]:
        return {path.stem for path in (COLLECTION / "plugins" / folder).glob("[a-z]*.py")}

    assert names("action") == names("modules") == set(MODULES)
    assert names("lookup") == set(PREFIXES)


@pytest.mark.parametrize("variable", ROLE)
def test_the_role_leaves_the_options_to_the_module_that_its_description_names(role: dict[str, Any], variable: str) -> None:
    """A list of its own would refuse what the module takes, and quote it."""
    known = role["main"][variable]
    assert set(known) - {"description"} == {"type"}
    assert known["type"] == "dict"
    description = plain(known["description"])
    assert f"Options of the module forti.oauth.{ROLE[variable]}, which checks them." in description
    (other,) = set(ROLE.values()) - {ROLE[variable]}
    assert other not in description


@pytest.mark.parametrize("variable", ROLE)
def test_the_role_names_variables_and_environment_variables_that_the_module_reads(role: dict[str, Any], variable: str) -> None:
    description = plain(role["main"][variable]["description"])
    spec = MODULES[ROLE[variable]]
    read = {**dict.fromkeys(variables(spec).values()), **dict.fromkeys(environment_variables(spec))}
    named = set(re.findall(rf"\b(?:{PREFIXES[ROLE[variable]]}|FAC|FORTICWP)_[A-Za-z_]+", description)) - set(MODULES)
    assert named and named <= set(read)


def test_the_role_says_that_one_of_the_two_is_needed(role: dict[str, Any]) -> None:
    assert all(name in plain(role["main"][variable]["description"]) for variable in ROLE for name in ROLE)


def test_the_role_documents_the_variables_that_its_action_checks(role: dict[str, Any]) -> None:
    assert {name: documented(option) for name, option in role["main"].items()} == {name: documented(option) for name, option in ROLE_TOKEN.items()}


def test_the_roles_entry_points_share_their_variables(role: dict[str, Any]) -> None:
    assert set(role) == {"main", "revoke"}
    assert set(role["revoke"]) <= set(role["main"])
    assert role["revoke"]["token_delegate_to"] == role["main"]["token_delegate_to"]
