"""What the schema must look like, read from the catalog as the login that manages."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text

from app.db.engine import Database
from app.retrieval.proof import (
    functions,
    grants,
    indexes,
    policies,
    roles,
    statistics,
    surroundings,
)

_PATH = text("set local search_path = pg_catalog")


async def findings(database: Database, levels: Sequence[str]) -> list[str]:
    """Everything in the catalog that is not as this version makes it, as sentences.

    `levels` are the classifications that must have their tables.
    """
    async with database.app() as connection:
        await connection.execute(_PATH)
        tables = await policies.text_tables(connection)
        return [
            *await roles.findings(connection),
            *await policies.findings(connection, levels),
            *await grants.findings(connection, tables),
            *await statistics.findings(connection, tables),
            *await indexes.findings(connection, tables),
            *await surroundings.findings(connection, tables),
            *await functions.findings(connection),
        ]
