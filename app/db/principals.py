"""Principals by name: what ACLs and directories write becomes rows."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import text

from app.db.revision import Writer
from app.domain.principal import PrincipalRef

_ADD = text("""
insert into principal (kind, key)
select * from unnest(cast(:kinds as text[]), cast(:keys as text[]))
on conflict do nothing
""")
_FIND = text("""
select p.id, p.kind, p.key, p.known
  from principal p
  join unnest(cast(:kinds as text[]), cast(:keys as text[])) w(kind, key)
    on w.kind = p.kind and w.key = p.key
""")


async def principal_ids(
    connection: Writer, refs: Iterable[PrincipalRef]
) -> tuple[dict[PrincipalRef, int], tuple[str, ...]]:
    """The ids of principals, and which of them are not known.

    A principal that nobody has introduced gets a row that grants nobody: so a deny that names
    a person who joins tomorrow is there before that person is.
    """
    wanted = {(ref.kind.value, ref.key): ref for ref in sorted(set(refs), key=str)}
    parameters = {"kinds": [kind for kind, _ in wanted], "keys": [key for _, key in wanted]}
    await connection.execute(_ADD, parameters)
    rows = (await connection.execute(_FIND, parameters)).all()
    ids = {wanted[row.kind, row.key]: row.id for row in rows}
    return ids, tuple(sorted(str(wanted[row.kind, row.key]) for row in rows if not row.known))
