# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""The FortiAuthenticator's second factor: what a 406 asks for, how it is answered, and the wait for a push."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._errors import DENIED, EXPIRED, BadResponse, ChallengeRequired, Refused, quotable, refusal
from ansible_collections.forti.oauth.plugins.module_utils._http import Http
from ansible_collections.forti.oauth.plugins.module_utils._http_response import Response

PUSH = "ftm-push"
TYPED = "ftm"
_PUSHPOLL = "/api/v1/pushpoll/"
_NOTIFY_EVERY = 10  # seconds


@dataclasses.dataclass(frozen=True)
class Challenge:
    """What the server asks for. C(challenge), such as otp or radius, is sent back unchanged."""

    challenge: str
    method: str | None = None
    session: str | None = dataclasses.field(default=None, repr=False)
    message: str | None = None

    @classmethod
    def from_response(cls, response: Response, http: Http) -> Challenge:
        """Return the challenge in a 406.

        :raises BadResponse: it holds no valid challenge.
        """
        challenge = cls.from_body(response.json(), server=http.server, secrets=http.secrets)
        if challenge.session:
            http.keep_secret(challenge.session)
        return challenge

    @classmethod
    def from_body(cls, body: Mapping[str, Any], *, server: str, secrets: set[str]) -> Challenge:
        """Return the challenge that a server, or a delegated host, describes.

        :arg secrets: the values that it must not repeat.
        :raises BadResponse: it is not a valid challenge.
        """
        known = {name: body[name] for name in ("challenge", "method", "session") if isinstance(body.get(name), str) and body[name]}
        # They are shown and sent back unchanged, so they must be plain text and must not repeat a secret.
        session = known.get("session", "")
        hidden = {"challenge": {*secrets, session}, "method": {*secrets, session}, "session": secrets}
        repeats = any(quotable(value, hidden[name]) != value for name, value in known.items())
        if "challenge" not in known or repeats or not all(re.fullmatch(r"[\x21-\x7e]{1,128}", value) for value in known.values()):
            raise BadResponse(f"{server} answered 406 without a challenge. Check that server is a FortiAuthenticator.", status=406)
        return cls(**known, message=quotable(body.get("message"), {*secrets, session}))

    @classmethod
    def from_details(cls, details: Mapping[str, str]) -> Challenge:
        """Return the challenge that C(as_details) described."""
        return cls(**{"challenge": "otp", **{field.name: details[field.name] for field in dataclasses.fields(cls) if field.name in details}})

    def as_details(self) -> dict[str, str]:
        """Return what a task's result tells of the challenge."""
        return {name: value for name, value in dataclasses.asdict(self).items() if value is not None}

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Challenge | None:
        """Return the challenge that the options describe, such as that of an earlier task; None if they describe none."""
        told = {name: options[name] for name in ("challenge", "method", "session") if options[name] is not None}
        return cls(**{"challenge": "otp", **told}) if told else None

    def waits_for_push(self, options: Mapping[str, Any]) -> bool:
        """Return whether the task waits until a person approves this on a phone."""
        wanted = options["method"] in (None, PUSH) and options["challenge_response"] is None
        return bool(self.method == PUSH and self.session and wanted and options["push_timeout"])

    def fields(self, response: str) -> dict[str, str]:
        """Return the fields that the second request adds to user and password."""
        known = {"challenge": self.challenge, "challenge_response": response, "method": self.method, "session": self.session}
        return {name: value for name, value in known.items() if value is not None}

    def typed(self, options: Mapping[str, Any]) -> dict[str, str]:
        """Return these fields for a code in the options. A code typed instead of a push has the method ftm and no session (last sample of the page)."""
        method = options["method"] or (TYPED if self.method == PUSH else self.method)
        session = None if method == TYPED else self.session
        return dataclasses.replace(self, method=method, session=session).fields(options["challenge_response"])

    def notice(self, options: Mapping[str, Any], *, server: str, left: float) -> str:
        """Return the notice for the person who must approve: the user, the server, and the seconds left."""
        user = options["username"] or options["iam_user"]
        return f"{user}: approve the sign-in to {server} on your phone (FortiToken Mobile). {left:.0f} seconds left."

    def required(self, what_to_do: str, server: str) -> ChallengeRequired:
        """Return the error that tells what the server asks for."""
        kind = f"{self.challenge}, method {self.method}" if self.method else self.challenge
        asked = f" It says: {self.message}" if self.message else ""
        return ChallengeRequired(f"{server} wants a second factor ({kind}).{asked} {what_to_do}", self.as_details())


def wait_for_push(challenge: Challenge, options: Mapping[str, Any], http: Http, notify: Callable[[str], None]) -> str:
    """Wait until the push is approved on the phone, and return the one-time answer that the server gives for it.

    Every status but C(pending) and C(success) is a refusal, because no other is documented (OAuth server token page).

    :raises Refused: it was denied.
    :raises ChallengeRequired: nobody approved it within push_timeout seconds.
    """
    deadline = time.monotonic() + options["push_timeout"]
    notify_at = time.monotonic()
    while (left := deadline - time.monotonic()) > 0:
        if time.monotonic() >= notify_at:
            notify(challenge.notice(options, server=http.server, left=left))
            notify_at += _NOTIFY_EVERY
        time.sleep(min(options["push_interval"], left))
        response = _poll(challenge, http)
        if response is not None:
            return response
    raise challenge.required(f"Nobody approved the push within {options['push_timeout']} seconds. Start again, or raise push_timeout.", http.server)


def _poll(challenge: Challenge, http: Http) -> str | None:
    """Return the push's one-time answer; None while it is pending."""
    response = http.get(_PUSHPOLL, headers={"Content-Type": "application/json"}, params={"s": str(challenge.session)})
    if response.status != 200:
        hint = "It did not say whether the push is approved. Start again."
        problem = refusal(server=http.server, status=response.status, body=response.json_or_empty(), hint=hint, secrets=http.secrets)
        if response.status in (400, 401, 403, 404, 410):
            problem.details["error"] = EXPIRED
        raise problem
    state = response.json()
    answer = state.get("challenge_response")
    if state.get("status") == "success" and isinstance(answer, str) and answer:
        http.keep_secret(answer)
        return answer
    if state.get("status") == "pending":
        return None
    said = quotable(state.get("status"), http.secrets) or "no status"
    raise Refused(f"{http.server}: the push was not approved ({said}). Start again, or give otp with method ftm.", error=DENIED)
