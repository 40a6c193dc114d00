# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the page "FortiCWP, FortiCNP and FortiCASB" says of FortiCASB: its own headers, and a map that names business units only."""

from __future__ import annotations

import json

from tests.integration.harness import PASSWORDS, Player
from tests.tools.guides import example

MAP = "/api/v1/resourceURLMap"
ALERTS = "/api/v1/alert/list"
UNIT = {"buId": 6384, "buName": "Example unit", "companyId": 2}


def test_the_headers_of_forticasb(play: Player) -> None:
    entry = {"resourceURL": play.sim.url, "roleId": 1, "username": "casb@example.com", "buMapSet": [UNIT]}
    play.sim.fault(MAP, status=200, content_type="application/json", body=json.dumps([entry]))
    tasks = example("guide_forticwp", "'service': 'Office365'").replace("www.forticasb.com", play.sim.host)
    play(tasks, variables={"vault_forticwp_credential": PASSWORDS["credential"]}, env={"SSL_CERT_FILE": str(play.sim.ca)})
    (call,) = (request for request in play.sim.requests if request["path"] == ALERTS)
    sent = {name.lower(): value for name, value in call["headers"].items()}
    assert call["status"] == 200
    assert {"companyid": "2", "roleid": "1", "buid": "6384", "service": "Office365", "timezone": "+0000"}.items() <= sent.items()
