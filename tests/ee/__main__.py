# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the collection's sample of an execution environment, and run its sample job there as AWX does. No registry of images is asked.

python -m tests.ee     some two minutes, half a minute once the base image is there
"""

from __future__ import annotations

import contextlib
import pathlib
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

from extensions.simulator import Simulator
from tests.ee import image, job
from tests.ee.podman import Failed, Podman, why_not
from tests.tools.venvs import WORK


def main() -> int:
    """Run it; return 0 if all went well, or if this machine cannot do it."""
    reason = why_not()
    if reason:
        print(f"Skipped: {reason}.")
        return 0
    try:
        podman = Podman(WORK / "ee")
        built = _built(podman)
        done = _job(podman)
    except Failed as problem:
        print(f"failed\n{problem}")
        return 1
    print("\n".join(["", *built, *done]))
    return 0


def _built(podman: Podman) -> list[str]:
    with _step("Base image, out of Debian's packages"):
        image.make_base(podman)
    with _step(f"Image, out of {image.SAMPLE.name}"):
        image.build_sample(podman)
    with _step("A look into the image"):
        return _lines(image.looked_into(podman))


def _lines(found: dict[str, Any]) -> list[str]:
    packages = ", ".join(f"{name} {version}" for name, version in found["packages"].items())
    return [
        f"Image {image.IMAGE}, {found['size']} MB: Python {found['python']}, {packages}",
        f"forti.oauth {found['collection']} in it: {found['modules']} files of Python, all compiled with a checked hash",
    ]


def _job(podman: Podman) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="forti_oauth_ee_") as folder, Simulator() as sim:
        prepared = job.prepared(sim, pathlib.Path(folder) / "job")
        with _step("The sample job, in the image"):
            printed = job.run(podman, prepared)
            lines = job.look_at(prepared, sim)
        with _step("The search for secrets"):
            searched = job.search(prepared, sim, printed)
        green = f"The job is green: one login for each service, {len(prepared.events())} events, no secret in {searched} texts. Its output says:"
        return [green, *(f"  {line}" for line in lines)]


@contextlib.contextmanager
def _step(title: str) -> Iterator[None]:
    """Print what is done, and then how long it took."""
    print(f"{title} ... ", end="", flush=True)
    started = time.monotonic()
    yield
    print(f"{time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
