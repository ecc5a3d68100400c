"""`portcullis user` and `portcullis token`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.operator import on_record
from app.cli.settings import Books, DataDir, settings_from, with_books
from app.cli.tables import table, visible
from app.errors import InvalidInput

if TYPE_CHECKING:
    from app.authn.accounts import ListedAccount
    from app.domain.principal import Role

users = typer.Typer(no_args_is_help=True)
tokens = typer.Typer(no_args_is_help=True)

ROLES = "employee, owner, compliance or admin"


@users.command("add")
def add(
    email: str,
    name: Annotated[str, typer.Option(help="Name to show.")] = "",
    role: Annotated[str, typer.Option(help=ROLES)] = "employee",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Add a local account, or change the one that is there."""
    from app.authn.accounts import add_user, look_up
    from app.authn.addresses import new_address
    from app.domain.principal import Role

    if role not in [r.value for r in Role]:
        raise InvalidInput(f"there is no role {role!r}; choose {ROLES}")
    address = new_address(email).key
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None

    async def work(books: Books) -> None:
        before = await look_up(books.database, address)
        async with on_record(books.recorder, "account-put", account=address, role=role):
            account = await add_user(books.database, address, name, Role(role), password)
        after = await look_up(books.database, address)
        print(f"{account.email} is {role}" + (_changes(before, account.role) if before else ""))
        if after is not None and not after.has_password:
            print("it has no password yet: `user add` with --password-stdin gives it one")

    with_books(settings_from(data_dir), work)


def _changes(before: ListedAccount, role: Role) -> str:
    """What became of an account that was there already."""
    changes = ["; the account was there already"]
    if before.account.role is not role:
        changes.append(f"was {before.account.role.value}")
    if before.disabled:
        changes.append("was disabled and is enabled again")
    return ", ".join(changes)


@users.command("list")
def list_all(data_dir: DataDir = None) -> None:
    """List the accounts."""
    from app.authn.accounts import list_users

    async def work(books: Books) -> None:
        rows = [
            (
                u.account.email,
                u.account.name,
                u.account.role.value,
                "disabled" if u.disabled else "password" if u.has_password else "no password",
            )
            for u in await list_users(books.database)
        ]
        print(table(("email", "name", "role", "sign-in"), rows))

    with_books(settings_from(data_dir), work)


@users.command("disable")
def disable(email: str, data_dir: DataDir = None) -> None:
    """Disable an account: its tokens and sessions end at once."""
    from app.authn.accounts import disable_user
    from app.authn.addresses import account_key

    async def work(books: Books) -> None:
        async with on_record(books.recorder, "account-disabled", account=account_key(email)):
            await disable_user(books.database, email)
        print(f"{visible(account_key(email))} is disabled; its tokens and sessions are over")

    with_books(settings_from(data_dir), work)


@tokens.command("create")
def create(
    user: Annotated[str, typer.Option(help="E-mail of the account.")],
    ttl: Annotated[str, typer.Option(help="How long it lasts: 30m, 12h, 30d.")] = "30d",
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    data_dir: DataDir = None,
) -> None:
    """Create a token and print it alone; it is never shown again."""
    from app.authn.accounts import find_account
    from app.authn.tokens import create_token, parse_ttl

    lasting = parse_ttl(ttl)

    async def work(books: Books) -> None:
        account = await find_account(books.database, user)
        async with on_record(books.recorder, "token-created", account=account.email, ttl=ttl):
            issued = await create_token(books.database, account, lasting, label=label)
        print(issued.token)

    with_books(settings_from(data_dir), work)


@tokens.command("list")
def list_tokens(
    user: Annotated[str | None, typer.Option(help="Only of this account.")] = None,
    data_dir: DataDir = None,
) -> None:
    """List the tokens, without what would let one use them."""
    from app.authn import tokens as store

    now = datetime.now(UTC)

    async def work(books: Books) -> None:
        rows = [
            (
                t.id,
                t.email,
                f"{t.expires_at:%Y-%m-%d %H:%M}",
                "revoked" if t.revoked_at else "expired" if t.expires_at <= now else "",
                t.label,
            )
            for t in await store.list_tokens(books.database, user)
        ]
        print(table(("id", "email", "expires (UTC)", "state", "label"), rows))

    with_books(settings_from(data_dir), work)


@tokens.command("revoke")
def revoke(token_id: int, data_dir: DataDir = None) -> None:
    """Revoke a token by its id."""
    from app.authn.tokens import revoke_token

    async def work(books: Books) -> None:
        async with on_record(books.recorder, "token-revoked", id=str(token_id)):
            await revoke_token(books.database, token_id)
        print(f"token {token_id} is revoked")

    with_books(settings_from(data_dir), work)
