"""Who may read a document or a container."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.principal import PrincipalRef


@dataclass(frozen=True, slots=True)
class Acl:
    """Allow and deny lists. An empty allow list grants nobody; a deny beats any allow."""

    allow: frozenset[PrincipalRef] = frozenset()
    deny: frozenset[PrincipalRef] = frozenset()

    @classmethod
    def parse(cls, allow: Iterable[str], deny: Iterable[str] = ()) -> Acl:
        """Read entries as ACLs write them. Raises ValueError on an entry that names nothing."""
        return cls(
            frozenset(PrincipalRef.parse(entry) for entry in allow),
            frozenset(PrincipalRef.parse(entry) for entry in deny),
        )
