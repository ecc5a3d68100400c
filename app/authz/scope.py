"""What one subject may read for one request, sealed by the database."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from app.authz.policy import Policy
from app.authz.subject import resolve_subject
from app.db.engine import Database
from app.domain.principal import Account
from app.domain.scope import Scope
from app.errors import RevisionNotReached

_SEAL = text("select seal_scope(:payload) as sealed, slots_readable_by(:principals) as slots")


@dataclass(frozen=True)
class ScopeResolver:
    """Resolves accounts to scopes. `seconds` is how long a sealed scope can be used."""

    database: Database
    policy: Policy
    seconds: int

    async def resolve(
        self, account: Account, purpose: str, at_least_revision: int | None = None
    ) -> Scope:
        """The account's scope at the current revision, which is at least the one demanded.

        Raises NotSignedIn when the account was disabled, RevisionNotReached when the database
        is not there yet.
        """
        async with self.database.app() as connection:
            subject = await resolve_subject(connection, account)
            if at_least_revision is not None and subject.revision < at_least_revision:
                raise RevisionNotReached(
                    f"the database is at revision {subject.revision}, "
                    f"the request asks for {at_least_revision}; ask again later"
                )
            classifications = self.policy.clearance(subject, purpose)
            expires_at = datetime.now(UTC) + timedelta(seconds=self.seconds)
            principals = sorted(subject.principal_ids)
            payload = json.dumps(
                {
                    "subject": account.principal_id,
                    "principals": principals,
                    "classifications": classifications,
                    "purpose": purpose,
                    "revision": subject.revision,
                    "expires": expires_at.timestamp(),
                    "nonce": secrets.token_hex(8),
                },
                separators=(",", ":"),
            )
            row = (
                await connection.execute(_SEAL, {"payload": payload, "principals": principals})
            ).one()
        return Scope(
            subject=subject,
            purpose=purpose,
            classifications=classifications,
            slots=tuple(row.slots),
            revision=subject.revision,
            expires_at=expires_at,
            sealed=row.sealed,
        )
