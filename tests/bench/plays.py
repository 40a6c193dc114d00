# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is compared: the ways to a token, each as a play of two tasks that makes a token known to every host and uses it there."""

from __future__ import annotations

import dataclasses

_URI = """\
- ansible.builtin.uri:
    url: "https://{{ fac_oauth_server }}/api/v1/oauth/token/"
    method: POST
    body_format: json
    body:
      grant_type: password
      username: "{{ fac_oauth_username }}"
      password: "{{ fac_oauth_password }}"
      client_id: "{{ fac_oauth_client_id }}"
    ca_path: "{{ fac_oauth_ca_path }}"
  register: answer
"""
_OPTIONS = "".join(f'    {name}: "{{{{ fac_oauth_{name} }}}}"\n' for name in ("server", "ca_path", "client_id", "username", "password"))
_MODULE = f"- forti.oauth.fac_oauth_token:\n{_OPTIONS}  register: fac\n"


def _use(token: str) -> str:
    return f'- ansible.builtin.debug: {{msg: "{{{{ {token} }}}}"}}\n'


@dataclasses.dataclass(frozen=True)
class Way:
    """A way to a token."""

    letter: str
    title: str
    tasks: str
    label: str = ""  # in the pictures and the first table; without one, only developers of the collection want to see it
    slow: bool = False  # so much that it is run less often
    vault: bool = True  # whether the credentials come from a vault; else from the environment, as AWX gives them


_ROLE = "{name: forti.oauth.token}\n  vars:\n    token_fac_options:\n" + _OPTIONS.replace("    ", "      ")
_IMPORT, _INCLUDE = (f"- ansible.builtin.{how}: {_ROLE}" for how in ("import_role", "include_role"))
_LOOKUP = _use("lookup('forti.oauth.fac_oauth_token')")
WAYS = (
    Way("a", "a plain variable", 2 * _use("plain"), "no token at all"),
    Way("b", "lookup of an environment variable", 2 * _use("lookup('ansible.builtin.env', 'PLAIN')")),
    Way("c", "this lookup", 2 * _LOOKUP, "lookup"),
    Way("d", "this module", _MODULE + _use("fac.access_token"), "module"),
    Way("e", "this role", _IMPORT + _use("token_fac.access_token"), "role on every host"),
    Way("f", "uri on every host", _URI + _use("answer.json.access_token"), "uri on every host", slow=True),
    Way(
        "g",
        "uri with run_once, set_fact",
        _URI + "  run_once: true\n- ansible.builtin.set_fact: {token: '{{ answer.json.access_token }}'}\n" + _use("token"),
        "uri with run_once",
    ),
    Way("h", "this lookup, nothing from a vault", 2 * _LOOKUP, vault=False),
    Way("i", "this role with run_once", _IMPORT + "  run_once: true\n" + _use("token_fac.access_token"), "role with run_once"),
    Way("j", "this role by include_role", _INCLUDE + _use("token_fac.access_token"), slow=True),
)
# The same without the second task, which costs the same in both.
ALONE = (Way("d", "this module alone", _MODULE), Way("f", "uri on every host, alone", _URI, slow=True))
MODULE = ALONE[0]
STORE_HOSTS = 10  # of the plays that compare stores


def playbook(way: Way) -> str:
    """Return the play, as text."""
    head = "- hosts: all\n  gather_facts: false\n  tasks:\n"
    return head + "".join(f"    {line}\n" for line in way.tasks.splitlines())
