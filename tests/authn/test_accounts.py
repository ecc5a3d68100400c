"""Local accounts on the real database: sign in, change, disable."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from app.authn import passwords
from app.authn.accounts import (
    add_user,
    disable_user,
    find_account,
    list_users,
    look_up,
    sign_in,
)
from app.authn.attempts import ALLOWED, Attempts
from app.authn.tokens import authenticate, create_token
from app.authz.directory import Person, replace_directory
from app.authz.policy import Policy
from app.authz.scope import ScopeResolver
from app.db.engine import Database
from app.db.revision import current_revision
from app.domain.principal import Role
from app.errors import InvalidInput, NotFound, NotSignedIn, TooManyAttempts, WrongCredentials

pytestmark = pytest.mark.integration

PASSWORD = "correct horse battery"


@pytest.fixture
def email() -> str:
    """An address that no other test uses."""
    return f"p{uuid4().hex[:10]}@house.example"


async def revision(database: Database) -> int:
    async with database.app() as connection:
        return await current_revision(connection)


async def stored(database: Database, email: str) -> str:
    found = await look_up(database, email)
    assert found is not None
    assert found.password_hash is not None
    return found.password_hash


async def test_the_right_password_signs_in_and_nothing_else(database: Database, email: str) -> None:
    added = await add_user(database, email.upper(), "Ann", Role.OWNER, PASSWORD)
    assert await sign_in(database, Attempts(), f" {email.title()} ", PASSWORD) == added
    told = set()
    for address, password in (
        (email, PASSWORD + "!"),
        (email, ""),
        ("nobody@house.example", PASSWORD),
        ("\x00", PASSWORD),
        ("nobody\ud800", "\ud800"),
    ):
        with pytest.raises(WrongCredentials) as caught:
            await sign_in(database, Attempts(), address, password)
        told.add(caught.value.message)
    assert len(told) == 1, "wrong address and wrong password are told in the same words"


async def test_the_password_is_kept_as_a_hash_only(database: Database, email: str) -> None:
    await add_user(database, email, "Ann", Role.EMPLOYEE, PASSWORD)
    assert (await stored(database, email)).startswith("$argon2id$")
    assert PASSWORD not in repr(await look_up(database, email))
    assert "argon2" not in repr(await look_up(database, email))


async def test_guessing_is_slowed_down_even_all_at_once(database: Database, email: str) -> None:
    await add_user(database, email, "Ann", Role.EMPLOYEE, PASSWORD)
    attempts = Attempts()
    ended = await asyncio.gather(
        *(sign_in(database, attempts, email, f"guess number {n}") for n in range(ALLOWED + 6)),
        return_exceptions=True,
    )
    assert [type(e) for e in ended].count(WrongCredentials) == ALLOWED
    assert [type(e) for e in ended].count(TooManyAttempts) == 6
    with pytest.raises(TooManyAttempts):
        await sign_in(database, attempts, email.upper(), PASSWORD)


async def test_an_account_without_a_password_cannot_sign_in(database: Database, email: str) -> None:
    await add_user(database, email, "Ann", Role.EMPLOYEE, None)
    for guess in ("", "the password of nobody"):
        with pytest.raises(WrongCredentials):
            await sign_in(database, Attempts(), email, guess)


async def test_disabling_ends_everything_at_once(
    database: Database, policy: Policy, email: str
) -> None:
    account = await add_user(database, email, "Ann", Role.EMPLOYEE, PASSWORD)
    api = await create_token(database, account)
    session = await create_token(database, account, purpose="session")
    resolver = ScopeResolver(database, policy, 60)
    await resolver.resolve(account, "search")
    before = await revision(database)

    await disable_user(database, email.upper())

    assert await revision(database) > before
    for issued, purpose in ((api, "api"), (session, "session")):
        with pytest.raises(NotSignedIn):
            await authenticate(database, issued.token, purpose)  # type: ignore[arg-type]
    with pytest.raises(WrongCredentials):
        await sign_in(database, Attempts(), email, PASSWORD)
    with pytest.raises(NotSignedIn):
        await resolver.resolve(account, "search")
    with pytest.raises(NotFound):
        await find_account(database, email)
    with pytest.raises(NotFound):
        await disable_user(database, "nobody@house.example")


async def test_adding_a_disabled_account_again_enables_it_but_not_its_old_tokens(
    database: Database, email: str
) -> None:
    account = await add_user(database, email, "Ann", Role.EMPLOYEE, PASSWORD)
    issued = await create_token(database, account)
    await disable_user(database, email)
    again = await add_user(database, email, "", Role.OWNER, None)
    assert again.principal_id == account.principal_id
    assert (again.name, again.role) == ("Ann", Role.OWNER)
    assert (await sign_in(database, Attempts(), email, PASSWORD)).role is Role.OWNER
    with pytest.raises(NotSignedIn):
        await authenticate(database, issued.token)


async def test_the_directory_does_not_enable_whom_an_admin_disabled(
    database: Database, email: str
) -> None:
    people = [Person(email, "Ann")]
    async with database.app() as connection:
        await replace_directory(connection, people, [])
    await find_account(database, email)
    await disable_user(database, email)
    async with database.app() as connection:
        await replace_directory(connection, people, [])
    with pytest.raises(NotFound):
        await find_account(database, email)


async def test_a_new_password_ends_the_tokens_and_the_same_one_does_not(
    database: Database, email: str
) -> None:
    account = await add_user(database, email, "Ann", Role.EMPLOYEE, PASSWORD)
    issued = await create_token(database, account, purpose="session")
    kept = await stored(database, email)
    await add_user(database, email, "Ann", Role.EMPLOYEE, PASSWORD)
    assert await stored(database, email) == kept
    assert await authenticate(database, issued.token, "session") == account
    await add_user(database, email, "Ann", Role.EMPLOYEE, "another long password")
    with pytest.raises(NotSignedIn):
        await authenticate(database, issued.token, "session")
    with pytest.raises(WrongCredentials):
        await sign_in(database, Attempts(), email, PASSWORD)


async def test_a_hash_of_weaker_parameters_is_renewed_at_the_next_sign_in(
    database: Database, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as weaker:
        weaker.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=1024))
        await add_user(database, email, "Ann", Role.EMPLOYEE, PASSWORD)
    weak = await stored(database, email)
    with pytest.raises(WrongCredentials):
        await sign_in(database, Attempts(), email, "a wrong password")
    assert await stored(database, email) == weak
    await sign_in(database, Attempts(), email, PASSWORD)
    renewed = await stored(database, email)
    assert renewed != weak
    assert not passwords.outdated(renewed)
    await sign_in(database, Attempts(), email, PASSWORD)
    assert await stored(database, email) == renewed


async def test_a_principal_that_only_an_acl_names_is_nobody_until_added(
    database: Database, email: str
) -> None:
    async with database.app() as connection:
        await connection.execute(
            text("insert into principal (kind, key) values ('user', :key)"), {"key": email}
        )
    assert await look_up(database, email) is None
    before = await revision(database)
    await add_user(database, email, "Ann", Role.EMPLOYEE, PASSWORD)
    assert await revision(database) > before
    await sign_in(database, Attempts(), email, PASSWORD)


async def test_accounts_are_listed_with_their_state(database: Database, email: str) -> None:
    await add_user(database, email, "Ann", Role.COMPLIANCE, None)
    await disable_user(database, email)
    found = {u.account.email: u for u in await list_users(database)}[email]
    assert (found.account.role, found.disabled, found.has_password) == (
        Role.COMPLIANCE, True, False,
    )  # fmt: skip
    with pytest.raises(InvalidInput, match="characters"):
        await add_user(database, email, "Ann", Role.EMPLOYEE, "short")
    assert (await look_up(database, email)) == found, "a refused change changes nothing"
