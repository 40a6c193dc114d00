# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What others read of the collection, Galaxy, GitHub and pre-commit, fits the collection."""

from __future__ import annotations

import pathlib
import re

import pytest
import yaml

from tests.tools.gates.__main__ import GATES

ROOT = pathlib.Path(__file__).parents[2]
HERE = "https://github.com/forti-oauth/forti.oauth/blob/main/"
# Galaxy and Automation Hub show these pages where no other file of the collection is.
SHOWN = [ROOT / "README.md", *sorted(ROOT.glob("roles/*/README.md"))]
NAMES_THE_ARTIFACT = [ROOT / "README.md", ROOT / "docs" / "docsite" / "rst" / "guide_start.rst"]


def links(page: pathlib.Path) -> list[str]:
    """Return what the links and pictures of a page lead to."""
    text = page.read_text()
    return re.findall(r"\]\(([^)]*)", text) + re.findall(r"^\[[^\]]+\]: *(\S+)", text, re.MULTILINE)


def anchors(page: pathlib.Path) -> set[str]:
    """Return the names that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_link_of_a_page_that_galaxy_shows_is_whole(page: pathlib.Path) -> None:
    assert [link for link in links(page) if not link.startswith(("https://", "#"))] == []


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_link_to_this_repository_leads_to_a_file(page: pathlib.Path) -> None:
    inside = [link.removeprefix(HERE).partition("#") for link in links(page) if link.startswith(HERE)]
    assert inside
    assert [path for path, _hash, _anchor in inside if not (ROOT / path).is_file()] == []
    named = [(ROOT / path, anchor) for path, _hash, anchor in inside if anchor] + [(page, link[1:]) for link in links(page) if link.startswith("#")]
    assert [anchor for target, anchor in named if anchor not in anchors(target)] == []


@pytest.mark.parametrize("page", NAMES_THE_ARTIFACT, ids=lambda page: page.name)
def test_the_built_file_has_the_version_of_the_collection(page: pathlib.Path) -> None:
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    assert set(re.findall(r"forti-oauth-(\d[\w.-]*)\.tar\.gz", page.read_text())) == {version}


def test_each_gate_is_in_a_workflow() -> None:
    jobs = [job for path in (ROOT / ".github" / "workflows").glob("*.yml") for job in yaml.safe_load(path.read_text())["jobs"].values()]
    tried = [row for job in jobs for row in job.get("strategy", {}).get("matrix", {}).get("include", [])]
    named = {name for row in tried for name in f"{row.get('gates', '')} {row.get('arguments', '')}".split()}
    cores = [core for job in jobs for core in job.get("strategy", {}).get("matrix", {}).get("core", [])]
    assert set(GATES) - named == {f"sanity-{core}" for core in cores if core != "devel"}
    assert {name for row in tried for name in row.get("gates", "").split()} - set(GATES) == set()


def test_the_hooks_have_the_versions_of_the_gates() -> None:
    wanted = (ROOT / "tests" / "tools" / "gates" / "requirements.txt").read_text().splitlines()
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    assert [needed for hook in hooks for needed in hook["additional_dependencies"] if needed not in wanted] == []
