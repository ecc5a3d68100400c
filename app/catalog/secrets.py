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
        if sealed is None:
            return None
        nonce, cipher = bytes(sealed)[:_NONCE], bytes(sealed)[_NONCE:]
        try:
            return self._box().decrypt(nonce, cipher, _bound(source_id)).decode()
        except InvalidTag:
            return None

    def _seal(self, source_id: int, secret: str) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._box().encrypt(nonce, secret.encode(), _bound(source_id))

    def _box(self) -> AESGCM:
        return AESGCM(bytes.fromhex(self.key))


def _bound(source_id: int) -> bytes:
    return f"source {source_id}".encode()
