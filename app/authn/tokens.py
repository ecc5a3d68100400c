"""Bearer tokens and browser sessions: random, kept as digests, ended at any time."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import text

from app.authn.addresses import account_key
from app.db.engine import Database
from app.domain.duration import parse_duration
from app.domain.principal import Account, Role
from app.errors import InvalidInput, NotFound, NotSignedIn

PREFIX = "pcs_"
DEFAULT_TTL = timedelta(days=30)
LONGEST_TTL = timedelta(days=366)
_LARGEST_ID = 2**63 - 1

_ADD = text("""
insert into token (principal_id, digest, purpose, label, expires_at)
values (:id, :digest, :purpose, :label, :expires) returning id
""")
_FIND = text("""
select p.id, p.key, p.name, a.role, t.id as token_id
  from token t join principal p on p.id = t.principal_id
  join account a on a.principal_id = p.id
 where t.digest = :digest and t.purpose = :purpose and t.revoked_at is null
   and t.expires_at > now() and a.disabled_at is null and p.known
""")
_LIST = text("""
select t.id, p.key as email, t.label, t.created_at, t.expires_at, t.revoked_at
  from token t join principal p on p.id = t.principal_id
 where t.purpose = 'api' and (cast(:email as text) is null or p.key = :email)
 order by t.id
""")
_REVOKE = text("update token set revoked_at = now() where id = :id and revoked_at is null")
_REVOKE_DIGEST = text("update token set revoked_at = now() where digest = :digest")

Purpose = Literal["api", "session"]


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """The only time that the token itself is seen."""

    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ListedToken:
    """A token without what would let one use it."""

    id: int
    email: str
    label: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


def parse_ttl(words: str) -> timedelta:
    """Read `30m`, `12h`, `30d`. Raises InvalidInput."""
    try:
        ttl = parse_duration(words)
    except ValueError as error:
        raise InvalidInput("write how long the token lasts as 30m, 12h or 30d") from error
    if ttl > LONGEST_TTL:
        raise InvalidInput(f"a token lasts {LONGEST_TTL.days} days at most")
    return ttl


async def create_token(
    database: Database,
    account: Account,
    ttl: timedelta = DEFAULT_TTL,
    purpose: Purpose = "api",
    label: str = "",
) -> IssuedToken:
    """A token for an account; `session` tokens live in a browser's cookie only."""
    token = PREFIX + secrets.token_urlsafe(32)
    expires_at = datetime.now(UTC) + ttl
    async with database.app() as connection:
        await connection.execute(
            _ADD,
            {
                "id": account.principal_id,
                "digest": _digest(token),
                "purpose": purpose,
                "label": label,
                "expires": expires_at,
            },
        )
    return IssuedToken(token, expires_at)


async def authenticate(database: Database, token: str, purpose: Purpose = "api") -> Account:
    """The account that a token stands for. Raises NotSignedIn when it is wrong, expired or
    revoked, or its account was disabled."""
    async with database.app() as connection:
        row = (
            await connection.execute(_FIND, {"digest": _digest(token), "purpose": purpose})
        ).one_or_none()
    if row is None:
        raise NotSignedIn
    return Account(row.id, row.key, row.name or row.key, Role(row.role), row.token_id)


async def list_tokens(database: Database, email: str | None = None) -> list[ListedToken]:
    """Every token for programs, of one account or of all, oldest first."""
    wanted = account_key(email) if email is not None else None
    async with database.app() as connection:
        rows = await connection.execute(_LIST, {"email": wanted})
        return [ListedToken(*row) for row in rows]


async def revoke_token(database: Database, token_id: int) -> None:
    """End a token at once. Raises NotFound for one that is not there or has ended already."""
    unknown = NotFound(f"there is no living token {token_id}; `portcullis token list` shows them")
    if not 0 < token_id <= _LARGEST_ID:
        raise unknown
    async with database.app() as connection:
        if not (await connection.execute(_REVOKE, {"id": token_id})).rowcount:
            raise unknown


async def end_session(database: Database, token: str) -> None:
    """Sign a browser out; a token that is none ends nothing."""
    async with database.app() as connection:
        await connection.execute(_REVOKE_DIGEST, {"digest": _digest(token)})


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
