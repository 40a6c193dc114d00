# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""What the action plugins share: where the work runs, what stays out of the log, the task's environment."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, ClassVar

from ansible.plugins.action import ActionBase
from ansible_collections.forti.oauth.plugins.module_utils import _envelope
from ansible_collections.forti.oauth.plugins.module_utils._errors import ChallengeRequired, FortiError, RemoteFailure
from ansible_collections.forti.oauth.plugins.module_utils._fac_challenge import Challenge
from ansible_collections.forti.oauth.plugins.module_utils._options import environment_variables, secret_values
from ansible_collections.forti.oauth.plugins.module_utils._secrets import MASKED_BY_CORE, Unprinted, redact, register
from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService
from ansible_collections.forti.oauth.plugins.plugin_utils._access import Result, end_token, get_token, tell, work_here
from ansible_collections.forti.oauth.plugins.plugin_utils._environment import task_environment
from ansible_collections.forti.oauth.plugins.plugin_utils._vault import decrypted

# These are the controller's business; a module that runs elsewhere does not get them.
_CONTROLLERS_OWN = frozenset({"cache", "min_validity", "force", "on_challenge"})
# A result that holds one of these holds secrets.
_SECRET_IN = ("access_token", "challenge", "companies")
# What a module says of its own failure; the rest of its result is core's.
_FAILURE = ("status", "error", "error_description", "rc", "module_stderr", "warnings")


class TokenActionBase(ActionBase):
    """An action plugin for a token service; the subclass names the service."""

    service: ClassVar[type[TokenService]]

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> Result:
        """Run the task."""
        result = super().run(tmp, task_vars)
        self._variables = task_vars or {}
        with task_environment(self, environment_variables(self.service.spec)):
            result.update(self._outcome())
        if not MASKED_BY_CORE and not result.get("failed") and any(name in result for name in _SECRET_IN):
            result["_ansible_no_log"] = True  # the registered variable stays whole
        return result

    def _outcome(self) -> Result:
        on_challenge = "fail"
        try:
            options = self.service.prepare(decrypted(self._task.args), explicit=self._task.args)
            on_challenge = options.get("on_challenge", "fail")
            return self._perform(options)
        except ChallengeRequired as exc:
            return {"failed": on_challenge == "fail", "changed": False, **exc.as_result()}
        except FortiError as exc:
            return {"failed": True, "changed": False, **exc.as_result()}

    def _perform(self, options: Mapping[str, Any]) -> Result:
        if options.get("state") == "absent":
            return end_token(self.service, options, self._work, check_mode=self._task.check_mode)
        return get_token(self.service, options, self._work, asker=str(self._task._uuid))

    def _work(self, options: Mapping[str, Any]) -> Result:
        return self._work_of(self.service, options)

    def _work_of(self, service: type[TokenService], options: Mapping[str, Any]) -> Result:
        """Do the work of a service's module: in this process where the connection ends on the controller, else on the host."""
        if self._connection.transport == "local" or getattr(self._connection, "_remote_is_local", False):
            return work_here(service, options, check_mode=self._task.check_mode)
        return self._work_there(service, options)

    def _work_there(self, service: type[TokenService], options: Mapping[str, Any]) -> Result:
        """Run the module on the host. A push is waited for in a second run of it, so that a person is told here, at once."""
        push_timeout = options.get("push_timeout")
        try:
            return self._run_module(service, options if push_timeout is None else Unprinted(options, push_timeout=0))
        except ChallengeRequired as exc:
            challenge = Challenge(**exc.details["challenge"])
            if not push_timeout or not challenge.waits_for_push(options):
                raise
            tell(challenge.notice(options, server=options["server"], left=push_timeout))
            return self._run_module(service, Unprinted(options, challenge=challenge.challenge, method=challenge.method, session=challenge.session))

    def _run_module(self, service: type[TokenService], options: Mapping[str, Any]) -> Result:
        key = secrets.token_urlsafe()
        register(key)  # the module's own core writes it down for the controller's, as it does with every secret option
        arguments = Unprinted(self._module_args(service, options), **{_envelope.KEY: key})
        result: Result = self._execute_module(module_name=service.module, module_args=arguments, task_vars=self._variables)
        result.pop("invocation", None)
        if not result.get("failed"):
            result = self._opened(result, key)
            if "challenge" in result:
                register(result["challenge"].get("session"))
                raise ChallengeRequired(result["msg"], result["challenge"])
            return result
        hidden = secret_values(service.spec, options)
        message = redact(str(result.get("msg", "The module failed.")), hidden)
        known = {name: result[name] for name in _FAILURE if name in result}
        raise RemoteFailure(message, **{name: redact(value, hidden) if isinstance(value, str) else value for name, value in known.items()})

    def _opened(self, result: Result, key: str) -> Result:
        try:
            return _envelope.open_(result, key)
        except (KeyError, TypeError, ValueError):
            pass
        raise RemoteFailure("The module's result cannot be read. Check that nothing on the host changes what modules write.")

    def _module_args(self, service: type[TokenService], options: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the module on the host is told: all that is set. A path goes as it was written, because ~ is another folder there."""
        written = {name: self._task.args.get(name) for name, option in service.spec.items() if option["type"] == "path"}
        told = {name: options[name] for name in service.spec if options[name] is not None and name not in _CONTROLLERS_OWN}
        return {name: written.get(name) or value for name, value in told.items()}
