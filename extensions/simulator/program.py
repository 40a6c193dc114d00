# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator as a program, which serves until Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from .authority import write
from .examples import variables
from .page import welcome
from .server import Simulator
from .settings import NAMES, Settings

EXAMPLES = "examples.yml"
DESCRIPTION = "Serve the APIs of a FortiAuthenticator and of FortiCWP on this machine, until Ctrl-C."


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "forti_oauth_simulator"


def setting(text: str) -> tuple[str, str]:
    name, _equals, value = text.partition("=")
    try:
        Settings().changed({name: value})
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None
    return name, value


def port(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**16:
        raise argparse.ArgumentTypeError(f"{number} is not a port")
    return number


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulator", description=DESCRIPTION)
    parser.add_argument("--port", type=port, default=0, help="of the API, such as 8443; without it any free one")
    parser.add_argument(
        "--directory",
        type=Path,
        default=_cache(),
        help="where its CA is kept, simulator.json, which tells where it is, and examples.yml, the variables of the guides' examples; %(default)s",
    )
    parser.add_argument("--control-port", type=port, default=0, help="of the control page; without it any free one")
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="wait before each answer")
    known = f"a setting, such as 'form_body=as seen'; may be repeated; there are {', '.join(NAMES)}"
    parser.add_argument("--set", type=setting, action="append", default=[], metavar="NAME=VALUE", help=known)
    parser.add_argument("--until-eof", action="store_true", help="end when the standard input is closed")
    return parser.parse_args()


def announce(simulator: Simulator, directory: Path) -> None:
    """Write the variables of the examples, then simulator.json, in one step: whoever waits for it never reads half a file."""
    facts = {
        "url": simulator.url,
        "host": simulator.host,
        "control": simulator.control,
        "ca": simulator.ca,
        "pid": os.getpid(),
    }
    write(directory / EXAMPLES, json.dumps(variables(), indent=2).encode() + b"\n")
    write(directory / "simulator.json", json.dumps(facts).encode() + b"\n")


@contextlib.contextmanager
def alone(directory: Path) -> Iterator[None]:
    """Hold the lock of the directory: another simulator there would overwrite what this one says of itself.

    :raises ValueError: another one holds it.
    """
    with open(os.open(directory / ".lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"another simulator runs with {directory}. Stop it, or give another --directory") from None
        yield


def end_on_signals() -> threading.Event:
    end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.set())
    return end


def end_on_eof(end: threading.Event) -> None:
    def read() -> None:
        # Not sys.stdin: a lock of its buffer, held by this thread, would spoil a clean exit.
        while os.read(0, 4096):
            pass
        end.set()

    threading.Thread(target=read, daemon=True).start()


def main() -> int:
    chosen = arguments()
    settings = {"latency": chosen.latency, **dict(chosen.set)}
    try:
        simulator = Simulator(chosen.directory, chosen.port, chosen.control_port, **settings)
        chosen.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with alone(chosen.directory):
            simulator.start()
            serve(simulator, chosen)
    except (OSError, ValueError) as problem:
        print(f"The simulator cannot start: {_reason(problem)}.", file=sys.stderr)
        return 1
    return 0


def serve(simulator: Simulator, chosen: argparse.Namespace) -> None:
    """Say that it is ready, and wait for its end."""
    # Before the file says "ready": whoever reads it may end the program at once.
    end = end_on_signals()
    if chosen.until_eof:
        end_on_eof(end)
    announce(simulator, chosen.directory)
    print(welcome(simulator), flush=True)
    end.wait()
    simulator.stop()


def _reason(problem: Exception) -> str:
    if isinstance(problem, OSError) and problem.errno == errno.EADDRINUSE:
        return f"{problem.strerror}. Give another --port or --control-port, or leave it out for any free one"
    return str(problem).rstrip(".")


if __name__ == "__main__":
    sys.exit(main())
