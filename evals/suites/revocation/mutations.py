"""The product with one of its guards taken away, each in its own way.

Not here: that a replica without the set of principals refuses the scope. The set would have to be
missing on a replica that has the newest revision, and in a storm the next revision is there before
such a read; `test_replica` brings it about by holding the replay.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from sqlalchemy import create_engine, make_url, text

import ingestion.index
from app.authz import grants
from app.authz.scope import ScopeResolver
from app.db.engine import Database, Login
from app.db.revision import Writer, current_revision, raise_revision
from app.domain.principal import Account
from evals.suites.revocation.storm import Storm

Mutation = Callable[[Storm], AbstractContextManager[None]]


def without(function: str, guard: str, instead: str) -> Mutation:
    """A function of the database in which other words stand where `guard` does."""

    @contextmanager
    def mutated(storm: Storm) -> Iterator[None]:
        owner = create_engine(make_url(storm.owner_url), isolation_level="AUTOCOMMIT")
        with owner.connect() as connection:
            name = {"name": function}
            whole = connection.scalar(
                text("select pg_get_functiondef(cast(:name as regprocedure))"), name
            )
            assert whole is not None
            assert whole.count(guard) == 1, "the guard is written otherwise now"
            connection.exec_driver_sql(whole.replace(guard, instead).replace("%", "%%"))
            try:
                yield
            finally:
                connection.exec_driver_sql(whole.replace("%", "%%"))
        owner.dispose()

    return mutated


@contextmanager
def read_committed(storm: Storm) -> Iterator[None]:
    """Every statement of a read sees another moment."""
    each: dict[str, Any] = {"isolation_level": "READ COMMITTED"}
    for node in storm.nodes:
        engines, replica = node.database.engines, node.database.replica
        engines[Login.READER] = engines[Login.READER].execution_options(**each)
        if replica is not None:
            replica.engine = replica.engine.execution_options(**each)
    yield


@contextmanager
def recheck_at_several_moments(storm: Storm) -> Iterator[None]:
    with patch.object(Database, "snapshot", Database.app):
        yield


@contextmanager
def subject_kept_for_ever(storm: Storm) -> Iterator[None]:
    """Who somebody is, is resolved once, and taken to be so at every later revision."""

    def remembered(self: ScopeResolver, account: Account) -> Any:
        kept = self._subjects.get(account.principal_id)
        return kept and replace(kept, subject=replace(kept.subject, revision=sys.maxsize))

    with patch.object(ScopeResolver, "_remembered", remembered):
        yield


def silent(module: Any, cause: str) -> Mutation:
    """What begins with this cause raises no revision."""

    async def raise_most(connection: Writer, said: str) -> int:
        if said.startswith(cause):
            return await current_revision(connection)
        return await raise_revision(connection, said)

    @contextmanager
    def mutated(storm: Storm) -> Iterator[None]:
        with patch.object(module, "raise_revision", raise_most):
            yield

    return mutated


MUTATIONS: dict[str, Mutation] = {
    "a scope from before a membership changed is accepted": without(
        "verified_scope()", "and c.directory <= (scope ->> 'revision')::bigint", ""
    ),
    "a replica that is behind the scope is read": without(
        "verified_scope()", "c.value >= (scope ->> 'revision')::bigint", "true"
    ),
    "slots that were kept are never brought up to date": without(
        "slots_of_set(bigint)", "if kept.revision < now_at then", "if false then"
    ),
    "a read mixes revisions": read_committed,
    "a re-check mixes revisions": recheck_at_several_moments,
    "a subject is kept for ever": subject_kept_for_ever,
    "a container's ACL changes without a revision": silent(grants, "container"),
    "a document is replaced without a revision": silent(ingestion.index, "document indexed"),
}
