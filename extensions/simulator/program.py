# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator as a program, which serves until Ctrl-C."""

from __future__ import annotations

import argparse
import errno
import json
import os
import signal
import sys
import threading
from pathlib import Path

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


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulator", description=DESCRIPTION)
    parser.add_argument("--port", type=int, default=0, help="of the API, such as 8443; without it any free one")
    parser.add_argument(
        "--directory",
        type=Path,
        default=_cache(),
        help="where its CA is kept, simulator.json, which tells where it is, and examples.yml, the variables of the guides' examples; %(default)s",
    )
    parser.add_argument("--control-port", type=int, default=0, help="of the control page; without it any free one")
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
    (directory / EXAMPLES).write_text(json.dumps(variables(), indent=2) + "\n", encoding="utf-8")
    draft = directory / f".simulator.json.{os.getpid()}"
    draft.write_text(json.dumps(facts) + "\n", encoding="utf-8")
    draft.replace(directory / "simulator.json")


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
    simulator = Simulator(chosen.directory, chosen.port, chosen.control_port, **settings)
    try:
        simulator.start()
    except (OSError, ValueError) as problem:
        taken = " Give another --port, or leave it out for any free one." if isinstance(problem, OSError) and problem.errno == errno.EADDRINUSE else ""
        print(f"The simulator cannot start: {problem}.{taken}", file=sys.stderr)
        return 1
    # Before the file says "ready": whoever reads it may end the program at once.
    end = end_on_signals()
    if chosen.until_eof:
        end_on_eof(end)
    announce(simulator, chosen.directory)
    print(welcome(simulator), flush=True)
    end.wait()
    simulator.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
