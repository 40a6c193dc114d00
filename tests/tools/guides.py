# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of guides, README files and plugins, for tests that run them as they stand."""

from __future__ import annotations

import ast
import pathlib
import re
import textwrap

from tests.tools.build import ROOT

GUIDES = ROOT / "docs" / "docsite" / "rst"
# A block may stand in a list; it ends where the text is no longer further in than its first line.
_BLOCK = re.compile(r"^(?P<margin> *)\.\. code-block:: yaml(?:\+jinja)?\n\n(?P<block>(?:(?P=margin) +.*\n|\n)+)", re.MULTILINE)
_FENCED = re.compile(r"^```yaml\n(?P<block>.*?)^```", re.MULTILINE | re.DOTALL)


def examples_of(path: pathlib.Path) -> list[str]:
    """Return the YAML examples of a guide, of a README file or of a plugin, in their order."""
    text = path.read_text()
    if path.suffix == ".py":
        found = [node.value.value for node in ast.parse(text).body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXAMPLES"]
    else:
        found = [match["block"] for match in (_BLOCK if path.suffix == ".rst" else _FENCED).finditer(text)]
    return [textwrap.dedent(block).strip() + "\n" for block in found]


def examples(guide: str) -> list[str]:
    """Return the YAML examples of a guide."""
    return examples_of(GUIDES / f"{guide}.rst")


def example(guide: str, part: str) -> str:
    """Return the one YAML example of a guide that holds this text."""
    (block,) = [block for block in examples(guide) if part in block]
    return block
