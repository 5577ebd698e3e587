"""Servers for as long as they are needed: a lease ends with its block, and with its process."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from tools.servers.kinds import kinds_to_start

CHECKOUT = Path(__file__).resolve().parents[2]
# Names the servers that `start` left behind; their keeper keeps them while this file is here.
STATE = CHECKOUT / ".cache" / "servers.json"
KEEPER = (sys.executable, "-m", "tools.servers.keeper")


class ServersError(Exception):
    """A server cannot be had; the message is for the person."""


@contextlib.contextmanager
def running() -> Iterator[dict[str, str]]:
    """Find or start the servers that the environment asks for and does not name itself.

    Yields:
        The variables that name them.

    Raises:
        ServersError: one of them cannot be had.
    """
    left = left_running()
    kinds = kinds_to_start(left | os.environ)
    if not kinds:
        yield left
        return
    # Its input is ours alone: it closes when we end, in whatever way that is.
    keeper = _spawn([*KEEPER, *kinds], subprocess.PIPE)
    try:
        yield left | _urls(keeper)
    finally:
        keeper.communicate()


def leave_running() -> dict[str, str]:
    """Start servers that stay until `end()`; return the variables that name them."""
    left = left_running()
    kinds = kinds_to_start(left | os.environ)
    if not kinds:
        return left
    end()
    STATE.parent.mkdir(exist_ok=True)
    STATE.touch(mode=0o600)
    try:
        urls = _urls(_spawn([*KEEPER, "--while", str(STATE), *kinds], subprocess.DEVNULL))
    except ServersError:
        STATE.unlink()
        raise
    STATE.write_text(json.dumps(urls), encoding="utf-8")
    return urls


def left_running() -> dict[str, str]:
    """Return the variables that name the servers left running, if there are any and they still answer."""
    try:
        urls: dict[str, str] = json.loads(STATE.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return urls if all(_listens(url) for url in urls.values()) else {}


def end() -> bool:
    """End the servers left running; tell whether there were any."""
    urls: Mapping[str, str] = left_running()
    STATE.unlink(missing_ok=True)
    deadline = time.monotonic() + 30
    while any(_listens(url) for url in urls.values()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return bool(urls)


def _spawn(command: list[str], stdin: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, cwd=CHECKOUT, stdin=stdin, stdout=subprocess.PIPE, start_new_session=True)


def _urls(keeper: subprocess.Popen[bytes]) -> dict[str, str]:
    assert keeper.stdout is not None
    with keeper.stdout as said:
        line = said.readline()
    answer = json.loads(line or '{"error": "The keeper of the servers ended without a word."}')
    if "error" in answer:
        raise ServersError(answer["error"])
    urls: dict[str, str] = answer["urls"]
    return urls


def _listens(url: str) -> bool:
    parts = urlsplit(url)
    with contextlib.suppress(OSError), socket.create_connection((str(parts.hostname), parts.port or 0), 2):
        return True
    return False
