# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""What the actions for a store share: to look into it, and to empty it. They run on the controller, where the stores are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible.plugins.action import ActionBase
from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError
from ansible_collections.forti.oauth.plugins.module_utils._options import Spec, environment_variables, validated
from ansible_collections.forti.oauth.plugins.module_utils._token import iso8601
from ansible_collections.forti.oauth.plugins.plugin_utils._environment import task_environment
from ansible_collections.forti.oauth.plugins.plugin_utils._store import NoStore, Store, StoreFailed
from ansible_collections.forti.oauth.plugins.plugin_utils._stores import named_store
from ansible_collections.forti.oauth.plugins.plugin_utils._vault import decrypted

Result = dict[str, Any]
Entries = list[tuple[str, dict[str, Any]]]  # name, and what stands in clear above the entry


class StoreActionBase(ActionBase):
    """An action for a store; the subclass says what it does with its entries."""

    spec: ClassVar[Spec]

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> Result:
        """Run the task."""
        result: Result = super().run(tmp, task_vars)
        try:
            with task_environment(self, environment_variables(self.spec)):
                options = validated(self.spec, decrypted(self._task.args))
            store = named_store(options["cache"])
            result.update(self._perform(store, store.entries(), options))
        except (FortiError, StoreFailed) as exc:
            result.update(failed=True, changed=False, msg=str(exc))
        return result

    def _perform(self, store: Store | NoStore, entries: Entries, options: Mapping[str, Any]) -> Result:
        raise NotImplementedError


def shown(about: Mapping[str, Any]) -> Result:
    """Return what a person may know of an entry. Of one that is corrupt that is nothing."""
    return {
        "kind": about.get("kind"),
        "server": about.get("server"),
        "expires_at": _written(about.get("expires_at")),
        "kept_until": _written(about.get("keep_until")),
    }


def _written(epoch_seconds: Any) -> str | None:
    if not isinstance(epoch_seconds, (int, float)):
        return None
    try:
        return iso8601(epoch_seconds)
    except (ValueError, OverflowError, OSError):  # what stands in clear is not proven to be ours
        return None
