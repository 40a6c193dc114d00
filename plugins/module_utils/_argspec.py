# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""The options of every module and lookup, stated once: name, type, default, choices, secret or not, variable, environment variable."""

from __future__ import annotations

import ipaddress
import math
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import AnsibleFallbackNotFound
from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError
from ansible_collections.forti.oauth.plugins.module_utils._redaction import RedactedDict, redact

Spec = dict[str, dict[str, Any]]

_NOT_SET = (None, "")

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
_RANGES = {"timeout": (1, 3600), "retries": (0, 20), "min_validity": (0, 31536000), "push_timeout": (0, 3600), "push_interval": (1, 600)}
# A host name, an IPv4 address, or an IPv6 address in brackets; then a port and a slash, both optional.
_SERVER = re.compile(r"(?P<host>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+(?:%25[A-Za-z0-9]+)?\])(?::(?P<port>[0-9]{1,5}))?/?")

_LARGEST = 10**100  # Python refuses to print integers that are much larger


def set_in_environment(name: str) -> str:
    """Return the value of an environment variable. An empty one is not set: AWX injects every field of a credential, filled in or not.

    :raises AnsibleFallbackNotFound: it is not set.
    """
    value = os.environ.get(name)
    if not value:
        raise AnsibleFallbackNotFound
    return value


def _with_environment(prefix: str, spec: Spec) -> Spec:
    """Return the spec with an environment variable for every lasting option: the prefix and the option's name. The services share that of C(cache)."""
    names = {name: "FORTI_OAUTH_CACHE" if name == "cache" else f"{prefix}_{name.upper()}" for name in spec if name not in ONE_TIME}
    return {name: {**option, "fallback": (set_in_environment, [names[name]])} if name in names else option for name, option in spec.items()}


FORTICWP_TOKEN = _with_environment("FORTICWP", {**_HTTP, "server": {"type": "str", "default": "www.forticwp.com"}, **_CACHE, **_FORTICWP_TOKEN, **_STATE})
FORTICWP_RESOURCE_MAP_INFO = _with_environment(
    "FORTICWP",
    {
        **{name: option for name, option in FORTICWP_TOKEN.items() if name != "state"},
        "access_token": {"type": "str", "no_log": True},
        "company": {"type": "str"},
    },
)
FAC_TOKEN = _with_environment("FAC", {**_HTTP, **_CACHE, **_FAC_TOKEN, **_STATE})
FAC_TOKEN_INFO = _with_environment(
    "FAC", {**_HTTP, "client_id": {"type": "str", "required": True}, "access_token": {"type": "str", "required": True, "no_log": True}}
)


def environment_variables(spec: Spec) -> set[str]:
    """Return the names of all environment variables that options of this spec come from."""
    return {option["fallback"][1][0] for option in spec.values() if "fallback" in option}


TOKEN_STORE_INFO: Spec = {"cache": {"type": "str", "required": True, "fallback": (set_in_environment, ["FORTI_OAUTH_CACHE"])}}
TOKEN_STORE: Spec = {
    **TOKEN_STORE_INFO,
    "server": {"type": "str"},
    "state": {"type": "str", "default": "absent", "choices": ["absent"]},
}


def validated(spec: Spec, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return all options, with types, environment variables and defaults applied. None is not set, and so is an empty text.

    :raises OptionError: an option is unknown, missing, of the wrong type or out of its range.
    """
    given = decrypted(given)
    check_texts(spec, given)
    result = ArgumentSpecValidator(spec).validate({name: value for name, value in given.items() if value not in _NOT_SET})
    options = RedactedDict({name: None if value in _NOT_SET else value for name, value in result.validated_parameters.items() if name in spec})
    if result.unsupported_parameters:
        raise unknown_option(result.unsupported_parameters, spec)
    for name, option in spec.items():
        if option.get("required") and options.get(name) is None:
            raise OptionError(f"{name} is missing. {where_to_set(spec, name)}")
    if result.error_messages:
        raise OptionError(redact(f"{result.error_messages[0].rstrip('.')}.", secret_values(spec, {**options, **given})))
    for name, (least, most) in _RANGES.items():
        if options.get(name) is not None and not least <= options[name] <= most:
            raise OptionError(redact(f"{name} must be from {least} to {most}, it is {options[name]}.", secret_values(spec, options)))
    if options.get("server") is not None:
        options["server"] = server_url(options["server"])
    return options


def decrypted(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with those that are encrypted in a playbook (C(!vault)) as plain text.

    Up to ansible-core 2.18 such a value is an object that core's argument specs do not know.
    """
    return {name: str(value) if getattr(value, "__ENCRYPTED__", False) else value for name, value in given.items()}


def check_texts(spec: Spec, given: Mapping[str, Any]) -> None:
    """Check that texts are given as text. Core would convert anything: a password C(yes) would become C(True).

    :raises OptionError: an option has the wrong type.
    """
    for name, value in given.items():
        if not isinstance(name, str):
            raise unknown_option([name], spec)
        kind = spec.get(name, {}).get("type")
        endless = isinstance(value, (int, float)) and not -_LARGEST < value < _LARGEST
        if kind == "int" and (endless or _is_endless_text(value)):
            raise OptionError(f"{name} must be a number, and not so large a one.")
        if kind in ("str", "path") and (endless or isinstance(value, (bool, float, list, dict))):
            raise OptionError(f"{name} must be text. Put it in quotes: YAML reads some words and numbers as something else.")


def _is_endless_text(value: Any) -> bool:
    """Return whether a text is infinite or not a number, such as C(inf) or C(1e400). Core fails to convert it."""
    try:
        return isinstance(value, str) and not math.isfinite(float(value))
    except ValueError:
        return False


def where_to_set(spec: Spec, name: str) -> str:
    """Return the advice for a missing option."""
    fallback = spec[name].get("fallback")
    return f"Set it, or the environment variable {fallback[1][0]}." if fallback else "Set it."


def unknown_option(unknown: Iterable[object], known: Iterable[str]) -> OptionError:
    """Return the error for options that do not exist."""
    return OptionError(f"Unknown option {', '.join(sorted(str(name) for name in unknown))}. Known are {', '.join(sorted(known))}.")


def secret_values(spec: Spec, options: Mapping[str, Any]) -> set[str]:
    """Return the values of all secret options. No message may hold them."""
    names = {alias for name, option in spec.items() if option.get("no_log") for alias in (name, *option.get("aliases", ()))}
    return {str(options[name]) for name in names if options.get(name) not in _NOT_SET}


def server_url(server: str) -> str:
    """Return the URL of a server that is given as host, host:port or https URL. All spellings get the same form.

    :raises OptionError: the text is not one of these. It is not repeated in the message, because it may hold a secret.
    """
    scheme, mark, rest = server.strip().rpartition("://")
    if mark and scheme.lower() != "https":
        raise OptionError("server must be an https address: secrets are never sent over plain http.")
    if "@" in rest:
        raise OptionError("server must not hold a user or a password. Give them as options of their own.")
    known = _SERVER.fullmatch(rest)
    port = int(known["port"] or 443) if known else 0
    if known is None or not 1 <= port <= 65535 or not _is_address(known["host"]):
        raise OptionError("server must be a host, host:port or https://host:port, without a path, in ASCII.")
    host = known["host"].lower()
    return f"https://{host}" if port == 443 else f"https://{host}:{port}"


def _is_address(host: str) -> bool:
    """Return whether a host in brackets is an IPv6 address. Other hosts are not checked."""
    if not host.startswith("["):
        return True
    try:
        return bool(ipaddress.IPv6Address(host[1:-1].partition("%")[0]))
    except ValueError:
        return False
