"""Defects of signing in, and of what is logged about people."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import structlog
from structlog.testing import capture_logs

from app.authn.addresses import account_key, new_address
from app.authn.attempts import ALLOWED, Attempts
from app.errors import InvalidInput, TooManyAttempts
from app.telemetry import Libraries, drop_forbidden

SLIP = "the salary is 90,000"


def a_crowd_of_guesses_passed_the_brake() -> bool:
    """A failed sign-in was counted when it ended, so any number could be tried at once."""
    attempts = Attempts()
    with ExitStack() as under_way:
        for _ in range(ALLOWED):
            under_way.enter_context(attempts.attempt("ann@evaluated.example"))
        try:
            under_way.enter_context(attempts.attempt("ann@evaluated.example"))
        except TooManyAttempts:
            return True
    return False


def two_accounts_looked_alike() -> bool:
    """An address with an invisible character in it became a second account that looks the same."""
    try:
        new_address("an\u200bn@evaluated.example")
    except InvalidInput:
        return True
    return False


def an_address_that_nothing_holds_broke_signing_in() -> bool:
    """A zero or half a character in an address made the database fail instead of the sign-in."""
    key = account_key("ann\0\ud800@evaluated.example")
    return b"\0" not in key.encode("utf-8", "replace") and key.isprintable()


def a_forbidden_field_was_logged_from_a_list() -> bool:
    """What must not be logged was dropped from mappings, and not from the lists in them."""
    left = drop_forbidden(
        None, "info", {"event": "e", "all": [{"question": SLIP}, ({"text": SLIP},)]}
    )
    return SLIP not in json.dumps(left)


def a_library_logged_what_it_was_given() -> bool:
    """The warnings of libraries went to the log with their arguments and tracebacks."""
    try:
        raise KeyError(SLIP)
    except KeyError:
        raised = sys.exc_info()
    with _heard(), capture_logs() as lines:
        for words, given in (("could not read %s", (SLIP,)), (f"could not read {SLIP}", ())):
            record = logging.LogRecord("lib", logging.ERROR, "lib.py", 1, words, given, raised)
            Libraries().emit(record)
    return len(lines) == 2 and SLIP not in str(lines)


@contextmanager
def _heard() -> Iterator[None]:
    """Errors are logged, whatever the program that asks logs."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        yield
    finally:
        structlog.configure(**before)


CASES: Sequence[Callable[[], bool]] = (
    a_crowd_of_guesses_passed_the_brake,
    two_accounts_looked_alike,
    an_address_that_nothing_holds_broke_signing_in,
    a_forbidden_field_was_logged_from_a_list,
    a_library_logged_what_it_was_given,
)
