"""How a fault comes into a real database, and goes again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from sqlalchemy import make_url

from app.runtime.postgres import EmbeddedPostgres

Run = Callable[[str], None]


@dataclass(frozen=True)
class Fault:
    """`breaks` and `undoes` are statements, run as the owner or, with `by_superuser`, as the
    server's superuser; `says` are pieces of sentences that must be among the findings."""

    name: str
    breaks: str
    undoes: str
    says: tuple[str, ...]
    by_superuser: bool = False


@dataclass(frozen=True)
class Change:
    """A function of the schema with a piece of it replaced; as the superuser where the function
    is not the owner's."""

    name: str
    function: str
    piece: str
    by: str
    says: tuple[str, ...]
    by_superuser: bool = False


@dataclass(frozen=True)
class Faults:
    """Plants faults in one database."""

    owner_url: str
    server: EmbeddedPostgres

    @contextmanager
    def _connect(self, by_superuser: bool) -> Iterator[psycopg.Connection]:
        url = make_url(self.owner_url).set(drivername="postgresql")
        if by_superuser:
            assert url.database is not None
            with self.server._connect(url.database) as connection:
                yield connection
        else:
            words = url.render_as_string(hide_password=False)
            with psycopg.connect(words, autocommit=True) as connection:
                yield connection

    def run(self, statements: str, by_superuser: bool = False) -> None:
        with self._connect(by_superuser) as connection:
            connection.execute(statements.encode())

    def plant(self, fault: Fault | Change) -> str:
        """Break it; the statements that undo that."""
        if isinstance(fault, Fault):
            self.run(fault.breaks, fault.by_superuser)
            return fault.undoes
        with self._connect(False) as connection:
            row = connection.execute(
                "select pg_get_functiondef(to_regprocedure(%s))", [fault.function]
            ).fetchone()
        assert row is not None
        before: str = row[0]
        assert fault.piece in before, "the function does not say that"
        self.run(before.replace(fault.piece, fault.by), fault.by_superuser)
        return before

    @contextmanager
    def planted(self, fault: Fault | Change) -> Iterator[None]:
        undoes = self.plant(fault)
        try:
            yield
        finally:
            self.run(undoes, fault.by_superuser)
