"""Releases: what answers depend on, how far each has come, and which one answers.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

RELEASES = """
-- What an answer depends on. Nobody may change or delete a row: the login has no right to.
create table release (
  name text primary key check (name ~ '^r-[0-9a-f]{12}$'),
  digest text not null unique check (digest ~ '^[0-9a-f]{64}$'),
  -- the canonical text that the digest and the signature are over, as it was signed
  manifest text not null,
  key_id text not null,
  public_key text not null,
  signature text not null,
  at timestamptz not null default clock_timestamp()
);

-- Each step on its way, only ever added to; the stage of a release is that of its last one.
create table release_event (
  id bigint generated always as identity primary key,
  release text not null references release,
  at timestamptz not null default clock_timestamp(),
  who text not null,
  what text not null,
  from_stage text,
  to_stage text,
  reason text not null default ''
);
create index release_event_release on release_event (release, id);

-- What the evaluations said, as it was signed.
create table gate_report (
  id bigint generated always as identity primary key,
  release text not null references release,
  at timestamptz not null default clock_timestamp(),
  report text not null,
  key_id text not null,
  public_key text not null,
  signature text not null,
  thresholds text not null,
  verdict text not null check (verdict in ('passed', 'failed'))
);
create index gate_report_release on gate_report (release, id);

-- Which release answers: one row, read for every question, so that a change holds from its commit.
create table traffic (
  one boolean primary key default true check (one),
  production text references release,
  canary text references release,
  share integer not null default 0 check (share between 0 and 100),
  shadow text references release,
  version bigint not null default 0
);
insert into traffic default values;

-- How often a shadow's answers were like those that were shown; no text of either.
create table shadow_count (
  shadow text not null references release,
  production text not null references release,
  compared bigint not null default 0,
  same_text bigint not null default 0,
  same_citations bigint not null default 0,
  same_outcome bigint not null default 0,
  failed bigint not null default 0,
  primary key (shadow, production)
);

-- Models that were looked at before anything is made of them: from where, under which licence, the
-- digest of every file, and what was wrong, if anything.
create table model_intake (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  model text not null,
  source text not null,
  licence text not null,
  files jsonb not null,
  findings text[] not null
);
"""

GRANTS = """
grant select, insert on release, release_event, gate_report, model_intake to portcullis_app;
grant select, update on traffic to portcullis_app;
grant select, insert, update on shadow_count to portcullis_app;
grant select on release, release_event, gate_report, traffic, shadow_count,
  model_intake to portcullis_auditor;
"""


def upgrade() -> None:
    driver = op.get_bind().connection.driver_connection
    for part in (RELEASES, GRANTS):
        driver.execute(part)
