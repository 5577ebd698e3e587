"""Throwaway servers: they serve while they are needed, and are gone when the run is, however it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tools.servers import ServersError, lease
from tools.servers.kinds import kinds_to_start

SAY_WHERE = """
import json, os, sys
print(json.dumps({k: v for k, v in os.environ.items() if k.endswith("_URL")}), flush=True)
sys.stdin.read()
"""


@contextmanager
def a_run_with_servers(*kinds: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Run a command that stays, with servers of its own; yield it and the URLs that it was given."""
    own = {key: value for key, value in os.environ.items() if not key.startswith("WHIMBREL_TEST_")}
    own["WHIMBREL_TEST_BACKENDS"] = ",".join(kinds)
    with subprocess.Popen(
        [sys.executable, "-m", "tools.servers", "run", "--", sys.executable, "-c", SAY_WHERE],
        cwd=lease.CHECKOUT,
        env=own,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as run:
        assert run.stdout is not None
        try:
            yield run, list(json.loads(run.stdout.readline()).values())
        finally:
            with suppress(ProcessLookupError):
                os.killpg(run.pid, signal.SIGKILL)


def becomes(claim: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if claim():
            return True
        time.sleep(0.05)
    return claim()


ENDS: dict[str, Callable[[subprocess.Popen[str]], object]] = {
    "its command ends": lambda run: run.stdin and run.stdin.close(),
    "Ctrl-C": lambda run: os.killpg(run.pid, signal.SIGINT),
    "it is terminated": lambda run: run.terminate(),
    "it is killed": lambda run: run.kill(),
}


@pytest.mark.parametrize("end", ENDS)
def test_servers_are_gone_when_the_run_is(end: str) -> None:
    # The slower of the two only once: what ends them is the same.
    kinds = ["postgresql", "mariadb"] if end == "it is killed" else ["postgresql"]
    with a_run_with_servers(*kinds) as (run, urls):
        assert {urlsplit(url).hostname for url in urls} == {"127.0.0.1"}
        assert len(urls) == len(kinds)
        assert all(map(lease._listens, urls))
        ENDS[end](run)
        assert becomes(lambda: not any(map(lease._listens, urls)))


def test_servers_of_the_environment_are_used_and_no_others_started() -> None:
    named = {"WHIMBREL_TEST_POSTGRESQL_URL": "postgresql://a", "WHIMBREL_TEST_MARIADB_URL": "mariadb://b"}
    assert kinds_to_start(named) == ()
    assert kinds_to_start({}) == ("postgresql", "mariadb")
    assert kinds_to_start({"WHIMBREL_TEST_BACKENDS": "sqlite,mariadb"}) == ("mariadb",)


def test_what_start_starts_stays_until_stop(tmp_path: Path) -> None:
    state = tmp_path / "servers.json"
    own = os.environ | {"WHIMBREL_TEST_BACKENDS": "postgresql"}
    own.pop("WHIMBREL_TEST_POSTGRESQL_URL", None)

    def servers(verb: str) -> subprocess.CompletedProcess[str]:
        elsewhere = f"from pathlib import Path; lease.STATE = Path({str(state)!r})"
        script = f"from tools.servers import lease, __main__; {elsewhere}; __main__.main()"
        command = [sys.executable, "-c", script, verb]
        return subprocess.run(command, env=own, cwd=lease.CHECKOUT, capture_output=True, text=True, check=True)

    started = servers("start").stdout
    try:
        (url,) = json.loads(state.read_text()).values()
        assert started == f"export WHIMBREL_TEST_POSTGRESQL_URL={url}\n"
        assert lease._listens(url)
        assert servers("start").stdout == started
    finally:
        assert servers("stop").stderr == "Stopped.\n"
    assert not lease._listens(url)
    assert servers("stop").stderr == "No servers were running.\n"


def test_a_server_that_cannot_be_had_is_an_error_of_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "STATE", tmp_path / "servers.json")
    monkeypatch.setenv("WHIMBREL_TEST_BACKENDS", "postgresql")
    monkeypatch.setenv("WHIMBREL_TEST_SERVERS", "unpacked")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    for kind in ("POSTGRESQL", "MARIADB"):
        monkeypatch.delenv(f"WHIMBREL_TEST_{kind}_URL", raising=False)
    with pytest.raises(ServersError, match=r"^No PostgreSQL server can be had: there is no apt-get .*\.$"):
        lease.running().__enter__()
