# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gates of style: licences, types, lint, format, YAML, spelling, and what GitHub reads."""

from __future__ import annotations

from tests.tools.build import ROOT, known_files
from tests.tools.gates.bench import Bench


def licences(bench: Bench) -> None:
    """Each file says who holds the copyright and under which licence it is: the REUSE specification."""
    bench.of_tool("reuse")
    bench.run("reuse", "lint", cwd=bench.copied())


def types(bench: Bench) -> None:
    """All types of the plugins, strictly."""
    bench.of_tool("mypy")
    tree = str(bench.linked())
    bench.run("mypy", "--config-file", "pyproject.toml", "--cache-dir", str(bench.folder), "-p", "ansible_collections.forti.oauth.plugins", MYPYPATH=tree)


def lint(bench: Bench) -> None:
    """Python without mistakes that can be seen from outside."""
    bench.of_tool("ruff")
    bench.run("ruff", "check", "--no-cache", ".")


def layout(bench: Bench) -> None:
    """Python as ruff lays it out."""
    bench.of_tool("ruff")
    bench.run("ruff", "format", "--check", "--no-cache", ".")


def yaml_files(bench: Bench) -> None:
    """All files of YAML."""
    bench.of_tool("yamllint")
    bench.run("yamllint", "--strict", *(name for name in known_files() if name.endswith((".yml", ".yaml"))))


def spelling(bench: Bench) -> None:
    """No word that is often written wrong. What is written so on purpose stands in pyproject.toml."""
    bench.of_tool("codespell")
    bench.run("codespell", *known_files())


def workflows(bench: Bench) -> None:
    """What GitHub reads is what GitHub takes, and the workflows are safe. It asks no network."""
    bench.of_tool("zizmor")
    issues = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
    read = {
        "workflows": sorted((ROOT / ".github" / "workflows").glob("*.yml")),
        "issue-config": [path for path in issues if path.stem == "config"],
        "issue-forms": [path for path in issues if path.stem != "config"],
    }
    for schema, paths in read.items():
        bench.run("check-jsonschema", "--builtin-schema", f"vendor.github-{schema}", *map(str, paths))
    bench.run("zizmor", "--offline", "--no-progress", "--pedantic", "--strict-collection", *map(str, read["workflows"]))
