"""The process that the servers belong to: it starts them, waits for the end of their reason, and ends them.

`python -m tools.servers.keeper [--while FILE] KIND...` says on stdout, in one line of JSON, where the servers
are, or in one sentence why they are not. Its reason ends when its input does, or when the file is gone.
"""

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from tools import debian
from tools.debian import NotToBeHadError
from tools.servers import mariadb, postgresql
from tools.servers.kinds import STARTED, url_variable
from tools.servers.recipe import Programs
from tools.servers.server import Server, folder_open_to_all

MODULES: dict[str, ModuleType] = {"postgresql": postgresql, "mariadb": mariadb}
TRIES = 3


def main() -> int:
    """Keep servers until there is no reason to."""
    parser = argparse.ArgumentParser(prog="python -m tools.servers.keeper")
    parser.add_argument("kinds", nargs="+", choices=STARTED, metavar="KIND")
    parser.add_argument("--while", dest="file", type=Path)
    asked = parser.parse_args()
    # Ctrl-C is for the run, which will close our input when it has ended; only that ends the servers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    folder = Path(tempfile.mkdtemp(prefix="whimbrel-", dir=folder_open_to_all()))
    servers: list[Server] = []
    try:
        folder.chmod(0o755)
        _start(asked.kinds, folder, servers)
        _answer({"urls": {url_variable(server.kind): server.recipe.url for server in servers}})
        _wait(asked.file)
    except NotToBeHadError as error:
        _answer({"error": str(error)})
        return 1
    finally:
        for server in servers:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _answer(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)
    # Whoever reads either stream to its end must not wait for ours.
    for stream in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)


def _wait(file: Path | None) -> None:
    if file is None:
        sys.stdin.buffer.read()
        return
    while file.exists():
        time.sleep(0.2)


def _start(kinds: list[str], folder: Path, servers: list[Server]) -> None:
    """Start a server of each kind; `servers` holds them all, also when one of them fails."""
    programs = {kind: _programs(kind) for kind in kinds}
    for attempt in range(1, TRIES + 1):
        servers[:] = [Server(kind, programs[kind], folder / f"{kind}-{attempt}") for kind in kinds]
        # Each mostly waits for itself, so they are all begun before any is waited for.
        for server in servers:
            server.initialise()
        failed = [server for server in servers if not server.finish()]
        if not failed:
            for server in servers:
                server.serve()
            failed = [server for server in servers if not server.becomes_ready()]
        if not failed:
            return
        for server in servers:  # and again: another program may have taken the port meanwhile
            server.stop()
    raise NotToBeHadError(f"{MODULES[failed[0].kind].NAME} does not start: {failed[0].last_words()}")


def _programs(kind: str) -> Programs:
    module = MODULES[kind]
    try:
        found: Programs | None = None if debian.only_unpacked() else module.find(debian.INSTALLED)
        found = found or module.find(debian.provide(module.packages()))
    except NotToBeHadError as error:
        raise NotToBeHadError(
            f"No {module.NAME} server can be had: {error} Install one, or name one of yours in "
            f"{url_variable(kind)}, or leave it out with WHIMBREL_TEST_BACKENDS."
        ) from error
    if found is None:
        needed = ".".join(map(str, module.NEEDED))
        raise NotToBeHadError(
            f"The {module.NAME} of this distribution is older than {needed}; name a newer one in {url_variable(kind)}."
        )
    return found


if __name__ == "__main__":
    sys.exit(main())
