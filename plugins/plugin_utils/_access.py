# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""How a token is got and ended, whoever asks: the action plugins and the lookups meet here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible import constants as C
from ansible.utils.display import Display
from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError
from ansible_collections.forti.oauth.plugins.module_utils._secrets import Unprinted
from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService
from ansible_collections.forti.oauth.plugins.plugin_utils._broker import Broker
from ansible_collections.forti.oauth.plugins.plugin_utils._kept import Asked, Request
from ansible_collections.forti.oauth.plugins.plugin_utils._once import once_for_all
from ansible_collections.forti.oauth.plugins.plugin_utils._shelf import Shelf
from ansible_collections.forti.oauth.plugins.plugin_utils._stores import shelves

Result = dict[str, Any]
Work = Callable[[Mapping[str, Any]], Result]  # options -> result of the module, wherever it runs

_display = Display()


def warn(message: str) -> None:
    """Show a warning; core shows the same text once in a run."""
    _display.warning(message)


def warn_each_time(message: str) -> None:
    """Show a warning, also where the same was shown before: a pause is one of several, and a person waits for each."""
    _display.display(f"[WARNING]: {message}", color=C.COLOR_WARN, stderr=True)  # type: ignore[attr-defined]


def tell(message: str) -> None:
    """Show a person what to do, at once: the display of a fork reaches the screen while the task runs."""
    _display.display(message)


def work_here(service: type[TokenService], options: Mapping[str, Any], *, check_mode: bool = False) -> Result:
    """Do the module's work in this process."""
    return service(options, warn=warn_each_time, tell=tell).perform(check_mode=check_mode)


def get_token(service: type[TokenService], options: Mapping[str, Any], work: Work, *, asker: str) -> Result:
    """Return a result with a good token: kept, or got by the work, once for all who ask.

    :arg asker: names the task, the same for all its hosts: with force they share one new token.
    """
    identity = service.identity(options)
    request = Request(
        identity=identity,
        once=service.once(options),
        min_validity=options["min_validity"],
        forced_by=asker if options["force"] else None,
        patience=service.patience(options),
        login=lambda: work(options),
        refresh=lambda refresh_token: work(Unprinted(options, grant_type="refresh_token", refresh_token=refresh_token)),
    )
    return _broker(service, options, identity).token(request)


def kept_token(service: type[TokenService], options: Mapping[str, Any]) -> Result | None:
    """Return a result with the token that get_token() has left in the run's store, and will find there; None where nothing is kept."""
    identity = service.identity(options)
    return _broker(service, options, identity).known(identity)


def end_token(service: type[TokenService], options: Mapping[str, Any], work: Work, *, check_mode: bool) -> Result:
    """End the token that is given, or the one that is kept for these options; return the task's result."""
    identity = service.identity(options)
    if not service.revokes:
        if not check_mode:
            _broker(service, options, identity).forget(identity)
        return {"changed": False, "server": options["server"]}
    access_token = options["access_token"]
    if access_token is None and options["cache"] == "none":
        raise OptionError("access_token is missing: with cache none no token is kept that could be revoked.")
    changed = _broker(service, options, identity).revoke(
        identity,
        access_token,
        patience=service.patience(options),
        end=lambda token: bool(work(Unprinted(options, access_token=token))["changed"]),
        only_look=check_mode,
    )
    return {"changed": changed, "server": options["server"]}


def read_once(service: type[TokenService], options: Mapping[str, Any], work: Work, *, asker: str) -> Result:
    """Return what the work reads with this access token, once for all of the run that ask for it.

    :arg asker: names the task, the same for all its hosts: with force they share a new answer.
    """
    run, _shared = shelves(options["cache"], warn=warn)
    asked = Asked(
        identity={"service": service.module, "server": options["server"], "access_token": options["access_token"]},
        forced_by=asker if options["force"] else None,
        patience=service.patience(options),
    )
    return once_for_all(asked, "answer", lambda: work(options), shelf=run)


def _broker(service: type[TokenService], options: Mapping[str, Any], identity: Mapping[str, str]) -> Broker:
    run, shared = shelves(options["cache"], warn=warn)
    if not service.has_secret(identity):
        shared = Shelf(None, warn=warn)
    return Broker(run=run, shared=shared, warn=warn)
