"""`portcullis user` and `portcullis token`."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from app.cli.settings import DataDir, settings_from, with_parts
from app.cli.tables import table
from app.errors import InvalidInput

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
    from app.authn.accounts import add_user
    from app.domain.principal import Role
    from app.domain.record import AuditRecord

    if role not in [r.value for r in Role]:
        raise InvalidInput(f"there is no role {role!r}; choose {ROLES}")
    password = sys.stdin.readline().rstrip("\n") if password_stdin else None

    async def work(parts: Any) -> None:
        account = await add_user(parts.database, email, name, Role(role), password)
        detail = {"account": account.email, "role": role}
        await parts.recorder.record(AuditRecord("account-put", "operator", detail=detail))
        print(f"{account.email} is {role}" + ("" if password else ", without a password"))

    with_parts(settings_from(data_dir), work)


@users.command("list")
def list_all(data_dir: DataDir = None) -> None:
    """List the accounts."""
    from app.authn.accounts import list_users

    async def work(parts: Any) -> None:
        rows = [
            (
                u.account.email,
                u.account.name,
                u.account.role.value,
                "disabled" if u.disabled else "password" if u.has_password else "no password",
            )
            for u in await list_users(parts.database)
        ]
        print(table(("email", "name", "role", "sign-in"), rows))

    with_parts(settings_from(data_dir), work)


@users.command("disable")
def disable(email: str, data_dir: DataDir = None) -> None:
    """Disable an account: its tokens and sessions end at once."""
    from app.authn.accounts import disable_user
    from app.domain.record import AuditRecord

    async def work(parts: Any) -> None:
        await disable_user(parts.database, email)
        record = AuditRecord("account-disabled", "operator", detail={"account": email.lower()})
        await parts.recorder.record(record)
        print(f"{email} is disabled")

    with_parts(settings_from(data_dir), work)


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
    from app.domain.record import AuditRecord

    lasting = parse_ttl(ttl)

    async def work(parts: Any) -> None:
        account = await find_account(parts.database, user)
        detail = {"account": account.email}
        await parts.recorder.record(AuditRecord("token-created", "operator", detail=detail))
        print((await create_token(parts.database, account, lasting, label=label)).token)

    with_parts(settings_from(data_dir), work)


@tokens.command("list")
def list_tokens(
    user: Annotated[str | None, typer.Option(help="Only of this account.")] = None,
    data_dir: DataDir = None,
) -> None:
    """List the tokens, without what would let one use them."""
    from app.authn import tokens as store

    async def work(parts: Any) -> None:
        rows = [
            (
                t.id,
                t.email,
                f"{t.expires_at:%Y-%m-%d %H:%M}",
                "revoked" if t.revoked_at else "",
                t.label,
            )
            for t in await store.list_tokens(parts.database, user)
        ]
        print(table(("id", "email", "expires (UTC)", "state", "label"), rows))

    with_parts(settings_from(data_dir), work)


@tokens.command("revoke")
def revoke(token_id: int, data_dir: DataDir = None) -> None:
    """Revoke a token by its id."""
    from app.authn.tokens import revoke_token

    async def work(parts: Any) -> None:
        await revoke_token(parts.database, token_id)
        print(f"token {token_id} is revoked")

    with_parts(settings_from(data_dir), work)
