"""The seam at which what a source calls people becomes what they are called here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.domain.accounts import AccountRules
from app.domain.acl import Acl
from ingestion.sources import Connector, Scan, SourceUnreadable, Standing


@dataclass(frozen=True)
class Mapped:
    """A connector, every ACL of which has gone through the account rules of its source."""

    reader: Connector
    rules: AccountRules

    def scan(self) -> Scan:
        scan = self.reader.scan()
        return replace(
            scan,
            containers={name: self.rules.acl(acl) for name, acl in scan.containers.items()},
            documents=tuple(
                replace(listed, acl=self._acl(listed.acl)) for listed in scan.documents
            ),
        )

    def verify(self, external_id: str) -> Standing | None:
        standing = self.reader.verify(external_id)
        if standing is None:
            return None
        return replace(
            standing,
            container_acl=self._acl(standing.container_acl),
            acl=self._acl(standing.acl),
        )

    def _acl(self, acl: Acl | None) -> Acl | None:
        return None if acl is None else self.rules.acl(acl)


def account_rules(config: Mapping[str, Any]) -> AccountRules:
    """What a source's config says. Raises SourceUnreadable where it cannot be understood."""
    try:
        rules = AccountRules.read(config.get("accounts", {}))
    except ValueError as error:
        raise SourceUnreadable(f"{error}; until then nothing of this source changes") from None
    # the groups of a machine are not those of here, even where their names are alike
    return replace(rules, groups_foreign=config.get("acl") == "posix")
