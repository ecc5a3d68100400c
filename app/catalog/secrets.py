"""The secrets with which sources are read: sealed in the database, opened by the worker alone."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import text

from app.catalog.sources import find_source
from app.db.engine import Database
from app.domain.principal import Account
from app.errors import InvalidInput

LONGEST = 8_192
"""Bytes; a private key fits."""
_NONCE = 12
_PUT = text("update source set secret = :sealed where id = :id")
_GET = text("select secret from source where id = :id")


@dataclass(frozen=True)
class SourceSecrets:
    """Sealed with AES-256-GCM for the one source: what is sealed for another opens nothing.

    `key` is 64 hex digits. A source whose kind or config changes loses its secret (`register`):
    otherwise whoever may change its address could have the secret sent there.
    """

    database: Database
    key: str = field(repr=False)

    async def put(self, account: Account | None, source: str, secret: str) -> None:
        """Keep it in place of the one before; an empty one is none. Raises InvalidInput, and
        NotFound for a source that the account may not manage."""
        if len(secret.encode()) > LONGEST:
            raise InvalidInput(f"a secret has at most {LONGEST:,} bytes")
        async with self.database.app() as connection:
            found = await find_source(connection, account, source)
            sealed = self._seal(found.id, secret) if secret else None
            await connection.execute(_PUT, {"id": found.id, "sealed": sealed})

    async def get(self, source_id: int) -> str | None:
        """None where there is none, or it was sealed with another key."""
        async with self.database.ingest() as connection:
            sealed = await connection.scalar(_GET, {"id": source_id})
        return None if sealed is None else self._open(source_id, bytes(sealed))

    def seal(self, source_id: int, words: str) -> str:
        """Text of a source that its owner may see and the database may not, in hex."""
        return self._seal(source_id, words).hex()

    def opened(self, source_id: int, sealed: str) -> str | None:
        """What `seal` sealed for this source; None where that was another one, or another key."""
        return self._open(source_id, bytes.fromhex(sealed))

    def _seal(self, source_id: int, secret: str) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._box().encrypt(nonce, secret.encode(), _bound(source_id))

    def _open(self, source_id: int, sealed: bytes) -> str | None:
        nonce, cipher = sealed[:_NONCE], sealed[_NONCE:]
        try:
            return self._box().decrypt(nonce, cipher, _bound(source_id)).decode()
        except InvalidTag:
            return None

    def _box(self) -> AESGCM:
        return AESGCM(bytes.fromhex(self.key))


def _bound(source_id: int) -> bytes:
    return f"source {source_id}".encode()
