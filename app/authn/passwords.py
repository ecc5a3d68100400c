"""Passwords, by argon2id with the library's defaults (RFC 9106's low-memory profile)."""

from __future__ import annotations

import asyncio
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 10

_hasher = PasswordHasher()
_NOBODY = _hasher.hash("the password of nobody")


async def hash_password(password: str) -> str:
    """The hash to keep, with its salt and parameters in it."""
    return await asyncio.to_thread(_hasher.hash, _typed(password))


async def matches(stored: str | None, password: str) -> bool:
    """Whether a password is the right one; takes as long when there is none to compare."""

    def verify() -> bool:
        try:
            return _hasher.verify(stored or _NOBODY, _typed(password)) and stored is not None
        except (VerificationError, InvalidHashError):
            return False

    return await asyncio.to_thread(verify)


def outdated(stored: str) -> bool:
    """Whether a hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def _typed(password: str) -> bytes:
    """The same characters are the same password, however a keyboard composes them (NFKC, as
    NIST SP 800-63B advises)."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
