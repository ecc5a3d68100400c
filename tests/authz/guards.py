"""Every enforcement that stands alone somewhere, how it is removed, and the tests that must notice.

What is removed in the database is a fault of `evals.mutants`, or one like them; what is
removed in Python is one function, replaced where it is used.
"""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from evals.mutants.catalogue import OF_ENFORCEMENT
from evals.mutants.planting import Change, Fault
from evals.mutants.program import Replaced
from tests.authz import replacements


@dataclass(frozen=True)
class Guard:
    """`removed` takes it away. Each of `tests` fails then, and passes otherwise."""

    name: str
    removed: Fault | Change | Replaced
    tests: tuple[str, ...]


KNOWN = {fault.name: fault for fault in OF_ENFORCEMENT}

LAYERS = "tests/authz/test_layers.py::"
ATTACKER = "tests/authz/test_attacker.py::"
PIPELINE = "tests/answering/test_pipeline.py::"
WATCH = "tests/authz/test_watch.py::"
REPLICA = "tests/authz/test_replica.py::"


IN_DATABASE = [
    ("a forged seal", "a seal that is not looked at", LAYERS + "test_a_changed_seal_is_refused"),
    ("which key sealed", "a key that is not looked at", LAYERS + "test_a_changed_seal_is_refused"),
    ("the scope's expiry", "an expiry that is not looked at",
     LAYERS + "test_an_expired_scope_is_refused"),
    ("the connection that reads", "a connection that is not looked at",
     LAYERS + "test_a_seal_opens_nothing_on_another_connection"),
    ("memberships since", "memberships that are not looked at",
     LAYERS + "test_a_scope_from_before_a_membership_ended_is_refused"),
    ("the revision reached", "a revision that is not looked at",
     REPLICA + "test_a_replica_that_is_behind_the_scope_is_not_read"),
    ("the set held", "a set that is not looked at",
     "tests/authz/test_keys.py::test_a_forgotten_set_is_refused_and_then_held_anew"),
    ("the classifications cleared", "levels that are not looked at",
     LAYERS + "test_a_seal_opens_what_it_is_for"),
    ("no bits without a scope", "bits that open everything",
     LAYERS + "test_no_valid_seal_no_rows"),
    ("row-level security", "row-level security disabled",
     LAYERS + "test_no_valid_seal_no_rows"),
    ("the reader's policy", "a policy that lets everything through",
     LAYERS + "test_no_valid_seal_no_rows"),
    ("a policy a classification", "the policy of another level",
     LAYERS + "test_a_seal_opens_what_it_is_for"),
    ("who may seal", "a function of ours for another login",
     LAYERS + "test_the_reader_cannot_make_a_seal_or_write"),
]  # fmt: skip

OF_OUR_OWN: list[tuple[str, Fault | Change | Replaced, str]] = [
    (
        "that an old key ends",
        Change(
            "", "verified_scope()", "(k.retired_at is null or k.retired_at > clock_timestamp())",
            "true", (),
        ),
        LAYERS + "test_keys_rotate_while_scopes_are_in_use",
    ),
    (
        "leases, in the database",
        Change("", "readable_bits(text)", "if oldest is not null then", "if false then", ()),
        LAYERS + "test_an_unconfirmed_acl_is_withheld_until_its_source_stands_by_it",
    ),
    (
        "leases, in the re-check",
        Replaced("app.authz.recheck._confirmed", lambda document, lease: True),
        LAYERS + "test_an_unconfirmed_acl_is_withheld_until_its_source_stands_by_it",
    ),
    (
        "denies, of a kept set",
        Change(
            "", "slots_of_set(bigint)", " and not bool_or(g.effect = 'deny')", "", (),
        ),
        LAYERS + "test_a_deny_wins_for_a_set_that_is_new_and_for_one_that_is_kept",
    ),
    (
        "denies, of a new set",
        Change(
            "", "slots_readable_by(bigint[])", " and not bool_or(g.effect = 'deny')", "", (),
        ),
        LAYERS + "test_a_deny_wins_for_a_set_that_is_new_and_for_one_that_is_kept",
    ),
    (
        "denies, in the re-check",
        Replaced(
            "app.authz.recheck._allowed",
            lambda grants, mine: any(e == "allow" and p in mine for p, e in grants),
        ),
        LAYERS + "test_a_deny_wins_for_a_set_that_is_new_and_for_one_that_is_kept",
    ),
    (
        "the scope in the search of words, for who reads much",
        Change(
            "", "matching_chunks(text,tsquery,integer)", "and get_bit($2, c.slot_id) = 1", "", (),
            by_superuser=True,
        ),
        ATTACKER
        + "test_functions_say_the_same_whatever_is_forbidden[found-Ann's scope-reads much]",
    ),
    (
        "the scope in the search of words, for who reads little",
        Change(
            "", "matching_chunks(text,tsquery,integer)", "where m.slot_id = any ($1)",
            "where m.slot_id <> all ($1) or true", (), by_superuser=True,
        ),
        ATTACKER
        + "test_functions_say_the_same_whatever_is_forbidden[found-Ann's scope-reads little]",
    ),
    (
        "text kept from who moves it",
        Fault("", "grant select (text) on chunk_internal to portcullis_app", "", ()),
        LAYERS + "test_other_logins_read_no_text[app]",
    ),
    (
        "text kept from who writes it",
        Fault("", "grant select (text) on chunk_internal to portcullis_ingest", "", ()),
        LAYERS + "test_other_logins_read_no_text[ingest]",
    ),
    (
        "keys kept from who reads",
        Fault("", "grant select on seal_key to portcullis_reader", "", ()),
        LAYERS + "test_the_reader_cannot_make_a_seal_or_write[select inner_key from seal_key]",  # noqa: S608
    ),
    (
        "grants kept from who reads",
        Fault("", "grant select on slot_grant to portcullis_reader", "", ()),
        LAYERS + "test_the_reader_cannot_make_a_seal_or_write[select * from slot_grant]",  # noqa: S608
    ),
    (
        "the past of a removed source",
        Fault("", "drop trigger former_source on source", "", ()),
        "tests/authz/test_removed_source.py::"
        "test_every_day_before_the_removal_is_explained_as_it_was",
    ),
    (
        "the notice of an ended token",
        Fault("", "drop trigger token_ended on token", "", ()),
        WATCH + "test_what_a_token_holds_ends_with_it",
    ),
    (
        "that a token stands",
        Replaced("app.authz.watch.standing_tokens", replacements.all_stand),
        WATCH + "test_what_a_token_holds_ends_with_it",
    ),
    (
        "clearance by policy",
        Replaced("app.authz.policy.Policy.clearance", lambda self, subject, why: self.levels),
        LAYERS + "test_policy",
    ),
    (
        "the explicit predicate",
        Replaced("app.db.slots.predicate", lambda scope: sql.SQL("true")),
        LAYERS + "test_predicate",
    ),
    (
        "the slots in the search of codes",
        Replaced("app.retrieval.codes.scan", replacements.scan_everything),
        "tests/retrieval/test_codes.py::test_what_may_not_be_read_shapes_nothing",
    ),
    (
        "what a pooled connection forgets",
        Replaced("app.db.reset._RESET", "select 1"),
        LAYERS + "test_a_pooled_connection_keeps_nothing_of_whom_it_served",
    ),
    (
        "the re-check before the prompt",
        Replaced("app.answering.pipeline.Answering.authorised_again", replacements.all_pass),
        PIPELINE + "test_what_is_revoked_after_the_search_reaches_no_prompt",
    ),
    (
        "the re-check of history",
        Replaced("app.answering.conversations.readable_renditions", replacements.everything),
        PIPELINE + "test_a_withdrawn_source_hides_the_answer_in_the_history",
    ),
    (
        "one moment for the re-check",
        Replaced("app.db.engine.Database.snapshot", replacements.changing),
        "tests/authz/test_moments.py::"
        "test_the_recheck_never_mixes_memberships_with_later_grants",
    ),
    (
        "withdrawal of what is held",
        Replaced("app.authz.held.Held.withdraw", lambda held: held._authorised.set()),
        "tests/answering/test_withdrawal.py::test_a_stream_ends_with_its_account",
    ),
    (
        "the record before the first word",
        Replaced("app.audit.record.Recorder.record", replacements.no_record),
        PIPELINE + "test_the_record_is_there_before_the_first_word",
    ),
    (
        "the engine's cache by scope",
        Replaced("app.answering.pipeline.Answering.salt", lambda self, scope: "salt"),
        PIPELINE + "test_the_salt_is_one_per_scope",
    ),
    (
        "the door that the proof closes",
        Replaced("app.db.enforcement.Enforcement.require", lambda self: None),
        "tests/web/test_enforcement.py::"
        "test_readiness_and_search_end_with_the_enforcement_and_return_with_it",
    ),
]  # fmt: skip

ALL: list[tuple[str, Fault | Change | Replaced, str]] = [
    *((name, KNOWN[fault], test) for name, fault, test in IN_DATABASE),
    *OF_OUR_OWN,
]
GUARDS = {name: Guard(name, removed, (test,)) for name, removed, test in ALL}
