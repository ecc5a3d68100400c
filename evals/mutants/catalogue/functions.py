"""Functions of the schema that leave out one thing that they look at."""

from __future__ import annotations

from evals.mutants.planting import Change

FUNCTIONS = [
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
