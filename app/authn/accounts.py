"""Local accounts: add, find, sign in, disable."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, text

from app.authn.addresses import account_key, new_address
from app.authn.attempts import Attempts
from app.authn.passwords import SHORTEST, hash_password, matches, outdated
from app.db.engine import Database
from app.db.principals import principal_ids
from app.db.revision import lock_revision, raise_directory_revision
from app.domain.principal import Account, Role
from app.errors import InvalidInput, NotFound, WrongCredentials

_COLUMNS = """
select p.id, p.key, p.name, a.role, a.password_hash, a.disabled_at, a.local, p.known
  from principal p join account a on a.principal_id = p.id
"""
_FIND = text(_COLUMNS + " where p.kind = 'user' and p.key = :email")
_LIST = text(_COLUMNS + " where a.local or p.known order by p.key")
_KNOW = text("""
update principal set known = true, name = coalesce(nullif(:name, ''), name) where id = :id
""")
_PUT = text("""
insert into account (principal_id, role, password_hash, local)
values (:id, :role, :hash, true)
on conflict (principal_id) do update
   set role = :role, password_hash = coalesce(:hash, account.password_hash), local = true,
       disabled_at = null
""")
_REHASH = text("""
update account set password_hash = :hash where principal_id = :id and password_hash = :old
""")
# local from now on: the next directory must not enable whom an admin has disabled
_DISABLE = text("""
update account set disabled_at = coalesce(disabled_at, now()), local = true
 where principal_id = :id
""")
_REVOKE = text(
    "update token set revoked_at = now() where principal_id = :id and revoked_at is null"
)


@dataclass(frozen=True, slots=True)
class ListedAccount:
    """An account as an admin sees it."""

    account: Account
    disabled: bool
    password_hash: str | None = field(repr=False)

    @property
    def has_password(self) -> bool:
        return self.password_hash is not None


async def add_user(
    database: Database, email: str, name: str, role: Role, password: str | None
) -> Account:
    """Add a local account, or change the one that is there: an empty name or no password keep
    the old ones, a disabled account is enabled again, and a new password ends its tokens.

    Raises InvalidInput on an address that is none or a password that is too short.
    """
    ref = new_address(email)
    if password is not None and len(password) < SHORTEST:
        raise InvalidInput(f"the password needs at least {SHORTEST} characters")
    before = await look_up(database, email)
    same = before is not None and await matches(before.password_hash, password or "")
    hashed = None if password is None or same else await hash_password(password)
    async with database.app() as connection:
        await lock_revision(connection)
        ids, _ = await principal_ids(connection, [ref])
        key = {"id": ids[ref]}
        await connection.execute(_KNOW, {**key, "name": name})
        await connection.execute(_PUT, {**key, "role": role.value, "hash": hashed})
        if hashed is not None:
            await connection.execute(_REVOKE, key)
        await raise_directory_revision(connection, "account added")
        row = (await connection.execute(_FIND, {"email": ref.key})).one()
    return _account(row)


async def look_up(database: Database, email: str) -> ListedAccount | None:
    """An account in whatever state it is, or None."""
    async with database.app() as connection:
        row = (await connection.execute(_FIND, {"email": account_key(email)})).one_or_none()
    return _listed(row) if row is not None else None


async def find_account(database: Database, email: str) -> Account:
    """An account that may sign in. Raises NotFound."""
    async with database.app() as connection:
        row = (await connection.execute(_FIND, {"email": account_key(email)})).one_or_none()
    if row is None or row.disabled_at is not None or not row.known:
        raise NotFound(f"there is no account {email!r}, or it is disabled")
    return _account(row)


async def list_users(database: Database) -> list[ListedAccount]:
    """Every account, by address."""
    async with database.app() as connection:
        return [_listed(row) for row in await connection.execute(_LIST)]


async def disable_user(database: Database, email: str) -> None:
    """End an account at once: its tokens, its sessions, its scopes. Raises NotFound."""
    async with database.app() as connection:
        await lock_revision(connection)
        row = (await connection.execute(_FIND, {"email": account_key(email)})).one_or_none()
        if row is None:
            raise NotFound(f"there is no account {email!r}")
        await connection.execute(_DISABLE, {"id": row.id})
        await connection.execute(_REVOKE, {"id": row.id})
        await raise_directory_revision(connection, "account disabled")


async def sign_in(database: Database, attempts: Attempts, email: str, password: str) -> Account:
    """The account of an e-mail address and its password.

    Raises WrongCredentials, in the same words and time whether the address or the password is
    wrong, and TooManyAttempts after several failures.
    """
    email = account_key(email)
    with attempts.attempt(email):
        async with database.app() as connection:
            row = (await connection.execute(_FIND, {"email": email})).one_or_none()
        right = await matches(row.password_hash if row is not None else None, password)
        if row is None or not right or row.disabled_at is not None or not row.known:
            raise WrongCredentials
    if outdated(row.password_hash):
        changed = {"id": row.id, "hash": await hash_password(password), "old": row.password_hash}
        async with database.app() as connection:
            await connection.execute(_REHASH, changed)
    return _account(row)


def _listed(row: Row[Any]) -> ListedAccount:
    return ListedAccount(_account(row), row.disabled_at is not None, row.password_hash)


def _account(row: Row[Any]) -> Account:
    return Account(row.id, row.key, row.name or row.key, Role(row.role))
