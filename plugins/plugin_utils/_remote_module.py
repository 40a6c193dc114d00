# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""Run the module of a service on a delegated host, and read its encrypted result. The host is not believed: what it says is checked like a server's words."""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.forti.oauth.plugins.module_utils import _result_cipher
from ansible_collections.forti.oauth.plugins.module_utils._errors import LONGEST_SEARCHED, ChallengeRequired, RemoteFailure, quotable
from ansible_collections.forti.oauth.plugins.module_utils._fac_challenge import Challenge
from ansible_collections.forti.oauth.plugins.module_utils._foreign import one_line, parse_json
from ansible_collections.forti.oauth.plugins.module_utils._options import secret_values
from ansible_collections.forti.oauth.plugins.module_utils._redaction import RedactedDict, redact, register, register_foreign
from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService

Result = dict[str, Any]

# The controller uses these; the module does not get them.
_CONTROLLER_ONLY = frozenset({"cache", "min_validity", "force", "verify", "on_challenge"})
_TEXTS = ("msg", "error", "error_description", "result")  # of what our modules write
_WARNINGS = "host_warnings"  # a name that core does not know
_LONGEST_MESSAGE = 2000  # letters
_MOST_LINES = 20  # of what the module wrote on stderr; warnings


def cleaned_output(output: Mapping[str, Any]) -> dict[str, str]:
    """Return the output of a module for core: one JSON object with the fields that our modules write, and lines without control characters.

    :arg output: C(stdout) and C(stderr) of the module's process. The host made them.
    """
    stdout, stderr = str(output.get("stdout") or ""), str(output.get("stderr") or "")
    objects = (line for line in stdout.splitlines() if line.lstrip().startswith("{"))
    for line in itertools.islice(objects, _MOST_LINES):
        written = _object(line)
        if written is not None:
            return {"stdout": json.dumps(_fields(written)), "stderr": _printable(stderr)}
    return {"stdout": "", "stderr": _printable(stderr or stdout)}  # such as an interpreter that is missing


def _object(line: str) -> dict[str, Any] | None:
    try:
        return dict(parse_json(line.encode("utf-8", "replace")))
    except ValueError:
        return None


def _fields(written: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that our modules write, each of its own type. In any other value core may find an object of its own, and act upon it."""
    said = written.get("warnings")
    warnings = [text for text in said[:_MOST_LINES] if isinstance(text, str)] if isinstance(said, list) else []
    fields = {name: written[name] for name in _TEXTS if isinstance(written.get(name), str)}
    status = written.get("status")
    return {
        "changed": written.get("changed") is True,
        "failed": bool(written.get("failed")),
        **({"status": status} if isinstance(status, int) and 100 <= status < 1000 else {}),
        **{name: one_line(text) for name, text in fields.items()},
        _WARNINGS: [one_line(text) for text in warnings],
    }


def _printable(text: str) -> str:
    return "\n".join(map(one_line, text[-LONGEST_SEARCHED:].splitlines()))


class RemoteModule:
    """Runs modules on the host of an action plugin's task."""

    def __init__(self, action: ActionBase, *, variables: dict[str, Any], given: Mapping[str, Any]) -> None:
        """
        :arg variables: the task's variables.
        :arg given: the options as they were written, in the task or in variables.
        """
        self._action = action
        self._variables = variables
        self._given = given

    def run(self, service: TokenService) -> Mapping[str, Any]:
        """Run the service's module, and return what it claims. If a push is to be waited for, the module runs twice: the notice is shown in between.

        :raises FortiError: the module failed.
        """
        push_timeout = service.options.get("push_timeout")
        try:
            return self._run_once(service if push_timeout is None else service.with_options(push_timeout=0))
        except ChallengeRequired as exc:
            challenge = Challenge.from_details(exc.details["challenge"])
            if not push_timeout or not challenge.waits_for_push(service.options):
                raise
            service.notify(challenge.notice(service.options, server=service.options["server"], left=push_timeout))
            return self._run_once(service.with_options(challenge=challenge.challenge, method=challenge.method, session=challenge.session))

    def _run_once(self, service: TokenService) -> Mapping[str, Any]:
        key = secrets.token_urlsafe()
        register(key)  # the module's core registers its secret options, and the controller reads that
        arguments = RedactedDict(self._arguments(service), **{_result_cipher.KEY: key})
        result: Result = self._action._execute_module(module_name=service.module, module_args=arguments, task_vars=self._variables)
        hidden = secret_values(service.spec, service.options)
        for text in _warnings(result, hidden):
            service.warn(text)
        if result.get("failed"):
            raise _failure(result, hidden)
        claimed = _decrypted(result, key)
        if "challenge" in claimed:
            raise _challenge(claimed, service.options["server"], hidden)
        return claimed

    def _arguments(self, service: TokenService) -> dict[str, Any]:
        """Return the options that the module gets. A path goes as it was written, because ~ is another folder on the host."""
        written = {name: self._given.get(name) for name, option in service.spec.items() if option["type"] == "path"}
        options = {name: service.options[name] for name in service.spec if service.options[name] is not None and name not in _CONTROLLER_ONLY}
        return {name: written.get(name) or value for name, value in options.items()}


def _decrypted(result: Result, key: str) -> Result:
    try:
        return _result_cipher.decrypt(result, key)
    except (KeyError, TypeError, ValueError):
        pass
    raise RemoteFailure("The module's result cannot be read. Check that nothing on the host changes what modules write.")


def _warnings(result: Result, hidden: set[str]) -> list[str]:
    """Return what C(cleaned_output) left of the module's warnings, without secrets."""
    said = (quotable(text, hidden, longest=_LONGEST_MESSAGE) for text in result.get(_WARNINGS, ()))
    return [text for text in said if text]


def _challenge(claimed: Mapping[str, Any], server: str, hidden: set[str]) -> ChallengeRequired:
    """Return the error for a challenge.

    :raises BadResponse: it is not a valid one.
    """
    body = claimed["challenge"] if isinstance(claimed["challenge"], dict) else {}
    challenge = Challenge.from_body(body, server=server, secrets=hidden)
    register_foreign(challenge.session)
    return ChallengeRequired(_message(claimed, hidden), challenge.as_details())


def _failure(result: Result, hidden: set[str]) -> RemoteFailure:
    """Return the error that the module ended with. Core adds more to a result, which is left out."""
    numbers = {name: result[name] for name in ("status", "rc") if isinstance(result.get(name), int)}
    texts = {name: quotable(result.get(name), hidden) for name in ("error", "error_description")}
    return RemoteFailure(_message(result, hidden), **numbers, **texts, module_stderr=_lines(result.get("module_stderr"), hidden))


def _message(result: Mapping[str, Any], hidden: set[str]) -> str:
    return quotable(result.get("msg"), hidden, longest=_LONGEST_MESSAGE) or "The module failed."


def _lines(text: Any, hidden: Iterable[str]) -> str | None:
    """Return the last lines of what a module wrote, without secrets and control characters; None if it wrote nothing."""
    written = redact(text[-LONGEST_SEARCHED:], hidden).splitlines()[-_MOST_LINES:] if isinstance(text, str) else []
    return "\n".join(one_line(line)[:_LONGEST_MESSAGE] for line in written) or None
