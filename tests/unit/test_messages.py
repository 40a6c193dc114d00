# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every message that a user can meet stands in the guide Troubleshooting, with what to do."""

from __future__ import annotations

import ast
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[2]
GUIDE = re.sub(r"[\s`]+", " ", (ROOT / "docs" / "docsite" / "rst" / "guide_troubleshooting.rst").read_text()).lower()
PLUGINS = ROOT / "plugins"
SOURCES = sorted(path for part in ("module_utils", "plugin_utils", "modules") for path in (PLUGINS / part).rglob("*.py"))
NO_MESSAGES = ("DOCUMENTATION", "EXAMPLES", "RETURN", "_CHANGE")  # the last one is a program
LONG = 3  # words; a shorter text is a name


def fixed_parts(text: str) -> list[str]:
    """Return the sentences of a message, or the parts of them between the values that are put in."""
    parts = [" ".join(part.split()).strip(" .:;,(") for part in re.split(r"\{\}|(?<=[.:]) ", text)]
    return [part for part in parts if len(part.split()) >= LONG]


def texts(tree: ast.AST) -> set[str]:
    """Return all texts of the code that may be messages. {} stands for each value that is put in."""
    skipped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    skipped |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in NO_MESSAGES}
    skipped |= {id(node.args[0]) for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "re.compile"}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in node.values}
    return {_text(node) for node in ast.walk(tree) if isinstance(node, (ast.Constant, ast.JoinedStr)) and id(node) not in skipped}


def _text(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return node.value if isinstance(node.value, str) else ""


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PLUGINS).as_posix())
def test_every_message_is_explained(path: pathlib.Path) -> None:
    missing = {part for text in texts(ast.parse(path.read_text())) for part in fixed_parts(text) if part.lower() not in GUIDE}
    assert missing == set()


def test_a_message_that_is_not_explained_would_be_seen() -> None:
    code = 'raise OptionError(f"{name} is of no use. It fell off the lorry: {reason}. " f"Go back there and look for it.")'
    assert {part for text in texts(ast.parse(code)) for part in fixed_parts(text)} == {"is of no use", "It fell off the lorry", "Go back there and look for it"}
