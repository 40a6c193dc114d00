# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""What the action plugins share: options, errors, the task's environment, and what stays out of the log."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from ansible.plugins.action import ActionBase
from ansible_collections.forti.oauth.plugins.module_utils._argspec import Spec, environment_variables
from ansible_collections.forti.oauth.plugins.module_utils._errors import ChallengeRequired, FortiError
from ansible_collections.forti.oauth.plugins.module_utils._redaction import MASKED_BY_CORE
from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService
from ansible_collections.forti.oauth.plugins.plugin_utils._remote_module import RemoteModule
from ansible_collections.forti.oauth.plugins.plugin_utils._token_provider import Result, TokenProvider, notify, warn

ROLE_OPTIONS = "_options"  # an argument of the role token: a dictionary of all options
# A result with one of these holds secrets.
_SECRET_KEYS = frozenset({"access_token", "challenge", "companies"})


class TokenActionBase(ActionBase):
    """An action plugin for a token service. The subclass names the service."""

    service: ClassVar[type[TokenService]]

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> Result:
        """Run the task."""
        result: Result = super().run(tmp, task_vars)
        self._variables = task_vars or {}
        on_challenge = "fail"
        try:
            with task_environment(self, self.service.spec):
                self._take_role_options()
                service = self.service.from_options(self._task.args, explicit=self._task.args, warn=warn, notify=notify)
                on_challenge = service.options.get("on_challenge", "fail")
                result.update(self._perform(service))
        except ChallengeRequired as exc:
            result.update(failed=on_challenge == "fail", changed=False, **exc.as_result())
        except FortiError as exc:
            result.update(failed=True, changed=False, **exc.as_result())
        if not MASKED_BY_CORE and not result.get("failed") and not _SECRET_KEYS.isdisjoint(result):
            result["_ansible_no_log"] = True  # the registered variable stays whole
        return result

    def _perform(self, service: TokenService) -> Result:
        """Get a token, or revoke one, and return the task's result."""
        provider = self._provider(service)
        if service.options.get("state") == "absent":
            return {"changed": provider.revoke(), "server": service.options["server"]}
        return provider.get().as_result()

    def _provider(self, service: TokenService) -> TokenProvider:
        """Return the provider. It asks from this process if the connection ends on the controller, else from the task's host."""
        is_local = self._connection.transport == "local" or getattr(self._connection, "_remote_is_local", False)
        remote = None if is_local else RemoteModule(self, self._variables).run
        return TokenProvider(service, request_id=str(self._task._uuid), remote=remote, check_mode=self._task.check_mode)

    def _take_role_options(self) -> None:
        """Take the role's dictionary for the arguments. All others come from C(module_defaults), which must not redirect the role's secrets."""
        if isinstance(self._task.args.get(ROLE_OPTIONS), Mapping):
            self._task.args = dict(self._task.args[ROLE_OPTIONS])


@contextlib.contextmanager
def task_environment(action: ActionBase, spec: Spec) -> Iterator[None]:
    """Apply the task's keyword C(environment) to this process, which is the task's own fork.

    The variables that options come from are taken out of the task meanwhile. A module on a delegated host gets options instead, because core
    would write the variables into a command line.
    """
    environment: dict[str, Any] = {}
    action._compute_environment_string(environment)
    before, written = dict(os.environ), action._task.environment
    options = environment_variables(spec)
    os.environ.update({name: str(value) for name, value in environment.items()})
    action._task.environment = [{name: value for name, value in environment.items() if name not in options}]
    try:
        yield
    finally:
        action._task.environment = written
        os.environ.clear()
        os.environ.update(before)
