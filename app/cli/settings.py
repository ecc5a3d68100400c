"""The settings of one command: the environment, and what its options say instead."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from pydantic import ValidationError

from app.errors import ConfigurationError
from app.settings import Settings

if TYPE_CHECKING:  # half a second that `--help` does not need
    from app.audit.record import Recorder
    from app.compose import Parts
    from app.db.engine import Database

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Data folder.", show_default="data")
]
Result = TypeVar("Result")


@dataclass(frozen=True)
class Books:
    """What commands about accounts, keys and records need; quick to build, without any model."""

    database: Database
    recorder: Recorder
    owner_url: str = field(repr=False)


def settings_from(data_dir: Path | None, **options: Any) -> Settings:
    """Raises ConfigurationError naming the variable that is wrong."""
    given = {name: value for name, value in options.items() if value is not None}
    if data_dir is not None:
        given["data_dir"] = data_dir
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        name = "_".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"PORTCULLIS_{name.upper()}: {first['msg']}") from None


def with_parts(settings: Settings, work: Callable[[Parts], Awaitable[Result]]) -> Result:
    """Run `work` with the composed parts, on the database of a running `up`, an external one,
    or the embedded one started for the duration."""
    from app.compose import compose
    from app.runtime.endpoints import with_database

    async def run(ready: Settings) -> Result:
        parts = compose(ready)
        try:
            return await work(parts)
        finally:
            await parts.close()

    with with_database(settings) as ready:
        return asyncio.run(run(ready))


def with_books(settings: Settings, work: Callable[[Books], Awaitable[Result]]) -> Result:
    """The same with accounts and records only."""
    from app.audit.record import Recorder
    from app.db.engine import Database
    from app.runtime.endpoints import with_database
    from app.runtime.secrets import installation_secret, login_passwords

    async def run(ready: Settings) -> Result:
        assert ready.database_url is not None
        passwords = login_passwords(installation_secret(ready))
        url = ready.database_url.get_secret_value()
        database = Database.connect(url, passwords, pool_size=1)
        try:
            return await work(Books(database, Recorder(database), url))
        finally:
            await database.close()

    with with_database(settings) as ready:
        return asyncio.run(run(ready))
