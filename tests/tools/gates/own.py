# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gates that are this collection's own."""

from __future__ import annotations

import json
import pathlib
import re
import sys
import tarfile

import yaml

from tests.tools.build import ROOT, known_files
from tests.tools.gates.bench import Bench, Failed, artifact

_MADE_BY_THE_BUILD = {"MANIFEST.json", "FILES.json"}
_MAY_BE_IN_IT = re.compile(
    r"""
    (README|ARCHITECTURE|CONTRIBUTING|CODE_OF_CONDUCT|SECURITY)\.md | LICENSE | CHANGELOG\.(md|rst)
    | changelogs/(changelog\.yaml | config\.yaml | fragments/[^/]+)
    | docs/(\w+\.md | images/\w+\.svg)
    | docs/docsite/([\w-]+\.yml | rst/\w+\.rst | rst/images/\w+\.svg)
    | extensions/(simulator/\w+\.py | snippets/\w+\.code-snippets)
    | meta/[\w-]+\.(yml|txt)
    | playbooks/((files|tasks|vars)/)?[\w-]+\.yml
    | plugins/(action|doc_fragments|lookup|modules|module_utils|plugin_utils(/_(cache|doctor))?)/\w+\.py
    | roles/\w+/(README\.md | (defaults|meta|tasks|vars)/\w+\.yml | meta/argument_specs)
    | tests/config\.yml
    """,
    re.VERBOSE,
)
_SEED = "13"


def action_groups(bench: Bench) -> None:
    """meta/runtime.yml and the documentation of each module name the same groups, as group/forti.oauth.NAME in module_defaults."""
    bench.version = "own"
    modules = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("[a-z]*.py"))
    names = [f"forti.oauth.{module}" for module in modules]
    shown = json.loads(bench.run("ansible-doc", "--json", "--type", "module", *names, ANSIBLE_COLLECTIONS_PATH=str(bench.linked())))
    documented = {name: set(shown[name]["doc"]["attributes"].get("action_group", {}).get("membership", [])) for name in names}
    groups = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["action_groups"]
    stated = {name: {f"forti.oauth.{group}" for group, members in groups.items() if name.rpartition(".")[2] in members} for name in names}
    unknown = sorted({member for members in groups.values() for member in members} - set(modules))
    wrong = [f"{name}: {sorted(stated[name])} and {sorted(documented[name])}" for name in names if stated[name] != documented[name]]
    if wrong or unknown:
        raise Failed("; ".join(["meta/runtime.yml and the documentation differ", *wrong, *unknown]))


def chaos(bench: Bench) -> None:
    """A short, seeded run of the token cache under faults finds no violation."""
    bench.version = f"SEED={_SEED}"
    bench.run(pathlib.Path(sys.executable).name, "-m", "tests.chaos", "--seconds", "15", programs=pathlib.Path(sys.executable).parent, SEED=_SEED)


def contents(bench: Bench) -> None:
    """The artifact holds all that it should, and nothing else."""
    bench.version = artifact().name
    with tarfile.open(artifact()) as archive:
        inside = {member.name for member in archive.getmembers() if not member.isdir()} - _MADE_BY_THE_BUILD
    wanted = {name for name in known_files() if _MAY_BE_IN_IT.fullmatch(name)}
    if inside != wanted:
        raise Failed(f"in it, though it should not be: {sorted(inside - wanted)}; not in it, though it should be: {sorted(wanted - inside)}")
    bench.note = f"{len(inside)} files"
