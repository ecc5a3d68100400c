"""Bring an organisation into the product's tables: directory, containers, slots and grants."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text

from app.authz.directory import Group, Person, replace_directory
from app.db.engine import Database
from app.db.principals import principal_ids
from app.db.revision import raise_revision
from app.domain.principal import PrincipalRef
from evals.bench.organisation import Organisation

_SOURCE = text("""
insert into source (key, kind, classification_floor) values (:key, 'push', 'public') returning id
""")
# As ACLs of their own have a digest, which containers' slots do not have.
_SLOTS = text("""
insert into acl_slot (source_id, digest)
select :source, case when own then sha256(convert_to(n::text, 'UTF8')) end
  from unnest(cast(:own as boolean[])) with ordinality o(own, n) order by n
returning id
""")
_CONTAINERS = text("""
insert into container (source_id, external_id, slot_id)
select :source, 'folder-' || id, id from unnest(cast(:slots as integer[])) id
""")


@dataclass(frozen=True)
class Settled:
    """Where an organisation was put: the source's id and key, and the product's id of each slot."""

    source: int
    key: str
    slots: NDArray[np.int32]


async def settle(database: Database, organisation: Organisation) -> Settled:
    """The directory through the product's own function; slots and grants, which it would write
    one by one, in one statement for all."""
    people = [Person(email, email.partition("@")[0]) for email in organisation.people]
    groups = [Group(key, members) for key, members in organisation.groups.items()]
    async with database.app() as connection:
        await replace_directory(connection, people, groups)
        source = int(await connection.scalar(_SOURCE, {"key": organisation.name}) or 0)
        made = await connection.scalars(
            _SLOTS, {"source": source, "own": organisation.own.tolist()}
        )
        slots = np.sort(np.array(list(made), np.int32))
        await connection.execute(
            _CONTAINERS, {"source": source, "slots": slots[~organisation.own].tolist()}
        )
        refs = [PrincipalRef.parse(name) for name in organisation.principals]
        ids, _ = await principal_ids(connection, refs)
        holder = np.array([ids[ref] for ref in refs])
        revision = await raise_revision(connection, "slots of a measurement")
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        grants = organisation.grants
        async with (
            driver.cursor() as cursor,
            cursor.copy(
                "copy slot_grant (slot_id, principal_id, effect, since_revision) from stdin"
            ) as copy,
        ):
            for slot, principal, deny in zip(
                slots[grants.slot].tolist(),
                holder[grants.principal].tolist(),
                grants.deny.tolist(),
                strict=True,
            ):
                await copy.write_row((slot, principal, "deny" if deny else "allow", revision))
    return Settled(source, organisation.name, slots)
