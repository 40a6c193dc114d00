# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bytecode loader: it keeps what it compiles, never runs old bytecode, and leaves no half module behind."""

from __future__ import annotations

import os
import pathlib
import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.plugin_utils import _bytecode

NAME = "_probe_of_the_loader"
FULL_NAME = f"ansible_collections.forti.oauth.plugins.plugin_utils.{NAME}"


@pytest.fixture
def loader(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The file _bytecode of a plugin_utils of its own, loaded by its path as the lookups load it, in a Python that writes bytecode."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    copy = tmp_path / "_bytecode.py"
    copy.write_bytes(pathlib.Path(_bytecode.__file__).read_bytes())
    spec = spec_from_file_location("_bytecode", copy)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.modules.pop(FULL_NAME, None)


def loaded_anew(loader: Any) -> Any:
    """Return the module as another process loads it."""
    sys.modules.pop(FULL_NAME, None)
    return loader.load(NAME)


def test_a_module_is_loaded_once_and_known_by_its_full_name(loader: Any, tmp_path: pathlib.Path) -> None:
    (tmp_path / f"{NAME}.py").write_text("VALUE = object()\n")
    module = loader.load(NAME)
    assert loader.load(NAME) is sys.modules[FULL_NAME] is module
    assert module.__package__ == FULL_NAME.rpartition(".")[0]


def test_a_module_in_a_folder_is_found(loader: Any, tmp_path: pathlib.Path) -> None:
    (tmp_path / NAME).mkdir()
    (tmp_path / NAME / "inner.py").write_text("VALUE = 1\n")
    try:
        assert loader.load(f"{NAME}.inner").VALUE == 1
    finally:
        sys.modules.pop(f"{FULL_NAME}.inner", None)


def test_the_second_process_runs_the_bytecode_of_the_first(loader: Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / f"{NAME}.py").write_text("VALUE = 1\n")
    loaded_anew(loader)

    def compiles(*_arguments: Any, **_more: Any) -> None:
        raise AssertionError("It was compiled again.")

    monkeypatch.setattr(loader._Loader, "source_to_code", compiles)
    assert loaded_anew(loader).VALUE == 1


def test_a_changed_source_of_the_same_size_and_time_does_not_run_old_bytecode(loader: Any, tmp_path: pathlib.Path) -> None:
    source = tmp_path / f"{NAME}.py"
    for value in (1, 2):
        source.write_text(f"VALUE = {value}\n")
        os.utime(source, (1_700_000_000, 1_700_000_000))
        assert value == loaded_anew(loader).VALUE


def test_a_missing_file_is_file_not_found(loader: Any) -> None:
    for _each in range(2):
        with pytest.raises(FileNotFoundError):
            loader.load(NAME)
        assert FULL_NAME not in sys.modules


def test_a_failing_load_leaves_no_half_module_and_shows_its_cause_again(loader: Any, tmp_path: pathlib.Path) -> None:
    (tmp_path / f"{NAME}.py").write_text("HALF = 1\nraise OSError(24, 'Too many open files')\n")
    for _each in range(2):
        with pytest.raises(OSError, match="Too many open files"):
            loader.load(NAME)
        assert FULL_NAME not in sys.modules


def test_a_file_that_cannot_be_read_shows_its_cause_again(loader: Any, tmp_path: pathlib.Path) -> None:
    (tmp_path / f"{NAME}.py").mkdir()
    for _each in range(2):
        with pytest.raises(IsADirectoryError):
            loader.load(NAME)
        assert FULL_NAME not in sys.modules
