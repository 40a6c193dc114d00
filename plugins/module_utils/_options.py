# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""What a user gives for the options is checked here: names, types, ranges, what is missing. Nothing is sent before."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.forti.oauth.plugins.module_utils._argspec import NOT_SET, Spec, called, environment_variable, variables
from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError
from ansible_collections.forti.oauth.plugins.module_utils._redaction import MASK, RedactedDict, redact

_RANGES = {"timeout": (1, 3600), "retries": (0, 20), "min_validity": (0, 31536000), "push_timeout": (0, 3600), "push_interval": (1, 600)}
# A host name, an IPv4 address, or an IPv6 address in brackets; then a port and a slash, both optional.
_SERVER = re.compile(r"(?P<host>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+(?:%25[A-Za-z0-9]+)?\])(?::(?P<port>[0-9]{1,5}))?/?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")  # a line end, or what steers a terminal
_LARGEST = 10**15  # far beyond every range
# What YAML makes of a text without quotes. In this order, because a boolean is also an int.
_KINDS = (
    (bool, "a boolean"),
    ((int, float), "a number"),
    (datetime.date, "a date"),
    (list, "a list"),
    (dict, "a dictionary"),
)
# Names that other collections have for these options.
_CALLED_ELSEWHERE = {
    "access_token": ("bearer", "token"),
    "server": ("address", "base_url", "fqdn", "host", "hostname", "ip", "token_url", "uri", "url"),
    "validate_certs": ("insecure", "ssl_verify", "tls_verify", "verify_certs", "verify_ssl"),
}
_IDS = frozenset({"company", "token_forticwp_company"})  # texts that may be given as numbers, because the API itself writes them so
_LIKE_NAME = re.compile(r"[A-Za-z]+(?:[_-][A-Za-z]+){0,3}")
_PREFIX = re.compile(r"^(fac_oauth|fac|forticwp)_")  # of variables


def validated(spec: Spec, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return all options, with types, environment variables and defaults applied. None is not set, and so is an empty text.

    Whether one is missing is left to C(check_needed).

    :raises OptionError: an option is unknown, of the wrong type or out of its range.
    """
    given = _checked(spec, decrypted(given))
    result = ArgumentSpecValidator(_without_required(spec)).validate({name: value for name, value in given.items() if value not in NOT_SET})
    options = RedactedDict({name: None if value in NOT_SET else value for name, value in result.validated_parameters.items() if name in spec})
    if result.error_messages:
        raise OptionError(redact(f"{result.error_messages[0].rstrip('.')}.", secret_values(spec, {**options, **given})))
    _check_texts(spec, options)
    for name, (least, most) in _RANGES.items():
        if options.get(name) is not None and not least <= options[name] <= most:
            raise OptionError(redact(f"{name} must be from {least} to {most}, it is {options[name]}.", secret_values(spec, options)))
    if options.get("server") is not None:
        options["server"] = server_url(options["server"])
    return options


def _without_required(spec: Spec) -> Spec:
    return {name: {key: value for key, value in option.items() if key != "required"} for name, option in spec.items()}


def decrypted(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with those that are encrypted in a playbook (C(!vault)) as plain text.

    Up to ansible-core 2.18 such a value is an object that core's argument specs do not know.
    """
    return {name: str(value) if getattr(value, "__ENCRYPTED__", False) else value for name, value in given.items()}


def _checked(spec: Spec, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with the line end at the end of a text taken off, as C(echo) and block scalars leave one.

    :raises OptionError: an option is unknown, or its value is of a type that core would convert to something else.
    """
    known = {alias: option for name, option in spec.items() for alias in (name, *option.get("aliases", ()))}
    unknown = [name for name in given if name not in known]
    if unknown:
        raise unknown_option(unknown, known)
    for name, value in given.items():
        if "choices" in known[name] and value not in NOT_SET and not isinstance(value, str):
            raise OptionError(f"{name} must be one of {', '.join(known[name]['choices'])}. YAML turned it into {_kind(value)}.")
    return {
        name: value if value in NOT_SET and known[name]["type"] != "dict" else _TAKES[known[name]["type"]](known[name].get("aliases", [name])[0], value)
        for name, value in given.items()
    }


def _text(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value.rstrip("\r\n")
    if name in _IDS and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise OptionError(
        f"{name} must be text. Put it in quotes: YAML turned it into {_kind(value)}, as it turns 016514 into 7500. "
        "In an INI inventory put it in both kinds of quotes."
    )


def _number(name: str, value: Any) -> int:
    """Return a number, which may be given as text. Core would take true for 1, and each version of it takes other texts."""
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        with contextlib.suppress(ValueError, OverflowError):
            return _whole(float(value))
    raise OptionError(f"{name} must be a whole number, such as 30.")


def _whole(number: float) -> int:
    if number.is_integer() and abs(number) < _LARGEST:
        return int(number)
    raise ValueError


def _switch(name: str, value: Any) -> Any:
    if isinstance(value, (bool, int, str)):
        return value
    raise OptionError(f"{name} must be true or false. YAML turned it into {_kind(value)}.")


def _dictionary(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise OptionError(f"{name} must be a dictionary. To set no options, write {{}}. Check the indentation below it.")


_TAKES: dict[str, Callable[[str, Any], Any]] = {"str": _text, "path": _text, "int": _number, "bool": _switch, "dict": _dictionary}


def _kind(value: Any) -> str:
    return next((kind for types, kind in _KINDS if isinstance(value, types)), "something else")


def _check_texts(spec: Spec, options: Mapping[str, Any]) -> None:
    """Check that each text is one line and no mask, wherever it comes from.

    :raises OptionError: one is not.
    """
    texts = {name: options[name] for name, option in spec.items() if option["type"] in ("str", "path") and options.get(name) is not None}
    for name, text in texts.items():
        if _CONTROL.search(text):
            raise OptionError(f"{called(spec, name)} holds a line end, a control character or a line separator inside. Give it as one line.")
        if text == MASK:
            raise OptionError(f"{called(spec, name)} is {MASK}, which stands for a hidden secret. Take it from where it is kept, not from a result.")


def check_needed(spec: Spec, options: Mapping[str, Any], *, needed: Collection[str] = (), needed_by: str = "", note: str = "") -> None:
    """Check that no option is missing.

    :arg needed: the options that are needed besides those that the spec requires.
    :arg needed_by: what needs them, such as a grant.
    :arg note: what else a person should know about these.
    :raises OptionError: some are missing. The message names all, and where each can be set.
    """
    missing = [name for name, option in spec.items() if options.get(name) is None and (option.get("required") or name in needed)]
    if not missing:
        return
    one, them = len(missing) == 1, "it" if len(missing) == 1 else "them"
    why = "" if set(missing).isdisjoint(needed) else f": {needed_by} needs {them}{note}"
    in_variables = [from_variable for name, from_variable in variables(spec).items() if name in missing]
    in_environment = [known for known in (environment_variable(spec, name) for name in missing) if known]
    ways = [them, *_ways("the variable", in_variables), *_ways("the environment variable", in_environment)]
    raise OptionError(f"{_listed(missing)} {'is' if one else 'are'} missing{why}. Set {', or '.join(ways)}.")


def _ways(kind: str, names: list[str]) -> list[str]:
    return [f"{kind}{'s' if len(names) > 1 else ''} {_listed(names)}"] if names else []


def _listed(names: list[str]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def unknown_option(unknown: Iterable[object], known: Iterable[str]) -> OptionError:
    """Return the error for options that do not exist, with the ones that were meant. If nobody can tell, it lists all."""
    names = sorted(known)
    meant = {_repeated(str(name)): _nearest(str(name), names) for name in unknown}
    advice = [f"{near} for {name}" if len(meant) > 1 else near for name, near in sorted(meant.items()) if near]
    question = f" Did you mean {', '.join(advice)}?" if advice else ""
    takes = " server takes host, host:port or https://host:port." if "server" in meant.values() else ""
    everything = "" if all(meant.values()) else f" Known are {', '.join(names)}."
    return OptionError(f"Unknown option{'s' if len(meant) > 1 else ''} {', '.join(sorted(meant))}.{question}{takes}{everything}")


def _repeated(name: str) -> str:
    """Return the name as a message shows it: a text that is unlike a name may be a secret that lost its own."""
    return name if _LIKE_NAME.fullmatch(name) else "(a name that is not repeated, because it may be a secret)"


def _nearest(name: str, known: list[str]) -> str | None:
    from difflib import get_close_matches

    plain = _PREFIX.sub("", name.lower())
    elsewhere = [option for option, names in _CALLED_ELSEWHERE.items() if plain in names and option in known]
    return next(iter(elsewhere or get_close_matches(plain, known, n=1)), None)


def secret_values(spec: Spec, options: Mapping[str, Any]) -> set[str]:
    """Return the values of all secret options. No message may hold them."""
    names = {alias for name, option in spec.items() if option.get("no_log") for alias in (name, *option.get("aliases", ()))}
    return {str(options[name]) for name in names if options.get(name) not in NOT_SET}


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
