# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gates of Ansible's own tools, which also decide on what Galaxy and a certification take."""

from __future__ import annotations

import pathlib
import re
import shutil
from collections.abc import Callable

import yaml

from tests.tools.build import ROOT
from tests.tools.gates.bench import Bench, Failed, NotTried, artifact
from tests.tools.venvs import NoPython, core

_STAND_IN = pathlib.Path(__file__).parent / "get_pip.py"
_SKIPPED = re.compile(r'^WARNING: Skipping sanity test "(\S+)"(?: on Python (\S+) because it could not be found)?', re.MULTILINE)


def sanity(version: str, *arguments: str, note: str = "") -> Callable[[Bench], None]:
    """Return the gate of ansible-test's sanity tests on an ansible-core."""

    def gate(bench: Bench) -> None:
        programs = _programs(bench, version)
        if list((ROOT / "tests").glob("sanity/ignore*")):
            raise Failed("there is a file with exceptions: tests/sanity/ignore*")
        _put_stand_in(programs, bench.home)
        output = bench.run("ansible-test", "sanity", "--local", "--color", "no", *arguments, programs=programs, cwd=bench.copied())
        bench.note = "; ".join(part for part in (note, _not_there(output)) if part)

    return gate


def targets(version: str) -> Callable[[Bench], None]:
    """Return the gate of ansible-test's integration tests on an ansible-core, whose environment has what they need."""

    def gate(bench: Bench) -> None:
        programs = _programs(bench, version)
        bench.run("ansible-test", "integration", "--local", "--color", "no", programs=programs, cwd=bench.copied())

    return gate


def _programs(bench: Bench, version: str) -> pathlib.Path:
    """Return the programs of an environment with this ansible-core, and name it in the table."""
    try:
        programs = core(version)
    except NoPython as problem:
        raise NotTried(str(problem)) from problem
    bench.version = bench.run("ansible", "--version", programs=programs).splitlines()[0].strip("ansible []")
    return programs


def _put_stand_in(programs: pathlib.Path, home: pathlib.Path) -> None:
    """Put our get_pip.py where ansible-test looks for the one of the pip that it wants."""
    (requirements,) = programs.parent.glob("lib/python*/site-packages/ansible_test/_internal/python_requirements.py")
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in re.findall(r"pip='([\d.]+)'", requirements.read_text()):
        shutil.copy(_STAND_IN, cache / f"get_pip_{version.replace('.', '_')}.py")


def _not_there(output: str) -> str:
    """Return the Pythons that there are none of.

    :raises Failed: a test was left out for another reason
    """
    skipped = _SKIPPED.findall(output)
    without = [test for test, python in skipped if not python]
    if without:
        raise Failed(f"ansible-test left out {', '.join(without)}")
    pythons = sorted({python for _test, python in skipped}, key=lambda python: int(python.partition(".")[2]))
    return f"no Python {', '.join(pythons)} here" if pythons else ""


def ansible_lint(bench: Bench) -> None:
    """The profile for what goes into production."""
    bench.of_tool("ansible-lint")
    bench.run("ansible-lint", "--offline", "--nocolor", "--strict", "--profile", "production", ANSIBLE_COLLECTIONS_PATH=str(bench.linked()))


def galaxy_importer(bench: Bench) -> None:
    """What Galaxy does with an upload, with what a certification adds. It returns 0 whatever it finds."""
    bench.of_tool("galaxy-importer")
    published = not str(yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]).startswith("0.")
    bench.note = "" if published else "a certification wants version 1.0.0 or above"
    switches = dict.fromkeys(("RUN_FLAKE8", "CHECK_REQUIRED_TAGS", "CHECK_CHANGELOG", "RUN_ANSIBLE_LINT"), "true")
    settings = {f"GALAXY_IMPORTER_{name}": value for name, value in {**switches, "REQUIRE_V1_OR_GREATER": str(published)}.items()}
    output = bench.run("python", "-m", "galaxy_importer.main", str(artifact()), cwd=bench.folder, **settings)
    found = [line for line in output.splitlines() if re.match(r"\W*(WARNING|ERROR)", line)]
    if found:
        raise Failed(found[0])
    if "Importer processing completed successfully" not in output or "...ansible-lint run complete" not in output:
        raise Failed("it did not come to its end")


def docs_lint(bench: Bench) -> None:
    """Markup and references of plugins, roles and guides."""
    bench.of_tool("antsibull-docs")
    bench.run("antsibull-docs", "lint-collection-docs", "--plugin-docs", "--validate-collection-refs=all", ".")


def docs(bench: Bench) -> None:
    """The web pages, without a warning."""
    bench.run("python", str(ROOT / "tests" / "tools" / "docs.py"))


def changelog(bench: Bench) -> None:
    """Fragments and the changelog."""
    bench.of_tool("antsibull-changelog")
    bench.run("antsibull-changelog", "lint")
