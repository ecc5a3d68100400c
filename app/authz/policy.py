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

from app.domain.explanation import Effect
from app.domain.principal import Account, Role, Subject
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
        return self.clearance_of(subject.account.role, subject.group_keys, purpose)

    def clearance_of(self, role: Role, group_keys: frozenset[str], purpose: str) -> tuple[str, ...]:
        """The same for whoever has this role and these groups."""
        holds = self._holds(role, group_keys)
        return tuple(
            level for level in self.levels if self.enforcer.enforce(holds, "query", level, purpose)
        )

    def holders(self, level: str, purpose: str, effect: Effect) -> tuple[str, ...]:
        """Whom the rules let query a classification, or keep from it: `everyone`, `role:ROLE` and
        `group:KEY`, sorted."""
        return tuple(
            sorted(
                {
                    holder
                    for holder, action, object_, for_, effect_ in self.enforcer.get_policy()
                    if action == "query"
                    and object_ in (level, "*")
                    and for_ in (purpose, "*")
                    and effect_ == effect
                }
            )
        )

    def require_route(self, account: Account, route: str) -> None:
        """Raises NotPermitted unless the account's role may use this route."""
        if not self.may_use(account, route):
            raise NotPermitted(f"your role ({account.role}) does not permit {route}")

    def may_use(self, account: Account, route: str) -> bool:
        holds = self._holds(account.role, frozenset())
        return bool(self.enforcer.enforce(holds, "use", route, "*"))

    @staticmethod
    def _holds(role: Role, group_keys: frozenset[str]) -> tuple[str, ...]:
        return ("everyone", f"role:{role}", *(f"group:{key}" for key in group_keys))
