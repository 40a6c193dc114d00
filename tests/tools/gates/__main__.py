# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Try all that the collection has to pass before it is published: python -m tests.tools.gates [--strict] [NAME ...]

--strict: a gate that cannot be tried here counts as a failure, but for those in MAY_BE_ABSENT.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.tools.gates import ecosystem, own, style
from tests.tools.gates.bench import Bench, Failed, NotTried, tools
from tests.tools.table import Row, closing, table

# The slow ones first: two run at a time.
GATES: dict[str, Callable[[Bench], None]] = {
    **{f"sanity-{version}": ecosystem.sanity(version) for version in ("2.16", "2.17", "2.18", "2.19", "2.20", "2.21")},
    "sanity-2.22": ecosystem.sanity("2.22", "--skip-test", "pylint", note="without pylint: it wants a library that is in no registry"),
    **{f"integration-{version}": ecosystem.targets(version) for version in ("2.18", "2.21")},
    "galaxy-importer": ecosystem.galaxy_importer,
    "ansible-lint": ecosystem.ansible_lint,
    "docs-lint": ecosystem.docs_lint,
    "docs": ecosystem.docs,
    "changelog": ecosystem.changelog,
    "types": style.types,
    "lint": style.lint,
    "format": style.layout,
    "yamllint": style.yaml_files,
    "spelling": style.spelling,
    "workflows": style.workflows,
    "licences": style.licences,
    "chaos": own.chaos,
    "action-groups": own.action_groups,
    "artifact": own.contents,
}
MAY_BE_ABSENT: set[str] = set()
_LINES_OF_A_LOG = 60


def main(arguments: list[str]) -> int:
    """Try the gates with these names, or all; return 0 if none is shut."""
    names = [name for name in arguments if name != "--strict"] or list(GATES)
    unknown = [name for name in names if name not in GATES]
    if unknown:
        print(f"No such gate: {', '.join(unknown)}. There are: {', '.join(GATES)}")
        return 2
    print("Tools ...", flush=True)
    tools()
    with ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        rows = list(pool.map(_try, names))
    print("\n" + table(("gate", "version", "verdict", "seconds", ""), rows))
    print(closing("gates", rows))
    good = [row for row in rows if row.passed or (row.verdict == "not tried" and ("--strict" not in arguments or row.name in MAY_BE_ABSENT))]
    return 0 if good == rows else 1


def _try(name: str) -> Row:
    started = time.monotonic()
    bench = Bench(name)
    verdict = "passed"
    try:
        GATES[name](bench)
    except NotTried as problem:
        verdict, bench.note = "not tried", str(problem)
    except Failed as problem:
        verdict, bench.note = "FAILED", str(problem)
        log = bench.log.read_text().splitlines()[-_LINES_OF_A_LOG:]
        print("\n".join([f"--- {name}: the end of {bench.log}", *log, f"--- {name}: {problem}"]))
    row = Row(name, bench.version, verdict, time.monotonic() - started, bench.note)
    print(f"{name}: {verdict}", flush=True)
    return row


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
