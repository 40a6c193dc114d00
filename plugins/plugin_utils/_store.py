# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""What every store can do. A store knows names, bytes and times; it knows nothing of OAuth."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError
from ansible_collections.forti.oauth.plugins.plugin_utils._keyring import Keyring, quick_keyring, slow_keyring


class StoreFailed(Exception):
    """A store cannot be used; the message says which and why, and holds no secret."""


class Store(Protocol):
    """Keeps sealed entries. Every method raises StoreFailed where the store fails."""

    where: str  # for a message: "the directory /x", "Redis at host:port"

    def keyring(self, identity: Mapping[str, str]) -> Keyring:
        """Return the seals of a token."""

    def read(self, name: str) -> bytes | None:
        """Return an entry; None where there is none."""

    def write(self, name: str, entry: bytes, *, keep_until: float | None) -> None:
        """Keep an entry, at least until then (epoch seconds; None is for ever, or as long as the store keeps anything)."""

    def remove(self, name: str) -> None:
        """Forget an entry; none is fine too."""

    def lock(self, name: str, *, patience: float) -> AbstractContextManager[None]:
        """Hold the only right to renew an entry.

        :raises FortiError: somebody else holds it for longer than patience, in seconds.
        """

    def entries(self) -> list[tuple[str, dict[str, Any]]]:
        """Return name and clear text of every entry."""


class NoStore:
    """A store that is not there: there is nothing in it."""

    def __init__(self, where: str) -> None:
        self.where = where

    def entries(self) -> list[tuple[str, dict[str, Any]]]:
        """Return nothing."""
        return []

    def remove(self, name: str) -> None:
        """There is nothing to forget."""


def waited_too_long(patience: float) -> FortiError:
    """Return the error for a lock that nobody frees."""
    return FortiError(f"Another task or run has been getting the same token for {patience:.0f} seconds. Look for one that hangs.")


def guarded_keyring(identity: Mapping[str, str], salt: bytes) -> Keyring:
    """Return the seals of a token in a store that others may get at: slowly, but where its secret is itself a token, which nobody guesses."""
    if "refresh_token" in identity or "ended" in identity:
        return quick_keyring(identity, salt)
    try:
        return slow_keyring(identity, salt)
    except Exception as exc:  # pylint: disable=broad-except  # a cryptography without scrypt, a machine without 32 MiB to spare
        problem = type(exc).__name__
    raise StoreFailed(f"tokens cannot be shared: this Python does not derive a key by scrypt ({problem})")
