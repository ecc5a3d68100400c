"""What people decide that a document is: kept, in force at the next sync, and stricter at once.

Who manages a source decides for its documents. Less than what source, folder or push state takes a
second person: an admin, somebody of compliance, or the owner, who is not the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text

from app.catalog.sources import find_source, list_sources
from app.db.engine import AppConnection, Database
from app.db.levels import delete_rows
from app.db.revision import lock_revision, raise_revision
from app.domain.decision import Decision, Review
from app.domain.principal import Account, Role
from app.domain.source import Source
from app.errors import Conflict, InvalidInput, NotFound, NotPermitted

OPERATOR = "the operator"
LONGEST_REASON = 500
_IN_FORCE = """
select s.key as source, d.external_id, d.classification, d.reason, d.decided_by, d.decided_at,
       d.seconded_by, case when x.state = 'indexed' then x.classification end as indexed
  from decision d join source s on s.id = d.source_id
  left join document x on x.source_id = d.source_id and x.external_id = d.external_id
 where d.ended_at is null
"""
_LIST = text(
    _IN_FORCE + " and d.source_id = any (cast(:sources as bigint[])) order by s.key, d.external_id"
)
_ONE = text(_IN_FORCE + " and d.source_id = :source and d.external_id = :external")
_REVIEWS = text("""
select s.key as source, x.external_id, x.classification, b.otherwise, b.reasons, b.at
  from doubt b join document x on x.id = b.document_id join source s on s.id = x.source_id
 where x.source_id = any (cast(:sources as bigint[])) and x.state = 'indexed'
   and not exists (select from decision d where d.source_id = x.source_id
                      and d.external_id = x.external_id and d.ended_at is null)
 order by b.at desc, x.external_id limit :most
""")
MOST = 200
"""So many documents to be looked at are listed; the latest."""
_LOCK = text("""
select id, classification, redacted_at, state from document
 where source_id = :source and external_id = :external for update
""")
_DECIDE = text("""
insert into decision (source_id, external_id, classification, reason, decided_by)
values (:source, :external, :classification, :reason, :by)
""")
_END = text("""
update decision set ended_at = now(), ended_by = :by
 where source_id = :source and external_id = :external and ended_at is null returning id
""")
_SECOND = text("""
update decision set seconded_by = :by, seconded_at = now()
 where source_id = :source and external_id = :external and ended_at is null
       and decided_by <> :by and classification = :classification and seconded_by is null
returning id
""")
_CLOSE = text(
    "update document set state = 'pending', listed_as = null, fingerprint = null where id = :id"
)


async def list_reviews(database: Database, account: Account | None) -> list[Review]:
    """Documents that somebody should look at, of the sources that the account may look into."""
    parameters = {"sources": await _sources(database, account), "most": MOST}
    async with database.app() as connection:
        return [
            Review(
                row.source, row.external_id, row.classification, row.otherwise,
                tuple(row.reasons), row.at,
            )
            for row in await connection.execute(_REVIEWS, parameters)
        ]  # fmt: skip


async def list_decisions(database: Database, account: Account | None) -> list[Decision]:
    """Those in force, of the same sources, by document."""
    parameters = {"sources": await _sources(database, account)}
    async with database.app() as connection:
        return [_decision(row) for row in await connection.execute(_LIST, parameters)]


async def decide(
    database: Database,
    account: Account | None,
    key: str,
    external_id: str,
    classification: str,
    reason: str,
    levels: Sequence[str],
) -> Decision:
    """From the next sync, or push, on the document is of this classification; at once it is
    closed where that is stricter. It takes the place of what was decided before.

    Raises NotFound for a document that is not there, and InvalidInput.
    """
    if classification not in levels:
        raise InvalidInput(
            f"unknown classification {classification!r}; there is {', '.join(levels)}"
        )
    if not 1 <= len(reason.strip()) <= LONGEST_REASON:
        raise InvalidInput(f"say why, in {LONGEST_REASON} characters at most")
    async with database.app() as connection:
        source = await find_source(connection, account, key)
        place = {"source": source.id, "external": external_id}
        document = (await connection.execute(_LOCK, place)).one_or_none()
        if document is None:
            raise NotFound("there is no such document in this source")
        await connection.execute(_END, {**place, "by": _name(account)})
        made = {"classification": classification, "reason": reason.strip(), "by": _name(account)}
        await connection.execute(_DECIDE, {**place, **made})
        indexed_at = [document.classification, *document.redacted_at]
        if document.state == "indexed" and any(
            levels.index(classification) > levels.index(level) for level in indexed_at
        ):
            await lock_revision(connection)
            await delete_rows(connection, levels, [document.id])
            await connection.execute(_CLOSE, {"id": document.id})
            await raise_revision(connection, "document decided to be stricter")
        return await _one(connection, place)


async def second(
    database: Database, account: Account | None, key: str, external_id: str, classification: str
) -> Decision:
    """Agree with what somebody else decided, which is named so that nobody agrees with another.

    Raises NotFound, NotPermitted for whoever decided it, and Conflict where something else was
    decided, or somebody agreed already.
    """
    async with database.app() as connection:
        source = await _source(connection, account, key)
        place = {"source": source.id, "external": external_id}
        found = await _one(connection, place)
        if found.by == _name(account):
            raise NotPermitted("you decided it yourself; somebody else has to agree")
        agreed = {"by": _name(account), "classification": classification}
        if not await connection.scalar(_SECOND, {**place, **agreed}):
            raise Conflict("something else was decided by now, or somebody agreed; look again")
        return await _one(connection, place)


async def end(database: Database, account: Account | None, key: str, external_id: str) -> None:
    """The rules alone say again what the document is. Raises NotFound."""
    async with database.app() as connection:
        source = await find_source(connection, account, key)
        place = {"source": source.id, "external": external_id, "by": _name(account)}
        if not await connection.scalar(_END, place):
            raise NotFound("nothing is decided for such a document in this source")


async def _sources(database: Database, account: Account | None) -> list[int]:
    everything = account is not None and account.role is Role.COMPLIANCE
    return [source.id for source in await list_sources(database, None if everything else account)]


async def _source(connection: AppConnection, account: Account | None, key: str) -> Source:
    """For looking at and agreeing: compliance may, of all sources."""
    if account is not None and account.role is Role.COMPLIANCE:
        return await find_source(connection, None, key)
    return await find_source(connection, account, key)


async def _one(connection: AppConnection, place: dict[str, Any]) -> Decision:
    row = (await connection.execute(_ONE, place)).one_or_none()
    if row is None:
        raise NotFound("nothing is decided for such a document in this source")
    return _decision(row)


def _name(account: Account | None) -> str:
    return OPERATOR if account is None else account.email


def _decision(row: Row[Any]) -> Decision:
    return Decision(
        row.source, row.external_id, row.classification, row.reason, row.decided_by,
        row.decided_at, row.seconded_by, row.indexed,
    )  # fmt: skip
