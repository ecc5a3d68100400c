"""Local accounts: add, find, sign in, disable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text

from app.authn.attempts import Attempts
from app.authn.passwords import SHORTEST, hash_password, matches, outdated
from app.db.engine import Database
from app.db.principals import principal_ids
from app.db.revision import lock_revision, raise_revision
from app.domain.principal import Account, PrincipalKind, PrincipalRef, Role
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
_REHASH = text("update account set password_hash = :hash where principal_id = :id")
_DISABLE = text("""
update account set disabled_at = now() where principal_id = :id and disabled_at is null
""")
_REVOKE = text(
    "update token set revoked_at = now() where principal_id = :id and revoked_at is null"
)


@dataclass(frozen=True, slots=True)
class ListedAccount:
    """An account as an admin sees it."""

    account: Account
    disabled: bool
    has_password: bool


async def add_user(
    database: Database, email: str, name: str, role: Role, password: str | None
) -> Account:
    """Add a local account, or change name, role and password of the one that is there.

    Raises InvalidInput on an address that is none or a password that is too short.
    """
    ref = _user(email)
    if password is not None and len(password) < SHORTEST:
        raise InvalidInput(f"the password needs at least {SHORTEST} characters")
    hashed = await hash_password(password) if password is not None else None
    async with database.app() as connection:
        await lock_revision(connection)
        ids, _ = await principal_ids(connection, [ref])
        key = {"id": ids[ref]}
        await connection.execute(_KNOW, {**key, "name": name})
        await connection.execute(_PUT, {**key, "role": role.value, "hash": hashed})
        await raise_revision(connection, "account added")
        row = (await connection.execute(_FIND, {"email": ref.key})).one()
    return _account(row)


async def find_account(database: Database, email: str) -> Account:
    """An account that may sign in. Raises NotFound."""
    async with database.app() as connection:
        row = (await connection.execute(_FIND, {"email": email.strip().lower()})).one_or_none()
    if row is None or row.disabled_at is not None or not row.known:
        raise NotFound(f"there is no account {email!r}, or it is disabled")
    return _account(row)


async def list_users(database: Database) -> list[ListedAccount]:
    async with database.app() as connection:
        rows = (await connection.execute(_LIST)).all()
    return [
        ListedAccount(_account(row), row.disabled_at is not None, row.password_hash is not None)
        for row in rows
    ]


async def disable_user(database: Database, email: str) -> None:
    """End an account at once: its tokens, its sessions, its scopes. Raises NotFound."""
    async with database.app() as connection:
        await lock_revision(connection)
        row = (await connection.execute(_FIND, {"email": email.strip().lower()})).one_or_none()
        if row is None:
            raise NotFound(f"there is no account {email!r}")
        await connection.execute(_DISABLE, {"id": row.id})
        await connection.execute(_REVOKE, {"id": row.id})
        await raise_revision(connection, "account disabled")


async def sign_in(database: Database, attempts: Attempts, email: str, password: str) -> Account:
    """The account of an e-mail address and its password.

    Raises WrongCredentials, in the same words and time whether the address or the password is
    wrong, and TooManyAttempts after several failures.
    """
    email = email.strip().lower()
    attempts.check(email)
    async with database.app() as connection:
        row = (await connection.execute(_FIND, {"email": email})).one_or_none()
    stored = row.password_hash if row is not None else None
    right = await matches(stored, password)
    if row is None or not right or row.disabled_at is not None or not row.known:
        attempts.failed(email)
        raise WrongCredentials
    attempts.succeeded(email)
    if outdated(row.password_hash):
        hashed = await hash_password(password)
        async with database.app() as connection:
            await connection.execute(_REHASH, {"id": row.id, "hash": hashed})
    return _account(row)


def _user(email: str) -> PrincipalRef:
    try:
        ref = PrincipalRef.parse(email)
    except ValueError as error:
        raise InvalidInput(str(error)) from error
    if ref.kind is not PrincipalKind.USER:
        raise InvalidInput("a user is named by an e-mail address")
    return ref


def _account(row: Row[Any]) -> Account:
    return Account(row.id, row.key, row.name or row.key, Role(row.role))
