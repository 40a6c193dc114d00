# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The images: a base out of Debian's packages, and on it the collection's sample of an execution environment."""

from __future__ import annotations

import json
import pathlib
import re
import shlex
import tempfile
from typing import Any

import yaml

from tests.ee import pip_settings
from tests.ee.podman import Failed, Podman, mirror
from tests.tools.build import ROOT, build

BASE = "localhost/forti-oauth/base:bookworm"
IMAGE = "localhost/forti-oauth/sample:latest"
SAMPLE = ROOT / "playbooks" / "files" / "execution-environment.yml"
_DEBIAN = "localhost/forti-oauth/debian:bookworm"
_PACKAGES = "ca-certificates,python3,python3-pip,python3-venv"
# What a base image of AWX has too.
_CONTAINERFILE = f"""
FROM {_DEBIAN}
ENV PIP_BREAK_SYSTEM_PACKAGES=1
RUN python3 -m pip install --no-cache-dir ansible-core ansible-runner
"""


def make_base(podman: Podman) -> None:
    """Make the base image: Debian with Python, ansible-core and ansible-runner.

    :raises Failed: a command failed.
    """
    if not podman.has(_DEBIAN):
        _import_debian(podman)
    with tempfile.TemporaryDirectory() as context, pip_settings.settings() as pip:
        pathlib.Path(context, "Containerfile").write_text(_CONTAINERFILE)
        podman.run("podman", "build", "--volume", _mounted(pip), "--tag", BASE, context)


def _import_debian(podman: Podman) -> None:
    with tempfile.TemporaryDirectory(dir=podman.folder) as name:
        root, archive = f"{name}/root", f"{name}/root.tar"
        try:
            podman.run("debootstrap", "--variant=minbase", f"--include={_PACKAGES}", "bookworm", root, str(mirror()), **_proxies(podman))
            podman.run("tar", "--create", "--file", archive, "--one-file-system", "--exclude=./var/cache/apt/archives/*.deb", "--directory", root, ".")
        finally:
            podman.run("rm", "--recursive", "--force", "--one-file-system", root)
        podman.run("podman", "import", archive, _DEBIAN)


def _proxies(podman: Podman) -> dict[str, str]:
    """Return apt's proxies, as variables for the program that fetches packages."""
    shown = podman.run("apt-config", "shell", "http_proxy", "Acquire::http::Proxy", "https_proxy", "Acquire::https::Proxy")
    return dict(word.split("=", 1) for word in shlex.split(shown))


def build_sample(podman: Podman) -> None:
    """Build the sample with ansible-builder, out of a collection that is built here.

    :raises Failed: a command failed.
    """
    with tempfile.TemporaryDirectory() as name, pip_settings.settings() as pip:
        folder = pathlib.Path(name)
        definition = folder / SAMPLE.name
        definition.write_text(yaml.safe_dump(definition_for(build(folder / "artifact"))))
        # PKGMGR_PRESERVE_CACHE: without it the builder's scripts end with dnf, which Debian has not.
        mounted = f"--extra-build-cli-args=--volume={shlex.quote(_mounted(pip))}"
        arguments = ["--no-cache", "--prune-images", "-v3", "--build-arg", "PKGMGR_PRESERVE_CACHE=always", mounted]
        podman.run("ansible-builder", "build", "--file", str(definition), "--context", str(folder / "context"), "--tag", IMAGE, *arguments)


def definition_for(artifact: pathlib.Path) -> dict[str, Any]:
    """Return the sample's definition with what must differ here: the base, and where the collection comes from."""
    definition: dict[str, Any] = yaml.safe_load(SAMPLE.read_text())
    definition["images"]["base_image"]["name"] = BASE
    definition["dependencies"]["galaxy"]["collections"] = [{"name": artifact.name, "type": "file"}]
    definition["additional_build_files"] = [{"src": str(artifact), "dest": "."}]
    definition["options"] = {"skip_pip_install": True}  # Debian's pip is there, and Debian's Python cannot install another one
    return definition


def looked_into(podman: Podman) -> dict[str, Any]:
    """Return what is in the image, as tests/ee/inside.py tells it, and its C(size) in MB.

    :raises Failed: a module of the collection is not compiled as the sample's last step does it.
    """
    script = (pathlib.Path(__file__).parent / "inside.py").read_text()
    found: dict[str, Any] = json.loads(podman.run("podman", "run", "--rm", "--entrypoint=", IMAGE, "/usr/bin/python3", "-c", script))
    if found["not_compiled"]:
        raise Failed(f"not compiled, or not with a checked hash: {', '.join(found['not_compiled'])}")
    size = podman.run("podman", "image", "inspect", "--format", "{{.Size}}", IMAGE)
    return {**found, "size": int(re.sub(r"\D", "", size)) // 10**6}


def _mounted(pip: pathlib.Path) -> str:
    return f"{pip}:{pip_settings.PLACE}:ro"
