# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The snippets for editors are YAML, and their modules, lookups and roles know the options in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.forti.oauth.plugins.module_utils._argspec import FAC_TOKEN, FORTICWP_RESOURCE_MAP_INFO, FORTICWP_TOKEN, Spec

from tests.tools.snippets import prefixes, snippets

SPECS = {
    "forti.oauth.fac_oauth_token": FAC_TOKEN,
    "forti.oauth.forticwp_token": FORTICWP_TOKEN,
    "forti.oauth.forticwp_resource_map_info": FORTICWP_RESOURCE_MAP_INFO,
}
LOOKUP = re.compile(r"lookup\('([\w.]+)'((?:, \w+='\w+')*)\)")


def asked(tasks: list[dict[str, Any]], defaults: dict[str, Any]) -> Iterator[tuple[Spec, dict[str, Any]]]:
    """Yield the spec and the options of each module and role in the tasks, those of C(module_defaults) among them."""
    for task in tasks:
        own = {**defaults, **task.get("module_defaults", {}).get("group/forti.oauth.fac", {})}
        for part in ("block", "always"):
            yield from asked(task.get(part, []), own)
        yield from ((SPECS[name], {**own, **task[name]}) for name in SPECS if name in task)
        if "ansible.builtin.import_role" in task:
            yield FAC_TOKEN, task["vars"]["token_fac_options"]


def faults(spec: Spec, options: dict[str, Any]) -> list[str]:
    found: list[str] = ArgumentSpecValidator(spec).validate(options).error_messages
    return found


@pytest.mark.parametrize("name", snippets())
def test_a_snippet_has_valid_options(name: str) -> None:
    text = snippets()[name]
    assert "$" not in text
    content = yaml.safe_load(text)
    if isinstance(content, str):
        (lookup,) = LOOKUP.findall(content)
        options = dict(re.findall(r"(\w+)='(\w+)'", lookup[1]))
        assert options.pop("return_as") in ("authorization", "access_token", "dict")
        assert set(options) <= set(SPECS[lookup[0]])
        return
    found = list(asked(content, {}))
    assert [fault for spec, options in found for fault in faults(spec, options)] == []
    assert found or "ansible.builtin.uri" in content[0]
    assert text.count("no_log: true") == text.count("ansible.builtin.uri")


def test_a_wrong_option_is_found() -> None:
    """The test of the test."""
    (text,) = (text for name, text in snippets().items() if "forticwp_token:" in text)
    ((spec, options),) = asked(yaml.safe_load(text.replace("credential:", "credentials:")), {})
    assert faults(spec, options)


def test_each_prefix_is_one_snippets() -> None:
    assert len(prefixes()) == len(set(prefixes()))
    assert all(prefix.startswith(("fac", "forti")) for prefix in prefixes())
