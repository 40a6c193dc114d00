# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""The options of every module and lookup, stated once: name, type, default, choices, secret or not, variable, environment variable."""

from __future__ import annotations

import os
from typing import Any

from ansible.module_utils.errors import AnsibleFallbackNotFound

Spec = dict[str, dict[str, Any]]

NOT_SET = (None, "", "\n", "\r\n")  # a text of a line end alone is empty, too

# These work once or are meant for one task. They never come from a variable or the environment.
ONE_TIME = frozenset({"access_token", "challenge", "challenge_response", "code", "code_verifier", "force", "refresh_token", "session", "state"})

_HTTP: Spec = {
    "server": {"type": "str", "required": True},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    "client_cert": {"type": "path"},
    "client_key": {"type": "path", "no_log": False},
    "timeout": {"type": "int", "default": 30},
    "retries": {"type": "int", "default": 3},
}
_CACHE: Spec = {
    "cache": {"type": "str", "default": "run"},
    "min_validity": {"type": "int", "default": 60},
    "force": {"type": "bool", "default": False},
}
_FAC_CACHE: Spec = {**_CACHE, "verify": {"type": "str", "default": "shared", "choices": ["shared", "always", "never"]}}
_STATE: Spec = {"state": {"type": "str", "default": "present", "choices": ["present", "absent"]}}
_FORTICWP_TOKEN: Spec = {
    "grant_type": {"type": "str", "default": "client_credentials", "choices": ["client_credentials", "password", "refresh_token"]},
    "credential": {"type": "str", "no_log": True},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "refresh_token": {"type": "str", "no_log": True},
}
_FAC_TOKEN: Spec = {
    "grant_type": {"type": "str", "default": "password", "choices": ["password", "authorization_code", "refresh_token"]},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "realm": {"type": "str"},
    "iam_account": {"type": "str"},
    "iam_user": {"type": "str"},
    "client_id": {"type": "str", "required": True},
    "client_secret": {"type": "str", "no_log": True},
    "scope": {"type": "str"},
    "code": {"type": "str", "no_log": True},
    "redirect_uri": {"type": "str"},
    "code_verifier": {"type": "str", "no_log": True},
    "refresh_token": {"type": "str", "no_log": True},
    "challenge": {"type": "str"},
    "challenge_response": {"type": "str", "no_log": True, "aliases": ["otp"]},
    "method": {"type": "str", "choices": ["ftm", "ftm-push", "ftk", "sms", "email", "dual"]},
    "session": {"type": "str", "no_log": True},
    "push_timeout": {"type": "int", "default": 60},
    "push_interval": {"type": "int", "default": 2},
    "on_challenge": {"type": "str", "default": "fail", "choices": ["fail", "return"]},
    "access_token": {"type": "str", "no_log": True},
}


def set_in_environment(name: str, _variable: str) -> str:
    """Return the value of an environment variable. An empty one is not set: AWX injects every field of a credential, filled in or not.

    :arg _variable: the variable of Ansible that the option comes from, too. It stands here for C(variable); only the controller knows its value.
    :raises AnsibleFallbackNotFound: it is not set.
    """
    value = os.environ.get(name, "").rstrip("\r\n")
    if not value:
        raise AnsibleFallbackNotFound
    return value


def _with_sources(spec: Spec, *, environment: str, variables: str) -> Spec:
    """Return the spec with a variable and an environment variable for every lasting option: a prefix and its name. The services share those of C(cache)."""
    names = {name: [f"{environment}_{name.upper()}", f"{variables}_{name}"] for name in spec if name not in ONE_TIME}
    names["cache"] = ["FORTI_OAUTH_CACHE", "forti_oauth_cache"]
    return {name: {**option, "fallback": (set_in_environment, names[name])} if name in names else option for name, option in spec.items()}


_FORTICWP: Spec = {**_HTTP, "server": {"type": "str", "default": "www.forticwp.com"}, **_CACHE, **_FORTICWP_TOKEN}
_MAP: Spec = {"access_token": {"type": "str", "no_log": True}, "company": {"type": "str"}}
FORTICWP_TOKEN = _with_sources({**_FORTICWP, **_STATE}, environment="FORTICWP", variables="forticwp")
FORTICWP_RESOURCE_MAP_INFO = _with_sources({**_FORTICWP, **_MAP}, environment="FORTICWP", variables="forticwp")
FAC_TOKEN = _with_sources({**_HTTP, **_FAC_CACHE, **_FAC_TOKEN, **_STATE}, environment="FAC", variables="fac_oauth")
FAC_VERIFIES_WITH = frozenset({"server", "validate_certs", "ca_path", "client_cert", "client_key", "timeout", "retries", "client_id", "access_token"})
# With all other lasting options, which it ignores, so that module_defaults of the group may hold them. These come from the call alone.
FAC_TOKEN_INFO: Spec = {
    **{name: option for name, option in FAC_TOKEN.items() if name in FAC_VERIFIES_WITH},
    **{
        name: {key: value for key, value in option.items() if key != "fallback"}
        for name, option in FAC_TOKEN.items()
        if name not in FAC_VERIFIES_WITH | ONE_TIME
    },
    "access_token": {"type": "str", "required": True, "no_log": True},
}
# Beside the options of the service.
DOCTOR_INFO: Spec = {"service": {"type": "str", "required": True, "choices": ["fac", "forticwp"]}, "login": {"type": "bool", "default": False}}
# Of the role token: each is the name of a variable.
ROLE_TOKEN: Spec = {
    "token_fac_options": {"type": "dict"},
    "token_forticwp_options": {"type": "dict"},
    "token_forticwp_resource_map": {"type": "bool", "default": False},
    "token_forticwp_company": {"type": "str"},
    "token_delegate_to": {"type": "str", "default": "localhost"},
}
ROLE_FACTS = ("token_fac", "token_forticwp")
ROLE_REVOKE: Spec = {
    **{name: ROLE_TOKEN[name] for name in ("token_fac_options", "token_forticwp_options", "token_delegate_to")},
    **{name: {"type": "dict"} for name in ROLE_FACTS},
}
TOKEN_STORE_INFO: Spec = {"cache": FAC_TOKEN["cache"]}
TOKEN_STORE: Spec = {
    "cache": {"type": "str", "required": True, "fallback": FAC_TOKEN["cache"]["fallback"]},
    "server": {"type": "str"},
    "state": {"type": "str", "default": "absent", "choices": ["absent"]},
}


def environment_variable(spec: Spec, name: str) -> str | None:
    """Return the name of the environment variable that an option comes from; None if it has none."""
    return spec[name]["fallback"][1][0] if "fallback" in spec[name] else None


def environment_variables(spec: Spec) -> set[str]:
    """Return the names of all environment variables that options of this spec come from."""
    return {option["fallback"][1][0] for option in spec.values() if "fallback" in option}


def all_environment_variables() -> set[str]:
    """Return the names of all environment variables that options of any module come from."""
    return environment_variables(FAC_TOKEN) | environment_variables(FORTICWP_RESOURCE_MAP_INFO)


def variables(spec: Spec) -> dict[str, str]:
    """Return the options that come from a variable, such as C(fac_oauth_server), each with its variable."""
    return {name: option["fallback"][1][1] for name, option in spec.items() if "fallback" in option}


def called(spec: Spec, name: str) -> str:
    """Return the name of an option in messages: its alias, if it has one, because that is what people write."""
    aliases = spec[name].get("aliases")
    return aliases[0] if aliases else name
