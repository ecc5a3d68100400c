"""What the last proof said about the database, for whoever is about to read text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.errors import EnforcementBroken


@dataclass
class Enforcement:
    """`findings` are what the last proof found wrong, as sentences for an operator; none: it
    passed, or none was asked for."""

    findings: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return not self.findings

    def found(self, findings: Sequence[str]) -> None:
        self.findings = tuple(findings)

    def require(self) -> None:
        """Raises EnforcementBroken while the database does not enforce the scope."""
        if self.findings:
            raise EnforcementBroken
