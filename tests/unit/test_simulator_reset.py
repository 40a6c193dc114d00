# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A request that a fault delays beyond a reset is not carried out: it belongs to a test that is over."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from extensions.simulator import Simulator


TOKEN = "/api/v1/oauth/token/"
WRONG = {"grant_type": "password", "client_id": "ansible", "username": "luser1", "password": "not-the-password-4711"}


def ask(sim: Simulator) -> None:
    with pytest.raises(requests.ConnectionError):
        requests.post(sim.url + TOKEN, json=WRONG, verify=sim.ca, timeout=30)


@pytest.mark.parametrize("by", ["a fault", "the latency"])
def test_a_delayed_request_does_not_reach_the_next_test(sim: Simulator, by: str) -> None:
    if by == "a fault":
        sim.fault(TOKEN, delay=1)
    else:
        sim.settings(latency=1.0)
    asker = threading.Thread(target=ask, args=(sim,))
    asker.start()
    while not sim.requests:
        time.sleep(0.01)
    sim.reset()
    asker.join()
    assert not sim.live_state.wrong_passwords
    assert sim.requests == []
