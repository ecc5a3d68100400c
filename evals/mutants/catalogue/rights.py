"""Rights, roles, policies and settings of a database that are not what they must be."""

from __future__ import annotations

from evals.mutants.planting import Fault

_READER = "create policy reader on {} for select to portcullis_reader using (true)"
RIGHTS = [
    Fault(
        "row-level security disabled",
        "alter table chunk_internal disable row level security",
        "alter table chunk_internal enable row level security",
        ("row-level security is disabled on chunk_internal",
         "portcullis_reader reads chunk_internal without a scope",
         "portcullis_reader copies chunk_internal", "a plan tells portcullis_reader",
         "a view or function of its own shows portcullis_reader chunk_internal",
         "text is seen though the seal is refused (an expired scope",
         "a prepared statement of an earlier scope"),
    ),
    Fault(
        "row-level security not forced",
        "alter table rendition_public no force row level security",
        "alter table rendition_public force row level security",
        ("row-level security is not forced on rendition_public",),
    ),
    Fault(
        "a table owned by a login",
        "alter table chunk_internal owner to portcullis_auditor",
        "alter table chunk_internal owner to portcullis_owner",
        ("the login portcullis_auditor owns the table public.chunk_internal",
         "portcullis_auditor is not refused `select \"text\" from public.\"chunk_internal\""),
        by_superuser=True,
    ),
    Fault(
        "a login that is a superuser",
        "alter role portcullis_reader superuser",
        "alter role portcullis_reader nosuperuser",
        ("the login portcullis_reader is a superuser",
         "portcullis_reader becomes portcullis_app by `set local role",
         "portcullis_reader becomes portcullis_owner by `set local session authorization",
         "portcullis_reader may read pg_statistic"),
        by_superuser=True,
    ),
    Fault(
        "a login that bypasses row-level security",
        "alter role portcullis_reader bypassrls",
        "alter role portcullis_reader nobypassrls",
        ("the login portcullis_reader bypasses row-level security",
         "portcullis_reader reads chunk_regulated without a scope"),
        by_superuser=True,
    ),
    Fault(
        "a login that makes roles and databases and replicates",
        "alter role portcullis_app createrole createdb replication",
        "alter role portcullis_app nocreaterole nocreatedb noreplication",
        ("portcullis_app may create roles", "portcullis_app may create databases",
         "portcullis_app may replicate"),
        by_superuser=True,
    ),
    Fault(
        "a policy that lets everything through",
        "drop policy reader on chunk_internal; " + _READER.format("chunk_internal"),
        "select read_by_bits('chunk_internal', 'internal')",
        ("the policy reader on chunk_internal does not say what ours says",
         "portcullis_reader counts rows of text without a scope"),
    ),
    Fault(
        "the policy of another level",
        "select read_by_bits('chunk_regulated', 'public')",
        "select read_by_bits('chunk_regulated', 'regulated')",
        ("the policy reader on chunk_regulated does not say what ours says",
         "under its scope for public alone the canary's reader sees 3 rows"),
    ),
    Fault(
        "a further policy",
        "create policy also on rendition_internal for select to public using (true)",
        "drop policy also on rendition_internal",
        ("the policy also on rendition_internal is not one of ours",),
    ),
    Fault(
        "a missing policy",
        "drop policy moving on chunk_public",
        "create policy moving on chunk_public to portcullis_app using (true) with check (true)",
        ("the policy moving on chunk_public is missing",),
    ),
    Fault(
        "text granted to a login that moves rows",
        "grant select (text) on chunk_confidential to portcullis_app",
        "revoke select (text) on chunk_confidential from portcullis_app",
        ("portcullis_app may select text of chunk_confidential",
         "portcullis_app is not refused `select \"text\" from public.\"chunk_confidential\""),
    ),
    Fault(
        "a table granted to everybody",
        "grant select on chunk_internal to public",
        "revoke select on chunk_internal from public",
        ("public may select chunk_internal; revoke select on chunk_internal from public",
         "portcullis_auditor is not refused `select count(*)",
         "portcullis_ingest may copy chunk_internal"),
    ),
    Fault(
        "the keys granted to a login",
        "grant select on seal_key to portcullis_app",
        "revoke select on seal_key from portcullis_app",
        ("portcullis_app may select seal_key",),
    ),
    Fault(
        "statistics of text",
        "alter table chunk_regulated alter column heading set statistics 100",
        "select keep_no_values('regulated')",
        ("statistics of heading of chunk_regulated may be kept",
         "select keep_no_values('regulated')"),
    ),
    Fault(
        "a login with a setting of its own",
        "alter role portcullis_codes set search_path = public",
        "alter role portcullis_codes reset all",
        ("the login portcullis_codes begins with a setting of its own, search_path",
         "alter role portcullis_codes reset search_path"),
    ),
]  # fmt: skip
