"""The ACLs of a synced source's containers: narrowed before its content is touched, widened after.

So what leaves a document in the same sync is never shown to its new audience.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import text

from app.authz.grants import set_container_acl
from app.db.engine import IngestConnection
from app.db.levels import delete_rows
from app.db.principals import principal_ids
from app.domain.acl import Acl
from app.domain.principal import PrincipalKind, PrincipalRef

_GRANTS = text("""
select c.external_id, g.effect, p.kind, p.key
  from container c left join slot_grant g on g.slot_id = c.slot_id and g.until is null
  left join principal p on p.id = g.principal_id
 where c.source_id = :source
""")
_OUTDATED = text("""
select d.id from document d
  join container c on c.id = d.container_id and c.slot_id = d.slot_id
  join problem p on p.source_id = d.source_id and p.external_id = d.external_id
 where d.source_id = :source and c.external_id = any (:containers) and d.state = 'indexed'
   and p.resolved_at is null and p.stage <> 'acl'
 order by d.id for update of d
""")
_WITHDRAW = text("""
update document set state = 'failed', fingerprint = null, chunks = 0 where id = any (:ids)
""")
_PUBLIC = PrincipalRef(PrincipalKind.PUBLIC)
_EVERYONE = PrincipalRef(PrincipalKind.EVERYONE)


async def narrow(connection: IngestConnection, source_id: int, wanted: Mapping[str, Acl]) -> None:
    """Keep out of the containers that exist whoever the wanted ACL does not let in; let nobody
    in who is not in already. Containers that are not wanted any more let nobody in."""
    current = await _current(connection, source_id)
    everything = dict.fromkeys(current, Acl()) | dict(wanted)
    await _narrow(connection, source_id, current, everything)


async def narrow_to(
    connection: IngestConnection, source_id: int, wanted: Mapping[str, Acl]
) -> bool:
    """The same for these containers alone, and whether any of them changed."""
    return await _narrow(connection, source_id, await _current(connection, source_id), wanted)


async def _narrow(
    connection: IngestConnection,
    source_id: int,
    current: Mapping[str, Acl],
    wanted: Mapping[str, Acl],
) -> bool:
    changed = False
    for name, acl in wanted.items():
        before = current.get(name)
        target = acl if before is None else in_both(acl, before)
        if target != before:
            await set_container_acl(connection, source_id, name, target)
            changed = True
    return changed


async def widen(
    connection: IngestConnection, source_id: int, wanted: Mapping[str, Acl], levels: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Give containers the ACL that is wanted; the entries of each that name nobody known.

    What could not be replaced by its new form is taken out of the index where more people are
    let in: its old form was not meant for them.
    """
    current = await _current(connection, source_id)
    changed = {name: acl for name, acl in wanted.items() if current.get(name) != acl}
    # documents before the revision, as everybody locks them
    parameters = {"source": source_id, "containers": list(changed)}
    if outdated := list(await connection.scalars(_OUTDATED, parameters)):
        await delete_rows(connection, levels, outdated)
        await connection.execute(_WITHDRAW, {"ids": outdated})
    for name, acl in changed.items():
        await set_container_acl(connection, source_id, name, acl)
    everybody = {ref for acl in wanted.values() for ref in acl.allow | acl.deny}
    _, unknown = await principal_ids(connection, everybody)
    names = {name: sorted(map(str, acl.allow | acl.deny)) for name, acl in wanted.items()}
    return {
        name: tuple(entry for entry in entries if entry in unknown)
        for name, entries in names.items()
        if not set(unknown).isdisjoint(entries)
    }


def in_both(acl: Acl, before: Acl) -> Acl:
    """Nobody whom either keeps out. Who is in a group is not looked up: a person named now who
    was let in by a group before waits for `widen`."""
    allow = acl.allow & before.allow
    for wide, who in ((_PUBLIC, frozenset[PrincipalRef]()), (_EVERYONE, frozenset({_PUBLIC}))):
        if wide in before.allow:
            allow |= acl.allow - who
        if wide in acl.allow:
            allow |= before.allow - who
    return Acl(allow, acl.deny | before.deny)


async def _current(connection: IngestConnection, source_id: int) -> dict[str, Acl]:
    sets: dict[str, tuple[set[PrincipalRef], set[PrincipalRef]]] = {}
    for row in await connection.execute(_GRANTS, {"source": source_id}):
        allow, deny = sets.setdefault(row.external_id, (set(), set()))
        if row.effect is not None:
            ref = PrincipalRef(PrincipalKind(row.kind), row.key)
            (deny if row.effect == "deny" else allow).add(ref)
    return {name: Acl(frozenset(allow), frozenset(deny)) for name, (allow, deny) in sets.items()}
