"""Throwaway PostgreSQL and MariaDB servers: for one command, or from `start` until `stop`."""

import argparse
import os
import shlex
import signal
import subprocess
import sys

from tools.servers.lease import ServersError, end, leave_running, running


def main() -> int:
    """Start, stop, or run a command."""
    parser = argparse.ArgumentParser(prog="python -m tools.servers", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("start", help="start servers; print the variables that name them, for `eval`")
    verbs.add_parser("stop", help="stop what `start` started")
    run = verbs.add_parser("run", help="run a command with servers, and stop them after it")
    run.add_argument("command", nargs="+")
    asked = parser.parse_args()
    try:
        if asked.verb == "run":
            return _run(asked.command)
        return _start() if asked.verb == "start" else _stop()
    except (ServersError, ValueError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1


def _start() -> int:
    for variable, url in leave_running().items():
        print(f"export {variable}={shlex.quote(url)}")
    return 0


def _stop() -> int:
    print("Stopped." if end() else "No servers were running.", file=sys.stderr)
    return 0


def _run(command: list[str]) -> int:
    with running() as urls:
        child = subprocess.Popen(command, env=os.environ | urls)
        # The terminal sends Ctrl-C to the command as well; we stay until it has ended in its own way.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        rc = child.wait()
    return rc if rc >= 0 else 128 - rc


if __name__ == "__main__":
    sys.exit(main())
