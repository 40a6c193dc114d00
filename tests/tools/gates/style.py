# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gates of style: licences, types, lint, format, YAML."""

from __future__ import annotations

from tests.tools.build import known_files
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
