"""The coarse decisions, by casbin: may this subject take this route, query this classification.

The only module that knows casbin. One call decides one thing; nothing here loops over
documents or grants.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import casbin

from app.domain.principal import Account, Subject
from app.errors import ConfigurationError, NotPermitted


@dataclass(frozen=True)
class Policy:
    """The rules of `policies/model.conf` and `policies/policy.csv`, loaded once."""

    enforcer: Any
    levels: tuple[str, ...]

    @classmethod
    def load(cls, policies: Path, levels: tuple[str, ...]) -> Policy:
        """Raises ConfigurationError when the files do not load or name an unknown level."""
        try:
            enforcer = casbin.Enforcer(
                str(policies / "model.conf"), str(policies / "policy.csv"), enable_log=False
            )
        except Exception as error:
            raise ConfigurationError(f"{policies}: the casbin files do not load") from error
        # it would log every refusal with the groups of whoever was refused
        logging.getLogger("casbin").setLevel(logging.CRITICAL)
        logging.getLogger("casbin.enforcer").setLevel(logging.CRITICAL)
        for rule in enforcer.get_policy():
            if rule[1] == "query" and rule[2] not in (*levels, "*"):
                raise ConfigurationError(f"policy.csv names an unknown classification: {rule[2]}")
        return cls(enforcer, levels)

    def clearance(self, subject: Subject, purpose: str) -> tuple[str, ...]:
        """The classifications that the subject may query for this purpose, least strict first."""
        holds = self._holds(subject.account, subject.group_keys)
        return tuple(
            level for level in self.levels if self.enforcer.enforce(holds, "query", level, purpose)
        )

    def require_route(self, account: Account, route: str) -> None:
        """Raises NotPermitted unless the account's role may use this route."""
        if not self.may_use(account, route):
            raise NotPermitted(f"your role ({account.role}) does not permit {route}")

    def may_use(self, account: Account, route: str) -> bool:
        holds = self._holds(account, frozenset())
        return bool(self.enforcer.enforce(holds, "use", route, "*"))

    @staticmethod
    def _holds(account: Account, group_keys: frozenset[str]) -> tuple[str, ...]:
        return ("everyone", f"role:{account.role}", *(f"group:{key}" for key in group_keys))
