"""Several `flask db` processes at once, and sessions that stand in their way."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import sqlalchemy as sa

from tests.support.project import Outcome, Project


def start(project: Project, *args: str, env: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
    """Start `flask db ARGS` and do not wait for its end."""
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "db", *args],
        cwd=project.path,
        env=project.environment() | dict(env or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    )


def end(process: "subprocess.Popen[str]", timeout: float = 120) -> Outcome:
    """Wait for a process and return how it ended."""
    try:
        stdout, stderr = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        stdout, stderr = process.communicate()
        raise AssertionError(f"still running after {timeout} s\n{stdout}\n{stderr}") from None
    return Outcome(process.returncode, stdout, stderr)


@contextmanager
def running(project: Project, *args: str, env: Mapping[str, str] | None = None) -> Iterator["subprocess.Popen[str]"]:
    """Have a `flask db ARGS` for a while, and surely not for longer."""
    process = start(project, *args, env=env)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@contextmanager
def writing(url: str, statement: str) -> Iterator[list[int]]:
    """Have two clients of the database write all the time, as an app does; count what they have committed.

    Raises:
        AssertionError: one of them was refused.
    """
    done, refused, enough = [0, 0], [], threading.Event()

    def write(number: int) -> None:
        # SQLite lets in whoever comes at the right moment: on a slow machine five seconds may bring nobody's turn.
        patience = {"timeout": 60} if url.startswith("sqlite") else {}
        engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args=patience)
        try:
            while not enough.is_set():
                with engine.begin() as connection:
                    connection.exec_driver_sql(statement)
                done[number] += 1
        except Exception as error:
            refused.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield done
    finally:
        enough.set()
        for thread in threads:
            thread.join()
    assert not refused, refused


def until(claim: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until something is true."""
    ends = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > ends:
            raise AssertionError("it never became true")
        time.sleep(0.02)
