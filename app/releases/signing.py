"""Signatures over releases and gate reports, by keys that derive from the installation's secret."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.domain.release import Signature
from app.releases.canonical import canonical

RELEASES = "release signing"
"""The purpose of the key that signs releases."""
GATES = "gate report signing"
"""The purpose of the key that signs gate reports."""


@dataclass(frozen=True)
class Signer:
    """Signs with one key and knows its own signatures again."""

    private: Ed25519PrivateKey

    @classmethod
    def of(cls, key: str) -> Signer:
        """`key` is 64 hex digits, derived for one purpose."""
        return cls(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key)))

    @property
    def public_key(self) -> str:
        return self.private.public_key().public_bytes_raw().hex()

    def sign(self, content: Any) -> Signature:
        """Over the canonical form."""
        value = self.private.sign(canonical(content)).hex()
        return Signature(_key_id(self.public_key), self.public_key, value)

    def signed(self, content: Any, signature: Signature) -> bool:
        """Whether this very key signed this very content; the key that a signature brings along
        proves nothing."""
        return signature.public_key == self.public_key and verified(content, signature)


def verified(content: Any, signature: Signature) -> bool:
    """Whether the key that stands beside the signature made it: for those who got that key from
    somewhere else."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signature.public_key))
        key.verify(bytes.fromhex(signature.value), canonical(content))
    except (InvalidSignature, ValueError, TypeError):
        return False
    return signature.key_id == _key_id(signature.public_key)


def _key_id(public_key: str) -> str:
    return hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:16]
