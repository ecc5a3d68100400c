"""What may go wrong with the enforcement of a real database, each with its undoing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from sqlalchemy import make_url

from app.runtime.postgres import EmbeddedPostgres

Run = Callable[[str], None]


@dataclass(frozen=True)
class Fault:
    """`breaks` and `undoes` are statements, run as the owner or, with `by_superuser`, as the
    server's superuser; `says` are pieces of sentences that must be among the findings."""

    name: str
    breaks: str
    undoes: str
    says: tuple[str, ...]
    by_superuser: bool = False


@dataclass(frozen=True)
class Change:
    """A function of the schema with a piece of it replaced; as the superuser where the function
    is not the owner's."""

    name: str
    function: str
    piece: str
    by: str
    says: tuple[str, ...]
    by_superuser: bool = False


@dataclass(frozen=True)
class Faults:
    """Plants faults in one database."""

    owner_url: str
    server: EmbeddedPostgres

    @contextmanager
    def _connect(self, by_superuser: bool) -> Iterator[psycopg.Connection]:
        url = make_url(self.owner_url).set(drivername="postgresql")
        if by_superuser:
            assert url.database is not None
            with self.server._connect(url.database) as connection:
                yield connection
        else:
            words = url.render_as_string(hide_password=False)
            with psycopg.connect(words, autocommit=True) as connection:
                yield connection

    def run(self, statements: str, by_superuser: bool = False) -> None:
        with self._connect(by_superuser) as connection:
            connection.execute(statements.encode())

    def plant(self, fault: Fault | Change) -> str:
        """Break it; the statements that undo that."""
        if isinstance(fault, Fault):
            self.run(fault.breaks, fault.by_superuser)
            return fault.undoes
        with self._connect(False) as connection:
            row = connection.execute(
                "select pg_get_functiondef(to_regprocedure(%s))", [fault.function]
            ).fetchone()
        assert row is not None
        before: str = row[0]
        assert fault.piece in before, "the function does not say that"
        self.run(before.replace(fault.piece, fault.by), fault.by_superuser)
        return before

    @contextmanager
    def planted(self, fault: Fault | Change) -> Iterator[None]:
        undoes = self.plant(fault)
        try:
            yield
        finally:
            self.run(undoes, fault.by_superuser)


_READER = "create policy reader on {} for select to portcullis_reader using (true)"
_AUDIENCE = (
    "insert into audience (id, principal_id, classification, slots, counts)"
    " overriding system value select {}, min(id), 'internal',"
    " cast('x00ffffffffffffff' as bit varying), '{{}}' from principal; "
)

FAULTS = [
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

CHANGES = [
    Change(
        "a seal that is not looked at", "verified_scope()", "          = seal;",
        "          is not null;", ("a forged seal is accepted", "a seal with a changed byte"),
    ),
    Change(
        "a key that is not looked at", "verified_scope()", "k.id = key_id::integer", "true",
        ("a seal of an unknown key is accepted",),
    ),
    Change(
        "an expiry that is not looked at", "verified_scope()",
        "coalesce((scope ->> 'expires')::double precision < extract(epoch from clock_timestamp()),"
        " true)",
        "false", ("an expired scope is accepted",),
    ),
    Change(
        "a connection that is not looked at", "verified_scope()",
        "coalesce(scope ->> 'connection' <> public.this_connection(), true)", "false",
        ("a seal made for another connection is accepted",),
    ),
    Change(
        "memberships that are not looked at", "verified_scope()",
        "and c.directory <= (scope ->> 'revision')::bigint", "",
        ("a scope from before a membership changed is accepted",),
    ),
    Change(
        "a revision that is not looked at", "verified_scope()",
        "c.value >= (scope ->> 'revision')::bigint", "true",
        ("a scope ahead of the database is accepted",),
    ),
    Change(
        "a set that is not looked at",
        "reading_revision()",
        "exists (select from public.principal_set s where s.id = (v.scope ->> 'set')::bigint)",
        "v.scope is not null",
        ("a scope of principals that nobody holds is accepted",),
    ),
    Change(
        "levels that are not looked at", "readable_bits(text)",
        "not (scope -> 'classifications') ? level", "false",
        ("under a scope for no classification the canary's reader sees 8 rows",),
    ),
    Change(
        "bits that open everything", "readable_bits(text)",
        "return repeat('0', public.slot_space())", "return repeat('1', public.slot_space())",
        ("readable_bits opens internal without a scope",),
    ),
]  # fmt: skip
