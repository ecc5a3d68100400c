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
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from app import keep_quiet
from ingestion.landlock import confine

MEMORY = 6 * 1024**3
"""How much address space one process may take, in bytes: a file that unpacks to more is refused."""
FILE = 400_000_000
"""How large a file it may write, in bytes."""
FILES = 256
"""How many files it may have open."""
_KEPT = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH",
         "TESSDATA_PREFIX")  # fmt: skip
_KEPT_PREFIXES = ("LC_", "OMP_", "MKL_", "OPENBLAS_", "PYTHON")
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


def restrict(folder: Path, readable: Path) -> None:
    """For good, for this process and all that it starts. `folder` is for its temporary files,
    `readable` what it may read besides programs.

    To be called while the process has one thread.
    """
    own = tempfile.mkdtemp(dir=folder)
    _forget_environment()
    os.environ["TMPDIR"] = os.environ["MPLCONFIGDIR"] = tempfile.tempdir = own
    # what it compiles it would keep beside the code; here that takes longer than it saves
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    _leave_network()
    _leave_privileges()
    _die_with_parent()
    confine((*_READABLE, readable), (Path(own), Path("/dev/null")))
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


def begin_document(seconds: float) -> None:
    """Empty the temporary folder; from now on so many seconds of CPU are left until the kill."""
    own = Path(tempfile.gettempdir())
    for entry in own.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    until = int(used.ru_utime + used.ru_stime + seconds) + 1
    until = until if hard == resource.RLIM_INFINITY else min(until, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (until, hard))


def _forget_environment() -> None:
    """Also where the kernel keeps what the process began with, `/proc/self/environ`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or name.startswith(_KEPT_PREFIXES)
    }
    os.environ.clear()
    try:
        stated = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
    except OSError:  # no Linux
        pass
    else:
        # fields 50 and 51 of proc_pid_stat(5), of which the first two are cut off here
        first, last = int(stated[47]), int(stated[48])
        ctypes.memset(first, 0, last - first)
    os.environ.update(kept)
    keep_quiet()


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
