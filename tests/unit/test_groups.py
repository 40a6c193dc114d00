# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tests of a group, which look at one and the same play, run on one worker."""

from __future__ import annotations

import pytest


@pytest.mark.xdist_group("one worker")
def test_a_group_reaches_the_scheduler(request: pytest.FixtureRequest) -> None:
    """If it does not, each worker runs the play of each group, and nothing fails: the tests only take long."""
    if not request.config.getoption("loadgroup", False):
        pytest.skip("the tests are not distributed by groups")
    assert request.node.nodeid.endswith("@one worker")
