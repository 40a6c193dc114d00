# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""A store as the broker sees it: contents instead of bytes. A store that fails costs a warning, never the play."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from ansible_collections.forti.oauth.plugins.plugin_utils._keyring import Keyring
from ansible_collections.forti.oauth.plugins.plugin_utils._sealing import Seal
from ansible_collections.forti.oauth.plugins.plugin_utils._store import Store, StoreFailed

Content = dict[str, Any]
Identity = Mapping[str, str]
T = TypeVar("T")


class Shelf:
    """Keeps contents in a store that is opened at its first use. Once it failed it is left alone: all is forgotten, nothing is kept."""

    def __init__(self, opened: Callable[[], Store] | None, *, warn: Callable[[str], None]) -> None:
        """:arg opened: opens the store; None for a shelf that keeps nothing."""
        self._open = opened
        self._warn = warn
        self._store: Store | None = None
        self._keyrings: dict[str, Keyring] = {}

    def read(self, identity: Identity, kind: str, **of: str) -> Content | None:
        """Return what is kept; None where there is none. What cannot be read is removed, and is none too."""
        return self._tried(lambda store: self._read(store, self._seal(store, identity, kind, of)))

    def keep(self, content: Mapping[str, Any], identity: Identity, kind: str, *, keep_until: float | None, **of: str) -> None:
        """Keep a content until then, in epoch seconds; None is for ever."""
        about = {"server": identity["server"], "kind": kind, "keep_until": keep_until, "expires_at": content.get("expires_at")}

        def write(store: Store) -> None:
            seal = self._seal(store, identity, kind, of)
            store.write(seal.name, seal.close(content, **about), keep_until=keep_until)

        self._tried(write)

    def forget(self, identity: Identity, kind: str, **of: str) -> None:
        """Forget what is kept."""
        self._tried(lambda store: store.remove(self._seal(store, identity, kind, of).name))

    @contextlib.contextmanager
    def locked(self, identity: Identity, *, patience: float) -> Iterator[None]:
        """Hold the only right to renew what this identity has here."""
        with contextlib.ExitStack() as stack:
            self._tried(lambda store: stack.enter_context(store.lock(self._seal(store, identity, "lock", {}).name, patience=patience)))
            yield

    def _tried(self, work: Callable[[Store], T]) -> T | None:
        if self._open is None:
            return None
        problem = ""
        try:
            if self._store is None:
                self._store = self._open()
            return work(self._store)
        except StoreFailed as exc:
            problem = str(exc)
        self._open = None
        self._warn(f"{problem[:1].upper()}{problem[1:]}. The play goes on without it; tokens are not shared by it.")
        return None

    def _read(self, store: Store, seal: Seal) -> Content | None:
        entry = store.read(seal.name)
        content = None if entry is None else seal.open(entry)
        if entry is not None and content is None:
            store.remove(seal.name)
        return content

    def _seal(self, store: Store, identity: Identity, kind: str, of: Mapping[str, str]) -> Seal:
        """Return the seal of an entry; the slow part is done once for an identity."""
        known = repr(sorted(identity.items()))
        if known not in self._keyrings:
            self._keyrings[known] = store.keyring(identity)
        return self._keyrings[known].seal(kind, **of)
