# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""The steps of an examination: what was seen, how long it took, and what is left out once one has failed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError

Step = dict[str, Any]
NAMES = ("options", "name", "connection", "certificate", "clock", "service", "login", "cache")


class Problem(Exception):
    """A step has failed. The message says what was seen and what to do."""


class Skipped(Exception):
    """A step is left out. The message says why."""


class Steps:
    """Takes one step after the other, and shows each as it ends."""

    def __init__(self, tell: Callable[[Step], None]) -> None:
        """:arg tell: is called with each step: its name (C(step)), C(state), C(detail) and C(seconds)."""
        self.taken: list[Step] = []
        self._tell = tell

    def take(self, name: str, look: Callable[[], str], *, after: tuple[str, ...] = ()) -> None:
        """Take a step.

        :arg look: returns what it saw.
        :arg after: the steps that this one needs. If one of them failed, this one is left out.
        """
        broken = next((step["step"] for step in self.taken if step["step"] in after and step["state"] == "failed"), None)
        if broken:
            self.leave_out(name, because=broken)
            return
        started = time.monotonic()
        try:
            state, detail = "ok", look()
        except Skipped as exc:
            state, detail = "skipped", str(exc)
        except (Problem, FortiError) as exc:
            state, detail = "failed", str(exc)
        except Exception as exc:  # pylint: disable=broad-except  # the other steps may still tell; its text may quote a secret
            state, detail = "failed", f"This step could not be taken ({type(exc).__name__}). Report it as a bug."
        self._ended(name, state, detail, time.monotonic() - started)

    def leave_out(self, name: str, *, because: str) -> None:
        """Leave a step out, because another step has failed."""
        self._ended(name, "skipped", f"left out, because the step {because} failed", 0.0)

    def _ended(self, name: str, state: str, detail: str, seconds: float) -> None:
        step = {"step": name, "state": state, "detail": detail, "seconds": round(seconds, 3)}
        self.taken.append(step)
        self._tell(step)

    @property
    def healthy(self) -> bool:
        """Whether no step has failed."""
        return all(step["state"] != "failed" for step in self.taken)

    @property
    def summary(self) -> str:
        """What failed, and what to do; or that nothing failed."""
        return next((step["detail"] for step in self.taken if step["state"] == "failed"), "No step failed.")


def line(step: Step) -> str:
    """Return a step as a person reads it: state, step, what was seen, seconds."""
    return f"{step['state']:<8}{step['step']:<12}{step['detail']} ({step['seconds']:.2f} s)"
