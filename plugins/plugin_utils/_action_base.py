# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""What the action plugins share: options, errors, the task's environment, and what stays out of the log."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.forti.oauth.plugins.module_utils._argspec import ROLE_FACTS, Spec, all_environment_variables
from ansible_collections.forti.oauth.plugins.module_utils._errors import ChallengeRequired, FortiError, OptionError
from ansible_collections.forti.oauth.plugins.module_utils._redaction import MASKED_BY_CORE
from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService
from ansible_collections.forti.oauth.plugins.plugin_utils._loop_item import hide_item, texts_to_hide
from ansible_collections.forti.oauth.plugins.plugin_utils._remote_module import RemoteModule, cleaned_output
from ansible_collections.forti.oauth.plugins.plugin_utils._token_provider import Result, TokenProvider, notify, warn
from ansible_collections.forti.oauth.plugins.plugin_utils._variables import secrets_in_variables, with_variables

# A result with one of these holds secrets.
_SECRET_KEYS = frozenset({"access_token", "challenge", "companies", *ROLE_FACTS})


class TokenActionBase(ActionBase):
    """An action plugin for a token service. The subclass names the service."""

    _supports_async = True  # C(refuse_async) says more than core would
    service: ClassVar[type[TokenService]]

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> Result:
        """Run the task."""
        result: Result = super().run(tmp, task_vars)
        self._variables = task_vars or {}
        # On the task, because core makes a new action for each retry.
        self._no_log_as_written = vars(self._task).setdefault("_no_log_as_written", self._task.no_log)
        secrets = set[str]()
        try:
            with task_environment(self):
                if self._task.loop:
                    secrets = secrets_of(self, self.service.spec, self._variables)
                refuse_async(self)
                result.update(self._answer(self.service, self._task.args))
        except FortiError as exc:
            result.update(failed=True, changed=False, **exc.as_result())
        except AnsibleConnectionFailure as exc:
            if not self._task.loop:
                raise
            result.update(unreachable=True, changed=False, msg=str(exc))  # the result of core's own would show the item
        self._hide(result)
        return hide_item(result, self._task, self._variables, self._templar, secrets) if self._task.loop else result

    def _hide(self, result: Result) -> None:
        """Keep a result with secrets out of the log. The registered variable stays whole, and a failure stays readable.

        Up to ansible-core 2.18 the sum of a loop is hidden only by the task's own no_log, which core takes from the items' copies of the task.
        """
        is_secret = not MASKED_BY_CORE and not result.get("failed") and not _SECRET_KEYS.isdisjoint(result)
        self._task.no_log = is_secret or self._no_log_as_written
        if is_secret:
            result["_ansible_no_log"] = True

    def _answer(self, service: type[TokenService], given: Mapping[str, Any]) -> Result:
        """Ask a service with the options that are given, and with those that variables hold."""
        asked = self._asked(service, given)
        try:
            return self._perform(asked)
        except ChallengeRequired as exc:
            if asked.options.get("on_challenge", "fail") == "fail":
                raise
            return {"failed": False, "changed": False, **exc.as_result()}

    def _asked(self, service: type[TokenService], given: Mapping[str, Any]) -> TokenService:
        """Return a service with these options, checked. Nothing is sent."""
        self._given = with_variables(service.spec, given, known=self._variables, template=self._templar.template)
        return self._from_options(service, given)

    def _from_options(self, service: type[TokenService], explicit: Collection[str]) -> TokenService:
        return service.from_options(self._given, explicit=explicit, warn=warn, notify=notify, delegated_to=self._delegated_to())

    def _perform(self, service: TokenService) -> Result:
        """Get a token, or revoke one, and return the task's result."""
        provider = self._provider(service)
        if service.options.get("state") == "absent":
            return {"changed": provider.revoke(), "server": service.options["server"]}
        return provider.get().as_result()

    def _provider(self, service: TokenService) -> TokenProvider:
        """Return the provider. It asks from this process, or from the host that the task is delegated to."""
        remote = RemoteModule(self, variables=self._variables, given=self._given).run if service.delegated_to else None
        return TokenProvider(service, request_id=str(self._task._uuid), remote=remote, check_mode=self._task.check_mode)

    def _parse_returned_data(self, res: Any, *arguments: Any, **options: Any) -> Any:
        """Let core see only what the collection's modules write. It would show warnings, and mask secrets, that the host makes up."""
        cleaned: Any = dict(res, **cleaned_output(res))
        return super()._parse_returned_data(cleaned, *arguments, **options)

    def _delegated_to(self) -> str | None:
        """Return the host that asks; None is the controller, whatever the task's connection is, unless it is delegated to a host somewhere else."""
        if not delegated_elsewhere(self):
            return None
        name, context = str(self._task.delegate_to), self._play_context
        # Its name alone does not tell a host: variables and add_host may lead the same name to another machine.
        where = (("at", self._address()), ("port", context.port), ("as", context.remote_user))
        return " ".join([name, *(f"{word} {value}" for word, value in where if value and str(value) != name)])

    def _address(self) -> Any:
        """Return the address that the connection leads to."""
        with contextlib.suppress(KeyError, AnsibleError):  # the connection has no such option
            return self._connection.get_option("host")
        return self._play_context.remote_addr


def secrets_of(action: ActionBase, spec: Spec, variables: Mapping[str, Any]) -> set[str]:
    """Return the texts that no item of the task's loop may show, whether they are given in the task or in variables."""
    in_variables = secrets_in_variables(spec, known=variables, template=action._templar.template)
    return texts_to_hide(spec, action._task.args) | texts_to_hide(spec, in_variables)


def delegated_elsewhere(action: ActionBase) -> bool:
    """Return whether the task is delegated to a host whose connection does not end on the controller."""
    ends_here = action._connection.transport == "local" or getattr(action._connection, "_remote_is_local", False)
    return bool(action._task.delegate_to) and not ends_here


def refuse_async(action: ActionBase) -> None:
    """Check that the task has no keyword C(async).

    :raises OptionError: it has.
    """
    if action._task.async_val:
        raise OptionError("This task does not support async, because the controller does its work. Remove async and poll from the task.")


@contextlib.contextmanager
def task_environment(action: ActionBase) -> Iterator[None]:
    """Apply the task's keyword C(environment) to this process, which is the task's own fork.

    The variables that options come from are taken out of the task meanwhile. A module on a delegated host gets options instead, because core
    would write the variables into a command line.
    """
    environment: dict[str, Any] = {}
    action._compute_environment_string(environment)
    before, written = dict(os.environ), action._task.environment
    options = all_environment_variables()
    os.environ.update({name: str(value) for name, value in environment.items()})
    action._task.environment = [{name: value for name, value in environment.items() if name not in options}]
    try:
        yield
    finally:
        action._task.environment = written
        os.environ.clear()
        os.environ.update(before)
