"""mysqlclient, the one driver that has to be compiled: with what the system has, or with packages.

It needs a C compiler, the headers of Python, and MariaDB's client library with its headers.
"""

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

from tools import debian
from tools.debian import NotToBeHadError
from tools.installer import Pip

NAME = "mysqlclient"
CLIENT_LIBRARIES = ("mysqlclient", "mariadb", "libmariadb")  # as pkg-config may know it


def install(pip: Pip, *options: str) -> None:
    """Compile it into an environment.

    Raises:
        NotToBeHadError: something that it needs cannot be had.
    """
    try:
        missing = _missing_packages()
        root = debian.provide(missing) if missing else debian.INSTALLED
        if root == debian.INSTALLED:
            pip.install(NAME, *options)
        else:
            # Neither from pip's cache nor into it: what is built here finds its library in our cache only.
            pip.install(NAME, *options, "--no-cache-dir", environ=_environ(root))
    except NotToBeHadError as error:
        raise NotToBeHadError(
            f"The driver {NAME} cannot be compiled: {error} It needs a C compiler, the headers of Python and "
            "those of MariaDB's client library; WHIMBREL_TEST_BACKENDS=sqlite,postgresql does without it."
        ) from error


def _missing_packages() -> list[str]:
    """Name the packages that hold what is missing here."""
    missing: list[str] = []
    if not shutil.which(_compiler()):
        missing += ["gcc", "libc6-dev"]
    if not Path(sysconfig.get_path("include"), "Python.h").is_file():
        missing += [f"libpython{sysconfig.get_python_version()}-dev"]
    if not _has_client_library():
        missing += ["pkg-config", "libmariadb-dev", "libmariadb3"]
    return missing


def _compiler() -> str:
    return (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]


def _has_client_library() -> bool:
    if os.environ.get("MYSQLCLIENT_CFLAGS") and os.environ.get("MYSQLCLIENT_LDFLAGS"):
        return True
    if not shutil.which("pkg-config"):
        return False
    asked = (subprocess.run(["pkg-config", "--exists", name], check=False) for name in CLIENT_LIBRARIES)
    return any(answer.returncode == 0 for answer in asked)


def _environ(root: Path) -> dict[str, str]:
    """Point compiler and linker into an unpacked tree, and the result to its library there."""
    libraries = debian.library_folders(root)
    include = root / "usr/include"
    python = f"python{sysconfig.get_python_version()}"
    headers = [include, include / python, include / "mariadb", *include.glob("*-linux-gnu*")]
    for script in root.glob("usr/lib/*/libc.so"):
        # A text for the linker, with absolute paths; what it names in `/lib` every system has.
        text = script.read_text(encoding="utf-8")
        if f" {root}" not in text:
            script.write_text(text.replace(" /usr/lib/", f" {root}/usr/lib/"), encoding="utf-8")
    return {
        "CC": _compiler() if shutil.which(_compiler()) else str(root / "usr/bin/gcc"),
        "PATH": f"{os.environ['PATH']}:{root / 'usr/bin'}",
        "LD_LIBRARY_PATH": ":".join(map(str, libraries)),
        "MYSQLCLIENT_CFLAGS": " ".join(f"-I{folder}" for folder in headers),
        "MYSQLCLIENT_LDFLAGS": " ".join(
            [*(f"-B{folder} -L{folder} -Wl,-rpath,{folder}" for folder in libraries), "-lmariadb"]
        ),
    }
