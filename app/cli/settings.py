"""The settings of one command: the environment, and what its options say instead."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import ValidationError

from app.errors import ConfigurationError
from app.settings import Settings

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Data folder.", show_default="data")
]
Result = TypeVar("Result")


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


def with_parts(settings: Settings, work: Callable[[Any], Awaitable[Result]]) -> Result:
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
