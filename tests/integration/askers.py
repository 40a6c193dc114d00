# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both modules and both lookups ask a server that does something wrong; many cases in one play.

Each case is held against what the user sees, the requests that were made, and the seconds that went by.
"""

from __future__ import annotations

import dataclasses
import itertools
import resource
from typing import Any

from tests.integration.harness import PASSWORDS, Outcome, Player

MOST_MEMORY = 200 * 1024  # KiB
ASKED = {"retries": 0, "cache": "none"}
SECRETS = {
    "fac_oauth_token": {"username": "luser1", "password": PASSWORDS["luser1"]},
    "forticwp_token": {"credential": PASSWORDS["credential"]},
}
# Each asker leaves its own result in a variable named after it and the case.
ASKERS = {
    "fac_module": "- {{forti.oauth.fac_oauth_token: '{{{{ fac_oauth_token[{case}] }}}}', register: fac_module_{case}, ignore_errors: true}}\n",
    "fac_lookup": (
        "- {{set_fact: {{x: \"{{{{ lookup('forti.oauth.fac_oauth_token', **fac_oauth_token[{case}]) }}}}\"}}, "
        "register: fac_lookup_{case}, ignore_errors: true}}\n"
    ),
    "cwp_module": "- {{forti.oauth.forticwp_token: '{{{{ forticwp_token[{case}] }}}}', register: cwp_module_{case}, ignore_errors: true}}\n",
    "cwp_lookup": (
        "- {{set_fact: {{x: \"{{{{ lookup('forti.oauth.forticwp_token', **forticwp_token[{case}]) }}}}\"}}, "
        "register: cwp_lookup_{case}, ignore_errors: true}}\n"
    ),
}
CLOCK = '- {{set_fact: {{at_{case}: "{{{{ now().timestamp() }}}}"}}}}\n'


@dataclasses.dataclass(frozen=True)
class Case:
    """What a server does, and what comes of it."""

    fault: dict[str, Any] | None  # what the simulator does; None where another server, or none, is asked
    says: str  # in the message
    cwp_says: str | None = None  # where that differs for FortiCWP
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    requests: int = 1  # of each asker
    seconds: float = 8  # for all four

    def says_to(self, asker: str) -> str:
        """Return what an asker is told."""
        return self.cwp_says if self.cwp_says and asker.startswith("cwp") else self.says


def ask(play: Player, cases: dict[str, Case], **how: Any) -> Outcome:
    """Let all four ask, case after case, and look at what came of each."""
    for case in cases.values():
        if case.fault is not None:
            play.sim.fault("*", **case.fault, times=case.requests * len(ASKERS))
    options = {name: [{**secret, **ASKED, **case.options} for case in cases.values()] for name, secret in SECRETS.items()}
    tasks = "".join(text.format(case=number) for number in range(len(cases)) for text in (CLOCK, *ASKERS.values())) + CLOCK.format(case=len(cases))
    kept = [f"at_{number}" for number in range(len(cases) + 1)]
    kept += [f"{asker}_{number}" for asker, number in itertools.product(ASKERS, range(len(cases)))]
    outcome = play(tasks, keep=" ".join(kept), variables=options, **how)
    for number, (name, case) in enumerate(cases.items()):
        _check(play, outcome, number, name, case)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < MOST_MEMORY
    return outcome


def _check(play: Player, outcome: Outcome, number: int, name: str, case: Case) -> None:
    began, ended = float(outcome[f"at_{number}"]), float(outcome[f"at_{number + 1}"])
    for asker in ASKERS:
        result = outcome[f"{asker}_{number}"]
        assert result["failed"], (name, asker)
        assert case.says_to(asker) in result["msg"], (name, asker, result["msg"])
        assert "\n" not in result["msg"] or asker.endswith("lookup"), (name, asker, result["msg"])
    asked = [request for request in play.sim.requests if began <= request["at"] < ended]
    assert len(asked) == case.requests * len(ASKERS) if case.fault else asked == [], (name, [request["path"] for request in asked])
    assert ended - began < case.seconds, (name, ended - began)
