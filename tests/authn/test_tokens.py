"""Bearer tokens on the real database."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from app.authn.accounts import add_user
from app.authn.tokens import (
    PREFIX,
    authenticate,
    create_token,
    end_session,
    list_tokens,
    revoke_token,
)
from app.db.engine import Database
from app.domain.principal import Account, Role
from app.errors import NotFound, NotSignedIn

pytestmark = pytest.mark.integration


@pytest.fixture
async def account(database: Database) -> Account:
    return await add_user(database, "bearer@house.example", "Bearer", Role.EMPLOYEE, None)


async def test_a_token_stands_for_its_account_with_its_role_of_now(
    database: Database, account: Account
) -> None:
    issued = await create_token(database, account, timedelta(hours=1))
    assert await authenticate(database, issued.token) == account
    changed = await add_user(database, account.email, "", Role.OWNER, None)
    assert (await authenticate(database, issued.token)).role is Role.OWNER
    assert changed.principal_id == account.principal_id
    assert timedelta(minutes=59) < issued.expires_at - datetime.now(UTC) <= timedelta(hours=1)


async def test_tokens_are_random_and_only_their_digest_is_kept(
    database: Database, account: Account
) -> None:
    first, second = [(await create_token(database, account)).token for _ in range(2)]
    assert first != second
    assert first.startswith(PREFIX)
    assert len(first) == len(PREFIX) + 43, "32 random bytes in base64url"
    async with database.app() as connection:
        rows = (
            await connection.execute(
                text("select t::text as words, digest from token t where principal_id = :id"),
                {"id": account.principal_id},
            )
        ).all()
    assert hashlib.sha256(first.encode()).digest() in [row.digest for row in rows]
    for words in (row.words for row in rows):
        assert first not in words
        assert first.encode().hex() not in words


@pytest.mark.parametrize(
    "token", ["", "pcs_", PREFIX + "A" * 43, "\x00", "\ud800", "' or true --", "x" * 100_000]
)
async def test_what_is_no_token_signs_nobody_in(database: Database, token: str) -> None:
    with pytest.raises(NotSignedIn):
        await authenticate(database, token)


async def test_an_expired_token_is_over(database: Database, account: Account) -> None:
    issued = await create_token(database, account, timedelta(seconds=-1))
    with pytest.raises(NotSignedIn):
        await authenticate(database, issued.token)


async def test_a_revoked_token_is_over_and_its_neighbour_is_not(
    database: Database, account: Account
) -> None:
    ended = await create_token(database, account, label="ended")
    kept = await create_token(database, account, label="kept")
    listed = await list_tokens(database, account.email.upper())
    number = next(t.id for t in listed if t.label == "ended")
    await revoke_token(database, number)
    with pytest.raises(NotSignedIn):
        await authenticate(database, ended.token)
    assert await authenticate(database, kept.token) == account
    assert next(t for t in await list_tokens(database) if t.id == number).revoked_at is not None
    for unknown in (number, 0, -1, 2**31, 2**63, 10**30):
        with pytest.raises(NotFound):
            await revoke_token(database, unknown)


async def test_a_session_and_a_token_do_not_stand_in_for_each_other(
    database: Database, account: Account
) -> None:
    api = await create_token(database, account)
    session = await create_token(database, account, purpose="session", label="browser")
    with pytest.raises(NotSignedIn):
        await authenticate(database, api.token, "session")
    with pytest.raises(NotSignedIn):
        await authenticate(database, session.token)
    assert "browser" not in [t.label for t in await list_tokens(database)]
    await end_session(database, "no token at all")
    assert await authenticate(database, session.token, "session") == account
    await end_session(database, session.token)
    with pytest.raises(NotSignedIn):
        await authenticate(database, session.token, "session")
    assert await list_tokens(database, "nobody\x00@house.example") == []
