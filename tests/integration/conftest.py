# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures for plays: the collection as it is installed, the simulator, and one way to run a play and look at what it did."""

from __future__ import annotations

import pathlib
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from extensions.simulator import Simulator
from tests.integration.harness import Player
from tests.tools.build import install
from tests.tools.forks import once
from tests.tools.other_collections import fetch
from tests.tools.pythons import find
from tests.tools.redis_server import RedisServer, program
from tests.tools.venvs import venv


@pytest.fixture(scope="session")
def collections(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The folder into which the collection was built and installed, once for all workers."""
    return pathlib.Path(once(tmp_path_factory, "collections", lambda: str(install(tmp_path_factory.mktemp("collections")))))


@pytest.fixture
def play(collections: pathlib.Path, sim: Simulator, tmp_path: pathlib.Path) -> Player:
    """Runs plays against a simulator without a past."""
    return Player(collections, sim, tmp_path)


@pytest.fixture(scope="module")
def new_play(collections: pathlib.Path, simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Player]:
    """Makes what runs a play that several tests look at. What the simulator saw must be kept with it: another test resets the simulator."""

    def new() -> Player:
        simulator.reset()
        return Player(collections, simulator, tmp_path_factory.mktemp("play"))

    return new


@pytest.fixture(scope="session")
def bare_python39() -> str:
    """A Python 3.9 without requests."""
    python = find((3, 9), (3, 9))
    if python is None:
        pytest.skip("there is no Python 3.9 on this machine: the module side was not tried on it")
    return python


@pytest.fixture(scope="session")
def python39(bare_python39: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python 3.9 with requests, for the module side, made once for all workers."""
    return str(once(tmp_path_factory, "python39", lambda: str(venv("python39", ((3, 9),), ["requests"]) / "python")))


@pytest.fixture(scope="session")
def fortinet_collections() -> pathlib.Path:
    """The folder with the real collections of Fortinet's products, and what they need."""
    return _fetched("ansible.netcommon", "ansible.utils", "fortinet.fortimanager", "fortinet.fortios")


@pytest.fixture(scope="session")
def community_collections() -> pathlib.Path:
    """The folder with the real collections whose lookups read passwords from elsewhere."""
    return _fetched("community.general", "community.hashi_vault")


@pytest.fixture(scope="session")
def secret_libraries(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The programs of an environment with what these lookups import, made once for all workers; its keyring can be a file."""
    needed = ["hvac", "keyring", "keyrings.alt"]
    return pathlib.Path(once(tmp_path_factory, "secret_libraries", lambda: str(venv("secret-libraries", (sys.version_info[:2],), needed))))


@pytest.fixture(scope="session")
def awx_collection() -> pathlib.Path:
    """The folder with the real modules that set AWX up."""
    return _fetched("awx.awx")


def _fetched(*names: str) -> pathlib.Path:
    try:
        return fetch(list(names))
    except subprocess.CalledProcessError:
        pytest.skip(f"the package ansible cannot be downloaded here: not tried with {', '.join(names)}")


@pytest.fixture(scope="session")
def this_python() -> str:
    """The Python that runs the tests, which has requests."""
    return sys.executable


@pytest.fixture(scope="session")
def _redis_running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    if program() is None:
        pytest.skip("there is no redis-server on this machine: the Redis store was not tried")
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def redis_server(_redis_running: RedisServer) -> RedisServer:
    """A real Redis without keys."""
    _redis_running.flush()
    return _redis_running


@pytest.fixture
def full_disk(tmp_path: pathlib.Path) -> Iterator[pathlib.Path]:
    """A disk of 16 KiB that is full."""
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k,mode=0700", "tmpfs", str(folder)], capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a tmpfs: a full disk was not tried")
    (folder / "filler").write_bytes(b"x" * 16384)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
