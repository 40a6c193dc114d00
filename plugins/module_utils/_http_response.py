# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""A server's response. Nothing in it is trusted before it is checked."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import timezone
from email.utils import parsedate_to_datetime
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._errors import SUCCESS, BadResponse
from ansible_collections.forti.oauth.plugins.module_utils._foreign import parse_json


@dataclasses.dataclass(frozen=True)
class Response:
    """A server's response. C(sent_at) is the time at which the request was sent, in epoch seconds of this machine."""

    server: str
    status: int
    headers: Mapping[str, str] = dataclasses.field(repr=False)
    body: bytes = dataclasses.field(repr=False)
    sent_at: float
    repeated: bool = dataclasses.field(default=False, repr=False)  # whether an earlier try of the request may have arrived

    @property
    def is_success(self) -> bool:
        """Whether the status is a success. The vendor's pages list 200 and 201."""
        return self.status in SUCCESS

    @property
    def is_page(self) -> bool:
        """Whether the body is a web page."""
        return self.body.lstrip()[:1] == b"<"

    def json(self) -> dict[str, Any]:
        """Return the JSON object in the body. Its numbers may be infinite.

        :raises BadResponse: the body is not a JSON object. It is never quoted.
        """
        value = self._value(finite=False)
        if isinstance(value, dict):
            return value
        raise self.without("no JSON object")

    def json_list(self) -> list[Any]:
        """Return the JSON list in the body.

        :raises BadResponse: the body is not a JSON list. It is never quoted.
        """
        value = self._value(finite=True)
        if isinstance(value, list):
            return value
        raise self.without("no JSON list")

    def _value(self, *, finite: bool) -> Any:
        try:
            return parse_json(self.body, finite=finite)
        except ValueError:
            return None

    def without(self, wanted: str) -> BadResponse:
        """Return the error for an answer that does not hold what was wanted."""
        what = "an HTML page" if self.is_page else wanted if self.body else "nothing"
        return BadResponse(
            f"{self.server} answered {self.status} with {what}. Check that server is the token service, and not a proxy or a login page.",
            status=self.status,
        )

    def json_or_empty(self) -> dict[str, Any]:
        """Return the JSON object in the body of an error response; an empty dictionary if there is none."""
        try:
            return self.json()
        except BadResponse:
            return {}

    @property
    def server_time(self) -> float | None:
        """The server's own time in epoch seconds, from the Date header; None if it sent no valid one."""
        try:
            date = parsedate_to_datetime(self.headers["Date"])
            # HTTP dates are in UTC, also if the zone is missing; Python would assume the zone of this machine.
            return (date if date.tzinfo else date.replace(tzinfo=timezone.utc)).timestamp()
        except (KeyError, TypeError, ValueError, OverflowError):
            return None
