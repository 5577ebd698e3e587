"""`flask db` in a process of its own, forked from one that has imported everything: imports are most of what it costs.

A server per test process: `python forks.py PATH` listens on a Unix socket. With each connection come
the command, the folder, the environment and the three streams; a child does what `python -m flask …` does, and how it
ended goes back. WHIMBREL_TEST_PROCESSES=fresh has a new Python do it each time.
"""

import array
import atexit
import contextlib
import functools
import importlib.util
import json
import os
import pkgutil
import runpy
import shutil
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

CAN_FORK = hasattr(os, "fork") and os.environ.get("WHIMBREL_TEST_PROCESSES") != "fresh"
IMPORTED = (
    "alembic.command", "alembic.autogenerate", "flask_sqlalchemy", "flask_sqlalchemy_lite", "sqlalchemy.orm",
    "psycopg", "psycopg2", "pymysql", "sqlalchemy.dialects.postgresql", "sqlalchemy.dialects.mysql",
    "sqlalchemy.dialects.sqlite", "logging.config", "mako.template",
)  # fmt: skip


def run_python(
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    python: str = sys.executable,
    written: str = "",
    timeout: float = 120,
) -> tuple[int, str, str]:
    """Run a Python; return its exit code, negative for the signal that ended it, and what it wrote to both streams.

    Args:
        arguments: what stands behind `python` on the command line.
        folder: where it runs.
        environment: its variables.
        python: which Python.
        written: what it reads.
        timeout: seconds.

    Raises:
        subprocess.TimeoutExpired: it took longer, and was killed.
    """
    is_usual = environment.get("PYTHONPATH") == os.environ.get("PYTHONPATH")  # no other modules than the server's
    with contextlib.ExitStack() as files:
        streams = [files.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
        streams[0].write(written.encode())
        streams[0].seek(0)
        if tuple(arguments[:2]) == ("-m", "flask") and CAN_FORK and is_usual:
            rc = _forked(python, arguments[2:], folder, environment, streams, timeout)
        else:
            stdin, stdout, stderr = streams
            how: Any = {"cwd": folder, "env": environment, "stdin": stdin, "stdout": stdout, "stderr": stderr}
            rc = subprocess.run([python, *arguments], timeout=timeout, check=False, **how).returncode
        return rc, _read(streams[1]), _read(streams[2])


def _read(stream: IO[bytes]) -> str:
    """Return what was written, its line ends as Python's text files give them."""
    stream.seek(0)
    return stream.read().decode("utf-8", "replace").replace("\r\n", "\n")


def _forked(
    python: str,
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    streams: Sequence[IO[bytes]],
    timeout: float,
) -> int:
    request = {"arguments": list(arguments), "folder": str(folder), "environment": dict(environment)}
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        # What Python itself reads at its start has to be told to the server.
        connection.connect(_server(python, tuple((k, v) for k, v in environment.items() if k.startswith("PYTHON"))))
        connection.sendmsg([b"+"], [_rights(streams)])
        connection.sendall(json.dumps(request).encode() + b"\n")
        connection.settimeout(timeout)
        with connection.makefile("r", encoding="ascii") as answers:
            pid = int(answers.readline())
            try:
                return os.waitstatus_to_exitcode(int(answers.readline()))
            except TimeoutError:
                os.kill(pid, 9)
                raise subprocess.TimeoutExpired(["flask", *arguments], timeout) from None


def _rights(streams: Sequence[IO[bytes]]) -> Any:
    return (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [one.fileno() for one in streams]))


@functools.cache
def _server(python: str, variables: tuple[tuple[str, str], ...]) -> str:
    """Start this process's server of a Python with some variables; return its address."""
    folder = tempfile.mkdtemp(prefix="whimbrel-forks-")
    address = str(Path(folder) / "socket")
    server = subprocess.Popen(
        [python, __file__, address],
        env=os.environ | dict(variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"

    def stop() -> None:
        server.kill()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    return address


def main(address: str) -> None:
    """Import everything; then fork for each connection."""
    sys.path[0] = ""  # not the folder of this file
    for name in (*IMPORTED, *_modules_of("whimbrel")):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(address)
    listening.listen(64)
    listening.settimeout(5)
    parent = os.getppid()
    print("ready", flush=True)
    while os.getppid() == parent:
        try:
            connection, _ = listening.accept()
        except TimeoutError:
            continue
        connection.settimeout(None)
        if os.fork() == 0:
            listening.close()
            _serve(connection)
        connection.close()
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _modules_of(package: str) -> list[str]:
    """List a package's modules; another Python has Flask-Migrate in its place."""
    if importlib.util.find_spec(package) is None:
        return ["flask_migrate"]
    found = importlib.import_module(package)
    return [one.name for one in pkgutil.walk_packages(found.__path__, f"{package}.") if "templates" not in one.name]


def _serve(connection: socket.socket) -> None:
    """Have one command run in a child, and say how it ended."""
    _, ancillary, _, _ = connection.recvmsg(1, socket.CMSG_SPACE(3 * 4))
    streams = array.array("i", ancillary[0][2])
    request = json.loads(connection.makefile("rb").readline())
    pid = os.fork()
    if pid == 0:
        connection.close()
        for at, stream in enumerate(streams):
            os.dup2(stream, at)
            os.close(stream)
        os._exit(_flask(**request))
    connection.sendall(f"{pid}\n".encode())
    _, status = os.waitpid(pid, 0)
    connection.sendall(f"{status}\n".encode())
    os._exit(0)


def _flask(arguments: list[str], folder: str, environment: dict[str, str]) -> int:
    """Do what `python -m flask` does, and what Python does at its end."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[0] = folder
    sys.argv = ["flask", *arguments]
    code = 0
    try:
        runpy.run_module("flask", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    main(sys.argv[1])
