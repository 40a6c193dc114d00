# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The data path: how many of our functions a cached token passes, how deep, and what one login makes, writes and reads. In counts, not in seconds."""

from __future__ import annotations

import os
import pathlib
import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._redaction import MASKED_BY_CORE
from ansible_collections.forti.oauth.plugins.module_utils._token import Token
from ansible_collections.forti.oauth.plugins.plugin_utils._cache import encrypted
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_files import FilesBackend

from tests.unit.plugins.plugin_utils.core import PLUGINS, USER, Core

if TYPE_CHECKING:
    from extensions.simulator import Simulator

COMPREHENSIONS = {"<listcomp>", "<setcomp>", "<dictcomp>"}  # functions of their own up to Python 3.11
AT_CORE = 2 if MASKED_BY_CORE else 0  # calls, one in the other, that register secrets, on ansible-core 2.22 and newer


class Path:
    """The calls of our own functions while some work runs."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self.calls, self.deepest = 0, 0
        self._depth, self._ours = 0, dict[CodeType, bool]()
        before = sys.getprofile()
        sys.setprofile(self._event)
        try:
            self.result = work()
        finally:
            sys.setprofile(before)

    def _event(self, frame: FrameType, event: str, _argument: Any) -> None:
        if event not in ("call", "return") or not self._is_ours(frame.f_code):
            return
        if event == "return":
            self._depth -= 1
            return
        self.calls += 1
        self._depth += 1
        self.deepest = max(self.deepest, self._depth)

    def _is_ours(self, code: CodeType) -> bool:
        if code not in self._ours:
            in_plugins = os.path.realpath(code.co_filename).startswith(os.path.realpath(PLUGINS) + os.sep)
            self._ours[code] = in_plugins and code.co_name not in COMPREHENSIONS
        return self._ours[code]


def test_a_module_that_finds_its_token_passes_few_functions(core: Core, sim: Simulator) -> None:
    for _each in range(2):  # the second imports nothing any more
        core.task("fac_oauth_token", USER)
    action = core.action("fac_oauth_token", USER)
    path = Path(lambda: action.run(None, {}))
    assert path.result["source"] == "cache"
    assert sim.counts["fac.login"] == 1
    assert 0 < path.calls <= 120 + AT_CORE
    assert path.deepest <= 10 + AT_CORE


def test_a_lookup_that_misses_and_finds_the_token_of_the_run_passes_few_functions(core: Core, sim: Simulator) -> None:
    core.lookup(**USER, scope="read")  # imports all that a miss needs
    expected = core.task("fac_oauth_token", USER)["access_token"]
    plugin = core.lookup_plugin()
    path = Path(lambda: plugin.run([], variables={}, **USER))
    assert path.result == [expected]
    assert sim.counts["fac.login"] == 2
    assert 0 < path.calls <= 190 + AT_CORE
    assert path.deepest <= 11 + AT_CORE


def test_a_lookup_that_hits_passes_fewer_functions_than_a_miss(core: Core) -> None:
    core.lookup(**USER)
    plugin = core.lookup_plugin()
    path = Path(lambda: plugin.run([], variables={}, **USER))
    assert 0 < path.calls <= 20
    assert path.deepest <= 5


def test_one_login_makes_one_token_and_one_ciphertext_for_each_tier(
    core: Core, tmp_path: pathlib.Path, run_folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    core.task("fac_oauth_token", {**USER, "scope": "read"})
    made: list[Token] = []
    ciphertexts: list[str] = []
    written: list[tuple[str, str]] = []
    read_back: list[tuple[str, str]] = []
    encrypt, read, write = encrypted.encrypt, FilesBackend.read, FilesBackend.write

    def counted_token(token: Token) -> None:
        made.append(token)

    def counted_encrypt(content: Any, header: Any, name: str, key: bytes) -> bytes:
        ciphertexts.append(header["kind"])
        return encrypt(content, header, name, key)

    def counted_write(backend: FilesBackend, name: str, entry: bytes, *, keep_until: float | None) -> None:
        written.append((backend._folder, name))
        write(backend, name, entry, keep_until=keep_until)

    def counted_read(backend: FilesBackend, name: str, **more: Any) -> bytes | None:
        if (backend._folder, name) in written:
            read_back.append((backend._folder, name))
        return read(backend, name, **more)

    monkeypatch.setattr(Token, "__post_init__", counted_token)
    monkeypatch.setattr(encrypted, "encrypt", counted_encrypt)
    monkeypatch.setattr(FilesBackend, "write", counted_write)
    monkeypatch.setattr(FilesBackend, "read", counted_read)
    result = core.task("fac_oauth_token", {**USER, "cache": str(tmp_path / "shared")})
    assert result["source"] == "login"
    assert [token.access_token for token in made] == [result["access_token"]]
    assert ciphertexts == ["derived", "token", "token"]  # the first is what the other processes of the run need not derive again
    assert [folder for folder, _name in written] == [str(run_folder), str(tmp_path / "shared"), str(run_folder)]
    assert read_back == []
