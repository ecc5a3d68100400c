"""Looking back does not read whole tables, however much has changed since."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, TextClause, create_engine, make_url, text

from app.authz.explain import moment, placement

pytestmark = pytest.mark.integration

GROW = """
insert into principal (kind, key) select 'group', 'past-' || n from generate_series(1, 2000) n;
insert into membership (group_id, member_id, since_revision, until, until_revision)
select 3 + n % 1900, 3 + n / 80, n, now(), n + 50 from generate_series(1, 100000) n;
insert into source (key, kind, classification_floor) values ('grown', 'push', 'public');
insert into acl_slot (source_id) select s.id from source s, generate_series(1, 2000);
insert into container (source_id, external_id, slot_id)
select source_id, id::text, id from acl_slot where source_id is not null;
insert into slot_grant (slot_id, principal_id, effect, since_revision, until, until_revision)
select a.id, 3 + n, 'allow', n, now(), a.id * 40 + n from acl_slot a, generate_series(1, 50) n
 where a.source_id is not null;
insert into document_history (document_id, source, external_id, state, since, until)
select gen_random_uuid(), 'grown', 'file-' || n % 25000, 'indexed', now(), now()
  from generate_series(1, 100000) n;
insert into account_history (principal_id, since, until)
select 3 + n % 1900, now(), now() from generate_series(1, 50000) n;
analyze membership, slot_grant, document_history, account_history, acl_slot, container;
"""
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def grown(owner_url: str) -> Iterator[Connection]:
    """As the owner, on tables with a hundred thousand rows of the past."""
    owner = create_engine(make_url(owner_url), isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        for statement in GROW.split(";\n"):
            connection.execute(text(statement))
        yield connection
    owner.dispose()


def indexes(plan: dict[str, Any]) -> Iterator[str]:
    """The indexes that a plan uses."""
    if name := plan.get("Index Name"):
        yield name
    for part in plan.get("Plans", []):
        yield from indexes(part)


PAST = {"revision": 500, "past": True}
LOOKS = [
    ("membership_past", moment._GROUPS, {**PAST, "members": [700, 701]}),
    ("account_history_principal", moment._USER, {"email": "a@past.example", "at": NOW}),
    ("slot_grant_past", placement._GRANTS, {**PAST, "slot": 1000}),
    (
        "document_history_named",
        placement._NAMED_THEN,
        {"source": "grown", "external": "file-77", "at": NOW},
    ),
    ("slot_grant_past", text("delete from slot_grant where slot_id = :slot"), {"slot": 1000}),
    ("container_slot", text("delete from container where slot_id = :slot"), {"slot": 1000}),
    ("acl_slot_container", text("delete from acl_slot where container_id = :id"), {"id": 7}),
]


@pytest.mark.parametrize(("index", "look", "parameters"), LOOKS)
def test_the_past_is_found_by_an_index(
    grown: Connection, index: str, look: TextClause, parameters: dict[str, Any]
) -> None:
    found = grown.execute(text(f"explain (format json) {look.text}"), parameters).scalar_one()
    assert index in list(indexes(found[0]["Plan"])), found
