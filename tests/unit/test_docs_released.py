# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was added after the last release says so, and nothing that was released is gone."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

import yaml
from ansible_collections.forti.oauth.plugins.module_utils._argspec import FAC_TOKEN

RELEASED: dict[str, dict[str, dict[str, list[str]]]] = yaml.safe_load((pathlib.Path(__file__).parent / "released.yml").read_text())
_CHANGELOG = pathlib.Path(__file__).parents[2] / "changelogs" / "changelog.yaml"

# Accepted and ignored. Their descriptions are those of the module that uses them; a note says so, and since when.
NOT_USED = {"module fac_oauth_token_info": FAC_TOKEN}

Documented = dict[str, dict[str, Any]]


def parts_of(known: Documented) -> Iterator[tuple[str, str, dict[str, Any], str]]:
    """Yield each plugin or entry point of a role, what it documents in a part, and since when there has been such a plugin."""
    for kind in ("module", "lookup"):
        for name, shown in known[kind].items():
            yield f"{kind} {name}", "options", shown["doc"]["options"], shown["doc"]["version_added"]
            yield f"{kind} {name}", "returns", shown["return"], shown["doc"]["version_added"]
    for point, shown in known["role"]["token"]["entry_points"].items():
        yield f"role token {point}", "options", shown["options"], shown.get("version_added", "0.1.0")


def number(version: str) -> tuple[int, ...]:
    """Return a version as it counts."""
    return tuple(int(part) for part in version.split("."))


def test_no_plugin_that_was_released_is_gone(known: Documented) -> None:
    assert set(RELEASED) <= {plugin for plugin, *_rest in parts_of(known)}


def test_what_came_later_says_since_when(known: Documented) -> None:
    last = max(map(number, yaml.safe_load(_CHANGELOG.read_text())["releases"]))
    for plugin, part, documented, since in parts_of(known):
        first = {name: version for version, names in RELEASED.get(plugin, {}).get(part, {}).items() for name in names}
        told = {name: value.get("version_added", since) for name, value in documented.items() if not name.endswith("_result_key")}
        assert {name: version for name, version in told.items() if name in first} == first, plugin
        later = {name: version for name, version in told.items() if name not in first and name not in NOT_USED.get(plugin, {})}
        assert all(number(version) > last for version in later.values()), (plugin, later)


def test_each_returned_value_has_a_sample(known: Documented) -> None:
    def without(values: dict[str, Any], path: str) -> Iterator[str]:
        for name, value in values.items():
            if "sample" not in value and not value.get("contains"):
                yield f"{path}.{name}"
            yield from without(value.get("contains") or {}, f"{path}.{name}")

    assert [name for plugin, part, values, _since in parts_of(known) if part == "returns" for name in without(values, plugin)] == []
