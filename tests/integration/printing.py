# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks without no_log that print a token on purpose. From ansible-core 2.22 on it is masked all the same."""

from __future__ import annotations

import importlib.util

import pytest

MASKED_BY_CORE = importlib.util.find_spec("ansible.module_utils.secrets") is not None
only_masked_by_core = pytest.mark.skipif(
    not MASKED_BY_CORE, reason="this ansible-core has no register_secret: a later task that prints the token is the user's to hide"
)
PRINTERS = """
- {{debug: {{var: {token}}}}}
- {{debug: {{msg: 'it is {{{{ {token} }}}}'}}}}
- {{command: 'echo {{{{ {token} }}}}'}}
- {{fail: {{msg: '{{{{ {token} }}}}'}}, ignore_errors: true}}
- {{copy: {{content: 'token={{{{ {token} }}}}', dest: '{{{{ kept_in }}}}.conf'}}, check_mode: true, diff: true}}
- {{uri: {{url: 'https://localhost:1/', headers: {{Authorization: 'Bearer {{{{ {token} }}}}'}}}}, ignore_errors: true}}
- {{uri: {{url: 'https://{{{{ fac_host }}}}/nowhere', headers: {{Authorization: 'Bearer {{{{ {token} }}}}'}}, validate_certs: false}}, ignore_errors: true}}
"""
LOGIN = "username: luser1, password: '{{ secret.luser1 }}'"
LOOKUP = "lookup('forti.oauth.fac_oauth_token', username='luser1', password=secret.luser1, client_id='ansible-secret', client_secret=secret.client)"


def printing(*tokens: str) -> str:
    """Return tasks that print each of these variables."""
    return "".join(PRINTERS.format(token=token) for token in tokens)


def variables(fac_host: str, *, kept_in: str) -> dict[str, str]:
    """Return what the tasks below need: the server, and the directory store."""
    return {"fac_host": fac_host, "kept_in": kept_in, "asked": f"{{{{ {LOOKUP} }}}}"}


# A token that an earlier run has kept, one of a login, one of a template: each entered the run in a process of its own.
# Only the controller's tokens are kept, so the first asks from there, also where the other tasks are delegated.
KEEP = f"- {{forti.oauth.fac_oauth_token: {{{LOGIN}, cache: '{{{{ kept_in }}}}'}}, register: kept, delegate_to: localhost}}\n"
ALL_KINDS = f"""
{KEEP}
- {{forti.oauth.forticwp_token: {{credential: '{{{{ secret.credential }}}}'}}, register: cwp}}
- {{set_fact: {{looked: "{{{{ asked }}}}"}}}}
""" + printing("kept.access_token", "kept.refresh_token", "cwp.access_token", "looked", "asked")
