# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""The fast path of the lookups: answers to questions that a template of this run has asked before, in the same words.

A template is filled in by a process of its own, for each host and task. There everything costs anew: imports, option reading, the token cache.
So the question itself, word for word, finds its answer here. An answer is good for one generation of the run's backend, and every change of an
entry makes a new one. Without this file the lookups do the same, more slowly.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ansible import constants as C

with contextlib.suppress(ImportError):  # ansible-core depends on it, but the import test of ansible-test runs without it
    from cryptography.exceptions import InvalidTag

    # Not AESGCM: ansible-vault has imported these three, and importing one more file takes as long as a hit.
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.hashes import SHA512
    from cryptography.hazmat.primitives.hmac import HMAC

if TYPE_CHECKING:
    from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_files import FilesBackend

# Names that backend_files states. A hit does not import that file, because it would take longer than the hit; a test holds the names together.
_RUN_FOLDER, _GENERATION, _SUFFIX = "forti_oauth", "generation", ".token"
_ANSWERS = "answers"  # folder in the run's folder
_NONCE, _TAG, _NAME, _GENERATION_LENGTH = 12, 16, 16, 32  # bytes
_LOCK_TIMEOUT = 5  # seconds; whoever waits for longer asks the token cache, which has a lock of its own


class LookupAnswers:
    """The answer to one question. The name and the encryption key of its file are derived from the question and the generation."""

    def __init__(self, question: str) -> None:
        """:arg question: all that the answer depends on, except for the cache and the time. It holds secrets."""
        self._question = question.encode("utf-8", "surrogatepass")
        self._folder = os.path.join(C.DEFAULT_LOCAL_TMP, _RUN_FOLDER)  # type: ignore[attr-defined]
        self._generation = b""

    def get(self) -> Any:
        """Return the answer; None if there is none that is still good."""
        self._generation = _read(os.path.join(self._folder, _GENERATION))
        if len(self._generation) != _GENERATION_LENGTH:
            return None
        name, key = self._derived(self._generation)
        stored = _decrypt(_read(os.path.join(self._folder, _ANSWERS, name + _SUFFIX)), name, key)
        now = time.time()
        if stored is None or not stored["from"] <= now < stored["until"]:
            return None
        if stored["secrets"]:
            from ansible_collections.forti.oauth.plugins.module_utils._redaction import register

            register(*stored["secrets"])
        answer = stored["answer"]
        if isinstance(answer, dict) and answer["expires_in"] is not None:
            answer["expires_in"] -= math.ceil(now - stored["from"])
        return answer

    def put(self, answer: Any, *, generation: bytes, secrets: list[str], good_for: float) -> None:
        """Store an answer.

        :arg generation: what this process has made of the run's backend since C(get); empty if it changed nothing.
        :arg secrets: the values to register with core, if it masks secrets.
        :arg good_for: the seconds for which the token cache would give the same answer.
        """
        generation = generation or self._generation
        if len(generation) != _GENERATION_LENGTH or good_for <= 0:
            return
        from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import BackendError

        name, key = self._derived(generation)
        now = time.time()
        stored = {"answer": answer, "secrets": secrets, "from": now, "until": now + good_for}
        with contextlib.suppress(BackendError, OSError):  # the next lookup asks the token cache then
            self._backend().write(name, _encrypt(stored, name, key), keep_until=now + good_for)
            self._sweep()

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the lock of the question. It only saves work, so whoever cannot have it goes on without it."""
        from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import BackendError, LockTimeout
        from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_files import RunBackend

        with contextlib.ExitStack() as stack:
            with contextlib.suppress(BackendError, LockTimeout):
                generation = RunBackend().agree(_GENERATION, os.urandom(_GENERATION_LENGTH))
                stack.enter_context(self._backend().lock(self._derived(generation)[0], timeout=_LOCK_TIMEOUT))
            yield

    def _sweep(self) -> None:
        """Remove the answers of older generations, which nobody can find any more: they are as old as the generation, or older."""
        made_at = os.stat(os.path.join(self._folder, _GENERATION)).st_mtime
        with os.scandir(os.path.join(self._folder, _ANSWERS)) as found:
            for file in found:
                if file.name.endswith(_SUFFIX) and file.stat(follow_symlinks=False).st_ctime < made_at:
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(file.path)

    def _backend(self) -> FilesBackend:
        from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_files import FilesBackend

        return FilesBackend(os.path.join(self._folder, _ANSWERS), where="the temporary folder of this run")

    def _derived(self, generation: bytes) -> tuple[str, bytes]:
        """Return the name and the encryption key of the answer."""
        mac = HMAC(generation, SHA512())
        mac.update(self._question)
        derived = mac.finalize()
        return derived[:_NAME].hex(), derived[_NAME : _NAME + 32]


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def _encrypt(answer: dict[str, Any], name: str, key: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    encryptor = Cipher(algorithms.AES(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(name.encode("ascii"))
    return nonce + encryptor.update(json.dumps(answer).encode("utf-8")) + encryptor.finalize() + encryptor.tag


def _decrypt(stored: bytes, name: str, key: bytes) -> dict[str, Any] | None:
    if not stored:
        return None
    try:
        decryptor = Cipher(algorithms.AES(key), modes.GCM(stored[:_NONCE], stored[-_TAG:])).decryptor()
        decryptor.authenticate_additional_data(name.encode("ascii"))
        answer: dict[str, Any] = json.loads(decryptor.update(stored[_NONCE:-_TAG]) + decryptor.finalize())
    except (InvalidTag, ValueError):
        return None
    return answer
