"""Somebody who holds the reader's login, or the codes', and sends any SQL.

What comes back is what would come back if the documents beyond the scope did not exist; each
attack is also made with row-level security off, where it must tell, or it would prove nothing.
"""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.authz.policy import Policy
from app.db.engine import Database, Login
from app.retrieval.search import LITTLE
from tests.authz.planted import OPEN, RARE, SECRET, Place, make_place

pytestmark = pytest.mark.integration

PEEK = """
create function pg_temp.peek(t text) returns boolean language plpgsql immutable cost 0.0001 as
$$ begin raise notice '%', t; return true; end $$
"""
PEEK_BEFORE = """
create function pg_temp.before(t text, u text) returns boolean language plpgsql immutable
cost 0.0001 as $$ begin raise notice '%', t; return true; end $$
"""
COUNTS = """
do $$ declare n integer; begin
  select count(*) into n from chunk_internal; raise notice '%', n;
  select count(*) into n from rendition_regulated; raise exception '%', n;
end $$
"""
DEFINER = """
create function pg_temp.mine() returns setof text language sql security definer as
$$ select text from public.chunk_internal order by 1 $$
"""
ATTACKS: dict[str, tuple[str, ...]] = {
    "read": ("select text from chunk_internal order by 1",),
    "another classification": ("select text from chunk_regulated",),
    "whole rows": ("select c.text, r.title from chunk_internal c join rendition_internal r"
                   " on r.id = c.rendition_id order by 1, 2",),
    "count": ("select count(*) from chunk_internal",),
    "exists": (f"select exists (select from chunk_internal where text like '%{RARE}%')",),
    "equal": (f"select count(*) from rendition_confidential where title = '{SECRET}'",),
    "words": (f"select count(*) from chunk_internal where terms @@ '{RARE}'",),
    "groups": ("select slot_id, count(*) from chunk_internal group by slot_id order by 1",),
    "index only": ("set enable_seqscan = off", "set enable_bitmapscan = off",
                   "select count(slot_id) from chunk_internal where slot_id > 0"),
    "sample": ("select count(*) from chunk_internal tablesample bernoulli (100)",),
    "places": ("select count(*) from chunk_internal where ctid > '(0,0)'",),
    "transactions": ("select count(xmin) from chunk_internal",),
    "cast": ("select text::integer from chunk_regulated",),
    "division": (f"select 1 / (text !~ '{RARE}')::integer from chunk_internal",),
    "division in a qual": ("select 1 from chunk_internal"
                           f" where 1 / (text !~ '{RARE}')::integer = 0",),
    "bit out of range": ("select get_bit(b'1', ordinal + 9) from chunk_regulated",),
    "overflow": ("select slot_id + 2147483647 from chunk_regulated",),
    "exception": (COUNTS,),
    "cheap function": (PEEK, "select count(*) from chunk_internal where pg_temp.peek(text)"),
    "operator": (PEEK_BEFORE,
                 "create operator pg_temp.<<< (function = pg_temp.before, leftarg = text,"
                 " rightarg = text, restrict = scalarltsel)",
                 "select count(*) from chunk_internal where text operator(pg_temp.<<<) 'z'"),
    "aggregate": ("select string_agg(text, ' ' order by text) from chunk_internal",),
    "view": ("create temp view mine as select text from chunk_internal",
             "select * from mine order by 1"),
    "function": (DEFINER, "select * from pg_temp.mine()"),
    "table": ("create temp table mine as select text from chunk_internal",
              "select * from mine order by 1"),
    "prepared": ("prepare mine as select text from chunk_internal order by 1", "execute mine"),
    "cursor": ("declare mine cursor with hold for select text from chunk_internal order by 1",
               "fetch all from mine"),
    "statistics of words": ("select word from ts_stat('select terms from chunk_internal')"
                            " order by 1",),
    "rewritten": (f"select ts_rewrite('{RARE}', 'select ''{RARE}''::tsquery, ''found''::tsquery"
                  f" from chunk_internal where text ~ ''{RARE}''')",),
    "lateral": ("select v.w, (select count(*) from chunk_internal where text like v.w)"
                f" from (values ('%{RARE}%'), ('%noon%')) v(w)",),
    "recursion": ("with recursive r as (select 1 n, (select count(*) from chunk_internal) c"
                  " union all select n + 1, c from r where n < 2) select * from r",),
}  # fmt: skip

FUNCTIONS_ALONE: dict[str, tuple[str, ...]] = {
    "found": (f"select count(*) from matching_chunks('internal', '{RARE}', null)",),
    "found elsewhere": (f"select count(*) from matching_chunks('regulated', '{RARE}', null)",),
    "ranks": ("select value from matching_chunks('internal', '!nothing', 100)",),
    "bits": ("select readable_bits('internal'), readable_bits('regulated')",),
    "no such classification": ("select * from matching_chunks('x', 'a', 1)",),
    "statistics": ("select count(*) from pg_stats where tablename ~ '^(chunk|rendition)_'",),
    "more statistics": ("select count(*) from pg_stats_ext",),
}


@pytest.fixture
async def place(
    database: Database, owner_url: str, policy: Policy, levels: tuple[str, ...]
) -> Place:
    return await make_place(database, owner_url, policy, levels)


async def answer(place: Place, scoped: bool, statements: tuple[str, ...]) -> str:
    async with place.attacker(scoped) as attacker:
        return await attacker.gets(*statements)


@pytest.mark.parametrize("scoped", [False, True], ids=["no scope", "Ann's scope"])
@pytest.mark.parametrize("attack", ATTACKS)
async def test_what_comes_back_is_as_if_the_forbidden_did_not_exist(
    place: Place, attack: str, scoped: bool
) -> None:
    statements = ATTACKS[attack]
    without = await answer(place, scoped, statements)
    planted = await place.plant()
    assert await answer(place, scoped, statements) == without
    assert (OPEN in without) <= scoped
    async with place.unguarded():
        told = await answer(place, scoped, statements)
        await place.hide(planted)
        assert told != await answer(place, scoped, statements), "the attack tells nothing anyway"


@pytest.mark.parametrize("little", [LITTLE, 0], ids=["reads little", "reads much"])
@pytest.mark.parametrize("scoped", [False, True], ids=["no scope", "Ann's scope"])
@pytest.mark.parametrize("attack", FUNCTIONS_ALONE)
async def test_functions_say_the_same_whatever_is_forbidden(
    place: Place, attack: str, scoped: bool, little: int
) -> None:
    with place.looking_through(little):
        without = await answer(place, scoped, FUNCTIONS_ALONE[attack])
        await place.plant()
        place.own("analyze")
        assert await answer(place, scoped, FUNCTIONS_ALONE[attack]) == without


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        (PEEK.replace("immutable", "leakproof"), "42501"),
        ("select outer_key from seal_key", "42501"),
        ("select seal_scope('{}')", "42501"),
        ("select hold_set('{1}')", "42501"),
        ("select slots_of_set(1)", "42501"),
        ("select slots_readable_by('{1}')", "42501"),
        ("select rotate_seal_key('0')", "42501"),
        ("select raise_revision('x')", "42501"),
        ("select * from principal_set", "42501"),
        ("select * from slot_grant", "42501"),
        ("select * from code_change", "42501"),
        ("select * from revision", "42501"),
        ("select * from audit_record", "42501"),
        ("select * from audience", "42501"),
        ("select last_value from acl_slot_id_seq", "42501"),
        ("select * from pg_statistic", "42501"),
        ("select * from pg_statistic_ext_data", "42501"),
        ("select rolpassword from pg_authid", "42501"),
        ("select pg_read_file('PG_VERSION')", "42501"),
        ("select pg_ls_dir('.')", "42501"),
        ("select lo_import('PG_VERSION')", "42501"),
        ("copy chunk_internal to '/tmp/x'", "42501"),
        ("copy (select 1) to program 'true'", "42501"),
        ("create extension postgres_fdw", "42501|0A000"),
        ("create table public.mine (id integer)", "42501"),
        ("create schema mine", "42501"),
        ("create function public.mine() returns integer language sql as 'select 1'", "42501"),
        ("create statistics s on title, uri from rendition_internal", "42501"),
        ("create publication p for table chunk_internal", "42501"),
        ("create policy p on chunk_internal using (true)", "42501"),
        ("alter table chunk_internal disable row level security", "42501"),
        ("alter role portcullis_reader bypassrls", "42501"),
        ("grant portcullis_app to portcullis_reader", "42501"),
        ("set role portcullis_search", "42501"),
        ("set role portcullis_app", "42501"),
        ("set session authorization portcullis_ingest", "42501"),
        ("set session_replication_role = replica", "42501"),
        ("set log_min_messages = debug5", "42501"),
        ("insert into rendition_internal select * from rendition_internal", "42501"),
        ("delete from chunk_internal", "42501"),
        ("update chunk_internal set slot_id = 1", "42501"),
        ("select 1 from chunk_internal for update", "42501"),
        ("do $$ begin lock table chunk_internal in share mode; end $$", "42501"),
        ("do $$ begin lock table revision_counter in access share mode; end $$", "42501"),
        ("create temp table m (id uuid references chunk_internal)", "42501|42P16"),
        ("create trigger t after insert on chunk_internal execute function log_code_change()",
         "42501"),
    ],
)  # fmt: skip
async def test_it_is_refused(place: Place, statement: str, code: str) -> None:
    await place.plant()
    async with place.attacker(scoped=True) as attacker:
        got = await attacker.gets(statement)
    assert got[:5] in code.split("|"), got
    assert SECRET not in got


@pytest.mark.parametrize("scoped", [False, True], ids=["no scope", "Ann's scope"])
async def test_row_security_off_is_an_error_and_no_rows(place: Place, scoped: bool) -> None:
    await place.plant()
    async with place.attacker(scoped) as attacker:
        await attacker.gets("set row_security = off")
        for statement in ("select text from chunk_internal", "table rendition_regulated"):
            got = await attacker.gets(statement)
            assert got.startswith("42501 query would be affected by row-level security")


@pytest.mark.parametrize("column", ["id", "slot_id", "code", "large"])
async def test_the_login_of_codes_reads_codes(place: Place, column: str) -> None:
    await place.plant()
    async with place.attacker(scoped=False, login=Login.CODES) as attacker:
        got = await attacker.connection.execute(text(f"select {column} from chunk_internal"))
        assert len(got.all()) == 3


@pytest.mark.parametrize(
    "statement",
    [
        "select text from chunk_internal",
        "select embedding from chunk_internal",
        "select terms from chunk_internal",
        "select document_id from chunk_internal",
        "select 1 from chunk_internal where text is null",
        "select c from chunk_internal c",
        "select title from rendition_internal",
        "copy chunk_internal to stdout",
        "select * from matching_chunks('internal', 'noon', 9)",
        "select readable_bits('internal')",
        "select this_connection()",
        "select * from document",
        "select * from acl_slot",
        "select * from slot_grant",
        "select seal_scope('{}')",
        "set role portcullis_reader",
    ],
)
async def test_the_login_of_codes_reads_nothing_else(place: Place, statement: str) -> None:
    await place.plant()
    async with place.attacker(scoped=False, login=Login.CODES) as attacker:
        assert (await attacker.gets(statement)).startswith("42501 ")
