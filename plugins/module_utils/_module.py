# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""What the modules share. A module runs only if its action plugin sends it to another host."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.forti.oauth.plugins.module_utils import _result_cipher
from ansible_collections.forti.oauth.plugins.module_utils._errors import ChallengeRequired, FortiError
from ansible_collections.forti.oauth.plugins.module_utils._redaction import leave_to_controller
from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService


def run_module(service: type[TokenService]) -> None:
    """Run a service as a module, and encrypt its result for the action plugin."""
    module = AnsibleModule(argument_spec={**service.spec, _result_cipher.KEY: {"type": "str", "no_log": True}}, supports_check_mode=True)
    key = module.params.pop(_result_cipher.KEY)
    if not key:
        module.fail_json(msg="This module works only through its action plugin. Call it by its full name, such as forti.oauth.fac_oauth_token.")
    leave_to_controller()
    result, failure = _run(module, service)
    # Outside of the except block, because some versions of core add the current exception and its causes to a failure.
    if failure is not None:
        module.fail_json(**failure.as_result())
    module.no_log_values = set()  # core would mask a short secret inside the ciphertext
    module.exit_json(invocation={}, **_result_cipher.encrypt(result, key))


def _run(module: AnsibleModule, service: type[TokenService]) -> tuple[dict[str, Any], FortiError | None]:
    """Return the result, or the failure. A challenge is a result: its session must be encrypted. The action plugin fails with it."""
    try:
        return service.from_options(module.params, explicit=(), warn=module.warn, notify=module.log).run(check_mode=module.check_mode), None
    except ChallengeRequired as exc:
        return {"changed": False, **exc.as_result()}, None
    except FortiError as exc:
        return {}, exc
