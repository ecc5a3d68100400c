"""Linux's Landlock: what a process may open from now on, whoever it runs as.

Its calls have no wrapper in libc. Numbers and bits are those of `linux/landlock.h`; each version of
the interface knows more of them, and one that the kernel does not know is an error, so only those
of its version are asked for.
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_ASK_VERSION = 1
_BENEATH = 1
_NO_NEW_PRIVILEGES = 38

_EXECUTE, _WRITE, _READ, _LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MOVE, _TRUNCATE, _CONTROL = 1 << 13, 1 << 14, 1 << 15
_FIRST = (1 << 13) - 1
"""All of a file system that the first version knows."""
_OF_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE | _CONTROL
_TCP = 0b11
_SIGNALS_AND_SOCKETS = 0b11
"""Signals to processes outside, and abstract sockets of theirs."""


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("tcp", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """Of the kernel's interface; 0 where it has none."""
    return max(0, int(_libc().syscall(_CREATE, None, 0, _ASK_VERSION)))


def confine(readable: Iterable[Path], writable: Iterable[Path]) -> bool:
    """This process, and all that it starts, opens only what lies beneath these paths; no TCP, no
    signals to others. What is open stays open. False where the kernel cannot do it; then nothing
    has changed. Raises OSError where it refuses."""
    known = version()
    if not known:
        return False
    every = _FIRST
    for since, bit in ((2, _MOVE), (3, _TRUNCATE), (5, _CONTROL)):
        every |= bit if known >= since else 0
    rules = _Ruleset(every, _TCP if known >= 4 else 0, _SIGNALS_AND_SOCKETS if known >= 6 else 0)
    size = 8 if known < 4 else 16 if known < 6 else 24
    ruleset = _call(_CREATE, ctypes.byref(rules), size, 0)
    try:
        for path in readable:
            _allow(ruleset, path, _EXECUTE | _READ | _LIST)
        for path in writable:
            _allow(ruleset, path, every & ~_CONTROL)
        if _libc().prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "new privileges cannot be given up")
        _call(_RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)
    return True


def _allow(ruleset: int, path: Path, access: int) -> None:
    """Nothing where there is no such path."""
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(opened).st_mode):
            access &= _OF_FILES
        _call(_ADD, ruleset, _BENEATH, ctypes.byref(_Beneath(access, opened)), 0)
    finally:
        os.close(opened)


def _call(number: int, *given: object) -> int:
    done = int(_libc().syscall(number, *given))
    if done < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return done


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
