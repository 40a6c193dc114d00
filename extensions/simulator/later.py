# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The products that a FortiCloud token opens: each takes it in its own field, and only from its own client.

Sources: FortiAnalyzer Cloud 7.6, "Cloud deployment" (the exchange of a token for a session); what the collections
fortinet.fortimanager 2.14, fortinet.fortios 2.5 and fortinet.fortisase 1.0 send; the public clients of FortiFlex and Asset Management.
The answers hold only what those clients read.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from .answers import Refused, answer, bearer, invalid_request, state
from .tokens import opaque

NO_PERMISSION = {"status": {"code": -11, "message": "No permission for the resource"}}
JSON_RPC_CLIENTS = ("FortiManager", "FortiAnalyzer")
SYSTEM = {"Version": "v7.4.3-build2487 240119 (GA)", "Hostname": "cloud", "Serial Number": "FMG-VM0000000000"}

later = Blueprint("later", __name__)


def _expect_client(*client_ids: str) -> None:
    """A token is for one portal: one for another client is none."""
    if bearer("fac").owner.client_id not in client_ids:
        raise Refused(401, "invalid_token", "The token is another client's.", counted=False)
    state().count("resource")


def _json() -> dict[str, Any]:
    """The body as a JSON object; `get_json` would ask for the Content-Type, which open_url's callers may leave out."""
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise invalid_request("The body must be a JSON object")
    return body


# FortiManager Cloud and FortiAnalyzer Cloud: the token is exchanged for a session, which goes into each body.


@later.post("/p/forticloud_jsonrpc_login/")
def exchange() -> Response:
    if "Authorization" in request.headers:
        raise invalid_request("This address takes no Authorization header")
    token = state().tokens.live(str(_json().get("access_token")), "fac")
    if token is None or token.owner.client_id not in JSON_RPC_CLIENTS:
        return answer({"result": [NO_PERMISSION]})
    session = state().note(opaque(128))
    state().sessions.add(session)
    return answer({"session": session})


@later.post("/jsonrpc")
def json_rpc() -> Response:
    body = _json()
    if "Authorization" in request.headers:  # a FortiManager behind something that takes the token
        bearer("fac")
    elif body.get("session") not in state().sessions:
        return answer({"id": body.get("id"), "result": [NO_PERMISSION]})
    state().count("resource")
    url = str(body["params"][0]["url"]).lstrip("/")
    if url == "sys/logout":
        state().sessions.discard(body.get("session"))
    data = {"data": SYSTEM} if url == "sys/status" else {}
    return answer({"id": body["id"], "result": [{**data, "status": {"code": 0, "message": "OK"}, "url": f"/{url}"}]})


# A FortiGate behind something that takes the token.


@later.get("/api/v2/monitor/system/status")
def fortigate_status() -> Response:
    bearer("fac")
    state().count("resource")
    about = {"http_method": "GET", "vdom": "root", "path": "system", "name": "status", "status": "success", "http_status": 200}
    return answer({**about, "serial": "FGVM000000000000", "version": "v7.4.3", "build": 2573, "results": {"model_name": "FortiGate"}})


# FortiSASE.


@later.get("/resource-api/v2/network/hosts")
def sase_hosts() -> Response:
    _expect_client("FortiSASE")
    return answer({"code": 200, "data": [{"primaryKey": "all", "type": "ipmask", "subnet": "0.0.0.0/0"}]})


# FortiFlex and Asset Management: 200 whatever happens; the truth is in the body.


def _support(client_id: str, **good: Any) -> Response:
    scheme, _space, value = request.headers.get("Authorization", "").partition(" ")
    token = state().tokens.live(value, "fac") if scheme == "Bearer" else None
    if token is None or token.owner.client_id != client_id:
        return answer({"status": -1, "message": "Invalid security token.", "error": {"errorCode": 401}})
    state().count("resource")
    return answer({"status": 0, "message": "Request processed successfully.", "error": None, **good})


@later.post("/ES/api/fortiflex/v2/programs/list")
def flex_programs() -> Response:
    return _support("flexvm", programs=[{"programSerialNumber": "ELAVMR0000000000", "hasSupportCoverage": True}])


@later.post("/ES/api/registration/v3/products/list")
def assets() -> Response:
    if not {"serialNumber", "expireBefore"} & set(_json()):
        return answer({"status": -1, "message": "serialNumber or expireBefore is missing", "error": {"errorCode": 400}})
    return _support("assetmanagement", assets=[{"serialNumber": "FGVM000000000000", "productModel": "FortiGate VM"}])
