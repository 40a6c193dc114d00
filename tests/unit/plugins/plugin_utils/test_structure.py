# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The structure of the collection's code: who imports whom, and what every function states."""

from __future__ import annotations

import ast
import pathlib
from collections.abc import Iterator

import pytest
from ansible_collections.forti.oauth.plugins.plugin_utils import _token_provider

PLUGINS = pathlib.Path(_token_provider.__file__).parents[1]
PACKAGE = "ansible_collections.forti.oauth.plugins."
FILES = {str(path.relative_to(PLUGINS)): ast.parse(path.read_text()) for path in sorted(PLUGINS.rglob("*.py"))}
PLUGIN_UTILS = {name: tree for name, tree in FILES.items() if name.startswith("plugin_utils/")}
BACKENDS = [
    f"plugin_utils/_cache/{name}.py"
    for name in ("backend", "backend_directory", "backend_files", "backend_redis", "backends", "file_lock", "redis_client", "redis_url")
]


def imported(tree: ast.AST, *, for_types: bool = False) -> Iterator[str]:
    """Yield what a file imports anywhere, in functions too; imports that only a type checker sees if C(for_types)."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test) and not for_types:
            for other in node.orelse:
                yield from imported(ast.Module([other], []))
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            yield from imported(node, for_types=for_types)


def at_import(tree: ast.Module) -> Iterator[str]:
    """Yield what a file imports when it is imported itself."""
    for node in tree.body:
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield from imported(ast.Module([node], []))


def files(names: Iterator[str]) -> set[str]:
    """Return the files of plugin_utils and module_utils that these imports name."""
    ours = {name.removeprefix(PACKAGE) for name in names if name.startswith(PACKAGE)}
    paths = {f"{part.replace('.', '/')}.py" for name in ours for part in (name, name.rpartition(".")[0])}
    return paths & set(FILES)


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Return the files that are left when those that import none of the others are taken away again and again."""
    left = dict(graph)
    while free := [name for name, others in left.items() if not others & set(left)]:
        for name in free:
            del left[name]
    return sorted(left)


def test_module_utils_imports_nothing_of_the_controller() -> None:
    names = {
        file: [name for name in imported(tree, for_types=True) if ".plugin_utils" in name] for file, tree in FILES.items() if file.startswith("module_utils/")
    }
    assert {file: found for file, found in names.items() if found} == {}


def test_a_circle_is_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}, "e": set()}) == ["a", "b", "c", "d"]


def test_no_files_import_each_other_in_a_circle() -> None:
    graph = {name: files(at_import(tree)) - {name} for name, tree in FILES.items()}
    assert len([name for name in graph if graph[name]]) > 20
    assert circle(graph) == []


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_backend_knows_no_lookup_no_token_and_no_encryption(backend: str) -> None:
    known = {"module_utils/_errors.py", "module_utils/_redaction.py", *BACKENDS}
    assert files(imported(FILES[backend], for_types=True)) <= known


@pytest.mark.parametrize(
    ("library", "only"), [("requests", "module_utils/_http.py"), ("redis", "plugin_utils/_cache/redis_client.py")], ids=["requests", "redis"]
)
def test_one_file_alone_imports_a_library(library: str, only: str) -> None:
    assert [name for name, tree in FILES.items() if any(found.split(".")[0] == library for found in imported(tree))] == [only]


@pytest.mark.parametrize("name", FILES)
def test_every_function_says_what_it_returns(name: str) -> None:
    functions = [node for node in ast.walk(FILES[name]) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    assert [function.name for function in functions if function.returns is None] == []
