# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of the guides, for tests that run them as they stand."""

from __future__ import annotations

import re
import textwrap

from tests.tools.build import ROOT

_BLOCK = re.compile(r"^\.\. code-block:: yaml(?:\+jinja)?\n\n((?: .*\n|\n)+)", re.MULTILINE)


def examples(guide: str) -> list[str]:
    """Return the YAML examples of a guide, in their order."""
    text = (ROOT / "docs" / "docsite" / "rst" / f"{guide}.rst").read_text()
    return [textwrap.dedent(block).strip() + "\n" for block in _BLOCK.findall(text)]


def example(guide: str, part: str) -> str:
    """Return the one YAML example of a guide that holds this text."""
    (block,) = [block for block in examples(guide) if part in block]
    return block
