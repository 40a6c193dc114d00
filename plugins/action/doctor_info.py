# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from typing import Any

from ansible import constants as C
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.forti.oauth.plugins.module_utils._argspec import DOCTOR_INFO, NOT_SET, Spec, called, environment_variable
from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError, OptionError
from ansible_collections.forti.oauth.plugins.module_utils._fac import FortiAuthenticator
from ansible_collections.forti.oauth.plugins.module_utils._forticwp import FortiCwp
from ansible_collections.forti.oauth.plugins.module_utils._options import check_needed, validated
from ansible_collections.forti.oauth.plugins.plugin_utils._action_base import delegated_elsewhere, refuse_async, secrets_of, task_environment
from ansible_collections.forti.oauth.plugins.plugin_utils._doctor.examination import Examination, Found
from ansible_collections.forti.oauth.plugins.plugin_utils._doctor.steps import Step, Steps, line
from ansible_collections.forti.oauth.plugins.plugin_utils._loop_item import hide_item
from ansible_collections.forti.oauth.plugins.plugin_utils._token_provider import Result, notify, warn
from ansible_collections.forti.oauth.plugins.plugin_utils._variables import taken_from_variables, with_variables

_OF_A_TOKEN = {"state", "access_token"}  # options for a token that is there already
_COLOURS = {"ok": C.COLOR_OK, "failed": C.COLOR_ERROR, "skipped": C.COLOR_SKIP}  # type: ignore[attr-defined]
_SERVICES = {service.family: service for service in (FortiAuthenticator, FortiCwp)}


class ActionModule(ActionBase):
    _supports_async = True  # C(refuse_async) says more than core would

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> Result:
        """Run the task."""
        result: Result = super().run(tmp, task_vars)
        variables, secrets = task_vars or {}, set[str]()
        host = variables.get("inventory_hostname", "localhost")
        self._of_host = "" if host in C.LOCALHOST else f"{host}: "
        try:
            with task_environment(self):
                secrets = self._secrets(variables) if self._task.loop else secrets
                steps = self._examined(variables)
            result.update(changed=False, healthy=steps.healthy, msg=steps.summary, steps=steps.taken)
        except FortiError as exc:
            result.update(failed=True, changed=False, msg=str(exc))
        return hide_item(result, self._task, variables, self._templar, secrets) if self._task.loop else result

    def _examined(self, variables: Mapping[str, Any]) -> Steps:
        """Walk the way to a token, and return the steps.

        :raises OptionError: the task itself is wrong.
        """
        refuse_async(self)
        self._refuse_delegation()
        own = validated(DOCTOR_INFO, {name: value for name, value in self._task.args.items() if name in DOCTOR_INFO})
        check_needed(DOCTOR_INFO, own)
        service, steps = _SERVICES[own["service"]], Steps(self._show)
        asked = {name: value for name, value in self._task.args.items() if name not in DOCTOR_INFO}
        find = functools.partial(_find, service.spec, asked, variables, self._templar.template)
        examination = Examination(service, find, explicit=asked, request_id=str(self._task._uuid), warn=warn, notify=notify)
        examination.examine(steps, login=own["login"], check_mode=self._task.check_mode)
        return steps

    def _secrets(self, variables: Mapping[str, Any]) -> set[str]:
        """Return the texts that no item of the loop may show; if the task names no service that there is, those of all services."""
        named = [service for name, service in _SERVICES.items() if name == self._task.args.get("service")]
        return {text for service in named or _SERVICES.values() for text in secrets_of(self, service.spec, variables)}

    def _refuse_delegation(self) -> None:
        """Check that the task is not delegated to a host that would have to ask itself.

        :raises OptionError: it is.
        """
        if delegated_elsewhere(self):
            raise OptionError("doctor_info looks from the controller only. Take delegate_to out of the task.")

    def _show(self, step: Step) -> None:
        """Show a step in one line, on stderr, because Python buffers stdout if it is a pipe or a file. With no_log nothing is shown."""
        if not self._task.no_log:
            Display().display(self._of_host + line(step), color=_COLOURS[step["state"]], stderr=True)


def _find(spec: Spec, asked: Mapping[str, Any], variables: Mapping[str, Any], template: Callable[[Any], Any]) -> Found:
    """Return the options of the task and of variables, and where each option comes from that is set."""
    for name in _OF_A_TOKEN & asked.keys():
        raise OptionError(f"{name} does not go with doctor_info, which looks at the way to a token.")
    given = with_variables(spec, asked, known=variables, template=template)
    found, in_variables = {}, taken_from_variables(spec, asked)
    for name, option in spec.items():
        environment = environment_variable(spec, name)
        if any(asked.get(word) not in NOT_SET for word in (name, *option.get("aliases", ()))):
            found[called(spec, name)] = "the task"
        elif given.get(name) not in NOT_SET:
            found[called(spec, name)] = f"the variable {in_variables[name]}"
        elif environment and os.environ.get(environment) not in NOT_SET:
            found[called(spec, name)] = environment
    return Found(given, found)
