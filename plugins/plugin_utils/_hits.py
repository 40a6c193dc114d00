# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""What was found in the run's store, for those who ask for the same in the same words: found again without a look at what the words mean.

A template is filled in by a process of its own, for each host and task. There, all that is imported, read and checked costs anew.
Whatever changes in the run's store ends all hits.
"""

from __future__ import annotations

import contextlib
import math
import os
import tempfile
import time
from typing import Any

from ansible import constants as C
from ansible_collections.forti.oauth.plugins.plugin_utils._sealing import Seal

with contextlib.suppress(ImportError):  # ansible-core always has it; its test of imports has not
    from cryptography.hazmat.primitives.hashes import SHA512
    from cryptography.hazmat.primitives.hmac import HMAC

STATE = "state"  # a file there, of random bytes; whatever changes in the store takes it away
_STATE = 32  # bytes


def run_folder() -> str:
    """Return the folder of the run's store: private, shared by all processes of the run, gone when it ends."""
    return os.path.join(C.DEFAULT_LOCAL_TMP, "forti_oauth")  # type: ignore[attr-defined]


class Hit:
    """An answer that the run's store gave, under what was asked. Both are secret; the file's name and key come from the question and the state."""

    def __init__(self, asked: str) -> None:
        """:arg asked: all that the answer depends on, beside the store and the time."""
        self._asked = asked
        self._folder = run_folder()
        self._state = self._known_state() or self._new_state()
        self._seal = Seal.of(_digest(self._state, asked.encode("utf-8", "surrogatepass")))
        self._file = f"{self._seal.name}.hit"

    @property
    def lock(self) -> str | None:
        """Return the path of a lock for who works the answer out; None where the question has no secret name."""
        return os.path.join(self._folder, f"{self._seal.name}.lock") if self._state else None

    def anew(self) -> Hit:
        """Return the same question, to the store as it is now."""
        return Hit(self._asked)

    def answer(self) -> Any:
        """Return the answer; None where there is none that is still good."""
        hit = self._seal.open(self._read(self._file))
        now = time.time()
        if hit is None or not hit["from"] <= now < hit["until"]:
            return None
        if hit["secrets"]:
            from ansible_collections.forti.oauth.plugins.module_utils._secrets import register

            register(*hit["secrets"])
        answer = hit["answer"]
        if isinstance(answer, dict) and answer["expires_in"] is not None:
            answer["expires_in"] -= math.ceil(now - hit["from"])
        return answer

    def keep(self, answer: Any, *, secrets: list[str], good_for: float) -> None:
        """Keep an answer that was found in the store after this object was made.

        :arg secrets: what core must be told of, where it masks.
        :arg good_for: seconds for which the same would be found.
        """
        if not self._state:
            return
        now = time.time()
        hit = {"answer": answer, "secrets": secrets, "from": now, "until": now + good_for}
        with contextlib.suppress(OSError):  # it is found in the store then, as it was now
            os.replace(self._written(self._seal.close(hit)), os.path.join(self._folder, self._file))

    def _known_state(self) -> bytes:
        """Return the state; of none, or of one that is damaged, nothing."""
        state = self._read(STATE)
        return state if len(state) == _STATE else b""

    def _new_state(self) -> bytes:
        """Return the first state, or the next: that of the first process to link one. Nothing where there can be no store."""
        try:
            with contextlib.suppress(FileExistsError):
                os.mkdir(self._folder, 0o700)
            path = self._written(os.urandom(_STATE))
            with contextlib.suppress(FileExistsError):
                os.link(path, os.path.join(self._folder, STATE))
            os.unlink(path)
        except OSError:
            return b""
        return self._known_state()

    def _written(self, content: bytes) -> str:
        """Return the path of a new file with this content; it is to be moved to its place."""
        handle, path = tempfile.mkstemp(dir=self._folder, prefix=".new-")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        return path

    def _read(self, name: str) -> bytes:
        try:
            with open(os.path.join(self._folder, name), "rb") as file:
                return file.read()
        except OSError:
            return b""


def _digest(key: bytes, text: bytes) -> bytes:
    digest = HMAC(key, SHA512())
    digest.update(text)
    return digest.finalize()
