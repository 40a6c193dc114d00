# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ansible-builder makes of the installed collection, and of the sample of an execution environment that is in it."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest
import yaml

pytest.importorskip("ansible_builder", reason="there is no ansible-builder on this machine: the execution environment was not tried")


def builder(*arguments: str, fails: bool = False) -> str:
    """Run ansible-builder; return what it printed."""
    program = str(pathlib.Path(sys.executable).parent / "ansible-builder")
    done = subprocess.run([program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert (done.returncode != 0) == fails, done.stdout
    return done.stdout


def test_the_collection_tells_what_it_needs(collections: pathlib.Path, tmp_path: pathlib.Path) -> None:
    builder("introspect", str(collections), "--write-pip", str(tmp_path / "pip"), "--write-bindep", str(tmp_path / "bindep"))
    # With the name of the collection that wants it, as a comment.
    assert [line.partition("#")[0].strip() for line in (tmp_path / "pip").read_text().splitlines()] == ["requests"]
    assert not (tmp_path / "bindep").exists()


def test_the_sample_is_a_definition_that_the_builder_takes(collections: pathlib.Path, tmp_path: pathlib.Path) -> None:
    sample = collections / "ansible_collections" / "forti" / "oauth" / "playbooks" / "files" / "execution-environment.yml"
    builder("create", "--file", str(sample), "--context", str(tmp_path / "context"), "--output-filename", "Containerfile")
    written = tmp_path / "context" / "_build"
    assert yaml.safe_load((written / "requirements.yml").read_text())["collections"][0]["name"].endswith("/forti.oauth.git")
    assert (written / "requirements.txt").read_text().split() == ["redis>=6"]
    last = (tmp_path / "context" / "Containerfile").read_text().rpartition("COPY --from=galaxy /usr/share/ansible /usr/share/ansible")[2]
    assert "RUN $PYCMD -m compileall -q --invalidation-mode checked-hash /usr/share/ansible/collections/ansible_collections/forti\n" in last
    wrong = tmp_path / "execution-environment.yml"
    wrong.write_text(sample.read_text().replace("dependencies:", "dependences:"))
    assert "dependences" in builder("create", "--file", str(wrong), "--context", str(tmp_path / "other"), fails=True)
