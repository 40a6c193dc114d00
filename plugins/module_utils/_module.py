# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""What the modules share where they run by themselves, on a host that their action plugin sent them to."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.forti.oauth.plugins.module_utils import _envelope
from ansible_collections.forti.oauth.plugins.module_utils._errors import ChallengeRequired, FortiError
from ansible_collections.forti.oauth.plugins.module_utils._secrets import leave_to_controller
from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService


def run_module(service: type[TokenService]) -> None:
    """Run a module."""
    module = AnsibleModule(argument_spec={**service.spec, _envelope.KEY: {"type": "str", "no_log": True}}, supports_check_mode=True)
    key = module.params.pop(_envelope.KEY)
    if not key:
        module.fail_json(msg="This module works by its action plugin. Call it by its full name, such as forti.oauth.fac_oauth_token.")
    leave_to_controller()
    result, failure = _outcome(module, service)
    # Outside of the handler: some versions of core add the exception at hand, with its causes, to a failure.
    if failure is not None:
        module.fail_json(**failure.as_result())
    module.no_log_values = set()  # core would blank a short secret wherever it stands, and tear the envelope
    module.exit_json(invocation={}, **_envelope.close(result, key))


def _outcome(module: AnsibleModule, service: type[TokenService]) -> tuple[dict[str, Any], FortiError | None]:
    try:
        options = service.prepare(module.params, explicit=())
        return service(options, warn=module.warn, tell=module.log).perform(check_mode=module.check_mode), None
    except ChallengeRequired as exc:
        return {"changed": False, **exc.as_result()}, None  # its session belongs into the envelope; the action fails with it
    except FortiError as exc:
        return {}, exc
