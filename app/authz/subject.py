"""Who somebody is: the account's principal and every group that it belongs to, nested."""

from __future__ import annotations

from sqlalchemy import text

from app.db.engine import AppConnection
from app.domain.principal import Account, Subject
from app.errors import NotSignedIn

# `union` drops rows already found, so a cycle of groups ends the recursion.
_PRINCIPALS = text("""
with recursive held(id) as (
    select p.id from principal p join account a on a.principal_id = p.id
     where p.id = :id and p.known and a.disabled_at is null
  union
    select m.group_id from membership m join held on m.member_id = held.id
     where m.until is null
)
select p.id, p.kind, p.key, (select value from revision_counter) as revision
  from principal p
 where p.id in (select id from held)
    or (p.kind in ('everyone', 'public') and exists (select from held))
""")


async def resolve_subject(connection: AppConnection, account: Account) -> Subject:
    """The subject of a signed-in account, as memberships stand now.

    Raises NotSignedIn when the account was disabled meanwhile.
    """
    rows = (await connection.execute(_PRINCIPALS, {"id": account.principal_id})).all()
    if not rows:
        raise NotSignedIn
    return Subject(
        account=account,
        principal_ids=frozenset(row.id for row in rows),
        group_keys=frozenset(row.key for row in rows if row.kind == "group"),
        revision=rows[0].revision,
    )
