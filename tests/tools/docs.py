# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation as web pages, as they would be published: make docs, or python tests/tools/docs.py.

Needs no network: of Ansible's own documentation it knows the few places that our pages point to.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
import zlib

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.tools.build import ROOT, copy
from tests.tools.venvs import WORK, NoPython, venv

FOLDER = WORK / "docs"
_NEEDED = ["ansible-core~=2.21.0", "antsibull-docs>=2.28,<3", "myst-parser>=5,<6", "sphinx>=9,<10", "sphinx-ansible-theme>=0.10.4,<1"]
_NAMES = ["--project=forti.oauth", "--title=forti.oauth", "--copyright=The forti.oauth authors"]
# Our own Sphinx extension beside this file, and the reader of Markdown.
_EXTENSIONS = ["docs_site", "myst_parser"]
# The pages of what was measured, which are not of the docsite; their links, and where they lead from the page.
_MEASURED = ("benchmarks", "load")
_LINKS = {"](docsite/rst/": "](collections/docsite/", "](../": "](https://github.com/forti-oauth/forti.oauth/blob/main/"}
_ANSIBLE = "https://docs.ansible.com/projects/ansible/devel/"
# What the pages that are made from plugins point to; a label that is missing here is a warning, which ends the build.
_LABELS = {
    "action_plugins": ("plugins/action.html", "Action plugins"),
    "ansible_configuration_settings": ("reference_appendices/config.html", "Ansible Configuration Settings"),
    "common_return_values": ("reference_appendices/common_return_values.html", "Return Values"),
}
# What the reference is of: the folder where it stands, and the heading above it.
_KINDS = {"module": ("plugins/modules", "Modules"), "lookup": ("plugins/lookup", "Lookups"), "role": ("roles", "Role")}
_INVENTORY = "# Sphinx inventory version 2\n# Project: Ansible\n# Version: devel\n# The remainder of this file is compressed using zlib.\n"


def main() -> int:
    """Make the pages and print where they begin; return 0 if nothing was to be complained of."""
    try:
        programs = venv("docs-tools", ((3, 13), (3, 12)), _NEEDED)
    except NoPython as problem:
        print(problem)
        return 1
    shutil.rmtree(FOLDER, ignore_errors=True)
    copy(FOLDER / "tree" / "ansible_collections" / "forti" / "oauth")
    site = FOLDER / "site"
    site.mkdir(mode=0o700)
    (FOLDER / "index.rst").write_text((ROOT / "tests" / "tools" / "docs_index.rst").read_text() + _contents())
    names = [*_NAMES, f"--index-rst-source={FOLDER / 'index.rst'}"]
    _run(programs, "antsibull-docs", "sphinx-init", "--use-current", "--squash-hierarchy", "--fail-on-error", *names, "--dest-dir", str(site), "forti.oauth")
    _below_our_index(site)
    _measured(site)
    _settings(site)
    _run(programs, str(site / "build.sh"))
    print(site / "build" / "html" / "index.html")
    return 0


def _below_our_index(site: pathlib.Path) -> None:
    """Put the pages into a folder of their own. Else their bare index takes the first page's place."""
    (site / "rst" / "collections").mkdir(mode=0o700)
    script = site / "build.sh"
    script.write_text(script.read_text().replace("--dest-dir rst ", "--dest-dir rst/collections "))


def _contents() -> str:
    """Return the tables of contents: the guides as extra-docs.yml has them, then the reference under its short names."""
    sections = yaml.safe_load((ROOT / "docs" / "docsite" / "extra-docs.yml").read_text())["sections"]
    parts = {section["title"]: [f"collections/docsite/{guide}" for guide in section["toctree"]] for section in sections}
    for kind, (folder, heading) in _KINDS.items():
        names = sorted(path.stem for path in (ROOT / folder).glob("[a-z]*"))
        parts[heading] = [f"{name} <collections/{name}_{kind}>" for name in names]
    more = ["collections/index", "collections/environment_variables", *_MEASURED, "collections/changelog"]
    names = ["All plugins", "Environment variables", "What it costs, and what it saves", "A hundred nodes at once", "Release notes"]
    parts["More"] = [f"{name} <{page}>" for name, page in zip(names, more, strict=True)]
    return "".join(_toctree(title, entries) for title, entries in parts.items())


def _toctree(title: str, entries: list[str]) -> str:
    return "\n".join(["", ".. toctree::", "   :hidden:", f"   :caption: {title}", "", *(f"   {entry}" for entry in entries), ""])


def _measured(site: pathlib.Path) -> None:
    """Put what was measured among the pages, with its pictures."""
    for name in _MEASURED:
        text = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
        for there, here in _LINKS.items():
            text = text.replace(there, here)
        (site / "rst" / f"{name}.md").write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "docs" / "images", site / "rst" / "images")


def _settings(site: pathlib.Path) -> None:
    """Add our extensions, and let Sphinx find Ansible's documentation by a list that is here, and no other's."""
    lines = "".join(f"{label} std:label -1 {page}#{label.replace('_', '-')} {title}\n" for label, (page, title) in _LABELS.items())
    (site / "ansible.inv").write_bytes(_INVENTORY.encode() + zlib.compress(lines.encode()))
    with (site / "conf.py").open("a") as settings:
        settings.write(f"\nintersphinx_mapping = {{'ansible': ('{_ANSIBLE}', '../ansible.inv')}}\n")
        settings.write(f"import sys\nsys.path.insert(0, {str(ROOT / 'tests' / 'tools')!r})\nextensions += {_EXTENSIONS}\n")


def _run(programs: pathlib.Path, *command: str) -> None:
    """Run a program, silent unless it fails.

    :raises SystemExit: it did not return 0
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    settings = {**kept, "PATH": f"{programs}:{kept.get('PATH', '')}", "ANSIBLE_COLLECTIONS_PATH": str(FOLDER / "tree")}
    done = subprocess.run(command, env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stdout}\n{pathlib.Path(command[0]).name} failed: see above")


if __name__ == "__main__":
    sys.exit(main())
