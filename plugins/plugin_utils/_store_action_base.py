# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""What the actions for a store share. They run on the controller, where the stores are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from ansible.plugins.action import ActionBase
from ansible_collections.forti.oauth.plugins.module_utils._argspec import Spec
from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError, OptionError, quotable
from ansible_collections.forti.oauth.plugins.module_utils._options import check_needed, server_url, validated
from ansible_collections.forti.oauth.plugins.module_utils._token import iso8601
from ansible_collections.forti.oauth.plugins.plugin_utils._action_base import refuse_async, secrets_of, task_environment
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import Backend, BackendError
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backends import existing_backend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.entry_cipher import read_header
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.tier import OWNER
from ansible_collections.forti.oauth.plugins.plugin_utils._loop_item import hide_item
from ansible_collections.forti.oauth.plugins.plugin_utils._variables import with_variables

Result = dict[str, Any]
_KINDS = ("token", "failure", "ended", "answer", "derived", "hung", "silent")
_SERVICES = ("fac", "forticwp")
Headers = dict[str, dict[str, Any]]  # name of an entry -> its header; empty if the entry is corrupt


class StoreActionBase(ActionBase):
    """An action for a store. The subclass says what it does with the entries."""

    _supports_async = True  # C(refuse_async) says more than core would
    spec: ClassVar[Spec]
    budget: ClassVar[float] = math.inf  # seconds for all answers of a Redis together

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> Result:
        """Run the task."""
        result: Result = super().run(tmp, task_vars)
        secrets = secrets_of(self, self.spec, task_vars or {}) if self._task.loop else set[str]()
        try:
            refuse_async(self)
            with task_environment(self):
                given = with_variables(self.spec, self._task.args, known=task_vars or {}, template=self._templar.template)
                options = validated(self.spec, given)
                check_needed(self.spec, options)
            backend = existing_backend(options["cache"], budget=self.budget)
            headers = {name: read_header(entry) or {} for name, entry in backend.entries()}
            headers = {name: header for name, header in headers.items() if header.get("kind") != OWNER}
            result.update(self._perform(backend, headers, options))
        except (FortiError, BackendError) as exc:
            result.update(failed=True, changed=False, msg=str(exc))
        return hide_item(result, self._task, task_vars or {}, self._templar, secrets) if self._task.loop else result

    def _perform(self, backend: Backend, headers: Headers, options: Mapping[str, Any]) -> Result:
        raise NotImplementedError


def shown(header: Mapping[str, Any]) -> Result:
    """Return what a person may know of an entry. A value is None if it is corrupt: the header is not authenticated, so it may hold anything."""
    return {
        "kind": next((kind for kind in _KINDS if kind == header.get("kind")), None),
        "service": next((service for service in _SERVICES if service == header.get("service")), None),
        "server": _server(header.get("server")),
        "client_id": quotable(header.get("client_id"), ()),
        "expires_at": _time(header.get("expires_at")),
        "kept_until": _time(header.get("keep_until")),
    }


def _time(epoch_seconds: Any) -> str | None:
    if not isinstance(epoch_seconds, (int, float)):
        return None
    try:
        return iso8601(epoch_seconds)
    except (ValueError, OverflowError, OSError):
        return None


def _server(url: Any) -> str | None:
    try:
        return url if isinstance(url, str) and server_url(url) == url else None
    except OptionError:
        return None
