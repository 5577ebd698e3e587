"""Programs from the distribution's packages: installed where we are root, else unpacked into the cache.

Unpacking needs no rights at all: apt works on a state folder of its own, and `dpkg-deb -x` writes a tree
that programs can be run from. `WHIMBREL_TEST_SERVERS=unpacked` does it for root too, and overlooks what is
installed.
"""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

INSTALLED = Path("/")


class NotToBeHadError(Exception):
    """Something that the tests need cannot be had; the message is one sentence for the person."""


def is_root() -> bool:
    """Tell whether we may install, and must give up rights before we serve."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def only_unpacked() -> bool:
    """Tell whether what is installed is to be overlooked, as if this were a bare machine."""
    return os.environ.get("WHIMBREL_TEST_SERVERS") == "unpacked"


def provide(packages: Sequence[str]) -> Path:
    """Get packages with all that they depend on; return the folder in which their `usr` lies.

    Raises:
        NotToBeHadError: there is no apt, or it does not give them.
    """
    if not shutil.which("apt-get"):
        raise NotToBeHadError(f"there is no apt-get here to fetch {' and '.join(packages)} with.")
    if is_root() and not only_unpacked():
        _install(packages)
        return INSTALLED
    return _unpack(packages)


def library_folders(root: Path) -> list[Path]:
    """List the folders of shared libraries in an unpacked tree."""
    return [] if root == INSTALLED else [*root.glob("usr/lib/*-linux-gnu*"), *root.glob("lib/*-linux-gnu*")]


def _install(packages: Sequence[str]) -> None:
    _say(f"Installing {' '.join(packages)} with apt-get ...")
    _apt("update")
    with _no_service_starts():
        _apt("install", "--yes", "--no-install-recommends", *packages)


@contextmanager
def _no_service_starts() -> Iterator[None]:
    """Keep package scripts from starting a server of the system's own, which nobody asked for.

    Debian Policy 9.11.2: `invoke-rc.d` asks `/usr/sbin/policy-rc.d`, where 101 means "not allowed". One that
    is there already is the administrator's word, and stays.
    """
    policy = Path("/usr/sbin/policy-rc.d")
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink(missing_ok=True)


def _unpack(packages: Sequence[str]) -> Path:
    cache = _cache()
    root = cache / "-".join(packages)
    if root.is_dir():
        return root
    _say(f"Fetching {' '.join(packages)} with apt-get into {cache} ...")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as temporary:
        work = Path(temporary)
        tree = work / "tree"
        tree.mkdir(mode=0o755)
        for archive in _download(packages, work):
            _run("dpkg-deb", "-x", str(archive), str(tree))
        # Renamed only when whole: a run that was stopped half-way leaves nothing that looks finished.
        if not root.is_dir():
            tree.rename(root)
    return root


def _download(packages: Sequence[str], work: Path) -> list[Path]:
    """Download the packages and those of their dependencies that the system has not."""
    (work / "state/lists/partial").mkdir(parents=True)
    (work / "cache/archives/partial").mkdir(parents=True)
    if is_root():  # then apt fetches as a user who must get in here
        _run("chown", "-R", "_apt", str(work))
        work.chmod(0o755)
    options = [
        *("-o", f"Dir::State={work / 'state'}", "-o", "Dir::State::status=/var/lib/dpkg/status"),
        *("-o", f"Dir::Cache={work / 'cache'}", "-o", "Debug::NoLocking=1"),
    ]
    _apt(*options, "update")
    _apt(*options, "install", "--yes", "--no-install-recommends", "--download-only", "--reinstall", *packages)
    return sorted(work.glob("cache/archives/*.deb"))


def _cache() -> Path:
    """Return the folder of the trees unpacked for this release of the distribution."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    if is_root():  # the servers run under an account that cannot look into root's home
        home = Path("/var/cache")
    release = platform.freedesktop_os_release()
    return home / "whimbrel" / f"{release['ID']}-{release.get('VERSION_ID', 'rolling')}-{platform.machine()}"


def _apt(*arguments: str) -> None:
    _run("apt-get", "--quiet", "-o", "DPkg::Lock::Timeout=120", *arguments)


def _run(*command: str) -> None:
    """Run a command in silence; when it fails, its own last words are the reason."""
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip().splitlines() or [f"it ended with {done.returncode}"]
        raise NotToBeHadError(f"`{' '.join(command)}` failed: {words[-1]}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
