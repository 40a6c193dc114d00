# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API: who may come in, lists with filters, resources, and what belongs to a resource."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from .checks import Refused, Values, check_survey
from .kinds import KINDS
from .resources import Resources

PAGE_SIZE = 25


class Api:
    """The API of one AWX, under the path of AWX and under that of Automation Platform."""

    def __init__(self, resources: Resources, user: str, password: str) -> None:
        self.resources, self.user, self.password = resources, user, password
        self.tokens: dict[int, str] = {}
        self.makes_tokens = True  # for user and password; builds of AWX since December 2024 and Automation Platform do not
        self.issued: list[str] = []
        self.requests: list[tuple[str, str]] = []
        self.app = Flask(__name__)
        self._lock = threading.Lock()
        for root in ("/api/v2/", "/api/controller/v2/"):
            self.app.register_blueprint(self._blueprint(), url_prefix=root, name=root.strip("/").replace("/", "-"))
        self.app.before_request(self._come_in)
        self.app.after_request(self._signed)
        self.app.register_error_handler(Refused, lambda problem: (jsonify(problem.body), problem.status))
        self.app.register_error_handler(HTTPException, lambda problem: (jsonify(detail=problem.name), problem.code))

    def _blueprint(self) -> Blueprint:
        routes: list[tuple[str, str, Callable[..., Any]]] = [
            ("POST", "/tokens/", self._new_token),
            ("DELETE", "/tokens/<int:number>/", self._end_token),
            ("GET", "/<kind>/", self._list),
            ("POST", "/<kind>/", self._create),
            ("GET", "/<kind>/<int:number>/", self._show),
            ("GET", "/<kind>/<named_url>/", self._show_named),
            ("PATCH", "/<kind>/<int:number>/", self._change),
            ("POST", "/projects/<int:number>/update/", self._update),
            ("GET", "/job_templates/<int:number>/survey_spec/", self._survey),
            ("POST", "/job_templates/<int:number>/survey_spec/", self._new_survey),
            ("GET", "/<kind>/<int:number>/<name>/", self._sublist),
            ("POST", "/<kind>/<int:number>/<name>/", self._associate),
        ]
        blueprint = Blueprint("api", __name__)
        for method, rule, view in routes:
            blueprint.add_url_rule(rule, f"{method} {rule}".replace(".", ""), self._locked(view), methods=[method])
        return blueprint

    def _locked(self, view: Callable[..., Any]) -> Callable[..., Any]:
        def one_at_a_time(**names: Any) -> Any:
            if names.get("kind", "projects") not in KINDS:
                raise Refused(404, detail="The requested resource could not be found.")
            with self._lock:
                return view(**names)

        return one_at_a_time

    def _come_in(self) -> None:
        self.requests.append((request.method, request.full_path.rstrip("?")))
        given = request.authorization
        if "/tokens/" in request.path:
            if not self.makes_tokens:
                raise Refused(404, detail="The requested resource could not be found.")
            known = given is not None and (given.username, given.password) == (self.user, self.password)
        else:
            known = given is not None and given.type == "bearer" and given.token in self.tokens.values()
        if not known:
            raise Refused(401, detail="Authentication credentials were not provided.")

    def _signed(self, response: Response) -> Response:
        product = "Red Hat Ansible Automation Platform" if "/controller/" in request.path else "AWX"
        response.headers.extend({"X-API-Product-Name": product, "X-API-Product-Version": "24.6.1"})
        return response

    @property
    def _root(self) -> str:
        return request.path[: request.path.index("/v2/") + 4]

    def new_token(self) -> tuple[int, str]:
        """Make a token that lets somebody in; return its number too."""
        self.issued.append(secrets.token_urlsafe(24))
        self.tokens[len(self.issued)] = self.issued[-1]
        return len(self.issued), self.issued[-1]

    def _new_token(self) -> Any:
        number, token = self.new_token()
        return {"id": number, "token": token}, 201

    def _end_token(self, number: int) -> Any:
        self.tokens.pop(number)
        return "", 204

    def _shown(self, kind: str, resource: Values) -> Values:
        return self.resources.shown(kind, resource, self._root)

    def _page(self, kind: str, resources: list[Values], query: dict[str, str]) -> Values:
        page = int(query.pop("page", 1))
        start, end = (page - 1) * PAGE_SIZE, page * PAGE_SIZE
        following = f"{request.path}?{urlencode({**query, 'page': page + 1})}" if end < len(resources) else None
        return {"count": len(resources), "next": following, "previous": None, "results": [self._shown(kind, resource) for resource in resources[start:end]]}

    def _list(self, kind: str) -> Any:
        query = request.args.to_dict()
        wanted = {name: value for name, value in query.items() if name != "page"}
        for name in wanted:
            if name.removeprefix("or__") not in {"id", *KINDS[kind].fields}:
                raise Refused(400, detail=f"{KINDS[kind].type} has no field named '{name}'")
        return self._page(kind, [resource for resource in self.resources.all(kind) if _matches(resource, wanted)], query)

    def _create(self, kind: str) -> Any:
        return self._shown(kind, self.resources.create(kind, request.get_json())), 201

    def _show(self, kind: str, number: int) -> Any:
        resource = self.resources.one(kind, number)
        if kind == "project_updates":
            self.resources.proceed(resource)
        return self._shown(kind, resource)

    def _show_named(self, kind: str, named_url: str) -> Any:
        for resource in self.resources.all(kind):
            if named_url == self.resources.named_url(kind, resource):
                return self._shown(kind, resource)
        raise Refused(404, detail="Not found.")

    def _update(self, number: int) -> Any:
        update = self.resources.update(self.resources.one("projects", number))
        return self._shown("project_updates", update), 202

    def _change(self, kind: str, number: int) -> Any:
        return self._shown(kind, self.resources.change(kind, number, request.get_json()))

    def _survey(self, number: int) -> Any:
        self.resources.one("job_templates", number)
        return self.resources.surveys.get(number, {})

    def _new_survey(self, number: int) -> Any:
        self.resources.one("job_templates", number)
        check_survey(request.get_json())
        self.resources.surveys[number] = request.get_json()
        return {}

    def _sublist(self, kind: str, number: int, name: str) -> Any:
        listed = self._listed(kind, number, name)
        return self._page(name, [self.resources.one(name, other) for other in listed], request.args.to_dict())

    def _associate(self, kind: str, number: int, name: str) -> Any:
        given, listed = request.get_json(), self._listed(kind, number, name)
        other = self.resources.one(name, given["id"])
        if given.get("disassociate"):
            listed.remove(other["id"])
        elif any(self.resources.one(name, known)["credential_type"] == other["credential_type"] for known in listed):
            raise Refused(400, error="Cannot assign multiple credentials of one type.")
        else:
            listed.append(other["id"])
        return "", 204

    def _listed(self, kind: str, number: int, name: str) -> list[int]:
        if name not in KINDS[kind].lists:
            raise Refused(404, detail="The requested resource could not be found.")
        return self.resources.listed(kind, number, name)


def _matches(resource: Values, wanted: dict[str, str]) -> bool:
    either = [str(resource[name.removeprefix("or__")]) == value for name, value in wanted.items() if name.startswith("or__")]
    return all(str(resource[name]) == value for name, value in wanted.items() if not name.startswith("or__")) and (not either or any(either))
