"""What a process that reads hostile files may do: compute, and write a little to its own folder.

Where the kernel can, it takes away the network, by a namespace of the process's own, and all files
but programs and policies, by Landlock. Besides, and alone where it cannot, Python refuses to
connect, bind and send. That last door holds against what our parsers do in Python, not against
machine code of an attacker's.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from app import QUIET
from ingestion.landlock import confine

MEMORY = 6 * 1024**3
"""How much address space one process may take, in bytes: a file that unpacks to more is refused."""
FILE = 400_000_000
"""How large a file it may write, in bytes."""
FILES = 256
"""How many files it may have open."""
_KEPT = ("PATH", "HOME", "LANG", "TZ", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "TESSDATA_PREFIX")
_KEPT_PREFIXES = ("LC_", "PYTHON")
_ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS")}
_NOWHERE = Path("/dev/null")
_READABLE = (
    *(Path(given) for given in (sys.prefix, sys.base_prefix, sys.exec_prefix)),
    *(Path(__file__).parents[1] / name for name in ("app", "ingestion")),
    *map(Path, ("/usr", "/lib", "/lib64", "/bin", "/sys", "/dev/urandom")),
    *(Path("/proc", name) for name in ("self", "cpuinfo", "meminfo", "stat", "filesystems", "sys")),
    *(Path("/etc", name) for name in ("ld.so.cache", "localtime", "mime.types", "fonts")),
)
"""Programs and what they look up about the machine."""
_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000
_CAPABILITIES = 0x20080522
"""The third version of capset(2)."""
_PARENT_DEATH_SIGNAL = 1
_REFUSED = frozenset(("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"))


def environment() -> dict[str, str]:
    """What such a process may know of ours. One thread computes: several are at work at once."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or name.startswith(_KEPT_PREFIXES)
    }
    # what numba compiles it would keep beside the code; here that takes longer than it saves
    return {**kept, **QUIET, **_ONE_THREAD, "NUMBA_DISABLE_JIT": "1"}


def restrict(folder: Path, readable: Path) -> None:
    """For good, for this process and all that it starts. `folder` is what it may write, `readable`
    what it may read besides programs.

    To be called while the process has one thread.
    """
    _leave_network()
    _leave_privileges()
    _die_with_parent()
    _use(folder)
    confine((*_READABLE, readable), (folder, _NOWHERE))
    sys.addaudithook(_refuse)
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, FILE),
        (resource.RLIMIT_NOFILE, FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(limit)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (most, most))


def begin_document(own: Path, seconds: int) -> None:
    """In a process of the document's own: from now on it may write to the folder `own` alone, and
    read no other document's; after so many seconds of processor time it is killed, a second later
    also where it will not be."""
    _die_with_parent()
    _use(own)
    confine(_READABLE, (own, _NOWHERE))
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    until = seconds + 1 if hard == resource.RLIM_INFINITY else min(seconds + 1, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (min(seconds, until), until))


def _use(folder: Path) -> None:
    """For temporary files."""
    tempfile.tempdir = str(folder)
    os.environ["TMPDIR"] = os.environ["MPLCONFIGDIR"] = str(folder)


def _leave_network() -> None:
    unshare = ctypes.CDLL(None, use_errno=True).unshare
    if unshare(_NEW_NETWORK) != 0:
        unshare(_NEW_USER | _NEW_NETWORK)


def _leave_privileges() -> None:
    """Those that root has beyond other users; Landlock sees to it that no program brings them
    back."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES, 0)
    ctypes.CDLL(None).capset(header, (ctypes.c_uint32 * 6)())


def _die_with_parent() -> None:
    """Nobody else ends a process whose parent was killed while it reads."""
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _refuse(event: str, given: tuple[Any, ...]) -> None:
    if event in _REFUSED:
        raise PermissionError("a process that reads documents has no network")
