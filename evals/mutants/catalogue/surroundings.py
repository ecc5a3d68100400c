"""Things around the tables of text through which they could be seen."""

from __future__ import annotations

from evals.mutants.planting import Fault

_AUDIENCE = (
    "insert into audience (id, principal_id, classification, slots, counts)"
    " overriding system value select {}, min(id), 'internal',"
    " cast('x00ffffffffffffff' as bit varying), '{{}}' from principal; "
)

SURROUNDINGS = [
    Fault(
        "a view of text",
        "create view everything as select text from chunk_internal;"
        " grant select on everything to portcullis_reader",
        "drop view everything",
        ("the view public.everything touches chunk_internal",
         "portcullis_reader may select everything"),
    ),
    Fault(
        "a materialised view of text",
        "create materialized view everything as select text from chunk_internal with no data",
        "drop materialized view everything",
        ("the materialised view public.everything touches chunk_internal",),
    ),
    Fault(
        "a rule on a table of text",
        "create rule also as on delete to chunk_internal do also select 1",
        "drop rule also on chunk_internal",
        ("the rule also touches chunk_internal",),
    ),
    Fault(
        "a function that returns text with the owner's rights",
        "create function everything() returns setof text language sql security definer"
        " as 'select text from chunk_internal'; grant execute on function everything() to"
        " portcullis_reader",
        "drop function everything()",
        ("the SECURITY DEFINER function public.everything() is not one of ours",),
    ),
    Fault(
        "such a function in another schema",
        "create schema aside; create function aside.everything() returns setof text language sql"
        " security definer as 'select text from chunk_internal'",
        "drop schema aside cascade",
        ("the SECURITY DEFINER function aside.everything() is not one of ours",),
        by_superuser=True,
    ),
    Fault(
        "a function of ours for another login",
        "grant execute on function seal_scope(text) to portcullis_reader",
        "revoke execute on function seal_scope(text) from portcullis_reader",
        ("portcullis_reader may execute public.seal_scope(text)",),
    ),
    Fault(
        "a function of ours for everybody",
        "grant execute on function new_seal_key() to public",
        "revoke execute on function new_seal_key() from public",
        ("everybody may execute public.new_seal_key()",),
    ),
    Fault(
        "a search path that is not pinned",
        "alter function readable_bits(text) reset search_path",
        "alter function readable_bits(text) set search_path = pg_catalog, public, pg_temp",
        ("public.readable_bits(text) does not pin its search path",),
    ),
    Fault(
        "a function that does not run as its owner",
        "alter function reading_revision() security invoker",
        "alter function reading_revision() security definer",
        ("public.reading_revision() is missing or does not run as its owner",),
    ),
    Fault(
        "a login that is a member of another",
        "grant portcullis_app to portcullis_reader",
        "revoke portcullis_app from portcullis_reader",
        ("the login portcullis_reader is a member of portcullis_app",
         "portcullis_reader becomes portcullis_app by `set local role"),
        by_superuser=True,
    ),
    Fault(
        "a stranger that is a member of a login",
        "create role stranger; grant portcullis_reader to stranger",
        "drop role stranger",
        ("stranger is a member of the login portcullis_reader",),
        by_superuser=True,
    ),
    Fault(
        "a login that may make things",
        "grant create on schema public to public",
        "revoke create on schema public from public",
        ("the login portcullis_reader may create things in the schema public",),
        by_superuser=True,
    ),
    Fault(
        "a publication of a table of text",
        "create publication everything for table chunk_internal",
        "drop publication everything",
        ("the publication everything touches chunk_internal",),
        by_superuser=True,
    ),
    Fault(
        "a publication of every table",
        "create publication everything for all tables",
        "drop publication everything",
        ("the publication everything touches every table",),
        by_superuser=True,
    ),
    Fault(
        "a child table",
        "create table more () inherits (chunk_internal)",
        "drop table more",
        ("the child public.more touches chunk_internal",),
    ),
    Fault(
        "a parent table",
        "create table more (text text not null); alter table chunk_internal inherit more",
        "alter table chunk_internal no inherit more; drop table more",
        ("the parent public.more touches chunk_internal",),
    ),
    Fault(
        "a trigger on a table of text",
        "create function copy_away() returns trigger language plpgsql as 'begin return new; end';"
        " create trigger away before insert on chunk_internal for each row execute function"
        " copy_away()",
        "drop function copy_away() cascade",
        ("the trigger away touches chunk_internal",),
    ),
    Fault(
        "a foreign key to a table of text",
        "create table more (chunk uuid references chunk_internal)",
        "drop table more",
        ("the foreign key public.more.more_chunk_fkey touches chunk_internal",),
    ),
    Fault(
        "an approximate index over everything",
        "create index everything on chunk_internal using hnsw (embedding halfvec_cosine_ops)",
        "drop index everything",
        ("the hnsw index public.everything on chunk_internal is not one that is kept for an",
         "drop index concurrently public.everything"),
    ),
    Fault(
        "another kind of it",
        "create index everything on chunk_regulated using ivfflat (embedding halfvec_cosine_ops)",
        "drop index everything",
        ("the ivfflat index public.everything on chunk_regulated is not one that is kept",),
    ),
    Fault(
        "an index over other slots than those of its audience",
        _AUDIENCE.format(900001)
        + "create index audience_900001 on chunk_internal using hnsw"
        " (embedding halfvec_cosine_ops) where slot_id < 64 and"
        " get_bit(cast('x003fffffffffffff' as bit varying), slot_id) = 1",
        "drop index audience_900001; delete from audience",
        ("the hnsw index public.audience_900001 on chunk_internal is not over the slots of its",),
    ),
    Fault(
        "an index of an audience on another table",
        _AUDIENCE.format(900002)
        + "create index audience_900002 on chunk_regulated using hnsw"
        " (embedding halfvec_cosine_ops) where slot_id < 64 and"
        " get_bit(cast('x00ffffffffffffff' as bit varying), slot_id) = 1",
        "drop index audience_900002; delete from audience",
        ("the hnsw index public.audience_900002 on chunk_regulated is not over the slots of its",),
    ),
    Fault(
        "audiences that a login writes",
        "grant insert on audience to portcullis_app",
        "revoke insert on audience from portcullis_app",
        ("portcullis_app may insert audience; revoke insert on audience from portcullis_app",),
    ),
    Fault(
        "a canary that nobody may read",
        "update slot_grant set until = now(), until_revision = 0 where slot_id ="
        " (select id from acl_slot where canary)",
        "update slot_grant set until = null, until_revision = null where slot_id ="
        " (select id from acl_slot where canary)",
        ("the canary's slot is gone",),
    ),
    Fault(
        "no key that seals",
        "update seal_key set retired_at = now() - interval '1 minute'",
        "update seal_key set retired_at = null",
        ("the canary's seal is refused under its own scope",),
    ),
]  # fmt: skip
