# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""Run the module of a service on a delegated host, and read its encrypted result."""

from __future__ import annotations

import secrets
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.forti.oauth.plugins.module_utils import _result_cipher
from ansible_collections.forti.oauth.plugins.module_utils._argspec import secret_values
from ansible_collections.forti.oauth.plugins.module_utils._errors import ChallengeRequired, RemoteFailure
from ansible_collections.forti.oauth.plugins.module_utils._fac_challenge import Challenge
from ansible_collections.forti.oauth.plugins.module_utils._redaction import RedactedDict, redact, register
from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService

Result = dict[str, Any]

# The controller uses these; the module does not get them.
_CONTROLLER_ONLY = frozenset({"cache", "min_validity", "force", "on_challenge"})
# What the collection's module tells about its failure; core adds the rest of the result.
_FAILURE = ("status", "error", "error_description", "rc", "module_stderr", "warnings")


class RemoteModule:
    """Runs modules on the host of an action plugin's task."""

    def __init__(self, action: ActionBase, variables: dict[str, Any]) -> None:
        """:arg variables: the task's variables."""
        self._action = action
        self._variables = variables

    def run(self, service: TokenService) -> Result:
        """Run the service's module, and return its result. If a push is to be waited for, the module runs twice: the notice is shown in between.

        :raises FortiError: the module failed.
        """
        push_timeout = service.options.get("push_timeout")
        try:
            return self._run_once(service if push_timeout is None else service.with_options(push_timeout=0))
        except ChallengeRequired as exc:
            challenge = Challenge(**exc.details["challenge"])
            if not push_timeout or not challenge.waits_for_push(service.options):
                raise
            service.notify(challenge.notice(service.options, server=service.options["server"], left=push_timeout))
            return self._run_once(service.with_options(challenge=challenge.challenge, method=challenge.method, session=challenge.session))

    def _run_once(self, service: TokenService) -> Result:
        key = secrets.token_urlsafe()
        register(key)  # the module's core registers its secret options, and the controller reads that
        arguments = RedactedDict(self._arguments(service), **{_result_cipher.KEY: key})
        result: Result = self._action._execute_module(module_name=service.module, module_args=arguments, task_vars=self._variables)
        result.pop("invocation", None)
        if result.get("failed"):
            raise _failure(result, secret_values(service.spec, service.options))
        result = _decrypted(result, key)
        if "challenge" in result:
            register(result["challenge"].get("session"))
            raise ChallengeRequired(result["msg"], result["challenge"])
        return result

    def _arguments(self, service: TokenService) -> dict[str, Any]:
        """Return the options that the module gets. A path goes as the task wrote it, because ~ is another folder on the host."""
        written = {name: self._action._task.args.get(name) for name, option in service.spec.items() if option["type"] == "path"}
        options = {name: service.options[name] for name in service.spec if service.options[name] is not None and name not in _CONTROLLER_ONLY}
        return {name: written.get(name) or value for name, value in options.items()}


def _decrypted(result: Result, key: str) -> Result:
    try:
        return _result_cipher.decrypt(result, key)
    except (KeyError, TypeError, ValueError):
        pass
    raise RemoteFailure("The module's result cannot be read. Check that nothing on the host changes what modules write.")


def _failure(result: Result, hidden: set[str]) -> RemoteFailure:
    message = redact(str(result.get("msg", "The module failed.")), hidden)
    details = {name: result[name] for name in _FAILURE if name in result}
    return RemoteFailure(message, **{name: redact(value, hidden) if isinstance(value, str) else value for name, value in details.items()})
