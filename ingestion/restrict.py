"""What a process that reads hostile files may do: compute, and write a little to its own folder.

The network is taken away by a namespace of the process's own where the kernel allows one; besides,
and alone where it does not, Python refuses to connect, bind and send. That second door holds
against what our parsers do in Python, not against machine code of an attacker's.
"""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

MEMORY = 6 * 1024**3
"""How much address space one process may take, in bytes: a file that unpacks to more is refused."""
FILE = 400_000_000
"""How large a file it may write, in bytes."""
FILES = 256
"""How many files it may have open."""
_KEPT = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "DO_NOT_TRACK")
_KEPT_PREFIXES = ("LC_", "OMP_", "MKL_", "OPENBLAS_", "PYTHON", "HF_HUB_", "UNSTRUCTURED_")
_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000
_REFUSED = frozenset(("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"))


def restrict(folder: Path) -> None:
    """For good, for this process and all that it starts. `folder` is for its temporary files.

    To be called while the process has one thread.
    """
    for name in list(os.environ):
        if name not in _KEPT and not name.startswith(_KEPT_PREFIXES):
            del os.environ[name]
    own = tempfile.mkdtemp(dir=folder)
    os.environ["TMPDIR"] = tempfile.tempdir = own
    _leave_network()
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


def _leave_network() -> None:
    unshare = ctypes.CDLL(None, use_errno=True).unshare
    if unshare(_NEW_NETWORK) != 0:
        unshare(_NEW_USER | _NEW_NETWORK)


def _refuse(event: str, given: tuple[Any, ...]) -> None:
    if event in _REFUSED:
        raise PermissionError("a process that reads documents has no network")
