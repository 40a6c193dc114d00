# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The password of a Redis in the item of a loop, whatever is wrong with the URL."""

from __future__ import annotations

import re

import pytest

from tests.integration.harness import Player

WORDS = ["Hunt/er#2?Word", "Hunt@er&2-Word"]
URLS = ["redis-sentinel://:{}@h/svc", "valkey://:{}@h", "redis+cluster//:{}@h", "redis+cluster://:{}@127.0.0.1:1/?protocol=9"]
TASKS = """
- forti.oauth.token_store_info: {{cache: "{{{{ item }}}}"}}
  loop: {urls}
  ignore_errors: true
  register: whole
- forti.oauth.fac_oauth_token: {{username: luser1, password: Pass-Word-1, cache: "redis+sentinel://:{{{{ item.pw }}}}@127.0.0.1:1/svc"}}
  loop: {parts}
  ignore_errors: true
  register: parts
"""


def test_no_item_shows_it(play: Player) -> None:
    pytest.importorskip("redis", reason="it needs redis, which is not installed")
    urls = [url.format("Hunter-2-Word") for url in URLS]
    outcome = play(TASKS.format(urls=urls, parts=[{"pw": word} for word in WORDS]), keep="whole parts")
    results = [*outcome["whole"]["results"], *outcome["parts"]["results"]]
    assert [result["msg"] for result in results if not result["failed"] or not result["msg"].startswith("cache ")] == []
    shown = re.findall(r"(?:item=|\"item\": ).*", outcome.output)
    assert shown
    assert [line for line in shown for word in ("Hunter-2-Word", *WORDS) if word in line] == []
