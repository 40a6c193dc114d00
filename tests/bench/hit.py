# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one hit costs by itself, by part, and what a first login costs beside a bare requests.post; a program of its own.

python hit.py SAMPLES    writes one line of JSON: microseconds, medians

It imports what ansible-playbook has imported when it forks, and measures each lookup in a fork of its own, as core does.
"""

from __future__ import annotations

import importlib
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from ansible import constants as C
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible.plugins.loader import action_loader, connection_loader, init_plugin_loader, lookup_loader
from ansible.template import Templar

for name in ("cli.playbook", "executor.playbook_executor", "executor.process.worker", "plugins.strategy.linear"):
    importlib.import_module(f"ansible.{name}")

OURS, ENV = "forti.oauth.fac_oauth_token", "ansible.builtin.env"
Times = dict[str, float]


class Watch:
    """Takes the time of the steps of something."""

    def __init__(self) -> None:
        self.steps: Times = {}
        self._since = time.perf_counter()

    def step(self, name: str) -> None:
        """A step has ended."""
        now = time.perf_counter()
        self.steps[name] = (now - self._since) * 1e6
        self._since = time.perf_counter()


def in_forks(work: Callable[[], Times], samples: int) -> Times:
    """Do it in so many forks, one after the other; return the median of each step."""
    context = multiprocessing.get_context("fork")
    seen: list[Times] = []
    for _sample in range(samples):
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=lambda pipe: pipe.send(work()), args=(there,))
        process.start()
        there.close()
        seen.append(here.recv())
        process.join()
    return medians(seen)


def medians(seen: list[Times]) -> Times:
    """Return the median of each step."""
    return {name: statistics.median(times[name] for times in seen) for name in seen[0]}


class Lookups:
    """Lookups as a template asks for them."""

    def __init__(self) -> None:
        self._loader = DataLoader()
        self._templar = Templar(self._loader, variables={})
        self._templar.template("{{ 1 }}")

    def get(self, name: str) -> Any:
        """Load a lookup."""
        return lookup_loader.get(name, loader=self._loader, templar=self._templar)

    def env(self) -> Times:
        """Core's own, for comparison."""
        watch = Watch()
        lookup = self.get(ENV)
        watch.step("load")
        lookup.run(["PLAIN"], variables={})
        watch.step("run")
        return watch.steps

    def ours(self) -> Times:
        """A hit, by part."""
        watch = Watch()
        lookup = self.get(OURS)
        watch.step("load")
        return {**watch.steps, **self._parts(lookup)}

    def ours_again(self) -> Times:
        """The second hit in one process: nothing is loaded any more."""
        lookup = self.get(OURS)
        self._parts(lookup)
        return self._parts(lookup)

    @staticmethod
    def _parts(lookup: Any) -> Times:
        from ansible_collections.forti.oauth.plugins.plugin_utils._cache import lookup_answers

        watch = Watch()
        answers = lookup._answers([], {}, {})
        watch.step("options")
        folder = answers._folder
        name, key = answers._derived(lookup_answers._read(os.path.join(folder, "generation")))
        watch.step("key")
        stored = lookup_answers._read(os.path.join(folder, "answers", f"{name}.token"))
        watch.step("read")
        answer = lookup_answers._decrypt(stored, name, key)
        watch.step("decrypt")
        if answer is None:
            raise SystemExit("this was not a hit")
        return watch.steps


def read_a_vault() -> bool:
    """Do once what a run does that has a vault, before it forks; from then on OpenSSL is ready in all forks."""
    vault = VaultLib([("default", VaultSecret(b"Vault-Word-1234"))])
    return bool(vault.decrypt(vault.encrypt(b"fac_oauth_password: x")))


def cold(samples: int) -> Times:
    """Compare a fetch, and a whole first use with options, locks and store, with a bare requests.post, in turn.

    It is processor time of this process, which the server is no part of.
    """
    import requests
    from ansible_collections.forti.oauth.plugins.module_utils._fac import FortiAuthenticator
    from ansible_collections.forti.oauth.plugins.plugin_utils._token_provider import TokenProvider, notify, warn

    url, ca = f"https://{os.environ['FAC_SERVER']}/api/v1/oauth/token/", os.environ["FAC_CA_PATH"]
    names = {"username": "FAC_USERNAME", "password": "FAC_PASSWORD", "client_id": "FAC_CLIENT_ID"}
    body = {"grant_type": "password", **{name: os.environ[variable] for name, variable in names.items()}}

    def bare() -> None:
        requests.post(url, json=body, verify=ca, timeout=30).json()

    def service() -> FortiAuthenticator:
        return FortiAuthenticator.from_options({}, explicit=(), warn=warn, notify=notify)

    prepared = service()

    def fetch() -> None:
        prepared.with_options().fetch()

    def ours() -> None:
        TokenProvider(service(), request_id="bench").get()

    seen: list[Times] = []
    for _sample in range(samples + 1):
        times: Times = {}
        for name, work in (("requests.post", bare), ("fetch", fetch), ("first use", ours)):
            with tempfile.TemporaryDirectory() as C.DEFAULT_LOCAL_TMP:
                since = time.process_time()
                work()
                times[name] = (time.process_time() - since) * 1e6
        seen.append(times)
    return medians(seen[1:])  # the first has imported and loaded


def main(samples: int) -> None:
    """Measure, and write it down."""
    init_plugin_loader([])
    action_loader.get("ansible.builtin.debug", class_only=True)
    connection_loader.get("local", class_only=True)
    lookups = Lookups()
    for _first in range(2):  # a login, and the first hit, which the others find
        in_forks(lambda: {"done": float(bool(lookups.get(OURS).run([], {})))}, 1)
    result = {
        "env": in_forks(lookups.env, samples),
        "hit": in_forks(lookups.ours, samples),
        "vault": in_forks(lookups.ours, samples) if read_a_vault() else {},
        "again": in_forks(lookups.ours_again, samples),
        "cold": in_forks(lambda: cold(samples), 1),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(int(sys.argv[1]))
