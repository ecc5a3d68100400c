"""A raise of the revision tells everybody who listens, at its commit.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NOTICES = """
create or replace function raise_revision(cause text) returns bigint language sql as $$
  with raised as (update revision_counter set value = value + 1 returning value),
       kept as (insert into revision (value, cause) select value, cause from raised
                returning value)
  select kept.value from kept, pg_notify('portcullis_revision', kept.value::text)
$$;

create or replace function raise_directory_revision(cause text) returns bigint
language sql as $$
  with raised as (update revision_counter set value = value + 1, directory = value + 1
                  returning value),
       kept as (insert into revision (value, cause) select value, cause from raised
                returning value)
  select kept.value from kept, pg_notify('portcullis_revision', kept.value::text)
$$;
"""


def upgrade() -> None:
    driver = op.get_bind().connection.driver_connection
    driver.execute(NOTICES)
